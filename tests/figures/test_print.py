"""Figures as they are printed: no wider than a page, and no word beyond the edge, whatever the names."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from napari_hipspine.figures.bland_altman import bland_altman
from napari_hipspine.figures.calibration_plot import calibration_plot
from napari_hipspine.figures.correlation_heatmap import correlation_heatmap
from napari_hipspine.figures.correlation_scatter import correlation_scatter
from napari_hipspine.figures.course_plot import course_plot
from napari_hipspine.figures.flow_diagram import flow_diagram
from napari_hipspine.figures.forest_plot import forest_plot
from napari_hipspine.figures.nomogram_chart import nomogram_chart
from napari_hipspine.figures.plain_looks import PAGE_INCHES
from napari_hipspine.figures.png import pictures_of
from napari_hipspine.figures.probability_heatmap import probability_heatmap
from napari_hipspine.relating.flow import close_counts
from napari_hipspine.relating.models.fitting import FittedModel, fit_model
from napari_hipspine.relating.models.model_request import ModelRequest
from napari_hipspine.relating.models.model_table import model_table
from napari_hipspine.relating.models.nomogram import build_nomogram
from napari_hipspine.relating.models.optimism import judge_model
from napari_hipspine.relating.models.predictions import predict_matrix
from napari_hipspine.relating.models.probability_grid import grid_probabilities
from napari_hipspine.relating.models.quality import calibration_tenths
from napari_hipspine.relating.models.side_tables import ACCURACY, CALIBRATION
from napari_hipspine.relating.multiplicity import CellName
from napari_hipspine.relating.published import published_correlations
from napari_hipspine.relating.raters import RatedValues
from napari_hipspine.relating.subject_values import ColumnName, RegionValues, SubjectValues

COHORT = Path(__file__).parents[1] / "oracles" / "models_cohort.csv"
NAMES = {"lmm_z": "lean_volume_cm3_z", "intermat_z": "intermat_cm3_z", "age": "age_at_the_first_examination"}
LONG = "cbp ~ lean_volume_cm3_z * intermat_cm3_z + age_at_the_first_examination + sex"


@pytest.fixture(scope="module")
def model() -> FittedModel:
    cohort = pd.read_csv(COHORT, dtype=str, keep_default_na=False).rename(columns=NAMES)
    return fit_model(cohort, ModelRequest(LONG, random="1|centre"))


def tenths_of(model: FittedModel) -> pd.DataFrame:
    probability = predict_matrix(model, model.design.matrix).averaged
    return CALIBRATION.frame([row | {"model": "all"} for row in calibration_tenths(model.design.response, probability)])


def refuse_cut_words(figure: mpl.figure.Figure) -> None:
    """No visible word of a figure may lie beyond its edges."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    box = figure.get_tightbbox(canvas.get_renderer())
    width, height = figure.get_size_inches()
    assert min(box.x0, box.y0) > -0.01, box
    assert box.x1 < width + 0.01, box
    assert box.y1 < height + 0.01, box


def test_published_table_fits_a_page() -> None:
    figure = correlation_heatmap(published_correlations())
    assert figure.get_figwidth() <= PAGE_INCHES
    refuse_cut_words(figure)


def test_names_of_muscles_with_one_column_each_do_not_touch() -> None:
    table = published_correlations().query("lumbar_measure == 'fi'")
    several = [table.assign(lumbar_level=level) for level in ("L3", "L4", "L5")]
    figure = correlation_heatmap(pd.concat(several, ignore_index=True))
    FigureCanvasAgg(figure).draw()
    above = figure.axes[0].child_axes[0].get_xticklabels()
    boxes = sorted((label.get_window_extent() for label in above if label.get_text()), key=lambda box: box.x0)
    assert len(boxes) == 9
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_figures_of_a_model_fit_a_page_and_wrap_its_formula(model: FittedModel) -> None:
    accuracy = ACCURACY.frame(judge_model(model, "all"))
    tenths = tenths_of(model)
    title = f"{LONG} + diabetes + dyslipidaemia + osteoporosis + osteoarthritis + physical_activity"
    figures = [
        probability_heatmap(grid_probabilities(model, "lean_volume_cm3_z", "intermat_cm3_z"), title=title),
        nomogram_chart(build_nomogram(model), title=title),
        calibration_plot(tenths, accuracy, title=title),
    ]
    for figure in figures:
        assert figure.get_figwidth() <= PAGE_INCHES
        refuse_cut_words(figure)
    forest = forest_plot(model_table([("all", model)]), title=title)
    assert forest.get_figwidth() < 1.2 * PAGE_INCHES
    refuse_cut_words(forest)


def test_axis_of_a_calibration_plot_stays_above_the_line_below(model: FittedModel) -> None:
    accuracy = ACCURACY.frame(judge_model(model, "all"))
    figure = calibration_plot(tenths_of(model), accuracy, title="calibration")
    FigureCanvasAgg(figure).draw()
    said = next(text for text in figure.texts if "not validated" in text.get_text())
    assert figure.axes[0].xaxis.label.get_window_extent().y0 > said.get_window_extent().y1


def test_long_names_of_steps_and_raters_stay_on_the_page() -> None:
    step = "Previous fusion of the lumbar spine or replacement of the hip joint at any time"
    flow = close_counts(143, [(step, 107), ("Images too poor to be outlined", 5)], 31)
    figure = flow_diagram(flow)
    assert figure.get_figwidth() <= PAGE_INCHES
    refuse_cut_words(figure)
    values = np.array([[900.0, 930.0], [1000.0, 990.0], [1100.0, 1180.0], [800.0, 805.0]])
    raters = ("sub-001_first_reading_anna/measurements.csv", "sub-001_second_reading_bertha/measurements.csv")
    what = ("greater_trochanter", "tensor_fasciae_latae", "right", "fcsa")
    refuse_cut_words(bland_altman(RatedValues(what, raters, ("a", "b", "c", "d"), values)))


def test_pictures_have_the_dots_of_a_printed_page(model: FittedModel, tmp_path: Path) -> None:
    make = pictures_of({"forest": lambda: forest_plot(model_table([("all", model)]))})["forest.png"]
    path = tmp_path / "forest.png"
    path.write_bytes(make())
    with Image.open(path) as picture:
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_one_panel_fits_a_column_with_words_that_can_be_read() -> None:
    values = np.array([[900.0, 930.0], [1000.0, 990.0], [1100.0, 1180.0], [800.0, 805.0]])
    rated = RatedValues(("L4", "multifidus", "left", "fcsa"), ("ann", "bob"), ("a", "b", "c", "d"), values)
    region = RegionValues((ColumnName("multifidus", "csa", "L4"),), values[:, :1], np.full((4, 1), ""))
    cell = CellName("multifidus", "csa", "multifidus", "csa", "L4", "L4")
    course = {"score": "pain", "exposure": "severe", "exposure_value": "1", "time": [3.0, 12.0], "n": [40, 31]}
    course |= {"mean": [5.0, 4.0], "low": [4.5, 3.2], "high": [5.5, 4.8]}
    figures = [
        bland_altman(rated),
        correlation_scatter(SubjectValues(rated.subjects, region, region, ()), cell),
        course_plot(pd.DataFrame(course), title="pain ~ month * severe_multifidus_right + age + (1 + month | id)"),
    ]
    for figure in figures:
        assert figure.get_figwidth() * 2.54 <= 8.52
        refuse_cut_words(figure)
        words = [text for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text()]
        assert min(text.get_fontsize() for text in words) >= 6.5
