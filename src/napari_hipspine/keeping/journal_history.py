"""What a journal tells: which steps can be undone and redone, which marks there are, what was left unfinished."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from .journal import JournalReader, frames_between, journal_files
from .journal_frames import Frame, FrameKind, unpacked_chunk
from .label_store_errors import LabelStoreDamaged

Chunk = tuple[int, int, int]
"""Number of a chunk along slices, rows and columns."""


class StepKind(StrEnum):
    """Whether a step goes on, back, or forth again."""

    EDIT = "edit"
    UNDO = "undo"
    REDO = "redo"


@dataclass(frozen=True)
class Step:
    """One finished step.

    Parameters
    ----------
    number : int
        Steps are counted from 1 on and never anew.
    kind : StepKind
        Whether it went on, back or forth again.
    title : str
        What it was, for people.
    begin, end : int
        Where it lies in the journal.
    """

    number: int
    kind: StepKind
    title: str
    begin: int
    end: int


@dataclass(frozen=True)
class Mark:
    """A point in the past that can be gone back to.

    Parameters
    ----------
    name : str
        What it is called.
    position : int
        Where it lies in the journal.
    time : str
        When it was set, in ISO 8601.
    """

    name: str
    position: int
    time: str


@dataclass
class History:
    """Steps that can be undone and redone, newest last, and what else the journal tells.

    Parameters
    ----------
    undo, redo : list of Step
        What can be undone, and what was undone and can be done again.
    marks : list of Mark
        Points that can be gone back to.
    end : int
        Position behind the last good frame.
    committed_end : int
        Position up to which everything is finished.
    unfinished : int, optional
        Where a step begins that was never finished.
    n_steps : int
        Number of the newest step ever begun.
    notes : list
        Per finished step its number and what it changed besides labels, as written.
    """

    undo: list[Step] = field(default_factory=list)
    redo: list[Step] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    end: int = 0
    committed_end: int = 0
    unfinished: int | None = None
    n_steps: int = 0
    notes: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def add(self, step: Step) -> None:
        """Take in a finished step: an undo moves one to the other side, an edit ends what could be redone."""
        if step.kind is StepKind.UNDO:
            del self.undo[-1:]
            self.redo.append(step)
        elif step.kind is StepKind.REDO:
            del self.redo[-1:]
            self.undo.append(step)
        else:
            self.redo.clear()
            self.undo.append(step)
        self.committed_end = step.end

    def forget_before(self, position: int) -> None:
        """Forget steps and marks of which the journal no longer has everything."""
        self.undo[:] = [step for step in self.undo if step.begin >= position]
        self.redo[:] = [step for step in self.redo if step.begin >= position]
        self.marks[:] = [mark for mark in self.marks if mark.position >= position]


def read_history(folder: Path) -> History:
    """What the journal in a folder tells; a torn last frame counts as never written."""
    found = journal_files(folder)
    history = History()
    if not found:
        return history
    reader = _Scan(history)
    history.end = history.committed_end = found[0][0]
    for frame in JournalReader(folder, found[0][0]).new_frames():
        reader.take(frame)
    return history


class _Scan:
    """Frames taken in one after the other; a step that is followed by anything but its end was taken back."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._begun: dict[str, Any] | None = None

    def take(self, frame: Frame) -> None:
        history = self._history
        history.end = frame.end
        match frame.kind:
            case FrameKind.BEGIN:
                self._begun = json.loads(bytes(frame.content))
                history.n_steps = self._begun["number"]
                history.committed_end = history.unfinished = frame.position
            case FrameKind.CHUNK:
                if history.unfinished is None:
                    history.unfinished = frame.position
            case FrameKind.COMMIT:
                self._finish(frame)
            case FrameKind.MARK:
                said = json.loads(bytes(frame.content))
                history.marks.append(Mark(said["name"], frame.end, said["time"]))
                self._begun, history.unfinished, history.committed_end = None, None, frame.end
            case FrameKind.DAMAGED:
                # A before-image may be lost: going back across this point would mix two states.
                history.forget_before(frame.end)
                self._begun = None

    def _finish(self, frame: Frame) -> None:
        history, begun = self._history, self._begun
        if begun is not None and history.unfinished is not None:
            history.notes.append((begun["number"], json.loads(bytes(frame.content))))
            history.add(Step(begun["number"], StepKind(begun["kind"]), begun["title"], history.unfinished, frame.end))
        self._begun, history.unfinished, history.committed_end = None, None, frame.end


@dataclass(frozen=True)
class Before:
    """What chunks were at a point in the past, for those that have changed since.

    Parameters
    ----------
    chunks : dict
        Bytes per chunk; empty for one that was not there.
    notes : tuple of dict
        Per step since then, oldest first, what it changed besides labels, as written.
    """

    chunks: dict[Chunk, bytes]
    notes: tuple[dict[str, Any], ...]


def before(folder: Path, start: int, stop: int) -> Before:
    """What was at one position of the journal, for everything that has changed until another.

    Raises
    ------
    HistoryTooShort
        If the journal no longer reaches back so far.
    LabelStoreDamaged
        If a frame in between is damaged.
    """
    return _first_of(frames_between(folder, start, stop), folder)


def _first_of(frames: Iterable[Frame], folder: Path) -> Before:
    """The oldest image of a chunk is what it was in the beginning."""
    chunks: dict[Chunk, bytes] = {}
    notes: list[dict[str, Any]] = []
    for frame in frames:
        if frame.kind is FrameKind.DAMAGED:
            raise LabelStoreDamaged(
                f"Expected an undamaged journal, found bytes that make no sense, in {folder}.",
                hint="What is on the screen is kept; only going back across this point is not possible.",
            )
        if frame.kind is FrameKind.CHUNK:
            chunk, encoded = unpacked_chunk(frame.content)
            chunks.setdefault(chunk, encoded)
        if frame.kind is FrameKind.COMMIT:
            notes.append(json.loads(bytes(frame.content)))
    return Before(chunks, tuple(notes))
