"""Two echoes, water and fat in phase and against each other, combined lazily into water and fat."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import BlockSource, Box
from ..domain.errors import GridMismatch
from ..domain.index_map import basic_box
from ..domain.volume import Contrast, FatPolarity, Volume, WaterFat

_SHIFT_PPM = 3.4
"""Distance of the main fat peak from water [ppm]."""

_MHZ_PER_TESLA = 42.577
"""Proton frequency [MHz/T]."""

_PHASE_TOLERANCE = 0.2
"""How far an echo may lie from a whole or half fat-water period and still be called in or out of phase [periods]."""


class Share(Enum):
    """Which of the two an echo pair is combined into."""

    WATER = 1
    FAT = -1


@dataclass(frozen=True)
class EchoCombination:
    """Half the sum (water) or half the difference (fat) of two magnitude echoes, computed where it is looked at.

    Parameters
    ----------
    in_phase, out_of_phase : BlockSource
        Stored voxels of both echoes, one shape.
    in_scale, out_scale : tuple of float
        Slope and intercept of both.
    share : Share
        Water or fat.
    """

    in_phase: BlockSource
    out_of_phase: BlockSource
    in_scale: tuple[float, float]
    out_scale: tuple[float, float]
    share: Share

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)``."""
        return self.in_phase.shape

    @property
    def ndim(self) -> int:
        """Always 3."""
        return 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 where that is exact (unscaled integers up to 16 bit), else float64."""
        stored = (self.in_phase.dtype, self.out_of_phase.dtype)
        is_small = all(kind.kind in "iu" and kind.itemsize <= 2 for kind in stored)
        is_plain = self.in_scale == self.out_scale == (1.0, 0.0)
        return np.dtype(np.float32 if is_small and is_plain else np.float64)

    @property
    def block_shape(self) -> tuple[int, int, int]:
        """Blocks of the in-phase echo."""
        return self.in_phase.block_shape

    def is_empty(self, box: Box) -> bool:
        """Whether both echoes are known to hold only zeros and no intercept."""
        has_intercept = bool(self.in_scale[1] or self.out_scale[1])
        return not has_intercept and self.in_phase.is_empty(box) and self.out_of_phase.is_empty(box)

    def read(self, box: Box) -> NDArray[Any]:
        """Voxels of one box."""
        in_phase = _signal(self.in_phase.read(box), self.in_scale, self.dtype)
        out_of_phase = _signal(self.out_of_phase.read(box), self.out_scale, self.dtype)
        half = self.dtype.type(0.5)
        return np.asarray((in_phase + out_of_phase if self.share is Share.WATER else in_phase - out_of_phase) * half)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Voxels by numpy's basic indexing (integers, slices, ellipsis)."""
        box, picked = basic_box(key, self.shape)
        return np.asarray(self.read(box)[picked])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - numpy calls it so
        return np.asarray(self[...], dtype=dtype)


def echo_pair(volumes: Iterable[Volume]) -> tuple[Volume, Volume] | None:
    """In-phase and opposed-phase volume, if exactly one of each is there; None otherwise.

    Image Type decides where the scanner marks it. Otherwise echo time and field strength decide for gradient echoes:
    fat and water turn against each other once in ``1 / (3.4 ppm x 42.577 MHz/T x B0)``.

    Parameters
    ----------
    volumes : iterable of Volume
        Volumes of one place; the two echoes must belong to one series.

    References
    ----------
    Dixon WT. Simple proton spectroscopic imaging. Radiology 1984. doi:10.1148/radiology.153.1.6089263
    """
    candidates = tuple(volumes)
    for phase_of in (_marked_phase, _timed_phase):
        pair = only_one_each(candidates, phase_of, Contrast.IN_PHASE, Contrast.OUT_OF_PHASE)
        if pair is not None:
            return pair if pair[0].source.series == pair[1].source.series else None
    return None


