"""The correlation table: every lumbar column against every hip column, one row per cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..domain.tables import CORRELATIONS, join_words
from .comparability import PSOAS_UNRELIABLE
from .correlation import (
    SMALLEST_N,
    RankCorrelations,
    bonett_wright_interval,
    correlate_ranks,
)
from .multiplicity import CellName, Family, adjust_within_families
from .p_values import PMethod, find_p
from .request import RelateRequest, SideRule
from .subject_values import SubjectValues

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

TOO_FEW_SUBJECTS = "too_few_subjects"
CONSTANT_VALUES = "constant_values"


def correlate_values(values: SubjectValues, request: RelateRequest) -> pd.DataFrame:
    """Correlation table of all lumbar against all hip columns, in the reading order of a page.

    Rows go down the hip columns and, within one, along the lumbar columns. Every cell has its n; an empty one has a
    reason instead of numbers.

    Raises
    ------
    InvalidChoice
        If an exact p is asked for where there is none.
    """
    cells = correlate_ranks(values.lumbar.values, values.hip.values)
    p = find_p(values.lumbar.values, values.hip.values, cells, method=request.p_method, seed=request.seed)
    low, high = bonett_wright_interval(cells.rho, cells.n)
    rules = {
        "lumbar_level": values.lumbar.level,
        "hip_level": values.hip.level,
        "side_rule": request.side.value,
        "bilateral_rule": request.bilateral.value if request.side is SideRule.BOTH else "",
        "missing_rule": request.missing.value,
    }
    rows = []
    for j, hip in enumerate(values.hip.columns):
        for i, lumbar in enumerate(values.lumbar.columns):
            by_t = p.method[i, j] == PMethod.T
            numbers = {
                "rho": cells.rho[i, j],
                "rho_low": low[i, j],
                "rho_high": high[i, j],
                "p": p.p[i, j],
                "df": cells.n[i, j] - 2 if by_t else None,
            }
            name = CellName(lumbar.muscle, lumbar.measure, hip.muscle, hip.measure)._asdict()
            reason = _reason(cells, i, j, values)
            rows.append(name | rules | numbers | {"n": cells.n[i, j], "p_method": p.method[i, j], "reason": reason})
    return CORRELATIONS.frame(adjust_rows(rows, request.family))


def adjust_rows(rows: Sequence[dict[str, Any]], family: Family) -> list[dict[str, Any]]:
    """The rows with q, family and family size added."""
    labels = [family.label(CellName(*(row[name] for name in CellName._fields))) for row in rows]
    q, sizes = adjust_within_families(np.array([row["p"] for row in rows], dtype=np.float64), labels)
    return [
        row | {"q": q[k], "family": labels[k], "family_size": sizes[k] if labels[k] else None}
        for k, row in enumerate(rows)
    ]


def _reason(cells: RankCorrelations, i: int, j: int, values: SubjectValues) -> str:
    """Why a cell is empty: what is wrong with the cell, then why its values are missing, the most frequent first."""
    if not np.isnan(cells.rho[i, j]):
        return ""
    if cells.n[i, j] >= SMALLEST_N:
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
