"""A study folder and what is remembered of it, brought together: who is in it, and how far each subject is."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from ..domain.anatomy import Region
from ..domain.errors import UnreadableImage
from ..domain.volume import Contrast
from ..keeping.project import KeptSeries, KeptSubject, KeptWords, Project
from ..keeping.project_file import FILE_NAME, Stamp, load_project, stamp_of
from ..keeping.user_folders import data_folder
from ..reading.study_folder import FoundStudy, FoundSubject, look_at_study_folder
from ..reading.study_series import FoundSeries
from .kept_files import files_of_kept, image_files, kept_files, kept_words
from .open_subject import ImageFiles, LabelFiles
from .subject_key import subject_of_path

_LABELS_IN_STUDY = Path("derivatives", "napari-hipspine", "labels")


@dataclass(frozen=True)
class StudySeries:
    """One series as it is opened.

    Parameters
    ----------
    name : str
        Region and contrast, e.g. ``lumbar T2``; unique within the subject.
    pictures : ImageFiles
        Its files, and what was said of them.
    outlines : LabelFiles, optional
        The label map that was opened, or the only one found.
    region : Region, optional
        Which muscles it is there for.
    kept : KeptSeries, optional
        What is remembered of it; None where it was never opened.
    """

    name: str
    pictures: ImageFiles
    outlines: LabelFiles | None = None
    region: Region | None = None
    kept: KeptSeries | None = None

    @property
    def has_levels(self) -> bool:
        """Whether levels are marked and all of them confirmed."""
        placements = self.kept.level_plan.placements if self.kept else ()
        return bool(placements) and all(placed.is_confirmed for placed in placements)

    @property
    def muscles(self) -> tuple[int, int]:
        """Muscles and sides outlined without a gap, and all that are named."""
        return (self.kept.progress.n_muscles_done, self.kept.progress.n_muscles) if self.kept else (0, 0)

    @property
    def is_measured(self) -> bool:
        """Whether it was measured and nothing has changed since."""
        return bool(self.kept and self.kept.progress.measured)


@dataclass(frozen=True)
class StudySubject:
    """One subject at one session."""

    subject_id: str
    session: str = ""
    series: tuple[StudySeries, ...] = ()
    kept: KeptSubject | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Subject and session."""
        return self.subject_id, self.session

    @property
    def n_levels(self) -> int:
        """Series whose levels are marked and confirmed."""
        return sum(one.has_levels for one in self.series)

    @property
    def muscles(self) -> tuple[int, int]:
        """Muscles and sides outlined without a gap, and all that are named."""
        return sum(one.muscles[0] for one in self.series), sum(one.muscles[1] for one in self.series)

    @property
    def n_measured(self) -> int:
        """Series that were measured and not changed since."""
        return sum(one.is_measured for one in self.series)

    @property
    def is_done(self) -> bool:
        """Whether every series is measured."""
        return bool(self.series) and self.n_measured == len(self.series)

    def __str__(self) -> str:
        return f"{self.subject_id} ses-{self.session}" if self.session else self.subject_id


@dataclass(frozen=True)
class Study:
    """A study that is open.

    Parameters
    ----------
    project : Project
        What is remembered.
    path : Path
        Where it is kept.
    subjects : tuple of StudySubject
        Everybody in the folder or in the project.
    problems : tuple of str
        What is missing or cannot be told, in sentences.
    as_of : tuple of int, optional
        Stamp of the project file when it was read; None where there was none.
    """

    project: Project
    path: Path
    subjects: tuple[StudySubject, ...] = ()
    problems: tuple[str, ...] = ()
    as_of: Stamp | None = None

    @property
    def n_done(self) -> int:
        """Subjects whose every series is measured."""
        return sum(one.is_done for one in self.subjects)

    @property
    def labels_home(self) -> Path | None:
        """Where labels are painted so that they move with the study; None where the study folder takes nothing."""
        folder = self.project.folder
        return folder / _LABELS_IN_STUDY if folder is not None and self.path.parent == folder else None

    def subject(self, key: tuple[str, str]) -> StudySubject | None:
        """One subject and session."""
        return next((one for one in self.subjects if one.key == key), None)

    def remember(self, *kept: KeptSubject) -> Study:
        """The same study with what is known of subjects now; the last of them is the one that is open."""
        if not kept:
            return self
        new = {one.key: one for one in kept}
        project = replace(self.project.with_subjects(*kept), current=kept[-1].key)
        found = [_with_kept(one, new.pop(one.key)) if one.key in new else one for one in self.subjects]
        found += [_with_kept(StudySubject(*one.key), one) for one in new.values()]
        return replace(self, project=project, subjects=tuple(found))


def open_study(path: Path) -> Study:
    """A study from its folder or from its project file; nothing is written.

    Parameters
    ----------
    path : Path
        Study folder, or a project file anywhere.

    Raises
    ------
    UnreadableImage
        If there is nobody in the folder.
    ProjectInvalid
        If the project file cannot be trusted.
    """
    place = path if path.is_file() else project_place(path)
    as_of = stamp_of(place)
    project = load_project(place) if as_of is not None else Project(path.absolute().name, path.absolute())
    return replace(study_of_project(project, place), as_of=as_of)


