from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.relating.correlation import correlate_ranks
from napari_hipspine.relating.edgeworth import edgeworth_p, upper_tail
from napari_hipspine.relating.p_values import PMethod, find_p
from napari_hipspine.relating.rank_null import exact_p


def test_lower_tail_of_pspearman(shared_reference: Path) -> None:
    published = json.loads((shared_reference / "oracles" / "spearman.json").read_text())["published"][0]
    assert 1 - upper_tail(published["S"] + 2, published["n"]) == pytest.approx(published["AS89"], abs=5e-10)


def test_all_twelve_gluteus_minimus_cells(shared_reference: Path) -> None:
    cells = json.loads((shared_reference / "oracles" / "spearman.json").read_text())["computed"]
    rows = cells["mielke_gluteus_minimus_n14"]
    found = edgeworth_p([1 - 6 * cell["S"] / (14**3 - 14) for cell in rows], 14)
    np.testing.assert_allclose(found, [cell["p_edgeworth"] for cell in rows], atol=1e-8)


def test_up_to_nine_subjects_the_orders_are_counted() -> None:
    rho = 1 - 6 * np.array([0, 2, 60, 120]) / (9**3 - 9)
    np.testing.assert_array_equal(edgeworth_p(rho, 9), exact_p(rho, 9))


def test_both_signs_have_one_p_and_it_is_near_the_exact_one() -> None:
    rho = 1 - 6 * np.arange(0, 900, 20) / (17**3 - 17)
    np.testing.assert_array_equal(edgeworth_p(rho, 17), edgeworth_p(-rho, 17))
    np.testing.assert_allclose(edgeworth_p(rho, 17), exact_p(rho, 17), atol=1e-3)
    assert edgeworth_p(0.0, 17) == pytest.approx(1.0, abs=0.01)


def test_a_table_of_p_takes_it_and_refuses_ties() -> None:
    x, y = np.random.default_rng(1).normal(size=(2, 25, 2))
    cells = correlate_ranks(x, y)
    found = find_p(x, y, cells, method=PMethod.EDGEWORTH)
    np.testing.assert_array_equal(found.p, edgeworth_p(cells.rho, 25))
    assert set(found.method.ravel()) == {"edgeworth"}
    y[1, 0] = y[0, 0]
    with pytest.raises(InvalidChoice, match="no equal values for the Edgeworth p, found 2 cells"):
        find_p(x, y, correlate_ranks(x, y), method=PMethod.EDGEWORTH)
