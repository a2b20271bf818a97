"""`hipspine agree`: how well readers agree on numbers, or on outlines."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import InvalidChoice
from .relate import words_of

if TYPE_CHECKING:
    from ..writing.tables import Contents


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("agree", help="agreement of readers or sessions", description=__doc__)
    parser.add_argument("measurements", type=Path, nargs="*", metavar="MEASUREMENTS.csv", help="of all readers")
    numbers = parser.add_argument_group("numbers")
    numbers.add_argument("--measures", default="fcsa,fi", help="measures, joined by commas (default: fcsa,fi)")
    numbers.add_argument("--grades", default="", help="additional columns with grades, for kappa")
    numbers.add_argument("--possible-grades", default="", help="every possible grade, e.g. 0,1,2,3,4")
    numbers.add_argument("--weights", default="linear", help="kappa weights: none, linear or quadratic")
    numbers.add_argument("--by", help="what tells readers apart: reader_id, session, series or file")
    outlines = parser.add_argument_group("outlines")
    outlines.add_argument("--labels", type=Path, nargs=2, metavar=("FIRST", "SECOND"), help="two label maps")
    outlines.add_argument("--naming", nargs="+", help="what their values mean: one naming, or one for each")
    outlines.add_argument("--ignore-unknown", action="store_true", help="leave out values the naming does not know")
    outlines.add_argument(
        "--distance-rule", default="max_of_directed", help="HD95: max_of_directed (default) or pooled"
    )
    outlines.add_argument("--border-rule", default="slice_outline", help="slice_outline (default) or faces")
    parser.add_argument("--out", type=Path, required=True, help="folder for the tables and figures")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare and write."""
    from ..writing.tables import write_whole

    if bool(arguments.measurements) == (arguments.labels is not None):
        raise InvalidChoice(
            "Expected either measurement tables or --labels, found "
            f"{'both' if arguments.labels is not None else 'neither'}.",
            hint="hipspine agree A.csv B.csv --out DIR, or hipspine agree --labels A.nii.gz B.nii.gz --out DIR",
        )
    files, said = _compare_outlines(arguments) if arguments.labels is not None else _compare_numbers(arguments)
    paths = write_whole(arguments.out, files)
    print(said)
    for path in paths:
        print(path)
    return 0


def _compare_numbers(arguments: argparse.Namespace) -> tuple[dict[str, Contents], str]:
    from ..relating.grade_agreement import KappaWeights
    from ..relating.raters import RaterColumn
    from ..workflows.agree_readers import agree_readers, agreement_files, agreement_in_words

    agreement = agree_readers(
        arguments.measurements,
        measures=words_of(arguments.measures),
        grades=words_of(arguments.grades),
        weights=_choice(KappaWeights, arguments.weights, "weights"),
        possible_grades=[_number(word) for word in words_of(arguments.possible_grades)] or None,
        by=_choice(RaterColumn, arguments.by, "by") if arguments.by else None,
    )
    return agreement_files(agreement), agreement_in_words(agreement)


def _compare_outlines(arguments: argparse.Namespace) -> tuple[dict[str, Contents], str]:
    from ..measuring.agreement import BorderRule, DistanceRule
    from ..workflows.agree_readers import agree_outlines, outline_files, outlines_in_words
    from ..workflows.open_subject import LabelFiles, open_labels

    namings = (arguments.naming or [None]) * (1 if len(arguments.naming or []) == 2 else 2)
    if len(namings) != 2:
        raise InvalidChoice(f"Expected one naming, or one for each label map, found {len(arguments.naming)}.")
    first, second = (
        open_labels(LabelFiles(path, naming, ignores_unknown=arguments.ignore_unknown))
        for path, naming in zip(arguments.labels, namings, strict=True)
    )
    distance = _choice(DistanceRule, arguments.distance_rule, "distance rule")
    border = _choice(BorderRule, arguments.border_rule, "border rule")
    table = agree_outlines(first, second, distance=distance, border=border)
    files = outline_files(table, arguments.labels, distance=distance, border=border)
    return files, outlines_in_words(table)


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise InvalidChoice(f"Expected numbers as grades, found {word!r}.") from None


def _choice(kind: Any, word: str, name: str) -> Any:
    if word not in tuple(kind):
        raise InvalidChoice(f"Expected {name} to be one of {', '.join(kind)}, found {word!r}.")
    return kind(word)
