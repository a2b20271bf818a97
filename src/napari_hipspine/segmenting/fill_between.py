"""Muscles outlined on a few slices, filled in on the slices between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import VoxelArray
from ..domain.errors import InvalidChoice
from ..domain.subject import Progress, stay_silent
from .distances import PlaneBox
from .fill_guided import fill_by_picture
from .fill_plan import Extents, FillPlan, KeySlices, Stretch, as_labels, plan_fill
from .fill_shapes import FilledSlice, fill_by_shape
from .filled import Filled, FilledGaps, FillMethod
from .flat_image import FlatImage
from .flow_store import FlowMemory, FlowStore
from .flows import SliceFlows, opencv_is_there, working_window


def fill_between(
    image: VoxelArray | None,
    drawn: VoxelArray,
    *,
    key_slices: KeySlices,
    spacing_mm: tuple[float, float, float],
    extents: Extents | None = None,
    locked: Sequence[int] = (),
    flows: FlowStore | None = None,
    slabs: Sequence[int] | None = None,
    wanted: tuple[int, int] | None = None,
    progress: Progress = stay_silent,
) -> Filled:
    """All muscles on the slices between key slices, from their outlines there and the picture.

    What occurs on a key slice is filled, except locked values. On the slices between, earlier labels of the same values
    give way to new ones; everything else stays and is never painted over. Nothing is filled beyond the outermost key
    slices, unless an extent says that a muscle reaches further.

    Parameters
    ----------
    image : VoxelArray or None
        The picture, shape ``(n_slices, n_rows, n_columns)``, integers or floats; only the window around the labels
        and the slices at work are read. None fills by shape alone.
    drawn : VoxelArray
        Labels, same shape; 0 is background.
    key_slices : sequence of int, or mapping of int to sequence of int
        Slices on which everything was outlined: a muscle missing there has ended. Or, per label value, the slices on
        which that muscle was outlined.
    spacing_mm : tuple of float
        Distance between slices, rows and columns [mm].
    extents : mapping of int to (int, int), optional
        First and last slice on which a label value occurs. Without it a muscle that one of two neighbouring key slices
        does not show is taken to end half-way between them.
    locked : sequence of int
        Label values that are not filled and not painted over.
    flows : FlowStore, optional
        Keeps what depends on the picture alone; with the store of an earlier call on the same image an edit costs a
        fraction of the time.
    slabs : sequence of int, optional
        One number per slice; where it changes, a slab of another angulation begins, and nothing is filled across.
    wanted : tuple of int, optional
        First and last slice wanted; only stretches between key slices that touch them are filled.
    progress : Progress
        Told how far the work has come; may cancel it.

    Raises
    ------
    InvalidChoice
        If shapes differ, spacings are not positive, indices lie outside the volume, the key slices hold no outlines, or
        an extent contradicts an outline.
    """
    gaps = fill_gaps(
        image,
        drawn,
        key_slices=key_slices,
        spacing_mm=spacing_mm,
        extents=extents,
        locked=locked,
        flows=flows,
        slabs=slabs,
        wanted=wanted,
        progress=progress,
    )
    every = range(drawn.shape[0])
    labels = np.stack([gaps.labels[i] if i in gaps.labels else as_labels(drawn[i], i) for i in every])
    apart = np.zeros(labels.shape, dtype=np.float32)
    for index, plane in gaps.disagreement_mm.items():
        apart[index] = plane
    return Filled(labels, apart, gaps.filled_slices, gaps.method, gaps.notes)


def fill_gaps(
    image: VoxelArray | None,
    drawn: VoxelArray,
    *,
    key_slices: KeySlices,
    spacing_mm: tuple[float, float, float],
    extents: Extents | None = None,
    locked: Sequence[int] = (),
    flows: FlowStore | None = None,
    slabs: Sequence[int] | None = None,
    wanted: tuple[int, int] | None = None,
    progress: Progress = stay_silent,
) -> FilledGaps:
    """The slices between key slices alone; parameters, and what is raised, as of `fill_between`.

    Of the labels only the key slices and the slices filled are read; of the picture only the window around the labels,
    on the slices at work and on a few spread through the volume, which tell the range of grey.
    """
    spacing = _checked(image, drawn, spacing_mm)
    plan = plan_fill(drawn, key_slices, extents=extents, locked=locked, slabs=slabs, wanted=wanted)
    store = FlowMemory() if flows is None else flows
    box = _window(plan, spacing, store)
    method, why = _method(image)
    labels: dict[int, NDArray[np.uint16]] = {}
    apart: dict[int, NDArray[np.float32]] = {}
    best: dict[int, tuple[NDArray[np.float32], NDArray[np.uint16]]] = {}
    guide = _guide(image, box, spacing, store) if method is FillMethod.IMAGE_GUIDED else None
    for done, stretch in enumerate(plan.stretches):
        progress(done, len(plan.stretches), "filling")
        for index in stretch.slices:
            if index not in labels:
                labels[index] = as_labels(drawn[index], index).copy()
                apart[index] = np.zeros(labels[index].shape, dtype=np.float32)
            # Earlier fills give way.
            labels[index][np.isin(labels[index], stretch.values)] = 0
        for filled in _fill(stretch, plan, box, spacing_mm, guide):
            _compete(best, filled)
            part = apart[filled.index][box]
            np.maximum(part, filled.disagreement_mm, out=part)
        if guide is not None:
            guide.pictures.forget_but(*(() if stretch.after is None else (stretch.after,)))
    for index, (_, winner) in best.items():
        free = labels[index][box]
        free[free == 0] = winner[free == 0]
    progress(len(plan.stretches), len(plan.stretches), "filling")
    return FilledGaps(labels, apart, method, (*why, *plan.notes))


def touching_slices(key_slices: Sequence[int], edited: int) -> tuple[int, int]:
    """First and last slice that an edited key slice has a say in: from the key before it to the key after it."""
    before = [key for key in key_slices if key < edited]
    after = [key for key in key_slices if key > edited]
    return max(before, default=edited), min(after, default=edited)


def _checked(
    image: VoxelArray | None, drawn: VoxelArray, spacing_mm: tuple[float, float, float]
) -> tuple[float, float]:
    if len(tuple(drawn.shape)) != 3 or (image is not None and tuple(image.shape) != tuple(drawn.shape)):
        found = "no image" if image is None else f"an image of shape {tuple(image.shape)}"
        raise InvalidChoice(
            f"Expected image and labels of one shape (slices, rows, columns), found {found} and labels of shape "
            f"{tuple(drawn.shape)}."
        )
    if np.shape(spacing_mm) != (3,) or not all(np.isfinite(step) and step > 0 for step in spacing_mm):
        raise InvalidChoice(f"Expected three positive spacings in millimetres, found {spacing_mm}.")
    return float(spacing_mm[1]), float(spacing_mm[2])


def _method(image: VoxelArray | None) -> tuple[FillMethod, tuple[str, ...]]:
    if image is None:
        return FillMethod.SHAPE_ONLY, ("filled by shape alone: there is no picture",)
    if not opencv_is_there():
        return FillMethod.SHAPE_ONLY, (
            "filled by shape alone: following the picture needs the package opencv-python-headless",
        )
    return FillMethod.IMAGE_GUIDED, ()


def _window(plan: FillPlan, spacing: tuple[float, float], store: FlowStore) -> PlaneBox:
    """Window around everything that is filled, as the store has it."""
    anything = np.any([np.isin(outline, plan.values) for outline in plan.outlines.values()], axis=0)
    if not anything.any():
        return slice(0, 0), slice(0, 0)
    return working_window(anything, spacing, store)


def _guide(
    image: VoxelArray | None, box: PlaneBox, spacing: tuple[float, float], store: FlowStore
) -> SliceFlows | None:
    return None if image is None else SliceFlows(FlatImage(image, box, spacing, store), store)


def _fill(
    stretch: Stretch, plan: FillPlan, box: PlaneBox, spacing_mm: tuple[float, float, float], guide: SliceFlows | None
) -> Iterator[FilledSlice]:
    if guide is None:
        return fill_by_shape(stretch, plan.outlines, box, spacing_mm=(spacing_mm[1], spacing_mm[2]))
    return fill_by_picture(stretch, plan.outlines, box, guide, slice_mm=spacing_mm[0])


def _compete(best: dict[int, tuple[NDArray[np.float32], NDArray[np.uint16]]], filled: FilledSlice) -> None:
    """Give every pixel to the muscle it lies deepest in, among all that were filled on this slice."""
    deepest = filled.distances_mm.argmax(axis=0)
    depth = np.take_along_axis(filled.distances_mm, deepest[np.newaxis], axis=0)[0]
    value = np.where(depth > 0, np.array(filled.values, dtype=np.uint16)[deepest], np.uint16(0))
    if filled.index in best:
        other_depth, other = best[filled.index]
        value = np.where(depth > other_depth, value, other)
        depth = np.maximum(depth, other_depth)
    best[filled.index] = (depth, value)
