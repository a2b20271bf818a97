"""Outcomes counted per row: events among trials, and the same as one row per trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...domain.errors import TableInvalid
from .columns import FloatArray, IntArray, read_numbers
from .response import Response


def read_counts(cells: Mapping[str, Sequence[Any]], response: Response) -> tuple[FloatArray, FloatArray]:
    """Events and trials of every row.

    Raises
    ------
    TableInvalid
        If a count is no whole number of 0 or more, or there are more events than trials.
    """
    counts = {name: _read_whole(cells[name], name) for name in response.columns}
    events = counts[response.events]
    if response.total is None:
        return events, events + counts[str(response.rest)]
    trials = counts[response.total]
    wrong = np.flatnonzero(events > trials)
    if len(wrong):
        raise TableInvalid(
            f"Expected at most as many {response.events} as {response.total}, found {events[wrong[0]]:g} of "
            f"{trials[wrong[0]]:g}.",
            hint=f"cbind({response.events}, {response.total}) if {response.total} counts the non-events.",
        )
    return events, trials


def _read_whole(cells: Sequence[Any], column: str) -> FloatArray:
    counts = read_numbers(cells, column)
    wrong = counts[(counts < 0) | (counts != np.floor(counts))]
    if len(wrong):
        raise TableInvalid(f"Expected whole numbers of 0 or more in {column}, found {wrong[0]:g}.")
    return counts


def single_trials(events: FloatArray, trials: FloatArray) -> tuple[IntArray, FloatArray]:
    """The row each trial comes from, and whether it is an event: the events of a row first."""
    rows = np.repeat(np.arange(len(events)), trials.astype(np.int64))
    first = np.cumsum(trials) - trials
    return rows, (np.arange(len(rows)) - first[rows] < events[rows]).astype(np.float64)
