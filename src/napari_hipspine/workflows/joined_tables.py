"""Several tables as one, and the columns of people joined to the rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import TableInvalid
from .read_tables import read_table

if TYPE_CHECKING:
    import pandas as pd

SUBJECT = "subject_id"


def read_measurements(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Measurement tables as one table of text cells."""
    return read_as_one(paths, "a measurement table")


def read_as_one(paths: Sequence[str | Path], what: str) -> pd.DataFrame:
    """Tables as one table of text cells; columns that one of them lacks are empty there."""
    import pandas as pd

    return pd.concat([read_table(path, what=what) for path in paths], ignore_index=True).fillna("")


def join_people(table: pd.DataFrame, people: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The table with the columns of the people beside it; nobody is added, who is not among the people has gaps.

    Raises
    ------
    TableInvalid
        If a key is missing, a person stands twice among the people, a column is there already, or nobody is in both.
    """
    lacking = [key for frame in (table, people) for key in keys if key not in frame.columns]
    if lacking:
        raise TableInvalid(f"Expected the columns {', '.join(keys)} in both tables, missing {', '.join(lacking)}.")
    taken = [str(name) for name in people.columns if name in table.columns and name not in keys]
    if taken:
        raise TableInvalid(f"Expected no {', '.join(taken)} in the table, for it is to be added.")
    twice = people[people.duplicated(list(keys))]
    if len(twice):
        raise TableInvalid(
            f"Expected one row per {' and '.join(keys)}, found several for {twice.iloc[0][keys[0]]}.",
            hint="Hand in one session, or a table with a column session.",
        )
    joined = table.merge(people, on=list(keys), how="left", indicator="_found")
    if not (joined["_found"] == "both").any():
        raise TableInvalid(
            f"Expected people who are in both tables, found none with the same {' and '.join(keys)}.",
            hint="Ids are compared as text: 7 is not 007.",
        )
    return joined.drop(columns="_found")
