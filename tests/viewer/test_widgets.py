"""Every widget gives back the value it was given, and says why a control cannot be used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QFontMetrics
from qtpy.QtWidgets import QLabel, QPushButton
from tests.viewer.conftest import STRUCTURES, oriented_grid

from napari_hipspine.domain.anatomy import find_level, find_muscle
from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.level_plan import (
    LevelPlacement,
    LevelPlan,
    MillimetresAround,
    NearestSlice,
    SlicesAround,
)
from napari_hipspine.domain.protocol import FatMethod, MeasurementProtocol, protocol_settings
from napari_hipspine.domain.subject import SubjectKey
from napari_hipspine.domain.volume import Contrast, FatPolarity
from napari_hipspine.relating.request import RelateRequest
from napari_hipspine.segmenting.adapters.tools import Device, ToolWish, Weights
from napari_hipspine.viewer.prompted import PromptPlace
from napari_hipspine.viewer.series_work import SubjectWords
from napari_hipspine.viewer.steps import Status, StepState
from napari_hipspine.viewer.study_list import SubjectRow
from napari_hipspine.viewer.widgets.beside_editor import BesideEditor
from napari_hipspine.viewer.widgets.correlation_table import CorrelationTable
from napari_hipspine.viewer.widgets.declared_editor import Declared, DeclaredEditor
from napari_hipspine.viewer.widgets.image_files_editor import ImageFilesEditor
from napari_hipspine.viewer.widgets.label_files_editor import LabelFilesEditor
from napari_hipspine.viewer.widgets.level_plan_editor import LevelPlanEditor
from napari_hipspine.viewer.widgets.level_proposals import LevelProposalsPanel
from napari_hipspine.viewer.widgets.many_choices import ManyChoices
from napari_hipspine.viewer.widgets.orientation_editor import OrientationEditor
from napari_hipspine.viewer.widgets.prompt_editor import USUAL_SERVER, PromptEditor
from napari_hipspine.viewer.widgets.protocol_editor import ProtocolEditor
from napari_hipspine.viewer.widgets.relate_editor import RelateEditor
from napari_hipspine.viewer.widgets.results_table import ResultsTable
from napari_hipspine.viewer.widgets.step_box import StepBox
from napari_hipspine.viewer.widgets.structures_editor import StructuresEditor
from napari_hipspine.viewer.widgets.study_header import SeriesSwitch
from napari_hipspine.viewer.widgets.subject_editor import SubjectEditor
from napari_hipspine.viewer.widgets.subject_list import SubjectList
from napari_hipspine.viewer.widgets.table_list import TableList
from napari_hipspine.viewer.widgets.tool_choice import ToolChoice, ToolChoiceEditor
from napari_hipspine.viewer.widgets.window_editor import WindowEditor
from napari_hipspine.workflows.measure_subject import measure_subject
from napari_hipspine.workflows.open_subject import ImageFiles, LabelFiles
from napari_hipspine.workflows.relate_cohort import relate_published
from napari_hipspine.workflows.relate_wholly import BesideChoices

PLAN = LevelPlan(
    (
        LevelPlacement(find_level("L4"), -32.0, "mid_vertebra"),
        LevelPlacement(find_level("L4"), -28.0, "user", find_muscle("multifidus"), is_confirmed=False),
    ),
    MillimetresAround(12.5),
)


@pytest.mark.parametrize(
    ("make", "values"),
    [
        (SubjectEditor, [SubjectWords("sub-007", "a", "r1"), SubjectWords()]),
        (WindowEditor, [SlicesAround(5), MillimetresAround(17.5), NearestSlice()]),
        (LevelPlanEditor, [PLAN, LevelPlan(), LevelPlan((), SlicesAround(3))]),
        (StructuresEditor, [STRUCTURES, {}]),
        (DeclaredEditor, [Declared(Contrast.PD, FatPolarity.DARK, True), Declared()]),
        (
            ProtocolEditor,
            [
                MeasurementProtocol(),
                MeasurementProtocol(fat_method=FatMethod.MANUAL, manual_threshold=412.5, erosion_mm=1.5),
                MeasurementProtocol(fat_method=FatMethod.MIXTURE, n_classes=3, mixture_cut="lean|rest", valid_low=3.0),
            ],
        ),
        (
            ImageFilesEditor,
            [
                ImageFiles(image="/a/t2.nii", series="3"),
                ImageFiles(image="/a/t2.nii", contrast=Contrast.T2, fat_polarity=FatPolarity.BRIGHT),
                ImageFiles(water="/a/w.nii", fat="/a/f.nii", accepts_header_mismatch=True),
                ImageFiles(fat_fraction="/a/ff.nii"),
            ],
        ),
        (
            lambda: LabelFilesEditor(("musclemap-abdomen", "vibesegmentator")),
            [LabelFiles("/a/l.nii", "vibesegmentator"), LabelFiles("/a/l.nii", "/a/own.csv", ignores_unknown=True)],
        ),
        (
            ToolChoiceEditor,
            [
                ToolChoice("musclemap", ToolWish("pelvis", Device.CPU, Weights.DOWNLOAD)),
                ToolChoice("totalsegmentator", ToolWish("vertebrae_mr")),
            ],
        ),
        (PromptEditor, [PromptPlace("http://box:1527"), PromptPlace(USUAL_SERVER), PromptPlace("", True)]),
        (
            lambda: LevelProposalsPanel(("totalspineseg",)),
            [LabelFiles("/a/spine.nii.gz", "totalspineseg"), LabelFiles("/a/spine.seg.nrrd", None)],
        ),
        (
            RelateEditor,
            [
                RelateRequest(("ff",), ("L4",), ("greater_trochanter",), side="left", p_method="t", seed=3),
                RelateRequest(
                    lumbar_level=("L3", "L4"),
                    session="first",
                    lumbar_session="before",
                    hip_session="after",
                    interval="fieller",
                    covariates=("age", "sex"),
                ),
                RelateRequest(),
            ],
        ),
        (
            BesideEditor,
            [
                BesideChoices(
                    Path("p.tsv"),
                    Path("i.csv"),
                    (Path("s.csv"),),
                    (("up", Path("u.csv")),),
                    True,
                    Path("r"),
                    ("PI", "age"),
                ),
                BesideChoices(),
            ],
        ),
        (lambda: ManyChoices("none", tooltip="words"), [("L4", "L3"), ()]),
        (TableList, [("/a/measurements.csv", "/b/measurements.csv"), ()]),
    ],
)
def test_value_comes_back(qtbot, make, values):
    for value in values:
        widget = make()
        qtbot.addWidget(widget)
        widget.set_value(value)
        assert widget.value() == value


def test_step_shows_its_state_and_its_content_on_demand(qtbot):
    box = StepBox(2, "Level", QLabel("content"))
    qtbot.addWidget(box)
    box.set_value(StepState(Status.ATTENTION, "confirm L4"))
    assert box.value() == StepState(Status.ATTENTION, "confirm L4")
    box.set_open(shown=True)
    assert box.is_open


def test_protocol_editor_keeps_the_last_allowed_settings_and_says_why(qtbot):
    editor = ProtocolEditor()
    qtbot.addWidget(editor)
    heard = []
    editor.value_changed.connect(heard.append)
    editor._editors["erosion_mm"].setText("99")
    editor._editors["erosion_mm"].editingFinished.emit()
    assert editor.problem().startswith("Expected erosion_mm between 0 and 20, found 99")
    assert editor.value() == MeasurementProtocol()
    editor._editors["erosion_mm"].setText("1,5")
    editor._editors["erosion_mm"].editingFinished.emit()
    assert (editor.problem(), editor.value().erosion_mm) == ("", 1.5)
    assert heard == [MeasurementProtocol(erosion_mm=1.5)]


def test_every_setting_has_an_editor_with_its_reason(qtbot):
    editor = ProtocolEditor()
    qtbot.addWidget(editor)
    reasons = {name: widget.toolTip() for name, widget in editor._editors.items()}
    assert reasons == {setting.name: setting.reason for setting in protocol_settings()}


def test_missing_path_is_said(qtbot):
    editor = ImageFilesEditor()
    qtbot.addWidget(editor)
    assert editor.why_not_open() == "Expected a path for the image file or dicom folder, found none."
    with pytest.raises(InvalidChoice, match="Expected a path"):
        editor.value()


def test_one_of_several_series_is_asked_for_and_not_guessed(qtbot):
    editor = ImageFilesEditor()
    qtbot.addWidget(editor)
    editor.set_value(ImageFiles(image="/a/dicom"))
    editor.offer_series(("T1", "T2"))
    assert editor.value().series is None
    editor._series.setCurrentIndex(2)
    assert editor.value().series == "1"


def test_marking_a_level_replaces_the_same_level_of_the_same_muscle(qtbot):
    editor = LevelPlanEditor()
    qtbot.addWidget(editor)
    editor.set_grid(oriented_grid(), region="lumbar")
    editor.set_value(PLAN)
    editor.add(LevelPlacement(find_level("L4"), -24.0))
    assert [(p.muscle is None, p.position_mm) for p in editor.value().placements] == [(False, -28.0), (True, -24.0)]
    editor.confirm_all()
    assert all(p.is_confirmed for p in editor.value().placements)


def test_naming_a_value_moves_the_structure_there(qtbot):
    editor = StructuresEditor()
    qtbot.addWidget(editor)
    editor.set_value(STRUCTURES)
    editor.choose(9)
    editor._name_value()
    named = {structure.id: value for value, structure in editor.value().items()}
    assert named["multifidus_left"] == 9
    assert len(editor.value()) == len(STRUCTURES)


@pytest.fixture
def results(subject):
    return measure_subject(subject.volume, subject.label_map, key=SubjectKey("sub-007"))


def test_table_gives_back_its_frame_and_tells_the_row_that_was_clicked(qtbot, results):
    table = ResultsTable("slices")
    qtbot.addWidget(table)
    table.set_value(results.slices)
    assert table.value() is results.slices
    heard = []
    table.row_chosen.connect(heard.append)
    names = [column.name for column in table._model._columns]
    table.sortByColumn(names.index("csa_mm2"), Qt.SortOrder.DescendingOrder)
    table.clicked.emit(table._model.index(0, 0))
    assert heard[0]["csa_mm2"] == results.slices["csa_mm2"].max()
    assert table.chosen_text().splitlines()[0].split("\t")[:3] == ["Level", "Muscle", "Side"]


def test_empty_cell_says_why(qtbot, results):
    frame = results.measurements.copy()
    frame["reason"] = "no_fat_class"
    frame.loc[0, "fi"] = float("nan")
    table = ResultsTable("measurements")
    qtbot.addWidget(table)
    table.set_value(frame)
    at = [column.name for column in table._model._columns].index("fi")
    index = table._model.index(0, at)
    assert table._model.data(index) == "–"
    assert table._model.data(index, Qt.ItemDataRole.ToolTipRole) == "no fat class"


def test_published_table_stands_as_in_print(qtbot):
    table = CorrelationTable()
    qtbot.addWidget(table)
    table.set_value(relate_published().correlations)
    assert (table.rowCount(), table.columnCount()) == (14, 8)
    item = table.item(3, 2)
    assert item.text() == "0.582\n0.032"
    assert item.font().bold()
    assert "n 14" in item.toolTip()
    assert not table.item(2, 2).font().bold()


def test_q_mark_stands_beside_rho(qtbot):
    correlations = relate_published().correlations
    correlations.loc[0, "q"] = 0.01
    table = CorrelationTable()
    qtbot.addWidget(table)
    table.set_value(correlations)
    marked = [table.item(r, c).text() for r in range(2, 14) for c in range(2, 8) if "●" in table.item(r, c).text()]
    assert len(marked) == 1


def test_a_negative_bold_cell_with_its_mark_keeps_p_in_view(qtbot):
    correlations = relate_published().correlations.assign(rho=-0.888, p=0.0001, q=0.001)
    table = CorrelationTable()
    qtbot.addWidget(table)
    table.set_value(correlations)
    words = QFontMetrics(table.item(2, 2).font())
    assert table.item(2, 2).text() == "−0.888 ●\n<0.001"
    for line in table.item(2, 2).text().splitlines():
        assert words.horizontalAdvance(line) < table.columnWidth(2)


def test_buttons_say_what_they_do(qtbot):
    for widget in (LevelPlanEditor(), StructuresEditor(), ProtocolEditor(), ImageFilesEditor()):
        qtbot.addWidget(widget)
        silent = [
            button.text() for button in widget.findChildren(QPushButton) if button.text() and not button.toolTip()
        ]
        assert silent in ([], ["Mark L4 here"])
    assert replace(PLAN, window=NearestSlice()) != PLAN


def test_orientation_editor_gives_back_its_letters_and_says_what_a_change_would_do(qtbot):
    editor = OrientationEditor()
    qtbot.addWidget(editor)
    for letters in ("SPL", "LIP", "IAR"):
        editor.set_value(letters)
        assert editor.value() == letters
    editor.set_value("SPL")
    labels = [label.text() for label in editor.findChildren(QLabel)]
    assert "The file does not say how the patient lies; this is assumed." in labels
    editor.allow("Labels lie on it.")
    assert editor._box.toolTip() == "Labels lie on it."


def test_the_switch_shows_few_series_as_buttons_and_many_in_a_box(qtbot):
    switch = SeriesSwitch()
    qtbot.addWidget(switch)
    assert switch.isHidden()
    for titles, current in ((("Lumbar · T2", "Hip · PD"), 1), (tuple("abcd"), 2), (("Hip · PD",), 0)):
        switch.set_value(titles, current)
        assert (switch.titles, switch.value()) == (titles, current)
    chosen = []
    switch.chosen.connect(chosen.append)
    switch._group.button(0).click()
    assert chosen == [0]


def test_the_list_of_subjects_gives_back_its_rows_and_tells_who_was_clicked(qtbot):
    rows = tuple(
        SubjectRow((name, ""), ("○", name, "2", "0/2", "–", "0/2"), "lumbar T2", is_open=name == "sub-2")
        for name in ("sub-1", "sub-2")
    )
    listed, chosen = SubjectList(), []
    qtbot.addWidget(listed)
    listed.set_value(rows)
    assert listed.value() == rows
    listed.chosen.connect(chosen.append)
    listed._table.clicked.emit(listed._table.model().index(1, 0))
    assert chosen == [("sub-2", "")]
    listed.set_problems(["Expected a folder."])
    assert not listed._problems.isHidden()
    bold = listed._model.data(listed._model.index(1, 1), Qt.ItemDataRole.FontRole)
    assert bold.bold()
