"""What a number of subjects can show: the smallest coefficient with p < .05, and the one found with 80 % power."""

from __future__ import annotations

from collections.abc import Sequence
from math import atanh, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

from .correlation import SMALLEST_N
from .extra_tables import POWER
from .max_t import smallest_size_by_t

if TYPE_CHECKING:
    import pandas as pd

USUAL_POWER = 0.8
ALPHA = 0.05
SHOWN_RHO = (0.3, 0.4, 0.5)
LARGEST_N = 10_000_000

_NORMAL = NormalDist()
_STEPS = 60


def find_power(rho: float, n: int, *, alpha: float = ALPHA) -> float:
    """Probability of p < alpha when the coefficient of the population is `rho`.

    Fisher's z with the standard error of Bonett and Wright; against 20,000 simulated samples of 31 it is off by 0.002.

    References
    ----------
    Bonett & Wright 2000, doi:10.1007/BF02294183.
    """
    limit = _NORMAL.inv_cdf(1 - alpha / 2) / sqrt(n - 3)
    error = sqrt((1 + rho**2 / 2) / (n - 3))
    return _NORMAL.cdf((atanh(rho) - limit) / error) + _NORMAL.cdf((-atanh(rho) - limit) / error)


def find_detectable_rho(n: int, *, alpha: float = ALPHA, power: float = USUAL_POWER) -> float:
    """Smallest coefficient of the population that is found with the given power."""
    low, high = 0.0, 1 - 1e-12
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if find_power(middle, n, alpha=alpha) >= power else (middle, high)
    return high


def find_n_needed(rho: float, *, alpha: float = ALPHA, power: float = USUAL_POWER) -> int:
    """Smallest number of subjects with which `rho` is found with the given power."""
    low, high = SMALLEST_N - 1, LARGEST_N
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if find_power(rho, middle, alpha=alpha) >= power else (middle, high)
    return high


def tabulate_power(correlations: pd.DataFrame) -> pd.DataFrame:
    """One row for each n and family size of a correlation table, the smallest n first.

    Covariates count: the formulas see n less one per covariate.
    """
    filled = correlations[correlations["rho"].notna()]
    counts: dict[tuple[int, int, int], int] = {}
    for n, size, words in zip(filled["n"], filled["family_size"].fillna(0), filled["covariates"], strict=True):
        key = (int(n), len([word for word in words.split(";") if word]), int(size))
        counts[key] = counts.get(key, 0) + 1
    return POWER.frame(
        _row(n, k, size, n_cells) for (n, k, size), n_cells in sorted(counts.items()) if n - k >= SMALLEST_N
    )


def _row(n: int, n_covariates: int, family_size: int, n_cells: int) -> dict[str, float | int | None]:
    effective = n - n_covariates
    powers = {f"power_rho_{round(rho * 10):02d}": find_power(rho, effective) for rho in SHOWN_RHO}
    by_family = find_detectable_rho(effective, alpha=ALPHA / family_size) if family_size else None
    return {
        "n": n,
        "n_cells": n_cells,
        "n_covariates": n_covariates,
        "rho_at_p_05": smallest_size_by_t(effective - 2),
        "rho_power_80": find_detectable_rho(effective),
        "family_size": family_size or None,
        "rho_power_80_family": by_family,
        **powers,
    }


def list_n_needed(rhos: Sequence[float] = SHOWN_RHO, *, alpha: float = ALPHA) -> dict[float, int]:
    """Subjects needed for 80 % power, by coefficient."""
    return {rho: find_n_needed(rho, alpha=alpha) for rho in rhos}
