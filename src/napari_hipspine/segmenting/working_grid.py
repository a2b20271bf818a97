"""A coarser sampling for whatever changes smoothly within a slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FINEST_MM = 1.05
"""Pixels are taken together while the larger ones stay below this [mm]."""


@dataclass(frozen=True)
class WorkingGrid:
    """Two samplings of one window of a slice: every pixel, and pixels of about a millimetre.

    Parameters
    ----------
    fine : tuple of int
        Rows and columns of the window.
    coarse : tuple of int
        Rows and columns of the coarse sampling; as fine, where the pixels are coarse enough.
    fine_mm : tuple of float
        Distance between rows and between columns of the window [mm].
    """

    fine: tuple[int, int]
    coarse: tuple[int, int]
    fine_mm: tuple[float, float]

    @classmethod
    def of(cls, shape: tuple[int, int], spacing_mm: tuple[float, float]) -> WorkingGrid:
        """The grid for a window with these pixels."""
        together = [max(int(_FINEST_MM / step), 1) for step in spacing_mm]
        coarse = [-(-n // step) for n, step in zip(shape, together, strict=True)]
        return cls(shape, (coarse[0], coarse[1]), spacing_mm)

    @property
    def spacing_mm(self) -> tuple[float, float]:
        """Distance between rows and between columns of the coarse sampling [mm]."""
        rows, columns = (
            step * n / max(few, 1) for step, n, few in zip(self.fine_mm, self.fine, self.coarse, strict=True)
        )
        return rows, columns

    def coarsened(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """A picture as means of the pixels taken together."""
        import cv2

        if self.coarse == self.fine:
            return picture
        return np.asarray(cv2.resize(picture, self.coarse[::-1], interpolation=cv2.INTER_AREA), dtype=np.float32)

    def refined(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """A coarse picture on every pixel, linear between the coarse ones."""
        import cv2

        if self.coarse == self.fine:
            return picture
        return np.asarray(cv2.resize(picture, self.fine[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.float32)

    def refined_flow(self, flow: NDArray[np.float32]) -> NDArray[np.float32]:
        """A flow counted in coarse pixels as one counted in pixels, on every pixel."""
        return flow if self.coarse == self.fine else self.refined(flow) * self._together

    def coarsened_flow(self, flow: NDArray[np.float32]) -> NDArray[np.float32]:
        """A flow counted in coarse pixels, on the coarse sampling."""
        return flow if self.coarse == self.fine else self.coarsened(flow) / self._together

    @property
    def _together(self) -> NDArray[np.float32]:
        """Pixels taken together along columns and rows, in the order of a flow."""
        return np.array([self.fine[1] / self.coarse[1], self.fine[0] / self.coarse[0]], dtype=np.float32)
