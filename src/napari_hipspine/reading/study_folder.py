"""A study folder, looked at: who is in it, which pictures and label maps each has, and everything that is wrong.

References
----------
Gorgolewski KJ et al. 2016, Scientific Data 3:160044, doi:10.1038/sdata.2016.44 (the names of folders and files).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from os import PathLike
from pathlib import Path

from ..domain.anatomy import Region
from ..domain.errors import UnreadableImage
from .dicom import is_dicom
from .study_names import LABEL_ENDINGS, PICTURE_ENDINGS, region_in_words, take_apart
from .study_series import FoundSeries, series_of, with_labels, with_regions

PARTICIPANTS = "participants.tsv"
DERIVATIVES = "derivatives"

_SUBJECT, _SESSION, _ANATOMY = "sub-", "ses-", "anat"
_NO_SUBJECTS = frozenset({DERIVATIVES, "sourcedata", "code", "stimuli", "phenotype"})
_FILES_SNIFFED = 5
_DICOM_START = 132
_DICOM_DEPTH = 3


@dataclass(frozen=True)
class FoundSubject:
    """One subject at one session.

    Parameters
    ----------
    subject_id : str
        Name of the folder, e.g. ``sub-007``.
    session : str
        Without ``ses-``; empty where the folder has no sessions.
    series : tuple of FoundSeries
        Lumbar before hip.
    """

    subject_id: str
    session: str = ""
    series: tuple[FoundSeries, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Subject and session."""
        return self.subject_id, self.session

    def __str__(self) -> str:
        return f"{self.subject_id} {_SESSION}{self.session}" if self.session else self.subject_id


@dataclass(frozen=True)
class FoundStudy:
    """Everybody in a study folder.

    Parameters
    ----------
    folder : Path
        The study folder.
    subjects : tuple of FoundSubject
        Sorted by subject and session.
    problems : tuple of str
        Sentences on what is missing or cannot be told; nothing of it hinders opening the rest.
    """

    folder: Path
    subjects: tuple[FoundSubject, ...]
    problems: tuple[str, ...] = ()


def is_study_folder(path: str | PathLike[str]) -> bool:
    """Whether a folder holds subjects by the names in it; no file is opened."""
    folder = Path(path)
    return folder.is_dir() and ((folder / PARTICIPANTS).is_file() or any(_named(folder, _SUBJECT)))


