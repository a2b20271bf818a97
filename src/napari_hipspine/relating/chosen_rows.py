"""From a measurement table to the rows of one region: its levels, one session, one row per subject, muscle and side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..domain.anatomy import Region, core_muscles, vocabulary
from ..domain.errors import InvalidChoice, TableInvalid, UnknownLabel
from ..domain.tables import BOTH_SIDES, MEASUREMENTS
from .request import MEASURES, RelateRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

LEVEL_NOT_SET = "level_not_set"
"""Reason of rows of muscles that were not read at any level."""

SHOWN_AT_MOST = 5
"""Subjects listed in a refusal before the list is cut."""


def check_measurements(table: pd.DataFrame, request: RelateRequest, *, source: str) -> pd.DataFrame:
    """The table with every column of the contract, known muscles and sides, and the measures asked for.

    Rows of muscles whose level nobody marked are left out: they hold no value and belong to no level.

    Raises
    ------
    TableInvalid
        If columns are missing, rows share a key, a side is none, or a measure asked for has no value in the table.
    UnknownLabel
        If a muscle is not in the vocabulary.
    """
    checked = _checked_with_level(table, source=source)
    known = {term.id for term in vocabulary().of_kind("muscle")}
    unknown = sorted(set(checked["muscle"]) - known)
    if unknown:
        raise UnknownLabel(
            f"Expected muscles of the vocabulary, found {', '.join(map(repr, unknown))}, in {source}.",
            hint=f"Known: {', '.join(sorted(known))}.",
        )
    strange = sorted(set(checked["side"]) - {"left", "right", BOTH_SIDES})
    if strange:
        raise TableInvalid(
            f"Expected the sides left, right or both, found {', '.join(map(repr, strange))}, in {source}.",
            hint="The sides are the patient's.",
        )
    present = [m.word for m in MEASURES if checked[m.column].notna().any()]
    absent = [word for word in request.measures if word not in present]
    if absent:
        raise TableInvalid(
            f"Expected values of {', '.join(request.measures)}, found none of {', '.join(absent)}, in {source}.",
            hint=f"Measures with values: {', '.join(present) or 'none'}.",
        )
    return checked


def _checked_with_level(table: pd.DataFrame, *, source: str) -> pd.DataFrame:
    """The checked table without the rows that say themselves that their level was not set."""
    if not {"level", "reason"} <= set(table.columns):
        return MEASUREMENTS.check(table, source=source)
    has_no_level = table["level"].isna() | (table["level"] == "")
    unset = has_no_level & (table["reason"] == LEVEL_NOT_SET)
    # Checked with all its rows, so that a refusal counts them as the reader of the file does.
    checked = MEASUREMENTS.check(table.assign(level=table["level"].mask(unset, LEVEL_NOT_SET)), source=source)
    return checked[checked["level"] != LEVEL_NOT_SET].reset_index(drop=True)


def choose_rows(measurements: pd.DataFrame, region: Region, request: RelateRequest, *, source: str) -> pd.DataFrame:
    """Rows of the core muscles of one region and session, at most one per subject, level, muscle and side.

    Raises
    ------
    InvalidChoice
        If more than one level or session is possible and none was chosen, or a subject has more than one series or
        reader; the candidates are listed.
    TableInvalid
        If the region has no rows, or several rows remain for one subject, muscle and side.
    """
    rows = measurements[measurements["muscle"].isin([term.id for term in core_muscles(region)])]
    if rows.empty:
        raise TableInvalid(
            f"Expected rows of {region} muscles, found none, in {source}.",
            hint=f"The {region} muscles are {', '.join(term.id for term in core_muscles(region))}.",
        )
    rows = _keep(rows, "level", request.levels(region), option=f"--{region}-level", region=region, source=source)
    session = request.session_of(region)
    sessions = () if session is None else (session,)
    options = "--session" if session is None else f"--session or --{region}-session"
    rows = _keep(rows, "session", sessions, option=options, region=region, source=source)
    for column in ("series", "reader_id"):
        kinds: dict[str, set[str]] = {}
        for subject, kind in zip(rows["subject_id"], rows[column], strict=True):
            kinds.setdefault(subject, set()).add(kind)
        several = [f"{subject}: {_words(sorted(found))}" for subject, found in sorted(kinds.items()) if len(found) > 1]
        if several:
            raise InvalidChoice(
                f"Expected one {column} per subject, found {_list_some(several)}, in the {region} rows of {source}.",
                hint=f"Hand in the rows of one {column} per subject.",
            )
    key = ["subject_id", "level", "muscle", "side"]
    double = rows[rows.duplicated(key, keep=False)]
    if len(double):
        found = (" ".join(row) for row in double[[*key, "slice_position"]].drop_duplicates().itertuples(index=False))
        raise TableInvalid(
            f"Expected one row per subject, level, muscle and side, found several for {_list_some(found)}, "
            f"in the {region} rows of {source}.",
            hint="Hand in the rows of one slice_position.",
        )
    return rows


def _keep(
    rows: pd.DataFrame, column: str, wanted: tuple[str, ...], *, option: str, region: Region, source: str
) -> pd.DataFrame:
    """The rows of the wanted levels or session, or of the only one there is."""
    found = sorted(set(rows[column]))
    if not wanted and len(found) > 1:
        raise InvalidChoice(
            f"Expected one {column} of the {region} muscles, found {_words(found)}, in {source}.",
            hint=f"Choose with {option}.",
        )
    absent = [one for one in wanted if one not in found]
    if absent:
        raise InvalidChoice(
            f"Expected the {column} {_words(absent)} of the {region} muscles, found {_words(found)}, in {source}.",
            hint=f"Choose of these with {option}.",
        )
    return rows[rows[column].isin(wanted or found)]


def _words(found: Iterable[str]) -> str:
    return ", ".join(word or "(none)" for word in found)


def _list_some(items: Iterable[str]) -> str:
    listed = list(items)
    more = f" and {len(listed) - SHOWN_AT_MOST} more" if len(listed) > SHOWN_AT_MOST else ""
    return "; ".join(listed[:SHOWN_AT_MOST]) + more
