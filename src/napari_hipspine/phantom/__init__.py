"""Synthetic subjects whose areas and fat are exactly known."""

from __future__ import annotations

from .ready_made import hip_spec, lumbar_spec, small_spec
from .region import PhantomRegion, make_region
from .specification import PartialVolume, PhantomSpec, Sampling
from .truth import SliceTruth

__all__ = [
    "PartialVolume",
    "PhantomRegion",
    "PhantomSpec",
    "Sampling",
    "SliceTruth",
    "hip_spec",
    "lumbar_spec",
    "make_region",
    "small_spec",
]
