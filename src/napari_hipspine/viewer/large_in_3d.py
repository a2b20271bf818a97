"""Volumes too large to be drawn in space stay flat: napari would read them whole, and the graphics card refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..domain.errors import HipSpineError

MOST_BYTES = 2**30
"""Largest volume that is drawn in space, as it lies in memory [bytes]."""

_SPATIAL = 3


class TooLargeInSpace(HipSpineError):
    """A volume that would have to be read whole before it could be drawn in space."""


def keep_large_flat(viewer: Any, *, tell: Callable[[HipSpineError], None]) -> Callable[[], None]:
    """Refuse to draw volumes in space that are too large for it, from now on; what is returned ends that.

    Parameters
    ----------
    viewer : napari viewer
        Its own or a plugin's view of it.
    tell : callable
        Tells the user of the refusal.
    """

    # A function and not a method: napari keeps only weak hold of methods.
    def look(event: Any = None) -> None:
        if viewer.dims.ndisplay != _SPATIAL:
            return
        large = next((layer for layer in viewer.layers if layer.visible and bytes_in_space(layer) > MOST_BYTES), None)
        if large is None:
            return
        viewer.dims.ndisplay = 2
        tell(
            TooLargeInSpace(
                f"Expected at most {MOST_BYTES / 2**30:.0f} GiB to draw in space, found "
                f"{bytes_in_space(large) / 2**30:.1f} GiB, in {large.name}.",
                hint="Hide this layer first (the eye in the layer list): muscles alone can be drawn in space.",
            )
        )

    viewer.dims.events.ndisplay.connect(look, position="first")

    def leave() -> None:
        viewer.dims.events.ndisplay.disconnect(look)

    return leave


def bytes_in_space(layer: Any) -> int:
    """What napari would hold of a layer to draw it in space: all of it, or the coarsest step of a pyramid [bytes]."""
    data = layer.data[-1] if layer.multiscale else layer.data
    shape, dtype = getattr(data, "shape", ()), getattr(data, "dtype", None)
    return math.prod(shape) * np.dtype(dtype).itemsize if dtype is not None and len(shape) >= _SPATIAL else 0
