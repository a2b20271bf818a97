from __future__ import annotations

import io

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.provenance import RESEARCH_ONLY
from napari_hipspine.figures.correlation_heatmap import correlation_heatmap
from napari_hipspine.figures.correlation_profile import correlation_profile
from napari_hipspine.figures.correlation_scatter import ScatterScale, correlation_scatter
from napari_hipspine.figures.png import figure_as_png
from napari_hipspine.relating.cells import correlate_values
from napari_hipspine.relating.multiplicity import CellName, Family
from napari_hipspine.relating.profile import find_profile
from napari_hipspine.relating.published import published_correlations
from napari_hipspine.relating.reference_tables import read_reference
from napari_hipspine.relating.request import RelateRequest
from napari_hipspine.relating.subject_values import ColumnName, RegionValues, SubjectValues

CELL = CellName("multifidus", "fi", "sartorius", "fcsa")


@pytest.fixture
def values() -> SubjectValues:
    lumbar = np.array([[0.1], [0.4], [0.2], [np.nan], [0.3], [0.35]])
    hip = np.array([[100.0], [500.0], [300.0], [200.0], [np.nan], [250.0]])
    no_reasons = np.full((6, 1), "", dtype=object)
    return SubjectValues(
        tuple("abcdef"),
        RegionValues((ColumnName("multifidus", "fi", "L4"),), lumbar, no_reasons),
        RegionValues((ColumnName("sartorius", "fcsa", "greater_trochanter"),), hip, no_reasons),
        (),
    )


def texts_of(figure: mpl.figure.Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text()]


def test_heat_map_shows_every_number_mark_and_n() -> None:
    table = published_correlations(family=Family.HIP_ROW)
    axes = correlation_heatmap(table).axes[0]
    cells = {text.get_text(): text for text in axes.texts}
    assert len([text for text in axes.texts if text.get_text().startswith("n ")]) == 72
    assert {"−0.508 ●", "−0.483 ●"} == {text for text in cells if "●" in text}
    assert cells["−0.508 ●"].get_weight() == "bold"
    assert cells["0.459"].get_weight() == "bold"
    assert cells["−0.266"].get_weight() == "normal"


def test_heat_map_carries_header_and_fixed_line() -> None:
    texts = texts_of(correlation_heatmap(published_correlations()))
    assert "72 tests, family: all; smallest q 0.27; exploratory, not for diagnosis" in texts
    assert any(text.endswith(RESEARCH_ONLY) for text in texts)


def test_colours_mirror_around_zero_and_empty_cells_are_hatched() -> None:
    table = published_correlations()
    table.loc[0, "rho"], table.loc[1, "rho"], table.loc[2, "rho"] = 0.0, 0.4, -0.4
    table.loc[3, ["rho", "p", "q"]] = np.nan
    none, warm, cold, empty = correlation_heatmap(table).axes[0].patches[:4]
    assert min(none.get_facecolor()[:3]) > 0.95
    assert warm.get_facecolor()[0] > warm.get_facecolor()[2]
    assert cold.get_facecolor()[0] < cold.get_facecolor()[2]
    assert empty.get_hatch() == "////"


def test_equal_tables_give_equal_bytes_whatever_the_settings() -> None:
    first = figure_as_png(correlation_heatmap(published_correlations()), dpi=50)
    with mpl.rc_context({"font.size": 30, "savefig.facecolor": "red"}):
        second = figure_as_png(correlation_heatmap(published_correlations()), dpi=50)
    assert first == second
    assert imread(io.BytesIO(first)).shape[2] == 4


def test_scatter_shows_subjects_with_both_values_in_the_units_of_people(values: SubjectValues) -> None:
    axes = correlation_scatter(values, CELL).axes[0]
    points = np.asarray(axes.collections[0].get_offsets())
    assert values.pairs(CELL).subjects == ("a", "b", "c", "f")
    assert points[:, 0].tolist() == pytest.approx([10.0, 40.0, 20.0, 35.0])
    assert points[:, 1].tolist() == [100.0, 500.0, 300.0, 250.0]
    assert axes.get_xlabel() == "Multifidus FI, L4 vertebra [%]"
    assert axes.get_ylabel() == "Sartorius fCSA, greater trochanter [mm²]"
    assert axes.collections[0].get_picker()


