"""How well outlines agree, on slices that nobody annotated: Dice, and distances between the outlines in the plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Agreement:
    """One muscle over all scored slices; distances [mm] are pooled over slices that both show."""

    dice: float
    hd95_mm: float
    msd_mm: float


def dice(found: Mask, true: Mask) -> float:
    whole = np.count_nonzero(found) + np.count_nonzero(true)
    return 2 * np.count_nonzero(found & true) / whole if whole else float("nan")


def agreement(found: NDArray[np.generic], true: NDArray[np.generic], spacing_mm, skipped: Sequence[int]):
    """Agreement of every muscle by label value; slices the user annotated are skipped."""
    kept = [index for index in range(len(true)) if index not in set(skipped)]
    values = [int(value) for value in np.unique(true[true > 0])]
    return {value: _of_muscle(found[kept] == value, true[kept] == value, spacing_mm[1:]) for value in values}


def mean_agreement(muscles) -> Agreement:
    rows = np.array([(one.dice, one.hd95_mm, one.msd_mm) for one in muscles.values()])
    return Agreement(*(float(mean) for mean in np.nanmean(rows, axis=0)))


def _of_muscle(found: Mask, true: Mask, plane_mm) -> Agreement:
    apart = [_between_outlines(a, b, plane_mm) for a, b in zip(found, true, strict=True) if a.any() and b.any()]
    pooled = np.concatenate(apart) if apart else np.array([np.nan])
    return Agreement(dice(found, true), float(np.percentile(pooled, 95)), float(pooled.mean()))


def _between_outlines(found: Mask, true: Mask, plane_mm) -> NDArray[np.float64]:
    where = np.argwhere(found | true)
    (top, left), (bottom, right) = where.min(axis=0), where.max(axis=0) + 1
    rims = []
    for mask in (found, true):
        part = np.pad(mask[top:bottom, left:right], 1)
        rims.append(part & ~binary_erosion(part))
    to_rim = [distance_transform_edt(~rim, sampling=plane_mm) for rim in rims]
    return np.concatenate([to_rim[1][rims[0]], to_rim[0][rims[1]]])
