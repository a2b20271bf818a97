"""`hipspine phantom`: a synthetic person whose muscles and fat are exactly known."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..domain.errors import InvalidChoice


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("phantom", help="make a synthetic subject with true answers", description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="number from which the body, its fat and noise follow")
    parser.add_argument("--subject", default="", help="name of the subject (default: made from the seed)")
    parser.add_argument("--out", type=Path, required=True, help="folder for images, labels, levels and truths")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make and write."""
    from ..phantom.files import LEVEL_COLUMNS, level_rows, truth_columns, truth_rows, write_subject, write_table
    from ..phantom.subjects import make_subject

    if arguments.seed < 0:
        raise InvalidChoice(f"Expected a seed from 0 on, found {arguments.seed}.")
    subject = make_subject(arguments.seed, subject_id=arguments.subject)
    for row in write_subject(subject, arguments.out):
        print(f"{arguments.out / row['image']}\n{arguments.out / row['labels']}")
    write_table(arguments.out / "levels.csv", LEVEL_COLUMNS, level_rows(subject))
    write_table(arguments.out / "true_slices.csv", truth_columns(), truth_rows(subject))
    return 0
