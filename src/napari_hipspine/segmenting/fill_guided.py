"""Filling guided by the picture: outlines travel with the tissue from both key slices and are brought to agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .distances import PlaneBox, signed_distances
from .fill_plan import Stretch
from .fill_shapes import FilledSlice, LoneOutline
from .flow_store import FlowKind
from .flows import Flow, SliceFlows, warped, warped_layers

REACH_MM = 6.0
"""Distances are told apart up to here; beyond, a border is simply far away [mm]."""

_LIKENESS_MM = 2.5
_NEIGHBOUR_LIKENESS_MM = 1.5
_LEAST_MISMATCH = 1e-3
_LEAST_SHARE = 0.95
_MOST_SHIFT_MM = 1.5
_STAY = 0.1
"""Trust in tissue that stays where it is, against tissue that moved as the flow says."""


@dataclass(frozen=True)
class _Source:
    """One slice that another one may be taken from: how its tissue moved, and how far it is trusted, pixel by pixel."""

    slice_index: int
    flow: Flow | None
    trust: NDArray[np.float32]

    def bring(self, layers: NDArray[np.float32]) -> NDArray[np.float32]:
        """Layers of the other slice as seen here."""
        return layers if self.flow is None else warped_layers(layers, self.flow)


def fill_by_picture(
    stretch: Stretch, outlines: Mapping[int, NDArray[np.uint16]], box: PlaneBox, flows: SliceFlows
) -> Iterator[FilledSlice]:
    """Every slice of a stretch from the outlines of its key slices and the picture between them.

    1. Signed distances of each key slice are carried to each slice by the flow, and also taken unmoved; they are
       mixed by nearness and by how well the picture of the key slice, moved alike, fits.
    2. Every slice is then replaced by the mixture of its two neighbours, carried over by fine flows, up and down
       through the stretch once: outlines change evenly along the tissue, and errors of single flows are averaged out.

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
    """
    spacing_mm = flows.pictures.spacing_mm
    carried = _carried_flows(stretch, flows)
    alone = [LoneOutline.of(ending, outlines, box, spacing_mm) for ending in stretch.endings]
    keys = [key for key in (stretch.before, stretch.after) if key is not None]
    known = {
        key: signed_distances(outlines[key][box], stretch.both, spacing_mm=spacing_mm, reach_mm=REACH_MM)
        for key in keys
        if stretch.both
    }
    layers, apart, sizes = dict(known), {}, {}
    if stretch.both:
        for index in stretch.slices:
            layers[index], apart[index], sizes[index] = _first_guess(index, stretch, known, carried[index], flows)
        _even_out(layers, stretch.slices, flows)
    values = (*stretch.both, *(ending.value for ending in stretch.endings))
    for index in stretch.slices:
        doubt = apart.get(index, np.zeros(_shape(box), dtype=np.float32))
        found = [_not_shrunk(*pair) for pair in zip(layers.pop(index), sizes[index], strict=True)] if known else []
        for lone in alone:
            left = lone.thinned_at(index, stretch, warped(lone.distance, carried[index][lone.ending.key]))
            found.append(left)
            doubt = np.maximum(doubt, lone.doubt(left))
        if found:
            yield FilledSlice(index, values, np.stack(found), doubt)


def _carried_flows(stretch: Stretch, flows: SliceFlows) -> dict[int, dict[int, Flow]]:
    """For every slice, the flow to each key slice it is filled from."""
    found: dict[int, dict[int, Flow]] = {index: {} for index in stretch.slices}
    for key, slices in ((stretch.before, stretch.slices), (stretch.after, stretch.slices[::-1])):
        if key is None:
            continue
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
    box = flows.pictures.box
    return {
        key: np.zeros((*_shape(box), 2), dtype=np.float32) for key in (stretch.before, stretch.after) if key is not None
    }


def _first_guess(
    index: int,
    stretch: Stretch,
    known: Mapping[int, NDArray[np.float32]],
    carried: Mapping[int, Flow],
    flows: SliceFlows,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.intp]]:
    """Distances mixed from both key slices, how far apart the two see the border [mm], and how large each muscle is."""
    here = flows.pictures.slice(index)
    start, stop = stretch.slices.start - 1, stretch.slices.stop
    nearness = {start: (stop - index) / (stop - start), stop: (index - start) / (stop - start)}
    total, weight, moved = np.zeros_like(known[start]), np.zeros_like(here), []
    for key, near in nearness.items():
        picture = flows.pictures.slice(key)
        trust = near * _likeness(here, warped(picture, carried[key]), flows, _LIKENESS_MM)
        stay = near * _STAY * _likeness(here, picture, flows, _LIKENESS_MM)
        moved.append(warped_layers(known[key], carried[key]))
        total += trust * moved[-1] + stay * known[key]
        weight += trust + stay
    areas = [np.count_nonzero(layers > 0, axis=(1, 2)) for layers in moved]
    sizes = np.rint(sum(near * area for near, area in zip(nearness.values(), areas, strict=True))).astype(np.intp)
    return total / weight, np.abs(moved[0] - moved[1]).max(axis=0), sizes


def _not_shrunk(distance: NDArray[np.float32], n_pixels: int) -> NDArray[np.float32]:
    """A signed distance, raised where it holds far fewer pixels than expected: mixing shapes makes thin ones shrink."""
    least = int(_LEAST_SHARE * n_pixels)
    if np.count_nonzero(distance > 0) >= least or least >= distance.size:
        return distance
    level = -np.partition(-distance, least, axis=None)[least]
    return distance - np.float32(max(level, -_MOST_SHIFT_MM))


def _even_out(layers: dict[int, NDArray[np.float32]], slices: range, flows: SliceFlows) -> None:
    """Replace every slice by its neighbours, carried over, on the way up and again on the way down."""
    sources = {index: _neighbours(index, flows) for index in slices}
    for order in (slices, slices[::-1]):
        for index in order:
            layers[index] = _mixed(sources[index], layers)


def _neighbours(index: int, flows: SliceFlows) -> Sequence[_Source]:
    here = flows.pictures.slice(index)
    found = []
    for other in (index - 1, index + 1):
        picture = flows.pictures.slice(other)
        flow = flows.step(index, other, FlowKind.FINE_STEP)
        moved = _likeness(here, warped(picture, flow), flows, _NEIGHBOUR_LIKENESS_MM)
        found.append(_Source(other, flow, moved))
        stayed = _STAY * _likeness(here, picture, flows, _NEIGHBOUR_LIKENESS_MM)
        found.append(_Source(other, None, stayed))
    whole = sum((source.trust for source in found), start=np.zeros_like(here))
    return [_Source(source.slice_index, source.flow, source.trust / whole) for source in found]


def _mixed(sources: Sequence[_Source], layers: Mapping[int, NDArray[np.float32]]) -> NDArray[np.float32]:
    total = np.zeros_like(layers[sources[0].slice_index])
    for source in sources:
        total += source.trust * source.bring(layers[source.slice_index])
    return total


def _likeness(
    here: NDArray[np.float32], there: NDArray[np.float32], flows: SliceFlows, width_mm: float
) -> NDArray[np.float32]:
    """How well two pictures fit around every pixel; large where they do."""
    import cv2

    rows, columns = (width_mm / step for step in flows.pictures.spacing_mm)
    apart = cv2.GaussianBlur(np.abs(here - there), (0, 0), sigmaX=columns, sigmaY=rows)
    return np.asarray(1 / (apart * apart + np.float32(_LEAST_MISMATCH)), dtype=np.float32)


def _shape(box: PlaneBox) -> tuple[int, int]:
    return (box[0].stop - box[0].start, box[1].stop - box[1].start)
