"""Severe fat and outcomes over time: a long table in, odds per time point, courses and their figures out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.provenance import Provenance, fingerprints
from ..domain.subject import Progress, stay_silent
from ..relating.course_rows import prepare_courses
from ..relating.courses import (
    CourseRequest,
    mean_courses,
    relate_over_time,
    relate_per_time,
    relate_scores,
)
from ..relating.exposure_tests import judge_exposures
from ..relating.models.fitting import FittedModel
from ..relating.models.model_request import Estimator
from ..relating.models.model_table import model_notes, model_table
from ..relating.models.side_tables import COURSES, OUTCOMES, OVERALL
from ..relating.models.ticks import Tick
from ..relating.outcomes import parse_outcome, spread_severe
from ..writing.places import file_words
from ..writing.tables import Contents, as_json, columns_as_json, table_as_csv, write_whole
from .model_cohort import WORDING
from .read_tables import read_table

if TYPE_CHECKING:
    import pandas as pd

HOLM = (
    "p is as it was found; p_holm is adjusted over the exposures of one outcome and time point, or of one test over "
    "all time points, and over nothing else."
)

STAGES = ("odds per time point", "odds over all time points", "courses of scores", "tests over all time points")

__all__ = ["CourseModels", "CourseRequest", "Estimator", "model_courses", "parse_outcome", "spread_severe"]


@dataclass(frozen=True)
class CourseModels:
    """What came of it.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        Odds ratios per outcome, exposure and time point, with Holm's p.
    models : pandas.DataFrame
        Every term of every model.
    overall : pandas.DataFrame
        Tests of each exposure over all time points, with Holm's p.
    courses : pandas.DataFrame
        Means per time point and group.
    notes : tuple of str
        What a reader should know, as sentences.
    provenance : Provenance
        Settings, files and versions.
    """

    outcomes: pd.DataFrame
    models: pd.DataFrame
    overall: pd.DataFrame
    courses: pd.DataFrame
    notes: tuple[str, ...]
    provenance: Provenance


def model_courses(
    table: pd.DataFrame | str | Path,
    request: CourseRequest,
    *,
    estimator: Estimator = Estimator.LIKELIHOOD,
    inputs: Sequence[str | Path] = (),
    told: Sequence[str] = (),
    out: str | Path | None = None,
    progress: Progress = stay_silent,
) -> CourseModels:
    """Logistic models per time point and over all of them, and linear models of courses.

    Parameters
    ----------
    table : data frame or path
        One row per person and time point.
    request : CourseRequest
        Exposures, outcomes with their dichotomies, scores and confounders.
    estimator : Estimator
        Of the logistic models over all time points: likelihood (a random intercept per person) or gee.
    inputs : sequence of path
        Files a table that is handed in was made from, for provenance.
    told : sequence of str
        How it was made, as sentences; they stand among the notes.
    out : path, optional
        Folder for the tables and figures; all are written or none.
    progress : Progress
        Told what is being fitted; may stop the work.

    Raises
    ------
    HipSpineError
        If the table does not fit the request; nothing is written then.
    """
    frame = prepare_courses(read_table(table) if isinstance(table, str | Path) else table, request)
    ticks: list[Tick] = [partial(progress, k, len(STAGES), doing) for k, doing in enumerate(STAGES)]
    per_time, rows = relate_per_time(frame, request, tick=ticks[0])
    over_time = relate_over_time(frame, request, estimator=estimator, tick=ticks[1])
    scores = relate_scores(frame, request, tick=ticks[2])
    fitted = (*per_time, *over_time, *scores)
    notes = (WORDING, HOLM, *told, *_gather_notes(fitted))
    files = [table] if isinstance(table, str | Path) else []
    settings: dict[str, Any] = {
        "exposures": list(request.exposures),
        "outcomes": [outcome.text for outcome in request.outcomes],
        "scores": list(request.scores),
        "covariates": list(request.covariates),
        "time": request.time,
        "subject": request.subject,
        "over_time": estimator.value,
        "formulas": list(dict.fromkeys(one.request.formula for _, one in fitted)),
    }
    found = CourseModels(
        OUTCOMES.frame(rows),
        model_table(fitted),
        OVERALL.frame(judge_exposures(over_time, scores, request, tick=ticks[3])),
        COURSES.frame(mean_courses(frame, request)),
        notes,
        Provenance("courses", settings, fingerprints([*files, *inputs]), notes),
    )
    if out is not None:
        write_whole(out, course_files(found, time=request.time))
    return found


def course_files(found: CourseModels, *, time: str = "time") -> dict[str, Contents]:
    """Contents of the files by name."""
    from ..figures.png import pictures_of

    return {
        "outcomes.csv": table_as_csv(found.outcomes),
        "model.csv": table_as_csv(found.models),
        "overall.csv": table_as_csv(found.overall),
        "courses.csv": table_as_csv(found.courses),
        "columns.json": columns_as_json("model", OUTCOMES, OVERALL, COURSES),
        "run.json": as_json(found.provenance.as_dict()),
        **pictures_of(course_figures(found, time=time)),
    }


def course_figures(found: CourseModels, *, time: str = "time") -> dict[str, Callable[[], Any]]:
    """What makes a forest plot per outcome, and a plot of means per score and exposure, by name."""
    from ..figures.course_plot import course_plot
    from ..figures.forest_plot import forest_plot

    outcomes = file_words(found.outcomes["outcome"].unique())
    figures: dict[str, Callable[[], Any]] = {
        f"forest_{word}": partial(
            forest_plot, _as_models(found.outcomes, outcome, time), title=_title_of(found.outcomes, outcome)
        )
        for outcome, word in outcomes.items()
    }
    courses = found.courses.groupby(["score", "exposure"], sort=False)
    words = file_words(f"{score}_{exposure}" for (score, exposure), _ in courses)
    for (score, exposure), rows in courses:
        model = found.models[found.models["model"] == f"{score}, {exposure}"]
        title = "" if model.empty else f"{model['formula'].iloc[0]} + ({model['random'].iloc[0]})"
        name = f"course_{words[f'{score}_{exposure}']}"
        figures[name] = partial(course_plot, rows, title=title, time_label=time)
    return figures


def _gather_notes(fitted: Sequence[tuple[str, FittedModel]]) -> list[str]:
    """Every sentence once, before it the model, or how many models it holds for; the tables say which."""
    names: dict[str, list[str]] = {}
    for name, one in fitted:
        for sentence in dict.fromkeys(model_notes(one)):
            names.setdefault(sentence, []).append(name)
    return [f"{own[0] if len(own) == 1 else f'{len(own)} models'}: {text}" for text, own in names.items()]


def _title_of(outcomes: pd.DataFrame, outcome: str) -> str:
    """The outcome and what is held constant beside each exposure."""
    own = outcomes[outcomes["outcome"] == outcome].iloc[0]
    return f"{outcome}\n{own['formula'].replace(own['exposure'], 'EXPOSURE')}"


def _as_models(outcomes: pd.DataFrame, outcome: str, time: str) -> pd.DataFrame:
    """Rows of one outcome in the words of the forest plot: exposures as terms, time points as models."""
    own = outcomes[outcomes["outcome"] == outcome]
    same = {"kind": "logistic", "part": "fixed", "random": "", "n_groups": None, "n_trials": None}
    return own.assign(term=own["exposure"], model=f"{time} " + own["time"], **same)
