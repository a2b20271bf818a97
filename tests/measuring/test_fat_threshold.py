"""Where fat begins: every method, its guards, and what is frozen once accepted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.filters import threshold_otsu
from sklearn.mixture import GaussianMixture

from napari_hipspine.domain.errors import (
    ContrastUnknown,
    FatSuppressed,
    GridMismatch,
    InvalidChoice,
    PolarityContradiction,
)
from napari_hipspine.domain.protocol import FatMethod, MeasurementProtocol, MixtureCut
from napari_hipspine.domain.volume import Contrast, FatPolarity
from napari_hipspine.measuring.class_fits import fit_mixture, kmeans_classes, mixture_threshold, otsu_threshold
from napari_hipspine.measuring.fat_region import propose_fat_roi
from napari_hipspine.measuring.histograms import histogram_of
from napari_hipspine.measuring.signal_peaks import find_lean_peak, find_peaks
from napari_hipspine.measuring.surroundings import search_for

THRESHOLD_METHODS = [method for method in FatMethod if method not in (FatMethod.DIXON, FatMethod.MANUAL)]


def _protocol(method, **more):
    return MeasurementProtocol(fat_method=method, **more)


def _fi(measured, side="left"):
    return float(measured.measurements.set_index("side").loc[side, "fi"])


def _threshold(measured):
    return measured.thresholds.muscles["multifidus"]


@pytest.mark.parametrize("method", THRESHOLD_METHODS)
@pytest.mark.parametrize("polarity", [FatPolarity.BRIGHT, FatPolarity.DARK])
def test_every_method_finds_the_fat_of_two_clear_classes(made, method, polarity):
    lean, fat = (100, 200) if polarity is FatPolarity.BRIGHT else (200, 100)
    image, labels, is_fat = made.body_with_fat(lean=lean, fat=fat)
    volume, label_map = made.volume_of(image, polarity=polarity), made.labels_of(labels)
    measured = made.measure(volume, label_map, _protocol(method))
    assert _fi(measured) == pytest.approx(is_fat[labels == 2].mean(), abs=0.002)
    assert _threshold(measured).method == method.value


def test_reference_lies_midway_between_lean_muscle_and_the_fat_beside_it(made):
    image, labels, _ = made.body_with_fat()
    measured = made.measure(made.volume_of(image), made.labels_of(labels))
    found = _threshold(measured)
    assert found.lean == pytest.approx(100, abs=1.5)
    assert found.fat == pytest.approx(200, abs=1)
    assert found.threshold == (found.lean + found.fat) / 2
    assert measured.measurements["flags"].str.contains("fat_roi_proposed").all()


def test_both_sides_and_all_slices_share_one_threshold_whatever_the_level(made):
    image, labels, _ = made.body_with_fat()
    image[0] = image[0] * 1.1
    image[:, :, 40:] = image[:, :, 40:] * 0.95
    measured = made.measure(made.volume_of(image), made.labels_of(labels))
    assert measured.slices["threshold"].nunique() == 1


def test_pooled_is_used_where_no_fat_lies_beside_the_muscles(made):
    image, labels, is_fat = made.body_with_fat(around=100.0)
    measured = made.measure(made.volume_of(image), made.labels_of(labels))
    assert _threshold(measured).method == "pooled"
    assert set(measured.slices["fat_method"]) == {"pooled"}
    assert measured.measurements["flags"].str.contains("polarity_unchecked").all()
    assert _fi(measured) == pytest.approx(is_fat[labels == 2].mean(), abs=0.002)


@pytest.mark.parametrize("spread", [5.0, 15.0, 40.0])
def test_pure_muscle_has_no_third_of_fat(made, spread):
    image, labels, _ = made.body_with_fat(share=0.0, spread=spread, around=100.0)
    by_default = made.measure(made.volume_of(image), made.labels_of(labels))
    assert by_default.measurements["fi"].isna().all()
    assert set(by_default.measurements["reason"]) == {"no_fat_class"}
    with_fat_beside = np.where(labels > 0, image, made.body_with_fat()[0]).astype(np.int16)
    beside = made.measure(made.volume_of(with_fat_beside), made.labels_of(labels))
    assert _fi(beside) < (0.002 if spread < 40 else 0.12)


def test_narrow_bright_fat_is_found(made):
    rng = np.random.default_rng(3)
    image, labels, is_fat = made.body_with_fat(share=0.2, n_slices=8)
    image[labels > 0] = np.clip(rng.normal(100, 30, int((labels > 0).sum())), 0, None)
    image[is_fat] = rng.normal(200, 4, int(is_fat.sum()))
    volume, label_map = made.volume_of(image), made.labels_of(labels)
    assert _fi(made.measure(volume, label_map)) == pytest.approx(0.2, abs=0.05)
    assert _fi(made.measure(volume, label_map, _protocol("pooled"))) == pytest.approx(0.2, abs=0.08)


def test_lean_peak_of_a_mostly_fat_muscle_is_borrowed(made):
    image, labels, _ = made.body_with_fat(share=0.02)
    rng = np.random.default_rng(0)
    fatty = rng.random(image.shape) < 0.97
    second = np.zeros_like(labels)
    second[:, 46:58, 20:60] = 3
    image[second > 0] = np.where(fatty, rng.normal(200, 5, image.shape), rng.normal(100, 5, image.shape))[second > 0]
    structures = {**made.TWO_SIDES, 3: replace(made.TWO_SIDES[1], muscle=_muscle("erector_spinae"))}
    measured = made.measure(made.volume_of(image), made.labels_of(labels + second, structures))
    assert "lean_peak_borrowed" in measured.thresholds.muscles["erector_spinae"].flags
    assert "lean_peak_borrowed" not in _threshold(measured).flags
    row = made.row_of(measured.measurements, muscle="erector_spinae", side="right")
    assert row["fi"] == pytest.approx(0.97, abs=0.01)


def _muscle(id):
    from napari_hipspine.domain.anatomy import find_muscle

    return find_muscle(id)


@pytest.mark.parametrize("method", ["otsu", "mixture", "kmeans", "musclemap"])
def test_own_fits_are_refused_for_few_pixels(made, method):
    image, labels, _ = made.body_with_fat()
    labels[:, 26:] = 0
    labels[1:] = 0
    measured = made.measure(made.volume_of(image), made.labels_of(labels), _protocol(method))
    assert _threshold(measured).reason == "too_few_pixels"
    assert measured.measurements["fi"].isna().all()
    assert measured.measurements["csa_mm2"].notna().all()


def test_manual_threshold_is_used_and_said(made):
    image, labels, _ = made.body_with_fat()
    measured = made.measure(made.volume_of(image), made.labels_of(labels), made.manual(150.0))
    assert set(measured.slices["threshold"]) == {150.0}
    assert measured.slices["flags"].str.contains("threshold_manual").all()
    assert _fi(measured) == (image[labels == 2] > 150).mean()


def test_accepted_thresholds_are_frozen_and_marked_when_outlines_change(made):
    image, labels, _ = made.body_with_fat()
    volume = made.volume_of(image)
    first = made.measure(volume, made.labels_of(labels))
    same = made.measure(volume, made.labels_of(labels), accepted=first.thresholds)
    assert "threshold_stale" not in "".join(same.slices["flags"])
    edited = labels.copy()
    edited[0, 20:24] = 0
    after = made.measure(volume, made.labels_of(edited), accepted=first.thresholds)
    assert _threshold(after).threshold == _threshold(first).threshold
    assert after.slices["flags"].str.contains("threshold_stale").all()
    untouched = after.slices[after.slices["slice_index"] > 0]["fi"].tolist()
    assert untouched == first.slices[first.slices["slice_index"] > 0]["fi"].tolist()


def test_accepting_the_proposed_fat_changes_no_threshold(made):
    image, labels, _ = made.body_with_fat()
    volume, label_map = made.volume_of(image), made.labels_of(labels)
    proposed = made.measure(volume, label_map)
    found = proposed.thresholds
    search = search_for(found.lean_peak, FatPolarity.BRIGHT, MeasurementProtocol())
    roi = np.stack(
        [propose_fat_roi(volume, label_map, z, region=found.fat_region, search=search) for z in range(len(image))]
    )
    assert roi.sum() == found.fat_region.n_pixels
    assert not roi[labels > 0].any()
    accepted = made.measure(volume, label_map, fat_roi=roi.astype(np.uint8))
    assert _threshold(accepted).threshold == _threshold(proposed).threshold
    assert "fat_roi_proposed" not in "".join(accepted.slices["flags"])


def test_turning_the_polarity_turns_fat_and_lean_about(made):
    """Between two signals no pixel has: what was fat is lean, on every row, and areas stay."""
    image, labels, _ = made.body_with_fat(around=100.0)
    tables = [
        made.measure(made.volume_of(image, polarity=polarity), made.labels_of(labels), made.manual(150.5)).measurements
        for polarity in (FatPolarity.BRIGHT, FatPolarity.DARK)
    ]
    bright, dark = tables
    np.testing.assert_allclose(bright["fi"] + dark["fi"], 1.0, rtol=1e-15)
    np.testing.assert_array_equal(bright["csa_mm2"], dark["csa_mm2"])
    np.testing.assert_allclose(bright["fcsa_mm2"] + dark["fcsa_mm2"], bright["csa_mm2"], rtol=1e-12)


@pytest.mark.parametrize("around", [None, 15.0])
def test_wrong_polarity_is_refused(made, around):
    declared = FatPolarity.DARK if around is None else FatPolarity.BRIGHT
    image, labels, _ = made.body_with_fat(around=around, fat=200.0 if around is None else 15.0)
    # Skin, so that dark fat is told from air.
    image[:, 6:8, 6:-6] = image[:, -8:-6, 6:-6] = image[:, 6:-6, 6:8] = image[:, 6:-6, -8:-6] = 100
    with pytest.raises(PolarityContradiction, match=f"Expected {declared.value} fat as declared"):
        made.measure(made.volume_of(image, polarity=declared), made.labels_of(labels))


def test_muscles_as_bright_as_fat_are_refused_where_no_fat_is_seen(made):
    image, labels, _ = made.body_with_fat(lean=100.0, fat=6.0, around=6.0, spread=2.0)
    with pytest.raises(PolarityContradiction, match="would be mostly fat, with no fat"):
        made.measure(made.volume_of(image), made.labels_of(labels))


def test_drawn_fat_on_the_wrong_side_of_lean_is_refused(made):
    image, labels, _ = made.body_with_fat()
    roi = np.zeros(labels.shape, dtype=np.uint8)
    roi[:, 0:4, 0:30] = 1
    with pytest.raises(PolarityContradiction, match="a fat region of signal"):
        made.measure(made.volume_of(image), made.labels_of(labels), fat_roi=roi)


def test_drawn_fat_must_hold_pixels_on_the_same_grid(made):
    image, labels, _ = made.body_with_fat()
    volume, label_map = made.volume_of(image), made.labels_of(labels)
    with pytest.raises(InvalidChoice, match="at least one finite pixel"):
        made.measure(volume, label_map, fat_roi=np.zeros(labels.shape, dtype=np.uint8))
    with pytest.raises(GridMismatch, match="fat region of shape"):
        made.measure(volume, label_map, fat_roi=np.ones((1, 2, 3), dtype=np.uint8))
    with pytest.raises(GridMismatch, match="fat region on the grid"):
        made.measure(volume, label_map, fat_roi=made.labels_of(labels, spacing=(9.0, 1.0, 1.0)))


def test_blank_background_is_no_contradiction(made):
    image, labels, is_fat = made.body_with_fat()
    image[labels == 0] = 0
    measured = made.measure(made.volume_of(image), made.labels_of(labels))
    assert _fi(measured) == pytest.approx(is_fat[labels == 2].mean(), abs=0.002)
    assert "polarity_unchecked" in _threshold(measured).flags


def test_fat_suppressed_series_is_refused_unless_allowed(made):
    image, labels, _ = made.body_with_fat()
    volume = made.volume_of(image, fat_suppressed=True)
    with pytest.raises(FatSuppressed, match="without fat suppression"):
        made.measure(volume, made.labels_of(labels))
    allowed = made.measure(volume.with_flags("fat_suppressed"), made.labels_of(labels))
    assert allowed.slices["flags"].str.contains("fat_suppressed").all()
    assert allowed.measurements["flags"].str.contains("fat_suppressed").all()


def test_unknown_polarity_is_asked_for(made):
    image, labels, _ = made.body_with_fat()
    with pytest.raises(ContrastUnknown, match="bright or dark"):
        made.measure(made.volume_of(image, polarity=FatPolarity.UNKNOWN), made.labels_of(labels))


def test_methods_that_do_not_fit_the_image_are_refused(made):
    image, labels, _ = made.body_with_fat()
    with pytest.raises(InvalidChoice, match="found one image of contrast T2"):
        made.measure(made.volume_of(image), made.labels_of(labels), made.DIXON)
    with pytest.raises(InvalidChoice, match="found otsu"):
        made.measure(made.pair_of(image, image), made.labels_of(labels), _protocol("otsu"))
    with pytest.raises(InvalidChoice, match="found fat-reference"):
        made.measure(made.volume_of(image, contrast=Contrast.FAT_FRACTION), made.labels_of(labels))


def test_otsu_parts_pixels_as_scikit_image_does():
    rng = np.random.default_rng(0)
    pixels = np.concatenate([rng.normal(60, 10, 900), rng.normal(160, 20, 400)]).round().astype(np.uint8)
    ours, theirs = otsu_threshold(histogram_of(pixels)), threshold_otsu(pixels)
    assert ((pixels > ours) == (pixels > theirs)).all()


def test_mixture_agrees_with_scikit_learn():
    rng = np.random.default_rng(1)
    pixels = np.concatenate([rng.normal(60, 8, 3000), rng.normal(110, 15, 1000), rng.normal(180, 10, 700)])
    ours = fit_mixture(histogram_of(pixels), 3)
    theirs = GaussianMixture(3, random_state=0, tol=1e-7, max_iter=2000, n_init=3).fit(pixels[:, None])
    np.testing.assert_allclose(ours.means, np.sort(theirs.means_.ravel()), atol=0.5)
    np.testing.assert_allclose(np.sort(ours.shares), np.sort(theirs.weights_), atol=0.01)


def test_cut_of_three_classes_is_a_choice():
    rng = np.random.default_rng(1)
    pixels = histogram_of(np.concatenate([rng.normal(m, 6, 1000) for m in (60, 120, 180)]))
    low, _ = mixture_threshold(pixels, 3, MixtureCut.LEAN_REST)
    high, _ = mixture_threshold(pixels, 3, MixtureCut.REST_FAT)
    assert low == pytest.approx(90, abs=2)
    assert high == pytest.approx(150, abs=2)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=4, max_size=40).filter(lambda v: len(set(v)) >= 3))
def test_three_classes_are_the_best_of_all_partitions(values):
    ordered = np.sort(np.array(values, dtype=float))
    found = kmeans_classes(histogram_of(ordered), 3)

    def within(cuts):
        return sum(((part - part.mean()) ** 2).sum() for part in np.split(ordered, cuts))

    best = min(within([i, j]) for i in range(1, len(ordered) - 1) for j in range(i + 1, len(ordered)))
    total = ((ordered - ordered.mean()) ** 2).sum()
    assert found.separation == pytest.approx(1 - best / total, abs=1e-9)


def test_peaks_of_two_bells():
    rng = np.random.default_rng(0)
    pixels = histogram_of(np.concatenate([rng.normal(50, 4, 4000), rng.normal(200, 10, 2000)]).round())
    signals = [peak.signal for peak in find_peaks(pixels)]
    assert signals == pytest.approx([50, 200], abs=3)
    assert find_lean_peak(pixels, FatPolarity.DARK, fat_lean_ratio=1.5) == pytest.approx(200, abs=3)
    assert np.isnan(find_lean_peak(histogram_of([]), FatPolarity.BRIGHT, fat_lean_ratio=1.5))


def test_lean_peak_is_the_frequent_one_of_neighbouring_peaks():
    rng = np.random.default_rng(0)
    near, far = rng.normal(60, 2, 5000), rng.normal(46, 2, 1500)
    pixels = histogram_of(np.concatenate([near, far, rng.normal(200, 8, 1000)]))
    assert find_lean_peak(pixels, FatPolarity.BRIGHT, fat_lean_ratio=1.5) == pytest.approx(60, abs=1)
