"""Labels of one open series on disk: where muscles end, what wants a look, what came of an earlier sitting."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from psygnal import Signal

from ..domain.anatomy import Structure
from ..domain.errors import HipSpineError, InvalidChoice
from ..domain.label_map import LabelMap
from ..domain.subject import Progress, stay_silent
from ..keeping.journal_history import Mark
from ..keeping.label_store import LabelStore
from ..keeping.label_store_changes import Interruption, LabelChange, Stage
from ..keeping.label_store_creation import create_label_store
from ..keeping.label_store_errors import LabelsNotKept
from ..keeping.label_store_notes import NOBODY_SAID, Extent, Notes
from ..keeping.label_store_opening import open_label_store
from ..keeping.label_store_status import Status
from ..segmenting.flow_store import FlowMemory
from .label_places import ENVIRONMENT_VARIABLE
from .label_sums import LabelSums

KEYS = frozenset({Status.DRAWN, Status.EDITED, Status.APPROVED})
"""Slices a person has seen to: what lies between them can be filled."""

UNSURE_MM = 2.0
"""Where the two key slices see a muscle's border further apart than this on average, a person should look [mm]."""

_STORE = "labels"


class LabelWork:
    """Labels in a store, and what is known of them besides.

    Let go of by everybody, the store is closed, so that others may write.

    Parameters
    ----------
    store : LabelStore
        Open, for writing or for looking only.
    is_resumed : bool
        Whether the labels were there already when they were opened.

    Attributes
    ----------
    sums : LabelSums
        Checksums of the slices as they are painted.
    changed : psygnal.Signal
        Emitted with the `LabelChange` of every finished or taken-back step, and with None when locks changed.
    """

    changed = Signal(object)

    def __init__(self, store: LabelStore, *, is_resumed: bool) -> None:
        self.store = store
        self.is_resumed = is_resumed
        self.sums = LabelSums(store.labels)
        self.flows = FlowMemory()
        self.protected_since_drawn = False
        self.is_bound = False
        self._recovery = store.interruption
        store.observe(_told_while_there(self))
        self._closing = weakref.finalize(self, _close, store)

    @property
    def read_only_reason(self) -> str:
        """Why nothing can be painted; empty when it can."""
        return self.store.read_only_reason if self.store.is_read_only else ""

    @property
    def is_closed(self) -> bool:
        """Whether the labels were closed."""
        return not self._closing.alive

    @property
    def recovery(self) -> Interruption | None:
        """How the sitting before ended, if not by closing, until somebody has said what is to become of it."""
        return self._recovery

    def notice(self) -> str:
        """What the reader should know about an earlier sitting or another window; empty if nothing."""
        if self.read_only_reason:
            return f"Read only: {self.read_only_reason}"
        if self._recovery is not None:
            kept = _counted(self._recovery.n_steps)
            return f"The last sitting ended without closing. What it left is here: {kept}. Keep it, or discard it?"
        if self.is_resumed:
            return "Your work on these labels goes on where it was left. The file they came from is untouched."
        return ""

    def keep_recovered(self) -> None:
        """Keep what a sitting left that ended without closing."""
        self._recovery = None
        self.changed.emit(None)

    def discard_recovered(self) -> LabelChange | None:
        """Make everything but locked muscles what it was before that sitting; can itself be undone."""
        found, self._recovery = self._recovery, None
        return None if found is None or found.opened is None else self.store.discard_since(found.opened)

    def keys_of(self, value: int) -> tuple[int, ...]:
        """Slices on which a person has drawn, edited or approved a structure."""
        return tuple(sorted(s for (s, v), status in self.store.statuses().items() if v == value and status in KEYS))

    @property
    def to_look_at(self) -> tuple[tuple[int, int], ...]:
        """Filled slices with the label value whose border is unsure there, the worst first."""
        doubts = {
            place: note.doubt_mm
            for place, note in self.store.fills.items()
            if note.doubt_mm >= UNSURE_MM and self.store.status(*place) is Status.FILLED
        }
        return tuple(sorted(doubts, key=lambda place: (-doubts[place], place)))

    def approve(self, slices: Iterable[int], values: Iterable[int]) -> int:
        """Say that muscles are good on some slices; on how many there was something to approve."""
        store, wanted = self.store, list(values)
        places = [(index, value) for index in slices for value in wanted]
        new = [place for place in places if store.status(*place) not in (Status.EMPTY, Status.APPROVED)]
        if new:
            store.say(Notes(dict.fromkeys(new, Status.APPROVED)), "approve")
        return len(new)

    def approve_imported(self) -> int:
        """Say that everything that came from a file is good; on how many slices there was something."""
        imported = [place for place, status in self.store.statuses().items() if status is Status.IMPORTED]
        if imported:
            self.store.say(Notes(dict.fromkeys(imported, Status.APPROVED)), "approve what was imported")
        return len(imported)

    @property
    def extents(self) -> Mapping[int, Extent]:
        """First and last slice by label value, where somebody has said."""
        return self.store.extents

    def set_extent(self, value: int, *, first: int | None = None, last: int | None = None) -> None:
        """Say where a muscle begins, or where it ends; saying it again on the same slice takes it back.

        Raises
        ------
        InvalidChoice
            If it would end before it begins, or outlines lie beyond.
        """
        before_first, before_last = self.extents.get(value, NOBODY_SAID)
        extent = (
            before_first if first is None else None if first == before_first else first,
            before_last if last is None else None if last == before_last else last,
        )
        self._check_extent(value, extent)
        self.store.say(Notes(extents={value: extent}), "starts here" if last is None else "ends here")

    def toggle_slab(self, slice_index: int) -> None:
        """Say that a slab of another angulation begins on a slice; saying it again takes it back."""
        self.store.say(Notes(slabs={slice_index: slice_index not in self.store.slabs}), "new slab here")

    def slabs(self) -> Sequence[int]:
        """Number of the slab of every slice."""
        begins, n_slices = self.store.slabs, self.store.grid.shape[0]
        return [sum(begin <= index for begin in begins) for index in range(n_slices)]

    def lock(self, values: Iterable[int], *, locked: bool) -> None:
        """Say whether nobody may change some labels."""
        wanted = frozenset(values)
        self.store.set_locked(self.store.locked | wanted if locked else self.store.locked - wanted)
        self.changed.emit(None)

    def name(self, structures: Mapping[int, Structure]) -> None:
        """Say anew what each label value stands for, and keep it."""
        if not self.read_only_reason:
            self.store.set_structures(structures)

    def past(self) -> list[tuple[str, Mark]]:
        """Moments that can be gone back to, newest first, each in words."""
        found = []
        for number, mark in enumerate(self.store.marks()):
            when = datetime.fromisoformat(mark.time).astimezone()
            what = "as they were first opened" if number == 0 else "as they were opened"
            found.append((f"{what}, {when:%d %b %Y %H:%M}", mark))
        return found[::-1]

    def discard_since(self, mark: Mark) -> LabelChange | None:
        """Make everything but locked muscles what it was; can itself be undone.

        Raises
        ------
        HistoryTooShort
            If the journal no longer reaches back so far.
        """
        return self.store.discard_since(mark)

    def close(self) -> None:
        """Let others write; the labels can still be looked at."""
        self._closing()

    def hear(self, change: LabelChange) -> None:
        """Pass on what happened in the store."""
        self.sums.touch(change.slices)
        self.protected_since_drawn |= bool(change.n_protected) or change.stage is Stage.TAKEN_BACK
        if change.stage is not Stage.WRITTEN:
            self.changed.emit(change)

    def _check_extent(self, value: int, extent: Extent) -> None:
        first, last = extent
        if first is not None and last is not None and last < first:
            raise InvalidChoice(f"Expected a muscle that begins before it ends, found slices {first} and {last}.")
        beyond = [
            key
            for key in self.keys_of(value)
            if (first is not None and key < first) or (last is not None and key > last)
        ]
        if beyond:
            raise InvalidChoice(
                f"Expected no outline beyond the ends of the muscle, found one on slice {beyond[0]}.",
                hint="Erase it there, or mark another slice.",
            )


