"""The correlation table: every lumbar column against every hip column, one row per cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..domain.errors import InvalidChoice
from ..domain.tables import CORRELATIONS, join_words
from .comparability import PSOAS_UNRELIABLE
from .correlation import SMALLEST_N, RankCorrelations, correlate_ranks
from .covariates import CovariateValues
from .intervals import find_interval
from .multiplicity import CellName, Family, adjust_within_families
from .p_values import PMethod, PValues, find_p, student_p
from .partial import correlate_partial_ranks
from .partial_p import drawn_partial_p
from .request import RelateRequest, SideRule
from .subject_values import ColumnName, SubjectValues

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

TOO_FEW_SUBJECTS = "too_few_subjects"
CONSTANT_VALUES = "constant_values"


def correlate_values(
    values: SubjectValues, request: RelateRequest, *, covariates: CovariateValues | None = None
) -> pd.DataFrame:
    """Correlation table of all lumbar against all hip columns, in the reading order of a page.

    Rows go down the hip columns and, within one, along the lumbar columns. Every cell has its n; an empty one has a
    reason instead of numbers.

    Parameters
    ----------
    covariates
        What is held constant, for the same subjects; the coefficients then are partial ones.

    Raises
    ------
    InvalidChoice
        If an exact p is asked for where there is none, or the covariates asked for are not those handed in.
    """
    _check_covariates(request, covariates)
    cells = correlate_all(values, covariates)
    n_covariates = len(covariates.names) if covariates else 0
    p = _find_p(values, cells, request, covariates)
    low, high = find_interval(
        values.lumbar.values,
        values.hip.values,
        cells,
        method=request.interval,
        covariates=covariates.values if covariates else None,
        seed=request.seed,
    )
    rules = {
        "side_rule": request.side.value,
        "bilateral_rule": request.bilateral.value if request.side is SideRule.BOTH else "",
        "missing_rule": request.missing.value,
        "covariates": join_words(covariates.names) if covariates else "",
    }
    rows = []
    for j, hip in enumerate(values.hip.columns):
        for i, lumbar in enumerate(values.lumbar.columns):
            has_df = p.method[i, j] == PMethod.T or (n_covariates > 0 and p.method[i, j] != "")
            numbers = {
                "rho": cells.rho[i, j],
                "rho_low": low[i, j],
                "rho_high": high[i, j],
                "p": p.p[i, j],
                "df": cells.n[i, j] - 2 - n_covariates if has_df else None,
            }
            name = cell_name(lumbar, hip)._asdict()
            reason = _reason(cells, i, j, values)
            rows.append(name | rules | numbers | {"n": cells.n[i, j], "p_method": p.method[i, j], "reason": reason})
    return CORRELATIONS.frame(adjust_rows(rows, request.family))


def correlate_all(values: SubjectValues, covariates: CovariateValues | None = None) -> RankCorrelations:
    """Coefficients of all cells, partial ones where covariates are given."""
    if covariates is None:
        return correlate_ranks(values.lumbar.values, values.hip.values)
    return correlate_partial_ranks(values.lumbar.values, values.hip.values, covariates.values)


def cell_name(lumbar: ColumnName, hip: ColumnName) -> CellName:
    """The pair of two columns, with their levels."""
    return CellName(lumbar.muscle, lumbar.measure, hip.muscle, hip.measure, lumbar.level, hip.level)


def adjust_rows(rows: Sequence[dict[str, Any]], family: Family) -> list[dict[str, Any]]:
    """The rows with q, family and family size added."""
    several = {name: len({row[name] for row in rows}) > 1 for name in ("lumbar_level", "hip_level")}
    # A region with one level is not split by it, and its families are called as before.
    names = [CellName(*(row[name] if several.get(name, True) else "" for name in CellName._fields)) for row in rows]
    labels = [family.label(name) for name in names]
    q, sizes = adjust_within_families(np.array([row["p"] for row in rows], dtype=np.float64), labels)
    return [
        row | {"q": q[k], "family": labels[k], "family_size": sizes[k] if labels[k] else None}
        for k, row in enumerate(rows)
    ]


def _check_covariates(request: RelateRequest, covariates: CovariateValues | None) -> None:
    given = covariates.names if covariates else ()
    if given != request.covariates:
        raise InvalidChoice(
            f"Expected the covariates {', '.join(request.covariates) or 'none'}, found {', '.join(given) or 'none'}, "
            "in the values handed in.",
            hint="Name the covariates and hand in a participants table that holds them.",
        )


def _find_p(
    values: SubjectValues, cells: RankCorrelations, request: RelateRequest, covariates: CovariateValues | None
) -> PValues:
    """p of each cell; with covariates drawn if so asked, else Student's t with one degree of freedom less for each."""
    x, y = values.lumbar.values, values.hip.values
    if covariates is None:
        return find_p(x, y, cells, method=request.p_method, seed=request.seed)
    filled = ~np.isnan(cells.rho)
    method = PMethod.PERMUTATION if request.p_method is PMethod.PERMUTATION else PMethod.T
    if method is PMethod.PERMUTATION:
        p = drawn_partial_p(x, y, covariates.values, cells, seed=request.seed)
    else:
        p = np.full(cells.rho.shape, np.nan)
        p[filled] = student_p(cells.rho[filled], cells.n[filled] - len(covariates.names))
    return PValues(p, np.where(filled, method.value, "").astype(object))


def _reason(cells: RankCorrelations, i: int, j: int, values: SubjectValues) -> str:
    """Why a cell is empty: what is wrong with the cell, then why its values are missing, the most frequent first."""
    if not np.isnan(cells.rho[i, j]):
        return ""
    if cells.constant[i, j] and cells.n[i, j] >= SMALLEST_N:
        return CONSTANT_VALUES
    missing = _count_words([*values.lumbar.reasons[:, i], *values.hip.reasons[:, j]])
    if PSOAS_UNRELIABLE in missing:
        return join_words([PSOAS_UNRELIABLE, *missing])
    return join_words([TOO_FEW_SUBJECTS, *missing])


def _count_words(reasons: Iterable[str]) -> list[str]:
    """The distinct words of several reasons, the most frequent first, then by name."""
    words, counts = np.unique([w for reason in reasons for w in reason.split(";") if w], return_counts=True)
    order: npt.NDArray[np.intp] = np.lexsort((words, -counts))
    return [str(words[k]) for k in order]
