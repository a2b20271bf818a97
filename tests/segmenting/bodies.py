"""Small pictures with muscles that move from slice to slice, for tests of the tools that outline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SPACING_MM = (4.0, 1.0, 1.0)


@dataclass(frozen=True)
class Body:
    image: NDArray[np.float32]
    labels: NDArray[np.uint16]

    def keys_only(self, *keys: int) -> NDArray[np.uint16]:
        drawn = np.zeros_like(self.labels)
        drawn[list(keys)] = self.labels[list(keys)]
        return drawn


def make_body(n_slices: int = 9, shape: tuple[int, int] = (72, 88), *, sway: float = 14.0) -> Body:
    """Two grained muscles that sway sideways out of step with a straight line, in smooth fat."""
    rng = np.random.default_rng(5)
    grain = _smooth(rng.normal(size=(200, 200)))
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    images, labels = [], []
    for index in range(n_slices):
        shift = sway * np.sin(np.pi * index / (n_slices - 1))
        marks = np.zeros(shape, np.uint16)
        marks[((rows - 36) / 16) ** 2 + ((columns - 26 - shift) / 13) ** 2 < 1] = 1
        marks[((rows - 38) / 13) ** 2 + ((columns - 56 - shift) / 12) ** 2 < 1] = 7
        moved = grain[rows.astype(int)[:, 0]][:, np.clip(np.rint(columns[0] - shift).astype(int) + 60, 0, 199)]
        images.append(np.where(marks == 7, 120, np.where(marks == 1, 90, 220)) + 14 * moved + rng.normal(0, 2, shape))
        labels.append(marks)
    return Body(np.stack(images).astype(np.float32), np.stack(labels))


def dice(found: NDArray[np.generic], true: NDArray[np.generic], value: int) -> float:
    both = np.count_nonzero((found == value) & (true == value))
    return 2 * both / (np.count_nonzero(found == value) + np.count_nonzero(true == value))


def _smooth(noise: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.ndimage import gaussian_filter

    soft = gaussian_filter(noise, 1.5)
    return soft / soft.std()
