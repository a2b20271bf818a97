"""Every choice that shapes a phantom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Region, Side, core_muscles
from ..domain.errors import InvalidChoice
from ..domain.volume import Contrast, FatPolarity


class PartialVolume(StrEnum):
    """How a pixel gets its content."""

    AVERAGED = "averaged"
    """Mean of a finer grid: pixels at borders hold several tissues, as in a scanner."""
    PURE = "pure"
    """Every pixel is one tissue only, so that its class is beyond doubt."""


@dataclass(frozen=True)
class Sampling:
    """Slices and pixels of a phantom series.

    Parameters
    ----------
    shape : tuple of int
        ``(n_slices, n_rows, n_columns)``.
    spacing_mm : tuple of float
        Distance between slices, rows and columns [mm]; rows and columns alike.
    lowest_slice_mm : float
        Height of the first slice over the reference level, along the slice normal [mm].
    front_mm : float
        Position of the first row, counted backwards from the reference point (negative: in front of it) [mm].
    reference_lps_mm : tuple of float
        Where the reference point lies in the patient: middle of the canal at mid L4, or midway between the femoral
        heads at the height of the trochanter's tip (LPS) [mm].
    tilt_deg : float
        Turn of the slices about the left-right axis [degrees].
    fine_steps : int
        Fine pixels per pixel along rows and columns; used with averaged partial volume.

    Raises
    ------
    InvalidChoice
        If sizes or spacings are not positive, or pixels are not square.
    """

    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    lowest_slice_mm: float
    front_mm: float
    reference_lps_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    tilt_deg: float = 0.0
    fine_steps: int = 3

    def __post_init__(self) -> None:
        if min(self.shape) < 1 or min(self.spacing_mm) <= 0 or self.fine_steps < 1:
            raise InvalidChoice(f"Expected positive sizes, found {self.shape} pixels of {self.spacing_mm} mm.")
        if self.spacing_mm[1] != self.spacing_mm[2]:
            raise InvalidChoice(f"Expected square pixels, found {self.spacing_mm[1:]} mm, in the phantom.")

    def heights_mm(self) -> NDArray[np.float64]:
        """Height of every slice over the reference level [mm]."""
        return self.lowest_slice_mm + np.arange(self.shape[0], dtype=np.float64) * self.spacing_mm[0]


@dataclass(frozen=True)
class PhantomSpec:
    """One series of one synthetic person.

    Parameters
    ----------
    seed : int
        Number from which the body, its fat and the noise follow.
    sampling : Sampling
        Slices and pixels.
    region : Region
        LUMBAR or HIP.
    contrast : Contrast
        T2, PD or T1; WATER for a pair of water and fat pictures.
    fat_polarity : FatPolarity
        BRIGHT, or DARK as on a fat-suppressed series.
    fat_fractions : mapping of (muscle id, Side) to float
        Share of each muscle that is fat, 0 to 0.9; muscles not named get 0.08.
    partial_volume : PartialVolume
        AVERAGED or PURE.
    coil_gradient : float
        Signal change from the middle of the body to its front and back, as a share (0.2 = 20 % brighter at the back).
    coil_ripple : float
        Strength of the smooth irregular part of the coil sensitivity, as a share.
    noise : float
        Standard deviation of the noise in each channel, as a share of the lean muscle signal.
    roi_scale : float
        Share of each muscle section that is labelled, from its middle outwards; 1 is the whole.
    asymmetry : float
        Strength of differences between left and right: 0 none, 1 as in life.
    wobble_mm : float
        Strength of the smooth random deformation of the body [mm].
    muscle_sizes : mapping of str to float
        Factor for the breadth of a muscle, both sides.
    lowest_mm : mapping of str to float
        Where a muscle ends below, instead of where the anatomy ends it [mm over the reference level].

    Raises
    ------
    InvalidChoice
        If a number is outside its range.
    """

    seed: int
    sampling: Sampling
    region: Region = Region.LUMBAR
    contrast: Contrast = Contrast.T2
    fat_polarity: FatPolarity = FatPolarity.BRIGHT
    fat_fractions: Mapping[tuple[str, Side], float] = field(default_factory=dict)
    partial_volume: PartialVolume = PartialVolume.AVERAGED
    coil_gradient: float = 0.2
    coil_ripple: float = 0.04
    noise: float = 0.04
    roi_scale: float = 1.0
    asymmetry: float = 1.0
    wobble_mm: float = 1.6
    muscle_sizes: Mapping[str, float] = field(default_factory=dict)
    lowest_mm: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if not low <= value <= high:
                raise InvalidChoice(f"Expected {name} between {low} and {high}, found {value}, in the phantom.")
        if self.contrast not in (Contrast.T2, Contrast.PD, Contrast.T1, Contrast.WATER):
            raise InvalidChoice(f"Expected contrast T2, PD, T1 or water, found {self.contrast}, in the phantom.")
        for (muscle, side), share in self.fat_fractions.items():
            if not 0 <= share <= 0.9:
                raise InvalidChoice(f"Expected a fat share of 0 to 0.9, found {share}, for {muscle} {side}.")
        if self.region not in (Region.LUMBAR, Region.HIP):
            raise InvalidChoice(f"Expected region lumbar or hip, found {self.region}, in the phantom.")
        for name in ("fat_fractions", "muscle_sizes", "lowest_mm"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def with_fat(self, share: float) -> PhantomSpec:
        """The same person with one fat share in all labelled muscles."""
        muscles = [muscle.id for muscle in core_muscles()] + ["iliacus"]
        return replace(self, fat_fractions={(muscle, side): share for muscle in muscles for side in Side})


_RANGES = (
    ("seed", 0, 2**32 - 1),
    ("coil_gradient", -0.9, 0.9),
    ("coil_ripple", 0.0, 0.5),
    ("noise", 0.0, 2.0),
    ("roi_scale", 0.01, 1.0),
    ("asymmetry", 0.0, 3.0),
    ("wobble_mm", 0.0, 6.0),
)
