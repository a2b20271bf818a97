"""Slices brought to one range of grey, with the coil's brightness taken out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import VoxelArray
from .distances import PlaneBox
from .flow_store import FlowKey, FlowKind, FlowStore

_COIL_MM = 18.0
_NOISE_MM = 0.6
_LIFT = 0.05
_SAMPLED_SLICES = 12
_SHRINK = 4


@dataclass
class FlatImage:
    """Slices of one image as 32-bit floats from 0 to 1, read one by one.

    Parameters
    ----------
    image : VoxelArray
        Shape ``(n_slices, n_rows, n_columns)``, any real type; sliced lazily.
    box : tuple of slice
        Window that is read.
    spacing_mm : tuple of float
        Distance between rows and between columns [mm].
    store : FlowStore
        Keeps the range of grey.
    """

    image: VoxelArray
    box: PlaneBox
    spacing_mm: tuple[float, float]
    store: FlowStore
    _slices: dict[int, NDArray[np.float32]] = field(default_factory=dict)

    def slice(self, index: int) -> NDArray[np.float32]:
        """One flattened slice of the window."""
        if index not in self._slices:
            lift, low, high = self._scale()
            flat = (self._detail(self._read(index), lift) - low) / (high - low)
            self._slices[index] = np.clip(flat, 0, 1).astype(np.float32)
        return self._slices[index]

    def forget_but(self, *indices: int) -> None:
        """Let go of all slices but those named."""
        self._slices = {i: kept for i, kept in self._slices.items() if i in indices}

    def _read(self, index: int) -> NDArray[np.float32]:
        raw = np.asarray(self.image[(index, *self.box)], dtype=np.float32)
        raw = np.nan_to_num(raw, nan=0.0, posinf=0.0, neginf=0.0)
        return raw - min(float(raw.min()), 0.0)

    def _scale(self) -> tuple[float, float, float]:
        """Lift of the logarithm, and the range of grey over slices spread through the volume."""
        key = FlowKey(FlowKind.SCALE, 0, 0)
        found = self.store.find(key)
        if found is None:
            n_slices = self.image.shape[0]
            spread = np.unique(np.linspace(0, n_slices - 1, min(n_slices, _SAMPLED_SLICES)).round().astype(int))
            slices = [self._read(int(index)) for index in spread]
            lift = _LIFT * float(np.mean([one.mean() for one in slices])) or 1.0
            details = np.stack([self._detail(one, lift)[::2, ::2] for one in slices])
            low, high = np.percentile(details, (1, 99))
            found = np.array([lift, low, high if high > low else low + 1.0])
            self.store.keep(key, found)
        return float(found[0]), float(found[1]), float(found[2])

    def _detail(self, raw: NDArray[np.float32], lift: float) -> NDArray[Any]:
        """Logarithm of the signal without its slow changes and the finest noise."""
        import cv2

        bright = np.log(raw + np.float32(lift))
        shape = (bright.shape[1], bright.shape[0])
        small = cv2.resize(bright, tuple(max(n // _SHRINK, 1) for n in shape), interpolation=cv2.INTER_AREA)
        slow = cv2.resize(_blurred(small, [_COIL_MM / _SHRINK / step for step in self.spacing_mm]), shape)
        return _blurred(bright - slow, [_NOISE_MM / step for step in self.spacing_mm])


def _blurred(image: NDArray[Any], sigmas: list[float]) -> NDArray[Any]:
    """Gaussian smoothing; widths in pixels, rows first."""
    import cv2

    return cv2.GaussianBlur(image, (0, 0), sigmaX=sigmas[1], sigmaY=sigmas[0], borderType=cv2.BORDER_REPLICATE)
