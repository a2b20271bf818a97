from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.provenance import RESEARCH_ONLY, Fingerprint, Provenance
from napari_hipspine.domain.tables import CORRELATIONS
from napari_hipspine.writing.correlation_layout import format_p, format_rho, lay_out
from napari_hipspine.writing.correlation_report import render_correlation_page
from napari_hipspine.writing.correlation_text import format_table1


def make_row(lumbar: str, hip: str, **cells: object) -> dict[str, object]:
    lumbar_muscle, lumbar_measure = lumbar.split()
    hip_muscle, hip_measure = hip.split()
    names = {
        "lumbar_muscle": lumbar_muscle,
        "lumbar_measure": lumbar_measure,
        "lumbar_level": "L4",
        "hip_muscle": hip_muscle,
        "hip_measure": hip_measure,
        "hip_level": "greater_trochanter",
    }
    rules = {"side_rule": "both", "bilateral_rule": "pooled", "missing_rule": "pairwise"}
    numbers = {"n": 29, "rho": 0.1, "rho_low": -0.3, "rho_high": 0.4, "p": 0.6, "p_method": "t", "q": 0.6}
    return names | rules | numbers | {"family": "all", "family_size": 3, "reason": ""} | cells


@pytest.fixture
def correlations() -> pd.DataFrame:
    empty = dict.fromkeys(("rho", "rho_low", "rho_high", "p", "q"), np.nan) | {"p_method": "", "n": 3}
    return CORRELATIONS.frame(
        [
            make_row("multifidus fcsa", "sartorius fi", rho=-0.508, rho_low=-0.75, rho_high=-0.15, p=0.005, q=0.015),
            make_row("multifidus fi", "sartorius fi", rho=-0.373, rho_low=-0.66, rho_high=0.006, p=0.046, q=0.3),
            make_row("multifidus fcsa", "gluteus_minimus fi", p=0.9, q=0.9),
            make_row("multifidus fi", "gluteus_minimus fi", **empty, reason="too_few_subjects;absent_at_level"),
        ]
    )


class CellReader(HTMLParser):
    """Collects the text and title of every body cell, and checks that tags close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[tuple[str, str, str]] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        given = {name: value or "" for name, value in attrs}
        if tag == "td":
            self.cells.append(("", given["title"], given["class"]))
        if tag == "th":
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open:
            text, title, kind = self.cells[-1]
            self.cells[-1] = (text + data, title, kind)
        elif "th" in self.open:
            self.headings[-1] += data


def read_page(page: str) -> CellReader:
    reader = CellReader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def test_page_is_laid_out_like_the_published_table(correlations: pd.DataFrame) -> None:
    reader = read_page(render_correlation_page(correlations))
    assert reader.headings == [
        "Hip muscles, greater trochanter",
        "Lumbar muscles, L4 vertebra",
        "Multifidus",
        "fCSA",
        "FI",
        "Sartorius",
        "FI",
        "Gluteus minimus",
        "FI",
    ]
    assert [text for text, _, _ in reader.cells] == [
        "−0.508 ●0.005 n 29",
        "−0.3730.046 n 29",
        "0.1000.900 n 29",
        "–n 3",
    ]


def test_below_alpha_is_bold_and_empty_cells_say_why(correlations: pd.DataFrame) -> None:
    page = render_correlation_page(correlations)
    reader = read_page(page)
    assert page.count("<b>") == 4
    assert "<b>−0.508</b> ●" in page
    titles = [title for _, title, _ in reader.cells]
    assert "95 % interval −0.750 to −0.150" in titles[0]
    assert "q 0.015" in titles[0]
    assert "disagree" not in titles[0]
    assert "Interval and p disagree about 0" in titles[1]
    assert "empty: too few subjects, muscle not present on the slice of this level" in titles[3]
    assert "empty" in reader.cells[3][2]


def test_page_carries_header_fixed_line_and_nothing_from_elsewhere(correlations: pd.DataFrame) -> None:
    page = render_correlation_page(correlations)
    assert "3 tests, family: all; smallest q 0.015; exploratory, not for diagnosis" in page
    assert RESEARCH_ONLY in page
    assert "http" not in page
    assert "src=" not in page


def test_words_from_outside_are_escaped(correlations: pd.DataFrame) -> None:
    provenance = Provenance("relate", {"session": "<b>1</b>"}, (Fingerprint("/a/<i>.csv", "00", 3),), (), {"x": "1"})
    page = render_correlation_page(
        correlations, title="A & <script>", notes=["Fat methods: <i>"], provenance=provenance
    )
    assert "<title>A &amp; &lt;script&gt;</title>" in page
    assert "<i>" not in page
    assert "<script>" not in page
    assert "&lt;b&gt;1&lt;/b&gt;" in page
    assert "/a/" not in page
    read_page(page)


def test_families_are_counted_in_the_header(correlations: pd.DataFrame) -> None:
    correlations["family"] = ["hip_row: sartorius fi"] * 2 + ["hip_row: gluteus_minimus fi"] * 2
    assert lay_out(correlations).header.startswith("3 tests, family: hip_row (2 families); smallest q 0.015")


def test_text_for_a_terminal(correlations: pd.DataFrame) -> None:
    text = format_table1(correlations, notes=["7 of 9 subjects have every value."])
    lines = text.splitlines()
    assert lines[0] == "3 tests, family: all; smallest q 0.015; exploratory, not for diagnosis"
    assert "      Multifidus" in lines[3]
    assert lines[5].split() == ["Sartorius", "FI", "●▸", "−0.508", "▸", "−0.373", "n", "29"]
    assert lines[6].split() == ["0.005", "0.046"]
    assert lines[7].split() == ["Gluteus", "minimus", "FI", "0.100", "–", "n", "29"]
    assert "– in 1 cells: too few subjects." in lines
    assert lines[-2:] == ["7 of 9 subjects have every value.", RESEARCH_ONLY]


@pytest.mark.parametrize(
    ("rho", "text"), [(-0.0001, "0.000"), (-0.5, "−0.500"), (1.0, "1.000"), (None, "–"), (0.0, "0.000")]
)
def test_rho_as_text(rho: float | None, text: str) -> None:
    assert format_rho(rho) == text


@pytest.mark.parametrize(("p", "text"), [(0.0, "<0.001"), (0.0004, "<0.001"), (0.0005, "0.001"), (1.0, "1.000")])
def test_p_as_text_is_never_zero(p: float, text: str) -> None:
    assert format_p(p) == text


def test_several_levels_stand_beside_their_muscles(correlations: pd.DataFrame) -> None:
    table = pd.concat([correlations, correlations.assign(lumbar_level="L5")], ignore_index=True)
    layout = lay_out(table)
    assert len(layout.cells) == 8
    assert layout.lumbar_title == "Lumbar muscles, L4 vertebra, L5 vertebra"
    assert [str(column) for column in layout.lumbar_columns[1:3]] == ["Multifidus, L4 FI", "Multifidus, L5 fCSA"]
    page, text = render_correlation_page(table), format_table1(table)
    for words in ("Multifidus, L4", "Multifidus, L5"):
        assert page.count(f">{words}</th>") == 1
        assert words in text
    assert "Multifidus, L4" not in render_correlation_page(correlations)


def test_what_is_held_constant_stands_beside_the_table(correlations: pd.DataFrame) -> None:
    table = correlations.assign(covariates="age;sex")
    said = "Partial coefficients, given age, sex."
    assert lay_out(table).rules.endswith(said)
    assert said in render_correlation_page(table)
    assert said in format_table1(table)
    assert "Partial" not in format_table1(correlations)
