"""What is exactly known of every labelled muscle in every slice."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Structure
from .fields import Array


@dataclass(frozen=True)
class SliceTruth:
    """Truth of one muscle in one slice.

    Parameters
    ----------
    slice_index : int
        Slice.
    structure : Structure
        Muscle and side.
    n_pixels : int
        Labelled pixels.
    csa_mm2 : float
        Labelled pixels times pixel area [mm2].
    csa_drawn_mm2 : float
        Area as drawn on the fine grid, before pixels were made of it; the whole muscle, whatever `roi_scale` [mm2].
    fat_area_fraction : float
        Share of the drawn muscle that is fat; the whole muscle, whatever `roi_scale`.
    fat_pixel_fraction : float
        Share of the labelled pixels whose content is at least half fat: what an ideal threshold finds.
    mean_fat_content : float
        Mean fat content of the labelled pixels: what an ideal fat-fraction map finds.
    """

    slice_index: int
    structure: Structure
    n_pixels: int
    csa_mm2: float
    csa_drawn_mm2: float
    fat_area_fraction: float
    fat_pixel_fraction: float
    mean_fat_content: float

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Names of the columns of the table of truths."""
        names = [f.name for f in fields(cls)]
        return ("slice_index", "muscle", "side", *(name for name in names[2:]))

    def row(self) -> tuple[int | float | str, ...]:
        """Values in the order of `columns`."""
        numbers = [getattr(self, f.name) for f in fields(self)[2:]]
        return (self.slice_index, self.structure.muscle.id, self.structure.side.value, *numbers)


def majority_labels(numbers: NDArray[np.int16], fine_steps: int, values: dict[int, int]) -> NDArray[np.uint16]:
    """Label of every pixel: the muscle that holds at least half of it, else 0; ties go to the lower number.

    Parameters
    ----------
    numbers : array
        Muscle numbers on the fine grid.
    fine_steps : int
        Fine pixels per pixel along each axis.
    values : dict
        Label value of each muscle number that is labelled.
    """
    shape = (numbers.shape[0] // fine_steps, numbers.shape[1] // fine_steps)
    labels = np.zeros(shape, np.uint16)
    needed = fine_steps * fine_steps / 2
    for number in sorted(values, reverse=True):
        rows, columns = np.nonzero(numbers == number)
        if rows.size == 0:
            continue
        place = rows // fine_steps * shape[1] + columns // fine_steps
        held = np.bincount(place, minlength=labels.size).reshape(shape)
        labels[held >= needed] = values[number]
    return labels


def keep_inner_share(labels: NDArray[np.uint16], share: float) -> NDArray[np.uint16]:
    """Labels of one slice reduced to the deepest share of every muscle section."""
    from scipy.ndimage import distance_transform_edt

    kept = np.zeros_like(labels)
    for value in np.unique(labels[labels > 0]):
        mask = labels == value
        depth = distance_transform_edt(mask)[mask]
        n_kept = max(1, round(share * depth.size))
        chosen = np.argsort(-depth, kind="stable")[:n_kept]
        rows, columns = np.nonzero(mask)
        kept[rows[chosen], columns[chosen]] = value
    return kept


def share_of(values: Array) -> float:
    """Mean, as a Python number."""
    return float(values.mean()) if values.size else float("nan")
