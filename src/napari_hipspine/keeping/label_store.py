"""Labels on disk from the first stroke: painted, undone across sittings, seen by one writer and many readers."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ..domain.anatomy import Structure
from .journal_history import Chunk, Mark
from .label_store_changes import Interruption, LabelChange
from .label_store_creation import StorePlaces
from .label_store_editing import LabelEditor
from .label_store_errors import LabelsNotKept, LabelsReadOnly
from .label_store_metadata import StoreMetadata
from .label_store_notes import FillNote, Notes
from .label_store_reading import LabelReading
from .label_store_snapshot import LabelSnapshot
from .label_store_status import Hand, Place, Status
from .label_store_steps import StepWriter
from .label_store_view import PaintedLabels
from .lock_file import WriterLock

Observer = Callable[[LabelChange], None]
"""Told of every write, of every finished step, and of every step that was taken back."""


class LabelStore(LabelReading):
    """An open store; made by `open_label_store`, to be closed.

    Parameters
    ----------
    places : StorePlaces
        Where everything lies.
    metadata : StoreMetadata
        Grid, structures, origin.
    read_only_reason : str
        Why nothing can be changed, if so.
    """

    def __init__(self, places: StorePlaces, metadata: StoreMetadata, *, read_only_reason: str = "") -> None:
        self.read_only_reason = read_only_reason
        self.interruption: Interruption | None = None
        self._editor: LabelEditor | None = None
        self._lock: WriterLock | None = None
        self._guard = threading.RLock()
        self._observers: list[Observer] = []
        self._untold: list[LabelChange] = []
        super().__init__(places, metadata)
        self.labels = PaintedLabels(self, metadata.grid.shape, self._paint)

    def start_writing(self, steps: StepWriter, lock: WriterLock, interruption: Interruption | None) -> None:
        """Become the writer; done once, when the store is opened.

        Parameters
        ----------
        steps : StepWriter
            Replaces chunks and keeps the history.
        lock : WriterLock
            Ours.
        interruption : Interruption, optional
            How the sitting before ended, if not by closing.
        """
        self.interruption, self._lock, self._history = interruption, lock, steps.history
        self._editor = LabelEditor(
            steps, self._places.journal, self._table, shape=self.grid.shape, tell=self._untold.append
        )

    @property
    def is_read_only(self) -> bool:
        """Whether labels can only be looked at and measured; `read_only_reason` says why."""
        return self._editor is None

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to be undone."""
        return self._editor is not None and bool(self._history.undo or self._editor.is_in_step)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to be done again."""
        return self._editor is not None and bool(self._history.redo)

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Have somebody told of changes, on the thread that makes them; what is returned ends that."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def begin_step(self, title: str = "paint", *, hand: Hand = Hand.PERSON) -> None:
        """Begin a group of writes that are undone together, as a stroke is.

        Raises
        ------
        InvalidChoice
            If one has been begun already.
        LabelsReadOnly
            If somebody else is writing.
        """
        with self._editing() as editor:
            editor.begin(title, hand)

    def commit_step(self, fills: Mapping[Place, FillNote] | None = None) -> LabelChange | None:
        """Finish the group; None if it changed nothing, or was taken back because the disk was full.

        Parameters
        ----------
        fills : mapping of (int, int) to FillNote, optional
            By slice index and label value, what is to be remembered of a fill.
        """
        with self._editing() as editor:
            return editor.commit(fills)

    def cancel_step(self) -> None:
        """Take back the group, as if it had not been begun."""
        with self._editing() as editor:
            editor.take_back()

    @contextmanager
    def step(
        self, title: str = "paint", *, hand: Hand = Hand.PERSON, fills: Mapping[Place, FillNote] | None = None
    ) -> Iterator[None]:
        """A group of writes that are undone together; taken back if anything fails on the way."""
        self.begin_step(title, hand=hand)
        try:
            yield
        except BaseException:
            self.cancel_step()
            raise
        self.commit_step(fills)

    def undo(self) -> LabelChange | None:
        """Take back the newest step, of this sitting or an earlier one; None if there is none."""
        with self._between_steps() as editor:
            return editor.undo()

    def redo(self) -> LabelChange | None:
        """Do again what was undone last; None if there is nothing."""
        with self._between_steps() as editor:
            return editor.redo()

    def discard_since(self, moment: Mark | LabelSnapshot) -> LabelChange | None:
        """Make everything but locked labels what it was at a mark or snapshot; can itself be undone.

        Raises
        ------
        HistoryTooShort
            If the journal no longer reaches back so far.
        """
        with self._between_steps() as editor:
            return editor.discard_since(moment.position)

    def mark(self, name: str) -> Mark:
        """A point that can be gone back to, in this sitting or a later one."""
        with self._between_steps() as editor:
            return editor.steps.mark(name)

    def set_status(self, slices: Iterable[int], value: int, status: Status) -> LabelChange | None:
        """Say how far a structure is on some slices; those where it has no pixel stay empty.

        Can be undone. None if nothing changes.
        """
        with self._between_steps() as editor:
            places = [(int(index), value) for index in slices]
            wanted = {p: status for p in places if self.status(*p) is not Status.EMPTY}
            return editor.say(Notes(wanted), "status")

    def say(self, wanted: Notes, title: str) -> LabelChange | None:
        """Say where muscles end, where slabs begin, or how far slices are; can be undone, None if nothing changes."""
        with self._between_steps() as editor:
            return editor.say(wanted, title)

    def set_locked(self, values: Iterable[int]) -> None:
        """Say which label values nobody may change: none of their pixels is lost, and none is gained."""
        with self._between_steps() as editor, self._on_disk("the locks"):
            wanted = replace(editor.notes, locked=frozenset(int(value) for value in values))
            wanted.save()
            editor.notes.locked = wanted.locked

    def set_structures(self, structures: Mapping[int, Structure]) -> None:
        """Say anew what each label value stands for.

        Raises
        ------
        UnknownLabel
            If a value is 0 or negative, or two values stand for one structure.
        """
        with self._between_steps(), self._on_disk("the structures"):
            wanted = replace(self._metadata, structures=dict(structures))
            wanted.label_map(self.labels)  # refuses what a label map refuses
            wanted.save(self._places.metadata)
            self._metadata = wanted

    def flush(self) -> None:
        """Have finished steps outlast a power cut; may take seconds, and a program that dies loses none without."""
        with self._editing() as editor, self._on_disk("the labels"):
            editor.steps.sync()

    def close(self) -> None:
        """Finish an open step and let others write; the store cannot be changed any more."""
        editor, lock = self._editor, self._lock
        if editor is None or lock is None:
            return
        try:
            if lock.is_ours():
                self._leave_tidy()
        finally:
            self._editor, self.read_only_reason = None, "Expected open labels, found them closed."
            editor.steps.journal.close()
            lock.release()
            self.refresh()

    def _leave_tidy(self) -> None:
        # What cannot be written here is told by the journal when the store is opened again.
        with self._between_steps() as editor, contextlib.suppress(OSError):
            editor.notes.save()

    def __enter__(self) -> LabelStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def encoded(self, chunk: Chunk) -> bytes:
        """Bytes of a chunk as it is now; where somebody else is writing, as it was at the last `refresh`."""
        if self._editor is None:
            return super().encoded(chunk)
        with self._guard:
            return self._places.chunks.encoded(chunk)

    def refresh(self) -> None:
        """See what is finished by now, where somebody else is writing; a writer sees it anyway."""
        if self._editor is None:
            super().refresh()

    def snapshot(self) -> LabelSnapshot:
        """Labels of all steps finished by now, which stay as they are while painting goes on."""
        if self._editor is None:
            return super().snapshot()
        with self._guard:
            return self._snapshot_at(self._history.committed_end)

    def _paint(self, key: Any, value: Any) -> None:
        with self._editing() as editor:
            editor.write(key, value)

    @contextmanager
    def _editing(self) -> Iterator[LabelEditor]:
        """One at a time; observers are told when everything is consistent and others may go on."""
        try:
            with self._guard:
                if self._editor is None or self._lock is None or not self._lock.is_ours():
                    raise self._read_only()
                yield self._editor
                self._make_room(self._editor)
        finally:
            untold = self._untold[:]
            del self._untold[: len(untold)]
            for change in untold:
                for observer in tuple(self._observers):
                    observer(change)

    @contextmanager
    def _between_steps(self) -> Iterator[LabelEditor]:
        """A step that is open is finished first."""
        with self._editing() as editor:
            editor.commit()
            yield editor

    def _make_room(self, editor: LabelEditor) -> None:
        """Keep the journal within its limit; what fails is tried again after the next step."""
        if editor.is_in_step or not editor.steps.journal.is_large:
            return
        with contextlib.suppress(OSError):
            editor.notes.save()
            seen = [snapshot.position for snapshot in self._snapshots if snapshot is not self._seen]
            editor.steps.trim(keep_from=min(seen, default=editor.steps.journal.end))

    @contextmanager
    def _on_disk(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LabelsNotKept(
                f"Expected a disk that takes {what}, found {error.strerror or error}: they are as before, "
                f"in {self.folder}.",
                hint="Free disk space, then try again.",
            ) from error

    def _read_only(self) -> LabelsReadOnly:
        found = self.read_only_reason or "Expected to be the one who writes, found that somebody else has taken over."
        return LabelsReadOnly(f"Nothing was painted. {found}", hint="Labels can still be looked at and measured.")
