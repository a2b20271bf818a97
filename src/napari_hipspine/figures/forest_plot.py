"""A model table as a forest plot: one line per term and, where there are several, per model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain.cells import is_missing
from ..writing.correlation_layout import format_p
from .model_looks import COLOURS, GREY, INK, MARKERS, finish_figure
from .plain_looks import PAGE_INCHES, plain_looks

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW_INCHES = 0.3
LETTER_INCHES = 0.075
NAN = float("nan")
NEAR_1 = (0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)
"""Ticks of ratios that all lie near 1."""

LARGEST_RATIO = 1000.0
"""Ends of intervals beyond it, or below its inverse, become arrows."""

WIDEST = 8.0
"""For linear models: ends farther than this many times the largest estimate become arrows."""


def forest_plot(models: pd.DataFrame, *, title: str = "", terms: Sequence[str] | None = None) -> Figure:
    """Odds ratios on a logarithmic axis (or coefficients of linear models) with 95 % intervals and numbers.

    The intercept and what belongs to the groups are left out. A term without numbers says why. Of several models every
    term is a heading, and the models stand below it.

    Parameters
    ----------
    models : pandas.DataFrame
        Rows as `MODELS` of `domain.tables` says, of logistic models or of linear models; a column ``p_holm`` is shown
        beside p.
    title : str
        Above the plot.
    terms : sequence of str, optional
        Terms to show; all of them otherwise.
    """
    from matplotlib.figure import Figure

    rows = _shown_rows(models, terms)
    names = list(dict.fromkeys(row["model"] for row in rows))
    places, labels = _arrange(rows, with_model=len(names) > 1)
    wide = LETTER_INCHES * max((len(label) for label, _ in labels), default=10)
    with plain_looks():
        size = max(PAGE_INCHES, 4.6 + wide), 1.6 + ROW_INCHES * max(len(labels), 1)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        is_ratio = all(row["kind"] == "logistic" for row in rows)
        for place, row in zip(places, rows, strict=True):
            _draw_row(axes, place, row, is_ratio=is_ratio, look=names.index(row["model"]) % len(COLOURS))
        _finish_axes(axes, labels, is_ratio=is_ratio)
        _fit_range(axes, rows, is_ratio=is_ratio)
        _mark_ends_beyond(axes, places, rows, is_ratio=is_ratio)
        finish_figure(figure, title=title or _title(rows), below=_methods(rows))
    return figure


def _shown_rows(models: pd.DataFrame, terms: Sequence[str] | None) -> list[dict[str, Any]]:
    """Coefficients without the intercept, term by term so that the models of one term stand together."""
    chosen = models[(models["part"] == "fixed") & (models["term"] != "(Intercept)")]
    records: list[dict[str, Any]] = chosen.to_dict("records")  # type: ignore[assignment]
    order = list(dict.fromkeys(row["term"] for row in records)) if terms is None else list(terms)
    return [row for term in order for row in records if row["term"] == term]


def _arrange(rows: Sequence[dict[str, Any]], *, with_model: bool) -> tuple[list[int], list[tuple[str, bool]]]:
    """The line of each row, and every line's words with whether it is a heading."""
    if not with_model:
        return list(range(len(rows))), [(str(row["term"]), False) for row in rows]
    places: list[int] = []
    labels: list[tuple[str, bool]] = []
    before = None
    for row in rows:
        if row["term"] != before:
            before = row["term"]
            labels.append((str(before), True))
        places.append(len(labels))
        labels.append((_label(row), False))
    return places, labels


def _label(row: dict[str, Any]) -> str:
    """Which model, and how many rows (and events) it rests on."""
    events = "" if row["kind"] != "logistic" else f", events {int(row['n_events'])}"
    return f"{row['model']} (n {int(row['n'])}{events})"


def _values(row: dict[str, Any], *, is_ratio: bool) -> tuple[float, float, float]:
    names = ("odds_ratio", "or_low", "or_high") if is_ratio else ("estimate", "low", "high")
    return (float(row[names[0]]), float(row[names[1]]), float(row[names[2]]))


