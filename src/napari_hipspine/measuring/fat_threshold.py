"""The signal beyond which a pixel is called fat: one per muscle, found on all labelled slices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ..domain.anatomy import Term
from .fat_region import FatRegion

NOT_KNOWN = float("nan")


@dataclass(frozen=True)
class MuscleThreshold:
    """The threshold of one muscle, both sides together.

    Parameters
    ----------
    threshold : float
        Signal beyond which a pixel is fat; a fat fraction for water and fat; not a number when there is none.
    method : str
        The way it was really found, which may be another than the one asked for.
    lean, fat : float
        Signal of lean muscle and of fat it rests on; not a number where the method has none.
    flags : tuple of str
        Flags of the vocabulary for every row cut with it.
    reason : str
        Why there is no threshold.
    fingerprint : str
        Digest of the signals it was found on; another one later means the outlines have changed.
    """

    threshold: float
    method: str
    lean: float = NOT_KNOWN
    fat: float = NOT_KNOWN
    flags: tuple[str, ...] = ()
    reason: str = ""
    fingerprint: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; what is not known is None."""
        plain: dict[str, Any] = {
            name: None if value != value else value
            for name, value in (("threshold", self.threshold), ("lean", self.lean), ("fat", self.fat))
        }
        return plain | {
            "method": self.method,
            "flags": list(self.flags),
            "reason": self.reason,
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True)
class FatThresholds:
    """Thresholds of all muscles of one series.

    Parameters
    ----------
    muscles : mapping of str to MuscleThreshold
        By muscle id.
    fat_region : FatRegion, optional
        Macroscopic fat the thresholds rest on, or that was looked for in vain.
    lean_peak : float
        Most frequent lean signal of all muscles together.
    notes : tuple of str
        What was done, in words.
    """

    muscles: Mapping[str, MuscleThreshold] = field(default_factory=dict)
    fat_region: FatRegion | None = None
    lean_peak: float = NOT_KNOWN
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "muscles", MappingProxyType(dict(self.muscles)))

    def find(self, muscle: Term) -> MuscleThreshold:
        """The threshold of one muscle; an empty one for a muscle that is labelled nowhere."""
        return self.muscles.get(muscle.id, MuscleThreshold(NOT_KNOWN, "", reason="no_valid_voxels"))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, by muscle."""
        return {muscle: one.as_dict() for muscle, one in self.muscles.items()}
