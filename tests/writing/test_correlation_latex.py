"""A correlation table as LaTeX: every cell once, marks, braces that close, nothing a command by accident."""

from __future__ import annotations

import re

from napari_hipspine.relating.published import published_correlations
from napari_hipspine.writing.correlation_latex import latex_text, render_correlation_latex


def test_every_cell_stands_under_its_heading() -> None:
    text = render_correlation_latex(published_correlations(), title="R&D_1")
    assert r"\caption{R\&D\_1. 72 tests, family: all;" in text
    body = text.partition(r"\midrule")[2].partition(r"\bottomrule")[0]
    lines = [line for line in body.strip().splitlines() if line.endswith(r"\\")]
    assert len(lines) == 24
    assert {line.count("&") for line in lines} == {7}
    assert lines[2].startswith(r" & FI & ") or lines[0].startswith("Gluteus minimus & fCSA & ")
    assert r"\textbf{0.626}" in text
    assert r"{\footnotesize \textbf{0.019} (14)}" in text
    assert text.count(r"\cmidrule") == 3
    assert "Research software. Not a medical device." in text.splitlines()[0]


def test_braces_close_and_an_empty_cell_is_a_dash() -> None:
    table = published_correlations()
    table.loc[0, ["rho", "p", "q"]] = None
    text = render_correlation_latex(table)
    assert text.count("{") == text.count("}")
    assert len(re.findall(r"& -- &", text)) == 1
    assert r"{\footnotesize (14)}" in text


def test_what_would_be_a_command_is_written_out() -> None:
    assert latex_text("50 % of {a_b} & ρ −1 <") == r"50 \% of \{a\_b\} \& $\rho$ $-$1 $<$"
