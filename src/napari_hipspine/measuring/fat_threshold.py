"""The signal beyond which a pixel is called fat: one per muscle, found on all labelled slices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ..domain.anatomy import Term
from ..domain.protocol import FatMethod
from ..domain.threshold_review import ThresholdReview
from .fat_pixels import FatRegion

NOT_KNOWN = float("nan")

_SIGNALS = ("threshold", "lean", "fat")

MOVED = "threshold_manual"
"""Flag of rows cut by a threshold that a reader gave."""

STALE = "threshold_stale"
"""Flag of rows whose threshold was found on other outlines than they have now."""

PROPOSED = "fat_roi_proposed"
"""Flag of rows that rest on fat beside the muscles that nobody has accepted."""


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
    automatic : MuscleThreshold, optional
        What was found before a reader moved it.
    moved_by : str
        Id of the reader who moved it.
    """

    threshold: float
    method: str
    lean: float = NOT_KNOWN
    fat: float = NOT_KNOWN
    flags: tuple[str, ...] = ()
    reason: str = ""
    fingerprint: str = ""
    automatic: MuscleThreshold | None = None
    moved_by: str = ""

    @property
    def as_found(self) -> MuscleThreshold:
        """What was found, whoever has moved it since."""
        return self.automatic or self

    def moved_to(self, signal: float, *, by: str = "") -> MuscleThreshold:
        """The threshold moved by a reader; lean and fat signal stay as they were found."""
        found = self.as_found
        return replace(
            found,
            threshold=signal,
            method=FatMethod.MANUAL.value,
            flags=tuple(dict.fromkeys((*found.flags, MOVED))),
            reason="",
            automatic=found,
            moved_by=by,
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; what is not known is None."""
        plain: dict[str, Any] = {
            name: None if value != value else value for name in _SIGNALS for value in (getattr(self, name),)
        }
        plain |= {
            "method": self.method,
            "flags": list(self.flags),
            "reason": self.reason,
            "fingerprint": self.fingerprint,
        }
        moved = {"automatic": self.automatic.as_dict(), "moved_by": self.moved_by} if self.automatic else {}
        return plain | moved

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> MuscleThreshold:
        """The threshold that `as_dict` has written.

        Raises
        ------
        KeyError, TypeError, ValueError
            If something is missing or of another kind.
        """
        threshold, lean, fat = (NOT_KNOWN if plain[name] is None else float(plain[name]) for name in _SIGNALS)
        return cls(
            threshold,
            str(plain["method"]),
            lean,
            fat,
            flags=tuple(str(flag) for flag in plain["flags"]),
            reason=str(plain["reason"]),
            fingerprint=str(plain["fingerprint"]),
            automatic=cls.from_dict(plain["automatic"]) if "automatic" in plain else None,
            moved_by=str(plain.get("moved_by", "")),
        )


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

    @property
    def moved(self) -> dict[str, float]:
        """Thresholds that a reader has moved, by muscle id."""
        return {muscle: one.threshold for muscle, one in self.muscles.items() if one.automatic}

    def reviewed(self, review: ThresholdReview, *, by: str = "") -> FatThresholds:
        """These thresholds with those moved that a reader has moved, and no others."""
        muscles = {}
        for muscle, one in self.muscles.items():
            found = one.as_found
            if review.accepts_fat_roi:
                found = replace(found, flags=tuple(flag for flag in found.flags if flag != PROPOSED))
            moved = review.moved.get(muscle)
            muscles[muscle] = found if moved is None else found.moved_to(moved, by=by)
        return replace(self, muscles=muscles)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, by muscle."""
        return {muscle: one.as_dict() for muscle, one in self.muscles.items()}
