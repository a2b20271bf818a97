"""Painting into a label store: locks, notes, groups, undo and redo, and who is told of dirty slices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..domain.errors import InvalidChoice
from .journal_history import Before, Chunk, StepKind, before
from .label_store_changes import LabelChange, Stage, TouchedPlaces, values_in
from .label_store_chunks import Labels, decode, encode, overlaps, read_box
from .label_store_errors import LabelsNotKept
from .label_store_keys import PickedBox, PickedPoints, Shape, as_labels, picked, spread_over
from .label_store_notes import FillNote, Notes, NoteTable, first_of
from .label_store_status import Hand, Place, Status, status_after
from .label_store_steps import StepWriter

_N_VALUES = int(np.iinfo(np.uint16).max) + 1


class LabelEditor:
    """Changes labels; each change is a step that can be undone.

    Parameters
    ----------
    steps : StepWriter
        Replaces chunks.
    journal : Path
        Folder of the journal.
    notes : NoteTable
        What is said of the labels, locks included.
    shape : tuple of int
        ``(n_slices, n_rows, n_columns)``.
    tell : callable
        Takes a `LabelChange`.
    """

    def __init__(
        self,
        steps: StepWriter,
        journal: Path,
        notes: NoteTable,
        *,
        shape: Shape,
        tell: Callable[[LabelChange], None],
    ) -> None:
        self.steps = steps
        self.notes = notes
        self._journal = journal
        self._shape = shape
        self._tell = tell
        self._touched: TouchedPlaces | None = None

    @property
    def is_in_step(self) -> bool:
        """Whether a group of writes has been begun."""
        return self._touched is not None

    def begin(self, title: str, hand: Hand) -> TouchedPlaces:
        """Begin a group of writes that are undone together.

        Raises
        ------
        InvalidChoice
            If one has been begun already.
        """
        if self._touched is not None:
            raise InvalidChoice("Expected a finished step before the next begins, found one that is open.")
        self.steps.begin(StepKind.EDIT, title)
        self._touched = TouchedPlaces(hand)
        return self._touched

    def commit(self, fills: Mapping[Place, FillNote] | None = None) -> LabelChange | None:
        """Finish the group; None if it changed nothing or was taken back because the disk was full.

        Parameters
        ----------
        fills : mapping of (int, int) to FillNote, optional
            What is to be remembered where the group filled; elsewhere what was remembered is forgotten.
        """
        touched, self._touched = self._touched, None
        step = self.steps.open_step
        if touched is None or step is None:
            return None
        places = frozenset() if touched.hand is Hand.REPAIR else touched.gained | touched.lost
        forgotten = {place: None for place in places if place in self.notes.fills}
        wanted = Notes(self._wanted_statuses(touched), fills={**forgotten, **(fills or {})})
        return self._finish(wanted, frozenset(touched.slices), touched.n_protected)

    def take_back(self) -> None:
        """Take back the group, as if it had not been begun."""
        touched, self._touched = self._touched, None
        self.steps.take_back()
        self._tell(LabelChange(Stage.TAKEN_BACK, frozenset(touched.slices if touched else ())))

    def write(self, key: Any, value: Any) -> None:
        """Paint, as part of the group or as a step of its own.

        Raises
        ------
        LabelsNotKept
            If the disk does not take it, or did not take an earlier part of the same group.
        """
        chosen = picked(key, self._shape)
        values = as_labels(value)
        if isinstance(chosen, PickedBox) and not chosen.is_whole:
            # A step, an order or arrays beside slices: numpy knows best, on a copy of the box.
            region = read_box(self.steps.chunks, chosen.box)
            region[chosen.inside] = values
            chosen, values = PickedBox(chosen.box, (slice(None),) * 3, is_whole=True), region
        spread = spread_over(values, chosen)
        if self._touched is not None:
            self._write_parts(chosen, spread, self._touched)
            return
        touched = self.begin("paint", Hand.PERSON)
        try:
            self._write_parts(chosen, spread, touched)
        finally:
            # Of a step that failed nothing is left to finish.
            self.commit()

    def undo(self) -> LabelChange | None:
        """Take back the newest step; None if there is none."""
        return self._go(StepKind.UNDO)

    def redo(self) -> LabelChange | None:
        """Do again what was undone last; None if there is nothing."""
        return self._go(StepKind.REDO)

    def discard_since(self, position: int) -> LabelChange | None:
        """Make everything what it was at a position of the journal, as a step that can be undone.

        Raises
        ------
        HistoryTooShort
            If the journal no longer reaches back so far.
        """
        past = before(self._journal, position, self.steps.journal.end)
        return self._restore(past, StepKind.EDIT, "discard changes")

    def say(self, wanted: Notes, title: str) -> LabelChange | None:
        """Say something of the labels, as a step that can be undone; None if it was said already."""
        self.steps.begin(StepKind.EDIT, title)
        return self._finish(wanted, frozenset(), 0)

    def _go(self, kind: StepKind) -> LabelChange | None:
        stack = self.steps.history.undo if kind is StepKind.UNDO else self.steps.history.redo
        if not stack:
            return None
        return self._restore(before(self._journal, stack[-1].begin, stack[-1].end), kind, stack[-1].title)

    def _restore(self, past: Before, kind: StepKind, title: str) -> LabelChange | None:
        self.steps.begin(kind, title)
        slices, n_protected = set(), 0
        for chunk, encoded in past.chunks.items():
            now = self.steps.chunks.encoded(chunk)
            if self.notes.locked and encoded != now:
                old, new = decode(now, chunk), decode(encoded, chunk)
                n_protected += self._protect(old, new)
                encoded = encode(new) if (old != new).any() else now
            if encoded != now:
                slices.add(chunk[0])
                self.steps.replace(chunk, encoded, before=now)
        return self._finish(first_of(past.notes).without(self.notes.locked), frozenset(slices), n_protected)

    def _finish(self, wanted: Notes, slices: frozenset[int], n_protected: int) -> LabelChange | None:
        changes = self.notes.changes_to(wanted)
        step = self.steps.commit(changes)
        if step is None:
            return None
        self.notes.take(step.number, changes)
        change = LabelChange(Stage.FINISHED, slices, n_protected, step.title)
        self._tell(change)
        return change

    def _write_parts(self, chosen: PickedBox | PickedPoints, values: Labels, touched: TouchedPlaces) -> None:
        step = self.steps.open_step
        if step is None:
            raise LabelsNotKept(
                "Expected a step the disk takes, found one that was taken back because an earlier part was not kept.",
                hint="Finish the stroke, free disk space, then paint again.",
            )
        slices, n_protected = set(), 0
        try:
            for chunk, inside, part in _parts(chosen, values):
                encoded = self.steps.chunks.encoded(chunk)
                old = decode(encoded, chunk)
                new = old.copy()
                new[inside] = part
                n_protected += self._protect(old, new)
                if touched.note(chunk[0], old, new):
                    slices.add(chunk[0])
                    self.steps.replace(chunk, encode(new), before=encoded)
        except BaseException:
            self._abandon(touched)
            raise
        touched.n_protected += n_protected
        if slices or n_protected:
            self._tell(LabelChange(Stage.WRITTEN, frozenset(slices), n_protected, step.title))

    def _abandon(self, touched: TouchedPlaces) -> None:
        """Take back a step that failed; a group stays begun, so that who began it can end it."""
        self.steps.take_back()
        self._tell(LabelChange(Stage.TAKEN_BACK, frozenset(touched.slices)))

    def _protect(self, old: Labels, new: Labels) -> int:
        """Put back pixels that had or would get a locked value; their number."""
        if not self.notes.locked:
            return 0
        locked = np.zeros(_N_VALUES, dtype=bool)
        locked[list(self.notes.locked)] = True
        hit = (old != new) & (locked[old] | locked[new])
        new[hit] = old[hit]
        return int(np.count_nonzero(hit))

    def _wanted_statuses(self, touched: TouchedPlaces) -> dict[Place, Status]:
        wanted = {}
        present = {s: self._values_on(s) for s in {place[0] for place in touched.lost}}
        for place in touched.gained | touched.lost:
            if place[0] in present and place[1] not in present[place[0]]:
                wanted[place] = Status.EMPTY
            else:
                wanted[place] = status_after(self.notes.status(place), touched.hand)
        return wanted

    def _values_on(self, slice_index: int) -> set[int]:
        found: set[int] = set()
        whole = (slice(slice_index, slice_index + 1), *(slice(0, n) for n in self._shape[1:]))
        for one in overlaps((whole[0], whole[1], whole[2])):
            encoded = self.steps.chunks.encoded(one.chunk)
            if encoded:
                found.update(values_in(decode(encoded, one.chunk)))
        return found


def _parts(chosen: PickedBox | PickedPoints, values: Labels) -> Iterator[tuple[Chunk, Any, Labels]]:
    """Chunks, where inside each, and the values that go there."""
    if isinstance(chosen, PickedPoints):
        for chunk, members in chosen.by_chunk():
            yield chunk, chosen.within(members), values[members]
    else:
        for one in overlaps(chosen.box):
            yield one.chunk, one.inside, values[one.target]
