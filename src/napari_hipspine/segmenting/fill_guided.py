"""Filling guided by the picture: outlines travel with the tissue from both key slices and are brought to agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from .between_keys import BetweenKeys
from .distances import PlaneBox
from .fill_plan import Stretch
from .fill_shapes import FilledSlice, LoneOutline
from .flows import Flow, SliceFlows, warped


def fill_by_picture(
    stretch: Stretch,
    outlines: Mapping[int, NDArray[np.uint16]],
    box: PlaneBox,
    flows: SliceFlows,
    *,
    slice_mm: float,
) -> Iterator[FilledSlice]:
    """Every slice of a stretch from the outlines of its key slices and the picture between them.

    1. Signed distances of each key slice are carried to each slice by the flow, and also taken unmoved; they are
       mixed by nearness, by how well the picture of the key slice, moved alike, fits, and by whether the flow leads
       back to its start.
    2. Every slice is then replaced by the mixture of its two neighbours, carried over by fine flows, up and down
       through the stretch once: outlines change evenly along the tissue, and errors of single flows are averaged out.
    3. Borders are moved a little to where the picture looks as it does at the borders that were outlined, dents that
       no key slice shows are filled, and muscles that shrank in the mixing are brought back.

    Parameters
    ----------
    stretch : Stretch
        What is filled.
    outlines : mapping of int to ndarray
        Labels of the key slices.
    box : tuple of slice
        Window that is worked on, the one of the flows.
    flows : SliceFlows
        Where tissue comes from.
    slice_mm : float
        Distance between slices [mm].
    """
    carried = _carried_flows(stretch, flows)
    between = BetweenKeys(stretch, outlines, carried, flows, slice_mm).layers() if stretch.both else {}
    alone = [LoneOutline.of(ending, outlines, box, flows.pictures.spacing_mm) for ending in stretch.endings]
    thinning = [_thinned(lone, stretch, carried, flows) for lone in alone]
    values = (*stretch.both, *(ending.value for ending in stretch.endings))
    for index in stretch.slices:
        layers, doubt = between.pop(index, ([], np.zeros(flows.grid.fine, dtype=np.float32)))
        found = list(layers)
        for lone, left in zip(alone, thinning, strict=True):
            found.append(left[index])
            doubt = np.maximum(doubt, lone.doubt(left[index]))
        if found:
            yield FilledSlice(index, values, np.stack(found), doubt)


def _thinned(
    lone: LoneOutline, stretch: Stretch, carried: Mapping[int, Mapping[int, Flow]], flows: SliceFlows
) -> dict[int, NDArray[np.float32]]:
    """Signed distance [mm] of a muscle on the way to its end: nowhere more pixels than on the slice before."""
    key = lone.ending.key
    found: dict[int, NDArray[np.float32]] = {}
    most = int(np.count_nonzero(lone.distance > 0))
    for index in next(slices for start, slices in stretch.ways() if start == key):
        moved = warped(lone.distance, flows.grid.refined_flow(carried[index][key]))
        found[index] = _not_grown(lone.thinned_at(index, stretch, moved), most)
        most = int(np.count_nonzero(found[index] > 0))
    return found


def _not_grown(distance: NDArray[np.float32], most: int) -> NDArray[np.float32]:
    """A signed distance, lowered where it holds more pixels than that."""
    if np.count_nonzero(distance > 0) <= most:
        return distance
    first_out = distance.size - most - 1
    return np.asarray(distance - np.partition(distance, first_out, axis=None)[first_out], dtype=np.float32)


def _carried_flows(stretch: Stretch, flows: SliceFlows) -> dict[int, dict[int, Flow]]:
    """For every slice, the flow to each key slice it is filled from, on the coarser sampling."""
    found: dict[int, dict[int, Flow]] = {index: {} for index in stretch.slices}
    for key, slices in stretch.ways():
        needed = _reached(stretch, key, slices)
        for index, flow in zip(needed, flows.reaches(key, needed), strict=True):
            found[index][key] = flow
    return {index: by_key if by_key else _unmoved(stretch, flows) for index, by_key in found.items()}


def _reached(stretch: Stretch, key: int, slices: range) -> range:
    """The slices for which something of this key slice is wanted."""
    if stretch.before is not None and stretch.after is not None:
        return slices
    lasts = [abs(e.last - key) if e.last is not None else 0 for e in stretch.endings]
    return slices[: max(lasts, default=0)]


def _unmoved(stretch: Stretch, flows: SliceFlows) -> dict[int, Flow]:
    """Flows of slices beyond the last mark, where nothing is kept anyway."""
    return {key: np.zeros((*flows.grid.coarse, 2), dtype=np.float32) for key, _ in stretch.ways()}