def study_of_project(project: Project, path: Path) -> Study:
    """A study from what is remembered of it, and whoever is in its folder now."""
    found = FoundStudy(path, ())
    problems: tuple[str, ...] = ()
    if project.folder is not None:
        try:
            found = look_at_study_folder(project.folder)
            problems = found.problems
        except UnreadableImage as error:
            if not project.subjects:
                raise
            problems = (error.message,)
    subjects = {one.key: _subject_of(one, project.subject(one.key)) for one in found.subjects}
    for kept in project.subjects:
        if kept.key not in subjects:
            subjects[kept.key] = _with_kept(StudySubject(*kept.key), kept)
    return Study(project, path, tuple(subjects[key] for key in sorted(subjects)), problems)


def project_place(folder: Path) -> Path:
    """Where the project of a study folder is kept: in it, or among the user's own data where it cannot be written."""
    inside = folder.absolute() / FILE_NAME
    if inside.is_file() or os.access(folder, os.W_OK):
        return inside
    return own_place(folder.absolute().name, str(folder.absolute()))


def own_place(name: str, *told: str, number: int = 1) -> Path:
    """A project file among the user's own data; those after the first begin the same work anew."""
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]
    again = f"-{number}" if number > 1 else ""
    return data_folder() / "projects" / f"{name}-{digest}{again}.json"


def places_of_alone(pictures: ImageFiles) -> Iterator[Path]:
    """Project files for a picture that is opened without a study, the first one first; without end."""
    name, told = subject_of_path(pictures.paths[0]), [str(path.absolute()) for path in pictures.paths]
    return (own_place(name, *told, number=number) for number in count(1))


def last_place_of_alone(pictures: ImageFiles) -> Path | None:
    """The newest project file of a picture that was opened without a study; None where there is none."""
    last = None
    for place in places_of_alone(pictures):
        if not place.exists():
            return last
        last = place
    return last


def name_of(region: Region | None, contrast: Contrast, words: str = "") -> str:
    """Region and contrast of a series for people, e.g. ``lumbar T2``; other words where neither is known."""
    known = "" if contrast is Contrast.UNKNOWN else contrast.value.replace("_", " ")
    shown = "water and fat" if contrast is Contrast.WATER else known
    return " ".join(part for part in (region.value if region else "", shown) if part) or words


def _subject_of(found: FoundSubject, kept: KeptSubject | None) -> StudySubject:
    names = _names_of(found.series)
    fresh = tuple(_series_of(one, name) for one, name in zip(found.series, names, strict=True))
    subject = StudySubject(found.subject_id, found.session, fresh)
    return _with_kept(subject, kept) if kept is not None else subject


def _names_of(series: tuple[FoundSeries, ...]) -> list[str]:
    """A name for each series; those that would be alike get what else their files say, and then numbers."""
    plain = [name_of(one.region, one.contrast, one.words or "series") for one in series]
    counts = Counter(plain)
    full = [f"{n} {s.words}".strip() if counts[n] > 1 else n for n, s in zip(plain, series, strict=True)]
    counts = Counter(full)
    return [f"{name} {number + 1}" if counts[name] > 1 else name for number, name in enumerate(full)]


def _series_of(found: FoundSeries, name: str) -> StudySeries:
    contrast = found.contrast if "image" in found.files and found.contrast is not Contrast.UNKNOWN else None
    pictures = image_files(found.files, KeptWords(contrast=contrast))
    outlines = LabelFiles(found.labels[0]) if len(found.labels) == 1 else None
    return StudySeries(name, pictures, outlines, found.region)


def _with_kept(subject: StudySubject, kept: KeptSubject) -> StudySubject:
    """A subject with what is remembered; series that are only remembered come last."""
    remembered = {one.key: one for one in kept.series}
    series = []
    for one in subject.series:
        key = KeptSeries(kept_files(one.pictures), words=kept_words(one.pictures)).key
        found = next((k for k in remembered if k[:-1] == key[:-1]), None)
        series.append(_recalled(one.name, remembered.pop(found), one.outlines) if found else one)
    for left in remembered.values():
        words = next(iter(left.files.values())).name
        contrast = Contrast.WATER if "water" in left.files else left.words.contrast or Contrast.UNKNOWN
        series.append(_recalled(name_of(left.region, contrast, words), left))
    return replace(subject, series=tuple(series), kept=kept)


def _recalled(name: str, kept: KeptSeries, found: LabelFiles | None = None) -> StudySeries:
    """A remembered series; label maps that came into the folder since are taken where it had none."""
    pictures, outlines = files_of_kept(kept)
    return StudySeries(name, pictures, outlines if kept.labels or kept.painted else found, kept.region, kept)
