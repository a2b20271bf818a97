"""Labels as they were at one moment, while painting goes on."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from .journal import JournalReader
from .journal_frames import FrameKind, unpacked_chunk
from .journal_history import Chunk
from .label_store_chunks import ChunkFolder
from .label_store_keys import Shape
from .label_store_view import StoredLabels


class PastChunks:
    """Chunks as they were at a position of the journal.

    A writer notes what a chunk was before it replaces it. So the chunk's file is read first and the journal after:
    a chunk the journal does not speak of has not changed, and of one it speaks of, the oldest note is what it was.

    Parameters
    ----------
    chunks : ChunkFolder
        The chunks as they are.
    journal : Path
        Folder of the journal.
    position : int
        End of the last step that belongs to this view.
    """

    def __init__(self, chunks: ChunkFolder, journal: Path, position: int) -> None:
        self._chunks = chunks
        self._reader = JournalReader(journal, position)
        self._before: dict[Chunk, bytes] = {}
        self._lock = threading.Lock()
        self.position = position

    def encoded(self, chunk: Chunk) -> bytes:
        """Bytes of a chunk as they were.

        Raises
        ------
        HistoryTooShort
            If the journal was cut so much that they are no longer known.
        """
        now = self._chunks.encoded(chunk)
        return self._changed().get(chunk, now)

    def may_hold(self, slice_index: int) -> bool:
        """Whether a slice may have held a label: chunks are emptied one by one, their folder stays."""
        return self._chunks.may_hold(slice_index)

    def changed_slices(self) -> frozenset[int]:
        """Slices with a chunk that was written since, finished or not."""
        return frozenset(chunk[0] for chunk in self._changed())

    def _changed(self) -> dict[Chunk, bytes]:
        with self._lock:
            for frame in self._reader.new_frames():
                if frame.kind is FrameKind.CHUNK:
                    chunk, encoded = unpacked_chunk(frame.content)
                    self._before.setdefault(chunk, encoded)
            return self._before


class LabelSnapshot(StoredLabels):
    """Labels of finished steps only, that stay as they are whatever is painted afterwards.

    Parameters
    ----------
    chunks : ChunkFolder
        The chunks as they are.
    journal : Path
        Folder of the journal.
    position : int
        End of the last step that belongs to this view.
    shape : tuple of int
        ``(n_slices, n_rows, n_columns)``.
    """

    def __init__(self, chunks: ChunkFolder, journal: Path, position: int, *, shape: Shape) -> None:
        self._past = PastChunks(chunks, journal, position)
        self._made_from = (chunks, journal, position, shape)
        super().__init__(self._past, shape)

    @property
    def position(self) -> int:
        """End of the last step that belongs to this view, in the journal."""
        return self._past.position

    def changed_slices(self) -> frozenset[int]:
        """Slices that were painted since, and may now be others; what has to be measured anew.

        Raises
        ------
        HistoryTooShort
            If the journal was cut so much that they are no longer known.
        """
        return self._past.changed_slices()

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, self._made_from


def _reopened(chunks: ChunkFolder, journal: Path, position: int, shape: Shape) -> LabelSnapshot:
    return LabelSnapshot(chunks, journal, position, shape=shape)
