"""A finished subject of a cohort made ready for the window as it was measured; run off the main thread."""

from __future__ import annotations

from dataclasses import replace

from ..domain.cohort import CohortEntry
from ..domain.errors import HipSpineError
from ..domain.subject import Progress
from ..domain.written_levels import read_level_plan
from ..keeping.project import Project
from ..workflows.measure_entry import CohortProtocol, outlines_of, pictures_of
from ..workflows.open_study import Study, StudySeries, StudySubject
from .preferred import Preferences
from .series_names import region_of_files
from .series_work import SubjectWords
from .subject_openings import OpenedSeries, OpenedSubject, open_study_subject

_NOT_TAKEN_OVER = ("fat_roi", "implants", "metal")
"""What a row may name beside picture, labels and levels."""


def open_finished(
    entry: CohortEntry, settings: CohortProtocol, preferred: Preferences, progress: Progress
) -> OpenedSubject:
    """Picture and labels of a row with its levels and settings, ready for the window; painting changes no file of it.

    Parameters
    ----------
    entry : CohortEntry
        The row.
    settings : CohortProtocol
        How all rows were measured.
    preferred : Preferences
        Where labels lie that are painted now.
    progress : Progress
        Told what is being opened; may stop it.
    """
    pictures = pictures_of(entry)
    series = StudySeries(pictures.paths[0].name, pictures, outlines_of(entry), region_of_files(pictures))
    subject = StudySubject(entry.subject_id, entry.session, (series,))
    alone = Study(Project(entry.subject_id), entry.folder)
    opened = open_study_subject(alone, subject, preferred, progress)
    who = SubjectWords(*entry.who)
    as_measured = tuple(_as_measured(one, entry, who, settings) for one in opened.series)
    return replace(opened, series=as_measured, who=who, problems=(*opened.problems, *_left_behind(entry)))


def _as_measured(one: OpenedSeries, entry: CohortEntry, who: SubjectWords, settings: CohortProtocol) -> OpenedSeries:
    image = one.work.opened
    plan = read_level_plan(entry.levels, entry.window or None, image.grid)
    protocol = settings.on(image) if settings.chosen else None
    return replace(one, work=replace(one.work, who=who, level_plan=plan, chosen_protocol=protocol))


def _left_behind(entry: CohortEntry) -> tuple[HipSpineError, ...]:
    named = [name for name in _NOT_TAKEN_OVER if getattr(entry, name)]
    if not named:
        return ()
    message = (
        f"{entry.subject_id} was measured with {', '.join(named)} of the manifest, which the window does not take."
    )
    return (HipSpineError(message, hint="The table of the cohort holds the numbers that regard them."),)
