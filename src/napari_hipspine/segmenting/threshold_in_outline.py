"""Only the pixels of a rough outline whose signal is that of the tissue wanted."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..domain.errors import InvalidChoice


def threshold_in_outline(
    image_slice: ArrayLike, outline: ArrayLike, *, lowest: float | None = None, highest: float | None = None
) -> NDArray[np.bool_]:
    """Pixels of an outline with a signal between two limits, both included.

    This cuts fat out of an outline; an area so drawn is no CSA with its fat, and no FI can be read from it.

    Parameters
    ----------
    image_slice : array_like, shape (n_rows, n_columns)
        The picture.
    outline : array_like of bool, same shape
        The rough outline.
    lowest, highest : float, optional
        Limits of the signal; at least one.

    Returns
    -------
    ndarray of bool, shape (n_rows, n_columns)
        Pixels without a finite signal are left out.

    Raises
    ------
    InvalidChoice
        If shapes differ, no limit is given, or the lowest is above the highest.
    """
    image, mask = np.asarray(image_slice), np.asarray(outline, dtype=bool)
    if image.shape != mask.shape:
        raise InvalidChoice(f"Expected picture and outline of one shape, found {image.shape} and {mask.shape}.")
    if lowest is None and highest is None:
        raise InvalidChoice("Expected a lowest or a highest signal, found neither.", hint="Set a threshold.")
    low = -np.inf if lowest is None else lowest
    high = np.inf if highest is None else highest
    if not low <= high:
        raise InvalidChoice(f"Expected a lowest signal not above the highest, found {lowest} and {highest}.")
    with np.errstate(invalid="ignore"):
        return np.asarray(mask & np.isfinite(image) & (image >= low) & (image <= high))
