"""Severe fat per muscle and side against outcomes over time: odds per time point, over all of them, and courses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..domain.errors import InvalidChoice
from .holm import adjust_rows
from .models.columns import is_gap, number_groups, read_numbers
from .models.design import OutcomeKind
from .models.fitting import FittedModel, fit_model
from .models.model_request import Estimator, ModelRequest
from .models.model_table import model_rows
from .models.names import quote_name
from .models.subgroups import any_has_few_events, fit_parts, has_complete_rows, part_rows
from .models.ticks import Tick, run_on
from .models.troubles import Trouble
from .outcomes import Outcome, add_outcomes
from .student_mean import student_mean

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]
NOT_MEASURED = "not_measured"
Named = tuple[tuple[str, FittedModel], ...]


@dataclass(frozen=True)
class CourseRequest:
    """What is related over time, and what is held constant.

    Parameters
    ----------
    exposures : tuple of str
        Columns of 0 and 1, such as ``severe_multifidus_left``; each is related by itself.
    outcomes : tuple of Outcome
        Two-valued outcomes, each coded by itself.
    scores : tuple of str
        Numbers whose course is modelled.
    covariates : tuple of str
        Confounders, in every model.
    time, subject : str
        Columns of the time point (a number) and of the person.

    Raises
    ------
    InvalidChoice
        If there is no exposure, or neither outcome nor score.
    """

    exposures: tuple[str, ...]
    outcomes: tuple[Outcome, ...] = ()
    scores: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    time: str = "time"
    subject: str = "subject_id"

    def __post_init__(self) -> None:
        if not self.exposures or not (self.outcomes or self.scores):
            raise InvalidChoice("Expected at least one exposure and one outcome or score, found fewer.")

    def formula(self, response: str, exposure: str, *, with_time: str = "") -> str:
        """The formula of one outcome and one exposure, with its interaction with time where that is in."""
        first = f"{with_time} * {quote_name(exposure)}" if with_time else quote_name(exposure)
        return f"{quote_name(response)} ~ {' + '.join([first, *map(quote_name, self.covariates)])}"


def relate_per_time(
    table: pd.DataFrame, request: CourseRequest, *, tick: Tick = run_on
) -> tuple[Named, list[dict[str, Any]]]:
    """A logistic model per outcome, exposure and time point, and rows with p adjusted over the exposures (Holm).

    A time point at which nobody has the outcome and the exposure has an empty row.

    If one of an outcome's models has fewer than 10 events (or non-events) per term, all of them are fitted with
    Firth's penalty, so that they can be compared. Adjusted together are the exposures of one outcome and time point.

    References
    ----------
    Holm 1979, https://www.jstor.org/stable/4615733.
    """
    coded = add_outcomes(table, request.outcomes)
    models: list[tuple[str, FittedModel]] = []
    rows: list[dict[str, Any]] = []
    for outcome in request.outcomes:
        asked = {name: ModelRequest(request.formula(outcome.name, name)) for name in request.exposures}
        parts = part_rows(coded, request.time)
        full = {name: [part for part in parts if has_complete_rows(part[1], one)] for name, one in asked.items()}
        few = any(any_has_few_events(full[name], one) for name, one in asked.items())
        own: list[dict[str, Any]] = []
        for exposure, one in asked.items():
            chosen = ModelRequest(one.formula, estimator=Estimator.FIRTH if few else Estimator.LIKELIHOOD)
            fitted = dict(fit_parts(full[exposure], chosen, tick=tick))
            models += [(f"{outcome.text}, {exposure}, {name}", model) for name, model in fitted.items()]
            for name, _ in parts:
                shared = {"outcome": outcome.text, "exposure": exposure, "time": name.partition("=")[2]}
                row = _outcome_row(fitted[name], exposure) if name in fitted else _empty_row(chosen)
                own.append(shared | row)
        rows += adjust_rows(own, within="time")
    return tuple(models), rows


def relate_over_time(
    table: pd.DataFrame,
    request: CourseRequest,
    *,
    estimator: Estimator = Estimator.LIKELIHOOD,
    tick: Tick = run_on,
) -> Named:
    """One logistic model per outcome and exposure over all time points: time as categories, by exposure.

    `estimator` is a random intercept per person (likelihood) or an average over the population (GEE).
    """
    coded = add_outcomes(table, request.outcomes)
    found = []
    for outcome in request.outcomes:
        for exposure in request.exposures:
            formula = request.formula(outcome.name, exposure, with_time=f"factor({quote_name(request.time)})")
            asked = ModelRequest(formula, random=f"1|{quote_name(request.subject)}", estimator=estimator)
            found.append((f"{outcome.text}, {exposure}, all time points", fit_model(coded, asked, tick=tick)))
    return tuple(found)


def relate_scores(table: pd.DataFrame, request: CourseRequest, *, tick: Tick = run_on) -> Named:
    """One linear model per score and exposure: time by exposure, with a random intercept and slope per person."""
    time, subject = quote_name(request.time), quote_name(request.subject)
    return tuple(
        (
            f"{score}, {exposure}",
            fit_model(
                table,
                ModelRequest(
                    request.formula(score, exposure, with_time=time),
                    kind=OutcomeKind.LINEAR,
                    random=f"1 + {time}|{subject}",
                ),
                tick=tick,
            ),
        )
        for score in request.scores
        for exposure in request.exposures
    )


def mean_courses(table: pd.DataFrame, request: CourseRequest) -> list[dict[str, Any]]:
    """Mean of every score per time point and value of the exposure, with a Student interval and who is behind it."""
    return [
        row
        for score in request.scores
        for exposure in request.exposures
        for name, rows in part_rows(table, request.time)
        for row in _mean_rows(rows, score, exposure, float(name.partition("=")[2]))
    ]


def _empty_row(request: ModelRequest) -> dict[str, Any]:
    """The row of a time point at which nothing was measured."""
    return {"formula": request.formula, "method": "", "n": 0, "n_events": 0, "p": None, "reason": NOT_MEASURED}


def _outcome_row(fitted: FittedModel, exposure: str) -> dict[str, Any]:
    """The row of the exposure among the rows of its model."""
    rows = model_rows(fitted)
    own = next(
        (row for row in rows if row["term"] == exposure),
        rows[0]
        | {"reason": Trouble.CONSTANT_COLUMN.value, "odds_ratio": None, "or_low": None, "or_high": None, "p": None},
    )
    names = ("formula", "method", "n", "n_events", "odds_ratio", "or_low", "or_high", "p", "interval_by", "reason")
    return {name: own[name] for name in names}


def _mean_rows(rows: pd.DataFrame, score: str, exposure: str, time: float) -> list[dict[str, Any]]:
    present = [not (is_gap(a) or is_gap(b)) for a, b in zip(rows[score], rows[exposure], strict=True)]
    kept = rows[present]
    groups, names = number_groups(kept[exposure].tolist())
    values = read_numbers(kept[score].tolist(), score)
    found = []
    for number, name in enumerate(names):
        own = values[groups == number]
        mean = student_mean(own)
        shared = {"score": score, "exposure": exposure, "exposure_value": name, "time": time, "n": len(own)}
        found.append(shared | {"mean": mean.mean, "low": mean.low, "high": mean.high, "reason": mean.reason})
    return found
