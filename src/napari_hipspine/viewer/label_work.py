"""Labels of one open series on disk: where they lie, what came of an earlier sitting, where muscles begin and end."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from psygnal import Signal

from ..domain.anatomy import Structure
from ..domain.errors import HipSpineError, InvalidChoice
from ..domain.label_map import LabelMap
from ..domain.subject import Progress, stay_silent
from ..keeping.journal_history import Mark
from ..keeping.label_store import LabelStore
from ..keeping.label_store_changes import LabelChange, Stage
from ..keeping.label_store_creation import create_label_store
from ..keeping.label_store_errors import LabelsNotKept
from ..keeping.label_store_opening import open_label_store
from ..keeping.label_store_status import Status
from ..keeping.user_folders import data_folder
from ..segmenting.flow_store import FlowMemory
from ..workflows.open_study import Study
from ..workflows.open_subject import ImageFiles, LabelFiles
from ..workflows.subject_key import subject_of_path

ENVIRONMENT_VARIABLE = "NAPARI_HIPSPINE_WORK"
"""Names another folder for labels that are worked on."""

KEYS = frozenset({Status.DRAWN, Status.EDITED, Status.APPROVED})
"""Slices a person has seen to: what lies between them can be filled."""

Extent = tuple[int | None, int | None]
"""First and last slice of a muscle; None where nobody has said."""

_STORE = "labels"
_MARKS = "muscle_ends.json"
_NAME_LENGTH = 40
_PASSING = "napari-hipspine-"


class LabelWork:
    """Labels in a store, and what is known of them besides.

    Parameters
    ----------
    store : LabelStore
        Open, for writing or for looking only.
    is_resumed : bool
        Whether the labels were there already when they were opened.

    Attributes
    ----------
    changed : psygnal.Signal
        Emitted with the `LabelChange` of every finished or taken-back step, and with None when locks, statuses or
        ends of muscles changed.
    """

    changed = Signal(object)

    def __init__(self, store: LabelStore, *, is_resumed: bool) -> None:
        self.store = store
        self.is_resumed = is_resumed
        self.flows = FlowMemory()
        self.protected_since_drawn = False
        self.is_bound = False
        self._to_look_at: tuple[tuple[int, int], ...] = ()
        self._is_closed = False
        self._extents = _load_extents(self._marks_path)
        store.observe(self._hear)
        atexit.register(self.close)

    @property
    def read_only_reason(self) -> str:
        """Why nothing can be painted; empty when it can."""
        return self.store.read_only_reason if self.store.is_read_only else ""

    @property
    def is_closed(self) -> bool:
        """Whether the labels were closed."""
        return self._is_closed

    @property
    def extents(self) -> Mapping[int, Extent]:
        """First and last slice by label value, where somebody has said."""
        return dict(self._extents)

    def notice(self) -> str:
        """What the reader should know about an earlier sitting or another window; empty if nothing."""
        if self.read_only_reason:
            return f"Read only: {self.read_only_reason}"
        ended = self.store.interruption
        if ended is not None:
            return (
                f"The last sitting ended without closing. {_counted(ended.n_steps)} of it are kept; undo still works."
            )
        if self.is_resumed:
            return "Your work on these labels goes on where it was left. The file they came from is untouched."
        return ""

    def keys_of(self, value: int) -> tuple[int, ...]:
        """Slices on which a person has drawn, edited or approved a structure."""
        return tuple(sorted(s for (s, v), status in self.store.statuses().items() if v == value and status in KEYS))

    @property
    def to_look_at(self) -> tuple[tuple[int, int], ...]:
        """Filled slices with the label value whose border is unsure there, the worst first."""
        return tuple(place for place in self._to_look_at if self.store.status(*place) is Status.FILLED)

    def look_at(self, places: tuple[tuple[int, int], ...]) -> None:
        """Remember what a fill was unsure about."""
        self._to_look_at = places
        self.changed.emit(None)

    def approve(self, slice_index: int, value: int) -> bool:
        """Say that a muscle is good on a slice; whether there was something to approve."""
        return self.store.set_status([slice_index], value, Status.APPROVED) is not None

    def set_extent(self, value: int, *, first: int | None = None, last: int | None = None) -> None:
        """Say where a muscle begins, or where it ends; saying it again on the same slice takes it back.

        Raises
        ------
        InvalidChoice
            If it would end before it begins, or outlines lie beyond.
        """
        before_first, before_last = self._extents.get(value, (None, None))
        extent = (
            before_first if first is None else None if first == before_first else first,
            before_last if last is None else None if last == before_last else last,
        )
        self._check_extent(value, extent)
        self._extents = {**self._extents, value: extent}
        if extent == (None, None):
            del self._extents[value]
        _save_extents(self._marks_path, self._extents)
        self.changed.emit(None)

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
        with contextlib.suppress(HipSpineError, OSError):
            self.store.close()
        self._is_closed = True
        atexit.unregister(self.close)

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

    @property
    def _marks_path(self) -> Path:
        return self.store.folder.with_name(_MARKS)

    def _hear(self, change: LabelChange) -> None:
        self.protected_since_drawn |= bool(change.n_protected) or change.stage is Stage.TAKEN_BACK
        if change.stage is not Stage.WRITTEN:
            self.changed.emit(change)


def work_folder() -> Path:
    """Where labels that are worked on lie: what the platform has for a program's data, or the folder named."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return Path(named)
    return data_folder() / "labels"


