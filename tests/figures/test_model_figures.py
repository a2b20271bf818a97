from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from napari_hipspine.domain.provenance import RESEARCH_ONLY
from napari_hipspine.figures.calibration_plot import calibration_plot
from napari_hipspine.figures.course_plot import course_plot
from napari_hipspine.figures.forest_plot import forest_plot
from napari_hipspine.figures.nomogram_chart import nomogram_chart
from napari_hipspine.figures.png import figure_as_png
from napari_hipspine.figures.probability_heatmap import probability_heatmap
from napari_hipspine.relating.models.fitting import fit_model
from napari_hipspine.relating.models.model_request import ModelRequest
from napari_hipspine.relating.models.model_table import model_table
from napari_hipspine.relating.models.nomogram import build_nomogram
from napari_hipspine.relating.models.optimism import judge_model
from napari_hipspine.relating.models.probability_grid import grid_probabilities
from napari_hipspine.relating.models.quality import calibration_tenths
from napari_hipspine.relating.models.side_tables import ACCURACY, CALIBRATION, COURSES

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
    axes = forest_plot(table).axes[0]
    assert [(label.get_text(), label.get_fontweight()) for label in axes.get_yticklabels()] == [
        ("age", "bold"),
        ("model 0 (n 360, events 156)", "normal"),
        ("model 1 (n 360, events 156)", "normal"),
        ("sexmale", "bold"),
        ("model 0 (n 360, events 156)", "normal"),
    ]
    assert [line.get_ydata()[0] for line in axes.lines if line.get_marker() in "so"] == [1, 2, 4]


def test_ratios_near_1_have_a_decimal_more_and_holm_stands_beside_p(cohort: pd.DataFrame) -> None:
    table = rows_of(cohort, ModelRequest("cbp ~ age"))
    age = table.set_index("term").loc["age"]
    texts = texts_of(forest_plot(table.assign(p_holm=[float("nan"), 0.04])))
    assert (
        f"{age['odds_ratio']:.3f} ({age['or_low']:.3f} to {age['or_high']:.3f})   p {age['p']:.3f}, Holm 0.040" in texts
    )


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


def test_course_plot_shows_means_and_who_is_behind_them() -> None:
    rows = [
        {"score": "pain", "exposure": "severe", "exposure_value": group, "time": time, "n": 10 + k, "mean": 3.0 + k}
        for k, (group, time) in enumerate([("0", 3.0), ("0", 12.0), ("1", 3.0)])
    ]
    table = COURSES.frame([row | {"low": row["mean"] - 1, "high": row["mean"] + 1} for row in rows])
    figure = course_plot(table, title="pain ~ time * severe", time_label="month")
    axes = figure.axes[0]
    means = [container.lines[0].get_ydata().astype(float) for container in axes.containers]
    np.testing.assert_array_equal(means, [[3.0, 4.0], [5.0, np.nan]])
    assert axes.get_xlabel() == "month\nn of 0: 10 at 3, 11 at 12\nn of 1: 12 at 3, 0 at 12"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["0", "1"]
    assert any("not adjusted" in text for text in texts_of(figure))


def test_a_time_point_without_persons_breaks_the_line_of_a_course() -> None:
    shared = {"score": "pain", "exposure": "severe", "n": 9, "low": 2.0, "high": 5.0, "mean": 3.0}
    places = [("0", 0.0), ("0", 6.0), ("0", 12.0), ("1", 0.0), ("1", 12.0)]
    table = COURSES.frame([shared | {"exposure_value": group, "time": time} for group, time in places])
    lines = [container.lines[0] for container in course_plot(table, title="", time_label="month").axes[0].containers]
    np.testing.assert_array_equal(lines[1].get_ydata().astype(float), [3.0, np.nan, 3.0])


@pytest.fixture(scope="module")
def mixed(cohort: pd.DataFrame):
    return fit_model(cohort, ModelRequest("cbp ~ lmm_z * intermat_z + age + sex", random="1|centre"))


