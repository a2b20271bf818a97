"""Filling from the outlines alone: shapes change evenly from one key slice to the next.

References
----------
Raya SP, Udupa JK. Shape-based interpolation of multidimensional objects. IEEE Trans Med Imaging 1990.
doi:10.1109/42.52980
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .distances import PlaneBox, depth_of, signed_distance
from .fill_endings import thinned
from .fill_plan import Ending, Stretch

FAR_MM = 200.0


@dataclass(frozen=True)
class FilledSlice:
    """What is known of one slice after filling, within the window that was worked on.

    Parameters
    ----------
    index : int
        The slice.
    values : tuple of int
        Label values in the order of the layers.
    distances_mm : ndarray, shape (n_values, n_rows, n_columns)
        Signed distance to the border of each [mm], positive inside.
    disagreement_mm : ndarray, shape (n_rows, n_columns)
        How far apart the two key slices see the border [mm].
    """

    index: int
    values: tuple[int, ...]
    distances_mm: NDArray[np.float32]
    disagreement_mm: NDArray[np.float32]


def fill_by_shape(
    stretch: Stretch, outlines: Mapping[int, NDArray[np.uint16]], box: PlaneBox, *, spacing_mm: tuple[float, float]
) -> Iterator[FilledSlice]:
    """Every slice of a stretch from the outlines of its key slices.

    Each shape is moved along the line between its two centres, and the signed distances are mixed linearly.

    Parameters
    ----------
    stretch : Stretch
        What is filled.
    outlines : mapping of int to ndarray
        Labels of the key slices.
    box : tuple of slice
        Window that is worked on.
    spacing_mm : tuple of float
        Distance between rows and between columns [mm].
    """
    pairs = [_Pair.of(value, stretch, outlines, box, spacing_mm) for value in stretch.both]
    alone = [LoneOutline.of(ending, outlines, box, spacing_mm) for ending in stretch.endings]
    values = (*stretch.both, *(ending.value for ending in stretch.endings))
    for index in stretch.slices:
        mixed, apart = [], np.zeros(_shape(box), dtype=np.float32)
        for pair in pairs:
            before, after, share = pair.seen_at(index, stretch)
            mixed.append((1 - share) * before + share * after)
            apart = np.maximum(apart, np.abs(np.maximum(before, 0) - np.maximum(after, 0)))
        for lone in alone:
            left = lone.thinned_at(index, stretch, lone.distance)
            mixed.append(left)
            apart = np.maximum(apart, lone.doubt(left))
        if mixed:
            yield FilledSlice(index, values, np.stack(mixed), apart)


@dataclass(frozen=True)
class LoneOutline:
    """The outline of a muscle that ends inside a stretch.

    Parameters
    ----------
    ending : Ending
        Which muscle, and where it ends.
    distance : ndarray, shape (n_rows, n_columns)
        Signed distance on its key slice [mm].
    depth_mm : float
        Distance from its middle to its border [mm].
    """

    ending: Ending
    distance: NDArray[np.float32]
    depth_mm: float

    @classmethod
    def of(
        cls,
        ending: Ending,
        outlines: Mapping[int, NDArray[np.uint16]],
        box: PlaneBox,
        spacing_mm: tuple[float, float],
    ) -> LoneOutline:
        """The outline that an ending starts from."""
        mask = outlines[ending.key][box] == ending.value
        distance = signed_distance(mask, spacing_mm=spacing_mm, reach_mm=FAR_MM)
        return cls(ending, distance, depth_of(mask, spacing_mm=spacing_mm))

    def thinned_at(self, index: int, stretch: Stretch, carried: NDArray[np.float32]) -> NDArray[np.float32]:
        """Signed distance [mm] on a slice, from the distance carried there."""
        return thinned(carried, self.ending, stretch, index, depth_mm=self.depth_mm)

    def doubt(self, left: NDArray[np.float32]) -> NDArray[np.float32]:
        """Disagreement [mm]: the whole muscle where its end is a guess, else none."""
        return np.maximum(left, 0) if self.ending.last is None else np.zeros_like(left)


@dataclass(frozen=True)
class _Pair:
    """One muscle on both key slices, each seen from its own centre."""

    before: NDArray[np.float32]
    after: NDArray[np.float32]
    path: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        value: int,
        stretch: Stretch,
        outlines: Mapping[int, NDArray[np.uint16]],
        box: PlaneBox,
        spacing_mm: tuple[float, float],
    ) -> _Pair:
        masks = [outlines[key][box] == value for key in (stretch.before, stretch.after) if key is not None]
        centres = [np.argwhere(mask).mean(axis=0) for mask in masks]
        before, after = (signed_distance(mask, spacing_mm=spacing_mm, reach_mm=FAR_MM) for mask in masks)
        return cls(before, after, centres[1] - centres[0])

    def seen_at(self, index: int, stretch: Stretch) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
        from scipy.ndimage import shift

        start, stop = stretch.slices.start - 1, stretch.slices.stop
        share = (index - start) / (stop - start)
        before = shift(self.before, share * self.path, order=1, mode="nearest")
        after = shift(self.after, (share - 1) * self.path, order=1, mode="nearest")
        return before, after, share


def _shape(box: PlaneBox) -> tuple[int, int]:
    return (box[0].stop - box[0].start, box[1].stop - box[1].start)
