"""What can go wrong between painting and the disk."""

from __future__ import annotations

from ..domain.errors import HipSpineError


class LabelsReadOnly(HipSpineError):
    """A change to labels that are open for looking only."""


class LabelsNotKept(HipSpineError):
    """A change the disk did not take; the step it belonged to was taken back."""


class LabelStoreDamaged(HipSpineError):
    """A folder that is no label store, or one whose files contradict each other."""


class HistoryTooShort(HipSpineError):
    """The journal no longer reaches back as far as was asked."""
