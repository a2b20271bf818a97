from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.provenance import RESEARCH_ONLY
from napari_hipspine.figures.forest_plot import forest_plot
from napari_hipspine.figures.png import figure_as_png
from napari_hipspine.relating.models.fitting import ModelRequest, fit_model
from napari_hipspine.relating.models.model_table import model_table

COHORT = Path(__file__).parents[1] / "oracles" / "models_cohort.csv"


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    return pd.read_csv(COHORT, dtype=str, keep_default_na=False)


def texts_of(figure: mpl.figure.Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text()]


def rows_of(cohort: pd.DataFrame, *requests: ModelRequest) -> pd.DataFrame:
    return model_table([(f"model {k}", fit_model(cohort, request)) for k, request in enumerate(requests)])


def test_forest_plot_repeats_the_numbers_of_the_table(cohort: pd.DataFrame) -> None:
    table = rows_of(cohort, ModelRequest("cbp ~ lmm_z + sex", random="1|centre"))
    figure = forest_plot(table)
    lmm = table.set_index("term").loc["lmm_z"]
    expected = f"{lmm['odds_ratio']:.2f} ({lmm['or_low']:.2f} to {lmm['or_high']:.2f})"
    texts = texts_of(figure)
    assert any(text.startswith(expected) for text in texts)
    assert "cbp ~ lmm_z + sex\nn 360, events 156, groups 12" in texts
    assert any(text.endswith(RESEARCH_ONLY) for text in texts)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["lmm_z", "sexmale"]
    middles = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_marker() == "s"]
    assert middles == pytest.approx(table["odds_ratio"].dropna().tolist())
    assert figure.axes[0].get_xscale() == "log"


def test_forest_plot_says_why_there_are_no_numbers(cohort: pd.DataFrame) -> None:
    texts = texts_of(forest_plot(rows_of(cohort, ModelRequest("rare ~ sex"))))
    assert "separation" in texts


def test_forest_plot_of_several_models_groups_them_by_term(cohort: pd.DataFrame) -> None:
    table = rows_of(cohort, ModelRequest("cbp ~ age + sex"), ModelRequest("cbp ~ age"))
    labels = [label.get_text() for label in forest_plot(table).axes[0].get_yticklabels()]
    assert labels == ["age, model 0", "age, model 1", "sexmale, model 0"]


def test_intervals_beyond_the_edge_end_in_an_arrow(cohort: pd.DataFrame) -> None:
    table = rows_of(cohort, ModelRequest("rare ~ sex", estimator="firth"))
    assert table["or_high"].max() > 1000
    markers = [line.get_marker() for line in forest_plot(table).axes[0].lines]
    assert ">" in markers
    assert "<" not in markers


def test_forest_plot_of_coefficients_is_linear(cohort: pd.DataFrame) -> None:
    table = rows_of(cohort, ModelRequest("score ~ lmm_z", kind="linear"))
    axes = forest_plot(table).axes[0]
    assert axes.get_xscale() == "linear"
    assert axes.get_xlim()[0] < table["low"].iloc[1] < 0 < axes.get_xlim()[1]


def test_equal_tables_give_equal_pictures_whatever_the_settings(cohort: pd.DataFrame) -> None:
    table = rows_of(cohort, ModelRequest("cbp ~ age"))
    first = figure_as_png(forest_plot(table), dpi=40)
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        assert figure_as_png(forest_plot(table), dpi=40) == first
    assert len(np.frombuffer(first, dtype=np.uint8)) > 1000
