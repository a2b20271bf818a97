"""`hipspine model`: a regression model of a table, logistic or linear, with or without groups."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..domain.errors import InvalidChoice


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("model", help="fit a regression model to a table", description=__doc__)
    parser.add_argument("table", type=Path, metavar="TABLE.csv", help="one row per observation")
    parser.add_argument("--formula", required=True, help="as in R: 'cbp ~ lmm_z * intermat_z + age + sex'")
    parser.add_argument("--kind", default="logistic", help="logistic (default; outcome 0 or 1) or linear")
    parser.add_argument("--random", help="groups: '1|centre'; linear also '1 + time|subject_id'")
    parser.add_argument("--estimator", default="likelihood", help="likelihood (default), firth or gee")
    parser.add_argument("--points", type=int, default=9, help="quadrature points with groups (default 9; 1 = Laplace)")
    parser.add_argument("--criterion", default="reml", help="linear with groups: reml (default) or ml")
    parser.add_argument(
        "--reference", action="append", default=[], metavar="COLUMN=CATEGORY", help="what categories are compared with"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for model.csv, run.json and the figures")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Fit, print the terms and write."""
    from ..workflows.model_cohort import ModelRequest, model_cohort
    from ..writing.model_text import format_models

    request = ModelRequest(
        formula=arguments.formula,
        kind=arguments.kind,
        random=arguments.random,
        estimator=arguments.estimator,
        n_points=arguments.points,
        criterion=arguments.criterion,
        references=dict(_read_pair(text) for text in arguments.reference),
    )
    found = model_cohort(arguments.table, request, out=arguments.out)
    print(format_models(found.models, notes=found.notes))
    return 0


def _read_pair(text: str) -> tuple[str, str]:
    column, equals, category = text.partition("=")
    if not (column and equals and category):
        raise InvalidChoice(f"Expected --reference COLUMN=CATEGORY, found {text!r}.")
    return column, category
