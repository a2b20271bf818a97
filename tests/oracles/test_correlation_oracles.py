"""Published numbers: R's pspearman, ci.spear and p.adjust."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_hipspine.relating.correlation import bonett_wright_interval, correlate_ranks
from napari_hipspine.relating.multiplicity import Adjustment, adjust_p
from napari_hipspine.relating.p_values import student_p
from napari_hipspine.relating.rank_null import count_orders, exact_p


@pytest.fixture
def spearman(shared_reference: Path) -> dict[str, Any]:
    oracle: dict[str, Any] = json.loads((shared_reference / "oracles" / "spearman.json").read_text())
    return oracle


def test_exact_p_of_pspearman(spearman: dict[str, Any]) -> None:
    published = spearman["published"][0]
    counts = count_orders(published["n"])
    lower_tail = counts[: published["S"] // 2 + 1].sum() / counts.sum()
    assert lower_tail == pytest.approx(published["exact"], abs=5e-10)


def test_rho_with_ties_and_interval_of_ci_spear(spearman: dict[str, Any]) -> None:
    published = spearman["published"][1]
    cells = correlate_ranks(np.array(published["x"])[:, None], np.array(published["y"])[:, None])
    assert cells.rho[0, 0] == pytest.approx(published["rho"], abs=5e-8)
    low, high = bonett_wright_interval(cells.rho[0, 0], published["n"])
    assert [float(low), float(high)] == pytest.approx(published["ci95"], abs=1e-7)
    assert student_p(cells.rho[0, 0], 15) == pytest.approx(spearman["computed"]["ci_other"]["p_t"], rel=1e-9)


@pytest.mark.parametrize("n", range(3, 9))
def test_null_counts(spearman: dict[str, Any], n: int) -> None:
    assert count_orders(n).tolist() == spearman["computed"]["null_counts_by_S_over_2"][str(n)]


def test_all_twelve_gluteus_minimus_cells_have_the_exact_p_of_fourteen(spearman: dict[str, Any]) -> None:
    cells = spearman["computed"]["mielke_gluteus_minimus_n14"]
    assert len(cells) == 12
    for cell in cells:
        rho = 1 - 6 * cell["S"] / (14**3 - 14)
        assert exact_p(rho, 14) == pytest.approx(cell["p_exact"], abs=5e-9)
        assert round(float(exact_p(rho, 14)), 3) == cell["p_reported"]
        assert round(rho, 3) == cell["rho_reported"]


def test_bh_of_p_adjust(shared_reference: Path) -> None:
    oracle = json.loads((shared_reference / "oracles" / "p_adjust.json").read_text())
    np.testing.assert_allclose(adjust_p(oracle["p"]), oracle["bh"], rtol=oracle["tolerance_relative"])


def test_by_of_p_adjust(shared_reference: Path) -> None:
    oracle = json.loads((shared_reference / "oracles" / "p_adjust.json").read_text())
    found = adjust_p(oracle["p"], adjustment=Adjustment.BY)
    np.testing.assert_allclose(found, oracle["by"], rtol=oracle["tolerance_relative"])
