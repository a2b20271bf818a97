"""Who was screened, who left and why, and who was analysed; every number adds up or is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ..domain.errors import TableInvalid
from ..domain.tables import SEPARATOR, Table, read_columns

if TYPE_CHECKING:
    import pandas as pd

SHOWN_AT_MOST = 5
SHOWN_REASONS = 20
LEAST_LIKENESS = 0.6
"""Share of letters in which a word must be like another to be offered for it."""

FLOW = Table(
    name="flow",
    columns=read_columns(
        """
step | t | | what the people of this step had in common; screened and analysed are the two ends
reason | t | | one reason of the step; empty in the row of the whole step
n_before | i | 1 | people before the step
n_excluded | i | 1 | people who left at the step, each once
n_after | i | 1 | people after the step
n_with_reason | i | 1 | people of the step with this reason; several reasons of one person count at each
n_only_reason | i | 1 | people of the step with no other reason of it
"""
    ),
    key=("step", "reason"),
    required=("step",),
)

SCREENED, ANALYSED = "screened", "analysed"

PEOPLE_ANALYSED = Table(
    name="analysed",
    columns=read_columns("subject_id | t | | one person who is analysed, a pseudonym"),
    key=("subject_id",),
    required=("subject_id",),
)


@dataclass(frozen=True)
class FlowStep:
    """One box of the flow: people with any of its reasons leave.

    Attributes
    ----------
    name
        What stands in the box.
    reasons
        Words of the reason column that belong to it.
    """

    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class StepCount:
    """What happened at one step.

    Attributes
    ----------
    name
        What stands in the box.
    n_before, n_excluded
        People before, and people who left, each once.
    with_reason, only_reason
        People of the step by reason, with overlaps and without; empty where reasons are not known.
    """

    name: str
    n_before: int
    n_excluded: int
    with_reason: Mapping[str, int]
    only_reason: Mapping[str, int]

    @property
    def n_after(self) -> int:
        """People who stay."""
        return self.n_before - self.n_excluded


@dataclass(frozen=True)
class InclusionFlow:
    """The way from everyone screened to everyone analysed.

    Attributes
    ----------
    n_screened, n_analysed
        Both ends.
    steps
        In order.
    analysed
        Ids of those who stay; empty where only counts are known.
    """

    n_screened: int
    n_analysed: int
    steps: tuple[StepCount, ...]
    analysed: tuple[str, ...]


def check_reasons(steps: Sequence[FlowStep], given: Iterable[str], *, known: Iterable[str] = ()) -> None:
    """Nothing, where every reason of a step is given for somebody or is a known word.

    A word that nobody has would count 0 people, also where it was only spelled in another way.

    Parameters
    ----------
    steps
        Boxes.
    given
        Reasons of the people.
    known
        Words that may count 0.

    Raises
    ------
    TableInvalid
        If a reason is neither; with the words that come closest.
    """
    words = sorted({*given, *known})
    for step in steps:
        for reason in step.reasons:
            if reason in words:
                continue
            close = get_close_matches(reason, words, SHOWN_AT_MOST, LEAST_LIKENESS)
            found = sorted(set(given))
            raise TableInvalid(
                f"Expected a reason that somebody has, found {reason!r} at {step.name!r}, which nobody has.",
                hint=f"Did you mean {' or '.join(close)}?"
                if close
                else f"Reasons of the people: {', '.join(found[:SHOWN_REASONS]) or 'none'}. Leave out what nobody has.",
            )


def follow_flow(reasons: Mapping[str, Sequence[str]], steps: Sequence[FlowStep]) -> InclusionFlow:
    """The flow of people with named reasons; a person leaves once, at the first step that holds one of the reasons.

    Parameters
    ----------
    reasons
        Reasons by person; none means analysed.
    steps
        Boxes in order.

    Raises
    ------
    TableInvalid
        If a reason belongs to no step or to two, or there is no step for it.
    """
    place: dict[str, str] = {}
    for step in steps:
        for reason in step.reasons:
            if reason in place:
                raise TableInvalid(
                    f"Expected each reason in one step, found {reason} in {place[reason]} and {step.name}.",
                    hint="A person with several reasons leaves at the first step; name each reason once.",
                )
            place[reason] = step.name
    unknown = sorted({reason for of_person in reasons.values() for reason in of_person} - set(place))
    if unknown:
        raise TableInvalid(
            f"Expected every reason in a step, found {', '.join(unknown[:SHOWN_AT_MOST])} in none.",
            hint="Add the reason to a step: otherwise its people would neither leave nor be counted.",
        )
    left, counts = dict(reasons), list[StepCount]()
    for step in steps:
        leaving = {person: [one for one in words if one in step.reasons] for person, words in left.items()}
        leaving = {person: words for person, words in leaving.items() if words}
        counts.append(
            StepCount(
                step.name,
                len(left),
                len(leaving),
                {reason: sum(reason in words for words in leaving.values()) for reason in step.reasons},
                {reason: sum(set(words) == {reason} for words in leaving.values()) for reason in step.reasons},
            )
        )
        left = {person: words for person, words in left.items() if person not in leaving}
    return InclusionFlow(len(reasons), len(left), tuple(counts), tuple(left))


def close_counts(n_screened: int, excluded: Sequence[tuple[str, int]], n_analysed: int) -> InclusionFlow:
    """The flow of counts taken from elsewhere.

    Raises
    ------
    TableInvalid
        If a count is negative or larger than who is left, or the sums do not close.
    """
    left, counts = n_screened, list[StepCount]()
    for name, n in excluded:
        if not 0 <= n <= left:
            raise TableInvalid(f"Expected 0 to {left} people to leave at {name}, found {n}.")
        counts.append(StepCount(name, left, n, {}, {}))
        left -= n
    if left != n_analysed:
        sums = " - ".join(map(str, (n_screened, *(n for _, n in excluded))))
        raise TableInvalid(
            f"Expected sums that close, found {sums} = {left}, and {n_analysed} analysed.",
            hint="People with several reasons must be counted once.",
        )
    return InclusionFlow(n_screened, n_analysed, tuple(counts), ())


def tabulate_flow(flow: InclusionFlow) -> pd.DataFrame:
    """The flow as a table, as `FLOW`."""
    rows: list[dict[str, Any]] = [{"step": SCREENED, "n_after": flow.n_screened}]
    for step in flow.steps:
        numbers = {"n_before": step.n_before, "n_excluded": step.n_excluded, "n_after": step.n_after}
        rows.append({"step": step.name, "reason": ""} | numbers)
        rows += [
            {"step": step.name, "reason": reason, "n_with_reason": n, "n_only_reason": step.only_reason[reason]}
            for reason, n in step.with_reason.items()
        ]
    return FLOW.frame([*rows, {"step": ANALYSED, "n_after": flow.n_analysed}])


def split_reasons(cell: object) -> tuple[str, ...]:
    """The reasons of one cell, each once."""
    words = (word.strip() for word in str(cell or "").split(SEPARATOR))
    return tuple(dict.fromkeys(word for word in words if word))