def open_label_work(
    place: Path, label_map: LabelMap, *, held: LabelWork | None = None, progress: Progress = stay_silent
) -> LabelWork:
    """The labels in a folder; a copy of a label map is made there if none are.

    Parameters
    ----------
    place : Path
        From `place_of_labels` or `fresh_place`.
    label_map : LabelMap
        What is copied; it stays as it is. What lies in the folder already is taken only if it is on the same grid.
    held : LabelWork, optional
        Labels that are open; given back if they are those in the folder.

    Raises
    ------
    InvalidChoice
        If labels on another grid lie there.
    HipSpineError
        Whatever the disk refuses.
    """
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabelsNotKept(
            f"Expected a folder for labels that are worked on, found {error.strerror or error}, at {place}.",
            hint=f"Let {ENVIRONMENT_VARIABLE} name a folder that can be written.",
        ) from error
    folder = place / _STORE
    if held is not None and held.store.folder == folder and not held.is_closed:
        return held
    is_resumed = folder.exists()
    if not is_resumed:
        try:
            create_label_store(folder, label_map, progress=progress)
        except HipSpineError:
            with contextlib.suppress(OSError):
                place.rmdir()
            raise
    store = open_label_store(folder)
    if not store.grid.same_as(label_map.grid):
        difference = store.grid.difference_from(label_map.grid)
        store.close()
        raise InvalidChoice(
            f"Expected the labels that were begun on this image, found {difference}, in {folder}.",
            hint="The image file was replaced since. Move that folder away, then open the labels again.",
        )
    return LabelWork(store, is_resumed=is_resumed)


def resume_label_work(place: Path) -> LabelWork | None:
    """The labels in a folder, wherever they were copied from; None if there are none.

    Raises
    ------
    LabelStoreDamaged
        If what lies there makes no sense.
    """
    folder = place / _STORE
    return LabelWork(open_label_store(folder), is_resumed=True) if folder.is_dir() else None


def _told_while_there(work: LabelWork) -> Callable[[LabelChange], None]:
    """An observer of the store that does not keep its owner alive."""
    owner = weakref.ref(work)

    def tell(change: LabelChange) -> None:
        there = owner()
        if there is not None:
            there.hear(change)

    return tell


def _close(store: LabelStore) -> None:
    with contextlib.suppress(HipSpineError, OSError):
        store.close()


def _counted(n_steps: int) -> str:
    return f"{n_steps} step" if n_steps == 1 else f"{n_steps} steps"
