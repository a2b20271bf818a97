"""Which voxels between muscles are fat: one cut for the whole series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.errors import InvalidChoice
from ..domain.protocol import FatMethod, MeasurementProtocol
from ..domain.volume import FatPolarity, Volume, WaterFat
from .choices import fraction_unit, kind_of
from .dixon import valid_fractions
from .fat_threshold import NOT_KNOWN, FatThresholds
from .readout import ImageKind
from .slice_sums import SliceSums
from .surroundings import Mask
from .valid_range import in_range

ONE_CUT = (FatMethod.FAT_REFERENCE, FatMethod.POOLED, FatMethod.OTSU_POOLED, FatMethod.MANUAL, FatMethod.DIXON)


@dataclass(frozen=True)
class FatCut:
    """How a voxel between muscles is called fat.

    Parameters
    ----------
    kind : ImageKind
        What is measured.
    threshold : float
        Fat fraction from which on, or signal beyond which, a voxel is fat; not a number when there is none.
    method : str
        How it was found.
    scales : tuple of (float, float)
        Slope and intercept of each image.
    valid : tuple of (float or None)
        Valid range of the signal, as in the protocol.
    per_unit : float
        What the values of a fat-fraction map are divided by.
    reason : str
        Why there is no threshold.
    """

    kind: ImageKind
    threshold: float
    method: str
    scales: tuple[tuple[float, float], ...]
    valid: tuple[float | None, float | None]
    per_unit: float = 1.0
    reason: str = ""

    def tell(self, *stored: NDArray[Any]) -> tuple[Mask, Mask]:
        """Which voxels are valid, and which of them are fat; stored values of the image, or of water and of fat."""
        signals = [
            np.asarray(one, dtype=np.float64) * slope + intercept
            for one, (slope, intercept) in zip(stored, self.scales, strict=True)
        ]
        low, high = self.valid
        if self.kind is ImageKind.PAIR:
            fraction, valid = valid_fractions(signals[0], signals[1], valid_low=low, valid_high=high)
            return valid, valid & (fraction >= self.threshold)
        valid = np.isfinite(signals[0]) & in_range(signals[0], low, high)
        if self.kind is ImageKind.FRACTION:
            return valid, valid & (signals[0] / self.per_unit >= self.threshold)
        return valid, valid & (signals[0] > self.threshold)


def check_one_cut(image: Volume | WaterFat, protocol: MeasurementProtocol) -> None:
    """Refuse settings under which fat between muscles cannot be told.

    Raises
    ------
    InvalidChoice
        If every muscle would have a threshold of its own, fat is dark, or muscles would be eroded.
    """
    if protocol.fat_method not in ONE_CUT:
        raise InvalidChoice(
            f"Expected a fat method with one cut for the whole series, found {protocol.fat_method.value}, which finds "
            "one in every muscle.",
            hint=f"Choose one of {', '.join(one.value for one in ONE_CUT)}.",
        )
    if isinstance(image, Volume) and kind_of(image) is ImageKind.SIGNAL and image.fat_polarity is FatPolarity.DARK:
        raise InvalidChoice(
            f"Expected fat brighter than muscle, found dark fat, in {image.source.path or 'the image'}: air, compact "
            "bone and fat cannot be told apart there.",
            hint="Use water and fat, or a series with bright fat.",
        )
    if protocol.erosion_mm:
        raise InvalidChoice(
            f"Expected no erosion for volumes of muscle and of fat between muscles, found {protocol.erosion_mm:g} mm.",
            hint="Leave it at 0; it is meant for fat fractions.",
        )


def find_fat_cut(
    image: Volume | WaterFat, sums: SliceSums, thresholds: FatThresholds, protocol: MeasurementProtocol
) -> FatCut:
    """The cut of a series.

    Water and fat, or a fat-fraction map: the cut of the protocol. ``fat-reference``: midway between the lean peak of
    all muscles and the fat beside them. Otherwise the threshold that all muscles share.
    """
    kind = kind_of(image)
    volumes = (image.water, image.fat) if isinstance(image, WaterFat) else (image,)
    threshold, method, reason = _threshold(thresholds, protocol)
    return FatCut(
        kind=kind,
        threshold=threshold,
        method=method,
        scales=tuple(volume.voxel_scale for volume in volumes),
        valid=(protocol.valid_low, protocol.valid_high),
        per_unit=fraction_unit(sums) if kind is ImageKind.FRACTION else 1.0,
        reason="two_echo_ambiguous" if isinstance(image, WaterFat) and _is_two_echo(image) else reason,
    )


def _threshold(thresholds: FatThresholds, protocol: MeasurementProtocol) -> tuple[float, str, str]:
    region = thresholds.fat_region
    if protocol.fat_method is FatMethod.FAT_REFERENCE and region is not None and region.is_found:
        return (thresholds.lean_peak + region.signal) / 2, FatMethod.FAT_REFERENCE.value, ""
    one = next(iter(thresholds.muscles.values()), None)
    if one is None:
        return NOT_KNOWN, protocol.fat_method.value, "no_valid_voxels"
    return one.threshold, one.method, one.reason


def _is_two_echo(pair: WaterFat) -> bool:
    """Whether fat fractions above one half cannot be seen, so that no voxel could ever be called fat."""
    return "two_echo_ambiguous" in pair.all_flags
