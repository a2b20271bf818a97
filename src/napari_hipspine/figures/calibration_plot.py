"""Observed share of events against fitted probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model_looks import COLOURS, GREY, INK, NOT_VALIDATED, calm_axes, finish_figure
from .plain_looks import PAGE_INCHES, plain_looks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def calibration_plot(tenths: pd.DataFrame, accuracy: pd.DataFrame, *, title: str) -> Figure:
    """One point per tenth of the rows with Wilson's interval, and the measures of accuracy beside it.

    Parameters
    ----------
    tenths : pandas.DataFrame
        Calibration rows of one model.
    accuracy : pandas.DataFrame
        Accuracy rows of the same model.
    title : str
        Above the plot.
    """
    from matplotlib.figure import Figure

    with plain_looks():
        figure = Figure(figsize=(PAGE_INCHES, 5.2), layout="constrained")
        axes, beside = figure.subplots(1, 2, width_ratios=[1.6, 1])
        errors = [tenths["observed"] - tenths["low"], tenths["high"] - tenths["observed"]]
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.9, linestyle="--")
        axes.errorbar(
            tenths["fitted"], tenths["observed"], yerr=errors, color=COLOURS[0], fmt="s", markersize=5.5, capsize=2
        )
        top = min(1.0, 1.05 * float(max(tenths["fitted"].max(), tenths["high"].max())))
        axes.set(xlim=(0, top), ylim=(0, top), aspect="equal")
        axes.set_xlabel("mean fitted probability of a tenth of the rows", fontsize=9, color=INK)
        axes.set_ylabel("share with the outcome (95 % interval)", fontsize=9, color=INK)
        axes.grid(color="#ededed", linewidth=0.7)
        calm_axes(axes)
        beside.set_axis_off()
        beside.text(0, 0.97, "\n\n".join(_lines(accuracy)), va="top", fontsize=9, color=INK, linespacing=1.4)
        finish_figure(figure, title=title, below=NOT_VALIDATED)
    return figure


def _lines(accuracy: pd.DataFrame) -> list[str]:
    """Each measure in words, apparent and corrected."""
    lines = []
    for row in accuracy.to_dict("records"):
        name = str(row["measure"]).replace("_", " ").replace("auc", "AUC").replace("brier", "Brier score")
        interval = "" if row["low"] != row["low"] else f" ({row['low']:.3f} to {row['high']:.3f})"
        corrected = (
            "not corrected for optimism"
            if row["corrected"] != row["corrected"]
            else f"corrected for optimism: {row['corrected']:.3f}"
        )
        lines.append(f"{name}\napparent: {row['apparent']:.3f}{interval}\n{corrected}".replace("-", "−"))
    first = accuracy.to_dict("records")[0]
    if first["resampled"]:
        lines.append(f"{first['draws']} resamples by {first['resampled']}, seed {first['seed']}")
    return lines
