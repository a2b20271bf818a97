"""Time of 216 correlations, their permutations and bootstraps, beside scipy's own.

Run it with ``python tests/benchmarks/bench_correlation.py``. CPU time of one thread, the best of three runs. It is no
test: nothing is asserted but that both ways agree where they compute the same thing.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
from collections.abc import Callable

import numpy as np
from scipy import stats

from napari_hipspine.relating.correlation import correlate_ranks
from napari_hipspine.relating.intervals import bootstrap_interval
from napari_hipspine.relating.max_t import max_t_p
from napari_hipspine.relating.null_draws import draw_null

DRAWS = 9_999
N_LUMBAR, N_HIP = 9, 24


def make_tables(n: int, missing: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    tables = generator.normal(size=(n, N_LUMBAR)), generator.normal(size=(n, N_HIP))
    for table in tables:
        table[generator.random(table.shape) < missing] = np.nan
    return tables


def cpu_ms(work: Callable[[], object], repeats: int = 3) -> float:
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return 1000 * min(times)


def permute(x: np.ndarray, y: np.ndarray, draws: int) -> np.ndarray:
    null = draw_null(x, y, correlate_ranks(x, y), draws=draws)
    return max_t_p(null, ["all"] * len(null.cells))


def permute_one_with_scipy(x: np.ndarray, y: np.ndarray) -> None:
    """One pair, the vectorised form; 216 of them are extrapolated."""
    ranks = stats.rankdata(y[:, 0])
    centred = stats.rankdata(x[:, 0]) - (len(x) + 1) / 2

    def statistic(moved: np.ndarray, axis: int) -> np.ndarray:
        return np.tensordot(moved, centred, axes=([axis], [0])) if moved.ndim > 1 else moved @ centred

    stats.permutation_test((ranks,), statistic, permutation_type="pairings", vectorized=True, n_resamples=DRAWS)


def time_ours(n: int, missing: float) -> None:
    x, y = make_tables(n, missing)
    print(f"n {n}, missing {missing:.0%}: 216 coefficients {cpu_ms(lambda: correlate_ranks(x, y)):.1f} ms")
    if n <= 3_000:
        print(f"  {DRAWS} permutations and max-T {cpu_ms(lambda: permute(x, y, DRAWS)):.0f} ms")
        print(f"  1000 bootstraps {cpu_ms(lambda: bootstrap_interval(x, y)):.0f} ms")
    else:
        print(f"  999 signs and max-T {cpu_ms(lambda: permute(x, y, 999), repeats=1):.0f} ms")


def main() -> None:
    for n, missing in ((31, 0.0), (31, 0.1), (3_000, 0.0), (30_000, 0.05)):
        time_ours(n, missing)
    x, y = make_tables(31)
    expected = stats.spearmanr(x, y).statistic[:N_LUMBAR, N_LUMBAR:]
    np.testing.assert_allclose(correlate_ranks(x, y).rho, expected, atol=1e-12)
    one = cpu_ms(lambda: permute_one_with_scipy(x, y))
    print(f"scipy.stats.permutation_test, n 31: one pair {one:.1f} ms, 216 pairs about {216 * one:.0f} ms")


if __name__ == "__main__":
    main()
