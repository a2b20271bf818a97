"""What hip-spine clinics ask of a study: affected sides, order of operations, time points, 2x2 tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import InvalidChoice
from ..relating.affected_sides import AFFECTED, AFFECTED_SUMMARY, compare_sides, summarise_sides
from ..relating.diagnostics import DIAGNOSTICS, count_two_by_two, describe_diagnostics
from ..relating.procedures import PROCEDURES, order_procedures
from ..relating.time_points import CHANGES, COURSE, find_changes, summarise_course
from .read_tables import read_table

if TYPE_CHECKING:
    import pandas as pd

    from .measured_tables import OneTable


CLINIC_TABLES = (AFFECTED, AFFECTED_SUMMARY, PROCEDURES, CHANGES, COURSE, DIAGNOSTICS)
"""Contracts of the tables `ClinicTables.describe` can make."""


@dataclass(frozen=True)
class ClinicTables:
    """What is asked, each part optional.

    Attributes
    ----------
    side_covariates, affected_column
        Table with subject_id, side and covariates of each side; the one that says which side is affected.
    procedures
        Table with subject_id, procedure and date.
    sessions
        Time points in their order.
    finding, condition
        Columns of the participants table for a 2x2 table.
    measures
        Measures of sides and time points.
    """

    side_covariates: OneTable | None = None
    affected_column: str = "affected"
    procedures: OneTable | None = None
    sessions: tuple[str, ...] = ()
    finding: str | None = None
    condition: str | None = None
    measures: tuple[str, ...] = ("csa", "fcsa", "fi")

    def as_dict(self) -> dict[str, Any]:
        """Plain values for provenance; tables that are no files have no name."""
        return {
            "affected_column": self.affected_column if self.side_covariates is not None else "",
            "sessions": list(self.sessions),
            "finding": self.finding or "",
            "condition": self.condition or "",
            "measures": list(self.measures),
        }

    def describe(self, measured: pd.DataFrame | None, participants: OneTable | None) -> dict[str, pd.DataFrame]:
        """Tables by name; empty where nothing was asked.

        Raises
        ------
        InvalidChoice
            If measurements or participants are needed and were not handed in.
        """
        tables: dict[str, pd.DataFrame] = {}
        if self.side_covariates is not None:
            sides = read(self.side_covariates, "a table of sides")
            source = name_of(self.side_covariates)
            compared = compare_sides(
                needed(measured, "affected sides"),
                sides,
                column=self.affected_column,
                measures=self.measures,
                source=source,
            )
            tables |= {"affected_sides": compared, "affected_summary": summarise_sides(compared)}
        if self.procedures is not None:
            done = read(self.procedures, "a table of procedures")
            tables["procedure_order"] = order_procedures(done, source=name_of(self.procedures))
        if self.sessions:
            changes = find_changes(needed(measured, "time points"), self.sessions, measures=self.measures)
            tables |= {"changes": changes, "course": summarise_course(changes)}
        if self.finding is not None and self.condition is not None:
            if participants is None:
                raise InvalidChoice("Expected participants for a 2x2 table, found none.")
            tables["diagnostics"] = self._two_by_two(read(participants, "a participants table"), name_of(participants))
        return tables

    def _two_by_two(self, people: pd.DataFrame, source: str) -> pd.DataFrame:
        finding, condition = str(self.finding), str(self.condition)
        absent = [name for name in (finding, condition) if name not in people.columns]
        if absent:
            raise InvalidChoice(
                f"Expected the columns {finding} and {condition}, missing {', '.join(absent)}, in {source}.",
                hint=f"Columns: {', '.join(map(str, people.columns))}.",
            )
        counts = count_two_by_two(people[finding].tolist(), people[condition].tolist())
        return describe_diagnostics(counts, finding=finding, condition=condition)


def needed(measured: pd.DataFrame | None, what: str) -> pd.DataFrame:
    """The measurements, or a refusal."""
    if measured is None:
        raise InvalidChoice(f"Expected measurements for {what}, found none.", hint="Add --measurements FILE.")
    return measured


def read(table: OneTable, what: str) -> pd.DataFrame:
    """A table, read if it is a file."""
    return read_table(table, what=what) if isinstance(table, str | Path) else table


def name_of(table: OneTable) -> str:
    """Name of a file, or words for a table that is none."""
    return Path(table).name if isinstance(table, str | Path) else "the given table"
