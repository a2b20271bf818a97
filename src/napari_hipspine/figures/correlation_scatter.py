"""The subjects behind one cell of a correlation table."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ..domain.anatomy import find_muscle
from ..domain.colours import muscle_colour
from ..domain.provenance import RESEARCH_ONLY
from ..relating.multiplicity import CellName
from ..relating.ranks import mid_ranks
from ..relating.request import find_measure
from ..relating.subject_values import SubjectValues
from ..writing.correlation_layout import Heading, describe_level, format_p, format_rho, lay_out
from ..writing.correlation_sentences import describe_covariates
from .plain_looks import COLUMN_DOTS, COLUMN_INCHES, plain_looks, wrapped_words

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    from matplotlib.figure import Figure

GREY = "#6e6e6e"
INK = "#1b1b1b"


class ScatterScale(StrEnum):
    """What the axes hold."""

    VALUES = "values"
    RANKS = "ranks"


def correlation_scatter(
    values: SubjectValues,
    cell: CellName,
    *,
    scale: ScatterScale = ScatterScale.VALUES,
    correlations: pd.DataFrame | None = None,
) -> Figure:
    """One point per subject with both values: lumbar across, hip up.

    The points are one pickable collection in the order of ``values.pairs(cell).subjects``.

    Parameters
    ----------
    values : SubjectValues
        What was ranked.
    cell : CellName
        Which pair of columns.
    scale : ScatterScale
        The values themselves, or their ranks among these subjects, which is what rho sees.
    correlations : pandas.DataFrame, optional
        The table of these values; its rho, p and q are written above the points, its header below.

    Raises
    ------
    InvalidChoice
        If the cell was not selected.
    """
    from matplotlib.figure import Figure

    pairs = values.pairs(cell)
    lumbar, hip = Heading(cell.lumbar_muscle, cell.lumbar_measure), Heading(cell.hip_muscle, cell.hip_measure)
    at_lumbar = describe_level(cell.lumbar_level or values.lumbar.levels[0])
    at_hip = describe_level(cell.hip_level or values.hip.levels[0])
    with plain_looks():
        figure = Figure(figsize=(COLUMN_INCHES, 3.2), dpi=COLUMN_DOTS, layout="constrained")
        axes = figure.add_subplot()
        axes.scatter(
            _scaled(pairs.lumbar, cell.lumbar_measure, scale),
            _scaled(pairs.hip, cell.hip_measure, scale),
            s=20,
            color=[muscle_colour(find_muscle(cell.hip_muscle))],
            edgecolor=INK,
            linewidth=0.5,
            alpha=0.9,
            picker=True,
        )
        across = f"{lumbar}, {at_lumbar} {_unit(cell.lumbar_measure, scale)}"
        up = f"{hip}, {at_hip} {_unit(cell.hip_measure, scale)}"
        axes.set_xlabel(wrapped_words(across, 2.6, size=7.5), fontsize=7.5)
        axes.set_ylabel(wrapped_words(up, 2.4, size=7.5), fontsize=7.5)
        axes.tick_params(labelsize=7)
        room = 0.96 * COLUMN_INCHES
        numbers = _numbers(cell, values, len(pairs.subjects), correlations)
        figure.suptitle(wrapped_words(numbers, room, size=8), fontsize=8, x=0.02, ha="left", color=INK)
        axes.grid(color="#e6e6e6", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        header = "" if correlations is None else f"{lay_out(correlations).header}\n"
        below = wrapped_words(f"{header}{RESEARCH_ONLY}", room, size=6.5)
        figure.supxlabel(below, fontsize=6.5, x=0.02, ha="left", color=GREY)
    return figure


def _scaled(column: npt.NDArray[np.float64], measure: str, scale: ScatterScale) -> npt.NDArray[np.float64]:
    """Ranks, or values in the unit shown to people."""
    if scale is ScatterScale.RANKS:
        return mid_ranks(column)
    return column * 100 if find_measure(measure).is_fraction else column


def _unit(measure: str, scale: ScatterScale) -> str:
    if scale is ScatterScale.RANKS:
        return "(rank)"
    return f"[{find_measure(measure).shown_unit}]"


def _numbers(cell: CellName, values: SubjectValues, n: int, correlations: pd.DataFrame | None) -> str:
    """The line above the points."""
    if correlations is None:
        return f"n {n}"
    at_lumbar = cell.lumbar_level if len(values.lumbar.levels) > 1 else ""
    at_hip = cell.hip_level if len(values.hip.levels) > 1 else ""
    hip = Heading(cell.hip_muscle, cell.hip_measure, at_hip)
    found = lay_out(correlations).cells.get((hip, Heading(cell.lumbar_muscle, cell.lumbar_measure, at_lumbar)))
    if found is None or found.rho is None:
        reasons = ", ".join(found.reasons) if found else "not in the table"
        return f"n {n}; no coefficient: {reasons}"
    interval = "" if found.low is None else f" (95 % {format_rho(found.low)} to {format_rho(found.high)})"
    q = "" if found.q is None else f", q {format_p(found.q)}"
    given = describe_covariates(correlations)
    held = f"; {given} (the points are unadjusted)" if given else ""
    return f"ρ {format_rho(found.rho)}{interval}, n {found.n}\np {format_p(found.p)} ({found.p_method}){q}{held}"
