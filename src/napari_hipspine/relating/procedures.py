"""Operations of each person in the order in which they were done; dates come in, only their order goes out."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..domain.cells import is_missing
from ..domain.errors import TableInvalid
from ..domain.tables import Table, read_columns
from .study_dates import read_date

if TYPE_CHECKING:
    import pandas as pd

ORDER_SIGN, SAME_DAY_SIGN = " > ", " = "
DATE_MISSING = "date_missing"

PROCEDURES = Table(
    name="procedure_order",
    columns=read_columns(
        """
subject_id | t | | one person, a pseudonym
n_procedures | i | 1 | procedures of the person
procedures | t | | all of them in order; > then, = on the same day
kinds | t | | each kind once, by its first time
first_kind | t | | kind that came first; empty when two share the day
days_to_next_kind | i | d | days from the first kind to the next kind
reason | t | | why cells are empty
"""
    ),
    key=("subject_id",),
    required=("subject_id",),
)


def order_procedures(procedures: pd.DataFrame, *, source: str = "the given table") -> pd.DataFrame:
    """The order of each person's procedures, as `PROCEDURES`.

    Parameters
    ----------
    procedures
        subject_id, procedure (such as lumbar_fusion, hip_replacement) and date; optionally side and level, several
        levels joined by semicolons. The order needs every date; a person with one missing has none.

    Raises
    ------
    TableInvalid
        If a column is missing, or a procedure or date cannot be read.
    """
    absent = [name for name in ("subject_id", "procedure", "date") if name not in procedures.columns]
    if absent:
        raise TableInvalid(
            f"Expected subject_id, procedure and date, missing {', '.join(absent)}, in {source}.",
            hint="One row per procedure.",
        )
    of_person: dict[str, list[tuple[date | None, str, str]]] = {}
    for number, record in enumerate(procedures.to_dict("records"), start=2):
        row = {str(name): cell for name, cell in record.items() if not is_missing(cell)}
        if "subject_id" not in row or "procedure" not in row:
            raise TableInvalid(f"Expected a subject_id and a procedure in every row, found a row without, in {source}.")
        place = ", ".join(str(row[name]) for name in ("side", "level") if name in row)
        kind = str(row["procedure"])
        name = f"{kind} ({place})" if place else kind
        done_on = read_date(row.get("date"), "date", row=number)
        of_person.setdefault(str(row["subject_id"]), []).append((done_on, kind, name))
    return PROCEDURES.frame(_order(person, done) for person, done in of_person.items())


def _order(person: str, done: list[tuple[date | None, str, str]]) -> dict[str, Any]:
    row: dict[str, Any] = {"subject_id": person, "n_procedures": len(done)}
    dated = sorted((day, kind, name) for day, kind, name in done if day is not None)
    if len(dated) < len(done):
        kinds = sorted({kind for _, kind, _ in done})
        known = {"first_kind": kinds[0], "kinds": kinds[0]} if len(kinds) == 1 else {}
        return row | known | {"reason": DATE_MISSING}
    first_time: dict[str, date] = {}
    for day, kind, _ in dated:
        first_time.setdefault(kind, day)
    row["procedures"] = _chain([(day, name) for day, _, name in dated])
    row["kinds"] = _chain([(day, kind) for kind, day in first_time.items()])
    days = sorted(first_time.values())
    if len(days) == 1 or days[0] < days[1]:
        row["first_kind"] = next(iter(first_time))
    return row | ({"days_to_next_kind": (days[1] - days[0]).days} if len(days) > 1 else {})


def _chain(steps: list[tuple[date, str]]) -> str:
    """Names joined by what lies between their days."""
    text = steps[0][1]
    for (before, _), (day, name) in pairwise(steps):
        text += (SAME_DAY_SIGN if day == before else ORDER_SIGN) + name
    return text