def test_probability_map_greys_what_the_model_says_about_nobody(mixed) -> None:
    grid = grid_probabilities(mixed, "lmm_z", "intermat_z")
    figure = probability_heatmap(grid, title="map", fewest=2)
    axes = figure.axes[0]
    counts = [text.get_text() for text in axes.texts]
    assert sorted(map(int, counts)) == sorted(int(n) for n in grid.n.ravel() if n >= 2)
    mask = np.ma.getmaskarray(axes.collections[0].get_array()).ravel()
    assert mask.tolist() == (grid.n < 2).ravel().tolist()
    texts = " ".join(texts_of(figure))
    assert f"{grid.n_outside} rows outside" in texts
    assert "Held at: age 47.4, sex female." in texts
    assert "not validated; not for individual use" in texts
    assert RESEARCH_ONLY in texts


def test_nomogram_chart_has_every_scale_and_names_both_probabilities(mixed) -> None:
    figure = nomogram_chart(build_nomogram(mixed), title="points")
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == [
        "points",
        "age",
        "sex",
        "total points",
        "probability at\nrandom effect 0",
        "probability averaged\nover the groups",
    ]
    cells = {cell.get_text().get_text() for cell in figure.axes[1].tables[0].get_celld().values()}
    assert {"0", "100"} <= cells
    assert "points of lmm_z (down) and intermat_z (across)" in texts_of(figure)


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"random": "1|centre"}, " at random effect 0"),
        ({"random": "1|centre", "estimator": "gee"}, " averaged over the population"),
        ({}, ""),
    ],
)
def test_figures_name_the_probability_that_the_model_has(cohort: pd.DataFrame, choices, words: str) -> None:
    fitted = fit_model(cohort, ModelRequest("cbp ~ lmm_z + age", **choices))
    grid = grid_probabilities(fitted, "lmm_z", "age")
    assert probability_heatmap(grid, title="map").axes[1].get_ylabel() == f"fitted probability{words}"
    labels = nomogram_chart(build_nomogram(fitted), title="points").axes[0].get_yticklabels()
    assert [label.get_text().replace("\n", " ") for label in labels][4] == f"probability{words}"


def test_labels_of_a_scale_do_not_touch_and_its_ends_come_first(cohort: pd.DataFrame) -> None:
    table = cohort.assign(steps=[["moderate", "moderately high", "high"][k % 3] for k in range(len(cohort))])
    nomogram = build_nomogram(fit_model(table, ModelRequest("cbp ~ lmm_z + intermat_z + steps + age")))
    figure = nomogram_chart(nomogram, title="points")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in figure.axes[0].texts]
    touching = [(a, b) for k, a in enumerate(boxes) for b in boxes[:k] if a.overlaps(b)]
    assert touching == []
    for scale in nomogram.scales:
        shown = {text.get_text() for text in figure.axes[0].texts}
        values = scale.ticks[0]
        ends = values if scale.codings[0].levels else (values[0], values[-1])
        assert {f"{end:.3g}".replace("-", "−") if isinstance(end, float) else end for end in ends} <= shown


def test_nomogram_chart_puts_probabilities_where_the_model_has_them(cohort: pd.DataFrame) -> None:
    nomogram = build_nomogram(fit_model(cohort, ModelRequest("cbp ~ age + lmm_z")))
    axes = nomogram_chart(nomogram, title="points").axes[0]
    most = sum((scale.highest - scale.lowest) / nomogram.per_point for scale in nomogram.scales)
    shown = {text.get_text(): text.get_position() for text in axes.texts}
    at, place = shown["0.5"]
    assert round(place) == 4
    assert nomogram.probability(at * most) == pytest.approx(0.5, abs=1e-3)


def test_calibration_plot_shows_tenths_and_says_what_was_not_corrected(mixed) -> None:
    probability = mixed.design.response * 0.5 + 0.2
    tenths = CALIBRATION.frame(
        [row | {"model": "all"} for row in calibration_tenths(mixed.design.response, probability)]
    )
    accuracy = ACCURACY.frame(judge_model(mixed, "all"))
    figure = calibration_plot(tenths, accuracy, title="calibration")
    points = figure.axes[0].containers[0].lines[0]
    assert points.get_xdata().tolist() == tenths["fitted"].tolist()
    assert points.get_ydata().tolist() == tenths["observed"].tolist()
    words = " ".join(texts_of(figure))
    assert words.count("not corrected for optimism") == 4
    corrected = ACCURACY.frame(judge_model(mixed, "all", draws=3))
    assert "3 resamples by centre, seed 0" in " ".join(texts_of(calibration_plot(tenths, corrected, title="c")))
