"""Mid-ranks inside any subset of the subjects, exact in float64.

A rank is kept *doubled and centred*: ``2 * rank - (n + 1)``. Mid-ranks then are whole numbers, so sums of
their products are exact, the sum over a subset is zero, and subjects outside the subset can simply hold 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..domain.errors import TableInvalid

TIE_DECIMALS = 10
"""Values that agree to this many decimals share a rank: rounding noise of a float never orders subjects."""

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def round_to_ties(values: npt.ArrayLike) -> FloatArray:
    """Values rounded so that those equal to 10 decimals are equal; NaN stays NaN (missing).

    Raises
    ------
    TableInvalid
        If a value is infinite: it has a rank but is no measurement.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if np.isinf(numbers).any():
        raise TableInvalid(
            f"Expected finite or missing numbers, found {int(np.isinf(numbers).sum())} infinite, in values to rank.",
            hint="Leave the cell empty and give a reason instead.",
        )
    exact_limit = 2.0**53 / 10.0**TIE_DECIMALS
    can_round = np.abs(numbers) < exact_limit
    return np.where(can_round, np.round(np.where(can_round, numbers, 0.0), TIE_DECIMALS), numbers)


def rank_within(values: npt.ArrayLike, subsets: BoolArray) -> FloatArray:
    """Doubled, centred mid-ranks of one column within each subset, shape ``(n_subsets, n_subjects)``.

    The column is sorted once; each further subset costs one cumulative sum.

    Parameters
    ----------
    values
        One number per subject, shape ``(n_subjects,)``; NaN is missing.
    subsets
        Which subjects count, shape ``(n_subsets, n_subjects)``; subjects with a missing value never do.

    Returns
    -------
    FloatArray
        ``2 * rank - (n + 1)`` inside the subset and 0 outside.
    """
    column = round_to_ties(values)
    order = np.argsort(column, kind="stable")
    sorted_values = column[order]
    inside = subsets[:, order] & ~np.isnan(sorted_values)
    counted = np.zeros((inside.shape[0], column.size + 1))
    np.cumsum(inside, axis=1, out=counted[:, 1:])

    starts_run = np.ones(column.size, dtype=bool)
    starts_run[1:] = sorted_values[1:] != sorted_values[:-1]
    run_starts = np.flatnonzero(starts_run)
    run_of = np.cumsum(starts_run) - 1
    run_ends = np.append(run_starts[1:], column.size)

    twice_rank = counted[:, run_starts] + counted[:, run_ends] + 1
    centred = np.where(inside, twice_rank[:, run_of] - (counted[:, -1:] + 1), 0.0)
    ranks = np.empty_like(centred)
    ranks[:, order] = centred
    return ranks


def mid_ranks(values: npt.ArrayLike) -> FloatArray:
    """Ranks 1 … n with ties sharing their mean rank; missing values stay NaN.

    Examples
    --------
    >>> mid_ranks([10.0, 30.0, 30.0, 20.0]).tolist()
    [1.0, 3.5, 3.5, 2.0]
    """
    column = np.asarray(values, dtype=np.float64)
    present = ~np.isnan(column)
    ranks = (rank_within(column, present[None])[0] + present.sum() + 1) / 2
    return np.where(present, ranks, np.nan)
