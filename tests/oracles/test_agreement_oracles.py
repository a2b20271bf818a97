"""Published numbers: Shrout and Fleiss 1979, Bland and Altman 1986."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from napari_hipspine.relating.reliability import (
    MeasurementError,
    find_icc_agreement,
    find_icc_consistency,
    find_limits,
    find_mean_squares,
    find_measurement_error,
)


def read_oracle(shared_reference: Path, name: str, table: str) -> tuple[dict[str, Any], pd.DataFrame]:
    folder = shared_reference / "oracles"
    return json.loads((folder / f"{name}.json").read_text()), pd.read_csv(folder / f"{table}.csv", index_col=0)


def test_six_targets_and_four_judges(shared_reference: Path) -> None:
    oracle, table = read_oracle(shared_reference, "shrout_fleiss_1979", "shrout_fleiss_1979")
    squares = find_mean_squares(table)
    published, computed = oracle["published"], oracle["computed_pingouin_0_7_0"]
    for name, value in (("BMS", squares.between), ("WMS", squares.within), ("JMS", squares.raters)):
        assert round(value, 2) == published[name]
    assert round(squares.error, 2) == published["EMS"]
    for coefficient, name in ((find_icc_agreement(squares), "21"), (find_icc_consistency(squares), "31")):
        assert coefficient.value == pytest.approx(computed[f"ICC{name}"], abs=5e-7)
        assert round(coefficient.value, 2) == published[f"ICC{name}"]
        assert [round(coefficient.low, 2), round(coefficient.high, 2)] == computed[f"ci{name}"]


def test_two_peak_flow_meters(shared_reference: Path) -> None:
    oracle, table = read_oracle(shared_reference, "bland_altman_1986", "bland_altman_1986_pefr")
    limits = find_limits(table["mini_1"], table["wright_1"])
    computed, published = oracle["computed"], oracle["published"]
    assert [limits.bias[0], limits.sd] == pytest.approx([computed["mean"], computed["sd"]])
    assert [limits.lower[0], limits.upper[0]] == pytest.approx(computed["limits_196"])
    assert round(limits.bias[0], 1) == published["mean_difference"]
    assert round(limits.sd, 1) == published["sd"]
    # The paper's own intervals (2 SD, t 2.12): bias -22.0 to 17.8, lower limit -114.3 to -45.1.
    assert [limits.bias[1], limits.bias[2]] == pytest.approx([-22.0, 17.8], abs=0.06)
    assert [limits.lower[1], limits.lower[2]] == pytest.approx([-114.3 + 1.6, -45.1 + 1.6], abs=2)


def test_repeatability_of_one_meter(shared_reference: Path) -> None:
    oracle, table = read_oracle(shared_reference, "bland_altman_1986", "bland_altman_1986_pefr")
    expected = oracle["computed"]["repeatability_wright"]
    squares = find_mean_squares(table[["wright_1", "wright_2"]])
    error = find_measurement_error(squares)
    assert error.error == pytest.approx(expected["sd_diff"] / 2**0.5)
    assert error.within == pytest.approx(expected["sem"])
    assert MeasurementError.detectable(error.within) == pytest.approx(expected["mdc95"])
