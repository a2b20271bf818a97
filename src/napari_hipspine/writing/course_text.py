"""Odds ratios per time point and mean courses as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..domain.provenance import RESEARCH_ONLY
from .correlation_layout import format_p

if TYPE_CHECKING:
    import pandas as pd


def format_courses(
    outcomes: pd.DataFrame, overall: pd.DataFrame, courses: pd.DataFrame, *, notes: Sequence[str] = ()
) -> str:
    """A line per outcome, exposure and time point, a line per test over all of them and per mean, and the notes."""
    odds, means = [_odds_line(row) for row in _rows(outcomes)], [_mean_line(row) for row in _rows(courses)]
    tests = [_test_line(row) for row in _rows(overall)]
    parts = [line for block in (odds, tests, means) if block for line in (*block, "")]
    return "\n".join([*parts, *notes, RESEARCH_ONLY])


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in table.to_dict("records")]


def _odds_line(row: dict[str, Any]) -> str:
    head = f"{row['outcome']}, {row['exposure']}, time {row['time']}: n {row['n']}, events {row['n_events']}"
    reason = str(row["reason"]).replace(";", ", ").replace("_", " ")
    if not _is(row["odds_ratio"]):
        return f"{head}, {reason}"
    ratio = f"odds ratio {row['odds_ratio']:.3g} ({_short(row['or_low'])} to {_short(row['or_high'])})"
    p = f"p {format_p(float(row['p']))}, Holm {format_p(float(row['p_holm']))} of {row['family_size']}"
    return f"{head}, {ratio}, {p}{f' [{reason}]' if reason else ''}"


def _test_line(row: dict[str, Any]) -> str:
    head = f"{row['outcome']}, {row['exposure']}, all time points, {row['test']}"
    if not _is(row["p"]):
        return f"{head}: {str(row['reason']).replace(';', ', ').replace('_', ' ')}"
    p = f"p {format_p(float(row['p']))}, Holm {format_p(float(row['p_holm']))} of {row['family_size']}"
    return f"{head}: chi-squared {row['chi_squared']:.4g} on {row['df']}, {p}"


def _mean_line(row: dict[str, Any]) -> str:
    where = f"{row['score']}, {row['exposure']} {row['exposure_value']}, time {row['time']:g}"
    interval = f" ({_short(row['low'])} to {_short(row['high'])})"
    if row.get("reason"):
        interval = f", no interval: {str(row['reason']).replace('_', ' ')}"
    return f"{where}: n {row['n']}, mean {row['mean']:.3g}{interval}"


def _short(value: Any) -> str:
    return f"{value:.3g}" if _is(value) else "–"


def _is(value: Any) -> bool:
    return value is not None and type(value).__name__ != "NAType" and value == value
