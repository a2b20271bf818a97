"""Checksums of labels that are painted, kept up to date without reading what was not touched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..domain.subject import Progress, stay_silent
from .slice_checksums import slice_checksum, slice_checksums


class LabelSums:
    """Checksums of the slices of labels, of which only edited ones are read again.

    Parameters
    ----------
    labels : BlockSource or VoxelArray
        The labels that are painted.
    """

    def __init__(self, labels: Any) -> None:
        self._labels = labels
        self._sums: list[int] = []
        self._dirty: set[int] = set()

    def value(self, progress: Progress = stay_silent) -> list[int]:
        """One number per slice, as the labels are now; the first time all are read, best beside the window."""
        if not self._sums:
            self._sums = list(slice_checksums(self._labels, progress))
        while self._dirty:
            index = self._dirty.pop()
            self._sums[index] = slice_checksum(self._labels, index)
        return self._sums

    def touch(self, slices: Iterable[int]) -> None:
        """Remember that slices may have changed."""
        self._dirty |= set(slices)

    def maybe_unlike(self, sums: Sequence[int]) -> frozenset[int]:
        """Slices that may differ from those with other checksums; nothing is read."""
        if len(self._sums) != len(sums):
            return frozenset(range(len(sums)))
        return frozenset(i for i, (a, b) in enumerate(zip(self._sums, sums, strict=True)) if a != b) | self._dirty
