"""A picture across the slices, sagittal or coronal: one line of pixels of every slice is read, never the volume."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import VoxelArray, blocks_of
from ..domain.display import opposite_letter, runs_downwards, runs_to_the_right
from ..domain.grid import Grid
from ..domain.subject import Progress, stay_silent
from ..domain.volume import Volume

MOST_SLICES = 320
"""Slices that are looked at; of more, evenly spread ones."""

MOST_PIXELS = 384
"""Pixels of a line that are kept."""

_LEAST_COARSE = 64
_DARK_TO_BRIGHT = (1.0, 99.5)
_NAMES = {"LR": "sagittal", "AP": "coronal", "SI": "axial"}


class Cut(StrEnum):
    """Which way the picture cuts through the slices."""

    ACROSS_COLUMNS = "one column of every slice"
    """Sagittal for axial slices."""
    ACROSS_ROWS = "one row of every slice"
    """Coronal for axial slices."""

    @property
    def axis(self) -> int:
        """The axis of the grid that is held."""
        return 2 if self is Cut.ACROSS_COLUMNS else 1

    @property
    def axis_across(self) -> int:
        """The axis of the grid that runs across the picture."""
        return 1 if self is Cut.ACROSS_COLUMNS else 2


@dataclass(frozen=True, eq=False)
class LocatorPicture:
    """Pixels as they stand on the screen, and where they lie.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n_down, n_across)
        Slices run down the picture, the head at the top.
    grid : Grid
        Of the volume.
    cut : Cut
        Which way.
    held : int
        Row or column that is shown.
    first_is_at_top : bool
        Whether slice 0 is the uppermost.
    width_mm, height_mm : float
        Size in the patient [mm].
    letters : dict of str to str
        The patient's letter at the edges ``left``, ``right``, ``top`` and ``bottom``.
    """

    pixels: NDArray[np.uint8]
    grid: Grid
    cut: Cut
    held: int
    first_is_at_top: bool
    width_mm: float
    height_mm: float
    letters: dict[str, str] = field(default_factory=dict)

    def down_of(self, position_mm: float) -> float:
        """Share of the height at which a position along the slice normal lies, 0 at the top."""
        positions = self.grid.slice_positions_mm
        step = (positions[-1] - positions[0]) / (len(positions) - 1) if len(positions) > 1 else self.height_mm
        index = (position_mm - positions[0]) / step
        share = (index + 0.5) / len(positions)
        return float(share if self.first_is_at_top else 1 - share)

    def position_at(self, down: float) -> float:
        """Position along the slice normal at a share of the height, kept on the slices [mm]."""
        positions = self.grid.slice_positions_mm
        share = min(max(down if self.first_is_at_top else 1 - down, 0.0), 1.0)
        step = (positions[-1] - positions[0]) / (len(positions) - 1) if len(positions) > 1 else 0.0
        index = share * len(positions) - 0.5
        edge = 0.5 - 1e-6
        return float(positions[0] + np.clip(index, -edge, len(positions) - 1 + edge) * step)

    def across_of(self, index: float) -> float:
        """Share of the width at which a row or column lies, 0 at the left."""
        share = (index + 0.5) / self.grid.shape[self.cut.axis_across]
        return share if self._grows_to_the_right else 1 - share

    def index_across(self, share: float) -> float:
        """Row or column at a share of the width, not rounded, kept in the picture."""
        n = self.grid.shape[self.cut.axis_across]
        kept = min(max(share, 0.0), 1.0)
        return (kept if self._grows_to_the_right else 1 - kept) * n - 0.5

    @property
    def _grows_to_the_right(self) -> bool:
        return runs_to_the_right(self.grid.orientation[self.cut.axis_across])

    def slice_at(self, down: float) -> int:
        """Slice at a share of the height."""
        return self.grid.nearest_slice(self.position_at(down))


def name_of_cut(grid: Grid, cut: Cut) -> str:
    """What radiologists call the picture: sagittal, coronal or axial."""
    return next(name for letters, name in _NAMES.items() if grid.orientation[cut.axis] in letters)


def read_locator(
    volume: Volume, cut: Cut, *, held: int | None = None, progress: Progress = stay_silent
) -> LocatorPicture:
    """The picture of one row or column through all slices.

    Of a volume with coarser copies the coarsest that is fine enough is read. Of every block only the line that is
    shown is asked for, and no more of it is kept.

    Parameters
    ----------
    volume : Volume
        Read lazily.
    cut : Cut
        Which way.
    held : int, optional
        Row or column; by default the middle one.
    progress : Progress
        Told how far the reading is; may cancel it.
    """
    grid = volume.grid
    held = grid.shape[cut.axis] // 2 if held is None else min(max(held, 0), grid.shape[cut.axis] - 1)
    source = _coarse_enough(volume)
    at = min(held * source.shape[cut.axis] // grid.shape[cut.axis], source.shape[cut.axis] - 1)
    lines = _read_lines(source, cut, at, progress)
    slope, intercept = volume.voxel_scale
    pixels = _as_grey(lines.astype(np.float64) * slope + intercept)
    letters = grid.orientation
    to_right = runs_to_the_right(letters[cut.axis_across])
    first_is_at_top = runs_downwards(letters[0])
    pixels = pixels if to_right else pixels[:, ::-1]
    pixels = pixels if first_is_at_top else pixels[::-1]
    right = letters[cut.axis_across] if to_right else opposite_letter(letters[cut.axis_across])
    bottom = letters[0] if first_is_at_top else opposite_letter(letters[0])
    return LocatorPicture(
        np.ascontiguousarray(pixels),
        grid,
        cut,
        held,
        first_is_at_top,
        grid.shape[cut.axis_across] * grid.spacing_mm[cut.axis_across],
        grid.shape[0] * grid.spacing_mm[0],
        {"left": opposite_letter(right), "right": right, "top": opposite_letter(bottom), "bottom": bottom},
    )


def _coarse_enough(volume: Volume) -> VoxelArray:
    """The coarsest copy that still has slices and pixels enough; the voxels themselves where there is none."""
    wanted = [min(_LEAST_COARSE, volume.grid.shape[0]), *(min(_LEAST_COARSE, n) for n in volume.grid.shape[1:])]
    for step in reversed(volume.resolution_steps):
        if all(n >= least for n, least in zip(step.shape, wanted, strict=True)):
            return step
    return volume.voxels


def _read_lines(source: VoxelArray, cut: Cut, at: int, progress: Progress) -> NDArray[Any]:
    """One line of every slice that is looked at, thinned, shape ``(n_lines, n_pixels)``."""
    blocks = blocks_of(source)
    n_slices = blocks.shape[0]
    n_across = blocks.shape[cut.axis_across]
    wanted = np.unique(np.linspace(0, n_slices - 1, min(n_slices, MOST_SLICES)).round().astype(int))
    step = -(-n_across // MOST_PIXELS)
    depth = max(1, blocks.block_shape[0])
    lines = []
    for start in range(0, n_slices, depth):
        inside = wanted[(wanted >= start) & (wanted < start + depth)]
        if inside.size == 0:
            continue
        progress(start, n_slices, "reading the locator")
        first, last = int(inside[0]), int(inside[-1]) + 1
        line = (slice(at, at + 1), slice(0, n_across))
        rows, columns = line if cut is Cut.ACROSS_ROWS else line[::-1]
        read = blocks.read((slice(first, last), rows, columns)).reshape(last - first, n_across)
        lines.append(np.array(read[inside - first, ::step]))
    return np.concatenate(lines)


def _as_grey(signal: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Signal from black to white between percentiles of what is no air."""
    seen = signal[np.isfinite(signal) & (signal != 0)]
    if seen.size == 0:
        return np.zeros(signal.shape, np.uint8)
    low, high = np.percentile(seen, _DARK_TO_BRIGHT)
    low = min(low, 0.0) if seen.min() >= 0 else low
    share = (np.nan_to_num(signal, nan=low) - low) / (high - low if high > low else 1.0)
    return np.asarray(np.clip(share, 0, 1) * 255, dtype=np.uint8)
