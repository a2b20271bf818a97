"""Thresholds reviewed and results followed in a real napari window."""

from __future__ import annotations

import numpy as np
import pytest
from tests.undated import undated
from tests.viewer.conftest import measure, show

from napari_hipspine.cli import main
from napari_hipspine.domain.anatomy import Region, find_muscle, find_structure
from napari_hipspine.sample_data import find_sample
from napari_hipspine.viewer.contributions import files_of_sample, layers_of_sample
from napari_hipspine.viewer.fat_overlay import BESIDE, CALLED, NAME
from napari_hipspine.viewer.steps import Status, Step, step_states
from napari_hipspine.workflows.export_result import FAT, ExportChoice

pytestmark = pytest.mark.viewer
MULTIFIDUS = find_muscle("multifidus")


def up_to_date(dock, qtbot) -> None:
    qtbot.waitUntil(lambda: dock.session.why_stale() == "" and not dock.session.doing, timeout=20_000)


def rows(dock, muscle: str):
    table = dock.results.tables["measurements"].value()
    return table[table["muscle"] == muscle]


def overlay(viewer):
    return next((layer for layer in viewer.layers if layer.name == NAME), None)


def test_a_threshold_moved_in_the_window_equals_the_command_line_byte_for_byte(
    window,
    qtbot,
    tmp_path,
    told,
):
    viewer, dock = window
    from napari.layers import Layer

    series = find_sample("phantom01", Region.LUMBAR)
    for layer in layers_of_sample(series):
        viewer.add_layer(Layer.create(*layer))
    measure(dock, qtbot)
    assert dock.steps[Step.THRESHOLD].is_open
    review = dock.threshold.review
    found = review.plot.cut
    active = viewer.layers.selection.active
    review.dragged.emit(MULTIFIDUS, 60.0)
    assert overlay(viewer) is not None
    assert viewer.layers.selection.active == active
    z, labels = dock.link.slice_shown(), dock.session.work.label_map.labels
    values = [v for v, s in dock.session.work.label_map.structures.items() if s.muscle == MULTIFIDUS]
    of_muscle = np.isin(np.asarray(labels[z]), values)
    signal = np.asarray(dock.session.work.image.voxels[z])
    assert np.array_equal((np.asarray(overlay(viewer).data[z]) == CALLED) & of_muscle, (signal > 60.0) & of_muscle)
    review.moved.emit(MULTIFIDUS, 60.0)
    up_to_date(dock, qtbot)
    assert set(rows(dock, "multifidus")["threshold"]) == {60.0}
    assert set(rows(dock, "multifidus")["fat_method"]) == {"manual"}
    assert set(rows(dock, "psoas_major")["fat_method"]) == {"fat-reference"}
    dock.threshold.fat._accept.click()
    up_to_date(dock, qtbot)
    states = step_states(dock.session)
    assert (states[Step.THRESHOLD].status, states[Step.THRESHOLD].says) == (
        Status.DONE,
        "fat-reference, 1 moved by hand",
    )
    assert dock.steps[Step.RESULTS].is_open
    dock.actions.export(tmp_path / "window", ExportChoice(workbook=True, report=True))
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=60_000)
    pictures, outlines = files_of_sample(series)
    (level,) = series.level_plan.placements
    wish = ["measure", "--image", str(pictures.image), "--labels", str(outlines.labels)]
    wish += ["--naming", str(outlines.naming), "--contrast", "T2", "--fat-polarity", "bright"]
    wish += ["--level", f"{level.level.id}:{level.slice_position}=mm:{level.position_mm!r}"]
    wish += ["--manual-threshold", "multifidus=60", "--accept-fat-roi", "--out", str(tmp_path / "alone"), "--report"]
    assert main(wish) == 0
    for name in ("slices.csv", "measurements.csv", "columns.json", "run.json", "report.html"):
        assert undated(tmp_path / "window" / name) == undated(tmp_path / "alone" / name), name
    assert (tmp_path / "window" / "results.xlsx").stat().st_size > 5_000
    assert step_states(dock.session)[Step.RESULTS].status is Status.DONE
    review.reset.emit(None)
    up_to_date(dock, qtbot)
    dock.open_step(Step.THRESHOLD)
    assert review.plot.cut == found
    assert [words for words in told if "converting" not in words] == []


def test_one_threshold_for_all_muscles_and_finding_anew_counts_the_changes(window, subject, qtbot):
    viewer, dock = window
    show(viewer, subject)
    measure(dock, qtbot)
    dock.threshold.review.shared.emit(450.0)
    up_to_date(dock, qtbot)
    assert set(dock.results.tables["slices"].value()["threshold"]) == {450.0}
    viewer.layers["muscles"].paint((3, 55, 40), 1)
    qtbot.waitUntil(lambda: dock.session.work.stale_slices == {3}, timeout=5_000)
    up_to_date(dock, qtbot)
    flags = rows(dock, "multifidus")["flags"]
    assert flags.str.contains("threshold_stale").all()
    assert flags.str.contains("threshold_manual").all()
    assert step_states(dock.session)[Step.THRESHOLD].says == "outlines changed since it was found"
    dock.threshold.fat._accept.click()
    up_to_date(dock, qtbot)
    assert dock.threshold._find.text() == "Find thresholds anew"
    measure(dock, qtbot)
    assert not dock.session.work.review.accepts_fat_roi
    assert set(dock.results.tables["slices"].value()["threshold"]) == {450.0}
    changed = dock.session.work.measured.changed
    assert dock.threshold._changed.text() == (
        f"Found anew: {changed.n_changed} of {changed.n_numbers} numbers changed."
    )
    assert not dock.results.tables["slices"].value()["flags"].str.contains("threshold_stale").any()


