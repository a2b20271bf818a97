"""A correlation table as one self-contained HTML page, laid out like the published Table 1."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from ..domain.provenance import RESEARCH_ONLY, Provenance
from .correlation_layout import ALPHA, Cell, CorrelationLayout, Heading, format_p, format_rho, lay_out

if TYPE_CHECKING:
    import pandas as pd

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1b1b1b; background: #fff; margin: 2rem auto; max-width: 76rem;
       padding: 0 1rem; }
h1 { font-size: 1.35rem; margin: 0 0 .3rem; }
p { margin: .3rem 0; }
.scroll { overflow-x: auto; margin: 1.2rem 0; }
table.correlations { border-collapse: collapse; font-variant-numeric: tabular-nums; }
table.correlations th, table.correlations td { padding: .28rem .7rem; text-align: center; white-space: nowrap; }
table.correlations thead { border-top: 2px solid #1b1b1b; border-bottom: 1px solid #1b1b1b; }
table.correlations tbody { border-bottom: 1px solid #c8c8c8; }
table.correlations tbody:last-child { border-bottom: 2px solid #1b1b1b; }
table.correlations th[scope=row], table.correlations th[scope=rowgroup] { text-align: left; }
table.correlations th { font-weight: 600; }
table.correlations .measure { font-weight: 400; }
table.correlations .first { border-left: 1px solid #e2e2e2; }
td small { color: #555; font-size: .8rem; }
td .n { color: #767676; font-size: .72rem; margin-left: .15rem; }
td.below b, td.below small b { font-weight: 700; color: #000; }
td.empty { color: #767676; background: repeating-linear-gradient(135deg, #fff 0 5px, #f0f0f0 5px 10px); }
.fixed { border-left: 4px solid #767676; padding-left: .7rem; }
.quiet { color: #555; font-size: .87rem; }
ul.quiet { padding-left: 1.2rem; }
@media print { body { margin: 0; max-width: none; font-size: 9pt; } .scroll { overflow: visible; }
  table.correlations th, table.correlations td { padding: .15rem .3rem; } }
"""


def render_correlation_page(
    correlations: pd.DataFrame,
    *,
    title: str = "Lumbar and hip muscles",
    notes: Sequence[str] = (),
    provenance: Provenance | None = None,
) -> str:
    """The page as HTML text; it needs no other file and no network.

    Parameters
    ----------
    correlations : pandas.DataFrame
        One row per cell, as `CORRELATIONS` of `domain.tables` says.
    title : str
        Heading of the page.
    notes : sequence of str
        Sentences a reader should know, listed below the table.
    provenance : Provenance, optional
        Settings, files and versions, listed last.
    """
    layout = lay_out(correlations)
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(layout.header)}</p>",
        f'<p class="fixed">{escape(RESEARCH_ONLY)}</p>',
        f'<div class="scroll">{_table(layout)}</div>',
        _legend(layout),
        _list("Notes", notes),
        _list("What this rests on", provenance_lines(provenance)),
    ]
    body = "\n".join(part for part in parts if part)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def describe_cell(cell: Cell) -> str:
    """What a cell says when pointed at: n, interval, p with its method and q, or why it is empty."""
    lines = [f"{cell.lumbar} with {cell.hip}", f"n {cell.n}"]
    if cell.rho is None:
        return "\n".join([*lines, f"empty: {', '.join(cell.reasons) or 'no reason stated'}"])
    lines.append(f"rho {format_rho(cell.rho)}")
    if cell.low is not None and cell.high is not None:
        lines.append(f"95 % interval {format_rho(cell.low)} to {format_rho(cell.high)}")
    lines.append(f"p {format_p(cell.p)} ({cell.p_method})")
    lines.append("no q: not in the family" if cell.q is None else f"q {format_p(cell.q)}")
    if cell.low is not None and cell.high is not None and cell.is_below_alpha == (cell.low <= 0 <= cell.high):
        lines.append("Interval and p disagree about 0: they are different approximations.")
    return "\n".join(lines)


