"""Which slices are filled from which outlines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import VoxelArray
from ..domain.errors import InvalidChoice

KeySlices = Sequence[int] | Mapping[int, Sequence[int]]
"""Slices on which everything was outlined; or, by label value, the slices on which that muscle was."""

Extents = Mapping[int, tuple[int, int]]
"""First and last slice on which a label value occurs."""

LARGEST_VALUE = 65535


@dataclass(frozen=True)
class Ending:
    """A muscle that is outlined at one end of a stretch only.

    Parameters
    ----------
    value : int
        Its label value.
    key : int
        The slice it is outlined on.
    last : int or None
        The last slice, counted from the key, that still shows it; None where nobody has said.
    """

    value: int
    key: int
    last: int | None


@dataclass(frozen=True)
class Stretch:
    """Slices between two neighbouring key slices, or beyond the outermost one.

    Parameters
    ----------
    before, after : int or None
        The key slices; None beyond the outermost.
    slices : range
        What is filled, ascending.
    values : tuple of int
        Labels that are cleared and filled again.
    both : tuple of int
        Those outlined on both key slices.
    endings : tuple of Ending
        Those outlined on one of them.
    """

    before: int | None
    after: int | None
    slices: range
    values: tuple[int, ...]
    both: tuple[int, ...]
    endings: tuple[Ending, ...]

    def ways(self) -> Iterator[tuple[int, range]]:
        """Each key slice, with the slices away from it."""
        if self.before is not None:
            yield self.before, self.slices
        if self.after is not None:
            yield self.after, self.slices[::-1]


@dataclass(frozen=True)
class FillPlan:
    """All stretches of one call, and the outlines they start from.

    Parameters
    ----------
    outlines : mapping of int to ndarray
        Labels of every key slice, shape ``(n_rows, n_columns)``.
    stretches : tuple of Stretch
        In the order in which they are filled.
    values : tuple of int
        Everything that is filled, ascending.
    notes : tuple of str
        What could not be filled, in words.
    """

    outlines: Mapping[int, NDArray[np.uint16]]
    stretches: tuple[Stretch, ...]
    values: tuple[int, ...]
    notes: tuple[str, ...]


def plan_fill(
    drawn: VoxelArray,
    key_slices: KeySlices,
    *,
    extents: Extents | None = None,
    locked: Sequence[int] = (),
    slabs: Sequence[int] | None = None,
    wanted: tuple[int, int] | None = None,
) -> FillPlan:
    """What is to be filled; parameters as of `fill_between`.

    Raises
    ------
    InvalidChoice
        If there are no key slices or no outlines on them, an index lies outside the volume, or an extent contradicts
        an outline.
    """
    n_slices = int(drawn.shape[0])
    slab_of = _checked_slabs(slabs, n_slices)
    groups = _groups(drawn, key_slices, frozenset(locked), n_slices)
    outlines = {key: outline for _, found in groups for key, outline in found.items()}
    values = tuple(sorted({value for group, _ in groups for value in group}))
    marks = _checked_extents(extents or {}, groups, n_slices)
    stretches, notes = [], []
    for group, found in groups:
        for keys in _within_slabs(sorted(found), slab_of):
            stretches += _stretches_of(group, {key: found[key] for key in keys}, marks, slab_of)
        notes += _what_lacks(group, found, marks, slab_of)
    if wanted is not None:
        stretches = [s for s in stretches if s.slices.start <= wanted[1] and wanted[0] < s.slices.stop]
    return FillPlan(outlines, tuple(stretches), values, tuple(dict.fromkeys(notes)))


def _groups(
    drawn: VoxelArray, key_slices: KeySlices, locked: frozenset[int], n_slices: int
) -> list[tuple[tuple[int, ...], dict[int, NDArray[np.uint16]]]]:
    """Values that share their key slices, with the outlines on these."""
    by_value = key_slices if isinstance(key_slices, Mapping) else {0: key_slices}
    keys_of = {value: _checked_keys(keys, n_slices) for value, keys in by_value.items()}
    read = {key: as_labels(drawn[key], key) for key in sorted({key for keys in keys_of.values() for key in keys})}
    members: dict[tuple[int, ...], list[int]] = {}
    for value, keys in keys_of.items():
        members.setdefault(keys, []).append(value)
    groups = []
    for keys, named in members.items():
        occurring = {int(value) for key in keys for value in np.unique(read[key])} - {0}
        group = occurring if not isinstance(key_slices, Mapping) else set(named)
        missing = sorted(group - occurring)
        if missing or not occurring:
            raise InvalidChoice(
                f"Expected outlines on the key slices {_listed(keys)}, found none"
                f"{f' of label value {_listed(missing)}' if missing else ''}.",
                hint="Name the slices that were outlined, counted from 0 along the slice axis.",
            )
        groups.append((tuple(sorted(group - locked)), {key: read[key] for key in keys}))
    return groups


def _checked_keys(keys: Sequence[int], n_slices: int) -> tuple[int, ...]:
    found = tuple(sorted({int(key) for key in keys}))
    if not found:
        raise InvalidChoice("Expected at least one key slice, found none.", hint="Outline the muscles on a few slices.")
    if found[0] < 0 or found[-1] >= n_slices:
        raise InvalidChoice(f"Expected key slices from 0 to {n_slices - 1}, found {_listed(found)}.")
    return found


def _checked_slabs(slabs: Sequence[int] | None, n_slices: int) -> list[int]:
    """A number per slice that changes where a new slab begins."""
    if slabs is None:
        return [0] * n_slices
    if len(slabs) != n_slices:
        raise InvalidChoice(f"Expected the slab of each of {n_slices} slices, found {len(slabs)} numbers.")
    changes = np.flatnonzero(np.diff(np.asarray(slabs)))
    return [int(n) for n in np.searchsorted(changes, np.arange(n_slices))]


def _checked_extents(
    extents: Extents, groups: Sequence[tuple[tuple[int, ...], Mapping[int, Any]]], n_slices: int
) -> Extents:
    for value, (first, last) in extents.items():
        if not 0 <= first <= last < n_slices:
            raise InvalidChoice(
                f"Expected an extent within the slices 0 to {n_slices - 1}, first before last, found {first}-{last}, "
                f"for label value {value}."
            )
        shown = [key for group, found in groups if value in group for key in found if (found[key] == value).any()]
        outside = [key for key in shown if not first <= key <= last]
        if outside:
            raise InvalidChoice(
                f"Expected label value {value} on slices {first} to {last} only, found it outlined on slice "
                f"{_listed(outside)}.",
                hint="Move the mark of its first or last slice, or erase the outline.",
            )
    return extents


def _within_slabs(keys: Sequence[int], slab_of: Sequence[int]) -> list[list[int]]:
    parts: dict[int, list[int]] = {}
    for key in keys:
        parts.setdefault(slab_of[key], []).append(key)
    return list(parts.values())


def _stretches_of(
    group: tuple[int, ...], found: Mapping[int, NDArray[np.uint16]], extents: Extents, slab_of: Sequence[int]
) -> list[Stretch]:
    """Stretches between and beyond the key slices of one slab."""
    shown = {key: {value for value in group if (outline == value).any()} for key, outline in found.items()}
    keys = sorted(found)
    stretches = []
    for before, after in pairwise(keys):
        endings = [Ending(v, before, _mark(extents, v, 1)) for v in group if v in shown[before] - shown[after]]
        endings += [Ending(v, after, _mark(extents, v, 0)) for v in group if v in shown[after] - shown[before]]
        both = tuple(v for v in group if v in shown[before] & shown[after])
        stretches.append(Stretch(before, after, range(before + 1, after), group, both, tuple(endings)))
    slab = [index for index, number in enumerate(slab_of) if number == slab_of[keys[0]]]
    outer = ((None, keys[0], range(slab[0], keys[0])), (keys[-1], None, range(keys[-1] + 1, slab[-1] + 1)))
    for start, stop, slices in outer:
        key, side = (stop, 0) if start is None else (start, 1)
        marked = tuple(v for v in group if v in extents and v in shown[key])  # type: ignore[index]
        beyond = tuple(Ending(v, key, extents[v][side]) for v in marked)  # type: ignore[arg-type]
        stretches.append(Stretch(start, stop, slices, marked, (), beyond))
    return [stretch for stretch in stretches if len(stretch.slices) and stretch.values]


def _mark(extents: Extents, value: int, side: int) -> int | None:
    return extents[value][side] if value in extents else None


def _what_lacks(
    group: tuple[int, ...], found: Mapping[int, NDArray[np.uint16]], extents: Extents, slab_of: Sequence[int]
) -> list[str]:
    """Marks that no outline reaches, and muscles whose ends are guesses."""
    notes = []
    for value in group:
        shown = [key for key in found if (found[key] == value).any()]
        if value not in extents:
            if {slab_of[key] for key in shown} != {slab_of[key] for key in found} or len(shown) < len(found):
                notes.append(f"label value {value} is not on every key slice: where it ends is a guess")
            continue
        first, last = extents[value]
        reached = {slab_of[key] for key in shown}
        if any(slab_of[index] not in reached for index in range(first, last + 1)):
            notes.append(f"label value {value} has no outline in a slab it extends into: left empty there")
    return notes


def as_labels(labels: Any, slice_index: int) -> NDArray[np.uint16]:
    """Labels of one slice as unsigned 16-bit integers.

    Raises
    ------
    InvalidChoice
        If they are no whole numbers from 0 to 65535.
    """
    found = np.asarray(labels)
    if found.dtype.kind not in "iub" or (found.size and (found.min() < 0 or found.max() > LARGEST_VALUE)):
        raise InvalidChoice(
            f"Expected label values from 0 to {LARGEST_VALUE}, found {found.dtype} "
            f"from {found.min()} to {found.max()}, on slice {slice_index}."
        )
    return found.astype(np.uint16)


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(str(number) for number in numbers)