def water_fat_from_echoes(in_phase: Volume, out_of_phase: Volume) -> WaterFat:
    """Water = (IP + OP) / 2 and fat = (IP - OP) / 2 of two magnitude echoes, computed lazily.

    Magnitudes cannot tell a voxel that is mostly fat from one that is mostly water, so the pair is flagged
    ``two_echo_ambiguous``. Negative fat stays as it is.

    Parameters
    ----------
    in_phase, out_of_phase : Volume
        Echoes on one grid.

    Raises
    ------
    GridMismatch
        If the two echoes lie on different grids.

    References
    ----------
    Dixon WT. Simple proton spectroscopic imaging. Radiology 1984. doi:10.1148/radiology.153.1.6089263
    """
    if not in_phase.grid.same_as(out_of_phase.grid):
        raise GridMismatch(
            f"Expected both echoes on one grid, found {in_phase.grid.difference_from(out_of_phase.grid)}.",
            hint="These two are not echoes of one acquisition.",
        )
    water, fat = (
        EchoCombination(in_phase.blocks(), out_of_phase.blocks(), in_phase.voxel_scale, out_of_phase.voxel_scale, share)
        for share in (Share.WATER, Share.FAT)
    )
    source = replace(in_phase.source, header=_facts_of_both(in_phase, out_of_phase))
    flags = tuple(dict.fromkeys((*in_phase.flags, *out_of_phase.flags)))
    both = replace(in_phase, voxel_scale=(1.0, 0.0), resolution_steps=(), source=source, flags=flags)
    return WaterFat(
        as_water(replace(both, voxels=water)), as_fat(replace(both, voxels=fat)), flags=("two_echo_ambiguous",)
    )


def _signal(stored: NDArray[Any], scale: tuple[float, float], dtype: np.dtype[Any]) -> NDArray[Any]:
    signal = stored.astype(dtype)
    return signal if scale == (1.0, 0.0) else np.asarray(signal * scale[0] + scale[1])


def only_one_each(
    volumes: Iterable[Volume], kind_of: Callable[[Volume], Contrast | None], first: Contrast, second: Contrast
) -> tuple[Volume, Volume] | None:
    """The only volume of one kind and the only one of another; None where there are none or several."""
    kinds = [(kind_of(volume), volume) for volume in volumes]
    firsts = [volume for kind, volume in kinds if kind is first]
    seconds = [volume for kind, volume in kinds if kind is second]
    return (firsts[0], seconds[0]) if len(firsts) == len(seconds) == 1 else None


def _marked_phase(volume: Volume) -> Contrast:
    return volume.contrast


def _timed_phase(volume: Volume) -> Contrast | None:
    """In or out of phase by echo time, for gradient echoes with a stated field strength."""
    facts = volume.source.header
    sequence = facts.get("ScanningSequence", ())
    sequence = (sequence,) if isinstance(sequence, str) else sequence
    is_gradient_echo = "GR" in sequence or facts.get("EchoPulseSequence") == "GRADIENT"
    echo_ms, field_tesla = facts.get("EchoTime"), facts.get("MagneticFieldStrength")
    if not is_gradient_echo or not echo_ms or not field_tesla:
        return None
    turns = echo_ms * 1e-3 * _SHIFT_PPM * _MHZ_PER_TESLA * field_tesla
    from_whole = abs(turns - round(turns))
    if from_whole <= _PHASE_TOLERANCE and round(turns) > 0:
        return Contrast.IN_PHASE
    from_half = abs(turns - math.floor(turns) - 0.5)
    return Contrast.OUT_OF_PHASE if from_half <= _PHASE_TOLERANCE else None


def _facts_of_both(one: Volume, other: Volume) -> dict[str, Any]:
    """Facts on which both echoes agree, and both echo times."""
    mine, theirs = one.source.header, other.source.header
    facts = {name: value for name, value in mine.items() if theirs.get(name) == value}
    echoes = tuple(found["EchoTime"] for found in (mine, theirs) if "EchoTime" in found)
    return {**facts, "EchoTimes": echoes} if echoes else facts


def as_water(volume: Volume) -> Volume:
    """The same voxels, declared to be water."""
    return replace(volume, contrast=Contrast.WATER, fat_polarity=FatPolarity.DARK)


def as_fat(volume: Volume) -> Volume:
    """The same voxels, declared to be fat."""
    return replace(volume, contrast=Contrast.FAT, fat_polarity=FatPolarity.BRIGHT)
