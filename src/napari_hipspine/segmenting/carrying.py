"""Signed distances carried to another slice, muscle by muscle, each only where it is near.

Layers have the shape ``(n_layers, n_rows, n_columns)``; each is one value far from its muscle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .distances import PlaneBox
from .flows import Flow, places_of

_SAME_MM = 1e-3

Layers = NDArray[np.float32]


@dataclass(frozen=True)
class Source:
    """A slice that another one is taken from.

    Parameters
    ----------
    layers : ndarray
        Signed distances there [mm].
    flow : ndarray, optional
        For every pixel of the slice wanted, the shift to the same tissue there; None where tissue stays.
    share : ndarray, shape (n_rows, n_columns)
        What it contributes to every pixel; the shares of all sources add up to 1.
    """

    layers: Layers
    flow: Flow | None
    share: NDArray[np.float32]


@dataclass(frozen=True)
class Carried:
    """One muscle as every source has it, in the window where it is near; elsewhere it is far for all of them."""

    box: PlaneBox
    seen: Sequence[NDArray[np.float32]]
    far_mm: float


def carried(sources: Sequence[Source]) -> Iterator[Carried]:
    """Every muscle as the sources have it, carried to the slice wanted."""
    shifts = [_Shift.of(source.flow) for source in sources]
    for layers in zip(*(source.layers for source in sources), strict=True):
        fars = [float(layer.min()) for layer in layers]
        near = [shift.box(layer, far) for layer, far, shift in zip(layers, fars, shifts, strict=True)]
        # A muscle that is near everywhere on some slice leaves nothing far to pass over.
        box = _around(near) if max(fars) - min(fars) < _SAME_MM else (slice(None), slice(None))
        yield Carried(box, [shift.bring(layer, box) for layer, shift in zip(layers, shifts, strict=True)], min(fars))


def mixed(sources: Sequence[Source]) -> Layers:
    """The sources carried to the slice wanted and mixed by their shares."""
    out = np.empty_like(sources[0].layers)
    for layer, one in zip(out, carried(sources), strict=True):
        layer[...] = one.far_mm
        layer[one.box] = mixture(one, sources)
    return out


def mixture(one: Carried, sources: Sequence[Source]) -> NDArray[np.float32]:
    """One muscle mixed by the shares of the sources, in its window."""
    total = np.zeros(one.seen[0].shape, dtype=np.float32)
    for source, seen in zip(sources, one.seen, strict=True):
        total += source.share[one.box] * seen
    return total


def warped_layers(layers: Layers, flow: Flow) -> Layers:
    """Layers of the moving slice as seen on the fixed slice."""
    shift, out = _Shift.of(flow), np.empty_like(layers)
    for layer, target in zip(layers, out, strict=True):
        far = float(layer.min())
        box = shift.box(layer, far)
        target[...] = far
        target[box] = shift.bring(layer, box)
    return out


@dataclass(frozen=True)
class _Shift:
    """Where pixels are looked up: as places and fractions of pixels, or where they are."""

    places: NDArray[np.int16] | None
    fractions: NDArray[np.uint16] | None
    farthest: tuple[int, int]

    @classmethod
    def of(cls, flow: Flow | None) -> _Shift:
        import cv2

        if flow is None:
            return cls(None, None, (0, 0))
        # Fixed-point places are looked up twice as fast and are exact to a thirtieth of a pixel.
        places, fractions = cv2.convertMaps(*places_of(flow), cv2.CV_16SC2)
        rows, columns = (int(np.ceil(np.abs(flow[..., axis]).max())) + 1 for axis in (1, 0))
        return cls(places, fractions, (rows, columns))  # type: ignore[arg-type]

    def box(self, layer: NDArray[np.float32], far_mm: float) -> PlaneBox:
        """Window of the fixed slice to which anything but what is far can come."""
        bounds, near = [], layer > far_mm + _SAME_MM
        for axis, margin in zip((1, 0), self.farthest, strict=True):
            where = np.flatnonzero(near.any(axis=axis))
            bounds.append(
                slice(max(int(where[0]) - margin, 0), int(where[-1]) + 1 + margin) if where.size else slice(0)
            )
        return bounds[0], bounds[1]

    def bring(self, layer: NDArray[np.float32], box: PlaneBox) -> NDArray[np.float32]:
        """The layer as seen in a window of the fixed slice."""
        import cv2

        if self.places is None or self.fractions is None:
            return layer[box]
        places, fractions = (np.ascontiguousarray(one[box]) for one in (self.places, self.fractions))
        if not fractions.size:
            return np.empty(fractions.shape, dtype=np.float32)
        found = cv2.remap(layer, places, fractions, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, dtype=np.float32)


def _around(boxes: Sequence[PlaneBox]) -> PlaneBox:
    """Window that holds all windows; empty ones count for nothing."""
    sides = []
    for axis in (0, 1):
        held = [box[axis] for box in boxes if box[axis].stop]
        sides.append(slice(min(one.start for one in held), max(one.stop for one in held)) if held else slice(0))
    return sides[0], sides[1]
