"""`hipspine describe`: Table 1, warnings, acquisitions and percentiles of a study."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..domain.errors import InvalidChoice
from .relate import words_of


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("describe", help="tables around a study", description=__doc__)
    parser.add_argument("--participants", type=Path, help="CSV or TSV with one row per subject_id: Table 1")
    parser.add_argument("--by", help="column of the groups of Table 1")
    parser.add_argument("--variables", default="", help="columns of Table 1, joined by commas (default: all)")
    parser.add_argument("--measurements", type=Path, nargs="+", help="measurements.csv: values to look at again")
    parser.add_argument("--acquisitions", type=Path, help="CSV with one row per series: how they were acquired")
    parser.add_argument("--images", type=Path, nargs="+", help="DICOM images instead: acquisitions from their headers")
    parser.add_argument("--reference-values", type=Path, help="percentiles within this file")
    clinic = parser.add_argument_group("hip-spine clinic")
    clinic.add_argument("--sides", type=Path, help="CSV with subject_id, side and covariates of each side")
    clinic.add_argument(
        "--affected", default="affected", metavar="COLUMN", help="which of them marks the affected side"
    )
    clinic.add_argument("--procedures", type=Path, help="CSV with subject_id, procedure, date: their order")
    clinic.add_argument("--sessions", default="", help="time points in their order, joined by commas: changes")
    clinic.add_argument("--two-by-two", metavar="FINDING,CONDITION", help="columns of the participants, yes or no")
    clinic.add_argument("--measures", default="csa,fcsa,fi", help="measures of sides and time points")
    parser.add_argument("--out", type=Path, required=True, help="folder for the tables")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Describe and write."""
    from ..workflows.describe_clinic import ClinicTables
    from ..workflows.describe_study import (
        describe_in_words,
        describe_study,
        description_files,
        list_series_acquisitions,
    )
    from ..writing.tables import write_whole

    if arguments.acquisitions is not None and arguments.images is not None:
        raise InvalidChoice("Expected acquisitions from a table or from images, found both.")
    words = words_of(arguments.variables)
    finding, condition = _pair(arguments.two_by_two)
    clinic = ClinicTables(
        side_covariates=arguments.sides,
        affected_column=arguments.affected,
        procedures=arguments.procedures,
        sessions=words_of(arguments.sessions),
        finding=finding,
        condition=condition,
        measures=words_of(arguments.measures),
    )
    tables = describe_study(
        participants=arguments.participants,
        by=arguments.by,
        variables=words or None,
        measurements=arguments.measurements,
        acquisitions=arguments.acquisitions if arguments.images is None else list_series_acquisitions(arguments.images),
        reference=arguments.reference_values,
        clinic=clinic,
    )
    given = (
        arguments.participants,
        *(arguments.measurements or ()),
        arguments.acquisitions,
        arguments.reference_values,
        arguments.sides,
        arguments.procedures,
        *(arguments.images or ()),
    )
    inputs = [path for path in given if path is not None]
    files = description_files(tables, inputs=inputs, by=arguments.by, variables=words, clinic=clinic)
    paths = write_whole(arguments.out, files)
    print(describe_in_words(tables))
    for path in paths:
        print(path)
    return 0


def _pair(text: str | None) -> tuple[str | None, str | None]:
    if text is None:
        return None, None
    words = words_of(text)
    if len(words) != 2:
        raise InvalidChoice(f"Expected two columns as FINDING,CONDITION, found {text!r}.")
    return words
