"""Which signals count for fat measures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def in_range(signal: NDArray[np.float64], low: float | None, high: float | None) -> NDArray[np.bool_]:
    """Signals from ``low`` to ``high``, both included; an end that is None is open."""
    inside = np.ones(signal.shape, dtype=bool)
    if low is not None:
        inside &= signal >= low
    if high is not None:
        inside &= signal <= high
    return inside
