"""Two-sided p of Spearman's rho: by Student's t, by counting or drawing orders, or by an Edgeworth series."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from ..domain.errors import InvalidChoice
from .correlation import RankCorrelations
from .edgeworth import edgeworth_p
from .rank_null import LARGEST_EXACT_N, exact_p
from .ranks import FloatArray, rank_within

PERMUTATION_DRAWS = 99_999
"""Orders drawn for a permutation p; the smallest p then is 1/100,000."""


USE_AUTO = "Use auto: exact where possible, drawn orders for ties, Student's t for larger samples."


class PMethod(StrEnum):
    """How p is found. `AUTO`: up to 17 subjects all orders counted (drawn when there are ties), else Student's t."""

    AUTO = "auto"
    T = "t"
    EXACT = "exact"
    EDGEWORTH = "edgeworth"
    PERMUTATION = "permutation"


@dataclass(frozen=True)
class PValues:
    """p of each cell and how it was found; empty cells hold NaN and an empty text."""

    p: FloatArray
    method: npt.NDArray[np.object_]


def choose_method(cells: RankCorrelations, method: PMethod) -> npt.NDArray[np.object_]:
    """Which of ``t``, ``exact``, ``edgeworth`` and ``permutation`` each cell takes; empty text where there is no rho.

    Raises
    ------
    InvalidChoice
        If `EXACT` is asked for and a cell has ties or more than 17 subjects, or `EDGEWORTH` and a cell has ties.
    """
    filled = ~np.isnan(cells.rho)
    few = cells.n <= LARGEST_EXACT_N
    chosen = np.full(cells.rho.shape, "", dtype=object)
    if method is not PMethod.AUTO:
        chosen[filled] = method.value
    else:
        chosen[filled] = PMethod.T.value
        chosen[filled & few & ~cells.tied] = PMethod.EXACT.value
        chosen[filled & few & cells.tied] = PMethod.PERMUTATION.value
    impossible = filled & (chosen == PMethod.EXACT.value) & (cells.tied | ~few)
    if impossible.any():
        raise InvalidChoice(
            f"Expected at most {LARGEST_EXACT_N} subjects without equal values for an exact p, found "
            f"{int((impossible & ~few).sum())} cells with more subjects and "
            f"{int((impossible & cells.tied).sum())} with equal values, in {int(filled.sum())} cells.",
            hint=USE_AUTO,
        )
    if method is PMethod.EDGEWORTH and (filled & cells.tied).any():
        raise InvalidChoice(
            f"Expected no equal values for the Edgeworth p, found {int((filled & cells.tied).sum())} cells with some, "
            f"in {int(filled.sum())} cells.",
            hint=USE_AUTO,
        )
    return chosen


def find_p(
    x: FloatArray,
    y: FloatArray,
    cells: RankCorrelations,
    *,
    method: PMethod = PMethod.AUTO,
    seed: int = 0,
    draws: int = PERMUTATION_DRAWS,
) -> PValues:
    """p of each cell of a rank correlation, with the method used.

    Parameters
    ----------
    x, y
        The tables the cells were made from, ``(n_subjects, n_x_columns)`` and ``(n_subjects, n_y_columns)``.
    cells
        Their rank correlations.
    seed
        Start of the random numbers of drawn orders. p of a cell depends on its own values only, not on its
        neighbours, nor on the order of the subjects.
    """
    chosen = choose_method(cells, method)
    p = np.full(cells.rho.shape, np.nan)
    by_t = chosen == PMethod.T.value
    p[by_t] = student_p(cells.rho[by_t], cells.n[by_t])
    for kind, formula in ((PMethod.EXACT, exact_p), (PMethod.EDGEWORTH, edgeworth_p)):
        of_kind = chosen == kind.value
        for n in np.unique(cells.n[of_kind]):
            same_n = of_kind & (cells.n == n)
            p[same_n] = formula(cells.rho[same_n], int(n))
    by_draw = chosen == PMethod.PERMUTATION.value
    for n in np.unique(cells.n[by_draw]):
        same_n = by_draw & (cells.n == n)
        p[same_n] = _drawn_p_of_cells(x, y, cells.rho, np.argwhere(same_n), seed=seed, draws=draws)
    return PValues(p=p, method=chosen)


