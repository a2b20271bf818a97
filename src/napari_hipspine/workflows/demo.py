"""The main job on the sample data: every subject measured, the synthetic cohort related, all of it written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import HipSpineError
from ..domain.label_map import LabelMap
from ..domain.subject import SubjectFailure, SubjectKey, SubjectResult
from ..domain.volume import Volume, WaterFat
from ..sample_data import SampleSeries, sample_subjects, synthetic_measurements
from .measure_subject import measure_counted
from .open_subject import ImageFiles, LabelFiles, open_subject
from .subject_key import subject_of_path

if TYPE_CHECKING:
    from ..writing.report import Picture
    from .relate_cohort import Relation


@dataclass(frozen=True)
class DemoResult:
    """What the demo made.

    Parameters
    ----------
    results : tuple of SubjectResult
        One per sample series that could be measured.
    failures : tuple of SubjectFailure
        One per series that could not.
    relation : Relation
        Correlations of the synthetic cohort.
    written : tuple of Path
        Every file written.
    """

    results: tuple[SubjectResult, ...]
    failures: tuple[SubjectFailure, ...]
    relation: Relation
    written: tuple[Path, ...] = field(default=())


def run_demo(out: Path, *, tell: Callable[[str], None]) -> DemoResult:
    """Measure every sample subject and relate the synthetic cohort.

    Parameters
    ----------
    out : Path
        Folder for one sub-folder per series, ``report.html`` and ``cohort/``.
    tell : callable
        Told in words what is being done.
    """
    from ..writing.report import report_as_html
    from ..writing.tables import result_files, write_whole
    from .relate_cohort import RelateRequest, relate_cohort

    sections: list[tuple[SubjectResult, tuple[Picture, ...]]] = []
    failures: list[SubjectFailure] = []
    written: list[Path] = []
    for series in (series for subject in sample_subjects() for series in subject.series):
        name = f"{series.subject_id}-{series.region.value}"
        tell(f"measuring {name}")
        try:
            section = measure_sample(series)
        except HipSpineError as error:
            failures.append(SubjectFailure(name, "measure", error.message, error.hint))
            continue
        sections.append(section)
        written.extend(write_whole(out / name, result_files(section[0])))
    page = report_as_html(sections, title="Hip-spine muscles of the sample subjects")
    written.extend(write_whole(out, {"report.html": page}))
    tell("relating the synthetic cohort of 31")
    relation = relate_cohort(
        synthetic_measurements(),
        RelateRequest(lumbar_level="L4", hip_level="greater_trochanter"),
        out=out / "cohort",
    )
    results = tuple(result for result, _ in sections)
    return DemoResult(results, tuple(failures), relation, tuple(written))


def open_sample(series: SampleSeries) -> tuple[Volume | WaterFat, LabelMap]:
    """Picture and labels of one sample series, with what is known of its contrast."""
    if series.fat is not None:
        pictures = ImageFiles(water=series.image, fat=series.fat)
    else:
        pictures = ImageFiles(image=series.image, contrast=series.contrast, fat_polarity=series.fat_polarity)
    return open_subject(pictures, LabelFiles(series.labels, series.naming))


def measure_sample(series: SampleSeries) -> tuple[SubjectResult, tuple[Picture, ...]]:
    """Result and pictures of one sample series at its level."""
    from .picture_levels import picture_levels

    image, label_map = open_sample(series)
    files = [path for path in (series.image, series.fat, series.labels, series.naming) if path is not None]
    key = SubjectKey(subject_of_path(series.image))
    result = measure_counted(image, label_map, key=key, level_plan=series.level_plan, inputs=files)
    return result, picture_levels(image, label_map, result, level_plan=series.level_plan)
