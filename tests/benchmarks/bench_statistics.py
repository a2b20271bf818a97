"""Statistics of P12: permutations, bootstraps, gaps and a mixed logistic model at the size of a national cohort.

Run ``python tests/benchmarks/bench_statistics.py``; `bench_correlation.py` has more of the first kind. CPU time of one
thread, the best of a few runs.
"""

from __future__ import annotations

import numpy as np
from bench_correlation import DRAWS, N_HIP, N_LUMBAR, cpu_ms, make_tables, permute, permute_one_with_scipy
from goals import Goal
from threadpoolctl import threadpool_limits

from napari_hipspine.relating.correlation import correlate_ranks
from napari_hipspine.relating.intervals import bootstrap_interval
from napari_hipspine.relating.models.mixed_logistic import fit_mixed_logistic

SECTION = "Statistics (CPU time of one thread)"
N_PAIRS = N_LUMBAR * N_HIP
NAKO = (27_518, 18)
"""Participants analysed in a study of the German National Cohort, and its centres."""


def goals() -> list[Goal]:
    with threadpool_limits(1):
        return _rows()


def _rows() -> list[Goal]:
    rows = []
    for n, most in ((31, 50), (3_000, 2_000)):
        x, y = make_tables(n)
        ms = cpu_ms(lambda x=x, y=y: permute(x, y, DRAWS))
        rows.append(_at_most(f"{N_PAIRS} pairs × {DRAWS} permutations and max-T, n {n}", ms, most))
    x, y = make_tables(31)
    ours, one = cpu_ms(lambda: permute(x, y, DRAWS)), cpu_ms(lambda: permute_one_with_scipy(x, y))
    theirs = N_PAIRS * one
    rows.append(
        Goal(
            f"beside scipy.stats.permutation_test, vectorised, {N_PAIRS} × one pair",
            f"{ours:.0f} ms",
            f"{theirs:.0f} ms",
            f"{theirs / ours:.0f} ×",
            "≥ 50 × faster",
            theirs >= 50 * ours,
            SECTION,
        )
    )
    rows.append(_at_most(f"{N_PAIRS} pairs × 1000 bootstraps, n 31", cpu_ms(lambda: bootstrap_interval(x, y)), 50))
    x, y = make_tables(30_000, missing=0.05)
    rows.append(
        _at_most(f"{N_PAIRS} coefficients of 30,000 subjects with gaps", cpu_ms(lambda: correlate_ranks(x, y)), 1000)
    )
    rows.append(_at_most("mixed logistic model, 27,518 rows, 18 centres", cpu_ms(_fit, repeats=1), 5000))
    return rows


def _fit() -> object:
    rng = np.random.default_rng(0)
    n, n_centres = NAKO
    centres = rng.integers(0, n_centres, n)
    matrix = np.column_stack([np.ones(n), rng.normal(size=(n, 8))])
    log_odds = matrix @ np.linspace(-0.4, 0.4, 9) + rng.normal(0, 0.5, n_centres)[centres]
    pain = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(float)
    return fit_mixed_logistic(matrix, pain, centres)


def _at_most(what: str, ms: float, most: float) -> Goal:
    return Goal(what, f"{ms:.0f} ms", "", "", f"≤ {most:.0f} ms", ms <= most, SECTION)


def main() -> None:
    for goal in goals():
        print(f"{goal.what}: {goal.ours} | {goal.theirs} | {goal.ratio} | {goal.goal} | {goal.verdict}", flush=True)


if __name__ == "__main__":
    main()
