"""The published table of lumbar and hip muscles as a correlation table, and whether its p can be reached."""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from ..domain.anatomy import find_muscle
from ..domain.tables import CORRELATIONS
from .cells import adjust_rows
from .correlation import bonett_wright_interval
from .multiplicity import Family
from .p_values import student_p
from .rank_null import LARGEST_EXACT_N, exact_p

if TYPE_CHECKING:
    import pandas as pd

MIELKE_SOURCE = (
    "Mielke AM, Burkhard MD, Verna B, Guven AE, Zhu J, Shue J, Sculco PK, Girardi FP, Cammisa FP, Sama AA, Hughes AP. "
    "Association Between Lumbar and Hip Muscle Degeneration: A Cross-Sectional MRI-Based Analysis. Table 1."
)
MIELKE_FILE = "sample_data/mielke_2025_table1.csv"

PUBLISHED = "published"
"""p_method of a p taken from print."""

MUSCLE_IDS = {"psoas": "psoas_major"}
"""Names of the published table that are not the vocabulary's."""

PRINTED_HALF_STEP = 0.0005
"""Half the last digit of numbers printed with three decimals."""

ROUNDING_NOISE = 1e-12


def published_correlations(*, family: Family = Family.ALL) -> pd.DataFrame:
    """The 72 published cells as a correlation table, in the order of the print.

    rho and p stand as printed and `p_method` says so. n is not in print: it is inferred, as the one number of subjects
    for which all printed pairs of a row can be true. q and the intervals are computed from these.
    """
    rows = []
    for cell in _read_cells():
        low, high = bonett_wright_interval(float(cell["rho"]), int(cell["n_inferred"]))
        rows.append(
            {
                "lumbar_muscle": _muscle_id(cell["lumbar_muscle"]),
                "lumbar_measure": cell["lumbar_measure"].lower(),
                "lumbar_level": "L4",
                "hip_muscle": _muscle_id(cell["hip_muscle"]),
                "hip_measure": cell["hip_measure"].lower(),
                "hip_level": "greater_trochanter",
                "n": int(cell["n_inferred"]),
                "rho": float(cell["rho"]),
                "rho_low": float(low),
                "rho_high": float(high),
                "p": float(cell["p"]),
                "p_method": PUBLISHED,
                "side_rule": "both",
                "bilateral_rule": "sum",
                "missing_rule": "pairwise",
            }
        )
    return CORRELATIONS.frame(adjust_rows(rows, family))


def find_unattainable(correlations: pd.DataFrame) -> pd.DataFrame:
    """Cells whose printed p no rho that rounds to the printed one gives at its n; empty when all can be true.

    p is the one `auto` takes for values without ties: counted orders up to 17 subjects, else Student's t.

    Parameters
    ----------
    correlations
        A correlation table with rho and p of three decimals.
    """
    cells = zip(correlations["rho"], correlations["p"], correlations["n"], strict=True)
    reached = [_is_attainable(float(rho), float(p), int(n)) for rho, p, n in cells]
    return correlations[~np.array(reached, dtype=bool)]


def _read_cells() -> list[dict[str, str]]:
    text = files("napari_hipspine").joinpath(MIELKE_FILE).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _muscle_id(printed: str) -> str:
    return find_muscle(MUSCLE_IDS.get(printed, printed)).id


def _is_attainable(rho: float, p: float, n: int) -> bool:
    """Whether some rho that rounds to the printed one has a p that rounds to the printed one."""
    half = PRINTED_HALF_STEP + ROUNDING_NOISE
    if n <= LARGEST_EXACT_N:
        grid = 1 - 12 * np.arange((n**3 - n) // 6 + 1) / (n**3 - n)
        candidates = exact_p(grid[np.abs(grid - rho) <= half], n)
        return bool((np.abs(candidates - p) <= half).any())
    farthest, nearest = min(1.0, abs(rho) + half), max(0.0, abs(rho) - half)
    return bool(student_p(farthest, n) - half <= p <= student_p(nearest, n) + half)
