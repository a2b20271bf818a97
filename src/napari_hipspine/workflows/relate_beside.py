"""What stands beside a main result: the same measured or joined otherwise, and the muscle profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..domain.errors import HipSpineError, InvalidChoice
from ..domain.subject import Progress, stay_silent
from ..relating.cells import correlate_values
from ..relating.covariates import rows_by_subject
from ..relating.extra_tables import PEOPLE_COLUMNS
from ..relating.people_columns import correlate_people
from ..relating.profile import find_profile
from ..relating.reference_tables import read_reference
from ..relating.reference_values import NO_REFERENCE, ReferenceValues
from ..relating.request import RelateRequest
from ..relating.sensitivity import (
    BILATERAL,
    Origin,
    Variation,
    compare_variations,
    describe_variations,
    find_missing,
    other_bilateral,
)
from ..relating.shifted_slices import shift_levels
from ..relating.side_rows import rows_of_side
from ..relating.subject_values import select_values
from .measured_tables import MeasuredCohort, list_tables, open_cohort, read_as_one
from .read_tables import read_table
from .relate_cohort import read_covariates, read_people, without_implants
from .relation import Relation

if TYPE_CHECKING:
    import pandas as pd

    from .measured_tables import OneTable, Tables

AGE_AND_SEX = ("age", "sex")
"""What reference groups of people differ in."""

SLICE_SHIFTS = {"slice_plus_1": 1, "slice_minus_1": -1}


def add_sensitivity(
    relation: Relation,
    tables: Tables | MeasuredCohort,
    *,
    participants: OneTable | None = None,
    implants: OneTable | None = None,
    slices: Tables | None = None,
    variations: Mapping[str, Tables] | None = None,
    progress: Progress = stay_silent,
) -> Relation:
    """The relation with a table ``sensitivity``: every cell under other choices.

    The other way to join two sides is computed. Thresholds, windows and outlines moved a little are taken from the
    ``variations.csv`` that measuring wrote beside the tables; windows otherwise from slice tables. What is missing
    stands in the table with the reason.

    Parameters
    ----------
    relation : Relation
        The main result.
    tables, participants, implants
        What it was made from.
    slices : data frame, path or several of them, optional
        Slice tables of the same subjects, in place of those beside the tables.
    variations : mapping of str to tables, optional
        Measurement tables of the same subjects, measured otherwise, by the name of what was done; they go before
        those found beside the tables.
    progress : Progress
        Told every variation; it may cancel before each.

    Raises
    ------
    HipSpineError
        If a table that was handed in cannot be related.
    """
    if relation.request is None:
        raise InvalidChoice("Expected a result of known subjects, found a published table.")
    cohort, given, found, notes = open_cohort(tables), variations or {}, list[Variation](), list[str]()
    of_slices = read_as_one(list_tables(slices)) if slices is not None else cohort.slices
    again = _Again(relation.request, cohort, participants, implants)
    ways = _ways(again, given, of_slices)
    for done, (name, way) in enumerate(ways.items()):
        progress(done, len(ways), f"relating under other choices: {name.replace('_', ' ')}")
        try:
            found.append(Variation(name, way.origin, way.correlate()))
        except HipSpineError as refusal:
            if way.origin is Origin.GIVEN:
                raise
            notes.append(f"Not held against {name}: {refusal.message}")
    missing = find_missing(found, relation.request)
    table = compare_variations(relation.correlations, [*found, *missing])
    handed_in = [one for several in (slices, *given.values()) if several is not None for one in list_tables(several)]
    files = [one for one in handed_in if isinstance(one, str | Path)]
    return relation.with_extra({"sensitivity": table}, notes=[*describe_variations(table), *notes], files=files)


@dataclass(frozen=True)
class _Again:
    """What a result is made from once more, with other measurements."""

    request: RelateRequest
    cohort: MeasuredCohort
    participants: OneTable | None
    implants: OneTable | None

    def correlate(self, measured: pd.DataFrame, source: str, *, request: RelateRequest | None = None) -> pd.DataFrame:
        """Correlations of other measurements, or of the same under another request."""
        asked = request or self.request
        measured, _ = without_implants(replace(self.cohort, measured=measured, source=source), self.implants)
        values = select_values(measured, asked, source=source)
        return correlate_values(values, asked, covariates=read_covariates(self.participants, asked, values))


class _Way(NamedTuple):
    """How a variation is found."""

    origin: Origin
    correlate: Callable[[], pd.DataFrame]


def _ways(again: _Again, given: Mapping[str, Tables], slices: pd.DataFrame | None) -> dict[str, _Way]:
    """Every variation there is, by name: measured beside the tables, computed, given; each where no other is given."""
    ways: dict[str, _Way] = {}
    other = other_bilateral(again.request)
    if other is not None:
        join = partial(again.correlate, again.cohort.measured, f"bilateral_{other.bilateral}", request=other)
        ways[f"{BILATERAL}_{other.bilateral}"] = _Way(Origin.COMPUTED, join)
    for name, table in (again.cohort.variations or {}).items():
        ways[name] = _Way(Origin.MEASURED, partial(again.correlate, table, name))
    if slices is not None:
        for name, offset in SLICE_SHIFTS.items():
            ways.setdefault(name, _Way(Origin.COMPUTED, partial(_shift, again, slices, name, offset)))
    for name, tables in given.items():
        measured = read_as_one(list_tables(tables))
        ways[name] = _Way(Origin.GIVEN, partial(again.correlate, measured, name))
    return ways


def _shift(again: _Again, slices: pd.DataFrame, name: str, offset: int) -> pd.DataFrame:
    return again.correlate(shift_levels(slices, offset, source="the slice tables"), name)


def add_profile(
    relation: Relation, *, reference: OneTable | None = None, participants: OneTable | None = None
) -> Relation:
    """The relation with the muscle profile: tables ``norms``, ``profile``, and ``profile_`` muscles, subjects, partial.

    What is held constant in the relation is held in the partial correlations too, with and without the mean of all
    muscles.

    Parameters
    ----------
    relation : Relation
        A result of known subjects.
    reference : data frame or path, optional
        Reference values; without them z is taken within the sample.
    participants : data frame or path, optional
        Age and sex of the subjects, for reference groups that differ in them.
    """
    if relation.values is None or relation.request is None:
        raise InvalidChoice("Expected a result of known subjects, found a published table.")
    profile = find_profile(
        relation.values,
        reference=open_reference(reference) if reference is not None else None,
        people=open_people(participants, relation.request) if participants is not None else None,
        covariates=relation.covariates,
        side=relation.request.side,
        family=relation.request.family,
        interval=relation.request.interval,
        seed=relation.request.seed,
    )
    note = "Muscle profile: z against "
    note += (
        "this sample, so that hip and lumbar means differ by 0 on average." if reference is None else _name(reference)
    )
    files = [one for one in (reference, participants) if isinstance(one, str | Path)]
    return relation.with_extra(profile.tables(), notes=[note, *_without_reference(profile.norms)], files=files)


def _without_reference(norms: pd.DataFrame) -> list[str]:
    """How many values have no z because the reference file knows none of their muscle, measure, side and level."""
    lost = norms[norms["reason"] == NO_REFERENCE]
    if lost.empty:
        return []
    n_values = int(norms["value"].notna().sum())
    sides = " and ".join(lost["side"].unique())
    return [f"Muscle profile: {len(lost)} of {n_values} values (side: {sides}) have no row in the reference and no z."]


def open_reference(reference: OneTable) -> ReferenceValues:
    """Reference values of a table or file, under its name."""
    if isinstance(reference, str | Path):
        return read_reference(read_table(reference, what="a reference table"), name=_name(reference))
    return read_reference(reference, name=_name(reference))


def add_people_columns(relation: Relation, names: Sequence[str], participants: OneTable | None) -> Relation:
    """The result with columns of the participants correlated with every muscle beside it.

    Raises
    ------
    HipSpineError
        If there is no participants table, or a column is none of it or has no numbers or no two words.
    """
    if relation.values is None or relation.request is None:
        raise InvalidChoice("Expected a result of known subjects, found a published table.")
    if participants is None:
        raise InvalidChoice(
            f"Expected a participants table with {', '.join(names)}, found none.", hint="Name it with --participants."
        )
    people = read_people(participants, names, relation.values, relation.request)
    found = correlate_people(relation.values, people, relation.request, covariates=relation.covariates)
    files = [participants] if isinstance(participants, str | Path) else []
    return relation.with_extra({PEOPLE_COLUMNS.name: found}, notes=people.notes, files=files)


def open_people(participants: OneTable, request: RelateRequest | None = None) -> dict[str, dict[str, Any]]:
    """Rows of a participants table or file by subject; with a request those of its side, where sides have rows."""
    if isinstance(participants, str | Path):
        table, source = read_table(participants, what="a participants table"), _name(participants)
    else:
        table, source = participants, "the participants table"
    if request is not None:
        table, _ = rows_of_side(table, AGE_AND_SEX, request, source=source)
    return rows_by_subject(table, source=source)


def _name(table: OneTable) -> str:
    return Path(table).name if isinstance(table, str | Path) else "the reference table"
