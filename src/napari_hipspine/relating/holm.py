"""p adjusted by Holm's step-down rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def adjust_holm(p: Sequence[float]) -> FloatArray:
    """Holm's step-down adjusted p; missing p stay missing and do not count.

    Examples
    --------
    >>> adjust_holm([0.01, 0.04, float("nan"), 0.03]).tolist()
    [0.03, 0.06, nan, 0.06]
    """
    raw = np.asarray(p, dtype=np.float64)
    present = np.flatnonzero(~np.isnan(raw))
    ascending = present[np.argsort(raw[present], kind="stable")]
    steps = raw[ascending] * np.arange(present.size, 0, -1)
    out = np.full(raw.shape, np.nan)
    out[ascending] = np.minimum(np.maximum.accumulate(steps), 1.0) if present.size else steps
    return out


def adjust_rows(rows: Sequence[dict[str, Any]], *, within: str) -> list[dict[str, Any]]:
    """The rows with p adjusted over those that share a cell, such as a time point, and how many these are."""
    out = []
    for place in dict.fromkeys(row[within] for row in rows):
        together = [row for row in rows if row[within] == place]
        raw = [np.nan if row["p"] is None else float(row["p"]) for row in together]
        adjusted, size = adjust_holm(raw), int(np.sum(~np.isnan(raw)))
        out += [row | {"p_holm": p, "family_size": size} for row, p in zip(together, adjusted, strict=True)]
    return out
