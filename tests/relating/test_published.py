from __future__ import annotations

import pytest

from napari_hipspine.relating.multiplicity import Family
from napari_hipspine.relating.published import find_unattainable, published_correlations


def test_every_printed_p_is_attainable_at_its_n() -> None:
    assert find_unattainable(published_correlations()).empty


@pytest.mark.parametrize(("cell", "p"), [(0, 0.419), (30, 0.036)])
def test_a_p_that_no_rho_gives_is_found(cell: int, p: float) -> None:
    altered = published_correlations()
    altered.loc[cell, "p"] = p
    assert find_unattainable(altered).index.tolist() == [cell]


def test_another_n_makes_most_cells_unattainable() -> None:
    altered = published_correlations()
    altered["n"] = 31
    assert len(find_unattainable(altered)) > 40


def test_psoas_is_psoas_major_and_methods_are_published() -> None:
    table = published_correlations()
    assert set(table["lumbar_muscle"]) == {"multifidus", "erector_spinae", "psoas_major"}
    assert set(table["p_method"]) == {"published"}
    assert set(table["family"]) == {"all"}
    assert table["reason"].eq("").all()
    assert table["rho_low"].lt(table["rho"]).all()
    assert table["rho_high"].gt(table["rho"]).all()


def test_the_family_can_be_chosen() -> None:
    assert published_correlations(family=Family.HIP_MUSCLE)["family"].nunique() == 6
