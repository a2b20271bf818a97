"""Where the pixels of a slice come from on other slices, by dense optical flow.

A flow has the shape ``(n_rows, n_columns, 2)`` and holds, for every pixel of the fixed slice, the shift [pixels] to the
same tissue on the moving slice; the column's shift first, as OpenCV has it. Flows are searched for on all pixels and
kept on the coarser sampling of `WorkingGrid`: tissue moves smoothly.

References
----------
Kroeger T et al. Fast optical flow using dense inverse search. ECCV 2016. doi:10.1007/978-3-319-46493-0_29
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .distances import PlaneBox, box_around
from .flat_image import FlatImage
from .flow_store import FlowKey, FlowKind, FlowStore
from .working_grid import WorkingGrid

Flow = NDArray[np.float32]

_SMALLEST_SIDE = 32
"""Smaller pictures are enlarged by their border first: dense inverse search reads outside of them."""

_MARGIN_MM = 14.0
_WINDOW_STEP = 16
"""Windows begin and end on multiples of this [pixels], so that an edit seldom outgrows what was kept."""

_FINE_STRIDE = 4
_FINE_SEARCHES = 12
_FINE_REFINEMENTS = 3
_ASTRAY_MM = 1.0
_POLISH_MM = 1.5


@dataclass
class SliceFlows:
    """Flows between the slices of one image, computed once and kept.

    Parameters
    ----------
    pictures : FlatImage
        The slices.
    store : FlowStore
        Keeps flows between calls.
    """

    pictures: FlatImage
    store: FlowStore

    @cached_property
    def grid(self) -> WorkingGrid:
        """A coarser sampling of the window."""
        rows, columns = self.pictures.box
        return WorkingGrid.of((rows.stop - rows.start, columns.stop - columns.start), self.pictures.spacing_mm)

    def coarse_picture(self, index: int) -> NDArray[np.float32]:
        """A slice on the coarser sampling."""
        return self.grid.coarsened(self.pictures.slice(index))

    def step(self, fixed: int, moving: int) -> Flow:
        """Flow between two neighbouring slices, on the coarser sampling."""
        key = FlowKey(FlowKind.STEP, fixed, moving)
        found = self.store.find(key)
        if found is None:
            flow = dense_flow(self.pictures.slice(fixed), self.pictures.slice(moving), fine=True)
            found = _packed(self.grid.coarsened_flow(flow))
            self.store.keep(key, found)
        return found.astype(np.float32)

    def reaches(self, key_slice: int, slices: range) -> Iterator[Flow]:
        """Flow from each of a run of slices back to a key slice, the slice beside the key first.

        Steps are joined into a chain, and the chain is corrected once against the key slice itself, all on the coarser
        sampling.
        """

        def made() -> Iterator[Flow]:
            for fixed, chain in zip(slices, self._chains(key_slice, slices), strict=True):
                yield self._corrected(chain, fixed, key_slice)

        return self._kept_or(made(), FlowKind.REACH, key_slice, slices)

    def astray_from_key(self, key_slice: int, slices: range) -> Iterator[NDArray[np.float32]]:
        """How far from its start a pixel of each slice ends that goes to the key slice and back, as `astray_mm`."""
        ways = zip(self._chains(key_slice, slices), self._chains_back(key_slice, slices), strict=True)
        return self._kept_or((self.astray_mm(*way) for way in ways), FlowKind.ASTRAY, key_slice, slices)

    def _kept_or(
        self, made: Iterator[NDArray[np.float32]], kind: FlowKind, key_slice: int, slices: range
    ) -> Iterator[NDArray[np.float32]]:
        """What the store holds of a run of slices; where it lacks any, all are made and kept."""
        keys = [FlowKey(kind, fixed, key_slice) for fixed in slices]
        found = [self.store.find(key) for key in keys]
        for key, kept in zip(keys, found, strict=True):
            if any(one is None for one in found):
                kept = _packed(next(made))
                self.store.keep(key, kept)
            yield np.asarray(kept, dtype=np.float32)

    def _chains(self, key_slice: int, slices: range) -> Iterator[Flow]:
        """Steps joined from each of a run of slices to a key slice, the slice beside the key first."""
        chain: Flow | None = None
        for fixed in slices:
            step = self.step(fixed, _toward(key_slice, fixed))
            chain = step if chain is None else joined(chain, step)
            yield chain

    def _chains_back(self, key_slice: int, slices: range) -> Iterator[Flow]:
        """Steps joined from a key slice to each of a run of slices, the slice beside the key first."""
        chain: Flow | None = None
        for moving in slices:
            step = self.step(_toward(key_slice, moving), moving)
            chain = step if chain is None else joined(step, chain)
            yield chain

    def astray_mm(self, forth: Flow, back: Flow) -> NDArray[np.float32]:
        """How far from its start a pixel ends that goes forth and back again, on the coarser sampling [mm]."""
        import cv2

        apart = (forth + warped(back, forth)) * np.array(self.grid.spacing_mm[::-1], dtype=np.float32)
        rows, columns = (_ASTRAY_MM / step for step in self.grid.spacing_mm)
        far = np.hypot(apart[..., 0], apart[..., 1])
        return np.asarray(cv2.GaussianBlur(far, (0, 0), sigmaX=columns, sigmaY=rows), dtype=np.float32)

    def _corrected(self, chain: Flow, fixed: int, key_slice: int) -> Flow:
        import cv2

        seen = warped(self.coarse_picture(key_slice), chain)
        rest = dense_flow(self.coarse_picture(fixed), seen, fine=True)
        rows, columns = (_POLISH_MM / step for step in self.grid.spacing_mm)
        smooth = cv2.GaussianBlur(rest, (0, 0), sigmaX=columns, sigmaY=rows)
        return joined(chain, np.asarray(smooth, dtype=np.float32))


def _toward(key_slice: int, index: int) -> int:
    return index - 1 if key_slice < index else index + 1


def working_window(anything: NDArray[np.bool_], spacing_mm: tuple[float, float], store: FlowStore) -> PlaneBox:
    """Window around all labels of interest in which the picture is followed; the one of the store where it suffices."""
    near = box_around(anything, spacing_mm=spacing_mm, margin_mm=_MARGIN_MM)
    rows, columns = (
        slice(side.start // _WINDOW_STEP * _WINDOW_STEP, min(-(-side.stop // _WINDOW_STEP) * _WINDOW_STEP, size))
        for side, size in zip(near, anything.shape, strict=True)
    )
    return store.box_for((rows, columns))


def opencv_is_there() -> bool:
    """Whether OpenCV can be imported."""
    try:
        import cv2
    except ImportError:
        return False
    return hasattr(cv2, "DISOpticalFlow_create")


def warped(picture: NDArray[Any], flow: Flow) -> NDArray[Any]:
    """A picture of the moving slice as seen on the fixed slice; beyond its border it goes on as at the border."""
    import cv2

    columns, rows = places_of(flow)
    return cv2.remap(picture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def places_of(flow: Flow) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Column and row on the moving slice of every pixel of the fixed slice."""
    n_rows, n_columns = flow.shape[:2]
    places = np.array(flow, dtype=np.float32)
    places[..., 0] += np.arange(n_columns, dtype=np.float32)
    places[..., 1] += np.arange(n_rows, dtype=np.float32)[:, np.newaxis]
    return np.ascontiguousarray(places[..., 0]), np.ascontiguousarray(places[..., 1])