def look_at_study_folder(path: str | PathLike[str]) -> FoundStudy:
    """Subjects, sessions, pictures and label maps of a study folder; only names are read, and starts of DICOM files.

    Where no name of a session says its region, and it has one T2 and one PD, the T2 is taken for lumbar and the PD
    for hip. The region decides which muscles are offered, and no number.

    Parameters
    ----------
    path : path-like
        Folder with ``sub-*/[ses-*/]anat/``, or with one folder per subject that holds pictures or DICOM folders.

    Raises
    ------
    UnreadableImage
        If there is no such folder, or nobody in it.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise UnreadableImage(f"Expected a study folder, found none, at {folder}.", hint="Check the path.")
    named = sorted(_named(folder, _SUBJECT))
    homes = named or sorted(p for p in _folders(folder) if p.name not in _NO_SUBJECTS)
    problems: list[str] = []
    subjects = [one for home in homes for one in _look_at_subject(folder, home, problems) if named or one.series]
    if not subjects:
        raise UnreadableImage(
            f"Expected a study folder with sub-*/anat/ or with one folder per subject, found nobody, in {folder}.",
            hint="Name the folder that holds the folders of the subjects.",
        )
    problems += [f"Expected pictures of {one}, found none." for one in subjects if not one.series]
    problems += _participant_problems(folder / PARTICIPANTS, {one.subject_id for one in subjects})
    return FoundStudy(folder, tuple(subjects), tuple(problems))


def _look_at_subject(folder: Path, home: Path, problems: list[str]) -> Iterator[FoundSubject]:
    sessions = sorted(_named(home, _SESSION))
    for place in sessions or [home]:
        session = place.name.removeprefix(_SESSION) if sessions else ""
        subject = FoundSubject(home.name, session)
        pictures = [*_members(place / _ANATOMY, PICTURE_ENDINGS), *_members(place, PICTURE_ENDINGS)]
        series = series_of(pictures, str(subject), problems) or _dicom_series(place)
        inside = Path(home.name, place.name) if sessions else Path(home.name)
        maps = _label_maps([place, *_derived(folder, inside)])
        series = with_labels(with_regions(series), maps, str(subject), problems)
        yield replace(subject, series=tuple(sorted(series, key=_rank)))


def _dicom_series(place: Path) -> list[FoundSeries]:
    """One entry per folder of DICOM files; which series are in it is seen when it is opened."""
    found = []
    for folder in _walk(place, _DICOM_DEPTH):
        if any(_starts_as_dicom(file) for file in islice(_files(folder), _FILES_SNIFFED)):
            words = "" if folder == place else folder.relative_to(place).as_posix()
            found.append(FoundSeries({"image": folder}, region=region_in_words(words), words=words))
    return found


def _label_maps(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        for folder in (place / _ANATOMY, place):
            yield from (path for path in _members(folder, LABEL_ENDINGS) if take_apart(path).is_label_map)


def _derived(folder: Path, inside: Path) -> Iterator[Path]:
    """Where label maps of a subject may lie among the derivatives: by pipeline, or without one."""
    root = folder / DERIVATIVES
    for pipeline in [root, *sorted(_folders(root))]:
        if (pipeline / inside).is_dir():
            yield pipeline / inside


def _participant_problems(table: Path, subjects: set[str]) -> list[str]:
    """What the list of participants and the folders do not agree on."""
    if not table.is_file():
        return []
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return [f"Expected a table of participants, found {error}, in {table}."]
    if rows and "participant_id" not in rows[0]:
        return [f"Expected a column participant_id, found {', '.join(map(str, rows[0]))}, in {table}."]
    given = [(row["participant_id"] or "").strip() for row in rows]
    listed = [one if one in subjects else f"{_SUBJECT}{one.removeprefix(_SUBJECT)}" for one in given if one]
    twice = sorted({one for one in listed if listed.count(one) > 1})
    absent, unlisted = sorted(set(listed) - subjects), sorted(subjects - set(listed))
    said = (
        (twice, "Expected every participant once in {table}, found several times {who}."),
        (absent, "Expected a folder for every participant in {table}, found none for {who}."),
        (unlisted, "Expected every subject in {table}, found no row for {who}."),
    )
    return [words.format(table=table.name, who=", ".join(who)) for who, words in said if who]


def _rank(series: FoundSeries) -> tuple[int, str, str]:
    regions = (Region.LUMBAR, Region.HIP)
    place = regions.index(series.region) if series.region in regions else len(regions)
    return place, series.contrast.value, series.words


def _named(folder: Path, start: str) -> Iterator[Path]:
    return (one for one in _folders(folder) if one.name.startswith(start) and one.name != start)


def _folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        is_picture = PICTURE_ENDINGS
        yield from (
            one
            for one in folder.iterdir()
            if one.is_dir() and not one.name.startswith(".") and not one.name.lower().endswith(is_picture)
        )


def _files(folder: Path) -> Iterator[Path]:
    return (one for one in sorted(folder.iterdir()) if one.is_file() and not one.name.startswith("."))


def _members(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """Pictures by their names, sorted; a zarr is a folder."""
    if folder.is_dir():
        yield from (p for p in sorted(folder.iterdir()) if p.name.lower().endswith(endings) and p.name[0] != ".")


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    yield folder
    if depth:
        for inner in sorted(_folders(folder)):
            yield from _walk(inner, depth - 1)


def _starts_as_dicom(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_dicom(file.read(_DICOM_START))
    except OSError:
        return False
