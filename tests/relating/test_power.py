from __future__ import annotations

import pandas as pd
import pytest

from napari_hipspine.domain.tables import CORRELATIONS
from napari_hipspine.relating.power import find_detectable_rho, find_n_needed, find_power, list_n_needed, tabulate_power

METHODS = {
    14: (0.532, 0.70, 0.87, (0.18, 0.30, 0.45)),
    23: (0.413, 0.57, 0.75, (0.29, 0.47, 0.68)),
    27: (0.381, 0.52, 0.71, (0.33, 0.54, 0.75)),
    29: (0.367, 0.51, 0.69, (0.35, 0.58, 0.79)),
    31: (0.355, 0.49, 0.67, (0.38, 0.61, 0.81)),
}
"""n: rho at p .05, rho with 80 % power, the same at .05/72, power at rho 0.3, 0.4 and 0.5."""


def make_correlations(ns: list[int], covariates: str = "") -> pd.DataFrame:
    rows = [
        {"lumbar_muscle": "multifidus", "hip_muscle": "sartorius", "n": n, "rho": 0.1, "family": "all"}
        | {"family_size": 72, "covariates": covariates}
        for n in ns
    ]
    return CORRELATIONS.frame(rows)


def test_what_each_n_of_the_published_table_can_show() -> None:
    table = tabulate_power(make_correlations([31, 14, 23, 27, 29, 29])).set_index("n")
    assert table.index.tolist() == list(METHODS)
    assert table["n_cells"].tolist() == [1, 1, 1, 2, 1]
    for n, (at_p, with_power, in_family, powers) in METHODS.items():
        row = table.loc[n]
        assert row["rho_at_p_05"] == pytest.approx(at_p, abs=0.0005)
        assert row["rho_power_80"] == pytest.approx(with_power, abs=0.006)
        assert row["rho_power_80_family"] == pytest.approx(in_family, abs=0.006)
        assert row[["power_rho_03", "power_rho_04", "power_rho_05"]].tolist() == pytest.approx(powers, abs=0.006)


def test_subjects_needed() -> None:
    assert list_n_needed() == {0.3: 87, 0.4: 48, 0.5: 30}
    assert list_n_needed(alpha=0.05 / 72) == {0.3: 192, 0.4: 105, 0.5: 64}
    assert find_power(0.4, find_n_needed(0.4)) >= 0.8 > find_power(0.4, find_n_needed(0.4) - 1)


def test_detectable_rho_has_just_the_power_asked_for() -> None:
    assert find_power(find_detectable_rho(40, power=0.9), 40) == pytest.approx(0.9, abs=1e-9)


def test_covariates_cost_subjects_and_empty_cells_do_not_count() -> None:
    with_three = tabulate_power(make_correlations([31], covariates="age;sex;bmi"))
    assert with_three["rho_power_80"].iloc[0] == find_detectable_rho(28)
    empty = make_correlations([20])
    empty["rho"] = float("nan")
    assert tabulate_power(empty).empty
