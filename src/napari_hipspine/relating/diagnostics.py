"""How well a finding tells who has a condition: the 2x2 table with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from ..domain.cells import is_missing, read_yes_no
from ..domain.errors import TableInvalid
from ..domain.tables import Table, read_columns

if TYPE_CHECKING:
    import pandas as pd

Z95 = NormalDist().inv_cdf(0.975)
NOBODY, ZERO = "nobody_counted", "zero_count"

DIAGNOSTICS = Table(
    name="diagnostics",
    columns=read_columns(
        """
finding | t | | what was looked at
condition | t | | what counts as the truth
measure | t | | sensitivity, specificity, predictive values, accuracy, prevalence, likelihood ratios, odds ratio
count | i | 1 | people counted in the numerator; empty for ratios
n | i | 1 | people in the denominator; empty for ratios
value | n | 1 | share, 0-1, or ratio
low | n | 1 | lower end of the 95 % interval (shares: Wilson; ratios: on the logarithm)
high | n | 1 | upper end of the 95 % interval
n_missing | i | 1 | people without finding or condition, left out
reason | t | | why cells are empty
"""
    ),
    key=("finding", "condition", "measure"),
    required=("finding", "condition", "measure"),
)


@dataclass(frozen=True)
class TwoByTwo:
    """Counts of a finding (positive, negative) against a condition (present, absent).

    Raises
    ------
    TableInvalid
        If a count is negative or nobody is counted.
    """

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int
    n_missing: int = 0

    def __post_init__(self) -> None:
        if min(vars(self).values()) < 0 or not self.n:
            raise TableInvalid(f"Expected counts of 0 or more with at least one person, found {vars(self)}.")

    @property
    def n(self) -> int:
        """People counted."""
        return self.true_positive + self.false_positive + self.false_negative + self.true_negative


def wilson_interval(count: int, n: int) -> tuple[float, float]:
    """95 % interval of a share; it stays within 0 and 1 and is never empty.

    References
    ----------
    Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    share, square = count / n, Z95**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z95 / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
    low = 0.0 if count == 0 else middle - half
    return low, 1.0 if count == n else middle + half


def count_two_by_two(findings: Sequence[Any], conditions: Sequence[Any]) -> TwoByTwo:
    """Counts of yes/no cells; people without one of them are counted as missing.

    Raises
    ------
    TableInvalid
        If a cell is neither yes nor no.
    """
    counts, n_missing = {(a, b): 0 for a in (True, False) for b in (True, False)}, 0
    for finding, condition in zip(findings, conditions, strict=True):
        if is_missing(finding) or is_missing(condition):
            n_missing += 1
        else:
            counts[read_yes_no(finding), read_yes_no(condition)] += 1
    return TwoByTwo(counts[True, True], counts[True, False], counts[False, True], counts[False, False], n_missing)


def describe_diagnostics(table: TwoByTwo, *, finding: str, condition: str) -> pd.DataFrame:
    """Every measure of a 2x2 table with its interval, as `DIAGNOSTICS`.

    A share of nobody and a ratio that divides by zero are empty, with a reason. A ratio of 0 and one of two certain
    shares have no interval.

    References
    ----------
    Simel, Samsa & Matchar 1991, doi:10.1016/0895-4356(91)90128-V (likelihood ratios).
    """
    tp, fp, fn, tn = table.true_positive, table.false_positive, table.false_negative, table.true_negative
    shares = {
        "sensitivity": (tp, tp + fn),
        "specificity": (tn, tn + fp),
        "positive_predictive_value": (tp, tp + fp),
        "negative_predictive_value": (tn, tn + fn),
        "accuracy": (tp + tn, table.n),
        "prevalence": (tp + fn, table.n),
    }
    ratios = {
        "likelihood_ratio_positive": _likelihood_ratio(tp, tp + fn, fp, fp + tn),
        "likelihood_ratio_negative": _likelihood_ratio(fn, tp + fn, tn, fp + tn),
        "odds_ratio": _odds_ratio(tp, fp, fn, tn),
    }
    where = {"finding": finding, "condition": condition, "n_missing": table.n_missing}
    rows: list[dict[str, Any]] = []
    for name, (count, n) in shares.items():
        row = where | {"measure": name, "count": count, "n": n}
        if not n:
            rows.append(row | {"reason": NOBODY})
            continue
        low, high = wilson_interval(count, n)
        rows.append(row | {"value": count / n, "low": low, "high": high})
    for name, found in ratios.items():
        cells: dict[str, Any] = dict(zip(("value", "low", "high"), found, strict=False))
        rows.append(where | {"measure": name, "reason": "" if len(found) > 1 else ZERO} | cells)
    return DIAGNOSTICS.frame(rows)


def _likelihood_ratio(count: int, n: int, other: int, n_other: int) -> tuple[float, ...]:
    """The ratio with its ends, the ratio alone where it has none, or nothing."""
    if not n or not other:
        return ()
    ratio = (count / n) / (other / n_other)
    if not count or (count == n and other == n_other):
        return (ratio,)
    return _on_logarithm(ratio, sqrt(1 / count - 1 / n + 1 / other - 1 / n_other))


def _odds_ratio(tp: int, fp: int, fn: int, tn: int) -> tuple[float, ...]:
    if not (fp and fn):
        return ()
    if not (tp and tn):
        return (0.0,)
    return _on_logarithm(tp * tn / (fp * fn), sqrt(1 / tp + 1 / fp + 1 / fn + 1 / tn))


def _on_logarithm(ratio: float, error: float) -> tuple[float, float, float]:
    return ratio, exp(log(ratio) - Z95 * error), exp(log(ratio) + Z95 * error)
