"""The slice table: one row for every slice and structure that is labelled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Side, Term
from ..domain.cells import Kind
from ..domain.tables import ALL_SLICES, SLICES, join_words
from .amounts import Amount, amounts_on, fractions_on
from .left_out import left_out_of, left_out_slices, listed_muscles
from .quality import flag_cells, series_flags
from .readout import ImageKind, Readout

Columns = dict[str, NDArray[Any]]

_DTYPES = {Kind.TEXT: object, Kind.NUMBER: np.float64, Kind.INTEGER: np.float64}
"""Whole numbers are exact as such, and have room for what is missing."""

_NAMED = {"subject_id", "session", "series", "reader_id", "region", "muscle", "side", "level", "slice_position"}
_CELLS = tuple(name for name in SLICES.column_names if name not in _NAMED)
"""Columns that are measured, or say why not."""


def slice_columns(readout: Readout) -> Columns:
    """Columns of the slice table, by muscle in the order of the vocabulary, side and slice.

    Empty cells are not a number, or empty text.
    """
    structures = [
        (muscle, side, number)
        for muscle in listed_muscles(readout)
        for side in Side
        if (number := readout.number(muscle, side)) is not None
    ]
    n_rows = sum(
        len(readout.labelled_slices(number)) + len(left_out_slices(readout, number)) for _, _, number in structures
    )
    # Filled in place: of a large volume the table is what takes the memory.
    columns = {column.name: np.empty(n_rows, dtype=_DTYPES[column.kind]) for column in SLICES.columns}
    start = 0
    for muscle, side, number in structures:
        cells = _structure_cells(readout, muscle, number)
        stop = start + len(cells["slice_index"])
        named = _named(readout, muscle, side, _levels_by_slice(readout, muscle), cells["slice_index"])
        found = named | cells
        for name, column in columns.items():
            column[start:stop] = found[name]
        start = stop
    return {name: column[:start] for name, column in columns.items()}


def _structure_cells(readout: Readout, muscle: Term, number: int) -> Columns:
    """Cells of one structure by slice, of those measured and those left out."""
    measured = _measured_cells(readout, muscle, number)
    left_out = _left_out_cells(readout, muscle, number)
    if left_out is None:
        return measured
    both = {name: np.concatenate([cells, left_out[name]]) for name, cells in measured.items()}
    order = np.argsort(both["slice_index"], kind="stable")
    return {name: cells[order] for name, cells in both.items()}


def _named(
    readout: Readout, muscle: Term, side: Side, taken: dict[int, tuple[str, str]], slices: NDArray[np.intp]
) -> Columns:
    """Who, which muscle and side, and at which level each slice lies."""
    named = readout.who(muscle) | {"side": side.value}
    levels = [taken.get(z, ("", "")) for z in slices.tolist()]
    return {name: _repeated(value, len(slices)) for name, value in named.items()} | {
        "level": np.array([level for level, _ in levels], dtype=object),
        "slice_position": np.array([position for _, position in levels], dtype=object),
    }


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


def _measured_cells(readout: Readout, muscle: Term, number: int) -> Columns:
    slices, left_out = readout.labelled_slices(number), left_out_of(readout)
    amounts = amounts_on(readout, number, slices)
    fractions = fractions_on(readout, amounts, muscle)
    threshold = readout.thresholds.find(muscle)
    csa, n_valid = amounts.n_pixels * readout.pixel_area_mm2, amounts.n_valid
    nothing = np.full(len(slices), np.nan)
    lean = (n_valid - amounts.sum_ff) * readout.pixel_area_mm2
    kept = _repeated("", len(slices)) if left_out is None else left_out.flags[slices, number]
    edge = readout.sums.touches_edge[slices, number]
    return {
        "slice_index": slices,
        "position_mm": readout.grid.slice_positions_mm[slices],
        "n_pixels": amounts.n_pixels,
        "n_valid": n_valid,
        "csa_mm2": csa,
        "fcsa_mm2": csa * (1 - fractions.fi),
        "fi": fractions.fi,
        "ff": fractions.ff,
        "ff_of_sums": fractions.ff_of_sums,
        "lean_area_mm2": np.where((n_valid > 0) & readout.is_dixon, lean, nothing),
        "mean_signal": np.divide(amounts.sum_signal, n_valid, out=nothing.copy(), where=n_valid > 0),
        "n_outside": amounts.n_outside if readout.kind is not ImageKind.SIGNAL else nothing,
        "threshold": np.full(len(slices), threshold.threshold),
        "fat_method": _repeated(threshold.method, len(slices)),
        "flags": flag_cells(readout, muscle, amounts, edge, kept),
        "reason": fractions.reasons,
    }


def _left_out_cells(readout: Readout, muscle: Term, number: int) -> Columns | None:
    """Where slices lie that are not measured, and why they are not; None where there are none."""
    left_out, slices = left_out_of(readout), np.asarray(left_out_slices(readout, number), dtype=np.intp)
    if left_out is None or not len(slices):
        return None
    threshold, nothing = readout.thresholds.find(muscle), np.full(len(slices), np.nan)
    known: Columns = {
        "slice_index": slices,
        "position_mm": readout.grid.slice_positions_mm[slices],
        "threshold": np.full(len(slices), threshold.threshold),
        "fat_method": _repeated(threshold.method, len(slices)),
        "flags": _repeated(join_words(series_flags(readout)), len(slices)),
        "reason": left_out.reasons[slices, number],
    }
    return {name: known.get(name, nothing) for name in _CELLS}


def _repeated(text: str, n: int) -> NDArray[np.object_]:
    cells = np.empty(n, dtype=object)
    # Filled, every cell is the same text; numpy's other ways make a copy of it for each.
    cells.fill(text)
    return cells


def lean_area_mm2(readout: Readout, amount: Amount) -> float | None:
    """Sum of (1 - FF) x pixel area over the valid pixels [mm2]; None where there are no fat fractions."""
    if not readout.is_dixon or not amount.n_valid:
        return None
    return (amount.n_valid - amount.sum_ff) * readout.pixel_area_mm2
