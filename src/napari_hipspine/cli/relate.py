"""`hipspine relate`: lumbar against hip muscles over a cohort."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import InvalidChoice

_FAMILIES = (
    "tests adjusted together: all (default), hip_muscle, hip_row, lumbar_muscle, lumbar_column, muscle_pair or "
    "same_measure; q by Benjamini-Hochberg, beside it Benjamini-Yekutieli and max-T in multiplicity.csv"
)

if TYPE_CHECKING:
    from ..relating.request import RelateRequest
    from ..workflows.relation import Relation


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("relate", help="correlate lumbar with hip muscles", description=__doc__)
    parser.add_argument("measurements", type=Path, nargs="*", metavar="MEASUREMENTS.csv", help="read as one table")
    parser.add_argument("--reference", choices=("mielke",), help="the published Table 1 instead of measurements")
    parser.add_argument("--measures", default="fcsa,fi", help="measures to relate, joined by commas (default: fcsa,fi)")
    parser.add_argument("--lumbar-level", help="level of the lumbar values, e.g. L4, or several, e.g. L3,L4,L5")
    parser.add_argument("--hip-level", help="level of the hip values, e.g. greater_trochanter, or several")
    parser.add_argument("--session", help="session to take where there are several")
    parser.add_argument("--lumbar-session", help="session of the lumbar values, where the hip has another")
    parser.add_argument("--hip-session", help="session of the hip values, where the lumbar spine has another")
    parser.add_argument("--side", default="both", help="both (default), left or right")
    parser.add_argument("--bilateral", default="pooled", help="join fractions of two sides: pooled, mean or sum")
    parser.add_argument("--family", default="all", help=_FAMILIES)
    parser.add_argument("--p", dest="p_method", default="auto", help="auto, t, exact, edgeworth or permutation")
    parser.add_argument("--missing", default="pairwise", help="pairwise or complete")
    parser.add_argument("--interval", default="bonett_wright", help="bonett_wright, fieller or bootstrap")
    parser.add_argument("--covariates", default="", help="held constant, e.g. age,sex,bmi (partial Spearman)")
    parser.add_argument("--participants", type=Path, help="CSV or TSV with subject_id and the covariates")
    parser.add_argument("--implants", type=Path, help="CSV of implants and fusions, whose muscles are left out")
    parser.add_argument("--seed", type=int, default=0, help="start of the random numbers of permutations")
    beside = parser.add_argument_group("what stands beside the result")
    beside.add_argument(
        "--slices", type=Path, nargs="+", help="slices.csv of the subjects, where they do not stand beside the tables"
    )
    beside.add_argument(
        "--variation",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="measurements taken otherwise, e.g. threshold_plus_10_percent=other.csv; once per file",
    )
    beside.add_argument(
        "--columns", default="", help="columns of --participants to correlate with every muscle, e.g. pelvic_incidence"
    )
    beside.add_argument("--profile", action="store_true", help="hip muscle profile, z within the sample")
    beside.add_argument("--reference-values", type=Path, help="hip muscle profile, z against this file")
    parser.add_argument("--allow-psoas-threshold-fi", action="store_true", help="keep psoas FI found by a threshold")
    parser.add_argument("--mixed-contrast", action="store_true", help="rank different contrasts in one column")
    parser.add_argument("--out", type=Path, help="folder for correlations.csv, .html, .png and more")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Relate, print the table and write it."""
    from ..workflows.relate_cohort import RelateRequest, format_table1, relate_published

    if arguments.reference:
        if arguments.measurements:
            raise InvalidChoice("Expected either measurements or --reference, found both.")
        family = RelateRequest(family=arguments.family).family
        related = relate_published(family=family, out=arguments.out)
    else:
        if not arguments.measurements or arguments.out is None:
            raise InvalidChoice(
                "Expected at least one measurements.csv and --out, found "
                f"{len(arguments.measurements)} files and {'an' if arguments.out else 'no'} output folder.",
                hint="hipspine relate MEASUREMENTS.csv… --out DIR",
            )
        sessions = ("session", "lumbar_session", "hip_session")
        choices = (*sessions, "side", "bilateral", "family", "p_method", "missing")
        request = RelateRequest(
            lumbar_level=words_of(arguments.lumbar_level or "") or None,
            hip_level=words_of(arguments.hip_level or "") or None,
            measures=words_of(arguments.measures),
            covariates=words_of(arguments.covariates),
            interval=arguments.interval,
            seed=arguments.seed,
            allow_psoas_threshold_fi=arguments.allow_psoas_threshold_fi,
            mixed_contrast=arguments.mixed_contrast,
            **{name: getattr(arguments, name) for name in choices},
        )
        related = _relate(arguments, request)
    print(format_table1(related.correlations, notes=related.notes))
    return 0


def _relate(arguments: argparse.Namespace, request: RelateRequest) -> Relation:
    """The main result and what stands beside it, written together."""
    from ..workflows.relate_wholly import BesideChoices, relate_wholly
    from ..workflows.relation import keep_relation, read_history

    beside = BesideChoices(
        participants=arguments.participants,
        implants=arguments.implants,
        slices=tuple(arguments.slices or ()),
        variations=tuple(_read_variation(text) for text in arguments.variation),
        wants_profile=arguments.profile,
        reference_values=arguments.reference_values,
        columns=words_of(arguments.columns),
    )
    related = relate_wholly(arguments.measurements, request, beside, history=read_history(arguments.out))
    n_subjects = len(related.values.subjects) if related.values else 0
    return keep_relation(related, arguments.out, title=f"Lumbar and hip muscles of {n_subjects} subjects")


def _read_variation(text: str) -> tuple[str, Path]:
    """Name and file of a variation, as written on the command line."""
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise InvalidChoice(f"Expected a variation as NAME=FILE, found {text!r}.")
    return name, Path(path)


def words_of(text: str) -> tuple[str, ...]:
    """Words joined by commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())
