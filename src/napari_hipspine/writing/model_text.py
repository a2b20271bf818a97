"""A model table as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..domain.provenance import RESEARCH_ONLY
from .correlation_layout import format_p

if TYPE_CHECKING:
    import pandas as pd


def format_models(models: pd.DataFrame, *, notes: Sequence[str] = ()) -> str:
    """Every model's counts, its terms in columns, and the notes."""
    lines = []
    for name in models["model"].unique():
        records: list[dict[str, Any]] = models[models["model"] == name].to_dict("records")
        lines += [_heading(records[0]), *_align(_cells(records)), ""]
    return "\n".join([*lines, *notes, RESEARCH_ONLY])


def _heading(row: dict[str, Any]) -> str:
    counts = [f"n {row['n']}"]
    counts += [f"{word} {row[f'n_{word}']}" for word in ("trials", "events", "groups") if _is(row[f"n_{word}"])]
    random = f" + ({row['random']})" if row["random"] else ""
    name = "" if row["model"] == "all" else f"{row['model']}: "
    return f"{name}{row['formula']}{random}  [{row['method'].replace('_', ' ')}; {', '.join(counts)}]"


def _cells(records: Sequence[dict[str, Any]]) -> list[list[str]]:
    ratio = any(row["kind"] == "logistic" for row in records)
    holm = any(_is(row["p_holm"]) for row in records)
    head = [
        "term",
        "estimate",
        "SE",
        "95 % interval",
        "p",
        *(["Holm p (tests)"] if holm else []),
        *(["odds ratio (95 % interval)"] if ratio else []),
        "reason",
    ]
    cells = [head]
    for row in records:
        odds = _with_interval(row, "odds_ratio", "or_low", "or_high") if _is(row["odds_ratio"]) else ""
        interval = f"{_number(row['low'])} to {_number(row['high'])}" if _is(row["low"]) or _is(row["high"]) else ""
        p = format_p(float(row["p"])) if _is(row["p"]) else ""
        cells.append(
            [
                str(row["term"]),
                _number(row["estimate"]),
                _number(row["std_error"]),
                interval,
                p,
                *([_holm(row)] if holm else []),
                *([odds] if ratio else []),
                str(row["reason"]).replace(";", ", ").replace("_", " "),
            ]
        )
    return cells


def _holm(row: dict[str, Any]) -> str:
    return f"{format_p(float(row['p_holm']))} ({row['family_size']})" if _is(row["p_holm"]) else ""


def _with_interval(row: dict[str, Any], middle: str, low: str, high: str) -> str:
    return f"{row[middle]:.3g} ({_short(row[low])} to {_short(row[high])})"


def _align(cells: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in cells) for k in range(len(cells[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _number(value: Any) -> str:
    return f"{value:.4g}" if _is(value) else ""


def _short(value: Any) -> str:
    return f"{value:.3g}" if _is(value) else "–"


def _is(value: Any) -> bool:
    return value is not None and type(value).__name__ != "NAType" and value == value
