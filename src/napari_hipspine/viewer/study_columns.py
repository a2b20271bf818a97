"""Columns of statistics tables for the screen: any contract, units in the heading, missing as a dash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.anatomy import vocabulary
from ..domain.cells import Column, Kind, is_missing
from ..domain.tables import MEASUREMENTS, SEPARATOR, Table
from ..relating.models.troubles import Trouble
from ..relating.request import MEASURES
from ..writing.correlation_layout import format_p
from .result_columns import MISSING, ShownColumn

if TYPE_CHECKING:
    import pandas as pd

REASON = "reason"
PRINTED = "text"
_REGIONS = ("lumbar", "hip")
_PARTS = ("muscle", "measure", "level")
_PLAIN_WORDS = ("muscle", "measure", "level", "method", "variation", "test", "rule", "reason", "family")
_TITLES = {
    "icc21": "ICC(2,1)",
    "icc31": "ICC(3,1)",
    "std_error": "SE",
    "n_events": "Events",
    "n_groups": "Groups",
    "odds_ratio": "Odds ratio",
    "or_low": "OR low",
    "or_high": "OR high",
    "or_per_2": "OR per 2",
    "or_per_2_low": "OR per 2 low",
    "or_per_2_high": "OR per 2 high",
    "sd": "SD",
    "sd_difference": "SD of difference",
    "q_by": "q (BY)",
    "p_holm": "p (Holm)",
    "p_max_t": "p (max-T)",
    "hd95_mm": "HD95",
    "hd_mm": "HD",
    "rho": "rho",
    "text": "As printed",
}
_SUBSCRIPTS = {"_low": " low", "_high": " high"}
_UNITS = {"mm2": "mm²", "mm3": "mm³", "1": ""}
_LOWER_CASE = ("n", "p", "q", "z")


def study_columns(frame: pd.DataFrame, table: Table) -> list[ShownColumn]:
    """Columns of a table for the screen, without those that are empty throughout and say no reason.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table; columns the contract does not know stand at the end.
    table : Table
        Its contract.
    """
    known = {column.name: column for column in table.columns}
    shown = [_region_column(frame, region) for region in _REGIONS if f"{region}_muscle" in known]
    joined = [f"{region}_{part}" for region in _REGIONS if f"{region}_muscle" in known for part in _PARTS]
    names = [str(name) for name in frame.columns if name not in joined]
    # What is printed stands beside what it is about, not behind all the numbers it is made of.
    names.sort(key=lambda name: 0 if name in table.key else 1 if name == PRINTED else 2)
    for name in names:
        shown.append(_shown(name, known.get(name), frame[name].tolist()))
        if name == "measure" and any(one.kind is Kind.NUMBER and not one.unit for one in table.columns):
            shown.append(_unit_column(frame[name].tolist()))
    says_reasons = REASON in frame.columns and any(frame[REASON].fillna("").astype(str))
    numbers = {column.name for column in table.columns if column.kind is Kind.NUMBER}
    return [
        one
        for one in shown
        if any(text not in ("", MISSING) for text in one.texts) or (says_reasons and one.name in numbers)
    ]


def heading_of(name: str, unit: str = "") -> str:
    """Title of a column with its unit in brackets."""
    title = _TITLES.get(name)
    if title is None:
        ending = next((end for end in _SUBSCRIPTS if name.endswith(end) and name.removesuffix(end) in _TITLES), "")
        if ending:
            title = _TITLES[name.removesuffix(ending)] + _SUBSCRIPTS[ending]
        else:
            words = name.replace("_", " ")
            title = words if words.split()[0] in _LOWER_CASE else words[:1].upper() + words[1:]
    shown_unit = _UNITS.get(unit, unit)
    return f"{title} [{shown_unit}]" if shown_unit else title


def why_missing(row: dict[str, Any], heading: str) -> str:
    """Why a cell of a row is empty, as a sentence."""
    said = str(row.get(REASON, "") or "")
    words = [_reason_words().get(word, word.replace("_", " ")) for word in said.split(SEPARATOR) if word]
    return "; ".join(words) or f"{heading}: does not apply to this row"


def study_text(name: str, cell: Any) -> str:
    """One cell for people: p with three decimals, four digits else, a missing number as a dash."""
    if isinstance(cell, str):
        return cell.replace("_", " ").replace(SEPARATOR, ", ") if name.endswith(_PLAIN_WORDS) else cell
    if is_missing(cell):
        return MISSING
    if isinstance(cell, bool | np.bool_):
        return "yes" if cell else "no"
    if name in ("p", "q") or name.startswith(("p_", "q_")):
        return format_p(float(cell))
    if isinstance(cell, float):
        return _number(cell)
    return str(cell)


def _number(value: float) -> str:
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.4g}".replace("-", "−")


def _shown(name: str, column: Column | None, cells: Sequence[Any]) -> ShownColumn:
    is_number = not any(isinstance(cell, str) for cell in cells)
    unit, meaning = (column.unit, column.meaning) if column else ("", "")
    texts = [study_text(name, cell) for cell in cells]
    if is_number:
        values = np.array([np.nan if is_missing(cell) else float(cell) for cell in cells])
    else:
        values = np.array(["" if is_missing(cell) else str(cell) for cell in cells])
    return ShownColumn(name, heading_of(name, unit), meaning, values, texts, is_number)


def _region_column(frame: pd.DataFrame, region: str) -> ShownColumn:
    """Muscle, measure and level of one region in one column, so that the numbers stay in sight."""
    parts = [frame[f"{region}_{part}"].tolist() for part in _PARTS]
    texts = []
    for muscle, measure, level in zip(*parts, strict=True):
        what = f"{study_text('muscle', muscle)} {study_text('measure', measure)}"
        texts.append(f"{what}, {study_text('level', level)}" if level else what)
    meaning = f"muscle, measure and level of the {region} value"
    return ShownColumn(region, region.capitalize(), meaning, np.array(texts), texts, is_number=False)


def _unit_column(measures: Sequence[str]) -> ShownColumn:
    """Units of tables whose rows are of different measures."""
    units = {column.name: _UNITS.get(column.unit, column.unit) for column in MEASUREMENTS.columns}
    units |= {one.word: units.get(one.column, "") for one in MEASURES}
    texts = [units.get(measure, "") or "1" for measure in measures]
    return ShownColumn("unit", "Unit", "unit of value, bias, error and limits", np.array(texts), texts, is_number=False)


def _reason_words() -> dict[str, str]:
    words = {term.id: term.label for term in vocabulary() if term.kind in (REASON, "flag")}
    return words | {trouble.value: trouble.sentence for trouble in Trouble}
