"""Steps that are finished or never happened: what a chunk was is noted before it is replaced."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .journal import Journal
from .journal_frames import FrameKind, packed_chunk
from .journal_history import Chunk, History, Mark, Step, StepKind
from .label_store_chunks import ChunkFolder
from .label_store_errors import LabelsNotKept
from .label_store_notes import NoteChanges


@dataclass
class OpenStep:
    """A step that is being made.

    Parameters
    ----------
    kind : StepKind
        Whether it goes on, back or forth again.
    title : str
        What it is, for people.
    begin : int, optional
        Where it begins in the journal, once there is something to note.
    before : dict
        What chunks were before it.
    """

    kind: StepKind
    title: str
    begin: int | None = None
    before: dict[Chunk, bytes] = field(default_factory=dict)


class StepWriter:
    """Replaces chunks in steps and keeps the history.

    Parameters
    ----------
    chunks : ChunkFolder
        The chunks.
    journal : Journal
        Its end, behind all finished steps.
    history : History
        What the journal tells.
    place : Path
        Named in messages.
    """

    def __init__(self, chunks: ChunkFolder, journal: Journal, history: History, *, place: Path) -> None:
        self.chunks = chunks
        self.journal = journal
        self.history = history
        self._place = place
        self._open: OpenStep | None = None
        self._unsynced: set[Chunk] = set()

    @property
    def open_step(self) -> OpenStep | None:
        """The step that is being made."""
        return self._open

    def begin(self, kind: StepKind, title: str) -> None:
        """Begin a step; nothing is written yet."""
        self.take_back()
        self._open = OpenStep(kind, title)

    def replace(self, chunk: Chunk, encoded: bytes, *, before: bytes) -> None:
        """Put other bytes in the place of a chunk, as part of the open step.

        Raises
        ------
        LabelsNotKept
            If the disk does not take them; the whole step is then taken back.
        """
        with self._whole_or_not_at_all() as step:
            if chunk not in step.before:
                self._note_beginning(step)
                self.journal.append(FrameKind.CHUNK, packed_chunk(chunk, before))
                step.before[chunk] = before
            self.chunks.replace(chunk, encoded)

    def commit(self, notes: NoteChanges) -> Step | None:
        """The step, finished; None for an edit that changed nothing.

        Raises
        ------
        LabelsNotKept
            If the disk does not take the last word; the whole step is then taken back.
        """
        with self._whole_or_not_at_all() as step:
            if step.begin is None and step.kind is StepKind.EDIT and not notes:
                self._open = None
                return None
            begin = self._note_beginning(step)
            self.journal.append(FrameKind.COMMIT, notes.packed())
        done = Step(self.history.n_steps, step.kind, step.title, begin, self.journal.end)
        self.history.add(done)
        self._unsynced.update(step.before)
        self._open = None
        return done

    def take_back(self) -> frozenset[Chunk]:
        """Chunks of the open step, made what they were before it.

        Raises
        ------
        LabelsNotKept
            If the disk does not even take that; it is tried again before the next step and at the next opening.
        """
        if self._open is None:
            return frozenset()
        try:
            for chunk, encoded in self._open.before.items():
                self.chunks.replace(chunk, encoded)
        except OSError as error:
            raise self._not_kept(error, "a half step is left, which is taken back at the next opening") from error
        taken = frozenset(self._open.before)
        self._open = None
        self.history.committed_end = self.journal.end
        return taken

    def mark(self, name: str) -> Mark:
        """A mark behind the last finished step, on the disk.

        Raises
        ------
        LabelsNotKept
            If the disk does not take it.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            self.journal.append(FrameKind.MARK, json.dumps({"name": name, "time": now}).encode())
        except OSError as error:
            raise self._not_kept(error, "nothing was changed") from error
        made = Mark(name, self.journal.end, now)
        self.history.marks.append(made)
        self.history.committed_end = self.journal.end
        return made

    def trim(self, *, keep_from: int) -> None:
        """Go on in a new journal file and drop the oldest ones beyond the limit; the newest step is always kept.

        Parameters
        ----------
        keep_from : int
            What lies from here on is kept whatever the limit.
        """
        newest = [stack[-1].begin for stack in (self.history.undo, self.history.redo) if stack]
        self.journal.start_new_file()
        self.history.forget_before(self.journal.drop_oldest(keep_from=min(keep_from, *newest, self.journal.end)))

    def sync(self) -> None:
        """Have the operating system put finished steps on the disk, so that they outlast a power cut."""
        for chunk in tuple(self._unsynced):
            path = Path(self.chunks.path_of(chunk))
            if path.exists():
                with path.open("rb+") as file:
                    os.fsync(file.fileno())
        self.journal.sync()
        self._unsynced.clear()

    def _note_beginning(self, step: OpenStep) -> int:
        if step.begin is None:
            number = self.history.n_steps + 1
            said: dict[str, Any] = {"number": number, "kind": step.kind, "title": step.title}
            step.begin = self.journal.append(FrameKind.BEGIN, json.dumps(said).encode())
            self.history.n_steps = number
        return step.begin

    @contextmanager
    def _whole_or_not_at_all(self) -> Iterator[OpenStep]:
        if self._open is None:
            raise RuntimeError("a chunk was to be replaced outside a step")
        try:
            yield self._open
        except OSError as error:
            self.take_back()
            raise self._not_kept(error, "this step was taken back; all earlier ones are kept") from error

    def _not_kept(self, error: OSError, what_now: str) -> LabelsNotKept:
        return LabelsNotKept(
            f"Expected a disk that takes what was painted, found {error.strerror or error}: {what_now}, "
            f"in {self._place}.",
            hint="Free disk space, then paint on.",
        )
