"""Checksums of labels that are painted, kept up to date without reading what was not touched."""

from __future__ import annotations

from ..keeping.label_store_changes import LabelChange
from .label_work import LabelWork
from .series_work import slice_checksum, slice_checksums


class LabelSums:
    """Checksums of the slices of labels, of which only edited ones are read again."""

    def __init__(self, kept: LabelWork) -> None:
        self._kept = kept
        self._sums: list[int] = []
        self._dirty: set[int] = set()
        kept.changed.connect(self._hear)

    def value(self) -> list[int]:
        """One number per slice, as the labels are now."""
        labels = self._kept.store.labels
        if not self._sums:
            self._sums = list(slice_checksums(labels))
        for index in self._dirty:
            self._sums[index] = slice_checksum(labels, index)
        self._dirty.clear()
        return self._sums

    def _hear(self, change: LabelChange | None) -> None:
        if change is not None:
            self._dirty |= change.slices