def _table(layout: CorrelationLayout) -> str:
    n_columns = len(layout.lumbar_columns)
    head = (
        f'<tr><th rowspan="3" colspan="2" scope="col">{escape(layout.hip_title)}</th>'
        f'<th colspan="{n_columns}" scope="colgroup">{escape(layout.lumbar_title)}</th></tr>\n'
        f"<tr>{_muscle_headings(layout)}</tr>\n<tr>{_measure_headings(layout)}</tr>"
    )
    bodies = []
    for group in dict.fromkeys(hip.group for hip in layout.hip_rows):
        rows = [hip for hip in layout.hip_rows if hip.group == group]
        bodies.append(f"<tbody>\n{''.join(_row(layout, rows, k) for k in range(len(rows)))}</tbody>")
    return f'<table class="correlations">\n<thead>\n{head}\n</thead>\n' + "\n".join(bodies) + "\n</table>"


def _muscle_headings(layout: CorrelationLayout) -> str:
    headings = []
    for group in dict.fromkeys(column.group for column in layout.lumbar_columns):
        columns = [column for column in layout.lumbar_columns if column.group == group]
        label = escape(columns[0].muscle_label)
        headings.append(f'<th class="first" colspan="{len(columns)}" scope="colgroup">{label}</th>')
    return "".join(headings)


def _measure_headings(layout: CorrelationLayout) -> str:
    return "".join(
        f'<th class="{_edge(layout, k)}measure" scope="col">{escape(column.measure_label)}</th>'
        for k, column in enumerate(layout.lumbar_columns)
    )


def _row(layout: CorrelationLayout, rows: list[Heading], k: int) -> str:
    """One row of the table; the first of a muscle names it for all its rows."""
    hip = rows[k]
    muscle = f'<th rowspan="{len(rows)}" scope="rowgroup">{escape(hip.muscle_label)}</th>' if k == 0 else ""
    cells = "".join(
        _cell(layout.cells[hip, lumbar], _edge(layout, column)) for column, lumbar in enumerate(layout.lumbar_columns)
    )
    return f'<tr>{muscle}<th class="measure" scope="row">{escape(hip.measure_label)}</th>{cells}</tr>\n'


def _edge(layout: CorrelationLayout, column: int) -> str:
    """The class of a column that begins a muscle."""
    columns = layout.lumbar_columns
    return "first " if column == 0 or columns[column - 1].group != columns[column].group else ""


def _cell(cell: Cell, edge: str) -> str:
    title = escape(describe_cell(cell))
    n = f'<span class="n">n {cell.n}</span>'
    if cell.rho is None:
        return f'<td class="{edge}empty" title="{title}">–<br><small>{n}</small></td>'
    rho, p = format_rho(cell.rho), escape(format_p(cell.p))
    if cell.is_below_alpha:
        rho, p = f"<b>{rho}</b>", f"<b>{p}</b>"
    mark = " ●" if cell.is_q_below_alpha else ""
    state = "below" if cell.is_below_alpha else "above"
    return f'<td class="{edge}{state}" title="{title}">{rho}{mark}<br><small>{p} {n}</small></td>'


def _legend(layout: CorrelationLayout) -> str:
    sentences = (
        f"Spearman's ρ, below it the unadjusted p and the number of subjects n. Bold: p < {ALPHA}. "
        f"●: q < {ALPHA} (Benjamini–Hochberg within the family). Hatched: empty; point at a cell for its interval, "
        f"its q or the reason. {layout.rules}"
    )
    return f'<p class="quiet">{escape(sentences)}</p>'


def _list(heading: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<p class="quiet">{escape(heading)}</p>\n<ul class="quiet">{items}</ul>'


def provenance_lines(provenance: Provenance | None) -> list[str]:
    """Settings, files and versions, one sentence each; files by name and content, not by place."""
    if provenance is None:
        return []
    settings = "; ".join(f"{name} {_plain(value)}" for name, value in provenance.settings.items())
    versions = ", ".join(f"{name} {number}" for name, number in sorted(provenance.versions.items()))
    files = [
        f"{file.path.replace(chr(92), '/').rpartition('/')[2]}: {file.n_bytes} bytes, SHA-256 {file.sha256}"
        for file in provenance.inputs
    ]
    return [*files, f"Settings: {settings}", f"Versions: {versions}"]


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return "not given" if value is None else str(value)
