"""Flags of a row: what a reader of its numbers should know."""

from __future__ import annotations

from collections.abc import Sequence

from ..domain.anatomy import Term
from .left_out import left_out_of
from .readout import Amount, Readout

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
    readout: Readout, muscle: Term, amount: Amount, *, numbers: Sequence[int], slices: Sequence[int]
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
    flags = [*series_flags(readout), *readout.thresholds.find(muscle).flags]
    if readout.sums.touches_edge[list(slices)][:, list(numbers)].any():
        flags.append("touches_edge")
    if amount.n_kept < (1 - EROSION_LARGE_FROM) * amount.n_pixels:
        flags.append("erosion_large")
    if 0 < amount.n_valid < readout.protocol.small_roi_pixels:
        flags.append("small_roi")
    if muscle.id == _PSOAS and not readout.is_dixon:
        flags.append("psoas_threshold_unreliable")
    left_out = left_out_of(readout)
    flags += left_out.flags_of(numbers, slices) if left_out else ()
    return tuple(flags)
