"""A label store opened: whoever comes first may write, and what a crash left half done is taken back."""

from __future__ import annotations

from pathlib import Path

from .journal import DEFAULT_LIMIT_BYTES, Journal
from .journal_history import History, before, read_history
from .label_store import LabelStore
from .label_store_changes import Interruption
from .label_store_chunks import check_chunk_folder
from .label_store_creation import StorePlaces
from .label_store_errors import LabelsNotKept, LabelsReadOnly
from .label_store_metadata import load_metadata
from .label_store_steps import StepWriter
from .lock_file import WriterLock, take_writer_lock

_OPENED = "opened"


def open_label_store(folder: Path, *, journal_bytes: int = DEFAULT_LIMIT_BYTES) -> LabelStore:
    """The labels in a folder, to be painted; to be looked at only if somebody else is painting them.

    Parameters
    ----------
    folder : Path
        Made by `create_empty_label_store` or `create_label_store`.
    journal_bytes : int
        About how much disk space undo may take; the oldest steps are dropped [bytes].

    Raises
    ------
    LabelStoreDamaged
        If the folder is no label store, or its files contradict each other.
    """
    places = StorePlaces(folder)
    metadata = load_metadata(places.metadata)
    check_chunk_folder(places.labels, metadata.grid.shape)
    try:
        lock = take_writer_lock(places.lock)
    except LabelsReadOnly as error:
        return LabelStore(places, metadata, read_only_reason=f"{error.message} {error.hint}")
    try:
        steps, interruption = _open_steps(places, lock, journal_bytes)
        store = LabelStore(places, metadata)
        store.start_writing(steps, lock, interruption)
    except OSError as error:
        lock.release()
        reason = f"Expected a disk that can be written, found {error.strerror or error}, in {folder}."
        return LabelStore(places, metadata, read_only_reason=reason)
    except LabelsNotKept as error:
        lock.release()
        return LabelStore(places, metadata, read_only_reason=error.message)
    except BaseException:
        lock.release()
        raise
    return store


def _open_steps(places: StorePlaces, lock: WriterLock, journal_bytes: int) -> tuple[StepWriter, Interruption | None]:
    """The writer of steps behind the last finished one, and how the sitting before ended if not by closing."""
    history = read_history(places.journal)
    n_taken_back = _take_back_unfinished(history, places)
    journal = Journal(places.journal, history.end, limit_bytes=journal_bytes)
    steps = StepWriter(places.chunks, journal, history, place=places.folder)
    interruption = None
    if lock.left_by is not None or n_taken_back:
        interruption = _interruption(history, n_taken_back)
    # A sitting in which nothing was done needs no mark of its own.
    if [(mark.name, mark.position) for mark in history.marks[-1:]] != [(_OPENED, journal.end)]:
        steps.mark(_OPENED)
    return steps, interruption


def _take_back_unfinished(history: History, places: StorePlaces) -> int:
    """Number of chunks that a step which never ended had changed, and that are again what they were."""
    if history.unfinished is None:
        return 0
    chunks, n_changed = places.chunks, 0
    for chunk, encoded in before(places.journal, history.unfinished, history.end).chunks.items():
        if chunks.encoded(chunk) != encoded:
            chunks.replace(chunk, encoded)
            n_changed += 1
    return n_changed


def _interruption(history: History, n_taken_back: int) -> Interruption:
    opened = next((mark for mark in reversed(history.marks) if mark.name == _OPENED), None)
    since = opened.position if opened else 0
    return Interruption(opened, sum(step.begin >= since for step in history.undo), n_taken_back)
