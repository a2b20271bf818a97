"""What the review of thresholds shows: histograms of both sides, shares that equal the table, words of caution."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_hipspine.domain.anatomy import Side
from napari_hipspine.domain.protocol import FatMethod, MeasurementProtocol
from napari_hipspine.domain.subject import stay_silent
from napari_hipspine.domain.threshold_review import ThresholdReview
from napari_hipspine.domain.volume import Contrast, FatPolarity, WaterFat
from napari_hipspine.viewer.fat_overlay import BESIDE, CALLED, FatPixels
from napari_hipspine.viewer.series_work import SeriesWork, SubjectWords
from napari_hipspine.viewer.session import Session
from napari_hipspine.viewer.shown_threshold import N_BINS, shown_thresholds


def measured_work(subject, **values) -> SeriesWork:
    session = Session()
    given = {"opened": subject.volume, "label_map": subject.label_map, "who": SubjectWords("sub-007"), **values}
    session.add(SeriesWork(name="T2", **given))
    request = session.measure_request()
    session.keep_result(request, request.run(stay_silent))
    return session.work


def table_share(work, muscle, side):
    rows = work.measured.result.measurements
    return float(rows[(rows["muscle"] == muscle.id) & (rows["side"] == side.value)]["fi"].iloc[0])


@pytest.mark.parametrize("polarity", [FatPolarity.BRIGHT, FatPolarity.DARK])
def test_shares_of_the_histogram_are_those_of_the_table(subject, polarity):
    volume = subject.volume
    if polarity is FatPolarity.DARK:
        volume = replace(volume, voxels=(1200 - volume.voxels).astype(np.int16), fat_polarity=polarity)
        volume.voxels[:, 3:6, 3:-3] = 900
    protocol = MeasurementProtocol(fat_method=FatMethod.OTSU_POOLED)
    work = measured_work(subject, opened=volume, chosen_protocol=protocol)
    shown = shown_thresholds(work)
    assert [one.muscle.id for one in shown] == ["multifidus", "erector_spinae"]
    for one in shown:
        for side in Side:
            cut = one.threshold.threshold
            assert one.fat_share(side, cut) == pytest.approx(table_share(work, one.muscle, side), abs=1e-12)
            assert one.counts(side).sum() == one.signals[side].n
            assert len(one.counts(side)) == N_BINS
        assert one.axis.low < one.threshold.threshold < one.axis.high
        assert [c.name for c in one.classes] == ["lean", "fat"]


def test_fat_fractions_stand_on_an_axis_from_zero_to_one(subject):
    fat = replace(subject.volume, contrast=Contrast.FAT)
    water = replace(subject.volume, voxels=np.full_like(subject.volume.voxels, 600), contrast=Contrast.WATER)
    work = measured_work(subject, opened=WaterFat(water, fat))
    for one in shown_thresholds(work):
        assert one.is_fraction
        assert (one.axis.low, one.axis.high, one.threshold.threshold) == (0.0, 1.0, 0.5)
        assert one.classes == ()
        for side in Side:
            assert one.fat_share(side, 0.5) == pytest.approx(table_share(work, one.muscle, side), abs=1e-12)


def test_what_is_to_be_careful_about_is_said_in_words(subject):
    shown = shown_thresholds(measured_work(subject))
    assert all("automatic fat region not yet confirmed" in one.warnings for one in shown)
    accepted = shown_thresholds(measured_work(subject, review=ThresholdReview(accepts_fat_roi=True)))
    assert all(one.warnings == () for one in accepted)
    lean = replace(subject.volume, voxels=np.where(subject.label_map.labels > 0, 300, 290).astype(np.int16))
    (first, _) = shown_thresholds(measured_work(subject, opened=lean))
    assert first.warnings[0].startswith("no fat class could be told")
    assert "no fat beside the muscles to check the polarity against" in first.warnings
    assert np.isnan(first.fat_share(Side.LEFT, first.threshold.threshold))


def test_a_moved_threshold_keeps_both_marks_on_the_axis(subject):
    work = measured_work(subject, review=ThresholdReview({"multifidus": 2000.0}))
    first = shown_thresholds(work)[0]
    assert first.threshold.automatic is not None
    assert first.axis.low < first.threshold.as_found.threshold < first.threshold.threshold < first.axis.high
    assert first.rounded(1234.56789) == 1235.0


def test_nothing_is_shown_before_it_was_measured(subject):
    assert shown_thresholds(None) == ()
    assert shown_thresholds(SeriesWork("T2", subject.volume)) == ()


def test_pixels_of_the_overlay_follow_the_dragged_threshold_and_the_paint(subject):
    work = measured_work(subject)
    result, request = work.measured.result, work.measured.request
    pixels = FatPixels(result, request, work.label_map)
    labels, signal = work.label_map.labels, subject.volume.voxels

    def expected(cut: float, z: int) -> np.ndarray:
        other = result.counted.thresholds.muscles["erector_spinae"].threshold
        cuts = np.array([np.inf, cut, cut, other, other])
        return signal[z] > cuts[labels[z]]

    found = result.counted.thresholds.muscles["multifidus"].threshold
    assert np.array_equal(pixels[3] == CALLED, expected(found, 3))
    pixels.cut_at(result.counted.thresholds, {"multifidus": 310.0})
    assert np.array_equal(pixels[3, :, :] == CALLED, expected(310.0, 3))
    labels[3, 40:50, 40:50] = 1
    assert np.array_equal(pixels[3] == CALLED, expected(310.0, 3))
    assert pixels[2:4].shape == (2, 60, 80)
    pixels.shows_called, pixels.shows_beside = False, True
    beside = pixels[3] == BESIDE
    region = result.counted.thresholds.fat_region
    assert 0 < beside.sum() <= region.n_pixels
