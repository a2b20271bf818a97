"""A subject of a study made ready for the window as it was left; run off the main thread, no layer is touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..domain.errors import Cancelled, HipSpineError, SeriesAmbiguous
from ..domain.level_plan import LevelPlan
from ..domain.protocol import FatMethod, MeasurementProtocol
from ..domain.subject import Progress, stay_silent
from ..domain.volume import Volume, WaterFat
from ..keeping.moved_data import wrong_picture
from ..keeping.project import KeptSeries, KeptView
from ..workflows.kept_files import kept_files
from ..workflows.open_implants import open_implants
from ..workflows.open_study import Study, StudySeries, StudySubject
from ..workflows.open_subject import ImageFiles, declare, open_image
from .fat_layer import fat_map, resumed_fat_layer
from .kept_numbers import numbers_of_before
from .kept_work import hidden_of, seen_of
from .label_places import place_of_labels
from .label_work import LabelWork, resume_label_work
from .layers import LayerData, image_layers, stored_layer
from .openings import cache_of, open_labels_on
from .preferred import WITH_STUDY, Preferences
from .series_names import contrast_of, muscles_name, series_name
from .series_work import SeriesWork, SubjectWords

NO_CHECKSUM = -1
"""Stands for the checksum of a slice of labels that were edited in an earlier sitting: none is equal to it."""


@dataclass(frozen=True)
class OpenedSeries:
    """A series as it was left, and the layers that show it."""

    work: SeriesWork
    layers: tuple[LayerData, ...]


@dataclass(frozen=True)
class OpenedSubject:
    """A subject as it was left.

    Parameters
    ----------
    subject : StudySubject
        Who was asked for.
    series : tuple of OpenedSeries
        Those that could be opened.
    current : int
        Number, among them, of the one to be worked on.
    problems : tuple of HipSpineError
        Why others were not opened, or came without their labels.
    who : SubjectWords
        Whose they are.
    failed : tuple of ImageFiles
        Pictures that were not opened.
    """

    subject: StudySubject
    series: tuple[OpenedSeries, ...]
    current: int
    problems: tuple[HipSpineError, ...]
    who: SubjectWords
    failed: tuple[ImageFiles, ...] = ()


@dataclass(frozen=True)
class _Opening:
    """What all series of a subject are opened with, and what went wrong so far."""

    study: Study
    labels_study: Study | None
    who: SubjectWords
    problems: list[HipSpineError]
    progress: Progress


@dataclass(frozen=True)
class _OpenedLabels:
    """Labels and the image on the grid they decide."""

    image: Volume | WaterFat
    work: LabelWork | None = None
    checksums: tuple[int, ...] = ()


def open_study_subject(
    study: Study, subject: StudySubject, preferred: Preferences, progress: Progress = stay_silent
) -> OpenedSubject:
    """Every series of a subject with its labels, levels and settings.

    Parameters
    ----------
    study : Study
        What is said of one subject's series is proposed for the same series of the next.
    subject : StudySubject
        Who is wanted.
    preferred : Preferences
        Who is reading, where the subject was never opened, and where labels lie that are begun now.
    progress : Progress
        Told which series is being opened; may stop it.
    """
    who = SubjectWords(*subject.key, subject.kept.reader_id if subject.kept else preferred.reader_id)
    labels_study = study if preferred.labels_place == WITH_STUDY else None
    opening = _Opening(study, labels_study, who, [], progress)
    opened: list[OpenedSeries] = []
    failed: list[ImageFiles] = []
    current, wanted = 0, subject.kept.current if subject.kept else 0
    try:
        for number, series in enumerate(subject.series):
            progress(number, len(subject.series), f"opening {subject}, {series.name}")
            try:
                opened.append(_open_series(opening, series))
            except Cancelled:
                raise
            except HipSpineError as error:
                opening.problems.append(_explained(error, series))
                failed.append(series.pictures)
                continue
            current = len(opened) - 1 if number == wanted else current
        progress(len(subject.series), len(subject.series), f"opening {subject}")
    except BaseException:
        for one in opened:
            for begun in (one.work.label_work, one.work.fat_work):
                if begun is not None:
                    begun.close()
        raise
    return OpenedSubject(subject, tuple(opened), current, tuple(opening.problems), who, tuple(failed))


def _open_series(opening: _Opening, series: StudySeries) -> OpenedSeries:
    who, kept = opening.who, series.kept
    wrong = wrong_picture(kept) if kept else ""
    if wrong:
        raise HipSpineError(wrong, hint="Put the picture back, or open the new one in step 1 to begin anew.")
    of_whom, alike = ("", None) if kept else next(_alike(opening.study, series), ("", None))
    pictures = series.pictures if alike is None else _said_alike(series.pictures, alike)
    found = _open_pictures(opening, series, pictures)
    region = series.region
    name = series_name(who.subject_id, region, contrast_of(found.image, pictures))
    work = SeriesWork(
        name=name,
        opened=found.image,
        who=who,
        pictures=pictures,
        declared=declare(found.image, pictures) if isinstance(found.image, Volume) else None,
        level_plan=kept.level_plan if kept else _plan_alike(alike),
        chosen_protocol=kept.protocol if kept else _protocol_alike(alike),
        stated_region=region,
        is_named_after_files=True,
        said_as_for=of_whom,
    )
    if kept is not None:
        work = replace(work, review=kept.review, implants_file=kept.implants, implants=open_implants(kept.implants))
    layers = image_layers(found.image, name=name, pictures=pictures, level_plan=work.level_plan)
    if found.work is None:
        return OpenedSeries(_with_view(work, kept), tuple(layers))
    label_map = found.work.store.label_map()
    work = replace(
        work,
        label_map=label_map,
        label_work=found.work,
        outlines=series.outlines,
        opened_checksums=found.checksums,
    )
    work = _with_drawn_fat(opening, work, kept)
    work = replace(work, measured=numbers_of_before(work, kept.progress.rests_on) if kept else None)
    labels = stored_layer(found.work, name=muscles_name(name, work.region), outlines=series.outlines)
    fat = () if work.fat_work is None else (resumed_fat_layer(work.fat_work),)
    return OpenedSeries(_with_view(work, kept), (*layers, labels, *fat))


def _with_drawn_fat(opening: _Opening, work: SeriesWork, kept: KeptSeries | None) -> SeriesWork:
    """The series with the fat beside the muscles that its reader has drawn; what is lost of it is told."""
    if kept is None or kept.drawn_fat is None:
        return work
    drawn = None
    try:
        drawn = resume_label_work(kept.drawn_fat)
        if drawn is None:
            raise HipSpineError(
                f"Expected the fat beside the muscles that was drawn, found none, in {kept.drawn_fat}.",
                hint="It is proposed anew. If that folder is on another computer, copy it and open the subject again.",
            )
        _require_same_grid(drawn, work.image, kept.drawn_fat)
    except HipSpineError as error:
        opening.problems.append(error)
        if drawn is not None:
            drawn.close()
        return work
    return replace(work, fat_roi=fat_map(drawn), fat_work=drawn)


def _open_pictures(opening: _Opening, series: StudySeries, pictures: ImageFiles) -> _OpenedLabels:
    """The picture with the labels that were painted on it, else with a copy of those in a file."""
    place = series.kept.painted if series.kept else None
    painted = resume_label_work(place or place_of_labels(pictures, series.outlines, study=opening.labels_study))
    try:
        grid = painted.store.grid if painted else None
        as_read = replace(pictures, contrast=None, fat_polarity=None, allows_fat_suppressed=False)
        image = open_image(as_read, labels_grid=grid, cache=cache_of(opening.progress))
        if painted is not None:
            _require_same_grid(painted, image, place)
            # Labels that can be taken back were changed since they were copied.
            unlike_any = (NO_CHECKSUM,) * grid.shape[0] if grid else ()
            now = tuple(painted.sums.value(opening.progress))
            sums = unlike_any if painted.store.can_undo else now
            return _OpenedLabels(image, painted, sums)
    except BaseException:
        if painted is not None:
            painted.close()
        raise
    if place is not None:
        opening.problems.append(_lost_labels(place))
    if series.outlines is None:
        return _OpenedLabels(image)
    try:
        opened = open_labels_on(
            image, pictures, series.outlines, name="", study=opening.labels_study, progress=opening.progress
        )
    except Cancelled:
        raise
    except HipSpineError as error:
        opening.problems.append(_explained(error, series))
        return _OpenedLabels(image)
    return _OpenedLabels(opened.image, opened.work, opened.checksums)


def _require_same_grid(painted: LabelWork, image: Volume | WaterFat, place: Path | None) -> None:
    if not painted.store.grid.same_as(image.grid):
        raise HipSpineError(
            f"Expected the labels that were painted on this picture, found "
            f"{painted.store.grid.difference_from(image.grid)}, in {place or painted.store.folder}.",
            hint="The picture was replaced since. Move that folder away, then open the subject again.",
        )


def _with_view(work: SeriesWork, kept: KeptSeries | None) -> SeriesWork:
    view = kept.view if kept else KeptView()
    structures = dict(work.label_map.structures) if work.label_map else {}
    return replace(work, seen=seen_of(view, structures), hidden=hidden_of(view, structures))


def _alike(study: Study, series: StudySeries) -> Iterator[tuple[str, KeptSeries]]:
    """Remembered series of the same region and contrast with whose they are, the last subject first."""
    pictures = series.pictures
    for subject in reversed(study.project.subjects):
        for kept in subject.series:
            is_same_kind = tuple(kept.files) == tuple(kept_files(pictures))
            if is_same_kind and (kept.region, kept.words.contrast) == (series.region, pictures.contrast):
                yield subject.subject_id, kept


def _said_alike(pictures: ImageFiles, kept: KeptSeries) -> ImageFiles:
    """Whether fat is bright is said once for a study; what concerns one picture alone is said for each."""
    return replace(pictures, fat_polarity=kept.words.fat_polarity)


def _plan_alike(kept: KeptSeries | None) -> LevelPlan:
    return LevelPlan(window=kept.level_plan.window) if kept else LevelPlan()


def _protocol_alike(kept: KeptSeries | None) -> MeasurementProtocol | None:
    """Settings of the study; a threshold chosen by hand belongs to one picture."""
    protocol = kept.protocol if kept else None
    return None if protocol is None or protocol.fat_method is FatMethod.MANUAL else protocol


def _explained(error: HipSpineError, series: StudySeries) -> HipSpineError:
    hint = error.hint
    if isinstance(error, SeriesAmbiguous):
        hint = "Press Open in step 1 and choose one under Series."
    return type(error)(f"{series.name}: {error.message}", hint=hint)


def _lost_labels(place: Path) -> HipSpineError:
    return HipSpineError(
        f"Expected the labels that were painted, found none, in {place}.",
        hint="They were begun anew. If that folder is on another computer, copy it and open the subject again.",
    )
