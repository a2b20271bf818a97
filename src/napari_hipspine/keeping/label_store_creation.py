"""A label store made: empty for a grid, or as a copy of labels from elsewhere, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..domain.anatomy import Structure
from ..domain.blocks import BlockSource, boxes_of
from ..domain.errors import InvalidChoice, UnknownLabel
from ..domain.grid import Grid
from ..domain.label_map import LabelMap, Origin
from ..domain.subject import Progress, stay_silent
from .label_store_changes import values_in
from .label_store_chunks import (
    CHUNK_SHAPE,
    ChunkFolder,
    Overlap,
    create_chunk_folder,
    encode,
    overlaps,
)
from .label_store_errors import LabelsNotKept
from .label_store_keys import as_labels
from .label_store_metadata import StoreMetadata, metadata_of
from .label_store_notes import NoteTable
from .label_store_status import Place, Status
from .whole_folder import put_in_place, unfinished_folder

_STATUS_OF = {
    Origin.DRAWN: Status.DRAWN,
    Origin.SEMI_AUTOMATIC: Status.FILLED,
    Origin.IMPORTED: Status.IMPORTED,
}


@dataclass(frozen=True)
class StorePlaces:
    """Where everything of a store lies.

    Parameters
    ----------
    folder : Path
        The store.
    """

    folder: Path

    @property
    def metadata(self) -> Path:
        """Grid, structures, origin; a folder without it is no store."""
        return self.folder / "labels.json"

    @property
    def labels(self) -> Path:
        """The zarr array."""
        return self.folder / "labels.zarr"

    @property
    def journal(self) -> Path:
        """What chunks were before each step."""
        return self.folder / "journal"

    @property
    def notes(self) -> Path:
        """What is said of labels besides them: statuses, ends, fills, slabs, locks."""
        return self.folder / "statuses.json"

    @property
    def lock(self) -> Path:
        """Who is writing."""
        return self.folder / "writer.lock"

    @property
    def chunks(self) -> ChunkFolder:
        """The array's chunks as files."""
        return ChunkFolder(self.labels, self.folder / "chunk.unfinished")


def create_empty_label_store(
    folder: Path, grid: Grid, structures: Mapping[int, Structure], *, origin: Origin = Origin.DRAWN
) -> Path:
    """Folder of a new store without a label; it takes next to no space, however large the grid.

    Parameters
    ----------
    folder : Path
        Where it is to be; its parent exists.
    grid : Grid
        Where the labels lie.
    structures : mapping of int to Structure
        What each label value stands for.
    origin : Origin
        How the labels will be made.

    Raises
    ------
    InvalidChoice
        If something is there already.
    UnknownLabel
        If a label value is not from 1 to 65535 or a structure has several.
    LabelsNotKept
        If the disk does not take it.
    """
    nothing = np.broadcast_to(np.uint16(0), grid.shape)
    return _create(folder, LabelMap(nothing, grid, structures, origin=origin), None, stay_silent)


def create_label_store(folder: Path, label_map: LabelMap, *, progress: Progress = stay_silent) -> Path:
    """Folder of a new store with a copy of labels, which stay as they are.

    Structures that are there count as drawn, filled or imported, as the label map says how it was made.

    Parameters
    ----------
    folder : Path
        Where it is to be; its parent exists.
    label_map : LabelMap
        Read slab by slab, never whole.
    progress : callable
        Told how far it has come; may stop it, and then nothing is left.

    Raises
    ------
    InvalidChoice
        If something is there already.
    UnknownLabel
        If a label is negative or beyond 65535.
    LabelsNotKept
        If the disk does not take it.
    Cancelled
        If progress stops it.
    """
    return _create(folder, label_map, label_map.blocks(), progress)


def _create(folder: Path, label_map: LabelMap, source: BlockSource | None, progress: Progress) -> Path:
    metadata = metadata_of(label_map)
    _check_values(metadata)
    if folder.exists():
        raise InvalidChoice(
            f"Expected a place where nothing is yet, found something, in {folder}.",
            hint="Open the labels that are there, or choose another name.",
        )
    try:
        with unfinished_folder(folder.parent) as unfinished:
            places = StorePlaces(unfinished)
            create_chunk_folder(places.labels, metadata.grid.shape)
            places.journal.mkdir()
            statuses = _copy(source, places.chunks, metadata, progress) if source else {}
            NoteTable(places.notes, 0, statuses).save()
            metadata.save(places.metadata)
            put_in_place(unfinished, folder)
    except OSError as error:
        raise LabelsNotKept(
            f"Expected a disk that takes the labels, found {error.strerror or error}: nothing was made, in {folder}.",
            hint="Free disk space or choose another place.",
        ) from error
    return folder


def _check_values(metadata: StoreMetadata) -> None:
    largest = max(metadata.structures, default=1)
    if largest > np.iinfo(np.uint16).max:
        raise UnknownLabel(f"Expected label values up to 65535, found {largest}.")


def _copy(source: BlockSource, chunks: ChunkFolder, metadata: StoreMetadata, progress: Progress) -> dict[Place, Status]:
    """Copy every block that is not empty; statuses of the structures found."""
    status = _STATUS_OF[metadata.origin]
    found: dict[Place, Status] = {}
    slab = _copied_at_once(source.block_shape)
    boxes = list(boxes_of(metadata.grid.shape, slab))
    for done, box in enumerate(boxes):
        progress(done, len(boxes), "copying labels")
        if source.is_empty(box):
            continue
        labels = as_labels(source.read(box))
        for one in overlaps(box):
            plane = labels[one.target]
            if plane.any():
                chunks.replace(one.chunk, _encoded_plane(plane, one))
                found |= {(one.chunk[0], value): status for value in values_in(plane)}
    progress(len(boxes), len(boxes), "copying labels")
    return found


def _encoded_plane(plane: np.ndarray[tuple[int, ...], np.dtype[np.uint16]], one: Overlap) -> bytes:
    chunk = np.zeros(CHUNK_SHAPE[1:], dtype=np.uint16)
    chunk[one.inside] = plane
    return encode(chunk)


def _copied_at_once(block_shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """Whole chunks of ours, at least one block of theirs: none of theirs is unpacked for each of its slices."""
    rows, columns = (-(-block_shape[axis] // CHUNK_SHAPE[axis]) * CHUNK_SHAPE[axis] for axis in (1, 2))
    return block_shape[0], rows, columns
