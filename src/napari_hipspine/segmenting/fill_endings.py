"""How a muscle thins out towards its end, inside a stretch of slices or beyond the outermost outline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .fill_plan import Ending, Stretch

_GUESS_FROM = 0.3
_GUESS_OVER = 0.4
_TAPER = 2.5
_LEAST_MM = 0.3


def thinned(
    distance: NDArray[np.float32], ending: Ending, stretch: Stretch, slice_index: int, *, depth_mm: float
) -> NDArray[np.float32]:
    """Signed distance [mm] of a muscle outlined at one end only, thinner the further away the outline is.

    With the last slice marked it thins out until there and is gone beyond. Without a mark it is taken to end half-way
    to the key slice that does not show it.

    Parameters
    ----------
    distance : ndarray, shape (n_rows, n_columns)
        Signed distance carried over from the outline [mm].
    ending : Ending
        Which muscle, from which key slice, to which last slice.
    stretch : Stretch
        The slices between which it ends.
    slice_index : int
        The slice wanted.
    depth_mm : float
        Distance from the middle of the outlined muscle to its border [mm].
    """
    away = abs(slice_index - ending.key)
    if ending.last is None:
        other = stretch.after if ending.key == stretch.before else stretch.before
        whole = abs((other if other is not None else ending.key) - ending.key) or 1
        share = float(np.clip((away / whole - _GUESS_FROM) / _GUESS_OVER, 0, 1)) ** 2
        return distance - np.float32(share * max(depth_mm, 1.0))
    toward = 1 if slice_index > ending.key else -1
    reach = (ending.last - ending.key) * toward
    if away > reach:
        return np.full_like(distance, -np.inf)
    left = distance - np.float32(depth_mm * (away / (reach + 1)) ** _TAPER)
    # The mark says that the muscle is still seen here, so something of it stays.
    return np.asarray(left + max(np.float32(_LEAST_MM) - left.max(), np.float32(0)), dtype=np.float32)
