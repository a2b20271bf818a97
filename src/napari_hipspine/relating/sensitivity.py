"""A main result beside the same result measured or joined otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ..domain.cells import is_missing
from ..domain.errors import InvalidChoice
from ..domain.tables import SEPARATOR, join_words
from .extra_tables import SENSITIVITY
from .request import BilateralRule, RelateRequest, SideRule, find_measure

if TYPE_CHECKING:
    import pandas as pd

MAIN = "main"
ALPHA = 0.05

BILATERAL = "bilateral"
USUAL_VARIATIONS = (
    "threshold_plus_10_percent",
    "threshold_minus_10_percent",
    BILATERAL,
    "slice_plus_1",
    "slice_minus_1",
    "outline_plus_half_pixel",
    "outline_minus_half_pixel",
)
"""What a result should be held against. A name that begins with one of these counts as it."""

_CELL = ("lumbar_muscle", "lumbar_measure", "lumbar_level", "hip_muscle", "hip_measure", "hip_level")
_COPIED = ("n", "rho", "rho_low", "rho_high", "p", "q", "reason")


NOT_APPLICABLE = "not_applicable"
"""Reason of a variation that changes nothing of what is related."""

NOT_MEASURED = "not_measured"
"""Reason of a variation for which there are no tables."""


HOW_TO_MEASURE = (
    "To have what was not measured, measure each subject again with --variations (hipspine measure … --variations, or "
    "hipspine cohort … --variations; in napari the box Variations beside Export), and relate the new measurements.csv: "
    "variations.csv beside it is found by itself."
)
"""Said where a usual variation has no tables."""


class Origin(StrEnum):
    """Where a variation comes from."""

    COMPUTED = "computed"
    MEASURED = "measured"
    GIVEN = "given"
    MISSING = "missing"


@dataclass(frozen=True)
class Variation:
    """The same cells under another choice.

    Parameters
    ----------
    name : str
        What was done otherwise.
    origin : Origin
        Computed from the tables at hand, or related from tables measured that way, found beside them or given.
    correlations : pandas.DataFrame or None
        A correlation table; None where the variation is missing.
    reason : str
        Why it is missing, from the vocabulary.
    """

    name: str
    origin: Origin
    correlations: pd.DataFrame | None
    reason: str = ""


def compare_variations(main: pd.DataFrame, variations: Sequence[Variation]) -> pd.DataFrame:
    """One row per cell of the main result and variation, the main result first in each cell.

    A variation that is missing has rows too: they say why there is no number.

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
    found = [(one, {} if one.correlations is None else _by_cell(one.correlations)) for one in variations]
    computed = Variation(MAIN, Origin.COMPUTED, main)
    for cell, of_main in _by_cell(main).items():
        rows.append(_row(cell, computed, of_main, of_main))
        rows += [_row(cell, one, cells.get(cell), of_main) for one, cells in found]
    return SENSITIVITY.frame(rows)


def other_bilateral(request: RelateRequest) -> RelateRequest | None:
    """The same request with the sides joined otherwise; None where joining changes no rank.

    Mean and sum order subjects alike, so each is held against pooled, and pooled against the mean.
    """
    if request.side is not SideRule.BOTH or not any(find_measure(word).is_fraction for word in request.measures):
        return None
    is_pooled = request.bilateral is BilateralRule.POOLED
    return replace(request, bilateral=BilateralRule.MEAN if is_pooled else BilateralRule.POOLED)


def find_missing(variations: Sequence[Variation], request: RelateRequest) -> list[Variation]:
    """The usual variations that were not looked at, each with the reason why."""
    names = [one.name for one in variations]
    missing = [usual for usual in USUAL_VARIATIONS if not any(name.startswith(usual) for name in names)]
    needless = {BILATERAL} if other_bilateral(request) is None else set()
    return [
        Variation(name, Origin.MISSING, None, NOT_APPLICABLE if name in needless else NOT_MEASURED) for name in missing
    ]


@dataclass(frozen=True)
class VariationSummary:
    """How far one variation lies from the result.

    Parameters
    ----------
    name, source : str
        What was done otherwise, and where it comes from.
    n_cells : int
        Cells with a coefficient in both.
    median, largest : float
        Absolute difference of rho over these cells; NaN where there are none.
    n_sign, n_p, n_q : int
        Cells whose sign changes, and whose p and q cross .05.
    has_same_subjects : bool
        Whether every cell has the n of the result.
    why : str
        Reasons, where there are no such cells.
    """

    name: str
    source: str
    n_cells: int
    median: float
    largest: float
    n_sign: int
    n_p: int
    n_q: int
    has_same_subjects: bool
    why: str


def summarise_variations(sensitivity: pd.DataFrame) -> tuple[VariationSummary, ...]:
    """One summary per variation, in the order of the table.

    Parameters
    ----------
    sensitivity : pandas.DataFrame
        As `compare_variations` makes it.
    """
    found = []
    n_main = sensitivity.loc[sensitivity["variation"] == MAIN, "n"].to_numpy()
    for name, rows in sensitivity.groupby("variation", sort=False):
        if name == MAIN:
            continue
        moved = rows["rho_difference"].abs().dropna()
        crossed = {word: int(rows["changes"].str.contains(word).sum()) for word in ("sign", "p_05", "q_05")}
        why = ", ".join(dict.fromkeys(word for cell in rows["reason"] for word in cell.split(SEPARATOR) if word))
        found.append(
            VariationSummary(
                name=str(name),
                source=str(rows["source"].iloc[0]),
                n_cells=len(moved),
                median=float(moved.median()) if len(moved) else float("nan"),
                largest=float(moved.max()) if len(moved) else float("nan"),
                n_sign=crossed["sign"],
                n_p=crossed["p_05"],
                n_q=crossed["q_05"],
                has_same_subjects=bool((rows["n"].to_numpy() == n_main).all()),
                why=why or NOT_MEASURED,
            )
        )
    return tuple(found)


def describe_variations(sensitivity: pd.DataFrame) -> tuple[str, ...]:
    """One sentence per variation: how far rho moves, which p cross .05, and what could not be looked at."""
    sentences, unmeasured = [], list[str]()
    for one in summarise_variations(sensitivity):
        if not one.n_cells:
            sentences.append(f"Not held against {one.name}: {one.why}.")
            unmeasured += [one.name] if one.why == NOT_MEASURED else []
            continue
        words = f"rho moves by {one.median:.3f} (median) to {one.largest:.3f}"
        others = "" if one.has_same_subjects else "; not on the same subjects in every cell"
        sentences.append(
            f"Held against {one.name}: {words} in {one.n_cells} cells; {one.n_p} p and {one.n_q} q cross "
            f".05, {one.n_sign} change sign{others}."
        )
    return (*sentences, HOW_TO_MEASURE) if unmeasured else tuple(sentences)


def _by_cell(table: pd.DataFrame) -> dict[tuple[str, ...], dict[str, Any]]:
    records = ({str(k): v for k, v in row.items()} for row in table.to_dict("records"))
    return {tuple(row[name] for name in _CELL): row for row in records}


def _row(cell: tuple[str, ...], one: Variation, numbers: dict[str, Any] | None, main: dict[str, Any]) -> dict[str, Any]:
    row = dict(zip(_CELL, cell, strict=True)) | {"variation": one.name, "source": one.origin.value}
    if numbers is None:
        return row | {"reason": one.reason or NOT_MEASURED}
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
