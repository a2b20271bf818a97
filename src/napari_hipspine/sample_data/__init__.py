"""Where the sample data lie: three synthetic subjects, a synthetic cohort and the published table."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from ..domain.anatomy import Region, find_level
from ..domain.errors import InvalidChoice
from ..domain.level_plan import LevelPlacement, LevelPlan
from ..domain.volume import Contrast, FatPolarity


@dataclass(frozen=True)
class SampleSeries:
    """One series of a sample subject.

    Parameters
    ----------
    subject_id : str
        Which subject.
    region : Region
        LUMBAR or HIP.
    contrast : Contrast
        T2 or PD; WATER for a water-fat series.
    fat_polarity : FatPolarity
        Whether fat is bright; UNKNOWN for a water-fat series, where it means nothing.
    image : Path
        The picture; the water picture of a water-fat series.
    fat : Path or None
        The fat picture of a water-fat series.
    labels, naming : Path
        True labels, and what each value stands for (columns value, muscle, side).
    level_plan : LevelPlan
        The level muscles are compared at, at its true position, read on the nearest slice.
    """

    subject_id: str
    region: Region
    contrast: Contrast
    fat_polarity: FatPolarity
    image: Path
    fat: Path | None
    labels: Path
    naming: Path
    level_plan: LevelPlan


@dataclass(frozen=True)
class SampleSubject:
    """A sample subject and its series, lumbar first."""

    subject_id: str
    series: tuple[SampleSeries, ...]


def sample_folder() -> Path:
    """Folder of all sample data."""
    return Path(str(files(__package__)))


@cache
def sample_subjects() -> tuple[SampleSubject, ...]:
    """All sample subjects: two with lumbar T2 and hip PD, one with water and fat of both regions."""
    series = [_read_series(row) for row in _read_rows("series.csv")]
    names = dict.fromkeys(one.subject_id for one in series)
    return tuple(SampleSubject(name, tuple(one for one in series if one.subject_id == name)) for name in names)


def find_sample(subject_id: str, region: Region) -> SampleSeries:
    """One series of one sample subject.

    Raises
    ------
    InvalidChoice
        If there is no such series; the hint lists those there are.
    """
    every = [series for subject in sample_subjects() for series in subject.series]
    for series in every:
        if (series.subject_id, series.region) == (subject_id, region):
            return series
    known = ", ".join(f"{series.subject_id} {series.region.value}" for series in every)
    raise InvalidChoice(f"Expected a sample series, found {subject_id} {region}.", hint=f"There are {known}.")


def true_level_placements(subject_id: str, region: Region) -> tuple[LevelPlacement, ...]:
    """All levels within a sample series at their true positions, from the head downwards."""
    return tuple(_placement(row) for row in _level_rows(subject_id, region))


def synthetic_measurements() -> Path:
    """Measurement table of a synthetic cohort of 31; no person was measured."""
    return sample_folder() / "synthetic_31_measurements.csv"


def published_correlations_table() -> Path:
    """The 72 cells of Table 1 of Mielke et al. (2025); n is inferred, see the readme beside it."""
    return sample_folder() / "mielke_2025_table1.csv"


def _read_series(row: dict[str, str]) -> SampleSeries:
    folder, region = sample_folder(), Region(row["region"])
    compared = [_placement(level) for level in _level_rows(row["subject_id"], region) if level["is_compared"] == "yes"]
    return SampleSeries(
        row["subject_id"],
        region,
        Contrast(row["contrast"]),
        FatPolarity(row["fat_polarity"]),
        folder / row["image"],
        folder / row["fat"] if row["fat"] else None,
        folder / row["labels"],
        folder / row["naming"],
        LevelPlan(tuple(compared)),
    )


def _placement(row: dict[str, str]) -> LevelPlacement:
    return LevelPlacement(find_level(row["level"]), float(row["position_mm"]), slice_position=row["slice_position"])


def _level_rows(subject_id: str, region: Region) -> list[dict[str, str]]:
    rows = _read_rows("levels.csv")
    return [row for row in rows if (row["subject_id"], row["region"]) == (subject_id, region.value)]


def _read_rows(name: str) -> Iterator[dict[str, str]]:
    with (sample_folder() / name).open(encoding="utf-8", newline="") as table:
        yield from csv.DictReader(table)
