from __future__ import annotations

import numpy as np
import pytest

from napari_hipspine.domain.errors import TableInvalid
from napari_hipspine.figures.bland_altman import bland_altman, has_enough_pairs
from napari_hipspine.relating.raters import RatedValues
from napari_hipspine.relating.reliability import find_limits

VALUES = np.array([[0.1, 0.12], [0.2, 0.19], [0.3, 0.33], [0.4, np.nan]])
RATED = RatedValues(("L4", "multifidus", "left", "fi"), ("ann", "bob"), ("1", "2", "3", "4"), VALUES)


def test_points_and_lines_are_means_differences_and_limits_in_percent() -> None:
    figure = bland_altman(RATED)
    axes = figure.axes[0]
    points = np.asarray(axes.collections[0].get_offsets())
    np.testing.assert_allclose(points, [[11, 2], [19.5, -1], [31.5, 3]])
    limits = find_limits(VALUES[:, 0] * 100, VALUES[:, 1] * 100)
    heights = [line.get_ydata()[0] for line in axes.lines]
    assert heights == pytest.approx([limits.bias[0], limits.lower[0], limits.upper[0]])
    assert axes.get_ylabel() == "bob − ann [%]"
    assert figure.get_suptitle() == "Multifidus FI, left, L4 vertebra; n 3"


def test_too_few_pairs_have_no_figure() -> None:
    few = RatedValues(RATED.what, RATED.raters, RATED.subjects[:2], VALUES[:2])
    assert has_enough_pairs(RATED)
    assert not has_enough_pairs(few)
    with pytest.raises(TableInvalid, match="found 2"):
        bland_altman(few)


def test_differences_that_are_all_alike_have_one_line_and_no_band() -> None:
    alike = RatedValues(RATED.what, RATED.raters, RATED.subjects, np.column_stack([VALUES[:, 0], VALUES[:, 0] + 0.1]))
    axes = bland_altman(alike).axes[0]
    assert [line.get_ydata()[0] for line in axes.lines] == pytest.approx([10])
    assert [text.get_text() for text in axes.texts] == ["all alike:\n10"]
    assert not axes.patches