def place_of_labels(pictures: ImageFiles | None, outlines: LabelFiles | None, *, study: Study | None = None) -> Path:
    """Folder for the labels of a series: the same files lead to the same folder, so that work is found again.

    Samples and pictures that came from no file get a folder of their own that lasts as long as the program; those of
    a study lie in its folder, called by paths within it, so that they move with it.
    """
    if pictures is None or (outlines is not None and is_sample(Path(outlines.labels))):
        return _passing_folder()
    root = study.project.folder if study is not None and study.labels_home is not None else None
    said = [_place_in(root, path) for path in pictures.paths] + [pictures.series or ""]
    if outlines is not None:
        said += [_place_in(root, Path(outlines.labels)), str(outlines.naming), str(outlines.series or "")]
    if pictures.orientation is not None:
        said.append(pictures.orientation)
    digest = hashlib.sha256("\n".join(said).encode()).hexdigest()[:12]
    home = study.labels_home if study is not None and study.labels_home is not None else work_folder()
    return home / f"{_as_folder_name(subject_of_path(pictures.paths[0]))}-{digest}"


def _place_in(root: Path | None, path: Path) -> str:
    """A path as it stays when the study folder moves; absolute outside of it."""
    absolute = path.absolute()
    return absolute.relative_to(root).as_posix() if root and absolute.is_relative_to(root) else str(absolute)


def fresh_place(name: str) -> Path:
    """A folder for labels that came from a layer: nothing was worked on there before."""
    now = datetime.now().astimezone()
    return work_folder() / f"{_as_folder_name(name)}-{now:%Y%m%d-%H%M%S-%f}"


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
        create_label_store(folder, label_map, progress=progress)
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


def _as_folder_name(words: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", words).strip("-")[:_NAME_LENGTH] or "labels"


def is_sample(path: Path) -> bool:
    """Whether a file came with the package."""
    return path.absolute().is_relative_to(Path(__file__).parents[1].absolute())


def is_passing_place(place: Path) -> bool:
    """Whether labels lie where they last only as long as the program."""
    return place.name.startswith(_PASSING) and place.parent == Path(tempfile.gettempdir())


def _passing_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix=_PASSING))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _load_extents(path: Path) -> dict[int, Extent]:
    """Ends of muscles as last said; none where the file is missing or makes no sense: no number rests on it."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return {int(value): (first, last) for value, (first, last) in said.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _save_extents(path: Path, extents: Mapping[int, Extent]) -> None:
    unfinished = path.with_suffix(".unfinished")
    try:
        unfinished.write_text(json.dumps({str(value): extent for value, extent in extents.items()}), encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise InvalidChoice(
            f"Expected a disk that takes where muscles end, found {error.strerror or error}, in {path.parent}.",
            hint="Free disk space, then mark it again.",
        ) from error


def _counted(n_steps: int) -> str:
    return f"{n_steps} step" if n_steps == 1 else f"{n_steps} steps"
