"""How well fitted probabilities tell events from others, and how well they keep what they promise."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from ..diagnostics import wilson_interval
from ..ranks import mid_ranks
from .columns import FloatArray
from .estimates import CONFIDENCE
from .logistic import fit_logistic

TENTHS = 10
FARTHEST_LOG_ODDS = 35.0


class Interval(NamedTuple):
    """An estimate with the ends of its 95 % interval."""

    estimate: float
    low: float
    high: float


class Calibration(NamedTuple):
    """Intercept and slope of the outcome on the fitted log-odds; 0 and 1 when probabilities keep their promise."""

    intercept: Interval
    slope: Interval


def area_under_curve(events: FloatArray, scores: FloatArray) -> Interval:
    """The chance that an event has the higher score than a non-event (ties half), with DeLong's interval.

    Ends are cut at 0 and 1; an area without variance (perfect separation) has no interval.

    References
    ----------
    DeLong et al. 1988, doi:10.2307/2531595.
    """
    with_event, without = scores[events == 1], scores[events == 0]
    n_with, n_without = len(with_event), len(without)
    if not n_with or not n_without:
        return Interval(np.nan, np.nan, np.nan)
    ranks = mid_ranks(np.concatenate([with_event, without]))
    above = (ranks[:n_with] - mid_ranks(with_event)) / n_without
    below = 1 - (ranks[n_with:] - mid_ranks(without)) / n_with
    area = float(above.mean())
    if min(n_with, n_without) < 2:
        return Interval(area, np.nan, np.nan)
    error = float(np.sqrt(above.var(ddof=1) / n_with + below.var(ddof=1) / n_without))
    if error == 0:
        return Interval(area, np.nan, np.nan)
    half = _quantile() * error
    return Interval(area, max(0.0, area - half), min(1.0, area + half))


def brier_score(events: FloatArray, probability: FloatArray) -> float:
    """Mean squared distance of fitted probability and outcome.

    References
    ----------
    Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    return float(np.mean((events - probability) ** 2))


def calibrate(events: FloatArray, probability: FloatArray) -> Calibration:
    """Intercept (with the slope held at 1) and slope of the outcome on the fitted log-odds.

    References
    ----------
    Cox 1958, doi:10.1093/biomet/45.3-4.562.
    """
    log_odds = np.clip(np.log(probability) - np.log1p(-probability), -FARTHEST_LOG_ODDS, FARTHEST_LOG_ODDS)
    ones = np.ones((len(events), 1))
    alone = fit_logistic(ones, events, offset=log_odds)
    both = fit_logistic(np.column_stack([ones, log_odds]), events) if np.ptp(log_odds) else None
    slope = _coefficient(both.beta, both.low, both.high, 1) if both else Interval(np.nan, np.nan, np.nan)
    return Calibration(_coefficient(alone.beta, alone.low, alone.high, 0), slope)


def calibration_tenths(events: FloatArray, probability: FloatArray) -> list[dict[str, Any]]:
    """Observed share against mean fitted probability in tenths of the rows; equal probabilities may share a cut."""
    order = np.argsort(probability, kind="stable")
    rows = []
    for number, part in enumerate(np.array_split(order, min(TENTHS, len(order))), start=1):
        n_events = int(events[part].sum())
        low, high = wilson_interval(n_events, len(part))
        rows.append(
            {
                "tenth": number,
                "n": len(part),
                "n_events": n_events,
                "fitted": float(probability[part].mean()),
                "observed": n_events / len(part),
                "low": low,
                "high": high,
            }
        )
    return rows


def _coefficient(beta: FloatArray, low: FloatArray, high: FloatArray, at: int) -> Interval:
    return Interval(float(beta[at]), float(low[at]), float(high[at]))


def _quantile() -> float:
    return NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
