"""The exact distribution of Spearman's S when nothing is related: how many permutations give each S.

Orders of n values are counted, not listed: a set of values put on the first positions has the same future
whatever their order. The count runs to half of the positions only; the other half is the same table read
backwards, and both halves meet in one matrix product of whole numbers (below 2**53, so exact in float64).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

LARGEST_EXACT_N = 17
"""Largest number of subjects for which all n! orders are counted."""

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@lru_cache(maxsize=LARGEST_EXACT_N + 1)
def count_orders(n: int) -> IntArray:
    """Number of the n! orders with S = 0, 2, 4, … (n³ − n)/3, where S is the sum of squared rank differences.

    Raises
    ------
    ValueError
        If n is not between 1 and 17.

    Examples
    --------
    >>> count_orders(3).tolist()
    [1, 2, 0, 2, 1]
    """
    if not 1 <= n <= LARGEST_EXACT_N:
        raise ValueError(f"Expected 1 to {LARGEST_EXACT_N} subjects, found {n}, in the exact distribution.")
    n_first, n_second = n // 2, n - n // 2
    first_sets, first_counts = _count_products(n, n_first)
    second_sets, second_counts = _count_products(n, n_second)
    partners = np.searchsorted(second_sets, _reversed_complement(first_sets, n))
    value_sums = _sums_of_members(first_sets, n)

    largest_product = sum(i * i for i in range(n))
    by_product = np.zeros(largest_product + 1, dtype=np.int64)
    for value_sum in np.unique(value_sums):
        chosen = np.flatnonzero(value_sums == value_sum)
        joint = first_counts[chosen].T.astype(np.float64) @ second_counts[partners[chosen]].astype(np.float64)
        offset = _offset_of_second_half(n, n_second, int(value_sum))
        _add_antidiagonals(joint, offset, by_product)
    smallest_product = sum(i * (n - 1 - i) for i in range(n))
    counts: IntArray = by_product[smallest_product:][::-1].copy()
    counts.flags.writeable = False
    return counts


def exact_p(rho: npt.ArrayLike, n: int) -> FloatArray:
    """Two-sided exact p of Spearman's rho without ties: the share of orders at least as far from 0.

    Parameters
    ----------
    rho
        Coefficients, each on the grid 1 − 6 S/(n³ − n) with S even (rounding noise is removed).
    n
        Number of subjects, at most 17.

    References
    ----------
    Best & Roberts 1975, doi:10.2307/2347111.
    """
    counts = count_orders(n)
    cumulative = np.cumsum(counts)
    distance = (1 - np.abs(np.asarray(rho, dtype=np.float64))) * (n**3 - n) / 12
    tail = cumulative[np.rint(distance).astype(np.int64)]
    p: FloatArray = np.minimum(1.0, 2 * tail / cumulative[-1])
    return p


def _count_products(n: int, n_positions: int) -> tuple[IntArray, npt.NDArray[np.int32]]:
    """For each set of `n_positions` of the values 0 … n−1 (ascending bit masks): orders by Σ position · value."""
    sets, counts = np.zeros(1, dtype=np.int64), np.ones((1, 1), dtype=np.int32)
    all_sets = np.arange(2**n)
    sizes = _sums_of_members(all_sets, n, weights=np.ones(n, dtype=np.int64))
    for position in range(n_positions):
        larger_sets = all_sets[sizes == position + 1]
        width = sum(i * (n - 1 - position + i) for i in range(position + 1)) + 1
        larger_counts = np.zeros((larger_sets.size, width), dtype=np.int32)
        for value in range(n):
            ending = np.flatnonzero(larger_sets >> value & 1)
            before = np.searchsorted(sets, larger_sets[ending] ^ (1 << value))
            shift = position * value
            kept = min(counts.shape[1], width - shift)
            larger_counts[ending, shift : shift + kept] += counts[before, :kept]
        sets, counts = larger_sets, larger_counts
    return sets, counts


def _sums_of_members(sets: IntArray, n: int, weights: IntArray | None = None) -> IntArray:
    """Sum of the values in each bit mask (or of their weights)."""
    per_value = np.arange(n) if weights is None else weights
    total = np.zeros(sets.shape, dtype=np.int64)
    for value in range(n):
        total += (sets >> value & 1) * per_value[value]
    return total


def _reversed_complement(sets: IntArray, n: int) -> IntArray:
    """The values left over by each set, renamed v → n−1−v, so that positions can be counted from the end."""
    mirrored = np.zeros_like(sets)
    for value in range(n):
        mirrored |= (1 - (sets >> value & 1)) << (n - 1 - value)
    return mirrored


def _offset_of_second_half(n: int, n_second: int, sum_of_first_values: int) -> int:
    """What turns Σ position · value counted from the end into the same sum counted from the start."""
    last = n - 1
    mirrored_values = last * n_second - (n * last // 2 - sum_of_first_values)
    mirrored_positions = n_second * (n_second - 1) // 2
    return last * last * n_second - last * (mirrored_values + mirrored_positions)


def _add_antidiagonals(joint: FloatArray, offset: int, by_sum: IntArray) -> None:
    """Add joint[a, b] to by_sum[offset + a + b]."""
    whole = np.rint(joint).astype(np.int64)
    columns = np.flatnonzero(whole.any(axis=0))
    rows = np.flatnonzero(whole.any(axis=1))
    for column in columns:
        by_sum[offset + column + rows] += whole[rows, column]
