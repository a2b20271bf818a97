"""What anybody may do with a label store: look, ask for statuses, take snapshots."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from pathlib import Path

from ..domain.anatomy import Structure
from ..domain.grid import Grid
from ..domain.label_map import LabelMap
from .journal_history import Chunk, History, Mark, read_history
from .label_store_creation import StorePlaces
from .label_store_metadata import StoreMetadata
from .label_store_notes import Extent, FillNote, NoteTable, load_notes, unpacked_changes
from .label_store_snapshot import LabelSnapshot
from .label_store_status import Place, Status
from .label_store_view import StoredLabels


class LabelReading:
    """A label store as a reader sees it: finished steps up to the last `refresh`.

    Parameters
    ----------
    places : StorePlaces
        Where everything lies.
    metadata : StoreMetadata
        Grid, structures, origin.
    """

    def __init__(self, places: StorePlaces, metadata: StoreMetadata) -> None:
        self._places = places
        self._metadata = metadata
        self.labels = StoredLabels(self, metadata.grid.shape)
        self._snapshots: weakref.WeakSet[LabelSnapshot] = weakref.WeakSet()
        self.refresh()

    @property
    def folder(self) -> Path:
        """Where the store lies."""
        return self._places.folder

    @property
    def grid(self) -> Grid:
        """Where the labels lie."""
        return self._metadata.grid

    @property
    def structures(self) -> Mapping[int, Structure]:
        """What each label value stands for."""
        return self._metadata.structures

    @property
    def locked(self) -> frozenset[int]:
        """Label values that nobody may change."""
        return self._table.locked

    def status(self, slice_index: int, value: int) -> Status:
        """How far a structure is on a slice."""
        return self._table.status((slice_index, value))

    def statuses(self) -> dict[Place, Status]:
        """Status by slice index and label value; those not named are empty."""
        return dict(self._table.statuses)

    @property
    def extents(self) -> dict[int, Extent]:
        """First and last slice by label value, where somebody has said."""
        return dict(self._table.extents)

    @property
    def fills(self) -> dict[Place, FillNote]:
        """What is remembered of fills, by slice index and label value."""
        return dict(self._table.fills)

    @property
    def slabs(self) -> frozenset[int]:
        """Slices on which a slab of another angulation begins."""
        return frozenset(self._table.slabs)

    def marks(self) -> tuple[Mark, ...]:
        """Points in the past that can be gone back to, oldest first."""
        return tuple(self._history.marks)

    def encoded(self, chunk: Chunk) -> bytes:
        """Bytes of a chunk as it was at the last `refresh`."""
        return self._seen.encoded(chunk)

    def may_hold(self, slice_index: int) -> bool:
        """Whether anything was ever painted on a slice."""
        return self._places.chunks.may_hold(slice_index)

    def refresh(self) -> None:
        """See what is finished by now, where somebody else is writing."""
        # First the journal, then the file: what is in neither cannot be lost between the two looks.
        self._history = read_history(self._places.journal)
        self._table = load_table(self._places.notes, self._history)
        self._seen = self._snapshot_at(self._history.committed_end)

    def snapshot(self) -> LabelSnapshot:
        """Labels of all steps finished by now, which stay as they are while painting goes on."""
        return self._snapshot_at(read_history(self._places.journal).committed_end)

    def label_map(self, snapshot: LabelSnapshot | None = None) -> LabelMap:
        """The labels of a snapshot with their meaning, to be measured or written; by default as they are now."""
        return self._metadata.label_map(self.labels if snapshot is None else snapshot)

    def _snapshot_at(self, position: int) -> LabelSnapshot:
        made = LabelSnapshot(self._places.chunks, self._places.journal, position, shape=self.grid.shape)
        self._snapshots.add(made)
        return made


def load_table(path: Path, history: History) -> NoteTable:
    """What is said of labels as last written, and what finished steps have changed since."""
    table = load_notes(path)
    for number, said in history.notes:
        table.take(number, unpacked_changes(said))
    return table