def _draw_row(axes: Axes, place: int, row: dict[str, Any], *, is_ratio: bool, look: int) -> None:
    values = middle, low, high = _values(row, is_ratio=is_ratio)
    beside = axes.get_yaxis_transform()
    if middle != middle:
        words = str(row["reason"]).replace("_", " ").replace(";", ", ")
        why = axes.text(0.5, place, words, transform=beside, ha="center", va="center", fontsize=8, color=GREY)
        why.set(style="italic", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})
        return
    axes.plot([low, high], [place, place], color=COLOURS[look], linewidth=1.6, solid_capstyle="butt")
    point = axes.plot([middle], [place], marker=MARKERS[look], markersize=6, color=COLOURS[look])[0]
    point.set(markeredgecolor=INK, markeredgewidth=0.6)
    # ratios close to 1, of one year or one kilogram, need a decimal more
    decimals = 3 if is_ratio and all(0.9 < value < 1.1 for value in values if value == value) else 2
    shown, start, end = (_number(value, decimals) for value in values)
    holm = "" if row.get("p_holm", NAN) != row.get("p_holm", NAN) else f", Holm {format_p(_present(row['p_holm']))}"
    words = f"{shown} ({start} to {end})   p {format_p(_present(row['p']))}{holm}"
    axes.text(1.02, place, words, transform=beside, va="center", fontsize=8.5, color=INK)


def _mark_ends_beyond(axes: Axes, places: Sequence[int], rows: Sequence[dict[str, Any]], *, is_ratio: bool) -> None:
    """An arrow where an interval goes on beyond the edge of the plot."""
    left, right = axes.get_xlim()
    for place, row in zip(places, rows, strict=True):
        _, low, high = _values(row, is_ratio=is_ratio)
        for is_beyond, edge, marker in ((low < left, left, "<"), (high > right, right, ">")):
            if is_beyond:
                axes.plot([edge], [place], marker=marker, markersize=6, color=INK, clip_on=False)


def _finish_axes(axes: Axes, labels: Sequence[tuple[str, bool]], *, is_ratio: bool) -> None:
    axes.axvline(1 if is_ratio else 0, color=GREY, linewidth=0.9, linestyle="--", zorder=0)
    axes.set_yticks(range(len(labels)), [words for words, _ in labels], fontsize=9, color=INK)
    for label, (_, is_heading) in zip(axes.get_yticklabels(), labels, strict=True):
        label.set_fontweight("bold" if is_heading else "normal")
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlabel("odds ratio (95 % interval)" if is_ratio else "coefficient (95 % interval)", fontsize=9, color=INK)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8.5, labelcolor=INK)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color="#ededed", linewidth=0.7)
    axes.set_axisbelow(True)


def _fit_range(axes: Axes, rows: Sequence[dict[str, Any]], *, is_ratio: bool) -> None:
    """Limits around what can be shown; ratios on a logarithmic axis with plain numbers."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

    found = [value for row in rows for value in _values(row, is_ratio=is_ratio) if value == value]
    if not is_ratio:
        middles = [abs(_values(row, is_ratio=False)[0]) for row in rows]
        bound = WIDEST * max((value for value in middles if value == value), default=1.0)
        low, high = max(min(found, default=-1.0), -bound), min(max(found, default=1.0), bound)
        margin = 0.06 * max(high - low, abs(high), 1e-9)
        axes.set_xlim(min(low, 0) - margin, max(high, 0) + margin)
        return
    low, high = max(min(found, default=0.5), 1 / LARGEST_RATIO), min(max(found, default=2.0), LARGEST_RATIO)
    axes.set_xscale("log")
    axes.set_xlim(min(low, 0.8) / 1.1, max(high, 1.25) * 1.1)
    inside = [tick for tick in NEAR_1 if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
    if min(low, 0.8) >= NEAR_1[0] and max(high, 1.25) <= NEAR_1[-1]:
        axes.xaxis.set_major_locator(FixedLocator(inside))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high / low < LARGEST_RATIO / 10 else (1.0,)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _number(value: float, decimals: int) -> str:
    """So many decimals, or two figures where that says too little; a true minus sign."""
    if value != value:
        return "–"
    text = f"{value:.{decimals}f}" if 0.1 <= abs(value) < 1000 or value == 0 else f"{value:.2g}"
    return text.replace("-", "−")


def _present(p: float) -> float | None:
    return None if p != p else float(p)


def _title(rows: Sequence[dict[str, Any]]) -> str:
    """The formula of the models, and how many rows, events and groups they rest on."""
    if not rows:
        return "no terms beside the intercept"
    formulas = list(dict.fromkeys(row["formula"] for row in rows))
    first = rows[0]
    same = len({row["model"] for row in rows}) == 1
    counts = [f"n {first['n']}"] if same else []
    for word in ("trials", "events", "groups") if same else ():
        count = first.get(f"n_{word}")
        if not is_missing(count):
            counts.append(f"{word} {int(str(count))}")
    return "\n".join([*formulas[:2], ", ".join(counts)]).strip()


def _methods(rows: Sequence[dict[str, Any]]) -> str:
    """How coefficients and intervals were found."""
    ways = dict.fromkeys((row["method"].replace("_", " "), row["interval_by"], row["random"]) for row in rows)
    return "; ".join(f"{method}{f' ({random})' if random else ''}, {by} intervals" for method, by, random in ways)
