"""What is open now, as evented plain Python: values, what they allow next, and no window."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from psygnal import Signal

from ..domain.blocks import VoxelArray
from ..domain.errors import InvalidChoice
from ..domain.label_map import LabelMap
from ..domain.subject import SubjectKey, SubjectResult
from ..domain.volume import Contrast, FatPolarity, WaterFat
from ..keeping.label_store_errors import HistoryTooShort
from ..keeping.label_store_snapshot import LabelSnapshot
from ..measuring.fat_threshold import STALE
from ..workflows.changed_numbers import ChangedNumbers
from ..workflows.measure_subject import CountedResult
from ..workflows.open_study import Study
from ..workflows.open_subject import ImageFiles, declare
from ..workflows.subject_key import series_word
from .preferred import WITH_STUDY, Preferences
from .series_work import EditedSlices, Measured, MeasureRequest, SeriesWork, SubjectWords
from .slice_checksums import slice_checksums

_FOLLOWED = frozenset({"the labels", "the levels", "the thresholds", "the subject"})
"""Changes that the numbers follow by themselves, because no voxel of an untouched slice is read for them."""

EDITED_NOTE = "labels edited in the window after they were opened"


class Session:
    """What is open in one viewer. Every change tells its name through `changed`.

    Attributes
    ----------
    changed : psygnal.Signal
        Emitted with ``"who"``, ``"works"``, ``"current"``, ``"doing"``, ``"study"`` or the name of a field of
        `SeriesWork`.
    parted : psygnal.Signal
        Emitted with a series, as it was last, after it was closed.
    preferred : Preferences
        What the reader prefers.
    """

    changed = Signal(str)
    parted = Signal(object)

    def __init__(self) -> None:
        self._works: tuple[SeriesWork, ...] = ()
        self._current = -1
        self._doing = ""
        self._study: Study | None = None
        self.preferred = Preferences()
        self._awaited = SubjectWords()

    @property
    def labels_study(self) -> Study | None:
        """The study in whose folder labels are painted; None where the reader wants them on this computer."""
        return self._study if self.preferred.labels_place == WITH_STUDY else None

    @property
    def study(self) -> Study | None:
        """The study that is worked through."""
        return self._study

    def set_study(self, study: Study | None) -> None:
        """Work through a study, or remember what is known of it by now."""
        self._study = study
        self.changed.emit("study")

    @property
    def who(self) -> SubjectWords:
        """Whose series is worked on, or who was chosen in the study and has none that is open."""
        return self.work.who if self.work else self._awaited

    @property
    def works(self) -> tuple[SeriesWork, ...]:
        """Every series that is open."""
        return self._works

    @property
    def current(self) -> int:
        """Number of the series that is worked on; -1 when none is open."""
        return self._current

    @property
    def work(self) -> SeriesWork | None:
        """The series that is worked on."""
        return self._works[self._current] if self._works else None

    @property
    def doing(self) -> str:
        """What is being done in the background, in words; empty when nothing is."""
        return self._doing

    def await_subject(self, who: SubjectWords) -> None:
        """Take series that are opened from now on for those of a subject of the study."""
        self._awaited = who
        self.changed.emit("who")

    def owner_of(self, work: SeriesWork) -> SubjectWords:
        """Whose a series is that was just opened: of the subject worked on, unless its file names another one."""
        is_of_study = self._study is not None and self._study.project.folder is not None
        names_another = work.who.subject_id.startswith("sub-") and work.who.subject_id != self.who.subject_id
        return self.who if is_of_study and self.who.subject_id and not names_another else work.who

    def introduce(self, who: SubjectWords) -> None:
        """Say who is measured; all open series of the same subject are renamed together."""
        before = self.who
        if self.work is not None and who != before:
            self._works = tuple(replace(w, who=who) if w.who == before else w for w in self._works)
            self.changed.emit("who")

    def add(self, work: SeriesWork) -> None:
        """Open one more series and work on it."""
        if not work.who.reader_id and self.preferred.reader_id:
            work = replace(work, who=replace(work.who, reader_id=self.preferred.reader_id))
        self._works = (*self._works, work)
        self.changed.emit("works")
        self.choose(len(self._works) - 1)

    def remove(self, number: int) -> None:
        """Close a series."""
        parted = self._works[number]
        self._works = (*self._works[:number], *self._works[number + 1 :])
        self._current = min(self._current - (number < self._current), len(self._works) - 1)
        self.changed.emit("works")
        self.changed.emit("current")
        self.parted.emit(parted)

    def replace_work(self, number: int, **values: Any) -> None:
        """Replace values of any open series, by the names of `SeriesWork`."""
        before = self._works[number]
        after = replace(before, **values)
        self._works = (*self._works[:number], after, *self._works[number + 1 :])
        for name in values:
            if getattr(before, name) is not getattr(after, name):
                self.changed.emit(name)

    def choose(self, number: int) -> None:
        """Work on another open series."""
        if not 0 <= number < len(self._works):
            raise InvalidChoice(f"Expected a series from 0 to {len(self._works) - 1}, found {number}.")
        if number != self._current:
            self._current = number
            self.changed.emit("current")

    def change(self, **values: Any) -> None:
        """Replace values of the series that is worked on, by the names of `SeriesWork`."""
        if self.work is None:
            raise InvalidChoice("Expected an open image, found none.", hint="Open one in step 1.")
        self.replace_work(self._current, **values)

    def remember_view(self, **values: Any) -> None:
        """Keep what the reader looks at, by the names of `Seen`; nobody is told, for nothing follows from it."""
        if self.work is not None:
            work = replace(self.work, seen=replace(self.work.seen, **values))
            self._works = (*self._works[: self._current], work, *self._works[self._current + 1 :])

    def say_doing(self, words: str) -> None:
        """Say what is being done in the background; empty when it has ended."""
        if words != self._doing:
            self._doing = words
            self.changed.emit("doing")

    def declare(
        self,
        *,
        contrast: Contrast | None = None,
        fat_polarity: FatPolarity | None = None,
        allows_fat_suppressed: bool = False,
    ) -> None:
        """Keep what the reader says of a single image; water and fat speak for themselves."""
        if self.work is None or isinstance(self.work.opened, WaterFat):
            return
        place = self.work.opened.source.path or self.work.name
        pictures = replace(
            self.work.pictures or ImageFiles(image=place),
            contrast=contrast,
            fat_polarity=fat_polarity,
            allows_fat_suppressed=allows_fat_suppressed,
        )
        declared = declare(self.work.opened, pictures)
        self.change(declared=declared, **({"pictures": pictures} if self.work.pictures else {}))

    def measure_request(self) -> MeasureRequest:
        """The wish to measure what is open now; of the labels as they are now, so that painting may go on.

        Raises
        ------
        InvalidChoice
            If something is missing; the message says what.
        """
        missing = self.why_not_measure()
        work = self.work
        if missing or work is None or work.label_map is None:
            raise InvalidChoice(missing or "Expected an open image, found none.")
        labels: VoxelArray = (
            np.array(work.label_map.labels[...]) if work.label_work is None else (work.label_work.store.snapshot())
        )
        edited = _edited_slices(work, labels)
        notes = (*work.label_map.notes, *((EDITED_NOTE,) if edited.slices else ()))
        return MeasureRequest(
            image=work.image,
            label_map=replace(work.label_map, labels=labels, notes=notes),
            key=self.key(),
            level_plan=work.level_plan,
            protocol=work.protocol,
            fat_roi=work.fat_now,
            fat_work=work.fat_work,
            review=work.review,
            inputs=work.inputs,
            implants=work.implants,
            n_workers=self.preferred.n_workers,
            edited=edited,
        )

    def key(self) -> SubjectKey:
        """What every row of the tables begins with."""
        return key_of(self.work) if self.work else SubjectKey("")

    def keep_result(
        self, request: MeasureRequest, result: SubjectResult, *, changed: ChangedNumbers | None = None
    ) -> None:
        """Keep a result with the series it belongs to, even if another one is worked on by now."""
        labels = request.label_map.labels
        checksums = () if isinstance(labels, LabelSnapshot) else slice_checksums(labels)
        measured = Measured(result, request, checksums, changed)
        for number, work in enumerate(self._works):
            if work.image is request.image:
                self.replace_work(number, measured=measured, stale_slices=frozenset(), is_fat_stale=False)
                if number == self._current:
                    self.look_at_labels()

    def look_at_labels(self) -> None:
        """Find out which slices, and whether the fat beside the muscles, were painted since they were measured."""
        work = self.work
        if work is None or work.label_map is None or work.measured is None:
            return
        stale = _stale_slices(work.measured, work.label_map.labels)
        if stale != work.stale_slices:
            self.change(stale_slices=stale)
        fat = work.measured.request.fat_roi
        is_fat_stale = bool(work.fat_roi and fat and _stale_voxels(fat.labels, work.fat_roi.labels))
        if is_fat_stale != work.is_fat_stale:
            self.change(is_fat_stale=is_fat_stale)

    def refresh_request(self) -> MeasureRequest | None:
        """The wish to bring the numbers up to date, where they can follow what has changed by themselves."""
        work = self.work
        if work is None or work.measured is None or work.label_map is None:
            return None
        if self.why_not_measure():
            return None
        if not work.label_map.grid.same_as(work.image.grid):
            return None
        changed = self._changed_since(work, work.measured)
        return self.measure_request() if changed and _FOLLOWED.issuperset(changed) else None

    def why_not_measure(self) -> str:
        """What is missing before measuring, as a sentence; empty when nothing is."""
        work = self.work
        if self._doing:
            return f"Wait until {self._doing} has ended, or cancel it."
        if work is None:
            return "Open an image first (step 1)."
        if not self.who.subject_id.strip():
            return "Give the subject a pseudonym first (step 1)."
        if work.asks_for_polarity:
            return "Say first whether fat is bright or dark on this series (step 1)."
        if work.asks_for_fat_suppressed:
            return "Fat was suppressed on this series; allow it in step 1, or use another series."
        if work.unconfirmed_levels:
            return f"Confirm the suggested level {', '.join(work.unconfirmed_levels)} first (step 2)."
        if work.label_map is None:
            return "Open or draw labels first (step 3)."
        if not work.n_structures:
            return "Say first which muscle each label value is (step 3)."
        return ""

    def why_not_export(self) -> str:
        """What is missing before the tables can be written, as a sentence; empty when nothing is."""
        work = self.work
        if work is None or work.measured is None:
            return "Find the thresholds first (step 4)."
        return self.why_stale()

    def why_stale(self) -> str:
        """What was changed since the table was measured, as a sentence; empty when nothing was."""
        work = self.work
        if work is None or work.measured is None:
            return ""
        named = self._changed_since(work, work.measured)
        if not named:
            return ""
        needed = "Find the thresholds anew (step 4)."
        if _FOLLOWED.issuperset(named):
            needed = self.why_not_measure() or _following_words(work.measured)
        return f"Changed since it was measured: {', '.join(named)}. {needed}"

    def forget_acceptance(self) -> None:
        """Before fat beside the muscles is proposed anew on something else, nobody has accepted that proposal."""
        work = self.work
        if work is None or work.measured is None or not work.review.accepts_fat_roi:
            return
        result = work.measured.result
        found = result.counted.thresholds.muscles.values() if isinstance(result, CountedResult) else ()
        if self._changed_since(work, work.measured) or any(STALE in one.flags for one in found):
            self.change(review=replace(work.review, accepts_fat_roi=False))

    def follows_by_itself(self) -> bool:
        """Whether the numbers follow what has changed without being asked for."""
        work = self.work
        if work is None or work.measured is None:
            return False
        return _FOLLOWED.issuperset(self._changed_since(work, work.measured))

    def is_up_to_date(self, work: SeriesWork) -> bool:
        """Whether an open series was measured and nothing has changed since."""
        measured = work.measured
        return measured is not None and not self._changed_since(work, measured) and not _painted_since(work, measured)

    def _changed_since(self, work: SeriesWork, measured: Measured) -> list[str]:
        asked = measured.request
        changed = {
            "the image or what is said of it": work.image is not asked.image,
            "the files": work.inputs != asked.inputs,
            "the labels": bool(work.stale_slices) or _meanings(work.label_map) != _meanings(asked.label_map),
            "the levels": work.level_plan != asked.level_plan,
            "the thresholds": work.review != asked.review,
            "the settings": work.protocol != asked.protocol,
            "the fat beside the muscles": work.is_fat_stale or _drawing(work) is not _drawing(asked),
            "the subject": not work.who.subject_id.strip() or key_of(work) != asked.key,
        }
        return [name for name, is_changed in changed.items() if is_changed]


def key_of(work: SeriesWork) -> SubjectKey:
    """What every row of the tables of a series begins with."""
    return SubjectKey(work.who.subject_id, work.who.session, series_word(work.volume), work.who.reader_id)


def _following_words(measured: Measured) -> str:
    """What is being done for numbers to follow; those of an earlier sitting have no counts yet to do it with."""
    if isinstance(measured.result, CountedResult):
        return "The numbers are being brought up to date."
    return "What the earlier sitting measured is being counted once more, with its thresholds; then the numbers follow."


def _drawing(one: SeriesWork | MeasureRequest) -> object:
    """What tells one drawing of fat from another, however it is painted."""
    return one.fat_work if one.fat_work is not None else one.fat_roi


def _stale_voxels(then: VoxelArray, now: VoxelArray) -> frozenset[int]:
    """Slices of a drawing that were painted since; nothing is known of one that lies in no store."""
    if not isinstance(then, LabelSnapshot):
        return frozenset()
    try:
        return frozenset(i for i in then.changed_slices() if not np.array_equal(then[i], now[i]))
    except HistoryTooShort:
        return frozenset(range(now.shape[0]))


def _painted_since(work: SeriesWork, measured: Measured) -> bool:
    """Whether labels or drawn fat were painted a moment ago, so that nobody has looked at them yet."""
    pairs = ((measured.request.label_map, work.label_map), (measured.request.fat_roi, work.fat_roi))
    return any(then and now and _stale_voxels(then.labels, now.labels) for then, now in pairs)


def _stale_slices(measured: Measured, labels: VoxelArray) -> frozenset[int]:
    """Slices that differ from those measured; where the labels lie in a store, only those painted since are read."""
    then = measured.request.label_map.labels
    if isinstance(then, LabelSnapshot):
        return _stale_voxels(then, labels)
    now = slice_checksums(labels)
    return frozenset(i for i, (a, b) in enumerate(zip(measured.checksums, now, strict=True)) if a != b)


def _edited_slices(work: SeriesWork, labels: VoxelArray) -> EditedSlices:
    """Slices that differ from what was opened; of slices that are as they were measured it is known already."""
    before = work.measured
    if before is not None and before.request.edited.opened is work.opened_checksums:
        return before.request.edited.look(labels, _stale_slices(before, labels))
    opened = work.opened_checksums
    kept = work.label_work
    # What another window paints is not told to this one.
    everywhere = frozenset(range(len(opened)))
    asked = kept.sums.maybe_unlike(opened) if kept and not kept.read_only_reason else everywhere
    return EditedSlices(opened).look(labels, asked)


def _meanings(label_map: LabelMap | None) -> dict[int, Any]:
    return dict(label_map.structures) if label_map else {}
