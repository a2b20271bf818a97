"""Synthetic subjects whose areas and fat are exactly known."""

from __future__ import annotations

from .ready_made import hip_spec, lumbar_spec, small_spec
from .region import PhantomRegion, make_region
from .specification import PartialVolume, PhantomSpec, Sampling
from .subjects import PhantomSubject, make_sample_subject, make_subject, sample_ids, sample_specs
from .truth import SliceTruth

__all__ = [
    "PartialVolume",
    "PhantomRegion",
    "PhantomSpec",
    "PhantomSubject",
    "Sampling",
    "SliceTruth",
    "hip_spec",
    "lumbar_spec",
    "make_region",
    "make_sample_subject",
    "make_subject",
    "sample_ids",
    "sample_specs",
    "small_spec",
]
