from __future__ import annotations

from typing import Any

import pytest

from napari_hipspine.domain.anatomy import Region
from napari_hipspine.domain.errors import InvalidChoice, UnknownLabel
from napari_hipspine.relating.multiplicity import Family
from napari_hipspine.relating.request import BilateralRule, RelateRequest, find_measure


def test_words_become_choices() -> None:
    request = RelateRequest(measures=("fcsa_mm2", "fi"), family="hip_row", bilateral="mean", lumbar_level="L4")
    assert request.measures == ("fcsa", "fi")
    assert request.family is Family.HIP_ROW
    assert request.bilateral is BilateralRule.MEAN
    assert request.as_dict()["family"] == "hip_row"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"side": "middle"}, "side to be one of both, left, right, found 'middle'"),
        ({"family": "some"}, "family to be one of all, hip_muscle"),
        ({"p_method": "z"}, "p method to be one of auto, t, exact, edgeworth, permutation"),
        ({"measures": ("fcsa", "fcsa_mm2")}, "each measure once, found fcsa, fcsa"),
        ({"measures": ()}, "each measure once, found none"),
        ({"interval": "wald"}, "interval to be one of bonett_wright, fieller, bootstrap, found 'wald'"),
        ({"covariates": ("age", "age")}, "each covariate once, found age, age"),
        ({"covariates": ("age",), "p_method": "exact"}, "p method auto, t or permutation with covariates, found exact"),
        ({"covariates": ("age",), "p_method": "edgeworth"}, "permutation with covariates, found edgeworth"),
        ({"seed": -1}, "seed of 0 or more, found -1"),
    ],
)
def test_other_words_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidChoice, match=message):
        RelateRequest(**given)


def test_levels_come_from_the_vocabulary() -> None:
    assert RelateRequest(hip_level="all").hip_level == "all"
    with pytest.raises(UnknownLabel, match="found 'trochanter_major'"):
        RelateRequest(hip_level="trochanter_major")


def test_sessions_of_a_region_go_before_that_of_both() -> None:
    request = RelateRequest(session="a", hip_session="b", lumbar_level=("L4", "L5"))
    assert [request.session_of(region) for region in (Region.LUMBAR, Region.HIP)] == ["a", "b"]
    assert request.levels(Region.LUMBAR) == ("L4", "L5")
    assert request.levels(Region.HIP) == ()
    assert request.as_dict()["lumbar_level"] == ["L4", "L5"]


def test_measures_that_cannot_be_related_are_refused() -> None:
    with pytest.raises(InvalidChoice, match=r"found 'mean_signal'"):
        find_measure("mean_signal")
