"""Projects as plain values for JSON and back; what a file holds beyond what is known is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Any, TypeVar

from ..domain.anatomy import Region, Structure, find_level, find_muscle, find_structure
from ..domain.errors import InvalidChoice
from ..domain.level_plan import LevelPlacement, LevelPlan, MillimetresAround, NearestSlice, SlicesAround, Window
from ..domain.protocol import protocol_from_mapping
from ..domain.threshold_review import ThresholdReview
from ..domain.volume import Contrast, FatPolarity
from .project import KeptLabels, KeptProgress, KeptSeries, KeptSubject, KeptView, KeptWords, Project
from .project_paths import PathCode

_SERIES = (
    *("files", "sizes", "region", "words", "labels", "painted"),
    *("levels", "protocol", "review", "view", "progress"),
)

Word = TypeVar("Word", bound=StrEnum)
Read = TypeVar("Read")


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
    given = _only(said, "the project", "name", "folder", "current", "subjects")
    current = _texts(given["current"], 2) if given["current"] is not None else None
    return Project(
        _of_type(given["name"], str),
        paths.read(given["folder"]) if given["folder"] is not None else None,
        tuple(_subject_of_json(one, paths) for one in _of_type(given["subjects"], list)),
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
    given = _only(said, "a subject", "subject_id", "session", "reader_id", "current", "series")
    return KeptSubject(
        _text(given["subject_id"]),
        _text(given["session"]),
        _text(given["reader_id"]),
        series=tuple(_series_of_json(one, paths) for one in _of_type(given["series"], list)),
        current=_of_type(given["current"], int),
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
        "levels": _plan_as_json(series.level_plan),
        "protocol": series.protocol and series.protocol.as_dict(),
        "review": {"moved": dict(series.review.moved), "accepts_fat_roi": series.review.accepts_fat_roi},
        "view": {
            "slice_index": series.view.slice_index,
            "structure": _structure_as_json(series.view.structure),
            "contrast_limits": series.view.contrast_limits and list(series.view.contrast_limits),
            "hidden": [_structure_as_json(one) for one in series.view.hidden],
        },
        "progress": asdict(series.progress),
    }


def _series_of_json(said: Any, paths: PathCode) -> KeptSeries:
    given = _only(said, "a series", *_SERIES)
    files, sizes = _of_type(given["files"], dict), _of_type(given["sizes"], dict)
    return KeptSeries(
        {role: paths.read(path) for role, path in files.items()},
        {role: _of_type(size, int) for role, size in sizes.items()},
        _perhaps(given["region"], lambda one: _one_of(Region, one)),
        _words_of_json(given["words"]),
        _perhaps(given["labels"], lambda one: _labels_of_json(one, paths)),
        _perhaps(given["painted"], paths.read),
        _plan_of_json(given["levels"]),
        _perhaps(given["protocol"], protocol_from_mapping),
        _review_of_json(given["review"]),
        _view_of_json(given["view"]),
        _progress_of_json(given["progress"]),
    )


def _review_of_json(said: Any) -> ThresholdReview:
    given = _only(said, "a review of thresholds", "moved", "accepts_fat_roi")
    moved = {muscle: _number(signal) for muscle, signal in _of_type(given["moved"], dict).items()}
    return ThresholdReview(moved, _of_type(given["accepts_fat_roi"], bool))


def _words_of_json(said: Any) -> KeptWords:
    given = _only(said, "the words on a picture", *asdict(KeptWords()))
    return KeptWords(
        series=_perhaps(given["series"], _text),
        contrast=_perhaps(given["contrast"], lambda one: _one_of(Contrast, one)),
        fat_polarity=_perhaps(given["fat_polarity"], lambda one: _one_of(FatPolarity, one)),
        allows_fat_suppressed=_of_type(given["allows_fat_suppressed"], bool),
        accepts_header_mismatch=_of_type(given["accepts_header_mismatch"], bool),
        orientation=_perhaps(given["orientation"], _text),
    )


def _labels_of_json(said: Any, paths: PathCode) -> KeptLabels:
    names = ("path", "naming", "naming_name", "series", "ignores_unknown", "orientation")
    given = _only(said, "a label map", *names)
    named = _perhaps(given["naming_name"], _text)
    return KeptLabels(
        paths.read(given["path"]),
        named if named is not None else _perhaps(given["naming"], paths.read),
        _perhaps(given["series"], _text),
        _of_type(given["ignores_unknown"], bool),
        _perhaps(given["orientation"], _text),
    )


def _plan_as_json(plan: LevelPlan) -> dict[str, Any]:
    window: dict[str, Any] = {"kind": "nearest"}
    if isinstance(plan.window, SlicesAround):
        window = {"kind": "slices", "n_slices": plan.window.n_slices}
    elif isinstance(plan.window, MillimetresAround):
        window = {"kind": "millimetres", "width_mm": plan.window.width_mm}
    placements = [
        {
            "level": placed.level.id,
            "position_mm": placed.position_mm,
            "slice_position": placed.slice_position,
            "muscle": placed.muscle and placed.muscle.id,
            "is_confirmed": placed.is_confirmed,
        }
        for placed in plan.placements
    ]
    return {"window": window, "placements": placements}


def _plan_of_json(said: Any) -> LevelPlan:
    given = _only(said, "the levels", "window", "placements")
    placements = []
    for one in _of_type(given["placements"], list):
        placed = _only(one, "a level", "level", "position_mm", "slice_position", "muscle", "is_confirmed")
        placements.append(
            LevelPlacement(
                find_level(placed["level"]),
                _number(placed["position_mm"]),
                _of_type(placed["slice_position"], str),
                _perhaps(placed["muscle"], find_muscle),
                _of_type(placed["is_confirmed"], bool),
            )
        )
    return LevelPlan(tuple(placements), _window_of_json(given["window"]))


def _window_of_json(said: Any) -> Window:
    kind = _of_type(said, dict).get("kind")
    if kind == "slices":
        return SlicesAround(_of_type(_only(said, "a window", "kind", "n_slices")["n_slices"], int))
    if kind == "millimetres":
        return MillimetresAround(_number(_only(said, "a window", "kind", "width_mm")["width_mm"]))
    if kind != "nearest":
        raise InvalidChoice(f"Expected a window nearest, slices or millimetres, found {kind!r}.")
    _only(said, "a window", "kind")
    return NearestSlice()


def _view_of_json(said: Any) -> KeptView:
    given = _only(said, "a view", "slice_index", "structure", "contrast_limits", "hidden")
    limits = _perhaps(given["contrast_limits"], lambda one: _of_type(one, list))
    if limits is not None and len(limits) != 2:
        raise InvalidChoice(f"Expected two contrast limits, found {len(limits)}.")
    return KeptView(
        _perhaps(given["slice_index"], lambda one: _of_type(one, int)),
        _perhaps(given["structure"], _structure_of_json),
        (_number(limits[0]), _number(limits[1])) if limits else None,
        tuple(_structure_of_json(one) for one in _of_type(given["hidden"], list)),
    )


def _progress_of_json(said: Any) -> KeptProgress:
    given = _only(said, "the progress", *asdict(KeptProgress()))
    return KeptProgress(
        _of_type(given["n_muscles"], int),
        _of_type(given["n_muscles_done"], int),
        _of_type(given["measured"], str),
        _of_type(given["rests_on"], str),
    )


def _structure_as_json(structure: Structure | None) -> list[str] | None:
    return [structure.muscle.id, structure.side.value] if structure else None


def _structure_of_json(said: Any) -> Structure:
    muscle, side = _texts(said, 2)
    return find_structure(muscle, side)


def _only(said: Any, what: str, *names: str) -> Mapping[str, Any]:
    """A mapping with exactly these names."""
    given: Mapping[str, Any] = _of_type(said, dict)
    missing, unknown = sorted(set(names) - set(given)), sorted(set(given) - set(names))
    if missing or unknown:
        found = [*(f"no {name}" for name in missing), *(f"an unknown {name}" for name in unknown)]
        raise InvalidChoice(f"Expected {what} with {', '.join(names)}; found {', '.join(found)}.")
    return given


def _of_type(said: Any, kind: type) -> Any:
    if not isinstance(said, kind) or (kind is int and isinstance(said, bool)):
        raise InvalidChoice(f"Expected a value of type {kind.__name__}, found {said!r}.")
    return said


def _text(said: Any) -> str:
    text: str = _of_type(said, str)
    return text


def _texts(said: Any, n: int) -> list[str]:
    given = [_text(one) for one in _of_type(said, list)]
    if len(given) != n:
        raise InvalidChoice(f"Expected {n} words, found {len(given)}.")
    return given


def _number(said: Any) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise InvalidChoice(f"Expected a number, found {said!r}.")
    return float(said)


def _one_of(kind: type[Word], said: Any) -> Word:
    if said not in tuple(kind):
        raise InvalidChoice(f"Expected one of {', '.join(kind)}, found {said!r}.")
    return kind(said)


def _perhaps(said: Any, read: Callable[[Any], Read]) -> Read | None:
    return None if said is None else read(said)
