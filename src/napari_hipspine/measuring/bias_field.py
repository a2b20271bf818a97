"""Slow changes of signal across the picture, estimated coarsely and divided out while voxels are read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import BlockSource, Box, blocks_of
from ..domain.errors import PackageMissing
from ..domain.protocol import BiasCorrection, MeasurementProtocol
from ..domain.volume import Volume, WaterFat

_COARSE_PIXELS = 64
"""The field is estimated on at most so many rows and columns."""

_COARSE_SLICES = 24


def corrected(image: Volume | WaterFat, protocol: MeasurementProtocol) -> Volume | WaterFat:
    """The image with its bias field divided out where the protocol asks for it, else the image itself.

    Water and fat share one field, which leaves their fraction as it is; they are returned unchanged.

    References
    ----------
    Tustison NJ et al. N4ITK: improved N3 bias correction. IEEE Trans Med Imaging 2010;29:1310-1320.
    https://doi.org/10.1109/TMI.2010.2046908
    """
    if protocol.bias_correction is BiasCorrection.NONE or isinstance(image, WaterFat):
        return image
    field, steps = _estimate(image)
    voxels = _Corrected(image.blocks(), image.voxel_scale, field, steps)
    return replace(image, voxels=voxels, voxel_scale=(1.0, 0.0))


@dataclass(frozen=True)
class _Corrected:
    """Voxels divided by a coarse field that is interpolated for every box read.

    Parameters
    ----------
    source : BlockSource
        The stored voxels.
    scale : tuple of float
        From stored values to signal.
    field : ndarray of float64
        Logarithm of the field on a coarse grid.
    steps : tuple of int
        Voxels between the points of the coarse grid, per axis.
    """

    source: BlockSource
    scale: tuple[float, float]
    field: NDArray[np.float64]
    steps: tuple[int, int, int]

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)``."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Corrected voxels are single precision numbers."""
        return np.dtype(np.float32)

    @property
    def block_shape(self) -> tuple[int, int, int]:
        """Blocks of the stored voxels."""
        return self.source.block_shape

    def is_empty(self, box: Box) -> bool:
        """Whether the stored box is known to be empty."""
        return self.source.is_empty(box)

    def read(self, box: Box) -> NDArray[Any]:
        """Corrected voxels of one box."""
        from scipy.ndimage import map_coordinates

        signal = self.source.read(box).astype(np.float64) * self.scale[0] + self.scale[1]
        axes = [np.arange(s.start, s.stop) / step for s, step in zip(box, self.steps, strict=True)]
        at = np.stack(np.meshgrid(*axes, indexing="ij"))
        log_field = map_coordinates(self.field, at, order=1, mode="nearest")
        return np.asarray(signal / np.exp(log_field), dtype=np.float32)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        whole = self.read(tuple(slice(0, n) for n in self.shape))  # type: ignore[arg-type]
        return np.asarray(whole[key])


def _estimate(image: Volume) -> tuple[NDArray[np.float64], tuple[int, int, int]]:
    """Logarithm of the field at every n-th voxel, mean zero over the body, and the steps."""
    try:
        import SimpleITK as Sitk
    except ImportError as error:
        raise PackageMissing(
            "Expected SimpleITK for the N4 bias correction, found none.", hint="pip install SimpleITK"
        ) from error
    coarse, steps = _every_nth(image)
    picture = Sitk.GetImageFromArray(coarse.astype(np.float32))
    spacing = [step * mm for step, mm in zip(steps, image.grid.spacing_mm, strict=True)]
    picture.SetSpacing(spacing[::-1])
    # Logarithms are taken: background and values at or below zero stay out.
    body = Sitk.OtsuThreshold(picture, 0, 1) & Sitk.Cast(picture > 0, Sitk.sitkUInt8)
    n4 = Sitk.N4BiasFieldCorrectionImageFilter()
    n4.SetNumberOfThreads(1)
    n4.SetMaximumNumberOfIterations([40, 30, 20])
    n4.Execute(picture, body)
    field = Sitk.GetArrayFromImage(n4.GetLogBiasFieldAsImage(picture)).astype(np.float64)
    inside = Sitk.GetArrayFromImage(body).astype(bool)
    return field - (field[inside].mean() if inside.any() else 0.0), steps


def _every_nth(image: Volume) -> tuple[NDArray[np.float64], tuple[int, int, int]]:
    """Every n-th voxel as signal, read run by run so that the volume is never whole in memory."""
    source = blocks_of(image.voxels)
    limits = (_COARSE_SLICES, _COARSE_PIXELS, _COARSE_PIXELS)
    steps = tuple(max(1, -(-n // most)) for n, most in zip(source.shape, limits, strict=True))
    slices = []
    for z in range(0, source.shape[0], steps[0]):
        whole = source.read((slice(z, z + 1), slice(0, source.shape[1]), slice(0, source.shape[2])))[0]
        slices.append(np.nan_to_num(whole[:: steps[1], :: steps[2]].astype(np.float64)))
    slope, intercept = image.voxel_scale
    return np.stack(slices) * slope + intercept, (steps[0], steps[1], steps[2])
