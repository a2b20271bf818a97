"""Columns of a table as numbers or categories, the way R reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...domain.cells import is_missing
from ...domain.errors import TableInvalid
from ..identifying_columns import is_date
from .formula import Variable

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

MOST_LEVELS = 30
"""A text column with more distinct texts is taken for numbers written wrongly, not for categories."""

_MISSING_TEXTS = frozenset({"", "NA", "NaN", "nan"})
_EVENTS = {"1": 1.0, "1.0": 1.0, "true": 1.0, "yes": 1.0, "0": 0.0, "0.0": 0.0, "false": 0.0, "no": 0.0}


@dataclass(frozen=True)
class Coding:
    """How one variable enters the model.

    Parameters
    ----------
    variable : Variable
        Name and column.
    levels : tuple of str
        Categories, the reference first; empty for a number.
    """

    variable: Variable
    levels: tuple[str, ...] = ()

    def code(self, cells: Sequence[Any]) -> FloatArray:
        """Numbers as they are, categories as the index of their level.

        Raises
        ------
        TableInvalid
            If a category is none of the levels, or a cell is no number.
        """
        if not self.levels:
            return _as_numbers(cells, self.variable.column)
        index = {level: float(k) for k, level in enumerate(self.levels)}
        texts = [as_text(cell) for cell in cells]
        unknown = sorted(set(texts) - set(index))
        if unknown:
            raise TableInvalid(
                f"Expected {', '.join(self.levels)} in {self.variable.column}, found {', '.join(unknown[:5])}."
            )
        return np.array([index[text] for text in texts])


def find_coding(variable: Variable, cells: Sequence[Any], *, reference: str | None = None) -> Coding:
    """How a column without gaps is coded: a number if every cell is one and it is not declared a factor.

    Levels are sorted as text (numbers as numbers); true and false are called TRUE and FALSE, as R does.

    Raises
    ------
    TableInvalid
        If some cells are numbers and some are not, or there are more distinct texts than categories can be.
    """
    texts = [as_text(cell) for cell in cells]
    numeric = [_is_number(text) for text in texts]
    if texts and all(numeric) and not variable.is_declared_factor:
        if reference is not None:
            raise TableInvalid(
                f"Expected categories in {variable.column}, found numbers, where {reference} is to be the reference.",
                hint=f"Write factor({variable.column}) in the formula.",
            )
        return Coding(variable)
    if any(numeric) and not all(numeric):
        odd = texts[numeric.index(False)]
        raise TableInvalid(
            f"Expected numbers or categories in {variable.column}, found both, such as {odd!r}.",
            hint="Leave missing cells empty and write decimals with a point.",
        )
    levels = sorted(set(texts), key=(lambda text: (float(text), text)) if all(numeric) else str)
    if not all(numeric) and all(is_date(level) for level in levels):
        raise TableInvalid(
            f"Expected numbers or categories in {variable.column}, found dates.",
            hint="Write the days since something, or an age; dates may name people.",
        )
    if len(levels) > MOST_LEVELS:
        raise TableInvalid(
            f"Expected numbers or at most {MOST_LEVELS} categories in {variable.column}, found {len(levels)} texts "
            f"such as {levels[0]!r}.",
            hint="Write decimals with a point; group rare categories.",
        )
    if reference is not None:
        if reference not in levels:
            raise TableInvalid(
                f"Expected the reference {reference!r} among the categories of {variable.column}, "
                f"found {', '.join(levels)}."
            )
        levels = [reference, *(level for level in levels if level != reference)]
    return Coding(variable, tuple(levels))


def read_events(cells: Sequence[Any], column: str, *, what: str = "outcome") -> FloatArray:
    """A two-valued outcome (or exposure) as 0 and 1, from 0/1, true/false or yes/no.

    Raises
    ------
    TableInvalid
        If a cell is something else.
    """
    texts = [as_text(cell).lower() for cell in cells]
    wrong = sorted(set(texts) - set(_EVENTS))
    if wrong:
        raise TableInvalid(
            f"Expected 0 and 1 (or false and true, no and yes) in the {what} {column}, found {', '.join(wrong[:5])}.",
            hint=f"Code the {what} as 0 and 1{', or fit --kind linear' if what == 'outcome' else ''}.",
        )
    return np.array([_EVENTS[text] for text in texts])


def read_numbers(cells: Sequence[Any], column: str) -> FloatArray:
    """A column without gaps as finite numbers.

    Raises
    ------
    TableInvalid
        If a cell is no finite number.
    """
    return _as_numbers(cells, column)


def read_numbers_or_gaps(cells: Sequence[Any], column: str) -> FloatArray:
    """A column as finite numbers, NaN for gaps.

    Raises
    ------
    TableInvalid
        If a cell is neither.
    """
    gaps = np.array([is_gap(cell) for cell in cells], dtype=bool)
    values = np.full(len(cells), np.nan)
    values[~gaps] = read_numbers([cell for cell, gap in zip(cells, gaps, strict=True) if not gap], column)
    return values


def number_groups(cells: Sequence[Any]) -> tuple[IntArray, tuple[str, ...]]:
    """Each row's group as an index, and the groups' names, sorted."""
    texts = [as_text(cell) for cell in cells]
    names = tuple(sorted(set(texts)))
    index = {name: k for k, name in enumerate(names)}
    return np.array([index[text] for text in texts], dtype=np.int64), names


def is_gap(cell: Any) -> bool:
    """Whether a cell is missing: empty, or NA as R writes it."""
    return is_missing(cell) or (isinstance(cell, str) and cell.strip() in _MISSING_TEXTS)


def present_rows(columns: Mapping[str, Sequence[Any]]) -> tuple[BoolArray, dict[str, int]]:
    """Rows with a value in every column, and the number of gaps of each column that has any."""
    gaps = {name: np.array([is_gap(cell) for cell in cells], dtype=bool) for name, cells in columns.items()}
    present = ~np.any(list(gaps.values()), axis=0)
    return present, {name: int(gap.sum()) for name, gap in gaps.items() if gap.any()}


def as_text(cell: Any) -> str:
    """A cell as it names a category: TRUE and FALSE as R writes them, whole numbers without a point."""
    if isinstance(cell, bool | np.bool_):
        return "TRUE" if cell else "FALSE"
    text = str(cell).strip()
    if text.lower() in ("true", "false"):
        return text.upper()
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _as_numbers(cells: Sequence[Any], column: str) -> FloatArray:
    try:
        numbers = np.array([float(cell) for cell in cells])
    except (TypeError, ValueError):
        odd = next(cell for cell in cells if not _is_number(str(cell)))
        raise TableInvalid(f"Expected numbers in {column}, found {odd!r}.") from None
    if not np.isfinite(numbers).all():
        raise TableInvalid(f"Expected finite numbers in {column}, found {numbers[~np.isfinite(numbers)][0]}.")
    return numbers
