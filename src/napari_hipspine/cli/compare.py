"""`hipspine compare`: two subjects, or two time points of one, on one table."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..domain.errors import InvalidChoice
from ..domain.provenance import RESEARCH_ONLY


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("compare", help="two subjects or time points on one table", description=__doc__)
    parser.add_argument("first", type=Path, metavar="A", help="folder of results or measurements.csv")
    parser.add_argument("second", type=Path, metavar="B", help="the other; differences are B - A")
    for name in ("a", "b"):
        parser.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar="COLUMN=WORD",
            help=f"rows of {name.upper()}, where a table holds several, e.g. subject_id=sub-001 or session=2",
        )
    parser.add_argument("--out", type=Path, required=True, help="folder for comparison.csv")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare and write."""
    from ..workflows.compare_results import compare_results, comparison_files, read_result
    from ..writing.tables import write_whole

    chosen = (_columns(arguments.a), _columns(arguments.b))
    both = zip((arguments.first, arguments.second), chosen, strict=True)
    first, second = (read_result(path, only=only) for path, only in both)
    comparison = compare_results(first, second)
    paths = write_whole(arguments.out, comparison_files(comparison))
    table = comparison.table
    n_both = int(table["difference"].notna().sum())
    print(f"{first.name} (A) and {second.name} (B): {len(table)} values, {n_both} with a difference B - A.")
    for path in paths:
        print(path)
    print(RESEARCH_ONLY)
    return 0


def _columns(words: list[str]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    if any(not sign for _, sign, _ in pairs):
        raise InvalidChoice(f"Expected COLUMN=WORD, found {' '.join(words)!r}.", hint="For example: --a session=1")
    return {column: word for column, _, word in pairs}
