"""What a fill between key slices gives: labels, how far both outlines agree, and what the reader should know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class FillMethod(StrEnum):
    """What the outlines between key slices rest on."""

    IMAGE_GUIDED = "image_guided"
    """The picture was followed from slice to slice."""
    SHAPE_ONLY = "shape_only"
    """Only the shapes of the outlines were used."""


@dataclass(frozen=True, eq=False)
class Filled:
    """Labels with the gaps filled in.

    Parameters
    ----------
    labels : ndarray of uint16, shape (n_slices, n_rows, n_columns)
        All muscles; key slices are exactly as drawn.
    disagreement_mm : ndarray of float32, same shape
        How far apart the two key slices see the nearest border [mm]; a muscle whose end is a guess counts with its
        whole depth; 0 on key slices and where nothing was filled. Look there first.
    filled_slices : tuple of int
        Slices that were filled.
    method : FillMethod
        What the fill rests on.
    notes : tuple of str
        What the reader should know, in words.
    """

    labels: NDArray[np.uint16]
    disagreement_mm: NDArray[np.float32]
    filled_slices: tuple[int, ...]
    method: FillMethod
    notes: tuple[str, ...]

    def slices_to_look_at(self) -> tuple[int, ...]:
        """Filled slices, the one with the largest mean disagreement over its labels first."""
        worst = []
        for index in self.filled_slices:
            inside = self.labels[index] > 0
            worst.append(float(self.disagreement_mm[index][inside].mean()) if inside.any() else 0.0)
        order = np.argsort(-np.array(worst), kind="stable")
        return tuple(self.filled_slices[i] for i in order)


@dataclass(frozen=True, eq=False)
class FilledGaps:
    """The slices that were filled, and no others: of a large volume only these are held.

    Parameters
    ----------
    labels : mapping of int to ndarray of uint16, shape (n_rows, n_columns)
        All muscles, by slice.
    disagreement_mm : mapping of int to ndarray of float32, same shape
        How far apart the two key slices see the nearest border [mm], by slice.
    method : FillMethod
        What the fill rests on.
    notes : tuple of str
        What the reader should know, in words.
    """

    labels: Mapping[int, NDArray[np.uint16]]
    disagreement_mm: Mapping[int, NDArray[np.float32]]
    method: FillMethod
    notes: tuple[str, ...]

    @property
    def filled_slices(self) -> tuple[int, ...]:
        """Slices that were filled, ascending."""
        return tuple(sorted(self.labels))
