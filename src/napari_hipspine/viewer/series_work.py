"""One series that is open, what has been done with it, and what measuring it rests on: frozen values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..domain.anatomy import Region
from ..domain.implants import Implants
from ..domain.label_map import LabelMap
from ..domain.level_plan import LevelPlan
from ..domain.protocol import FatMethod, MeasurementProtocol
from ..domain.subject import Progress, SubjectKey, SubjectResult
from ..domain.threshold_review import ThresholdReview
from ..domain.volume import FatPolarity, Volume, WaterFat
from ..workflows.changed_numbers import ChangedNumbers, count_changed_numbers
from ..workflows.export_result import ExportChoice, files_beside
from ..workflows.measure_subject import CountedResult, default_protocol, measure_counted, measure_touched
from ..workflows.measure_variations import measure_subject_variations
from ..workflows.open_subject import ImageFiles, LabelFiles
from ..writing.tables import result_files, write_whole
from .label_work import LabelWork
from .slice_checksums import slice_checksum


@dataclass(frozen=True)
class SubjectWords:
    """Who is measured, as typed by the reader."""

    subject_id: str = ""
    session: str = ""
    reader_id: str = ""


@dataclass(frozen=True)
class EditedSlices:
    """Slices whose labels are others than they were when they were opened.

    Parameters
    ----------
    opened : tuple of int
        A checksum of every slice as it was opened; empty when nobody has kept any.
    slices : frozenset of int
        Slices that differ.
    """

    opened: tuple[int, ...] = ()
    slices: frozenset[int] = frozenset()

    def look(self, labels: Any, touched: Iterable[int]) -> EditedSlices:
        """The same after some slices may have changed; only those are read."""
        asked = frozenset(touched) if self.opened else frozenset()
        differ = {i for i in asked if slice_checksum(labels, i) != self.opened[i]}
        return replace(self, slices=(self.slices - asked) | differ)


@dataclass(frozen=True)
class MeasureRequest:
    """Everything one measurement rests on, frozen when the reader asked for it."""

    image: Volume | WaterFat
    label_map: LabelMap
    key: SubjectKey
    level_plan: LevelPlan
    protocol: MeasurementProtocol
    fat_roi: LabelMap | None = None
    fat_work: LabelWork | None = None
    review: ThresholdReview = ThresholdReview()
    inputs: tuple[Path, ...] = ()
    implants: Implants | None = None
    edited: EditedSlices = EditedSlices()
    n_workers: int = 2

    def run(self, progress: Progress) -> CountedResult:
        """The result, from the same function that the command line runs, with what it was counted from."""
        return measure_counted(
            self.image,
            self.label_map,
            key=self.key,
            level_plan=self.level_plan,
            protocol=self.protocol,
            fat_roi=self.fat_roi,
            implants=self.implants,
            review=self.review,
            inputs=self.inputs,
            n_workers=self.n_workers,
            progress=progress,
        )

    def run_again(self, before: Measured, dirty_slices: frozenset[int], progress: Progress) -> SubjectResult:
        """The result after an edit: only touched slices are counted, and what was found stays as it was.

        Of numbers of an earlier sitting the counts are made first, of the labels as they were then.
        """
        base = before.result
        if not isinstance(base, CountedResult):
            base = before.request.run(progress)
        progress(0, 0, "bringing the numbers up to date")
        return measure_touched(
            base,
            dirty_slices,
            self.image,
            self.label_map,
            key=self.key,
            level_plan=self.level_plan,
            protocol=self.protocol,
            fat_roi=self.fat_roi,
            implants=self.implants,
            review=self.review,
        )


@dataclass(frozen=True)
class Measured:
    """A result, what was asked for, what the labels were then, and how much differs from the result before."""

    result: SubjectResult
    request: MeasureRequest
    checksums: tuple[int, ...]
    changed: ChangedNumbers | None = None


@dataclass(frozen=True)
class FoundAnew:
    """Thresholds found anew, and how many numbers are others than before."""

    result: SubjectResult
    changed: ChangedNumbers | None


def find_anew(request: MeasureRequest, before: SubjectResult | None, progress: Progress) -> FoundAnew:
    """Measure everything as a request asks, and count what differs from an earlier result of the same series."""
    result = request.run(progress)
    return FoundAnew(result, None if before is None else count_changed_numbers(before, result))


def write_measured(
    measured: Measured, folder: str | Path, choice: ExportChoice, progress: Progress
) -> tuple[Path, ...]:
    """Files of a measured series, the tables as the command line writes them; all of them or none.

    Raises
    ------
    HipSpineError
        If the folder cannot be written, or a package is missing for what was chosen.
    """
    result, asked = measured.result, measured.request
    more: dict[str, str | bytes] = {}
    varied = None
    if isinstance(result, CountedResult) and choice.variations:
        choices: dict[str, Any] = {"level_plan": asked.level_plan, "protocol": asked.protocol}
        result, varied = measure_subject_variations(
            result, asked.image, asked.label_map, implants=asked.implants, progress=progress, **choices
        )
    if isinstance(result, CountedResult):
        more = files_beside(
            result,
            asked.image,
            asked.label_map,
            level_plan=asked.level_plan,
            choice=choice,
            fat_roi=asked.fat_roi,
            progress=progress,
        )
    return write_whole(folder, {**result_files(result, variations=varied), **more})


@dataclass(frozen=True)
class Seen:
    """What was last looked at on a series.

    Parameters
    ----------
    slice_index : int, optional
        Counted from 0.
    value : int, optional
        Label value that was painted with.
    contrast_limits : tuple of float, optional
        Black and white of the picture [signal].
    """

    slice_index: int | None = None
    value: int | None = None
    contrast_limits: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class SeriesWork:
    """One series of the subject and what has been done with it.

    Parameters
    ----------
    name : str
        Shown in lists and as the start of layer names.
    opened : Volume or WaterFat
        As it was read.
    who : SubjectWords
        Whose series it is.
    pictures : ImageFiles, optional
        The files it came from and what the reader says of them.
    declared : Volume or WaterFat, optional
        With the reader's words on contrast and polarity; by default as it was read.
    label_map : LabelMap, optional
        Its array is the one that is painted.
    label_work : LabelWork, optional
        The store its array lies in.
    outlines : LabelFiles, optional
        The file the labels came from.
    review : ThresholdReview
        Thresholds moved, and whether the proposed fat was accepted.
    fat_roi : LabelMap, optional
        Fat beside the muscles as it was drawn.
    fat_work : LabelWork, optional
        The store its array lies in.
    is_fat_stale : bool
        Whether it was painted since it was measured.
    implants_file : Path, optional
        Table of implants, fusions and slices to leave out.
    implants : Implants, optional
        What it held when it was chosen.
    exported : Measured, optional
        The last measurement that was written.
    exported_to : Path, optional
        Folder it was written into.
    stated_region : Region, optional
        Region that the name of the file or the reader says.
    seen : Seen
        Where the reader was when another series was chosen.
    is_named_after_files : bool
        Whether the name follows subject, region and contrast, and changes with them.
    said_as_for : str
        Subject from whose series the words on fat and the settings were taken over.
    """

    name: str
    opened: Volume | WaterFat
    who: SubjectWords = SubjectWords()
    pictures: ImageFiles | None = None
    declared: Volume | WaterFat | None = None
    label_map: LabelMap | None = None
    outlines: LabelFiles | None = None
    level_plan: LevelPlan = LevelPlan()
    chosen_protocol: MeasurementProtocol | None = None
    review: ThresholdReview = ThresholdReview()
    fat_roi: LabelMap | None = None
    fat_work: LabelWork | None = None
    is_fat_stale: bool = False
    implants_file: Path | None = None
    implants: Implants | None = None
    measured: Measured | None = None
    exported: Measured | None = None
    exported_to: Path | None = None
    opened_checksums: tuple[int, ...] = ()
    stale_slices: frozenset[int] = field(default_factory=frozenset)
    label_work: LabelWork | None = None
    hidden: frozenset[int] = frozenset()
    stated_region: Region | None = None
    seen: Seen = Seen()
    is_named_after_files: bool = False
    said_as_for: str = ""

    @property
    def image(self) -> Volume | WaterFat:
        """What is measured."""
        return self.declared if self.declared is not None else self.opened

    @property
    def volume(self) -> Volume:
        """The volume that is looked at."""
        return self.image.water if isinstance(self.image, WaterFat) else self.image

    @property
    def protocol(self) -> MeasurementProtocol:
        """Settings chosen, or those that fit the image."""
        return self.chosen_protocol or default_protocol(self.image)

    @property
    def fat_now(self) -> LabelMap | None:
        """Fat beside the muscles as it is drawn now, so that painting may go on."""
        if self.fat_roi is None or self.fat_work is None:
            return self.fat_roi
        return replace(self.fat_roi, labels=self.fat_work.store.snapshot())

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Files the numbers rest on."""
        pictures = self.pictures.paths if self.pictures else ()
        labels = (Path(self.outlines.labels),) if self.outlines else ()
        return (*pictures, *labels, *((self.implants_file,) if self.implants_file else ()))

    @property
    def asks_for_polarity(self) -> bool:
        """Whether a threshold is wanted and nobody has said if fat is bright or dark."""
        is_threshold = self.protocol.fat_method is not FatMethod.DIXON
        return isinstance(self.image, Volume) and is_threshold and self.image.fat_polarity is FatPolarity.UNKNOWN

    @property
    def asks_for_fat_suppressed(self) -> bool:
        """Whether a threshold is wanted on a fat-suppressed series and nobody has allowed it."""
        image = self.image
        is_threshold = self.protocol.fat_method is not FatMethod.DIXON
        return (
            isinstance(image, Volume)
            and is_threshold
            and bool(image.fat_suppressed)
            and "fat_suppressed" not in image.flags
        )

    @property
    def unconfirmed_levels(self) -> tuple[str, ...]:
        """Levels that were suggested and not confirmed by a reader."""
        return tuple(p.level.id for p in self.level_plan.placements if not p.is_confirmed)

    @property
    def region(self) -> str:
        """Region as stated, else of the muscles that are labelled; empty when there are none or several."""
        if self.stated_region is not None:
            return self.stated_region.value
        found = (
            {structure.muscle.region for structure in self.label_map.structures.values()} if self.label_map else set()
        )
        return found.pop() if len(found) == 1 else ""

    @property
    def n_structures(self) -> int:
        """Structures that the labels name."""
        return len(self.label_map.structures) if self.label_map else 0
