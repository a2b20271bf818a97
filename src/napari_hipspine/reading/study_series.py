"""Pictures and label maps of one subject brought together by what their names say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..domain.anatomy import Region
from ..domain.volume import Contrast
from .study_names import FileName, take_apart

_PAIR = (Contrast.WATER, Contrast.FAT)


@dataclass(frozen=True)
class FoundSeries:
    """One picture, or water with fat, of a subject.

    Parameters
    ----------
    files : mapping of str to Path
        Under ``image``, under ``water`` and ``fat``, or under ``fat_fraction``.
    contrast : Contrast
        As the name says; water for a pair, unknown for DICOM.
    region : Region, optional
        As the name says, or as follows from a T2 beside a PD (see `look_at_study_folder`).
    words : str
        What else the name says, to tell two series apart that are alike otherwise.
    labels : tuple of Path
        Label maps that belong to it by name.
    """

    files: Mapping[str, Path]
    contrast: Contrast = Contrast.UNKNOWN
    region: Region | None = None
    words: str = ""
    labels: tuple[Path, ...] = ()


def series_of(pictures: Iterable[Path], subject: str, problems: list[str]) -> list[FoundSeries]:
    """Pictures by what they show; water finds its fat by the rest of the name.

    Parameters
    ----------
    pictures : iterable of Path
        Pictures of one subject and session; label maps among them are passed over.
    subject : str
        Whose they are, for the problems.
    problems : list of str
        Sentences are added to it.
    """
    found: list[FoundSeries] = []
    halves: dict[tuple[tuple[str, str], ...], dict[Contrast, Path]] = {}
    for path in pictures:
        name = take_apart(path)
        if name.is_label_map or name.contrast is Contrast.UNKNOWN:
            continue
        if name.contrast in _PAIR:
            halves.setdefault(tuple(sorted(name.of_picture.items())), {})[name.contrast] = path
            continue
        role = "fat_fraction" if name.contrast is Contrast.FAT_FRACTION else "image"
        found.append(_one_series({role: path}, name))
    for pair in halves.values():
        if len(pair) == len(_PAIR):
            files = {part.value: pair[part] for part in _PAIR}
            found.append(_one_series(files, take_apart(pair[Contrast.WATER])))
        else:
            ((part, path),) = pair.items()
            other = next(one for one in _PAIR if one is not part)
            problems.append(f"Expected {other.value} beside {path.name} of {subject}, found none.")
    return found


def _one_series(files: Mapping[str, Path], name: FileName) -> FoundSeries:
    words = " ".join(f"{key}-{value}" for key, value in name.of_picture.items())
    return FoundSeries(files, name.contrast, name.region, words)


def with_regions(series: list[FoundSeries]) -> list[FoundSeries]:
    """A T2 and a PD that stand alone without a region are lumbar and hip."""
    if any(one.region is not None for one in series):
        return series
    taken = {Contrast.T2: Region.LUMBAR, Contrast.PD: Region.HIP}
    if sorted(one.contrast for one in series if one.contrast in taken) != sorted(taken):
        return series
    return [replace(one, region=taken.get(one.contrast)) for one in series]


def with_labels(
    series: list[FoundSeries], maps: Iterable[Path], subject: str, problems: list[str]
) -> list[FoundSeries]:
    """Series with the label maps that belong to them by name.

    Parameters
    ----------
    series : list of FoundSeries
        All of one subject and session.
    maps : iterable of Path
        Label maps of the same.
    subject : str
        Whose they are, for the problems.
    problems : list of str
        Sentences are added to it.
    """
    labels: dict[int, list[Path]] = {number: [] for number in range(len(series))}
    for path in maps:
        owners = [number for number, one in enumerate(series) if _may_belong(take_apart(path), one)]
        if len(owners) == 1:
            labels[owners[0]].append(path)
        elif series:
            found = "several" if owners else "none"
            problems.append(f"Expected one picture of {subject} for the label map {path.name}, found {found}.")
    for paths in labels.values():
        if len(paths) > 1:
            names = ", ".join(path.name for path in paths)
            problems.append(f"Expected one label map for each picture of {subject}, found {names}; none is chosen.")
    return [replace(one, labels=tuple(labels[number])) for number, one in enumerate(series)]


def _may_belong(label: FileName, series: FoundSeries) -> bool:
    picture = take_apart(next(iter(series.files.values())))
    theirs, ours = label.of_picture, picture.of_picture
    if any(ours.get(key, value) != value for key, value in theirs.items()):
        return False
    if label.region is not None and series.region is not None and label.region != series.region:
        return False
    contrasts = {take_apart(word).contrast for word in label.words[:-1]} - {Contrast.UNKNOWN}
    is_pair = series.contrast is Contrast.WATER
    return not contrasts or series.contrast in contrasts or (is_pair and Contrast.FAT in contrasts)
