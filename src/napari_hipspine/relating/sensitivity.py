"""A main result beside the same result measured or joined otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ..domain.cells import is_missing
from ..domain.errors import InvalidChoice
from ..domain.tables import join_words
from .extra_tables import SENSITIVITY
from .request import BilateralRule, RelateRequest, SideRule, find_measure

if TYPE_CHECKING:
    import pandas as pd

MAIN = "main"
ALPHA = 0.05

USUAL_VARIATIONS = (
    "threshold_plus_10_percent",
    "threshold_minus_10_percent",
    "bilateral",
    "slice_plus_1",
    "slice_minus_1",
    "outline_plus_half_pixel",
    "outline_minus_half_pixel",
)
"""What a result should be held against. A name that begins with one of these counts as it."""

_CELL = ("lumbar_muscle", "lumbar_measure", "lumbar_level", "hip_muscle", "hip_measure", "hip_level")
_COPIED = ("n", "rho", "rho_low", "rho_high", "p", "q", "reason")


class Origin(StrEnum):
    """Where a variation comes from."""

    COMPUTED = "computed"
    GIVEN = "given"


@dataclass(frozen=True)
class Variation:
    """The same cells under another choice.

    Parameters
    ----------
    name : str
        What was done otherwise.
    origin : Origin
        Computed from the tables at hand, or related from tables measured that way.
    correlations : pandas.DataFrame
        A correlation table.
    """

    name: str
    origin: Origin
    correlations: pd.DataFrame


def compare_variations(main: pd.DataFrame, variations: Sequence[Variation]) -> pd.DataFrame:
    """One row per cell of the main result and variation, the main result first in each cell.

    Parameters
    ----------
    main : pandas.DataFrame
        The correlation table that is reported.

    Raises
    ------
    InvalidChoice
        If two variations share a name, or one is called main.
    """
    names = [MAIN, *(one.name for one in variations)]
    if len(set(names)) < len(names):
        raise InvalidChoice(
            f"Expected each variation under its own name other than {MAIN}, found {', '.join(names[1:])}.",
            hint="Rename one of them.",
        )
    rows = []
    found = [(one, _by_cell(one.correlations)) for one in variations]
    for cell, of_main in _by_cell(main).items():
        rows.append(_row(cell, MAIN, Origin.COMPUTED, of_main, of_main))
        rows += [_row(cell, one.name, one.origin, cells.get(cell), of_main) for one, cells in found]
    return SENSITIVITY.frame(rows)


def other_bilateral(request: RelateRequest) -> RelateRequest | None:
    """The same request with the sides joined otherwise; None where joining changes no rank.

    Mean and sum order subjects alike, so each is held against pooled, and pooled against the mean.
    """
    if request.side is not SideRule.BOTH or not any(find_measure(word).is_fraction for word in request.measures):
        return None
    is_pooled = request.bilateral is BilateralRule.POOLED
    return replace(request, bilateral=BilateralRule.MEAN if is_pooled else BilateralRule.POOLED)


def name_missing_variations(names: Sequence[str]) -> str:
    """A sentence on the usual variations that were not looked at; empty when all were."""
    missing = [usual for usual in USUAL_VARIATIONS if not any(name.startswith(usual) for name in names)]
    return f"Not held against: {', '.join(missing)}." if missing else ""


def _by_cell(table: pd.DataFrame) -> dict[tuple[str, ...], dict[str, Any]]:
    records = ({str(k): v for k, v in row.items()} for row in table.to_dict("records"))
    return {tuple(row[name] for name in _CELL): row for row in records}


def _row(
    cell: tuple[str, ...], name: str, origin: Origin, numbers: dict[str, Any] | None, main: dict[str, Any]
) -> dict[str, Any]:
    row = dict(zip(_CELL, cell, strict=True)) | {"variation": name, "source": origin.value}
    if numbers is None:
        return row | {"reason": "not_measured"}
    both = not is_missing(numbers["rho"]) and not is_missing(main["rho"])
    difference = numbers["rho"] - main["rho"] if both else None
    return row | {k: numbers[k] for k in _COPIED} | {"rho_difference": difference, "changes": _changes(numbers, main)}


def _changes(numbers: dict[str, Any], main: dict[str, Any]) -> str:
    """What of the main result does not hold."""
    words = []
    if not is_missing(numbers["rho"]) and not is_missing(main["rho"]) and numbers["rho"] * main["rho"] < 0:
        words.append("sign")
    for name in ("p", "q"):
        if not is_missing(numbers[name]) and not is_missing(main[name]):
            words += [f"{name}_05"] if (numbers[name] < ALPHA) != (main[name] < ALPHA) else []
    return join_words(words)
