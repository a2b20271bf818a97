"""The slice table: one row for every slice and structure that is labelled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..domain.anatomy import Side, Term
from ..domain.tables import ALL_SLICES, join_words
from .left_out import left_out_of, left_out_slices, listed_muscles
from .quality import row_flags, series_flags
from .readout import Amount, ImageKind, Readout, amount_of, fractions_of


def slice_rows(readout: Readout) -> Iterator[dict[str, Any]]:
    """Rows of the slice table, by muscle in the order of the vocabulary, side and slice."""
    for muscle in listed_muscles(readout):
        taken = _levels_by_slice(readout, muscle)
        for side in Side:
            number = readout.number(muscle, side)
            left_out = left_out_slices(readout, number)
            for z in sorted((*readout.labelled_slices(number), *left_out)):
                if number is not None:
                    level, position = taken.get(z, ("", ""))
                    cells = _left_out_cells if z in left_out else _slice_cells
                    yield (
                        readout.who(muscle)
                        | {"level": level, "slice_position": position, "side": side.value}
                        | cells(readout, muscle, number, z)
                    )


def _levels_by_slice(readout: Readout, muscle: Term) -> dict[int, tuple[str, str]]:
    """Levels, and where on them, whose window takes a slice for this muscle."""
    if readout.plan.is_empty:
        return dict.fromkeys(range(readout.grid.shape[0]), (ALL_SLICES, ""))
    found: dict[int, tuple[list[str], list[str]]] = {}
    for placement in readout.plan.placements_for(muscle):
        for z in readout.plan.slices(readout.grid, placement):
            levels, positions = found.setdefault(z, ([], []))
            levels.append(placement.level.id)
            positions.append(placement.slice_position)
    return {z: (join_words(levels), join_words(positions)) for z, (levels, positions) in found.items()}


def _slice_cells(readout: Readout, muscle: Term, number: int, z: int) -> dict[str, Any]:
    amount = amount_of(readout, [number], [z])
    fractions = fractions_of(readout, amount, muscle)
    threshold = readout.thresholds.find(muscle)
    csa = amount.n_pixels * readout.pixel_area_mm2
    return {
        "slice_index": z,
        "position_mm": readout.grid.slice_position_mm(z),
        "n_pixels": amount.n_pixels,
        "n_valid": amount.n_valid,
        "csa_mm2": csa,
        "fcsa_mm2": None if fractions.fi is None else csa * (1 - fractions.fi),
        "fi": fractions.fi,
        "ff": fractions.ff,
        "ff_of_sums": fractions.ff_of_sums,
        "lean_area_mm2": lean_area_mm2(readout, amount),
        "mean_signal": amount.sum_signal / amount.n_valid if amount.n_valid else None,
        "n_outside": amount.n_outside if readout.kind is not ImageKind.SIGNAL else None,
        "threshold": threshold.threshold,
        "fat_method": threshold.method,
        "flags": join_words(row_flags(readout, muscle, amount, numbers=[number], slices=[z])),
        "reason": join_words(fractions.reasons),
    }


def _left_out_cells(readout: Readout, muscle: Term, number: int, z: int) -> dict[str, Any]:
    """Where a slice lies that is not measured, and why it is not."""
    threshold, left_out = readout.thresholds.find(muscle), left_out_of(readout)
    return {
        "slice_index": z,
        "position_mm": readout.grid.slice_position_mm(z),
        "threshold": threshold.threshold,
        "fat_method": threshold.method,
        "flags": join_words(series_flags(readout)),
        "reason": join_words(left_out.reasons_of([number], [z]) if left_out else ()),
    }


def lean_area_mm2(readout: Readout, amount: Amount) -> float | None:
    """Sum of (1 - FF) x pixel area over the valid pixels [mm2]; None where there are no fat fractions."""
    if not readout.is_dixon or not amount.n_valid:
        return None
    return (amount.n_valid - amount.sum_ff) * readout.pixel_area_mm2
