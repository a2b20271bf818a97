"""Contrast rules: the header speaks or nobody does."""

from __future__ import annotations

import pytest

from napari_hipspine.domain.volume import Contrast, FatPolarity
from napari_hipspine.reading.dicom_contrast import contrast_of

TSE = {"Modality": "MR", "ScanningSequence": "SE", "ScanOptions": (), "ImageType": ("ORIGINAL", "PRIMARY", "M")}


def _of(words="", **facts):
    return contrast_of({**TSE, **facts}, words)


@pytest.mark.parametrize(
    ("repetition_ms", "echo_ms", "contrast"),
    [
        (550, 11, Contrast.T1),
        (4000, 100, Contrast.T2),
        (3000, 30, Contrast.PD),
        (3000, 55, Contrast.UNKNOWN),
        (1400, 20, Contrast.UNKNOWN),
        (800, 90, Contrast.UNKNOWN),
    ],
)
def test_spin_echo_weighting_follows_repetition_and_echo_time(repetition_ms, echo_ms, contrast):
    found, polarity, suppressed = _of(RepetitionTime=float(repetition_ms), EchoTime=float(echo_ms))
    assert found is contrast
    assert polarity is (FatPolarity.UNKNOWN if contrast is Contrast.UNKNOWN else FatPolarity.BRIGHT)
    assert suppressed is False


def test_words_and_times_that_contradict_leave_the_contrast_unknown():
    assert _of("t1_tse_tra", RepetitionTime=4000.0, EchoTime=100.0)[0] is Contrast.UNKNOWN
    assert _of("T1 and T2")[0] is Contrast.UNKNOWN
    assert _of("t2_tse_tra", RepetitionTime=1500.0, EchoTime=60.0)[0] is Contrast.T2


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        ("t2_tse_fs_tra", {}),
        ("T2 STIR", {}),
        ("t2 fat sat", {}),
        ("T2W_SPAIR", {}),
        ("t2_tse", {"ScanOptions": ("PFP", "FS")}),
        ("t2_tse", {"ScanOptions": "FS"}),
        ("t2_tse", {"ScanningSequence": ("SE", "IR"), "InversionTime": 160.0}),
        ("t2_tse", {"SpectrallySelectedSuppression": "FAT"}),
    ],
)
def test_fat_suppression_is_found_and_leaves_the_polarity_unknown(words, facts):
    contrast, polarity, suppressed = _of(words, **facts)
    assert (contrast, polarity, suppressed) == (Contrast.T2, FatPolarity.UNKNOWN, True)


def test_without_scan_options_nobody_knows_about_suppression_and_polarity():
    facts = {"Modality": "MR", "ScanningSequence": "SE", "RepetitionTime": 4000.0, "EchoTime": 100.0}
    assert contrast_of(facts, "") == (Contrast.T2, FatPolarity.UNKNOWN, None)


def test_options_that_only_contain_the_letters_are_no_suppression():
    assert _of("t2", ScanOptions=("FAST_GEMS", "FILTERED_GEMS"))[2] is False


def test_gradient_and_echo_planar_images_are_never_called_t2_nor_bright():
    assert _of("t2_me2d", ScanningSequence="GR")[0] is Contrast.UNKNOWN
    assert _of("t1_vibe", ScanningSequence="GR")[:2] == (Contrast.T1, FatPolarity.UNKNOWN)
    assert _of("ep2d_t1", ScanningSequence="EP")[0] is Contrast.UNKNOWN
    assert _of("T2*", RepetitionTime=30.0, EchoTime=12.0, ScanningSequence="GR")[0] is Contrast.UNKNOWN


@pytest.mark.parametrize(
    ("code", "contrast", "polarity"),
    [
        ("W", Contrast.WATER, FatPolarity.DARK),
        ("FAT", Contrast.FAT, FatPolarity.BRIGHT),
        ("IN_PHASE", Contrast.IN_PHASE, FatPolarity.UNKNOWN),
        ("OPP_PHASE", Contrast.OUT_OF_PHASE, FatPolarity.UNKNOWN),
        ("FAT_FRACTION", Contrast.FAT_FRACTION, FatPolarity.BRIGHT),
    ],
)
def test_dixon_images_are_named_by_image_type(code, contrast, polarity):
    assert _of("t1_vibe_dixon", ImageType=("DERIVED", "PRIMARY", "DIXON", code))[:2] == (contrast, polarity)


def test_a_water_image_counts_as_fat_suppressed():
    assert _of(ImageType=("DERIVED", "PRIMARY", "W"))[2] is True


@pytest.mark.parametrize("code", ["ADC", "T2 MAP", "P", "TRACEW"])
def test_maps_and_phases_have_no_weighting(code):
    assert _of("t2_tse", ImageType=("DERIVED", "PRIMARY", code))[0] is Contrast.UNKNOWN


def test_other_modalities_have_no_mr_contrast():
    assert _of("T1 vertebra", Modality="CT") == (Contrast.UNKNOWN, FatPolarity.UNKNOWN, None)
