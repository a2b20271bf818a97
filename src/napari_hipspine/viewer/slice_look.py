"""One slice of a measured series as a small picture: grey, outlines in the muscles' colours, pixels called fat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.colours import structure_colour
from ..domain.display import ScreenView, screen_view
from ..figures.slice_picture import display_limits
from ..workflows.measure_subject import CountedResult
from ..workflows.muscle_surfaces import slice_fat_of
from .series_work import SeriesWork

_FAT = np.array([255, 217, 26])
"""As everywhere: called fat is yellow."""


@dataclass(frozen=True, eq=False)
class SliceLook:
    """A picture that stands radiologically.

    Parameters
    ----------
    colours : ndarray of uint8
        Red, green and blue as they stand on the screen, shape ``(n_rows, n_columns, 3)``.
    size_mm : tuple of float
        Height and width [mm].
    view : ScreenView
        The patient's letters at the edges.
    caption : str
        Who and where.
    muscles_mm : tuple of float
        Top, left, bottom and right of the muscles on the screen [mm]; of the whole slice where there are none.
    """

    colours: NDArray[np.uint8]
    size_mm: tuple[float, float]
    view: ScreenView
    caption: str
    muscles_mm: tuple[float, float, float, float]


def look_at_slice(work: SeriesWork, slice_index: int, *, shows_fat: bool) -> SliceLook:
    """One slice of a measured series, with the outlines that were measured.

    Parameters
    ----------
    work : SeriesWork
        Measured.
    slice_index : int
        Counted from 0.
    shows_fat : bool
        Whether pixels called fat are drawn.
    """
    grid, view = work.volume.grid, screen_view(work.volume.grid)
    pixels = np.asarray(work.volume.voxels[slice_index], dtype=np.float64)
    low, high = display_limits(pixels)
    grey = np.nan_to_num(np.clip((pixels - low) / (high - low), 0, 1)) * 255
    colours = np.repeat(grey[:, :, None], 3, axis=2)
    labels = np.zeros(grey.shape, np.uint16)
    if work.measured is not None:
        asked = work.measured.request
        label_map = asked.label_map.on_grid(asked.image.grid)
        labels = np.asarray(label_map.labels[slice_index])
        if shows_fat and isinstance(work.measured.result, CountedResult):
            _, called = slice_fat_of(asked.image, label_map, work.measured.result).on_slice(slice_index)
            colours[called] = _FAT
        border = _border(labels)
        for value, structure in label_map.structures.items():
            colours[border & (labels == value)] = 255 * np.array(structure_colour(structure))
    on_screen = (slice(None, None, -1 if view.flips_rows else 1), slice(None, None, -1 if view.flips_columns else 1))
    size = (grid.shape[1] * grid.spacing_mm[1], grid.shape[2] * grid.spacing_mm[2])
    position = f"{grid.slice_position_mm(slice_index):.1f}".replace("-", "−")
    caption = f"{work.name} · slice {slice_index} · {position} mm"
    turned = np.ascontiguousarray(colours[on_screen].astype(np.uint8))
    return SliceLook(turned, size, view, caption, _extent_mm(labels[on_screen], grid.spacing_mm))


def _extent_mm(labels: NDArray[Any], spacing_mm: tuple[float, float, float]) -> tuple[float, float, float, float]:
    """Top, left, bottom and right of what is labelled, of the whole where nothing is [mm]."""
    inside = labels > 0
    found = inside if inside.any() else np.ones_like(inside)
    rows, columns = (np.flatnonzero(found.any(axis=axis)) for axis in (1, 0))
    _, down, across = spacing_mm
    return (rows[0] * down, columns[0] * across, (rows[-1] + 1) * down, (columns[-1] + 1) * across)


def _border(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Pixels with another label above, below, left or right of them, shape ``(n_rows, n_columns)``."""
    framed = np.pad(labels, 1)
    inner = framed[1:-1, 1:-1]
    around = (framed[:-2, 1:-1], framed[2:, 1:-1], framed[1:-1, :-2], framed[1:-1, 2:])
    found: NDArray[np.bool_] = np.logical_or.reduce([one != inner for one in around])
    return found & (inner > 0)
