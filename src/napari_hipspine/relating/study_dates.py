"""Rules on dates: how far two MRI may lie apart, before surgery or not, within which years. No date leaves here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from ..domain.cells import is_missing
from ..domain.errors import InvalidChoice, TableInvalid

USUAL_LIMIT_DAYS = 365

INTERVAL_TOO_LONG = "mri_interval_too_long"
AFTER_SURGERY = "mri_after_surgery"
OUTSIDE_WINDOW = "outside_date_window"
DATE_MISSING = "date_missing"
DERIVED_REASONS = (DATE_MISSING, INTERVAL_TOO_LONG, AFTER_SURGERY, OUTSIDE_WINDOW)
"""Reasons this module can give, in the order in which they are looked at."""


class DayOfSurgery(StrEnum):
    """Whether an MRI on the day of surgery counts as before it."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class DateRules:
    """Rules on the dates of one person.

    Parameters
    ----------
    mri
        Columns of the MRI dates; all must lie within the limit of each other.
    limit_days
        Longest distance of two MRI that is still accepted.
    surgery
        Column of the surgery date; MRI must not come after it. A person without one has had none.
    day_of_surgery
        What an MRI on that day is.
    window_column, first, last
        Column that must lie within two dates, both included.

    Raises
    ------
    InvalidChoice
        If the limit is negative, or a window has no column or ends before it begins.
    """

    mri: tuple[str, ...] = ()
    limit_days: int = USUAL_LIMIT_DAYS
    surgery: str | None = None
    day_of_surgery: DayOfSurgery = DayOfSurgery.BEFORE
    window_column: str | None = None
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        if self.limit_days < 0:
            raise InvalidChoice(f"Expected a limit of 0 days or more, found {self.limit_days}.")
        if (self.window_column is None) != (self.first is None and self.last is None):
            raise InvalidChoice("Expected a date window and the column it holds for, found one of them.")
        if self.first and self.last and self.last < self.first:
            raise InvalidChoice(f"Expected a date window that ends after it begins, found {self.first} to {self.last}.")

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the rules look at."""
        return tuple(dict.fromkeys(one for one in (*self.mri, self.surgery, self.window_column) if one))


def find_date_reasons(person: Mapping[str, Any], rules: DateRules, *, row: int | None = None) -> tuple[str, ...]:
    """Why a person's dates do not fit the rules, in the order of `DERIVED_REASONS`.

    Parameters
    ----------
    person
        Cells by column.
    rules
        What is asked of the dates.
    row
        Row of the file the cells stand in, for messages.

    Raises
    ------
    TableInvalid
        If a cell is no date written as 2020-12-31.
    """
    mri = [read_date(person.get(column), column, row=row) for column in rules.mri]
    surgery, of_window = (
        read_date(person.get(column), column, row=row) if column else None
        for column in (rules.surgery, rules.window_column)
    )
    known = [one for one in mri if one is not None]
    reasons = set()
    if len(known) < len(mri) or (rules.window_column and of_window is None):
        reasons.add(DATE_MISSING)
    if known and days_between(min(known), max(known)) > rules.limit_days:
        reasons.add(INTERVAL_TOO_LONG)
    if surgery and any(_is_after(one, surgery, rules.day_of_surgery) for one in known):
        reasons.add(AFTER_SURGERY)
    if of_window and ((rules.first and of_window < rules.first) or (rules.last and of_window > rules.last)):
        reasons.add(OUTSIDE_WINDOW)
    return tuple(reason for reason in DERIVED_REASONS if reason in reasons)


def days_between(first: date, second: date) -> int:
    """Days from one date to the other, never negative; leap days count.

    Examples
    --------
    >>> days_between(date(2020, 1, 15), date(2021, 1, 15))
    366
    """
    return abs((second - first).days)


def read_date(cell: Any, column: str, *, row: int | None = None) -> date | None:
    """A date written as 2020-12-31; None where the cell is empty.

    Raises
    ------
    TableInvalid
        If it is written otherwise; the cell itself is not repeated, since messages may be kept.
    """
    if is_missing(cell):
        return None
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(str(cell).strip())
    except ValueError:
        where = f"the column {column}" if row is None else f"the column {column}, row {row}"
        raise TableInvalid(
            f"Expected dates written as 2020-12-31, found another form, in {where}.",
            hint="Write year-month-day; other orders can be read in two ways.",
        ) from None


def _is_after(mri: date, surgery: date, day: DayOfSurgery) -> bool:
    return mri > surgery or (mri == surgery and day is DayOfSurgery.AFTER)
