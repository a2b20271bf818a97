"""The slice table: one row for every slice and structure that is labelled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..domain.anatomy import Side, Term
from ..domain.tables import ALL_SLICES, join_words
from .quality import row_flags
from .readout import Amount, ImageKind, Readout, amount_of, fractions_of


def slice_rows(readout: Readout) -> Iterator[dict[str, Any]]:
    """Rows of the slice table, by muscle in the order of the vocabulary, side and slice."""
    for muscle in readout.muscles():
        taken = _levels_by_slice(readout, muscle)
        for side in Side:
            number = readout.number(muscle, side)
            for z in readout.labelled_slices(number):
                if number is not None:
                    level, position = taken.get(z, ("", ""))
                    yield (
                        readout.who(muscle)
                        | {"level": level, "slice_position": position, "side": side.value}
                        | _slice_cells(readout, muscle, number, z)
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


def lean_area_mm2(readout: Readout, amount: Amount) -> float | None:
    """Sum of (1 - FF) x pixel area over the valid pixels [mm2]; None where there are no fat fractions."""
    if not readout.is_dixon or not amount.n_valid:
        return None
    return (amount.n_valid - amount.sum_ff) * readout.pixel_area_mm2
