"""MeasurementProtocol: every setting explained, every wrong value refused, nothing lost on the way through TOML."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.protocol import (
    BiasCorrection,
    FatMethod,
    MeasurementProtocol,
    MixtureCut,
    RoiRule,
    protocol_as_toml,
    protocol_from_mapping,
    protocol_settings,
    read_protocol,
)

protocols = st.builds(
    MeasurementProtocol,
    fat_method=st.sampled_from(FatMethod),
    manual_threshold=st.floats(-1e6, 1e6),
    n_classes=st.sampled_from([2, 3]),
    mixture_cut=st.sampled_from(MixtureCut),
    erosion_mm=st.floats(0, 20),
    valid_low=st.none() | st.floats(-1e6, 0),
    valid_high=st.none() | st.floats(1e-9, 1e6),
    roi_rule=st.sampled_from(RoiRule),
    bias_correction=st.sampled_from(BiasCorrection),
    min_pixels=st.integers(1, 100_000),
    ff_cut=st.floats(0, 1),
)


@settings(max_examples=40, deadline=None)
@given(protocols)
def test_toml_reads_back_to_an_equal_protocol(
    tmp_path_factory: pytest.TempPathFactory, protocol: MeasurementProtocol
) -> None:
    path = tmp_path_factory.getbasetemp() / "protocol.toml"
    path.write_text(protocol_as_toml(protocol), encoding="utf-8")
    assert read_protocol(path) == protocol
    assert hash(read_protocol(path)) == hash(protocol)
    assert protocol_from_mapping(protocol.as_dict()) == protocol


def test_defaults_are_those_of_the_contract() -> None:
    assert MeasurementProtocol().as_dict() == {
        "fat_method": "fat-reference",
        "n_classes": 2,
        "mixture_cut": "rest|fat",
        "erosion_mm": 0.0,
        "roi_rule": "not_stated",
        "bias_correction": "none",
        "min_pixels": 25,
        "small_roi_pixels": 100,
        "min_fit_pixels": 250,
        "fat_search_mm": 20.0,
        "fat_lean_ratio": 1.5,
        "lean_peak_tolerance": 0.25,
        "min_fat_share": 0.01,
        "ff_cut": 0.5,
        "severe_cut": 0.5,
        "near_cut": 0.05,
    }


def test_every_setting_is_explained() -> None:
    found = {one.name: one for one in protocol_settings()}
    assert len(found) == len(protocol_settings()) == len(vars(MeasurementProtocol()))
    assert all(one.title and one.unit and one.reason.endswith(".") for one in found.values())
    assert found["fat_method"].choices == tuple(FatMethod)
    assert found["erosion_mm"].choices == ()
    assert found["erosion_mm"].unit == "mm"


def test_plain_values_become_the_settings_own_kind() -> None:
    protocol = MeasurementProtocol(
        fat_method="manual", manual_threshold=np.float32(3), min_pixels=30.0, erosion_mm=np.int64(1)
    )
    assert protocol.fat_method is FatMethod.MANUAL
    assert [type(v) for v in (protocol.manual_threshold, protocol.min_pixels, protocol.erosion_mm)] == [
        float,
        int,
        float,
    ]
    assert protocol == MeasurementProtocol(
        fat_method=FatMethod.MANUAL, manual_threshold=3.0, min_pixels=30, erosion_mm=1.0
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fat_method": "ostu"}, "one of fat-reference, pooled, .* for fat_method, found 'ostu'"),
        ({"fat_method": "manual"}, "threshold for the manual fat method, found none"),
        ({"fat_method": "manual", "manual_threshold": float("nan")}, "number for manual_threshold, found nan"),
        ({"manual_threshold": "high"}, "number for manual_threshold, found 'high'"),
        ({"n_classes": 4}, "2 or 3 classes, found 4"),
        ({"n_classes": 2.5}, "whole number for n_classes, found 2.5"),
        ({"mixture_cut": "lean"}, "for mixture_cut, found 'lean'"),
        ({"roi_rule": None}, "for roi_rule, found None"),
        ({"bias_correction": True}, "for bias_correction, found True"),
        ({"erosion_mm": -0.1}, "erosion_mm between 0 and 20, found -0.1"),
        ({"erosion_mm": True}, "number for erosion_mm, found True"),
        ({"erosion_mm": None}, "number for erosion_mm, found None"),
        ({"fat_search_mm": 0.5}, "fat_search_mm between 1 and 100, found 0.5"),
        ({"fat_lean_ratio": 1.0}, "fat_lean_ratio between 1.01 and 10, found 1"),
        ({"lean_peak_tolerance": 1.1}, "lean_peak_tolerance between 0 and 1, found 1.1"),
        ({"min_fat_share": -1}, "min_fat_share between 0 and 1, found -1"),
        ({"ff_cut": 50}, "ff_cut between 0 and 1, found 50"),
        ({"severe_cut": 50}, "severe_cut between 0 and 1, found 50"),
        ({"near_cut": 5}, "near_cut between 0 and 1, found 5"),
        ({"min_pixels": 0}, "min_pixels between 1 and 100000, found 0"),
        ({"min_pixels": float("inf")}, "number for min_pixels, found inf"),
        ({"small_roi_pixels": -1}, "small_roi_pixels between 1 and 100000, found -1"),
        ({"min_fit_pixels": 100_001}, "min_fit_pixels between 1 and 100000, found 100001"),
        ({"valid_low": float("nan")}, "number for valid_low, found nan"),
        ({"valid_low": 5, "valid_high": 5}, "valid range from low to high, found 5.0 to 5.0"),
    ],
    ids=str,
)
def test_values_outside_their_range_are_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidChoice, match=message):
        MeasurementProtocol(**given)


def test_settings_that_do_not_exist_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text('fat_methd = "dixon"\nthreshold = 3\n', encoding="utf-8")
    with pytest.raises(InvalidChoice, match=r"found fat_methd, threshold, in .*p\.toml") as refusal:
        read_protocol(path)
    assert "fat_method, manual_threshold" in refusal.value.hint


@pytest.mark.parametrize("content", [b"fat_method = dixon\n", b"\xff\xfe", None], ids=["no-toml", "no-text", "missing"])
def test_files_that_are_no_protocol_are_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "p.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidChoice, match=r"Expected a protocol in TOML, found .*, in .*p\.toml"):
        read_protocol(path)
