"""Axes of small plots: round numbers, never none, never too many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_hipspine.viewer.plot_scale import PlotScale, scale_around, tick_text

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(NUMBERS, st.floats(1e-3, 1e6), st.integers(2, 12))
def test_ticks_lie_on_the_axis_ascending_and_are_few(low, span, most):
    scale = PlotScale(low, low + span)
    ticks = scale.ticks(most)
    assert len(ticks) <= most
    assert list(ticks) == sorted(ticks)
    assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in ticks)


@given(NUMBERS, st.floats(1e-3, 1e6), st.floats(0, 1))
def test_share_and_value_undo_each_other(low, span, share):
    scale = PlotScale(low, low + span)
    assert scale.share(scale.value(share)) == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.0), (5.0, 5.0), (-2.0, 3.0)])
def test_an_axis_always_has_a_length_and_holds_its_ends(low, high):
    scale = scale_around(low, high)
    assert scale.low < low <= high < scale.high


def test_numbers_are_short_and_have_a_true_minus_sign():
    assert [tick_text(v) for v in (0.25, 1500.0, -20.0)] == ["0.25", "1500", "−20"]
    assert PlotScale(0, 1).ticks(5) == (0.0, 0.25, 0.5, 0.75, 1.0)
