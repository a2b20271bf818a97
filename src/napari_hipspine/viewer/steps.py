"""The numbered steps of the main job and how each of them stands, read off the session."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from ..domain.orientation import ASSUMED
from ..domain.volume import FatPolarity, Volume, WaterFat
from ..measuring.fat_threshold import PROPOSED, STALE, MuscleThreshold
from ..workflows.measure_subject import CountedResult
from .series_work import SeriesWork
from .session import Session


class Step(StrEnum):
    """Steps of the main job, in order."""

    IMAGES = "Subject & images"
    LEVELS = "Levels"
    MUSCLES = "Muscles"
    THRESHOLD = "Fat threshold"
    RESULTS = "Results"


class Status(StrEnum):
    """How a step stands, and its mark."""

    DONE = "✔"
    NOW = "●"
    TODO = "○"
    ATTENTION = "⚠"


@dataclass(frozen=True)
class StepState:
    """Mark of a step and what it has come to, in a few words."""

    status: Status
    says: str


def step_states(session: Session) -> dict[Step, StepState]:
    """How every step stands; the first that is not done is the one that is on."""
    work = session.work
    if work is None:
        states = {step: StepState(Status.TODO, "") for step in Step}
        is_listed = session.study is not None and not session.who.subject_id
        words = "choose a subject above" if is_listed else "open an image"
        return {**states, Step.IMAGES: StepState(Status.NOW, words)}
    states = {
        Step.IMAGES: _images(session, work),
        Step.LEVELS: _levels(work),
        Step.MUSCLES: _muscles(work),
        Step.THRESHOLD: _threshold(session, work),
        Step.RESULTS: _results(session, work),
    }
    waiting = next((step for step, state in states.items() if state.status is Status.TODO), None)
    if waiting is not None:
        states[waiting] = StepState(Status.NOW, states[waiting].says)
    return states


def describe_image(image: Volume | WaterFat) -> str:
    """Contrast, spacing and fat polarity in one line."""
    volume = image.water if isinstance(image, WaterFat) else image
    slices, rows, columns = volume.grid.spacing_mm
    spacing = f"{rows:.2f}×{columns:.2f}×{slices:.1f} mm"
    if isinstance(image, WaterFat):
        return f"water and fat, {spacing}"
    fat = "fat unknown" if image.fat_polarity is FatPolarity.UNKNOWN else f"fat {image.fat_polarity.value}"
    contrast = "contrast unknown" if image.contrast.value == "unknown" else image.contrast.value.replace("_", " ")
    return f"{contrast}, {spacing}, {fat}"


def _images(session: Session, work: SeriesWork) -> StepState:
    if not session.who.subject_id.strip():
        return StepState(Status.ATTENTION, "subject id missing")
    if work.asks_for_polarity:
        return StepState(Status.ATTENTION, "say whether fat is bright or dark")
    if work.asks_for_fat_suppressed:
        return StepState(Status.ATTENTION, "fat suppressed")
    if ASSUMED in work.volume.flags:
        return StepState(Status.ATTENTION, "say how the patient lies")
    return StepState(Status.DONE, describe_image(work.image))


def _levels(work: SeriesWork) -> StepState:
    if work.unconfirmed_levels:
        return StepState(Status.ATTENTION, f"confirm {_listed(work.unconfirmed_levels)}")
    names = dict.fromkeys(placed.level.id for placed in work.level_plan.placements)
    if not names:
        is_done = work.measured is not None
        return StepState(Status.DONE if is_done else Status.TODO, "none: all labelled slices are read")
    return StepState(Status.DONE, f"{_listed(names)}; {work.level_plan.window}")


def _listed(levels: Iterable[str]) -> str:
    return ", ".join(level.replace("_", " ") for level in levels)


def _muscles(work: SeriesWork) -> StepState:
    if work.label_map is None:
        return StepState(Status.TODO, "")
    if not work.n_structures:
        return StepState(Status.ATTENTION, "say what the values are")
    return StepState(Status.DONE, f"{work.n_structures} structures")


def _threshold(session: Session, work: SeriesWork) -> StepState:
    if session.doing:
        return StepState(Status.NOW, session.doing)
    if work.measured is None:
        return StepState(Status.TODO, "")
    if session.why_stale() and not session.follows_by_itself():
        return StepState(Status.ATTENTION, "find the thresholds anew")
    result = work.measured.result
    thresholds = result.counted.thresholds.muscles.values() if isinstance(result, CountedResult) else ()
    for is_so, words in _needs_a_look(work):
        if any(is_so(one) for one in thresholds):
            return StepState(Status.ATTENTION, words)
    moved = len(work.review.moved)
    by_hand = f", {moved} moved by hand" if moved else ""
    return StepState(Status.DONE, f"{work.measured.request.protocol.fat_method.value}{by_hand}")


def _needs_a_look(work: SeriesWork) -> tuple[tuple[Callable[[MuscleThreshold], bool], str], ...]:
    """What a reader should look at, the most serious first."""
    return (
        (lambda one: one.reason == "no_fat_class", "no fat class found"),
        (lambda one: bool(one.reason), "a muscle without threshold"),
        (lambda one: STALE in one.flags, "outlines changed since it was found"),
        (lambda one: PROPOSED in one.flags and not work.review.accepts_fat_roi, "look at the proposed fat"),
        (lambda one: "polarity_unchecked" in one.flags, "fat polarity could not be checked"),
    )


def _results(session: Session, work: SeriesWork) -> StepState:
    if work.measured is None:
        return StepState(Status.TODO, "")
    n_rows = len(work.measured.result.measurements)
    if session.why_stale():
        return StepState(Status.ATTENTION, f"{n_rows} rows, out of date")
    if work.exported is not work.measured:
        return StepState(Status.NOW, f"{n_rows} rows, not exported")
    return StepState(Status.DONE, f"{n_rows} rows, exported")
