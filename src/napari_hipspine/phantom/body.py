"""One synthetic person's shapes: what curve every part has at every height."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ..domain.anatomy import Side
from .fields import Array, WaveField, generator_for
from .outlines import Outline, Part, Placing, join_at_midline, outlines_of, parts_of, smooth_closed_curve
from .specification import PhantomSpec

VERTEBRA_SPACING_MM = 38.0
"""Distance between the middles of neighbouring lumbar vertebrae; L4 lies at height 0."""

_VERTEBRA_HEIGHTS_MM = tuple(VERTEBRA_SPACING_MM * step for step in (-2, -1, 0, 1, 2))


_WAVES_MM = (55.0, 140.0)
"""Wavelengths of the deformation in the slice: long enough that no outline looks ragged."""


@dataclass(frozen=True)
class _Variation:
    """What one part on one side has of its own: height shift [mm], size, and movement of its points [mm]."""

    shift_mm: float
    size: float
    jitter_mm: Array


class Body:
    """Shapes of one person, as functions of height.

    Left and right come from one half anatomy that is varied twice: by what both sides share, and by what is each
    side's own. A smooth displacement of the whole body keeps neighbours together.

    Parameters
    ----------
    spec : PhantomSpec
        Whose seed, asymmetry, wobble and muscle sizes are used.
    """

    def __init__(self, spec: PhantomSpec) -> None:
        self._spec = spec
        self._parts = parts_of(spec.region)
        self._outlines = outlines_of(spec.region)
        build = generator_for(spec.seed, "build")
        self._scale = 1 + build.uniform(-0.03, 0.03, 2)
        self._shared_waves = WaveField(
            generator_for(spec.seed, "shared"), strength_mm=spec.wobble_mm * 0.8, in_plane_mm=_WAVES_MM
        )
        self._own_waves = WaveField(
            generator_for(spec.seed, "own"), strength_mm=spec.wobble_mm * 0.45 * spec.asymmetry, in_plane_mm=_WAVES_MM
        )

        self._variations = {(part.name, side): self._vary(part, side) for part in self._parts for side in part.sides}

    @property
    def muscle_numbers(self) -> dict[tuple[str, Side | None], int]:
        """A number for every part separated by fascia, on each of its sides."""
        keys = [(part.name, side) for part in self._parts if part.is_muscle for side in part.sides]
        return {key: number for number, key in enumerate(keys, start=1)}

    def curves(self, height_mm: float) -> Iterator[tuple[Part, Side | None, Array]]:
        """Closed curves at one height in the order of painting, each ``(n, 2)`` leftward and backward [mm]."""
        for part, side, _, curve in self.curves_of(self._parts, height_mm):
            yield part, side, curve

    def curves_of(self, parts: Iterable[Part], height_mm: float) -> Iterator[tuple[Part, Side | None, float, Array]]:
        """Those of some parts, each with the height of the vertebra it belongs to [mm]; 0 for what belongs to none."""
        for part in parts:
            for side in part.sides:
                for origin, knots in self._knots(part, side, height_mm):
                    yield part, side, origin, self._place(part, side, knots, height_mm)

    def _knots(self, part: Part, side: Side | None, height_mm: float) -> Iterator[tuple[float, Array]]:
        """Half outlines of a part; several where neighbouring vertebrae overlap in height."""
        own = self._variations[part.name, side]
        for origin in _VERTEBRA_HEIGHTS_MM if part.repeats else (0.0,):
            knots = self._half_outline(part, height_mm - origin - own.shift_mm)
            if knots is not None:
                middle = knots.mean(axis=0)
                yield origin, (knots - middle) * own.size + middle + own.jitter_mm

    def _vary(self, part: Part, side: Side | None) -> _Variation:
        """Difference of one part on one side from the common anatomy: half shared by both sides, half its own."""
        shared = generator_for(self._spec.seed, part.name)
        own = generator_for(self._spec.seed, part.name, str(side))
        asymmetry = self._spec.asymmetry

        def draw(spread: float, own_spread: float, shape: tuple[int, ...] = ()) -> Array:
            return np.asarray(shared.normal(0, spread, shape) + asymmetry * own.normal(0, own_spread, shape))

        shift, size = float(draw(1.5, 1.0)), 1 + float(draw(0.03, 0.018))
        spread = 0.7 if part.size_varies else 0.25
        jitter = draw(spread, 0.7 * spread, self._outlines[part.outline].points.shape[1:])
        if part.placing is Placing.MIDLINE:
            jitter[[0, -1], 0] = 0
        if not part.size_varies:
            return _Variation(0.0, 1.0, jitter)
        return _Variation(shift, size * self._spec.muscle_sizes.get(part.muscle, 1.0), jitter)

    def _half_outline(self, part: Part, height_mm: float) -> Array | None:
        outline = self._outlines[part.outline]
        height_mm = _moved_end(outline, height_mm, self._spec.lowest_mm.get(part.muscle))
        knots = outline.at(height_mm)
        if knots is None or not part.inner_outline:
            return knots
        inner = self._outlines[part.inner_outline].at(height_mm)
        return None if inner is None else knots + part.blend * (inner - knots)

    def _place(self, part: Part, side: Side | None, knots: Array, height_mm: float) -> Array:
        whole = join_at_midline(knots) if part.placing is Placing.MIDLINE else knots
        curve = smooth_closed_curve(whole) * self._scale
        half = curve * [1.0, 1.0]
        half[:, 0] = np.abs(half[:, 0])
        shared = self._shared_waves.at(half, height_mm)
        shared[:, 0] *= np.tanh(curve[:, 0] / 10)
        curve = curve + shared
        if side is Side.RIGHT:
            curve = curve * [-1.0, 1.0]
        return np.asarray(curve + self._own_waves.at(curve, height_mm))


def _moved_end(outline: Outline, height_mm: float, lowest_mm: float | None) -> float:
    """Tabulated height that belongs to a height when the lower end of an outline is moved."""
    if lowest_mm is None:
        return height_mm
    share = (height_mm - lowest_mm) / (outline.highest_mm - lowest_mm)
    return outline.lowest_mm + share * (outline.highest_mm - outline.lowest_mm)
