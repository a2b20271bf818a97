"""Muscles outlined on both ends of a stretch, on the slices between, following the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .border_looks import BorderLooks, features_of
from .carrying import Layers, Source, carried, mixed, mixture, warped_layers
from .dents import rounded_off
from .distances import signed_distances
from .fill_plan import Stretch
from .flows import Flow, SliceFlows
from .trust import Trust, shares

REACH_MM = 6.0
"""Distances are told apart up to here; beyond, a border is simply far away [mm]."""

_LEAST_SHARE = 0.95
_MOST_SHIFT_MM = 1.5
_HARDLY_INSIDE_MM = 0.05
_HALF = 0.5
_SHOWN = 0.4
"""Share of the key slices, by nearness, that must show a dent for it to stay."""


class BetweenKeys:
    """What is known of the slices between two key slices, from the outlines of both.

    Parameters
    ----------
    stretch : Stretch
        What is filled; it has a key slice at both ends.
    outlines : mapping of int to ndarray
        Labels of the key slices.
    carried : mapping of int to mapping of int to Flow
        For every slice, the flow to each key slice, on the coarser sampling.
    flows : SliceFlows
        Where tissue comes from.
    slice_mm : float
        Distance between slices [mm].
    """

    def __init__(
        self,
        stretch: Stretch,
        outlines: Mapping[int, NDArray[np.uint16]],
        carried: Mapping[int, Mapping[int, Flow]],
        flows: SliceFlows,
        slice_mm: float,
    ) -> None:
        self._stretch, self._carried, self._flows, self._slice_mm = stretch, carried, flows, slice_mm
        self._slices, self._grid = stretch.slices, flows.grid
        self._start, self._stop = stretch.slices.start - 1, stretch.slices.stop
        self._known = {key: self._distances(outlines[key]) for key in (self._start, self._stop)}

    def layers(self) -> dict[int, tuple[Sequence[NDArray[np.float32]], NDArray[np.float32]]]:
        """By slice: signed distances [mm], and how far apart the two key slices see the border [mm]."""
        layers, apart, sizes = dict(self._known), {}, {}
        astray = {key: list(self._flows.astray_from_key(key, slices)) for key, slices in self._stretch.ways()}
        for at, index in enumerate(self._slices):
            by_key = {self._start: astray[self._start][at], self._stop: astray[self._stop][-1 - at]}
            layers[index], apart[index], sizes[index] = self._first_guess(index, by_key)
        self._even_out(layers)
        self._look_at_borders(layers)
        self._fill_dents(layers)
        return {
            index: ([_not_shrunk(*pair) for pair in zip(layers[index], sizes[index], strict=True)], apart[index])
            for index in self._slices
        }

    def _distances(self, outline: NDArray[np.uint16]) -> Layers:
        pictures = self._flows.pictures
        return signed_distances(
            outline[pictures.box], self._stretch.both, spacing_mm=pictures.spacing_mm, reach_mm=REACH_MM
        )

    def _nearness(self, index: int) -> dict[int, float]:
        whole = self._stop - self._start
        return {self._start: (self._stop - index) / whole, self._stop: (index - self._start) / whole}

    def _first_guess(
        self, index: int, astray: Mapping[int, NDArray[np.float32]]
    ) -> tuple[Layers, NDArray[np.float32], NDArray[np.intp]]:
        """Distances mixed from both key slices, how far apart they see the border [mm], and how large muscles are."""
        trust, nearness = Trust(index, self._flows), self._nearness(index)
        trusts: list[NDArray[np.float32]] = []
        ways: list[tuple[Layers, Flow | None]] = []
        for key, near in nearness.items():
            flow = self._carried[index][key]
            trusts += [np.float32(near) * one for one in trust.in_key(key, flow, astray[key])]
            ways += [(self._known[key], self._grid.refined_flow(flow)), (self._known[key], None)]
        sources = [Source(*way, share) for way, share in zip(ways, shares(trusts), strict=True)]
        layers, sizes = np.empty_like(ways[0][0]), np.zeros(len(ways[0][0]))
        apart = np.zeros(layers.shape[1:], dtype=np.float32)
        for at, one in enumerate(carried(sources)):
            layers[at] = one.far_mm
            layers[at][one.box] = mixture(one, sources)
            moved = one.seen[::2]
            apart[one.box] = np.maximum(apart[one.box], np.abs(moved[0] - moved[1]))
            sizes[at] = sum(n * np.count_nonzero(seen > 0) for n, seen in zip(nearness.values(), moved, strict=True))
        return layers, apart, np.rint(sizes).astype(np.intp)

    def _even_out(self, layers: dict[int, Layers]) -> None:
        """Replace every slice by its neighbours, carried over, on the way up and again on the way down."""
        neighbours = {index: self._neighbours(index) for index in self._slices}
        for order in (self._slices, self._slices[::-1]):
            for index in order:
                layers[index] = mixed([Source(layers[other], flow, part) for other, flow, part in neighbours[index]])

    def _neighbours(self, index: int) -> list[tuple[int, Flow | None, NDArray[np.float32]]]:
        """Slices beside this one, how their tissue moved, and their shares."""
        trust = Trust(index, self._flows)
        trusts: list[NDArray[np.float32]] = []
        ways: list[tuple[int, Flow | None]] = []
        for other in (index - 1, index + 1):
            there, back = (self._flows.step(*way) for way in ((index, other), (other, index)))
            trusts += trust.in_neighbour(other, there, back)
            ways += [(other, self._grid.refined_flow(there)), (other, None)]
        return [(*way, share) for way, share in zip(ways, shares(trusts), strict=True)]

    def _look_at_borders(self, layers: dict[int, Layers]) -> None:
        """Move borders to where the picture looks as it does at the borders of the key slices."""
        mm, known = self._grid.spacing_mm, {key: self._coarse(layers) for key, layers in self._known.items()}
        features = [features_of(self._flows.coarse_picture(key), mm) for key in known]
        looks = [BorderLooks.learned(features, borders) for borders in zip(*known.values(), strict=True)]
        for index in self._slices:
            seen, near = features_of(self._flows.coarse_picture(index), mm), self._nearness(index)
            # Of two outlines, each with an error that grows with its distance, the mean weighted by nearness.
            doubt_mm = near[self._start] * near[self._stop] * (self._stop - self._start) * self._slice_mm
            for layer, coarse, look in zip(layers[index], self._coarse(layers[index]), looks, strict=True):
                if look is not None:
                    layer += self._grid.refined(look.shift_mm(coarse, seen, mm, doubt_mm=doubt_mm))

    def _fill_dents(self, layers: dict[int, Layers]) -> None:
        """Fill dents that the key slices hardly show; any other muscle that lies there keeps its ground."""
        mm, dents = self._grid.spacing_mm, {}
        for key, known in self._known.items():
            dents[key] = np.stack([rounded_off(layer, mm) * (layer <= 0) for layer in self._coarse(known)])
        for index in self._slices:
            coarse = self._coarse(layers[index])
            shown = np.zeros_like(coarse)
            for key, near in self._nearness(index).items():
                shown += np.float32(near) * warped_layers(dents[key], self._carried[index][key])
            for layer, one, there in zip(layers[index], coarse, shown, strict=True):
                whole = self._grid.refined(rounded_off(one, mm)) > _HALF
                wrong = whole & (self._grid.refined(there) < _SHOWN)
                layer[wrong] = np.maximum(layer[wrong], np.float32(_HARDLY_INSIDE_MM))

    def _coarse(self, layers: Layers) -> Layers:
        return np.stack([self._grid.coarsened(layer) for layer in layers])


def _not_shrunk(distance: NDArray[np.float32], n_pixels: int) -> NDArray[np.float32]:
    """A signed distance, raised where it holds far fewer pixels than expected: mixing shapes makes thin ones shrink."""
    least = int(_LEAST_SHARE * n_pixels)
    if np.count_nonzero(distance > 0) >= least or least >= distance.size:
        return distance
    level = -np.partition(-distance, least, axis=None)[least]
    return distance - np.float32(max(level, -_MOST_SHIFT_MM))
