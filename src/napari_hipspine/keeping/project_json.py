"""Projects as plain values for JSON and back; what a file holds beyond what is known is refused."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..domain.anatomy import Region, Structure, find_structure
from ..domain.errors import InvalidChoice
from ..domain.protocol import protocol_from_mapping
from ..domain.threshold_review import ThresholdReview
from ..domain.volume import Contrast, FatPolarity
from .plain_values import number_of, of_type, one_of, only, perhaps, text_of, texts_of
from .plan_json import plan_as_json, plan_of_json
from .project import KeptLabels, KeptProgress, KeptSeries, KeptSubject, KeptView, KeptWords, Project
from .project_paths import PathCode

_SERIES = (
    *("files", "sizes", "region", "words", "labels", "painted"),
    *("levels", "protocol", "review", "view", "progress", "implants"),
    "drawn_fat",
)


def project_as_json(project: Project, paths: PathCode) -> dict[str, Any]:
    """Plain values of a project."""
    return {
        "name": project.name,
        "folder": paths.written(project.folder) if project.folder else None,
        "current": list(project.current) if project.current else None,
        "subjects": [_subject_as_json(one, paths) for one in project.subjects],
    }


def project_of_json(said: Any, paths: PathCode) -> Project:
    """A project from plain values.

    Raises
    ------
    HipSpineError
        If something is missing, unknown or outside its range.
    """
    given = only(said, "the project", "name", "folder", "current", "subjects")
    current = texts_of(given["current"], 2) if given["current"] is not None else None
    return Project(
        of_type(given["name"], str),
        paths.read(given["folder"]) if given["folder"] is not None else None,
        tuple(_subject_of_json(one, paths) for one in of_type(given["subjects"], list)),
        (current[0], current[1]) if current else None,
    )


def _subject_as_json(subject: KeptSubject, paths: PathCode) -> dict[str, Any]:
    return {
        "subject_id": subject.subject_id,
        "session": subject.session,
        "reader_id": subject.reader_id,
        "current": subject.current,
        "series": [_series_as_json(one, paths) for one in subject.series],
    }


def _subject_of_json(said: Any, paths: PathCode) -> KeptSubject:
    given = only(said, "a subject", "subject_id", "session", "reader_id", "current", "series")
    return KeptSubject(
        text_of(given["subject_id"]),
        text_of(given["session"]),
        text_of(given["reader_id"]),
        series=tuple(_series_of_json(one, paths) for one in of_type(given["series"], list)),
        current=of_type(given["current"], int),
    )


def _series_as_json(series: KeptSeries, paths: PathCode) -> dict[str, Any]:
    labels = series.labels
    naming = None if labels is None else labels.naming
    return {
        "files": {role: paths.written(path) for role, path in series.files.items()},
        "sizes": dict(series.sizes),
        "region": series.region,
        "words": asdict(series.words),
        "labels": labels
        and {
            "path": paths.written(labels.path),
            "naming": None if isinstance(naming, str) else naming and paths.written(naming),
            "naming_name": naming if isinstance(naming, str) else None,
            "series": labels.series,
            "ignores_unknown": labels.ignores_unknown,
            "orientation": labels.orientation,
        },
        "painted": paths.written(series.painted) if series.painted else None,
        "levels": plan_as_json(series.level_plan),
        "protocol": series.protocol and series.protocol.as_dict(),
        "review": {"moved": dict(series.review.moved), "accepts_fat_roi": series.review.accepts_fat_roi},
        "view": {
            "slice_index": series.view.slice_index,
            "structure": _structure_as_json(series.view.structure),
            "contrast_limits": series.view.contrast_limits and list(series.view.contrast_limits),
            "hidden": [_structure_as_json(one) for one in series.view.hidden],
        },
        "progress": asdict(series.progress),
        "implants": paths.written(series.implants) if series.implants else None,
        "drawn_fat": paths.written(series.drawn_fat) if series.drawn_fat else None,
    }


def _series_of_json(said: Any, paths: PathCode) -> KeptSeries:
    given = only(
        {"implants": None, "drawn_fat": None, **said} if isinstance(said, dict) else said, "a series", *_SERIES
    )
    files, sizes = of_type(given["files"], dict), of_type(given["sizes"], dict)
    return KeptSeries(
        {role: paths.read(path) for role, path in files.items()},
        {role: of_type(size, int) for role, size in sizes.items()},
        perhaps(given["region"], lambda one: one_of(Region, one)),
        _words_of_json(given["words"]),
        perhaps(given["labels"], lambda one: _labels_of_json(one, paths)),
        perhaps(given["painted"], paths.read),
        plan_of_json(given["levels"]),
        perhaps(given["protocol"], protocol_from_mapping),
        _review_of_json(given["review"]),
        _view_of_json(given["view"]),
        _progress_of_json(given["progress"]),
        perhaps(given["implants"], paths.read),
        perhaps(given["drawn_fat"], paths.read),
    )


def _review_of_json(said: Any) -> ThresholdReview:
    given = only(said, "a review of thresholds", "moved", "accepts_fat_roi")
    moved = {muscle: number_of(signal) for muscle, signal in of_type(given["moved"], dict).items()}
    return ThresholdReview(moved, of_type(given["accepts_fat_roi"], bool))


def _words_of_json(said: Any) -> KeptWords:
    given = only(said, "the words on a picture", *asdict(KeptWords()))
    return KeptWords(
        series=perhaps(given["series"], text_of),
        contrast=perhaps(given["contrast"], lambda one: one_of(Contrast, one)),
        fat_polarity=perhaps(given["fat_polarity"], lambda one: one_of(FatPolarity, one)),
        allows_fat_suppressed=of_type(given["allows_fat_suppressed"], bool),
        accepts_header_mismatch=of_type(given["accepts_header_mismatch"], bool),
        orientation=perhaps(given["orientation"], text_of),
    )


def _labels_of_json(said: Any, paths: PathCode) -> KeptLabels:
    names = ("path", "naming", "naming_name", "series", "ignores_unknown", "orientation")
    given = only(said, "a label map", *names)
    named = perhaps(given["naming_name"], text_of)
    return KeptLabels(
        paths.read(given["path"]),
        named if named is not None else perhaps(given["naming"], paths.read),
        perhaps(given["series"], text_of),
        of_type(given["ignores_unknown"], bool),
        perhaps(given["orientation"], text_of),
    )


def _view_of_json(said: Any) -> KeptView:
    given = only(said, "a view", "slice_index", "structure", "contrast_limits", "hidden")
    limits = perhaps(given["contrast_limits"], lambda one: of_type(one, list))
    if limits is not None and len(limits) != 2:
        raise InvalidChoice(f"Expected two contrast limits, found {len(limits)}.")
    return KeptView(
        perhaps(given["slice_index"], lambda one: of_type(one, int)),
        perhaps(given["structure"], _structure_of_json),
        (number_of(limits[0]), number_of(limits[1])) if limits else None,
        tuple(_structure_of_json(one) for one in of_type(given["hidden"], list)),
    )


def _progress_of_json(said: Any) -> KeptProgress:
    given = only(said, "the progress", *asdict(KeptProgress()))
    return KeptProgress(
        of_type(given["n_muscles"], int),
        of_type(given["n_muscles_done"], int),
        of_type(given["measured"], str),
        of_type(given["rests_on"], str),
    )


def _structure_as_json(structure: Structure | None) -> list[str] | None:
    return [structure.muscle.id, structure.side.value] if structure else None


def _structure_of_json(said: Any) -> Structure:
    muscle, side = texts_of(said, 2)
    return find_structure(muscle, side)
