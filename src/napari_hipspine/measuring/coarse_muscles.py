"""Muscles counted in coarse cells: what a picture of them in space is made from, however large the labels are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import BlockSource, boxes_of
from ..domain.grid import Grid
from ..domain.label_map import LabelMap
from ..domain.subject import Progress, stay_silent
from .slice_fat import SliceFat

MOST_CELLS = 4_000_000
"""Cells of a whole volume; a muscle keeps one to three bytes for each around it."""

FINEST_MM = 1.0
"""Cells are about as large at least [mm]: finer ones are not seen, and cost triangles."""

Counts = NDArray[Any]


@dataclass(frozen=True)
class CoarseGrid:
    """Cells of several pixels on a few slices of a grid.

    Parameters
    ----------
    grid : Grid
        Of the labels.
    slice_step : int
        One slice of so many is looked at, the middle one.
    pixel_step : int
        So many rows and columns make a cell.
    """

    grid: Grid
    slice_step: int = 1
    pixel_step: int = 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """Layers, rows and columns of cells."""
        _, n_rows, n_columns = self.grid.shape
        rows, columns = (-(-n // self.pixel_step) for n in (n_rows, n_columns))
        return (len(self.slices), rows, columns)

    @property
    def slices(self) -> range:
        """Slices that are looked at."""
        n_slices = self.grid.shape[0]
        return range(min(self.slice_step // 2, n_slices - 1), n_slices, self.slice_step)

    @property
    def cell_mm(self) -> tuple[float, float, float]:
        """Size of a cell along slices, rows and columns [mm]."""
        along, down, across = self.grid.spacing_mm
        return (along * self.slice_step, down * self.pixel_step, across * self.pixel_step)

    def index_of(self, cells: NDArray[np.float64]) -> NDArray[np.float64]:
        """Index ``(slice, row, column)`` of places given in cells, shape ``(n, 3)``."""
        step = np.array([self.slice_step, self.pixel_step, self.pixel_step])
        shift = np.array([self.slices.start, (self.pixel_step - 1) / 2, (self.pixel_step - 1) / 2])
        return np.asarray(cells * step + shift)


def coarse_grid(grid: Grid, *, most_cells: int = MOST_CELLS) -> CoarseGrid:
    """Cells of about a millimetre or more, as near to cubes as may be, of which a volume has no more than so many."""
    found = CoarseGrid(grid, pixel_step=max(1, round(FINEST_MM / min(grid.spacing_mm[1:]))))
    while np.prod(found.shape, dtype=np.int64) > most_cells:
        along, down, across = found.cell_mm
        can_skip = found.shape[0] > 1 and along <= max(down, across)
        found = CoarseGrid(grid, found.slice_step + can_skip, found.pixel_step + (not can_skip))
    return found


@dataclass(frozen=True)
class MuscleCells:
    """Counts of one muscle in a box of cells.

    Parameters
    ----------
    first : tuple of int
        Layer, row and column of the first cell of the box.
    n_pixels : ndarray of int
        Pixels of the muscle in each cell.
    n_counted, n_fat : ndarray of int, optional
        Pixels whose signal can be judged, and those called fat.
    """

    first: tuple[int, int, int]
    n_pixels: Counts
    n_counted: Counts | None = None
    n_fat: Counts | None = None


@dataclass
class _Layers:
    """One muscle, layer by layer while they are counted."""

    found: list[tuple[int, int, int, tuple[Counts, ...]]] = field(default_factory=list)

    def add(self, layer: int, rows: Counts, columns: Counts, kinds: tuple[Counts, ...], dtype: Any) -> None:
        """Count pixels, given by the cells they lie in, of several kinds."""
        top, left = int(rows.min()), int(columns.min())
        height, width = int(rows.max()) - top + 1, int(columns.max()) - left + 1
        places = (rows - top) * width + (columns - left)
        counts = tuple(
            np.bincount(places[kind], minlength=height * width).astype(dtype).reshape(height, width) for kind in kinds
        )
        self.found.append((layer, top, left, counts))

    def cells(self) -> MuscleCells:
        """All layers in one box."""
        layers, tops, lefts = (np.array([one[k] for one in self.found]) for k in range(3))
        shapes = np.array([one[3][0].shape for one in self.found])
        first = (int(layers.min()), int(tops.min()), int(lefts.min()))
        last = (int(layers.max()) + 1, int((tops + shapes[:, 0]).max()), int((lefts + shapes[:, 1]).max()))
        n_kinds, dtype = len(self.found[0][3]), self.found[0][3][0].dtype
        boxes = [np.zeros([b - a for a, b in zip(first, last, strict=True)], dtype) for _ in range(n_kinds)]
        for layer, top, left, counts in self.found:
            at, row, column = layer - first[0], top - first[1], left - first[2]
            for box, part in zip(boxes, counts, strict=True):
                box[at, row : row + part.shape[0], column : column + part.shape[1]] += part
        return MuscleCells(first, *boxes)


def count_coarsely(
    label_map: LabelMap, cells: CoarseGrid, *, fat: SliceFat | None = None, progress: Progress = stay_silent
) -> dict[int, MuscleCells]:
    """Counts of every muscle that is there, by label value, from one slice after the other.

    Parameters
    ----------
    label_map : LabelMap
        Blocks of it that are known to be empty are not read.
    cells : CoarseGrid
        From `coarse_grid`, of the grid of the labels.
    fat : SliceFat, optional
        Says which pixels are called fat; slices without a muscle are not read.
    progress : callable
        Told of every slice.

    Raises
    ------
    Cancelled
        When the user has stopped it.
    """
    source, known = label_map.blocks(), np.array(sorted(label_map.structures))
    layers: dict[int, _Layers] = {int(value): _Layers() for value in known}
    step, dtype = cells.pixel_step, np.min_scalar_type(cells.pixel_step**2)
    for layer, slice_index in enumerate(cells.slices):
        progress(layer, len(cells.slices), "looking at the muscles")
        rows, columns, values = _labelled(source, slice_index, known)
        if not len(values):
            continue
        kinds: tuple[Counts, ...] = ()
        if fat is not None:
            kinds = fat.on_pixels(slice_index, rows, columns)
        for value in np.unique(values):
            of = values == value
            chosen = tuple(kind[of] for kind in (np.ones(len(of), np.bool_), *kinds))
            layers[int(value)].add(layer, rows[of] // step, columns[of] // step, chosen, dtype)
    return {value: one.cells() for value, one in layers.items() if one.found}


def _labelled(source: BlockSource, slice_index: int, known: Counts) -> tuple[Counts, Counts, Counts]:
    """Row, column and label value of every pixel of a slice that belongs to a muscle."""
    parts = list(_labelled_parts(source, slice_index, known))
    if not parts:
        nothing = np.zeros(0, np.intp)
        return nothing, nothing, nothing
    rows, columns, values = (np.concatenate(one) for one in zip(*parts, strict=True))
    return rows, columns, values


def _labelled_parts(source: BlockSource, slice_index: int, known: Counts) -> Iterator[tuple[Counts, Counts, Counts]]:
    _, height, width = source.block_shape
    for box in boxes_of((1, *source.shape[1:]), (1, height, width)):
        place = (slice(slice_index, slice_index + 1), box[1], box[2])
        if source.is_empty(place):
            continue
        labels = np.asarray(source.read(place))[0]
        rows, columns = np.nonzero(np.isin(labels, known))
        if len(rows):
            yield rows + box[1].start, columns + box[2].start, labels[rows, columns]
