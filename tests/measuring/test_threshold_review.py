"""Thresholds that a reader moves or accepts: what changes, what is kept, and what is said of it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from napari_hipspine.domain.anatomy import find_muscle
from napari_hipspine.domain.errors import InvalidChoice, PolarityContradiction, UnknownLabel
from napari_hipspine.domain.level_plan import LevelPlan
from napari_hipspine.domain.protocol import FatMethod, MeasurementProtocol
from napari_hipspine.domain.subject import SubjectKey
from napari_hipspine.domain.threshold_review import ThresholdReview
from napari_hipspine.domain.volume import FatPolarity
from napari_hipspine.measuring.drawn_classes import classes_behind
from napari_hipspine.measuring.fat_threshold import MuscleThreshold
from napari_hipspine.measuring.histograms import histogram_of
from napari_hipspine.measuring.measures import measure_again, measure_volume
from napari_hipspine.writing.tables import table_as_csv

MULTIFIDUS = find_muscle("multifidus")
MOVED = ThresholdReview({"multifidus": 190.0})


@pytest.fixture
def body(made):
    image, labels, _ = made.body_with_fat()
    return made.volume_of(image), made.labels_of(labels), image, labels


def test_a_moved_threshold_cuts_and_what_was_found_is_kept(made, body):
    volume, label_map, image, labels = body
    found = made.measure(volume, label_map).thresholds.muscles["multifidus"]
    measured = made.measure(volume, label_map, review=MOVED)
    for value, side in ((1, "right"), (2, "left")):
        row = made.row_of(measured.measurements, side=side)
        assert row["fi"] == (image[labels == value] > 190).mean()
        assert (row["threshold"], row["fat_method"]) == (190.0, "manual")
        assert "threshold_manual" in row["flags"]
        assert row["ff_signal_calibrated"] == pytest.approx(
            np.clip((image[labels == value] - found.lean) / (found.fat - found.lean), 0, 1).mean()
        )
    moved = measured.thresholds.muscles["multifidus"]
    assert moved.automatic == found
    said = measured.thresholds.as_dict()["multifidus"]
    assert said["automatic"] == {**found.as_dict()}
    assert MuscleThreshold.from_dict(said) == moved


def test_who_moved_it_is_said(made, body):
    volume, label_map, *_ = body
    key = SubjectKey("s1", reader_id="r2")
    measured = measure_volume(volume, label_map, LevelPlan(), MeasurementProtocol(), key=key, review=MOVED)
    assert measured.thresholds.as_dict()["multifidus"]["moved_by"] == "r2"


def test_moved_afterwards_equals_moved_from_the_start_and_can_be_reset(made, body):
    volume, label_map, *_ = body
    before = made.measure(volume, label_map)
    rest = (volume, label_map, LevelPlan(), MeasurementProtocol())
    later = measure_again(before, [], *rest, key=made.KEY, review=MOVED)
    at_once = made.measure(volume, label_map, review=MOVED)
    for name in ("slices", "measurements"):
        assert table_as_csv(getattr(later, name)) == table_as_csv(getattr(at_once, name))
    assert later.thresholds == at_once.thresholds
    kept = measure_again(later, [], *rest, key=made.KEY)
    assert kept.thresholds.moved == {"multifidus": 190.0}
    reset = measure_again(later, [], *rest, key=made.KEY, review=MOVED.reset((MULTIFIDUS,)))
    assert table_as_csv(reset.slices) == table_as_csv(before.slices)
    assert reset.thresholds == before.thresholds


def test_a_moved_threshold_is_frozen_and_marked_as_any_other(made, body):
    volume, label_map, _, labels = body
    before = made.measure(volume, label_map, review=MOVED)
    edited = labels.copy()
    edited[0, 20:24] = 0
    rest = (volume, made.labels_of(edited), LevelPlan(), MeasurementProtocol())
    after = measure_again(before, [0], *rest, key=made.KEY, review=MOVED)
    assert set(after.slices["threshold"]) == {190.0}
    assert after.slices["flags"].str.contains("threshold_stale").all()
    assert after.slices["flags"].str.contains("threshold_manual").all()


def test_a_muscle_without_a_fat_class_is_measured_once_a_reader_gives_its_threshold(made):
    image, labels, _ = made.body_with_fat(share=0.0, around=100.0)
    volume, label_map = made.volume_of(image), made.labels_of(labels)
    measured = made.measure(volume, label_map, review=ThresholdReview({"multifidus": 150.0}))
    assert (measured.measurements["fi"] == 0).all()
    assert measured.thresholds.muscles["multifidus"].automatic.reason == "no_fat_class"


def test_accepting_the_proposed_fat_drops_its_flag_and_nothing_else(made, body):
    volume, label_map, *_ = body
    before = made.measure(volume, label_map)
    accepted = ThresholdReview(accepts_fat_roi=True)
    rest = (volume, label_map, LevelPlan(), MeasurementProtocol())
    later = measure_again(before, [], *rest, key=made.KEY, review=accepted)
    at_once = made.measure(volume, label_map, review=accepted)
    assert table_as_csv(later.slices) == table_as_csv(at_once.slices)
    assert "fat_roi_proposed" not in "".join(later.slices["flags"])
    assert later.slices.drop(columns="flags").equals(before.slices.drop(columns="flags"))
    assert later.notes == at_once.notes
    assert later.notes[0].startswith("fat beside the muscles (accepted)")


def test_who_gives_every_threshold_has_looked_at_the_polarity(made):
    image, labels, _ = made.body_with_fat(lean=100.0, fat=6.0, around=6.0, spread=2.0)
    volume, label_map = made.volume_of(image), made.labels_of(labels)
    with pytest.raises(PolarityContradiction):
        made.measure(volume, label_map)
    assert made.measure(volume, label_map, review=MOVED).measurements["fi"].notna().all()


def test_a_moved_threshold_is_refused_for_fat_fractions_and_noted_for_absent_muscles(made, body):
    volume, label_map, image, _ = body
    pair = made.pair_of(image, image)
    with pytest.raises(InvalidChoice, match="Expected no moved threshold where fat fractions are measured"):
        made.measure(pair, label_map, made.DIXON, review=MOVED)
    elsewhere = ThresholdReview({"psoas_major": 120.0})
    assert (
        "threshold moved but not labelled anywhere: psoas_major"
        in made.measure(volume, label_map, review=elsewhere).notes
    )


def test_a_review_holds_muscles_and_finite_numbers_only():
    with pytest.raises(UnknownLabel):
        ThresholdReview({"biceps": 1.0})
    with pytest.raises(InvalidChoice, match="Expected a number for the threshold of multifidus, found nan"):
        ThresholdReview({"multifidus": float("nan")})
    both = ThresholdReview().move((find_muscle("psoas_major"), MULTIFIDUS), 4)
    assert list(both.moved.items()) == [("multifidus", 4.0), ("psoas_major", 4.0)]
    assert pickle.loads(pickle.dumps(both)) == both


@pytest.mark.parametrize("polarity", [FatPolarity.BRIGHT, FatPolarity.DARK])
def test_classes_are_drawn_as_they_were_fitted(made, polarity):
    random = np.random.default_rng(0)
    sign = 1 if polarity is FatPolarity.BRIGHT else -1
    signals = histogram_of(1000 + sign * np.concatenate([random.normal(100, 8, 6000), random.normal(300, 20, 2000)]))
    protocol = MeasurementProtocol(fat_method=FatMethod.MIXTURE)
    lean, fat = classes_behind(MuscleThreshold(1200.0, "mixture"), signals, polarity, protocol)
    assert (lean.name, fat.name) == ("lean", "fat")
    assert lean.signal == pytest.approx(1000 + sign * 100, abs=1)
    assert (lean.spread, fat.spread) == (pytest.approx(8, abs=1), pytest.approx(20, abs=2))
    assert fat.share == pytest.approx(0.25, abs=0.01)
    reference = MuscleThreshold(1200.0, "fat-reference", lean=1100.0, fat=1300.0)
    assert [one.signal for one in classes_behind(reference, signals, polarity, protocol)] == [1100.0, 1300.0]
    assert classes_behind(MuscleThreshold(1200.0, "manual"), signals, polarity, protocol) == ()