def test_proposed_fat_is_shown_redrawn_and_counted_as_it_is_painted(window, subject, qtbot, tmp_path):
    viewer, dock = window
    show(viewer, subject)
    assert dock.threshold.fat._accept.toolTip() == "It is proposed when the thresholds are found."
    measure(dock, qtbot)
    dock.threshold.fat._show.setChecked(True)
    shown = overlay(viewer)
    assert (np.asarray(shown.data[3]) == BESIDE).any()
    dock.threshold.fat._redraw.click()
    qtbot.waitUntil(lambda: dock.session.work.fat_work is not None, timeout=20_000)
    drawn = viewer.layers["fat beside muscles"]
    assert np.array_equal(np.asarray(drawn.data[3]) == BESIDE, np.asarray(shown.data[3]) == BESIDE)
    assert dock.session.why_stale().startswith("Changed since it was measured: the fat beside the muscles.")
    measure(dock, qtbot)
    assert dock.session.why_stale() == ""
    assert not dock.results.tables["slices"].value()["flags"].str.contains("fat_roi_proposed").any()
    assert dock.session.work.measured.result.provenance.notes[-1].startswith("fat beside the muscles (drawn)")
    dock.actions.export(tmp_path / "window")
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=20_000)
    wish = ["measure", "--image", str(subject.pictures.image), "--labels", str(subject.outlines.labels)]
    wish += ["--naming", str(subject.outlines.naming), "--contrast", "T2", "--fat-polarity", "bright"]
    wish += ["--fat-roi", str(tmp_path / "window" / FAT), "--out", str(tmp_path / "alone")]
    assert main(wish) == 0
    for name in ("slices.csv", "measurements.csv"):
        assert undated(tmp_path / "window" / name) == undated(tmp_path / "alone" / name), name
    drawn.paint((3, 10, 10), BESIDE)
    qtbot.waitUntil(lambda: "the fat beside the muscles" in dock.session.why_stale(), timeout=5_000)
    viewer.layers.remove(drawn)
    assert dock.session.work.fat_roi is None
    assert dock.threshold.fat._layer.currentText() == "automatic"


def test_tables_picture_and_profile_follow_each_other(window, subject, qtbot):
    viewer, dock = window
    show(viewer, subject)
    measure(dock, qtbot)
    slices = dock.results.tables["slices"]
    dock.link.visit(4, find_structure("erector_spinae", "right"))
    row = slices.chosen_row()
    assert (row["muscle"], row["side"], row["slice_index"]) == ("erector_spinae", "right", 4)
    assert dock.results.tables["measurements"].chosen_row()["side"] == "right"
    assert dock.results.profile.value()[0].muscle.id == "erector_spinae"
    assert dock.threshold.review.plot.value().muscle.id == "erector_spinae"
    dock.results.profile.slice_chosen.emit(2)
    assert dock.link.slice_shown() == 2
    assert slices.chosen_row()["slice_index"] == 2
    both = dock.results.tables["measurements"]
    both.show_row(lambda one: (one["muscle"], one["side"]) == ("multifidus", "both"))
    both.row_chosen.emit(both.chosen_row())
    assert both.chosen_row()["side"] == "both"
    assert viewer.layers["muscles"].selected_label == 1

    class Click:
        type = "mouse_press"
        position = viewer.layers["muscles"].data_to_world(np.argwhere(subject.label_map.labels == 4)[0])

    click, press = viewer.mouse_drag_callbacks[-1], Click()
    running = click(viewer, press)
    next(running)
    press.type = "mouse_release"
    assert list(running) == []
    assert viewer.layers["muscles"].selected_label == 4
    viewer.layers["muscles"].mode = "paint"
    viewer.layers["muscles"].selected_label = 1
    list(click(viewer, press))
    assert viewer.layers["muscles"].selected_label == 1


def test_fat_fractions_are_shown_with_their_cut_and_not_moved(window, subject, qtbot):
    from dataclasses import replace

    from napari.layers import Layer

    from napari_hipspine.domain.volume import Contrast, WaterFat
    from napari_hipspine.viewer.layers import image_layers, labels_layer

    viewer, dock = window
    fat = replace(subject.volume, contrast=Contrast.FAT)
    water = replace(subject.volume, voxels=np.full_like(subject.volume.voxels, 600), contrast=Contrast.WATER)
    for made in [*image_layers(WaterFat(water, fat), name="sub-7"), labels_layer(subject.label_map, name="muscles")]:
        viewer.add_layer(Layer.create(*made))
    dock.images.subject.value_changed.emit(replace(dock.session.who, subject_id="sub-7"))
    measure(dock, qtbot)
    dock.open_step(Step.THRESHOLD)
    review = dock.threshold.review
    assert review.plot.value().is_fraction
    assert not review._value.isEnabled()
    assert review._value.toolTip() == "Fat fractions are cut by the protocol, not by hand."
    assert dock.threshold.fat.isHidden()
    review._shows.setChecked(True)
    z = dock.link.slice_shown()
    fraction = fat.voxels[z] / (fat.voxels[z] + 600.0)
    seen = np.asarray(overlay(viewer).data[z]) == CALLED
    assert np.array_equal(seen, (fraction >= 0.5) & (subject.label_map.labels[z] > 0))
    review._shows.setChecked(False)
    assert overlay(viewer) is None