def test_scatter_of_ranks(values: SubjectValues) -> None:
    axes = correlation_scatter(values, CELL, scale=ScatterScale.RANKS).axes[0]
    assert np.asarray(axes.collections[0].get_offsets()).tolist() == [[1, 1], [4, 4], [2, 3], [3, 2]]
    assert axes.get_xlabel().endswith("(rank)")


def test_scatter_repeats_the_numbers_of_its_cell(values: SubjectValues) -> None:
    table = correlate_values(values, RelateRequest())
    figure = correlation_scatter(values, CELL, correlations=table)
    assert figure.get_suptitle() == "n 4; no coefficient: too few subjects"
    table.loc[0, ["rho", "rho_low", "rho_high", "p", "q"]] = [0.5, -0.1, 0.9, 0.04, 0.2]
    numbers = correlation_scatter(values, CELL, correlations=table).get_suptitle()
    assert numbers == "ρ 0.500 (95 % −0.100 to 0.900), n 4\np 0.040 (), q 0.200"


def test_scatter_of_a_cell_that_was_not_selected_is_refused(values: SubjectValues) -> None:
    with pytest.raises(InvalidChoice, match="found sartorius fi"):
        correlation_scatter(values, CELL._replace(hip_measure="fi"))


def make_profile(n: int, *, reference: bool = True) -> dict[str, pd.DataFrame]:
    generator = np.random.default_rng(2)
    muscles = ("multifidus", "erector_spinae"), ("sartorius", "gluteus_medius", "rectus_femoris")
    levels = "L4", "greater_trochanter"
    lumbar, hip = (
        RegionValues(
            tuple(ColumnName(muscle, "fi", level) for muscle in names),
            generator.uniform(0.05, 0.4, (n, len(names))),
            np.full((n, len(names)), "", dtype=object),
        )
        for names, level in zip(muscles, levels, strict=True)
    )
    values = SubjectValues(tuple(f"{k:03d}" for k in range(n)), lumbar, hip, ())
    rows = [{"muscle": m, "measure": "fi", "mean": 0.2, "sd": 0.1} for names in muscles for m in names]
    given = read_reference(pd.DataFrame(rows), name="norms.csv") if reference else None
    return find_profile(values, reference=given).tables()


def test_profile_shows_every_subject_muscle_and_difference() -> None:
    tables = make_profile(12)
    left, right = correlation_profile(tables).axes
    names = ("Multifidus", "Erector spinae", "Sartorius", "Gluteus medius", "Rectus femoris")
    assert [label.get_text() for label in left.get_yticklabels()] == [f"{name} (n 12)" for name in names]
    drawn = np.concatenate([np.asarray(dots.get_offsets())[:, 0] for dots in left.collections])
    np.testing.assert_allclose(np.sort(drawn), np.sort(tables["norms"]["z"]))
    shown = next(line for line in right.lines if len(line.get_xdata()) == 12)
    np.testing.assert_allclose(shown.get_xdata(), np.sort(tables["profile_subjects"]["difference"]))
    title = right.get_title(loc="left")
    assert title.startswith(f"mean {tables['profile']['mean_difference'].iloc[0]:.2f} (95 % ".replace("-", "−"))
    assert "first component" in title


def test_profile_of_many_or_few_people_can_be_drawn() -> None:
    for n in (3, 200):
        figure = correlation_profile(make_profile(n, reference=n > 3))
        assert any(text.endswith(RESEARCH_ONLY) for text in texts_of(figure))
        assert figure_as_png(figure, dpi=40)
    far = make_profile(12)
    far["norms"].loc[0, "z"] = 50.0
    assert correlation_profile(far).axes[0].get_xlabel() == "z of FI (1 beyond ±8 not drawn)"
