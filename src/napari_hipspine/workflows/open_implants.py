"""Implants, fusions and slices to leave out, opened from a table, and metal from a label map."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import InvalidChoice
from ..domain.implants import Implant, Implants, read_implants
from .open_subject import open_drawing
from .read_tables import read_table

if TYPE_CHECKING:
    import pandas as pd


def open_implant_rows(table: pd.DataFrame | str | Path) -> tuple[Implant, ...]:
    """The rows of a table of implants, or of its file.

    Raises
    ------
    TableInvalid, UnknownLabel
        If it is no such table.
    """
    if isinstance(table, str | Path):
        return read_implants(read_table(table, what="a table of implants"), source=Path(table).name)
    return read_implants(table, source="the table of implants")


def open_implants(
    table: pd.DataFrame | str | Path | None,
    metal: str | Path | None = None,
    *,
    metal_values: Sequence[int] = (),
    keeps_metal: bool = False,
) -> Implants | None:
    """What is left out of a measurement; None where nothing was handed in.

    Parameters
    ----------
    table : data frame or path, optional
        Implants of one or many subjects (see `read_implants`).
    metal : path, optional
        Label map of metal or its artefact.
    metal_values : sequence of int
        Its values that are metal, e.g. where muscles stand in the same file; none means any but 0.
    keeps_metal : bool
        Whether outlines that overlap metal are measured and flagged instead of left out.

    Raises
    ------
    InvalidChoice
        If metal is to be kept and none was handed in.
    """
    if metal is None and (keeps_metal or metal_values):
        raise InvalidChoice("Expected a metal region, found only choices for it.", hint="Give it with --metal.")
    if table is None and metal is None:
        return None
    return Implants(
        rows=open_implant_rows(table) if table is not None else (),
        metal=open_drawing(metal) if metal is not None else None,
        metal_values=tuple(metal_values),
        keeps_metal=keeps_metal,
    )
