"""Cells of a table: what a column may hold, how cells become its kind, and which cells are refused."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import TableInvalid

if TYPE_CHECKING:
    import pandas as pd


class Kind(StrEnum):
    """What a cell holds."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    TRUTH = "truth"


@dataclass(frozen=True)
class Column:
    """One column: name, kind, UCUM unit and meaning."""

    name: str
    kind: Kind
    unit: str
    meaning: str


_TRUTH = dict.fromkeys(("true", "yes", "1", "1.0"), True) | dict.fromkeys(("false", "no", "0", "0.0"), False)
_YES_NO = _TRUTH | {"positive": True, "negative": False}

_DTYPES = {Kind.NUMBER: "float64", Kind.INTEGER: "Int64", Kind.TRUTH: "boolean"}

_SHARE = (0.0, 1.0)
_NOT_NEGATIVE = (0.0, np.inf)
_RANGES = {
    **dict.fromkeys(("fi", "p", "q"), _SHARE),
    **dict.fromkeys(("rho", "rho_low", "rho_high"), (-1.0, 1.0)),
    **dict.fromkeys(("csa_mm2", "fcsa_mm2", "volume_mm3"), _NOT_NEGATIVE),
    **dict.fromkeys(("intermat_mm3", "intramuscular_fat_mm3", "lean_volume_mm3", "muscle_volume_mm3"), _NOT_NEGATIVE),
    **dict.fromkeys(("n", "n_pixels", "n_valid", "n_slices", "n_slices_expected"), _NOT_NEGATIVE),
}
"""Where a column's values must lie. Fat fractions are free: noise carries them below 0 and above 1."""

_ROUNDING = 1e-9


def typed_cells(values: list[Any], column: Column) -> pd.Series[Any]:
    """One column as a series of its kind; missing text is empty, missing numbers are missing.

    Raises
    ------
    TableInvalid
        If a cell is of another kind.
    """
    import pandas as pd

    if column.kind is Kind.TEXT:
        texts = [v if type(v) is str else "" if is_missing(v) else str(v) for v in values]
        return pd.Series(texts, dtype=object, name=column.name)
    if column.kind is Kind.NUMBER:
        # Tables of many thousand people: cells are looked at one by one only where one is no plain number or gap.
        with suppress(TypeError, ValueError):
            plain = [np.nan if v is None or v == "" else float(v) for v in values]
            return pd.Series(plain, dtype=_DTYPES[column.kind], name=column.name)
    wrong = [v for v in values if not is_missing(v) and not _reads_as(v, column.kind)]
    if wrong:
        raise TableInvalid(f"Expected {column.kind.value} values in {column.name}, found {wrong[0]!r}.")
    numbers = [None if is_missing(v) else _as_number(v, column.kind) for v in values]
    return pd.Series(numbers, dtype=_DTYPES[column.kind], name=column.name)


def column_cells(values: NDArray[Any], column: Column) -> pd.Series[Any]:
    """One column of an array as a series of its kind: numbers with NaN where missing, or text.

    Raises
    ------
    TableInvalid
        If a number of an integer column is not whole.
    """
    import pandas as pd

    if column.kind is not Kind.INTEGER:
        return pd.Series(values, dtype=_DTYPES.get(column.kind, "object"), name=column.name)
    missing = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)
    whole = np.where(missing, 0, values)
    numbers = whole.astype(np.int64)
    if (numbers != whole).any():
        raise TableInvalid(f"Expected integer values in {column.name}, found {whole[numbers != whole][0]!r}.")
    return pd.Series(pd.arrays.IntegerArray(numbers, missing), name=column.name)


def range_problem(cells: pd.Series[Any], column: Column) -> str:
    """A sentence on the first cell that is infinite or outside the column's range; empty when there is none."""
    if column.kind not in (Kind.NUMBER, Kind.INTEGER):
        return ""
    low, high = _RANGES.get(column.name, (-np.inf, np.inf))
    present = cells.dropna().to_numpy(dtype=np.float64)
    wrong = present[~(np.isfinite(present) & (present >= low - _ROUNDING) & (present <= high + _ROUNDING))]
    if not len(wrong):
        return ""
    allowed = f"values from {low:g} to {high:g}" if np.isfinite(high) else f"finite values from {low:g} on"
    percent = "; fractions are stored 0-1, not in %" if (low, high) == _SHARE else ""
    return f"Expected {allowed if np.isfinite(low) else 'finite values'} in {column.name}, found {wrong[0]:g}{percent}."


def is_missing(value: Any) -> bool:
    """Whether a cell is empty: None, empty text, NaN, or pandas' own missing value."""
    if value is None or (isinstance(value, str) and value == ""):
        return True
    if isinstance(value, float | np.floating):
        return bool(np.isnan(value))
    return type(value).__name__ in ("NAType", "NaTType")


def read_yes_no(cell: Any) -> bool:
    """Yes or no as written in a table: yes/no, true/false, positive/negative, 1/0.

    Raises
    ------
    TableInvalid
        If the cell is neither.
    """
    word = str(cell).strip().lower()
    if word not in _YES_NO:
        raise TableInvalid(f"Expected yes or no, found {cell!r}.", hint=f"Write one of {', '.join(_YES_NO)}.")
    return _YES_NO[word]


def cell_as_text(value: Any) -> str:
    """One cell as text: empty when missing, and for numbers the shortest text that reads back to the same float."""
    if is_missing(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return repr(float(value)) if isinstance(value, float) else str(value)


def _as_number(value: Any, kind: Kind) -> float | int | bool:
    if kind is Kind.TRUTH:
        return _TRUTH[str(value).strip().lower()]
    number = float(value)
    if kind is Kind.INTEGER and number != int(number):
        raise ValueError(value)
    return int(number) if kind is Kind.INTEGER else number


def _reads_as(value: Any, kind: Kind) -> bool:
    try:
        _as_number(value, kind)
    except (KeyError, OverflowError, TypeError, ValueError):
        return False
    return True
