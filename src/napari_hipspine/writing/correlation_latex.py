"""A correlation table as LaTeX, laid out like the page; it needs the package booktabs and no other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..domain.provenance import RESEARCH_ONLY, Provenance
from .correlation_layout import ALPHA, Cell, CorrelationLayout, format_p, format_rho, lay_out
from .correlation_report import provenance_lines
from .correlation_sentences import describe_covariates

if TYPE_CHECKING:
    import pandas as pd

_WRITTEN = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "−": "$-$",
    "–": "--",
    "ρ": r"$\rho$",
    "●": r"$\bullet$",
}
_BLANK_COLUMNS = 2


def render_correlation_latex(
    correlations: pd.DataFrame, *, title: str = "Lumbar and hip muscles", provenance: Provenance | None = None
) -> str:
    """The table as LaTeX text, with what it rests on in comments above it.

    Parameters
    ----------
    correlations : pandas.DataFrame
        One row per cell, as `CORRELATIONS` of `domain.tables` says.
    title : str
        Beginning of the caption.
    provenance : Provenance, optional
        Settings, files and versions.
    """
    layout = lay_out(correlations)
    n_columns = len(layout.lumbar_columns)
    given = describe_covariates(correlations)
    held = f" Partial coefficients, {given}." if given else ""
    below = (
        f"{layout.hip_title}, down; {layout.lumbar_title}, across. Spearman's ρ, below it the unadjusted p and in "
        f"brackets the number of subjects. Bold: p < {ALPHA}. ●: q < {ALPHA}. {layout.rules}{held} {RESEARCH_ONLY}"
    )
    lines = [
        *(f"% {line}" for line in (RESEARCH_ONLY, *provenance_lines(provenance))),
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{latex_text(f'{title}. {layout.header}.')}}}",
        rf"\begin{{tabular}}{{ll*{{{n_columns}}}{{r}}}}",
        r"\toprule",
        *_headings(layout),
        r"\midrule",
        *_rows(layout),
        r"\bottomrule",
        r"\end{tabular}",
        rf"\par\smallskip{{\footnotesize {latex_text(below)}}}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def latex_text(text: str) -> str:
    """Text with everything LaTeX would take for a command written out."""
    return "".join(_WRITTEN.get(letter, letter) for letter in text)


def _headings(layout: CorrelationLayout) -> list[str]:
    """Lumbar muscles over their measures, each with a rule below."""
    muscles, rules, first = ["", ""], list[str](), _BLANK_COLUMNS + 1
    for group in dict.fromkeys(column.group for column in layout.lumbar_columns):
        columns = [column for column in layout.lumbar_columns if column.group == group]
        muscles.append(rf"\multicolumn{{{len(columns)}}}{{c}}{{{latex_text(columns[0].muscle_label)}}}")
        rules.append(rf"\cmidrule(lr){{{first}-{first + len(columns) - 1}}}")
        first += len(columns)
    measures = [latex_text(column.measure_label) for column in layout.lumbar_columns]
    return [_line(muscles), "".join(rules), _line(["", "", *measures])]


def _rows(layout: CorrelationLayout) -> list[str]:
    """Two lines per hip measure; a muscle is named at its first."""
    lines: list[str] = []
    for place, hip in enumerate(layout.hip_rows):
        is_first = place == 0 or layout.hip_rows[place - 1].group != hip.group
        if is_first and place:
            lines.append(r"\addlinespace")
        cells = [layout.cells[hip, lumbar] for lumbar in layout.lumbar_columns]
        name = latex_text(hip.muscle_label) if is_first else ""
        lines.append(_line([name, latex_text(hip.measure_label), *map(_upper, cells)]))
        lines.append(_line(["", "", *map(_lower, cells)]))
    return lines


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _upper(cell: Cell) -> str:
    mark = latex_text(" ●") if cell.is_q_below_alpha else ""
    return _weighed(latex_text(format_rho(cell.rho)), is_bold=cell.is_below_alpha) + mark


def _lower(cell: Cell) -> str:
    p = "" if cell.p is None else f"{_weighed(latex_text(format_p(cell.p)), is_bold=cell.is_below_alpha)} "
    return rf"{{\footnotesize {p}({cell.n})}}"


def _weighed(text: str, *, is_bold: bool) -> str:
    return rf"\textbf{{{text}}}" if is_bold else text
