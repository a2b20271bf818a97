"""The measurement rows of a level read some slices farther on, added up from the slice table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.errors import TableInvalid
from ..domain.tables import MEASUREMENTS, SEPARATOR, SLICES, join_words

if TYPE_CHECKING:
    import pandas as pd

_WHO = ["subject_id", "session", "series", "reader_id", "region", "muscle", "side"]
_MEANS = ("csa_mm2", "fcsa_mm2", "lean_area_mm2")
_SHARES = ("fi", "ff")
ABSENT = "absent_at_level"


def shift_levels(slices: pd.DataFrame, offset: int, *, source: str = "the given table") -> pd.DataFrame:
    """Left and right rows of a measurement table whose windows lie `offset` slices farther on.

    Farther is along the slice normal, for axial slices towards the head, where the table has positions; else by index.
    Areas are means over the slices of the window, fi and ff means weighted by valid pixels. What a slice table does not
    hold (volume, ff_of_sums, ff_signal_calibrated) stays empty. A muscle without labels there is `absent_at_level`;
    slices that were left out do not count.

    Parameters
    ----------
    slices : pandas.DataFrame
        A slice table; its level column says which slices a window takes.
    offset : int
        Slices to move by; 0 gives the measurements themselves.

    Raises
    ------
    TableInvalid
        If it is no slice table, or no slice belongs to a level.
    """
    table = SLICES.check(slices, source=source)
    rows: list[dict[str, Any]] = []
    for who, of_structure in table.groupby(_WHO, sort=False, dropna=False):
        by_index = of_structure.set_index("slice_index", drop=False)
        step = offset if _ascends(of_structure) else -offset
        taken: dict[tuple[str, str], list[int]] = {}
        for cell, position, index in zip(
            of_structure["level"], of_structure["slice_position"], of_structure["slice_index"], strict=True
        ):
            for level in (word for word in cell.split(SEPARATOR) if word):
                taken.setdefault((level, position), []).append(int(index))
        for (level, position), indices in taken.items():
            there = by_index[by_index.index.isin([index + step for index in indices])]
            place = {"level": level, "slice_position": position, "n_slices_expected": len(indices)}
            rows.append(dict(zip(_WHO, who, strict=True)) | place | _add_up(there))
    if not rows:
        raise TableInvalid(
            f"Expected slices that belong to a level, found none in {len(table)} rows, in {source}.",
            hint="Measure with --level, so that the slice table says which slices a window takes.",
        )
    weights = [row.pop("n_valid") for row in rows]
    return MEASUREMENTS.frame(rows).assign(n_valid=weights)


def _ascends(rows: pd.DataFrame) -> bool:
    """Whether positions grow with the slice index; also where there are none."""
    placed = rows[["slice_index", "position_mm"]].dropna().astype(np.float64).sort_values("slice_index")
    return len(placed) < 2 or bool(placed["position_mm"].iloc[-1] >= placed["position_mm"].iloc[0])


def _add_up(rows: pd.DataFrame) -> dict[str, Any]:
    """Numbers of one window."""
    is_left_out = rows["csa_mm2"].isna() & (rows["reason"] != "")
    left_out, rows = rows[is_left_out], rows[~is_left_out]
    if rows.empty:
        reason = join_words(word for cell in left_out["reason"] for word in cell.split(SEPARATOR))
        return {"n_slices": 0, "n_valid": 0, "reason": reason or ABSENT}
    n_valid = rows["n_valid"].to_numpy(dtype=np.float64, na_value=np.nan)
    weights = np.where(np.isnan(n_valid), 0.0, n_valid)
    numbers: dict[str, Any] = {name: _mean(rows[name].to_numpy(dtype=np.float64)) for name in _MEANS}
    for name in _SHARES:
        values = rows[name].to_numpy(dtype=np.float64)
        counted = (weights > 0) & ~np.isnan(values)
        if counted.any():
            numbers[name] = float(np.average(values[counted], weights=weights[counted]))
    first = rows.iloc[0]
    kept = {name: first[name] for name in ("fat_method", "threshold")}
    reasons = next((reason for reason in rows["reason"] if reason), "")
    return numbers | kept | {"n_slices": len(rows), "n_valid": int(weights.sum()), "reason": reasons}


def _mean(values: np.ndarray[Any, Any]) -> float | None:
    """Mean of the slices; none where a slice has no value."""
    return None if np.isnan(values).any() else float(values.mean())
