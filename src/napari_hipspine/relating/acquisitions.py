"""How the series of a cohort were acquired, and whether fat goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.cells import is_missing
from ..domain.errors import TableInvalid
from ..domain.tables import BOTH_SIDES, MEASUREMENTS, Table, read_columns
from .correlation import SMALLEST_N, correlate_ranks
from .p_values import student_p

if TYPE_CHECKING:
    import pandas as pd

ACQUISITIONS = Table(
    name="acquisitions",
    columns=read_columns(
        """
region | t | | lumbar or hip; empty when not stated
property | t | | what was set on the scanner, with its unit
value | t | | one value of it
n_subjects | i | 1 | people with this value
"""
    ),
    key=("region", "property", "value"),
    required=("property",),
)

ACQUISITION_CHECKS = Table(
    name="acquisition_checks",
    columns=read_columns(
        """
level | t | | anatomical level
muscle | t | | muscle, from the vocabulary
measure | t | | fat measure
property | t | | what was set on the scanner
test | t | | spearman for numbers, kruskal_wallis for words
n | i | 1 | people with both
statistic | n | 1 | rho, or H
p | n | 1 | unadjusted p
"""
    ),
    key=("level", "muscle", "measure", "property"),
    required=("muscle", "property"),
)

_WHO = ("subject_id", "session", "series", "region")
_SMALLEST_GROUP = 2


def list_acquisitions(acquisitions: pd.DataFrame, *, source: str = "the given table") -> pd.DataFrame:
    """How many people have each value of each property, by region, the most frequent first; as `ACQUISITIONS`.

    Parameters
    ----------
    acquisitions
        One row per series: subject_id, optionally session, series and region; every other column is a property.
    """
    properties = _properties(acquisitions, source)
    counts: dict[tuple[str, str, str], set[str]] = {}
    for record in acquisitions.to_dict("records"):
        row = {str(name): value for name, value in record.items()}
        region = "" if is_missing(row.get("region")) else str(row["region"])
        for name in properties:
            if not is_missing(row[name]):
                counts.setdefault((region, name, _word(row[name])), set()).add(str(row["subject_id"]))
    order = {name: place for place, name in enumerate(properties)}
    rows = sorted(counts.items(), key=lambda item: (item[0][0], order[item[0][1]], -len(item[1]), item[0][2]))
    return ACQUISITIONS.frame(
        {"region": region, "property": name, "value": value, "n_subjects": len(people)}
        for (region, name, value), people in rows
    )


def check_acquisitions(
    measurements: pd.DataFrame,
    acquisitions: pd.DataFrame,
    *,
    measures: Sequence[str] = ("fi", "ff"),
    source: str = "the given table",
) -> pd.DataFrame:
    """Whether fat goes with echo time, scanner or another property, muscle by muscle, as `ACQUISITION_CHECKS`.

    Rows of both sides are taken, or else the mean of the sides. Properties with one value only are left out.
    """
    table = MEASUREMENTS.check(measurements, source=source)
    rows: list[dict[str, Any]] = []
    for (level, muscle), of_muscle in table.groupby(["level", "muscle"], sort=False):
        region = str(of_muscle["region"].iloc[0])
        of_person = _properties_of_people(acquisitions, region, source)
        both = of_muscle[of_muscle["side"] == BOTH_SIDES]
        for measure in measures:
            fat = (both if len(both) else of_muscle).groupby("subject_id")[measure].mean().dropna()
            for name, cells in of_person.items():
                shared = [person for person in fat.index if person in cells]
                found = _test(fat.loc[shared].to_numpy(dtype=np.float64), [cells[person] for person in shared])
                if found:
                    where = {"level": level, "muscle": muscle, "measure": measure, "property": name}
                    rows.append(where | found)
    return ACQUISITION_CHECKS.frame(rows)


def _properties(acquisitions: pd.DataFrame, source: str) -> list[str]:
    if "subject_id" not in acquisitions.columns:
        raise TableInvalid(
            f"Expected a column subject_id, found {', '.join(map(str, acquisitions.columns))}, in {source}."
        )
    return [name for name in map(str, acquisitions.columns) if name not in _WHO]


def _properties_of_people(acquisitions: pd.DataFrame, region: str, source: str) -> dict[str, dict[str, str]]:
    """Each property's value by person for one region; people with two values are left out of it."""
    rows = acquisitions
    if region and "region" in acquisitions.columns:
        rows = acquisitions[acquisitions["region"].isin([region, ""])]
    found: dict[str, dict[str, str]] = {}
    for name in _properties(acquisitions, source):
        values: dict[str, set[str]] = {}
        for person, cell in zip(rows["subject_id"], rows[name], strict=True):
            if not is_missing(cell):
                values.setdefault(str(person), set()).add(_word(cell))
        found[name] = {person: next(iter(cells)) for person, cells in values.items() if len(cells) == 1}
    return found


def _word(cell: Any) -> str:
    """A value as text; whole numbers alike however they were written, 80.0 as 80."""
    text = str(cell).strip()
    whole, point, zeros = text.partition(".")
    return whole if point and zeros and not zeros.strip("0") and whole.lstrip("-").isdigit() else text


def _test(fat: np.ndarray[Any, np.dtype[np.float64]], cells: list[str]) -> dict[str, Any] | None:
    """Spearman for numbers, Kruskal-Wallis for words; None where nothing varies or too few have both."""
    if len(cells) < SMALLEST_N or len(set(cells)) < 2:
        return None
    try:
        numbers = np.array([float(cell) for cell in cells])
    except ValueError:
        return _test_words(fat, cells)
    found = correlate_ranks(fat[:, None], numbers[:, None])
    rho = float(found.rho[0, 0])
    if np.isnan(rho):
        return None
    return {"test": "spearman", "n": len(cells), "statistic": rho, "p": float(student_p(rho, len(cells)))}


def _test_words(fat: np.ndarray[Any, np.dtype[np.float64]], words: list[str]) -> dict[str, Any] | None:
    from scipy.stats import kruskal

    groups = [fat[[word == one for one in words]] for word in sorted(set(words))]
    if min(len(group) for group in groups) < _SMALLEST_GROUP or np.ptp(fat) == 0:
        return None
    statistic, p = kruskal(*groups)
    return {"test": "kruskal_wallis", "n": len(words), "statistic": float(statistic), "p": float(p)}
