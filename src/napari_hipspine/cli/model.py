"""`hipspine model`: a regression model of a table, logistic or linear, with or without groups."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import InvalidChoice
from .progress import terminal_progress
from .relate import words_of

if TYPE_CHECKING:
    from ..workflows.cohort_columns import CohortColumns

_LEAN = (
    "add lean_volume_cm3; where the table has bmi_kg_m2 (or weight_kg and height_m) also lmm_index_cm3_per_kg_m2, with "
    "height_m also the volume per height squared, with sex also what height and sex leave"
)
_REGIONS = "add intermat_cm3, intramuscular_fat_cm3, lean_volume_cm3 (unless --lean-from) and their indices"
_VALUES = "add MEASURE_MUSCLE_SIDE of each person, e.g. fi_multifidus_left"


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("model", help="fit a regression model to a table", description=__doc__)
    parser.add_argument("table", type=Path, metavar="TABLE.csv", help="one row per observation")
    parser.add_argument(
        "--formula",
        required=True,
        action="append",
        help="as in R: 'cbp ~ lmm_z * intermat_z + age + sex'; counts as cbind(a, b) or a/n; again for further models",
    )
    parser.add_argument(
        "--outcome",
        action="append",
        default=[],
        metavar="NAME[=RULE]",
        help="further outcome of the same terms: a column of 0 and 1, or 'burden=pain>=4'; once per outcome",
    )
    parser.add_argument("--kind", default="logistic", help="logistic (default; outcome 0 or 1) or linear")
    parser.add_argument("--random", help="groups: '1|centre'; linear also '1 + time|subject_id'")
    parser.add_argument("--estimator", default="likelihood", help="likelihood (default), firth or gee")
    parser.add_argument("--points", type=int, default=9, help="quadrature points with groups (default 9; 1 = Laplace)")
    parser.add_argument("--criterion", default="reml", help="linear with groups: reml (default) or ml")
    parser.add_argument(
        "--reference", action="append", default=[], metavar="COLUMN=CATEGORY", help="what categories are compared with"
    )
    made = parser.add_argument_group("columns made before")
    made.add_argument("--lean-from", type=Path, nargs="+", default=[], metavar="MEASUREMENTS.csv", help=_LEAN)
    made.add_argument("--lean-muscles", default="", metavar="MUSCLE,MUSCLE", help="whose lean volume is added up")
    made.add_argument("--regions-from", type=Path, nargs="+", default=[], metavar="REGIONS.csv", help=_REGIONS)
    made.add_argument("--values-from", type=Path, nargs="+", default=[], metavar="MEASUREMENTS.csv", help=_VALUES)
    made.add_argument("--values", default="", metavar="MEASURE,MEASURE", help="which values, e.g. fi,fcsa")
    made.add_argument("--level", default="", metavar="LEVEL,LEVEL", help="levels of the values")
    made.add_argument("--session", default="", help="session of the values")
    made.add_argument("--mixed-contrast", action="store_true", help="fat told in several ways in one column")
    made.add_argument("--allow-psoas-threshold-fi", action="store_true", help="keep psoas FI told by a threshold")
    made.add_argument("--activity", metavar="COLUMN", help="MET min/week become activity: low, moderate, high")
    made.add_argument("--activity-cuts", default="500,5000", metavar="LOW,HIGH", help="where they change (500,5000)")
    more = parser.add_argument_group("beside the model")
    more.add_argument("--by", metavar="COLUMN", help="one model per value of a column: subgroups or time points")
    more.add_argument("--few-events", default="flag", help="with --by: flag (default), or firth for all models")
    more.add_argument("--z", action="append", default=[], metavar="COLUMN", help="add COLUMN_z before fitting")
    more.add_argument("--z-within", metavar="COLUMN", help="normalise within the groups of a column, e.g. sex")
    more.add_argument("--z-reference", metavar="COLUMN=WORD", help="rows whose mean and deviation --z uses")
    more.add_argument("--z-ddof", type=int, default=1, help="standard deviation of --z divides by n minus this")
    more.add_argument(
        "--additive", nargs=2, default=(), metavar="COLUMN<N", help="two dichotomies: interaction on the additive scale"
    )
    more.add_argument("--bootstrap", type=int, default=0, metavar="N", help="correct accuracy by N resamples of groups")
    more.add_argument("--seed", type=int, default=0, help="start of the random numbers of --bootstrap")
    parser.add_argument("--out", type=Path, required=True, help="folder for model.csv, run.json and the figures")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Fit, print the terms and write."""
    from ..workflows.model_cohort import ModelExtras, ModelRequest, model_cohort
    from ..writing.model_text import format_models

    request = ModelRequest(
        formula=arguments.formula[0],
        kind=arguments.kind,
        random=arguments.random,
        estimator=arguments.estimator,
        n_points=arguments.points,
        criterion=arguments.criterion,
        references=dict(_read_pair(text) for text in arguments.reference),
    )
    extras = ModelExtras(
        formulas=tuple(arguments.formula[1:]),
        outcomes=tuple(arguments.outcome),
        by=arguments.by,
        few_events=arguments.few_events,
        z_columns=tuple(arguments.z),
        z_within=arguments.z_within,
        z_reference=arguments.z_reference,
        z_ddof=arguments.z_ddof,
        additive=tuple(arguments.additive),
        draws=arguments.bootstrap,
        seed=arguments.seed,
        columns=_columns(arguments),
    )
    progress = terminal_progress("model")
    found = model_cohort(arguments.table, request, extras, out=arguments.out, progress=progress)
    print(format_models(found.models, notes=found.notes))
    return 0


def _columns(arguments: argparse.Namespace) -> CohortColumns:
    from ..workflows.cohort_columns import CohortColumns, LeanColumns, ValueColumns

    try:
        low, high = (float(word) for word in arguments.activity_cuts.split(","))
    except ValueError:
        raise InvalidChoice(f"Expected --activity-cuts LOW,HIGH, found {arguments.activity_cuts!r}.") from None
    lean = LeanColumns(tuple(arguments.lean_from), words_of(arguments.lean_muscles))
    values = ValueColumns(
        tuple(arguments.values_from),
        words_of(arguments.values),
        levels=words_of(arguments.level),
        sessions=words_of(arguments.session),
    )
    return CohortColumns(
        lean,
        regions=tuple(arguments.regions_from),
        values=values,
        mixed_contrast=arguments.mixed_contrast,
        allow_psoas_threshold_fi=arguments.allow_psoas_threshold_fi,
        activity=arguments.activity,
        activity_cuts=(low, high),
    )


def _read_pair(text: str) -> tuple[str, str]:
    column, equals, category = text.partition("=")
    if not (column and equals and category):
        raise InvalidChoice(f"Expected --reference COLUMN=CATEGORY, found {text!r}.")
    return column, category