def joined(onward: Flow, first: Flow) -> Flow:
    """The flow that takes the first flow and goes on with the other from where it led."""
    return np.asarray(first + warped(onward, first), dtype=np.float32)


def dense_flow(fixed: NDArray[np.float32], moving: NDArray[np.float32], *, fine: bool = False) -> Flow:
    """Flow between two pictures with values from 0 to 1, at half resolution or (``fine``) at full resolution."""
    import cv2

    n_rows, n_columns = fixed.shape
    lacking = [(0, max(_SMALLEST_SIDE - n, 0)) for n in fixed.shape]
    pair = [np.pad((one * 255).astype(np.uint8), lacking, mode="edge") for one in (fixed, moving)]
    # The stubs of OpenCV 5 have lost this function; the library has not.
    search: Any = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)  # type: ignore[attr-defined]
    if fine:
        search.setFinestScale(0)
        search.setPatchStride(_FINE_STRIDE)
        search.setGradientDescentIterations(_FINE_SEARCHES)
        search.setVariationalRefinementIterations(_FINE_REFINEMENTS)
    flow = search.calc(pair[0], pair[1], None)
    return np.asarray(flow[:n_rows, :n_columns], dtype=np.float32)


def _packed(flow: Flow) -> NDArray[np.float16]:
    """Half the bytes; shifts of muscles are exact to a hundredth of a pixel."""
    return np.clip(flow, -1000, 1000).astype(np.float16)
