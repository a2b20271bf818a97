"""Vertebrae, discs and femora of a phantom as labels, with the heights at which they truly lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Region, Side
from ..domain.grid import Grid
from .body import VERTEBRA_SPACING_MM, Body
from .canvas import Canvas
from .outlines import outlines_of, parts_of
from .region import make_grid
from .specification import PhantomSpec
from .truth import majority_labels

VERTEBRA_VALUES = MappingProxyType({2: 42, 1: 43, 0: 44, -1: 45, -2: 50})
"""Label value by vertebra, counted upwards from L4, as TotalSpineSeg writes them; the last is the sacrum."""

DISC_VALUES = MappingProxyType({2: 93, 1: 94, 0: 95, -1: 100})
"""Label value of the disc below each of them."""

FEMUR_VALUES = MappingProxyType({Side.LEFT: 6171, Side.RIGHT: 6172})
"""Label value of each femur, as MuscleMap writes them."""

_VERTEBRA = "vertebra"
_DISC = "disc"
_FEMUR = "femur"
_ALONE = (_DISC, "superior_facet", "inferior_facet")
"""Pieces whose rims divide them from the rest."""

_FINE_STEP_MM = 0.5


@dataclass(frozen=True, eq=False)
class PhantomBones:
    """Labelled bone of a phantom.

    Parameters
    ----------
    labels : ndarray of uint16, shape (n_slices, n_rows, n_columns)
        Values as in `VERTEBRA_VALUES`, `DISC_VALUES` and `FEMUR_VALUES`.
    grid : Grid
        Where they lie.
    """

    labels: NDArray[np.uint16]
    grid: Grid


def make_bones(spec: PhantomSpec) -> PhantomBones:
    """Labels of the bones of a phantom on the voxels of its sampling.

    Parameters
    ----------
    spec : PhantomSpec
        The phantom; with another sampling its bones stay where they are in the patient.
    """
    sampling, body = spec.sampling, Body(spec)
    steps, (_, n_rows, n_columns) = sampling.fine_steps, sampling.shape
    fine_mm = sampling.spacing_mm[1] / steps
    rows = sampling.front_mm + (np.arange(n_rows * steps, dtype=np.float64) + 0.5) * fine_mm
    columns = (np.arange(n_columns * steps, dtype=np.float64) + 0.5 - n_columns * steps / 2) * fine_mm
    values = (*VERTEBRA_VALUES.values(), *DISC_VALUES.values(), *FEMUR_VALUES.values())
    labels = np.zeros(sampling.shape, np.uint16)
    for index, height_mm in enumerate(sampling.heights_mm()):
        canvas = Canvas(rows, columns)
        for value, curve in _bone_curves(body, spec.region, float(height_mm)):
            canvas.paint(curve, 0, muscle=value)
        labels[index] = majority_labels(canvas.muscle, steps, {value: value for value in values})
    return PhantomBones(labels, make_grid(sampling))


def end_plate_heights(spec: PhantomSpec, above_l4: int) -> tuple[float, float]:
    """True heights of the lower and the upper end plate of a vertebra over the reference level [mm].

    Parameters
    ----------
    spec : PhantomSpec
        A lumbar phantom.
    above_l4 : int
        Vertebra counted upwards from L4.
    """
    outline = outlines_of(spec.region)[_VERTEBRA]
    middle = VERTEBRA_SPACING_MM * above_l4
    return middle + outline.lowest_mm, middle + outline.highest_mm


def most_lateral_height(spec: PhantomSpec, side: Side, *, within_mm: float) -> tuple[float, float]:
    """True lowest and highest height at which a femur reaches to its side as far as it does anywhere, but for a little.

    Parameters
    ----------
    spec : PhantomSpec
        A hip phantom.
    side : Side
        Which femur.
    within_mm : float
        How much less far still counts [mm].
    """
    body, sign = Body(spec), 1.0 if side is Side.LEFT else -1.0
    lowest, *_, highest = spec.sampling.heights_mm().tolist()
    heights = np.arange(lowest, highest, _FINE_STEP_MM)
    lateral = np.full(heights.size, -np.inf)
    for index, height_mm in enumerate(heights):
        for value, curve in _bone_curves(body, spec.region, float(height_mm)):
            if value == FEMUR_VALUES[side]:
                lateral[index] = max(lateral[index], float((sign * curve[:, 0]).max()))
    reached = heights[lateral >= lateral.max() - within_mm]
    return float(reached[0]), float(reached[-1])


def _bone_curves(body: Body, region: Region, height_mm: float) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Label value and closed curve of every piece of bone and disc at one height; discs first."""
    bones = [part for part in parts_of(region) if part.name in _ALONE or part.fused in (_VERTEBRA, _FEMUR)]
    for part, side, origin, curve in body.curves_of(bones, height_mm):
        above = round(origin / VERTEBRA_SPACING_MM)
        if part.fused == _FEMUR and side is not None:
            yield FEMUR_VALUES[side], curve
        elif part.name != _DISC:
            yield VERTEBRA_VALUES[above], curve
        elif above in DISC_VALUES:
            yield DISC_VALUES[above], curve
