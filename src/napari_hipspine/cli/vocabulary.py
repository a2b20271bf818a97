"""`hipspine vocabulary`: the muscles, levels, measures, flags and reasons with their codes."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("vocabulary", help="export the vocabulary", description=__doc__)
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    export = actions.add_parser("export", help="print the vocabulary")
    form = export.add_mutually_exclusive_group()
    for name in ("csv", "json", "html"):
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name)
    export.set_defaults(run=run, form="csv")


def run(arguments: argparse.Namespace) -> int:
    """Print in the form asked for."""
    from ..writing import vocabulary as writers

    forms = {
        "csv": writers.vocabulary_as_csv,
        "json": writers.vocabulary_as_json,
        "html": writers.vocabulary_as_html,
    }
    print(forms[arguments.form](), end="")
    return 0
