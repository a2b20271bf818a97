"""Outlines of one slice carried on to the slices beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import VoxelArray
from ..domain.errors import InvalidChoice, PackageMissing
from .carrying import warped_layers
from .distances import signed_distances
from .fill_plan import as_labels
from .flat_image import FlatImage
from .flow_store import FlowMemory, FlowStore
from .flows import SliceFlows, opencv_is_there, working_window

_REACH_MM = 6.0


def propagate(
    image: VoxelArray,
    drawn: VoxelArray,
    *,
    from_slice: int,
    to_slice: int,
    spacing_mm: tuple[float, float, float],
    values: Sequence[int] | None = None,
    locked: Sequence[int] = (),
    flows: FlowStore | None = None,
) -> NDArray[np.uint16]:
    """Labels of one slice carried to another one and to all between, following the picture.

    The slice they come from stays as drawn. On the slices reached, earlier labels of the same values give way;
    everything else stays and is not painted over. Errors grow from slice to slice, so look after each few. Slices of
    a slab with another angulation are no goal for this.

    Parameters
    ----------
    image : VoxelArray
        The picture, shape ``(n_slices, n_rows, n_columns)``.
    drawn : VoxelArray
        Labels, same shape.
    from_slice : int
        The outlined slice.
    to_slice : int
        The last slice wanted, on either side.
    spacing_mm : tuple of float
        Distance between slices, rows and columns [mm].
    values : sequence of int, optional
        Label values that are carried; by default all that occur on the slice and are not locked.
    locked : sequence of int
        Label values that are not carried and not painted over.
    flows : FlowStore, optional
        As for `fill_between`.

    Returns
    -------
    ndarray of uint16, shape (n_slices reached, n_rows, n_columns)
        Labels of the slices reached, in the order of the volume, without the slice they come from.

    Raises
    ------
    InvalidChoice
        If a slice lies outside the volume, both are the same, or nothing to be carried is drawn.
    PackageMissing
        If OpenCV is not installed: the picture cannot be followed then.
    """
    carried, outline = _carried_values(drawn, from_slice, to_slice, values, locked)
    plane_mm = (float(spacing_mm[1]), float(spacing_mm[2]))
    store = FlowMemory() if flows is None else flows
    box = working_window(np.isin(outline, carried), plane_mm, store)
    guide = SliceFlows(FlatImage(image, box, plane_mm, store), store)
    layers = signed_distances(outline[box], carried, spacing_mm=plane_mm, reach_mm=_REACH_MM)
    reached = []
    for index, moved in _moved(layers, guide, from_slice, to_slice):
        labels = as_labels(drawn[index], index).copy()
        labels[np.isin(labels, carried)] = 0
        free = labels[box]
        inside = (moved.max(axis=0) > 0) & (free == 0)
        free[inside] = np.array(carried, dtype=np.uint16)[moved.argmax(axis=0)][inside]
        reached.append(labels)
    return np.stack(reached if from_slice < to_slice else reached[::-1])


def _carried_values(
    drawn: VoxelArray, from_slice: int, to_slice: int, values: Sequence[int] | None, locked: Sequence[int]
) -> tuple[list[int], NDArray[np.uint16]]:
    n_slices = int(drawn.shape[0])
    if not (0 <= from_slice < n_slices and 0 <= to_slice < n_slices) or from_slice == to_slice:
        raise InvalidChoice(f"Expected two slices from 0 to {n_slices - 1}, found {from_slice} and {to_slice}.")
    if not opencv_is_there():
        raise PackageMissing(
            "Expected OpenCV to follow the picture, found none.",
            hint="Install opencv-python-headless, or copy the slice and correct it by hand.",
        )
    outline = as_labels(drawn[from_slice], from_slice)
    present = {int(value) for value in np.unique(outline)} - {0}
    carried = sorted((present if values is None else set(values)) - set(locked))
    if not carried or not present.issuperset(carried):
        raise InvalidChoice(
            f"Expected outlines to carry on, found label values {sorted(present) or 'none'}, on slice {from_slice}.",
            hint="Outline a muscle there, or unlock it.",
        )
    return carried, outline


def _moved(
    layers: NDArray[np.float32], guide: SliceFlows, from_slice: int, to_slice: int
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Signed distances on every slice reached, the one beside the outlined slice first."""
    onward = 1 if to_slice > from_slice else -1
    slices = range(from_slice + onward, to_slice + onward, onward)
    for index, flow in zip(slices, guide.reaches(from_slice, slices), strict=True):
        yield index, warped_layers(layers, guide.grid.refined_flow(flow))
