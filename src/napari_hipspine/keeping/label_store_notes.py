"""What is said of labels besides them: statuses, ends of muscles, fills, slabs, locks; kept and undone with them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from .label_store_status import Place, Status

Extent = tuple[int | None, int | None]
"""First and last slice of a muscle; None where nobody has said."""

NOBODY_SAID: Extent = (None, None)


class FillNote(NamedTuple):
    """What is remembered of one structure that was filled on one slice.

    Parameters
    ----------
    doubt_mm : float
        How far apart the outlines it came from see its border on average [mm]; 0 where it has no pixel.
    source : str
        What it was filled from, in a form that changes when that does.
    """

    doubt_mm: float
    source: str


@dataclass(frozen=True)
class Notes:
    """Things said, or wanted to be said, of some places; None stands for nothing said.

    Parameters
    ----------
    statuses : mapping of (int, int) to Status
        By slice index and label value.
    extents : mapping of int to Extent
        By label value.
    fills : mapping of (int, int) to FillNote
        By slice index and label value.
    slabs : mapping of int to bool
        Whether a slab of another angulation begins on a slice.
    """

    statuses: Mapping[Place, Status] = field(default_factory=dict)
    extents: Mapping[int, Extent] = field(default_factory=dict)
    fills: Mapping[Place, FillNote | None] = field(default_factory=dict)
    slabs: Mapping[int, bool] = field(default_factory=dict)

    def without(self, values: Iterable[int]) -> Notes:
        """The same without anything about some label values."""
        gone = frozenset(values)
        return Notes(
            {place: status for place, status in self.statuses.items() if place[1] not in gone},
            {value: extent for value, extent in self.extents.items() if value not in gone},
            {place: note for place, note in self.fills.items() if place[1] not in gone},
            self.slabs,
        )


@dataclass(frozen=True)
class NoteChanges:
    """What a step changes of what is said: how it was, and how it is afterwards.

    Parameters
    ----------
    was, now : Notes
        About the same places.
    """

    was: Notes = field(default_factory=Notes)
    now: Notes = field(default_factory=Notes)

    def __bool__(self) -> bool:
        return bool(self.now.statuses or self.now.extents or self.now.fills or self.now.slabs)

    def packed(self) -> bytes:
        """As the journal keeps it."""
        was, now = self.was, self.now
        said = {
            "statuses": [[*place, was.statuses[place], status] for place, status in now.statuses.items()],
            "extents": [[value, was.extents[value], extent] for value, extent in now.extents.items()],
            "fills": [[*place, was.fills[place], note] for place, note in now.fills.items()],
            "slabs": [[index, was.slabs[index], begins] for index, begins in now.slabs.items()],
        }
        return json.dumps({name: rows for name, rows in said.items() if rows}).encode()


def unpacked_changes(said: Mapping[str, Any]) -> NoteChanges:
    """What a step changed, from what the journal keeps."""
    sides = []
    for at in (-2, -1):
        sides.append(
            Notes(
                {(row[0], row[1]): Status(row[at]) for row in said.get("statuses", ())},
                {row[0]: _extent(row[at]) for row in said.get("extents", ())},
                {(row[0], row[1]): _fill(row[at]) for row in said.get("fills", ())},
                {row[0]: bool(row[at]) for row in said.get("slabs", ())},
            )
        )
    return NoteChanges(*sides)


def first_of(steps: Iterable[Mapping[str, Any]]) -> Notes:
    """What was said before the first of some steps, oldest first, of everything that they changed."""
    statuses: dict[Place, Status] = {}
    extents: dict[int, Extent] = {}
    fills: dict[Place, FillNote | None] = {}
    slabs: dict[int, bool] = {}
    for said in steps:
        was = unpacked_changes(said).was
        statuses = {**was.statuses, **statuses}
        extents = {**was.extents, **extents}
        fills = {**was.fills, **fills}
        slabs = {**was.slabs, **slabs}
    return Notes(statuses, extents, fills, slabs)


@dataclass
class NoteTable:
    """Everything said of labels, kept in a small file.

    Parameters
    ----------
    path : Path
        The file.
    as_of : int
        Number of the step up to which it is told; later ones are in the journal.
    statuses, extents, fills
        As in `Notes`; what is not named was not said.
    slabs : set of int
        Slices on which a slab of another angulation begins.
    locked : frozenset of int
        Label values that nobody may change; not undone.
    """

    path: Path
    as_of: int = 0
    statuses: dict[Place, Status] = field(default_factory=dict)
    extents: dict[int, Extent] = field(default_factory=dict)
    fills: dict[Place, FillNote] = field(default_factory=dict)
    slabs: set[int] = field(default_factory=set)
    locked: frozenset[int] = frozenset()

    def status(self, place: Place) -> Status:
        """Status of a structure on a slice."""
        return self.statuses.get(place, Status.EMPTY)

    def changes_to(self, wanted: Notes) -> NoteChanges:
        """What has to change for what is wanted to be said."""
        was = Notes(
            {place: self.status(place) for place in wanted.statuses},
            {value: self.extents.get(value, NOBODY_SAID) for value in wanted.extents},
            {place: self.fills.get(place) for place in wanted.fills},
            {index: index in self.slabs for index in wanted.slabs},
        )
        return NoteChanges(_apart(was, wanted), _apart(wanted, was))

    def take(self, number: int, changes: NoteChanges) -> None:
        """Take in what a step changed; steps known already are left out."""
        if number <= self.as_of:
            return
        now = changes.now
        _put(self.statuses, now.statuses, Status.EMPTY)
        _put(self.extents, now.extents, NOBODY_SAID)
        _put(self.fills, now.fills, None)
        self.slabs |= {index for index, begins in now.slabs.items() if begins}
        self.slabs -= {index for index, begins in now.slabs.items() if not begins}
        self.as_of = number

    def save(self) -> None:
        """Write the file, whole or not at all.

        Raises
        ------
        OSError
            If the disk does not take it.
        """
        said = {
            "as_of": self.as_of,
            "locked": sorted(self.locked),
            "statuses": [[*place, status] for place, status in sorted(self.statuses.items())],
            "extents": [[value, extent] for value, extent in sorted(self.extents.items())],
            "fills": [[*place, note] for place, note in sorted(self.fills.items())],
            "slabs": sorted(self.slabs),
        }
        unfinished = self.path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(said), encoding="utf-8")
        os.replace(unfinished, self.path)  # noqa: PTH105 - replaces on every system


def load_notes(path: Path) -> NoteTable:
    """Everything said, as last written."""
    said = json.loads(path.read_text(encoding="utf-8"))
    return NoteTable(
        path,
        said["as_of"],
        {(index, value): Status(status) for index, value, status in said["statuses"]},
        {value: _extent(extent) for value, extent in said.get("extents", ())},
        {(index, value): FillNote(*note) for index, value, note in said.get("fills", ())},
        set(said.get("slabs", ())),
        frozenset(said["locked"]),
    )


def _apart(one: Notes, other: Notes) -> Notes:
    """What one says where the other says something else."""
    return Notes(
        {place: status for place, status in one.statuses.items() if status != other.statuses[place]},
        {value: extent for value, extent in one.extents.items() if extent != other.extents[value]},
        {place: note for place, note in one.fills.items() if note != other.fills[place]},
        {index: begins for index, begins in one.slabs.items() if begins != other.slabs[index]},
    )


def _put(table: dict[Any, Any], wanted: Mapping[Any, Any], nothing: object) -> None:
    """Write what is wanted into a table, which says nothing of what is not there."""
    for key, value in wanted.items():
        if value == nothing:
            table.pop(key, None)
        else:
            table[key] = value


def _extent(said: Any) -> Extent:
    first, last = said
    return first, last


def _fill(said: Any) -> FillNote | None:
    return None if said is None else FillNote(*said)
