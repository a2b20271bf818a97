"""What stands beside a main result: the same measured or joined otherwise, and the muscle profile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import HipSpineError, InvalidChoice
from ..relating.cells import correlate_values
from ..relating.covariates import rows_by_subject
from ..relating.profile import find_profile
from ..relating.reference_values import ReferenceValues, read_reference
from ..relating.request import RelateRequest
from ..relating.sensitivity import Origin, Variation, compare_variations, name_missing_variations, other_bilateral
from ..relating.shifted_slices import shift_levels
from ..relating.subject_values import select_values
from .read_tables import read_table
from .relate_cohort import list_tables, read_as_one, read_covariates, without_implants
from .relation import Relation

if TYPE_CHECKING:
    import pandas as pd

    from .relate_cohort import OneTable, Tables

SLICE_SHIFTS = {"slice_plus_1": 1, "slice_minus_1": -1}


def add_sensitivity(
    relation: Relation,
    tables: Tables,
    *,
    participants: OneTable | None = None,
    implants: OneTable | None = None,
    slices: Tables | None = None,
    variations: Mapping[str, Tables] | None = None,
) -> Relation:
    """The relation with a table ``sensitivity``: every cell under other choices.

    The other way to join two sides is computed; so is a window one slice farther on, where slice tables are given.
    Other thresholds and outlines need tables measured that way.

    Parameters
    ----------
    relation : Relation
        The main result.
    tables, participants, implants
        What it was made from.
    slices : data frame, path or several of them, optional
        Slice tables of the same subjects.
    variations : mapping of str to tables, optional
        Measurement tables of the same subjects, measured otherwise, by the name of what was done.

    Raises
    ------
    HipSpineError
        If a table that was handed in cannot be related.
    """
    if relation.request is None:
        raise InvalidChoice("Expected a result of known subjects, found a published table.")
    request, found, notes, people = relation.request, list[Variation](), list[str](), (participants, implants)
    measured = read_as_one(list_tables(tables))
    other = other_bilateral(request)
    if other is not None:
        name = f"bilateral_{other.bilateral}"
        try:
            found.append(Variation(name, Origin.COMPUTED, _correlate(measured, other, people, name)))
        except HipSpineError as refusal:
            notes.append(f"Not held against {name}: {refusal.message}")
    if slices is not None:
        of_slices = read_as_one(list_tables(slices))
        for name, offset in SLICE_SHIFTS.items():
            shifted = shift_levels(of_slices, offset, source="the slice tables")
            found.append(Variation(name, Origin.COMPUTED, _correlate(shifted, request, people, name)))
    for name, given in (variations or {}).items():
        table = _correlate(read_as_one(list_tables(given)), request, people, name)
        found.append(Variation(name, Origin.GIVEN, table))
    missing = name_missing_variations([one.name for one in found])
    table = compare_variations(relation.correlations, found)
    return relation.with_extra({"sensitivity": table}, notes=[*notes, *([missing] if missing else [])])


def add_profile(
    relation: Relation, *, reference: OneTable | None = None, participants: OneTable | None = None
) -> Relation:
    """The relation with the muscle profile: tables ``norms``, ``profile``, ``profile_subjects``, ``profile_partial``.

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
        people=open_people(participants) if participants is not None else None,
        side=relation.request.side,
        family=relation.request.family,
    )
    tables = {
        "norms": profile.norms,
        "profile": profile.measures,
        "profile_subjects": profile.subjects,
        "profile_partial": profile.partial,
    }
    note = "Muscle profile: z against "
    note += (
        "this sample, so that hip and lumbar means differ by 0 on average." if reference is None else _name(reference)
    )
    return relation.with_extra(tables, notes=[note])


def open_reference(reference: OneTable) -> ReferenceValues:
    """Reference values of a table or file, under its name."""
    if isinstance(reference, str | Path):
        return read_reference(read_table(reference, what="a reference table"), name=_name(reference))
    return read_reference(reference, name=_name(reference))


def open_people(participants: OneTable) -> dict[str, dict[str, Any]]:
    """Rows of a participants table or file by subject."""
    if isinstance(participants, str | Path):
        return rows_by_subject(read_table(participants, what="a participants table"), source=_name(participants))
    return rows_by_subject(participants, source="the participants table")


def _correlate(
    measured: pd.DataFrame,
    request: RelateRequest,
    people: tuple[OneTable | None, OneTable | None],
    source: str,
) -> pd.DataFrame:
    """Correlations of other measurements, with the same participants and implants."""
    participants, implants = people
    measured, _ = without_implants(measured, implants, source=source)
    values = select_values(measured, request, source=source)
    return correlate_values(values, request, covariates=read_covariates(participants, request, values))


def _name(table: OneTable) -> str:
    return Path(table).name if isinstance(table, str | Path) else "the reference table"
