"""One slice drawn on the fine grid: parts, fascia, fat in muscle, contents of the belly."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Side
from .body import Body
from .canvas import Canvas
from .fields import Array, Texture, generator_for
from .intramuscular_fat import grain_of, place_fat
from .outlines import Part, parts_of, shrink_curve
from .specification import PhantomSpec
from .tissue import Tissue

DEFAULT_FAT_SHARE = 0.08
"""Fat in muscles for which nothing was chosen, and in those that are not labelled."""

_AIRLIKE_CONTENT = 1.2
_SMALLEST_PIECE = 0.1
_PATTERN_STEP = 3
"""Fine pixels that share one value of a smooth pattern, along each axis."""

_TEXTURE_STEP_MM = 9.0
"""Millimetres along the slices for one step of the patterns that are not fat."""


@dataclass(frozen=True)
class Section:
    """One muscle on one side, and the number it has on the canvas."""

    number: int
    part: str
    muscle: str
    side: Side | None


class Artist:
    """Draws slices of one person.

    Parameters
    ----------
    spec : PhantomSpec
        What to draw.
    """

    def __init__(self, spec: PhantomSpec) -> None:
        self._spec = spec
        self._body = Body(spec)
        self._texture = Texture(generator_for(spec.seed, "texture"))
        self._numbers = self._body.muscle_numbers
        muscles = {part.name: part.muscle for part in parts_of(spec.region)}
        self.sections = tuple(
            Section(number, name, muscles[name], side) for (name, side), number in self._numbers.items()
        )

    def draw(self, canvas: Canvas, height_mm: float) -> None:
        """Paint everything at one height onto an empty canvas."""
        for word, pieces in groupby(self._body.curves(height_mm), key=lambda piece: piece[0].fused):
            self._paint(canvas, list(pieces), is_fused=bool(word))
        self._fill_bowel(canvas, height_mm)
        self._divide_subcutaneous_fat(canvas, height_mm)
        depth = self._part_with_fascia(canvas, height_mm)
        _drop_slivers(canvas)
        self._infiltrate(canvas, depth, height_mm)

    def pattern(self, canvas: Canvas, height_mm: float, *, grain_mm: float, offset: float) -> Array:
        """Smooth random pattern over the canvas, mean 0, spread 1."""
        coarse = (slice(None, None, _PATTERN_STEP), slice(None, None, _PATTERN_STEP))
        backward, leftward = np.meshgrid(canvas.rows_mm, canvas.columns_mm, indexing="ij")
        found = self._texture.at(
            backward[coarse] / grain_mm + offset, leftward[coarse] / grain_mm, height_mm / _TEXTURE_STEP_MM + offset
        )
        whole = np.repeat(np.repeat(found, _PATTERN_STEP, axis=0), _PATTERN_STEP, axis=1)
        return whole[: canvas.rows_mm.size, : canvas.columns_mm.size]

    def _paint(self, canvas: Canvas, pieces: list[tuple[Part, Side | None, Array]], *, is_fused: bool) -> None:
        """Paint pieces one after another, or the rims of all before the inside of any."""
        for batch in [pieces] if is_fused else [[piece] for piece in pieces]:
            for part, side, curve in batch:
                outer = part.tissue if part.rim is None else part.rim
                canvas.paint(curve, outer, muscle=self._numbers.get((part.name, side), 0))
            for part, _, curve in batch:
                if part.rim is not None:
                    canvas.paint(shrink_curve(curve, part.rim_mm), part.tissue)

    def _part_with_fascia(self, canvas: Canvas, height_mm: float) -> Array:
        """Put fascia and thin fat between muscles; returns the depth of every pixel in its muscle [mm]."""
        from scipy.ndimage import distance_transform_edt

        depth = np.zeros(canvas.muscle.shape)
        box = _bounding_box(canvas.muscle > 0)
        if box is None:
            return depth
        muscle = canvas.muscle[box]
        border, shared = _borders(muscle)
        distance, nearest = distance_transform_edt(~border, return_indices=True)
        inner = (distance + 0.5) * canvas.step_mm
        between = shared[tuple(nearest)]
        uneven = self.pattern(canvas, height_mm, grain_mm=5.0, offset=31.0)[box]
        half_width = np.where(between, 0.55 + 0.28 * np.clip(uneven, -1, 2), 0.42)
        carved = (muscle > 0) & (inner <= half_width)
        fatty = between & (uneven > -0.9)
        canvas.tissue[box][carved & fatty] = Tissue.FAT
        canvas.tissue[box][carved & ~fatty] = Tissue.FASCIA
        muscle[carved] = 0
        depth[box] = inner
        return depth

    def _infiltrate(self, canvas: Canvas, depth: Array, height_mm: float) -> None:
        from scipy.ndimage import find_objects

        boxes = find_objects(canvas.muscle, max_label=len(self.sections))
        for section, box in zip(self.sections, boxes, strict=True):
            if box is None:
                continue
            rows, columns = np.nonzero(canvas.muscle[box] == section.number)
            rows, columns = rows + box[0].start, columns + box[1].start
            leftward = canvas.columns_mm[columns]
            lateral = leftward * (-1.0 if section.side is Side.RIGHT else 1.0)
            fat = place_fat(
                lateral,
                canvas.rows_mm[rows],
                depth_mm=depth[rows, columns],
                height_mm=height_mm,
                share=self._fat_share(section, height_mm),
                grain=grain_of(section.muscle),
                texture=self._texture,
                offset=section.number * 5.37,
                rng=generator_for(self._spec.seed, "speckle", str(section.number), f"{height_mm:.4f}"),
            )
            canvas.tissue[rows[fat], columns[fat]] = Tissue.FAT

    def _fat_share(self, section: Section, height_mm: float) -> float:
        """Fat share of one muscle in one slice: the chosen one, a little more towards the feet, with slow waves."""
        if section.side is None:
            return DEFAULT_FAT_SHARE / 2
        chosen = self._spec.fat_fractions.get((section.muscle, section.side), DEFAULT_FAT_SHARE)
        rng = generator_for(self._spec.seed, "fat", section.part, section.side.value)
        wave = 0.10 * np.sin(2 * np.pi * (height_mm / rng.uniform(60, 110) + rng.uniform()))
        return float(np.clip(chosen * (1 + wave - 0.003 * height_mm), 0, 0.95))

    def _fill_bowel(self, canvas: Canvas, height_mm: float) -> None:
        bowel = canvas.tissue == Tissue.BOWEL
        if not bowel.any():
            return
        loops = self.pattern(canvas, height_mm, grain_mm=6.0, offset=53.0)
        filling = self.pattern(canvas, height_mm, grain_mm=11.0, offset=97.0)
        canvas.tissue[bowel] = Tissue.FAT
        canvas.tissue[bowel & (loops > -0.7)] = Tissue.BOWEL_WALL
        canvas.tissue[bowel & (loops > -0.45)] = Tissue.BOWEL_CONTENT
        canvas.tissue[bowel & (loops > -0.2) & (filling > _AIRLIKE_CONTENT)] = Tissue.GAS

    def _divide_subcutaneous_fat(self, canvas: Canvas, height_mm: float) -> None:
        under_skin = canvas.tissue == Tissue.SUBCUTANEOUS
        lines = np.abs(self.pattern(canvas, height_mm, grain_mm=4.5, offset=11.0)) < 0.05
        canvas.tissue[under_skin & lines] = Tissue.SEPTUM


def _drop_slivers(canvas: Canvas) -> None:
    """Turn cut-off pieces of muscles into fat; a piece stays from a tenth of the largest one on."""
    from scipy.ndimage import find_objects, label

    for number, box in enumerate(find_objects(canvas.muscle), start=1):
        if box is None:
            continue
        pieces, n_pieces = label(canvas.muscle[box] == number)
        sizes = np.bincount(pieces.ravel())[1:]
        small = np.flatnonzero(sizes < sizes.max() * _SMALLEST_PIECE) + 1
        if n_pieces > 1 and small.size:
            cut_off = np.isin(pieces, small)
            canvas.muscle[box][cut_off] = 0
            canvas.tissue[box][cut_off] = Tissue.FAT


def _borders(muscle: NDArray[np.int16]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Pixels beside another muscle or none, and among them those beside another muscle."""
    border, shared = np.zeros(muscle.shape, bool), np.zeros(muscle.shape, bool)
    for axis in (0, 1):
        low = tuple(slice(None, -1) if k == axis else slice(None) for k in (0, 1))
        high = tuple(slice(1, None) if k == axis else slice(None) for k in (0, 1))
        differs = muscle[low] != muscle[high]
        both = differs & (muscle[low] > 0) & (muscle[high] > 0)
        for side in (low, high):
            border[side] |= differs
            shared[side] |= both
    return border, shared


def _bounding_box(mask: NDArray[np.bool_]) -> tuple[slice, slice] | None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