def student_p(rho: npt.ArrayLike, n: npt.ArrayLike) -> FloatArray:
    """Two-sided p with t = rho · √((n − 2)/(1 − rho²)) on n − 2 degrees of freedom.

    References
    ----------
    Kendall & Stuart, The Advanced Theory of Statistics, vol. 2; the form most programs print.
    """
    from scipy.special import betainc

    coefficient = np.asarray(rho, dtype=np.float64)
    freedom = np.asarray(n, dtype=np.float64) - 2
    p: FloatArray = betainc(freedom / 2, 0.5, (1 - coefficient) * (1 + coefficient))
    return p


def drawn_p(x_ranks: FloatArray, y_ranks: FloatArray, *, seed: int, draws: int = PERMUTATION_DRAWS) -> FloatArray:
    """p of row pairs of ranks from drawn orders: (as far from 0 or farther + 1)/(draws + 1).

    Under the null only the set of ranks of a column counts, so both are put in ascending order before drawing:
    the same ranks give the same p whatever the order of the subjects and whichever column comes first.

    Parameters
    ----------
    x_ranks, y_ranks
        Doubled, centred ranks, shapes ``(n_pairs, n)``.

    References
    ----------
    Phipson & Smyth 2010, doi:10.2202/1544-6115.1585 (why + 1).
    """
    observed = np.abs(np.einsum("ps,ps->p", x_ranks, y_ranks))
    sorted_pairs = [sorted((tuple(np.sort(a)), tuple(np.sort(b)))) for a, b in zip(x_ranks, y_ranks, strict=True)]
    first, first_of = _number_rows([pair[0] for pair in sorted_pairs])
    second, second_of = _number_rows([pair[1] for pair in sorted_pairs])
    generator = np.random.Generator(np.random.PCG64([seed, x_ranks.shape[1]]))
    as_far = np.zeros(len(sorted_pairs), dtype=np.int64)
    rows_at_once = max(1, 4_000_000 // x_ranks.shape[1])
    for start in range(0, draws, rows_at_once):
        rows = min(rows_at_once, draws - start)
        order = generator.random((rows, x_ranks.shape[1])).argsort(axis=1, kind="stable")
        for k in range(second.shape[0]):
            pairs = np.flatnonzero(second_of == k)
            drawn = np.abs(second[k][order] @ first[first_of[pairs]].T)
            as_far[pairs] += np.count_nonzero(drawn >= observed[pairs], axis=0)
    return np.asarray((as_far + 1) / (draws + 1), dtype=np.float64)


def _drawn_p_of_cells(
    x: FloatArray, y: FloatArray, rho: FloatArray, cells: npt.NDArray[np.intp], *, seed: int, draws: int
) -> FloatArray:
    """Drawn p of the cells (x column, y column), all with the same number of complete subjects."""
    x_ranks, y_ranks = [], []
    for i, j in cells:
        complete = ~np.isnan(x[:, i]) & ~np.isnan(y[:, j])
        everyone = np.ones((1, int(complete.sum())), dtype=bool)
        x_ranks.append(rank_within(x[complete, i], everyone)[0])
        y_ranks.append(rank_within(y[complete, j], everyone)[0])
    return drawn_p(np.array(x_ranks), np.array(y_ranks), seed=seed, draws=draws)


def _number_rows(rows: list[tuple[float, ...]]) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """The distinct rows, and for each row which of them it is."""
    number: dict[tuple[float, ...], int] = {}
    of_row = np.array([number.setdefault(row, len(number)) for row in rows], dtype=np.int64)
    return np.array(list(number)), of_row
