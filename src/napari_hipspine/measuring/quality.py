"""Flags of a row: what a reader of its numbers should know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Term
from ..domain.tables import SEPARATOR, join_words
from .amounts import Amount, Amounts
from .left_out import left_out_of
from .readout import Readout

OBLIQUE_FROM_DEG = 5.0
"""Slices tilted by more than this are flagged [degrees]."""

EROSION_LARGE_FROM = 0.3
"""An erosion that takes more than this share of a structure is flagged."""

_PSOAS = "psoas_major"


def series_flags(readout: Readout) -> tuple[str, ...]:
    """Flags of image, labels and geometry that hold for every row."""
    oblique = ("oblique_slice",) if readout.grid.obliquity_deg > OBLIQUE_FROM_DEG else ()
    return (*readout.flags, *oblique)


def row_flags(
    readout: Readout,
    muscle: Term,
    amount: Amount,
    *,
    numbers: Sequence[int],
    slices: Sequence[int] | NDArray[np.intp],
) -> tuple[str, ...]:
    """Flags of one amount of one muscle.

    Parameters
    ----------
    readout : Readout
        What was measured.
    muscle : Term
        Whose row it is.
    amount : Amount
        What the row's numbers are made of.
    numbers, slices : sequence of int
        Structures and slices the amount was taken from.
    """
    part = np.ix_(np.asarray(slices, dtype=np.intp), np.asarray(numbers, dtype=np.intp))
    touches_edge = readout.sums.touches_edge[part].any(keepdims=True)
    left_out = left_out_of(readout)
    kept = join_words(left_out.flags_of(numbers, slices)) if left_out else ""
    kept_cell = np.array([kept], dtype=object)
    joined = flag_cells(readout, muscle, amount.as_amounts(), touches_edge.ravel(), kept_cell)[0]
    return tuple(joined.split(SEPARATOR)) if joined else ()


def flag_cells(
    readout: Readout,
    muscle: Term,
    amounts: Amounts,
    touches_edge: NDArray[np.bool_],
    kept_on_demand: NDArray[np.object_],
) -> NDArray[np.object_]:
    """Flags of several amounts of one muscle as cells of a table.

    Parameters
    ----------
    readout : Readout
        What was measured.
    muscle : Term
        Whose rows they are.
    amounts : Amounts
        What the numbers of the rows are made of.
    touches_edge : ndarray of bool
        Which of them touch the edge of the picture.
    kept_on_demand : ndarray of object
        Flags of what would be left out if nobody had asked for it.
    """
    always = (*series_flags(readout), *readout.thresholds.find(muscle).flags)
    is_psoas = muscle.id == _PSOAS and not readout.is_dixon
    sometimes = {
        "touches_edge": touches_edge,
        "erosion_large": amounts.n_kept < (1 - EROSION_LARGE_FROM) * amounts.n_pixels,
        "small_roi": (amounts.n_valid > 0) & (amounts.n_valid < readout.protocol.small_roi_pixels),
        "psoas_threshold_unreliable": np.full(len(touches_edge), is_psoas),
    }
    found = zip(*(one.tolist() for one in sometimes.values()), kept_on_demand.tolist(), strict=True)
    joined: dict[tuple[Any, ...], str] = {}
    cells = np.empty(len(touches_edge), dtype=object)
    for row, which in enumerate(found):
        if which not in joined:
            present = (flag for flag, is_there in zip(sometimes, which[:-1], strict=True) if is_there)
            joined[which] = join_words([*always, *present, *which[-1].split(SEPARATOR)])
        cells[row] = joined[which]
    return cells
