"""Reference files of a user, one row per person or per group, as reference values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.anatomy import find_level, find_muscle
from ..domain.cells import is_missing
from ..domain.errors import TableInvalid
from ..domain.tables import BOTH_SIDES
from .deviations import exact_mean
from .reference_values import EACH_SIDE, ReferenceGroup, ReferenceValues
from .request import find_measure

if TYPE_CHECKING:
    import pandas as pd

DDOF = 1
"""SD of single values divides by n − 1; a summary file states its own SD."""


def read_reference(table: pd.DataFrame, *, name: str) -> ReferenceValues:
    """Groups of a table with muscle, measure and either value (one row per person) or mean and sd (one per group).

    Optional: sex, level and scanner; n, age_low and age_high of a group; age of a person, which is only reported. A
    column side (left, right, both, or each for one side of either kind) is needed for areas and volumes.

    Raises
    ------
    TableInvalid
        If neither is there, a number is none, an SD is not above 0, or a group has fewer than two values.
    UnknownLabel, InvalidChoice
        If a muscle or measure is unknown.
    """
    columns = set(map(str, table.columns))
    has_values = "value" in columns
    needed = {"muscle", "measure"} | ({"value"} if has_values else {"mean", "sd"})
    if not needed <= columns:
        raise TableInvalid(
            f"Expected muscle, measure and either value or mean and sd, missing {', '.join(sorted(needed - columns))}, "
            f"in {name}.",
            hint="One row per person with value, or one row per group with mean and sd.",
        )
    rows = [{str(k): v for k, v in row.items() if not is_missing(v)} for row in table.to_dict("records")]
    if has_values:
        return ReferenceValues(name, _groups_of_values(rows, name))
    groups: dict[tuple[str, str], tuple[ReferenceGroup, ...]] = {}
    for row in rows:
        group = ReferenceGroup(
            mean=_number(row, "mean", name),
            sd=_number(row, "sd", name),
            n=int(_number(row, "n", name)) if "n" in row else None,
            sex=str(row.get("sex", "")),
            age_low=_number(row, "age_low", name) if "age_low" in row else -np.inf,
            age_high=_number(row, "age_high", name) if "age_high" in row else np.inf,
            scanner=str(row.get("scanner", "")),
            side=_side(row, name),
            level=_level(row),
            values=None,
        )
        key = _key(row)
        groups[key] = (*groups.get(key, ()), _checked(group, key, name))
    return ReferenceValues(name, groups)


def _groups_of_values(rows: list[dict[str, Any]], name: str) -> dict[tuple[str, str], tuple[ReferenceGroup, ...]]:
    """One group per muscle, measure, sex, side and level; the ages of its people are reported, not matched."""
    people: dict[tuple[str, str], dict[tuple[str, str, str], list[dict[str, Any]]]] = {}
    for row in rows:
        kind = (str(row.get("sex", "")), _side(row, name), _level(row))
        people.setdefault(_key(row), {}).setdefault(kind, []).append(row)
    groups: dict[tuple[str, str], tuple[ReferenceGroup, ...]] = {}
    for key, by_kind in people.items():
        for (sex, side, level), members in by_kind.items():
            values = np.sort([_number(row, "value", name) for row in members])
            ages = [_number(row, "age", name) for row in members if "age" in row]
            scanners = sorted({str(row["scanner"]) for row in members if "scanner" in row})
            observed = [f"ages {min(ages):g} to {max(ages):g}"] if ages else []
            group = ReferenceGroup(
                mean=exact_mean(values),
                sd=float(values.std(ddof=DDOF)) if values.size > DDOF else 0.0,
                n=values.size,
                sex=sex,
                age_low=-np.inf,
                age_high=np.inf,
                scanner=", ".join([*observed, *scanners]),
                side=side,
                level=level,
                values=values,
            )
            groups[key] = (*groups.get(key, ()), _checked(group, key, name))
    return groups


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return find_muscle(str(row.get("muscle", ""))).id, find_measure(str(row.get("measure", ""))).word


def _side(row: dict[str, Any], name: str) -> str:
    """Side the values are of; areas of one side and of both are never held against each other."""
    side = str(row.get("side", ""))
    allowed = ("left", "right", BOTH_SIDES, EACH_SIDE)
    if side not in allowed and (side or not find_measure(_key(row)[1]).is_fraction):
        raise TableInvalid(
            f"Expected a side of {', '.join(allowed)} for {' '.join(_key(row))}, found {side or 'none'}, in {name}.",
            hint="An area of one side is not an area of both: say which it is.",
        )
    return side


def _level(row: dict[str, Any]) -> str:
    """Level the values are of; empty where they hold for every level."""
    return find_level(str(row["level"])).id if "level" in row else ""


def _checked(group: ReferenceGroup, key: tuple[str, str], name: str) -> ReferenceGroup:
    if not group.sd > 0:
        raise TableInvalid(
            f"Expected reference values that vary, found SD {group.sd:g} for {' '.join(key)}, in {name}.",
            hint="A reference needs an SD above 0, or at least two different values.",
        )
    return group


def _number(row: dict[str, Any], column: str, name: str) -> float:
    try:
        number = float(row[column])
    except (KeyError, TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise TableInvalid(
            f"Expected a number in {column}, found {row.get(column, 'nothing')!r}, in {name}.",
            hint="Fractions are 0-1, areas mm2.",
        )
    return float(number)
