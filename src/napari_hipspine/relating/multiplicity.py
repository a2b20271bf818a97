"""Benjamini-Hochberg and Benjamini-Yekutieli q within a declared family of tests."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..domain.errors import TableInvalid

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class CellName(NamedTuple):
    """Which pair of columns a cell relates; a level is empty where its region has only one."""

    lumbar_muscle: str
    lumbar_measure: str
    hip_muscle: str
    hip_measure: str
    lumbar_level: str = ""
    hip_level: str = ""


class Family(StrEnum):
    """Which tests are adjusted together.

    Every choice but `ALL` and `SAME_MEASURE` cuts the table into several families. `SAME_MEASURE` is one family
    of the cells that relate a measure to itself (fi with fi, fcsa with fcsa); the other cells then have no q.
    """

    ALL = "all"
    HIP_MUSCLE = "hip_muscle"
    HIP_ROW = "hip_row"
    LUMBAR_MUSCLE = "lumbar_muscle"
    LUMBAR_COLUMN = "lumbar_column"
    MUSCLE_PAIR = "muscle_pair"
    SAME_MEASURE = "same_measure"

    def label(self, cell: CellName) -> str:
        """The family a cell belongs to, such as ``hip_row: sartorius fi``; empty when it belongs to none.

        Rows and columns of several levels are families of their own; muscles and pairs hold all their levels.

        Examples
        --------
        >>> Family.HIP_ROW.label(CellName("multifidus", "fcsa", "sartorius", "fi"))
        'hip_row: sartorius fi'
        """
        match self:
            case Family.ALL:
                return self.value
            case Family.SAME_MEASURE:
                return self.value if cell.lumbar_measure == cell.hip_measure else ""
            case Family.HIP_MUSCLE:
                members = cell.hip_muscle
            case Family.HIP_ROW:
                members = f"{cell.hip_muscle} {cell.hip_measure} {cell.hip_level}"
            case Family.LUMBAR_MUSCLE:
                members = cell.lumbar_muscle
            case Family.LUMBAR_COLUMN:
                members = f"{cell.lumbar_muscle} {cell.lumbar_measure} {cell.lumbar_level}"
            case Family.MUSCLE_PAIR:
                members = f"{cell.lumbar_muscle} with {cell.hip_muscle}"
        return f"{self.value}: {members.rstrip()}"


class Adjustment(StrEnum):
    """How p of one family become q.

    `BH` (Benjamini and Hochberg) holds for independent and positively dependent tests, `BY` (Benjamini and
    Yekutieli) for any dependence, at the price of a larger q.
    """

    BH = "bh"
    BY = "by"


def adjust_p(p: npt.ArrayLike, *, adjustment: Adjustment = Adjustment.BH) -> FloatArray:
    """Adjusted q of one family; missing p stay NaN and do not count.

    Raises
    ------
    TableInvalid
        If a p lies outside 0 to 1.

    References
    ----------
    Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x; Benjamini & Yekutieli 2001,
    doi:10.1214/aos/1013699998.

    Examples
    --------
    >>> adjust_p([0.01, 0.04, float("nan"), 0.03]).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    raw = np.asarray(p, dtype=np.float64)
    present = np.flatnonzero(~np.isnan(raw))
    if ((raw[present] < 0) | (raw[present] > 1)).any():
        raise TableInvalid(
            f"Expected p between 0 and 1, found {raw[present].min():g} to {raw[present].max():g}, "
            "in a family of tests.",
            hint="Give unadjusted p.",
        )
    descending = present[np.argsort(-raw[present], kind="stable")]
    scaled = raw[descending] * (present.size / np.arange(present.size, 0, -1))
    if adjustment is Adjustment.BY:
        scaled = scaled * np.sum(1 / np.arange(1, present.size + 1))
    q = np.full(raw.shape, np.nan)
    q[descending] = np.minimum.accumulate(np.minimum(scaled, 1.0))
    return q


def adjust_within_families(
    p: npt.ArrayLike, labels: Sequence[str], *, adjustment: Adjustment = Adjustment.BH
) -> tuple[FloatArray, IntArray]:
    """q of every cell within its own family, and how many tests that family holds; both in the order of `p`.

    Parameters
    ----------
    p
        Unadjusted p, NaN in empty cells.
    labels
        Family of each cell; cells with an empty label are in none and get neither q nor size (0).
    """
    raw = np.asarray(p, dtype=np.float64)
    q, sizes = np.full(raw.shape, np.nan), np.zeros(raw.shape, dtype=np.int64)
    family_of = np.asarray(labels, dtype=object)
    for family in dict.fromkeys(labels):
        if family:
            members = np.flatnonzero(family_of == family)
            q[members] = adjust_p(raw[members], adjustment=adjustment)
            sizes[members] = np.count_nonzero(~np.isnan(raw[members]))
    return q, sizes
