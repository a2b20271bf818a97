"""A whole synthetic series: pictures, labels and truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Region, Structure, find_level, find_structure
from ..domain.errors import InvalidChoice
from ..domain.grid import Grid
from ..domain.label_map import LabelMap
from ..domain.level_plan import LevelPlacement, LevelPlan
from ..domain.volume import Contrast, FatPolarity, Source, Volume, WaterFat
from .acquisition import add_rician_noise, average_blocks, coil_sensitivity, to_stored
from .body import VERTEBRA_SPACING_MM
from .canvas import Canvas
from .drawing import Artist
from .fields import generator_for
from .shipped_tables import read_rows
from .specification import PartialVolume, PhantomSpec, Sampling
from .tissue import Tissue, mottles, signals
from .truth import SliceTruth, keep_inner_share, majority_labels, share_of

LEVEL_HEIGHTS_MM = MappingProxyType(
    {
        Region.LUMBAR: (
            ("L3", "mid_vertebra", VERTEBRA_SPACING_MM),
            ("disc_L3_L4", "mid_disc", VERTEBRA_SPACING_MM / 2),
            ("L4", "mid_vertebra", 0.0),
            ("disc_L4_L5", "mid_disc", -VERTEBRA_SPACING_MM / 2),
            ("L5", "mid_vertebra", -VERTEBRA_SPACING_MM),
        ),
        Region.HIP: (("greater_trochanter", "tip", 0.0),),
    }
)
"""Level, place on the level and height over the reference level [mm]."""

COMPARED_LEVELS = ("L4", "greater_trochanter")
"""Levels at which lumbar and hip muscles are compared."""


@dataclass(frozen=True)
class PhantomRegion:
    """One series and what is exactly known of it.

    Parameters
    ----------
    spec : PhantomSpec
        How it was made.
    volumes : tuple of Volume
        The picture; water and fat for a water-fat series.
    label_map : LabelMap
        True labels.
    truth : tuple of SliceTruth
        One entry per slice and labelled structure.
    """

    spec: PhantomSpec
    volumes: tuple[Volume, ...]
    label_map: LabelMap
    truth: tuple[SliceTruth, ...]

    @property
    def volume(self) -> Volume:
        """The picture, or the water picture of a water-fat series."""
        return self.volumes[0]

    @property
    def level_placements(self) -> tuple[LevelPlacement, ...]:
        """Levels that lie within the slices, at their true positions, from the head downwards."""
        heights = self.spec.sampling.heights_mm()
        half_slice = self.spec.sampling.spacing_mm[0] / 2
        return tuple(
            LevelPlacement(find_level(level), self.position_mm(height), slice_position=place)
            for level, place, height in LEVEL_HEIGHTS_MM[self.spec.region]
            if heights[0] - half_slice <= height <= heights[-1] + half_slice
        )

    @property
    def level_plan(self) -> LevelPlan:
        """The level muscles are compared at: L4 in the lumbar region, the trochanter's tip at the hip."""
        return LevelPlan(tuple(p for p in self.level_placements if p.level.id in COMPARED_LEVELS))

    @property
    def water_fat(self) -> WaterFat:
        """Water and fat as a pair.

        Raises
        ------
        InvalidChoice
            If the series is a single picture.
        """
        if self.spec.contrast is not Contrast.WATER:
            raise InvalidChoice(f"Expected a water-fat phantom, found contrast {self.spec.contrast.value}.")
        water, fat = self.volumes
        return WaterFat(water, fat)

    def position_mm(self, height_mm: float) -> float:
        """Position along the slice normal of a height over the reference level [mm]."""
        steps = (height_mm - self.spec.sampling.lowest_slice_mm) / self.spec.sampling.spacing_mm[0]
        grid = self.volume.grid
        return grid.slice_position_mm(0) + steps * grid.spacing_mm[0]


def make_region(spec: PhantomSpec) -> PhantomRegion:
    """A series with its labels and truth; the same bytes for the same specification.

    Contrast WATER makes a pair, water and fat on one grid; any other one picture.
    """
    artist, sampling = Artist(spec), spec.sampling
    structures, values = _labelled(artist)
    contrasts = (Contrast.WATER, Contrast.FAT) if spec.contrast is Contrast.WATER else (spec.contrast,)
    labels = np.zeros(sampling.shape, np.uint16)
    images = [np.zeros(sampling.shape, np.uint16) for _ in contrasts]
    truth: list[SliceTruth] = []
    for index, height_mm in enumerate(sampling.heights_mm()):
        canvas = _fresh_canvas(spec)
        artist.draw(canvas, float(height_mm))
        labels[index] = _label(canvas, spec, values)
        for image, contrast in zip(images, contrasts, strict=True):
            image[index] = _acquire(artist, canvas, spec, contrast, float(height_mm))
        truth.extend(_truths(canvas, spec, labels[index], values, structures, index))
    grid = make_grid(sampling)
    volumes = tuple(_volume(image, grid, spec, contrast) for image, contrast in zip(images, contrasts, strict=True))
    label_map = LabelMap(labels, grid, structures, tool="napari-hipspine phantom")
    return PhantomRegion(spec, volumes, label_map, tuple(truth))


