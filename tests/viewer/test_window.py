"""The main job in a real napari window."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from napari.layers import Layer
from qtpy.QtGui import QTextDocumentFragment
from qtpy.QtWidgets import QLabel
from superqt.utils._qthreading import WorkerBase
from tests.undated import undated
from tests.viewer.conftest import measure, show

from napari_hipspine.cli import main
from napari_hipspine.domain.anatomy import Region, find_level
from napari_hipspine.domain.level_plan import LevelPlacement, LevelPlan
from napari_hipspine.domain.protocol import FatMethod, MeasurementProtocol
from napari_hipspine.domain.provenance import RESEARCH_ONLY
from napari_hipspine.domain.volume import FatPolarity
from napari_hipspine.keeping.label_store_opening import open_label_store
from napari_hipspine.sample_data import find_sample
from napari_hipspine.viewer.canvas_marks import LINE, PREFIX
from napari_hipspine.viewer.contributions import files_of_sample, layers_of_sample
from napari_hipspine.viewer.layers import image_layers
from napari_hipspine.viewer.steps import Status, Step, step_states
from napari_hipspine.viewer.widgets.correlation_dock import CorrelationDock
from napari_hipspine.viewer.widgets.main_dock import MainDock
from napari_hipspine.workflows.export_result import ExportChoice
from napari_hipspine.workflows.open_subject import ImageFiles, LabelFiles

pytestmark = pytest.mark.viewer


def test_sample_measured_in_the_window_equals_the_command_line_byte_for_byte(window, qtbot, tmp_path, told):
    viewer, dock = window
    series = find_sample("phantom01", Region.LUMBAR)
    for layer in layers_of_sample(series):
        viewer.add_layer(Layer.create(*layer))
    assert step_states(dock.session)[Step.LEVELS].status is Status.ATTENTION
    measure(dock, qtbot)
    dock.actions.export(tmp_path / "window")
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=20_000)
    written = list((tmp_path / "window").iterdir())
    (level,) = series.level_plan.placements
    pictures, outlines = files_of_sample(series)
    wish = [
        "measure",
        "--image",
        str(pictures.image),
        "--labels",
        str(outlines.labels),
        "--naming",
        str(outlines.naming),
    ]
    wish += ["--contrast", "T2", "--fat-polarity", "bright", "--out", str(tmp_path / "alone")]
    wish += ["--level", f"{level.level.id}:{level.slice_position}=mm:{level.position_mm!r}"]
    assert main(wish) == 0
    assert sorted(path.name for path in written) == ["columns.json", "measurements.csv", "run.json", "slices.csv"]
    for path in written:
        assert undated(path) == undated(tmp_path / "alone" / path.name), path.name
    shown = dock.results.tables["measurements"].value()
    assert shown is dock.session.work.measured.result.measurements
    looked_at = [state.status for state in step_states(dock.session).values()]
    assert looked_at == [Status.DONE, Status.DONE, Status.DONE, Status.ATTENTION, Status.DONE]
    assert dock.steps[Step.THRESHOLD].is_open
    assert [words for words in told if "converting" not in words] == []


def test_implants_and_variations_of_the_window_are_those_of_the_command_line(window, qtbot, tmp_path, told):
    viewer, dock = window
    series = find_sample("phantom01", Region.LUMBAR)
    for layer in layers_of_sample(series):
        viewer.add_layer(Layer.create(*layer))
    table = tmp_path / "implants.csv"
    table.write_text(
        f"subject_id,region,side,muscle,kind\n{dock.session.key().subject_id},lumbar,left,multifidus,fusion\n"
    )
    measure(dock, qtbot)
    dock.threshold.implants.set_value(str(tmp_path / "none.csv"))
    assert dock.session.work.implants is None
    dock.threshold.refresh(dock.session, ())
    assert "no table of implants" in dock.threshold._find.toolTip()
    dock.threshold.implants.set_value(str(table))
    assert dock.session.work.implants_file == table
    measure(dock, qtbot)
    measured = dock.session.work.measured.result.measurements.set_index(["muscle", "side"])
    assert measured.loc[("multifidus", "left"), "reason"] == "fusion"
    dock.actions.export(tmp_path / "window", ExportChoice(variations=True))
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=60_000)
    (level,) = series.level_plan.placements
    pictures, outlines = files_of_sample(series)
    wish = ["measure", "--image", str(pictures.image), "--labels", str(outlines.labels)]
    wish += ["--naming", str(outlines.naming), "--contrast", "T2", "--fat-polarity", "bright"]
    wish += ["--level", f"{level.level.id}:{level.slice_position}=mm:{level.position_mm!r}"]
    wish += ["--implants", str(table), "--variations", "--out", str(tmp_path / "alone")]
    assert main(wish) == 0
    names = {path.name for path in (tmp_path / "window").iterdir()}
    assert names == {path.name for path in (tmp_path / "alone").iterdir()}
    assert "variations.csv" in names
    for name in names:
        assert undated(tmp_path / "window" / name) == undated(tmp_path / "alone" / name), name
    dock.threshold.implants.set_value("")
    assert dock.session.work.implants is None
    assert "the files" in dock.session.why_stale()
    assert [words for words in told if "converting" not in words] == []


def test_patients_left_is_on_the_right_of_the_screen_and_the_array_is_untouched(make_napari_viewer_proxy, subject):
    viewer = make_napari_viewer_proxy(show=True)
    dock = MainDock(viewer)
    show(viewer, subject)
    assert viewer.layers["sub-007 · T2"].data is subject.volume.voxels
    only_left = np.where(np.isin(subject.label_map.labels, (1, 3)), subject.label_map.labels, 0)
    viewer.layers["muscles"].data[...] = only_left
    viewer.layers["muscles"].refresh()
    viewer.layers["muscles"].opacity = 1.0
    viewer.layers["sub-007 · T2"].visible = False
    marks = {edge: viewer.canvas.overlays[PREFIX + edge] for edge in ("left", "right", "top", "bottom")}
    assert {edge: mark.text for edge, mark in marks.items()} == dict.fromkeys(marks, "")
    viewer.layers["sub-007 · T2"].visible = True
    viewer.layers["sub-007 · T2"].opacity = 0.0
    assert {edge: mark.text for edge, mark in marks.items()} == {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    dock.link.visit(3)
    dock.leave()
    viewer.reset_view()
    for mark in marks.values():
        mark.visible = False
    viewer.canvas.overlays[LINE].visible = False
    screen = viewer.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)
    is_label = (screen.max(axis=2) - screen.min(axis=2)) > 20
    columns = np.flatnonzero(is_label.any(axis=0))
    rows = np.flatnonzero(is_label.any(axis=1))
    assert columns.min() > screen.shape[1] / 2
    assert rows.mean() > screen.shape[0] / 2


def test_letters_follow_the_axes_on_the_screen(window, subject):
    viewer, dock = window
    show(viewer, subject)
    dock.session.change(
        level_plan=LevelPlan((LevelPlacement(find_level("L4"), subject.volume.grid.slice_position_mm(2)),))
    )
    dock.link.visit(2)
    assert viewer.canvas.overlays[LINE].text.strip() == "sub-007 · L4 · T2 · slice 2 of 5 · −32.0 mm"
    viewer.dims.order = (2, 0, 1)
    letters = [viewer.canvas.overlays[PREFIX + edge].text for edge in ("left", "right", "top", "bottom")]
    assert letters == ["A", "P", "I", "S"]
    viewer.dims.order = (0, 1, 2)
    viewer.dims.ndisplay = 3
    assert not any(viewer.canvas.overlays[PREFIX + edge].visible for edge in ("left", "right", "top", "bottom"))


def test_row_click_goes_to_the_slice_and_chooses_the_muscle(window, subject, qtbot):
    viewer, dock = window
    show(viewer, subject)
    measure(dock, qtbot)
    table = dock.results.tables["slices"]
    rows = table.value()
    at = rows.index[(rows["slice_index"] == 4) & (rows["muscle"] == "erector_spinae") & (rows["side"] == "right")][0]
    table.clicked.emit(table.model().index(int(at), 0))
    assert dock.link.slice_shown() == 4
    assert viewer.layers["muscles"].selected_label == 4


def test_numbers_follow_painting_and_undo_by_themselves(window, subject, qtbot):
    viewer, dock = window
    show(viewer, subject)
    measure(dock, qtbot)
    before = dock.session.work.measured

    def csa() -> float:
        rows = dock.session.work.measured.result.slices
        found = rows["csa_mm2"][
            (rows["slice_index"] == 3) & (rows["muscle"] == "multifidus") & (rows["side"] == "left")
        ]
        return float(found.iloc[0])

    was, layer = csa(), viewer.layers["muscles"]
    dock.open_step(Step.MUSCLES)
    layer.paint((3, 55, 40), 1)
    qtbot.waitUntil(lambda: csa() > was, timeout=10_000)
    assert dock.session.why_not_export() == ""
    assert dock.results.tables["slices"].value() is dock.session.work.measured.result.slices
    assert dock.steps[Step.MUSCLES].is_open
    layer.undo()
    qtbot.waitUntil(lambda: csa() == was, timeout=10_000)
    assert dock.session.work.measured is not before


def test_numbers_follow_levels_and_wait_for_the_button_after_other_settings(window, subject, qtbot):
    viewer, dock = window
    show(viewer, subject)
    measure(dock, qtbot)
    dock.session.change(level_plan=LevelPlan((LevelPlacement(find_level("L4"), -32.0),)))
    qtbot.waitUntil(lambda: dock.session.why_not_export() == "", timeout=5_000)
    before = dock.session.work.measured
    assert set(before.result.measurements["level"]) == {"L4"}
    dock.session.change(chosen_protocol=MeasurementProtocol(fat_method=FatMethod.OTSU_POOLED))
    viewer.layers["muscles"].paint((3, 55, 40), 1)
    qtbot.waitUntil(lambda: dock.session.work.stale_slices == {3}, timeout=5_000)
    qtbot.wait(100)
    assert dock.session.work.measured is before
    assert "the labels, the settings. Find the thresholds anew" in dock.session.why_not_export()


def test_refusal_is_one_notification_and_nothing_is_lost(window, subject, qtbot, told):
    viewer, dock = window
    show(viewer, subject)
    measure(dock, qtbot)
    dock.session.change(chosen_protocol=MeasurementProtocol(fat_method=FatMethod.DIXON))
    before = dock.session.work
    assert before.measured is not None
    measure(dock, qtbot)
    assert len(told) == 1
    message, hint = told[0].split("\n", maxsplit=1)
    assert message.startswith("Expected")
    assert hint
    assert dock.session.work is before
    assert dock.session.why_not_measure() == ""


def test_cancel_leaves_everything_as_it_was(window, subject, qtbot, told, monkeypatch):
    viewer, dock = window
    show(viewer, subject)
    begun, go_on = threading.Event(), threading.Event()

    def slow(request, progress):
        for step in range(1_000):
            progress(step, 1_000, "measuring")
            begun.set()
            go_on.wait(5)
        raise AssertionError("was not stopped")

    monkeypatch.setattr("napari_hipspine.viewer.series_work.MeasureRequest.run", slow)
    dock.actions.measure()
    qtbot.waitUntil(begun.is_set, timeout=5_000)
    assert dock.session.why_not_measure().startswith("Wait until measuring has ended")
    dock.progress.cancelled.emit()
    go_on.set()
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=5_000)
    assert dock.session.work.measured is None
    assert not dock.progress.isVisible()
    assert told == []


def test_labels_file_is_looked_at_before_it_is_accepted(window, subject, qtbot, told):
    _, dock = window
    dock.images.files.set_value(subject.pictures)
    dock.images.open_wished.emit()
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=20_000)
    dock.images.declared.set_value(replace(dock.images.declared.value(), fat_polarity=FatPolarity.BRIGHT))
    dock.labels.files.set_value(subject.outlines)
    assert not dock.labels._accept.isEnabled()
    dock.labels.look_wished.emit()
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=20_000)
    assert dock.session.work.label_map is None
    assert dock.labels._accept.isEnabled()
    dock.labels.accept_wished.emit()
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=20_000)
    assert dock.session.work.n_structures == 4
    assert dock.session.work.image.fat_polarity is FatPolarity.BRIGHT
    dock.labels.files.set_value(LabelFiles(str(subject.outlines.labels), "vibesegmentator"))
    assert not dock.labels._accept.isEnabled()
    assert told == []


def test_labels_drawn_with_naparis_own_button_are_measured_on_the_right_sides(window, subject, qtbot):
    viewer, dock = window
    (image,) = image_layers(subject.volume, name="T2", pictures=subject.pictures)
    viewer.add_layer(Layer.create(*image))
    drawn = viewer.add_labels(subject.label_map.labels[:, ::-1, ::-1].copy(), scale=(4, 2, 1), units=("mm",) * 3)
    dock.actions.use_layer(drawn)
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=20_000)
    assert dock.session.why_not_measure() == "Say first which muscle each label value is (step 3)."
    dock.actions.name_structures(dict(subject.label_map.structures))
    measure(dock, qtbot)
    measured = dock.session.work.measured.result.measurements.set_index(["muscle", "side"])["csa_mm2"]
    assert measured["multifidus", "left"] < measured["multifidus", "right"]


def test_removed_image_closes_its_series(window, subject):
    viewer, dock = window
    show(viewer, subject)
    kept, labels = dock.session.work.label_work, dock.link.labels_layer()
    viewer.layers.remove("sub-007 · T2")
    assert dock.session.works == ()
    assert not dock.threshold._find.isEnabled()
    assert kept.is_closed
    assert not labels.editable
    with open_label_store(kept.store.folder) as others:
        assert others.read_only_reason == ""


def test_correlation_dock_shows_table_heat_map_and_scatter(make_napari_viewer_proxy, qtbot, tmp_path, told):
    from napari_hipspine.sample_data import synthetic_measurements

    viewer = make_napari_viewer_proxy()
    dock = CorrelationDock(viewer)
    viewer.window.add_dock_widget(dock, name="Lumbar-hip correlations")
    dock.add_files([str(synthetic_measurements())])
    dock.relate()
    qtbot.waitUntil(lambda: not dock.is_busy, timeout=60_000)
    assert told == []
    with qtbot.waitSignal(dock.pages.heat_map.drawn, timeout=60_000):
        dock.pages.tabs.setCurrentIndex(1)
    said = QTextDocumentFragment.fromHtml(dock.pages.header.text()).toPlainText()
    assert "smallest q <0.001; exploratory, not for diagnosis" in said
    cell = dock.pages.table.cell_at(1, 1)
    dock.show_scatter(cell)
    assert dock.pages.scatter.canvas.value() is not None
    assert dock.pages.beside.value()
    with qtbot.waitSignal(dock.written, timeout=60_000):
        dock.export(tmp_path / "dock")
    qtbot.waitUntil(lambda: not dock.is_busy, timeout=60_000)
    written = {path.name: undated(path) for path in (tmp_path / "dock").iterdir()}
    assert main(["relate", str(synthetic_measurements()), "--out", str(tmp_path / "line")]) == 0
    assert written == {path.name: undated(path) for path in (tmp_path / "line").iterdir()}
    dock.add_files([str(tmp_path / "missing.csv")])
    dock.relate()
    qtbot.waitUntil(lambda: not dock.is_busy, timeout=60_000)
    assert len(told) == 1
    assert dock.relation is not None
    assert any(label.text() == RESEARCH_ONLY for label in dock.findChildren(QLabel))


def test_every_dock_carries_the_research_line(window, subject, qtbot):
    viewer, dock = window
    show(viewer, subject)
    dock.show_results()
    for widget in (dock, dock.results):
        assert [label.text() for label in widget.findChildren(QLabel, "research_only")] == [RESEARCH_ONLY]
    assert Path(str(subject.pictures.image)).exists()


def test_window_closed_while_it_measures_leaves_no_thread_behind(make_napari_viewer_proxy, subject, qtbot, monkeypatch):
    viewer = make_napari_viewer_proxy()
    dock = MainDock(viewer)
    viewer.window.add_dock_widget(dock, name="Hip-spine muscles")
    show(viewer, subject)
    begun, ended = threading.Event(), threading.Event()

    def slow(request, progress):
        try:
            while True:
                begun.set()
                progress(0, 0, "measuring")
        finally:
            ended.set()

    monkeypatch.setattr("napari_hipspine.viewer.series_work.MeasureRequest.run", slow)
    dock.actions.measure()
    qtbot.waitUntil(begun.is_set, timeout=5_000)
    viewer.close()
    qtbot.waitUntil(ended.is_set, timeout=5_000)
    qtbot.waitUntil(lambda: not WorkerBase._worker_set, timeout=5_000)


def test_dock_closed_and_opened_again_finds_its_work(make_napari_viewer_proxy, subject, qtbot):
    viewer = make_napari_viewer_proxy()
    first = MainDock(viewer)
    shown = viewer.window.add_dock_widget(first, name="Hip-spine muscles")
    show(viewer, subject)
    level = LevelPlan((LevelPlacement(find_level("L4"), -32.0),))
    first.session.change(level_plan=level)
    first.actions.name_structures({1: subject.label_map.structures[1]})
    viewer.window.remove_dock_widget(shown)
    qtbot.wait(50)
    viewer.add_labels(np.zeros((6, 60, 80), np.uint8), name="another", units=("mm",) * 3)
    again = MainDock(viewer)
    qtbot.addWidget(again)
    assert again.session.work.level_plan == level
    assert again.session.work.n_structures == 1
    assert again.session.work.image.fat_polarity is FatPolarity.BRIGHT
    again.leave()


def test_layer_off_the_image_is_refused_when_it_is_chosen(window, subject, told):
    viewer, dock = window
    show(viewer, subject)
    before = dock.session.work.label_map
    dock.actions.use_layer(viewer.add_labels(np.ones((3, 20, 20), np.uint8), name="elsewhere", units=("mm",) * 3))
    assert dock.session.work.label_map is before
    assert len(told) == 1
    assert told[0].startswith("Expected both volumes on one grid")


def test_one_of_several_series_is_chosen_by_the_reader(window, shared_data, qtbot, told):
    _, dock = window
    place = shared_data / "dicom-pelvis-siemens" / "t2_localizer_mixed_planes"
    dock.images.files.set_value(ImageFiles(image=place))
    dock.images.open_wished.emit()
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=20_000)
    assert dock.session.works == ()
    assert len(told) == 1
    assert told[0].endswith("Choose one under Series in step 1, and press Open again.")
    dock.images.files._series.setCurrentIndex(1)
    dock.images.open_wished.emit()
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=20_000)
    assert dock.session.work.volume.grid.orientation == "RIP"
    assert dock.session.work.pictures.series == "0"


def test_labels_drawn_on_the_fat_picture_bring_the_levels_along(window, shared_data, qtbot, tmp_path, told):
    """Water and fat of this subject lie up to 205 mm apart by their headers; the labels decide, the slices stay."""
    _, dock = window
    folder = shared_data / "lumbar-dixon-tum01"
    water, fat = (folder / f"TUM01_{name}_img_img_L2-L5.nii.gz" for name in ("water", "fat"))
    naming = tmp_path / "naming.csv"
    naming.write_text(
        "value,muscle,side\n1,erector_spinae,right\n2,multifidus,right\n3,multifidus,left\n4,erector_spinae,left\n"
    )
    dock.images.files.set_value(ImageFiles(water=water, fat=fat, accepts_header_mismatch=True))
    dock.images.open_wished.emit()
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=30_000)
    dock.link.visit(14)
    dock.levels.mark_wished.emit()
    dock.labels.files.set_value(LabelFiles(folder / "TUM01_fat_manual_label_segmentation_L2-L5.nii.gz", naming))
    dock.labels.accept_wished.emit()
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=30_000)
    work = dock.session.work
    assert work.image.grid.nearest_slice(work.level_plan.placements[0].position_mm) == 14
    measure(dock, qtbot)
    assert told == []
    rows = dock.session.work.measured.result.slices
    assert set(rows["slice_index"][rows["level"] == "L4"]) == {14}
    assert rows["flags"].str.contains("header_mismatch_accepted").all()
