"""What stands beside q: other adjustments of each cell, and what chance alone does to each family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .cells import correlate_all
from .covariates import CovariateValues
from .extra_tables import FAMILIES, MULTIPLICITY
from .family_history import without_mark
from .max_t import count_small_p, max_t_p
from .multiplicity import Adjustment, adjust_within_families
from .null_draws import draw_null
from .p_values import PMethod
from .subject_values import SubjectValues

if TYPE_CHECKING:
    import pandas as pd

ORDERS, SIGNS = "orders", "signs"
"""What was drawn: orders of the subjects, or signs of their products of ranks."""

SHOWN_FAMILIES = 2
"""Families described in words; the table has all."""


def adjust_by_draws(
    values: SubjectValues,
    correlations: pd.DataFrame,
    *,
    covariates: CovariateValues | None = None,
    draws: int | None = None,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Adjusted p of each cell by four ways, and the chance of each family, as two tables.

    Parameters
    ----------
    values
        What was ranked.
    correlations
        The table made of them, in its own order.
    covariates
        What was held constant in it.
    draws
        Orders drawn, or signs in large tables with gaps; None takes 9,999, or fewer where that would take minutes.

    Returns
    -------
    tuple of pandas.DataFrame
        Tables `MULTIPLICITY` and `FAMILIES`.
    """
    null = draw_null(
        values.lumbar.values,
        values.hip.values,
        correlate_all(values, covariates),
        covariates=covariates.values if covariates else None,
        draws=draws,
        seed=seed,
    )
    row_of = null.cells[:, 1] * len(values.lumbar.columns) + null.cells[:, 0]
    labels = correlations["family"].to_numpy(dtype=object)
    p = correlations["p"].to_numpy(dtype=np.float64)
    q_by, _ = adjust_within_families(p, list(labels), adjustment=Adjustment.BY)
    p_max_t = np.full(len(correlations), np.nan)
    p_max_t[row_of] = max_t_p(null, list(labels[row_of]))

    kept = [name for name in MULTIPLICITY.column_names if name in correlations.columns]
    cells = correlations[kept].assign(q_by=q_by, p_max_t=p_max_t)
    is_exact = correlations["p_method"].to_numpy(dtype=object)[row_of] == PMethod.EXACT.value
    families: list[dict[str, Any]] = []
    for label in dict.fromkeys(name for name in labels if name):
        members = np.flatnonzero(labels[row_of] == label)
        if not members.size:
            continue
        of_family = cells[cells["family"] == label]
        count = count_small_p(null, members, is_exact=is_exact)
        smallest = {f"smallest_{name}": of_family[name].min() for name in ("p", "q", "q_by", "p_max_t")}
        counts = {
            "n_below_05": count.observed,
            "n_below_05_expected": count.expected,
            "p_of_count": count.p,
            "drawn": SIGNS if null.has_signs else ORDERS,
            "draws": null.sizes.shape[1],
            "seed": seed,
        }
        families.append({"family": label, "family_size": members.size} | smallest | counts)
    rows = [{str(name): value for name, value in row.items()} for row in cells.to_dict("records")]
    return MULTIPLICITY.frame(rows), FAMILIES.frame(families)


def describe_chance(families: pd.DataFrame) -> tuple[str, ...]:
    """What the drawn orders say of each family, one sentence each; of many families only the nearest to .05."""
    ordered = families.sort_values("smallest_p_max_t", kind="stable")
    sentences = []
    for row in ordered.head(SHOWN_FAMILIES).itertuples(index=False):
        sentences.append(
            f"Of the {row.family_size} tests of family {without_mark(str(row.family))}, {row.n_below_05} have p < .05; "
            f"{row.draws} drawn {row.drawn} give {row.n_below_05_expected:.1f} on average and as many or more "
            f"in a share of {row.p_of_count:.3g}; smallest max-T p {row.smallest_p_max_t:.3g}."
        )
    if len(families) > SHOWN_FAMILIES:
        sentences.append(f"The other {len(families) - SHOWN_FAMILIES} families stand in the table of families.")
    return tuple(sentences)