def make_grid(sampling: Sampling) -> Grid:
    """Grid of the sampling: columns to the patient's left, rows to the back, slices to the head, turned by the tilt."""
    turn = np.radians(sampling.tilt_deg)
    backward = np.array([0.0, np.cos(turn), np.sin(turn)])
    headward = np.array([0.0, -np.sin(turn), np.cos(turn)])
    leftward = np.array([1.0, 0.0, 0.0])
    slice_step, row_step, column_step = sampling.spacing_mm
    corner = (
        np.array(sampling.reference_lps_mm)
        + headward * sampling.lowest_slice_mm
        + backward * (sampling.front_mm + row_step / 2)
        - leftward * (sampling.shape[2] - 1) / 2 * column_step
    )
    affine = np.eye(4)
    affine[:3] = np.stack([headward * slice_step, backward * row_step, leftward * column_step, corner], axis=1)
    return Grid(sampling.shape, affine)


def _labelled(artist: Artist) -> tuple[dict[int, Structure], dict[int, int]]:
    """What each label value stands for, and the label value of each number on the canvas."""
    structures, values = {}, {}
    for section in artist.sections:
        if section.muscle and section.side:
            structure = find_structure(section.muscle, section.side.value)
            values[section.number] = _label_value(structure)
            structures[values[section.number]] = structure
    return dict(sorted(structures.items())), values


def _fine_steps(spec: PhantomSpec) -> int:
    return spec.sampling.fine_steps if spec.partial_volume is PartialVolume.AVERAGED else 1


def _fresh_canvas(spec: PhantomSpec) -> Canvas:
    sampling, steps = spec.sampling, _fine_steps(spec)
    _, n_rows, n_columns = sampling.shape
    step_mm = sampling.spacing_mm[1] / steps
    rows = sampling.front_mm + (np.arange(n_rows * steps, dtype=np.float64) + 0.5) * step_mm
    columns = (np.arange(n_columns * steps, dtype=np.float64) + 0.5 - n_columns * steps / 2) * step_mm
    return Canvas(rows, columns)


def _label(canvas: Canvas, spec: PhantomSpec, values: dict[int, int]) -> NDArray[np.uint16]:
    labels = majority_labels(canvas.muscle, _fine_steps(spec), values)
    return labels if spec.roi_scale == 1 else keep_inner_share(labels, spec.roi_scale)


def _acquire(
    artist: Artist, canvas: Canvas, spec: PhantomSpec, contrast: Contrast, height_mm: float
) -> NDArray[np.uint16]:
    table = signals(contrast, spec.fat_polarity)
    uneven = artist.pattern(canvas, height_mm, grain_mm=2.4, offset=7.0)
    fine = table[canvas.tissue] * (1 + mottles(contrast)[canvas.tissue] * uneven)
    steps = _fine_steps(spec)
    signal = average_blocks(np.clip(fine, 0, None), steps)
    rows, columns = (axis.reshape(-1, steps).mean(axis=1) for axis in (canvas.rows_mm, canvas.columns_mm))
    signal = signal * coil_sensitivity(spec, rows, columns, height_mm)
    lean = signals(Contrast.WATER if contrast is Contrast.FAT else contrast, spec.fat_polarity)[Tissue.LEAN]
    rng = generator_for(spec.seed, "noise", contrast.value, f"{height_mm:.4f}")
    return to_stored(add_rician_noise(signal, spec.noise * float(lean), rng))


def _truths(
    canvas: Canvas,
    spec: PhantomSpec,
    labels: NDArray[np.uint16],
    values: dict[int, int],
    structures: dict[int, Structure],
    index: int,
) -> list[SliceTruth]:
    fat = (canvas.tissue == Tissue.FAT) | (canvas.tissue == Tissue.SUBCUTANEOUS)
    content = average_blocks(fat.astype(np.float64), _fine_steps(spec))
    pixel_mm2 = spec.sampling.spacing_mm[1] * spec.sampling.spacing_mm[2]
    found = []
    for number, value in sorted(values.items(), key=lambda pair: pair[1]):
        pixels = content[labels == value]
        if pixels.size == 0:
            continue
        drawn = fat[canvas.muscle == number]
        found.append(
            SliceTruth(
                index,
                structures[value],
                int(pixels.size),
                pixels.size * pixel_mm2,
                drawn.size * canvas.step_mm**2,
                share_of(drawn),
                share_of(pixels >= 0.5),
                share_of(pixels),
            )
        )
    return found


def _volume(image: NDArray[np.uint16], grid: Grid, spec: PhantomSpec, contrast: Contrast) -> Volume:
    plain = contrast not in (Contrast.WATER, Contrast.FAT)
    return Volume(
        image,
        grid,
        contrast=contrast,
        fat_polarity=spec.fat_polarity if plain else FatPolarity.UNKNOWN,
        fat_suppressed=spec.fat_polarity is FatPolarity.DARK if plain else None,
        source=Source(description=f"synthetic {spec.region.value} {contrast.value}, seed {spec.seed}"),
    )


@cache
def _label_values() -> dict[str, dict[str, str]]:
    return {row["muscle"]: row for row in read_rows("label_values.csv")}


def _label_value(structure: Structure) -> int:
    return int(_label_values()[structure.muscle.id][structure.side.value])
