"""How far a slice that was carried over is trusted, pixel by pixel, when several are mixed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .flows import Flow, SliceFlows, warped

_FROM_KEY_MM = 2.5
_FROM_NEIGHBOUR_MM = 3.0
_LEAST_MISMATCH = 1e-3
_STAY = 0.1
"""Trust in tissue that stays where it is, against tissue that moved as the flow says."""

_ASTRAY_FROM_KEY_MM = 2.0
_ASTRAY_FROM_NEIGHBOUR_MM = 0.7


class Trust:
    """Trust in slices as seen on one slice: where pictures fit, and where flows lead back to their start.

    Parameters
    ----------
    index : int
        The slice they are seen on.
    flows : SliceFlows
        Where tissue comes from.
    """

    def __init__(self, index: int, flows: SliceFlows) -> None:
        self._index, self._flows = index, flows
        self._here = flows.coarse_picture(index)

    def in_key(self, key: int, flow: Flow, astray_mm: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Trust in a key slice carried along its flow (on the coarser sampling), and in it unmoved."""
        return self._in(key, flow, astray_mm / np.float32(_ASTRAY_FROM_KEY_MM), _FROM_KEY_MM)

    def in_neighbour(self, other: int, flow: Flow, flow_back: Flow) -> tuple[NDArray[np.float32], ...]:
        """Trust in the slice beside carried along its flow, and in it unmoved."""
        astray = self._flows.astray_mm(flow, flow_back) / np.float32(_ASTRAY_FROM_NEIGHBOUR_MM)
        return self._in(other, flow, astray, _FROM_NEIGHBOUR_MM)

    def _in(
        self, other: int, flow: Flow, astray: NDArray[np.float32], width_mm: float
    ) -> tuple[NDArray[np.float32], ...]:
        grid, there = self._flows.grid, self._flows.coarse_picture(other)
        moved = self._likeness(warped(there, flow), width_mm) / (1 + astray * astray)
        return grid.refined(moved), grid.refined(np.float32(_STAY) * self._likeness(there, width_mm))

    def _likeness(self, there: NDArray[np.float32], width_mm: float) -> NDArray[np.float32]:
        """How well a picture fits around every pixel; large where it does."""
        import cv2

        rows, columns = (width_mm / step for step in self._flows.grid.spacing_mm)
        apart = cv2.GaussianBlur(np.abs(self._here - there), (0, 0), sigmaX=columns, sigmaY=rows)
        return np.asarray(1 / (apart * apart + np.float32(_LEAST_MISMATCH)), dtype=np.float32)


def shares(trusts: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Trusts as shares that add up to 1 in every pixel."""
    whole = sum(trusts, start=np.zeros_like(trusts[0]))
    return [trust / whole for trust in trusts]
