"""Specifications to start from: clinical series of both regions, and a small fast one for tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..domain.anatomy import Region
from ..domain.volume import Contrast
from .specification import PhantomSpec, Sampling

LUMBAR_SAMPLING = Sampling(shape=(24, 284, 432), spacing_mm=(4.0, 0.8, 0.8), lowest_slice_mm=-43.2, front_mm=-125.0)
"""Axial lumbar series as in clinical T2: L5 to the disc L2/L3."""

HIP_SAMPLING = Sampling(shape=(26, 246, 384), spacing_mm=(5.0, 1.0, 1.0), lowest_slice_mm=-46.5, front_mm=-122.0)
"""Axial hip series as in clinical PD: below the lesser trochanter to the iliac wing."""

SMALL_LUMBAR_SAMPLING = Sampling(shape=(8, 96, 96), spacing_mm=(4.0, 1.9, 1.9), lowest_slice_mm=-13.2, front_mm=-84.0)
"""Eight slices around L4 that hold all labelled lumbar muscles."""

SMALL_HIP_SAMPLING = Sampling(shape=(8, 96, 96), spacing_mm=(5.0, 3.4, 3.4), lowest_slice_mm=-16.5, front_mm=-140.0)
"""Eight slices around the tip of the trochanter that hold all labelled hip muscles."""


def lumbar_spec(seed: int, **changes: Any) -> PhantomSpec:
    """An axial lumbar T2 series; `changes` are fields of `PhantomSpec`."""
    return replace(PhantomSpec(seed, LUMBAR_SAMPLING, Region.LUMBAR, Contrast.T2), **changes)


def hip_spec(seed: int, **changes: Any) -> PhantomSpec:
    """An axial hip PD series; `changes` are fields of `PhantomSpec`."""
    spec = PhantomSpec(seed, HIP_SAMPLING, Region.HIP, Contrast.PD, coil_gradient=0.1, coil_ripple=0.03, noise=0.035)
    return replace(spec, **changes)


def small_spec(seed: int, region: Region = Region.LUMBAR, **changes: Any) -> PhantomSpec:
    """A series of 8 x 96 x 96 pixels that is made in a moment; `changes` are fields of `PhantomSpec`."""
    if region is Region.HIP:
        return hip_spec(seed, **{"sampling": SMALL_HIP_SAMPLING, **changes})
    return lumbar_spec(seed, **{"sampling": SMALL_LUMBAR_SAMPLING, **changes})
