"""The statistics dock: choices come back, each tab writes what the command line writes, refusals are told."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from napari.utils.notifications import notification_manager
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractSpinBox, QComboBox, QLabel, QLineEdit, QPushButton
from tests.undated import undated

from napari_hipspine.cli import main
from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.protocol import FatMethod
from napari_hipspine.domain.provenance import RESEARCH_ONLY
from napari_hipspine.domain.volume import Contrast, FatPolarity
from napari_hipspine.measuring.agreement import BorderRule, DistanceRule
from napari_hipspine.measuring.regions_rule import ClosedMuscles, DrawnCompartment, HoleRule
from napari_hipspine.relating.agreement_tables import LIMITS
from napari_hipspine.relating.extra_tables import MULTIPLICITY
from napari_hipspine.relating.flow import FlowStep
from napari_hipspine.relating.grade_agreement import KappaWeights
from napari_hipspine.relating.models.model_request import Estimator
from napari_hipspine.relating.raters import RaterColumn
from napari_hipspine.relating.study_dates import DateRules, DayOfSurgery
from napari_hipspine.sample_data import synthetic_measurements
from napari_hipspine.viewer.study_columns import heading_of, study_columns, study_text
from napari_hipspine.viewer.study_wishes import (
    AgreementWish,
    CountsFlowWish,
    CoursesWish,
    DescriptionWish,
    ModelWish,
    OutlinesWish,
    PeopleFlowWish,
    RegionsWish,
)
from napari_hipspine.viewer.widgets.agreement_choice import AgreementChoice
from napari_hipspine.viewer.widgets.agreement_editor import AgreementEditor
from napari_hipspine.viewer.widgets.courses_editor import CoursesEditor
from napari_hipspine.viewer.widgets.description_editor import DescriptionEditor
from napari_hipspine.viewer.widgets.figure_canvas import FigureCanvas
from napari_hipspine.viewer.widgets.flow_editor import FlowEditor
from napari_hipspine.viewer.widgets.model_editor import ModelEditor
from napari_hipspine.viewer.widgets.regions_editor import RegionsEditor
from napari_hipspine.viewer.widgets.statistics_dock import StatisticsDock
from napari_hipspine.viewer.widgets.word_inputs import NamedRows
from napari_hipspine.workflows.cohort_columns import CohortColumns, LeanColumns, ValueColumns
from napari_hipspine.workflows.describe_clinic import ClinicTables
from napari_hipspine.workflows.model_cohort import ModelExtras, ModelRequest
from napari_hipspine.workflows.open_subject import ImageFiles, LabelFiles
from napari_hipspine.workflows.region_files import RegionFiles

WAIT = 60_000
FORMULA = "pain ~ lmm_z * imat_z + age"


@pytest.fixture
def told():
    """Every notification that reaches the user."""
    heard: list[str] = []

    def hear(notification) -> None:
        heard.append(str(notification.message))

    notification_manager.notification_ready.connect(hear)
    yield heard
    notification_manager.notification_ready.disconnect(hear)


@pytest.fixture
def dock(qtbot):
    dock = StatisticsDock(None)
    qtbot.addWidget(dock)
    return dock


@pytest.fixture
def cohort(tmp_path) -> Path:
    random = np.random.default_rng(3)
    n = 160
    frame = pd.DataFrame({"lmm": random.normal(30, 5, n), "imat": random.normal(2, 0.5, n)})
    frame["age"] = random.integers(30, 70, n)
    frame["centre"] = [f"c{k % 8}" for k in range(n)]
    odds = -0.1 * (frame["lmm"] - 30) + 1.2 * (frame["imat"] - 2) + random.normal(0, 0.5, 8)[np.arange(n) % 8]
    frame["pain"] = (random.random(n) < 1 / (1 + np.exp(-odds))).astype(int)
    path = tmp_path / "cohort.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture
def readers(tmp_path) -> tuple[str, ...]:
    random = np.random.default_rng(0)
    truth = random.uniform(400, 900, 12)
    paths = [tmp_path / name for name in ("anna.csv", "ben.csv")]
    for path in paths:
        rows = [
            {"subject_id": f"{k:03d}", "level": "L4", "muscle": "multifidus", "side": "left", "grade": k % 4}
            | {"fcsa_mm2": truth[k] + random.normal(), "fi": random.uniform(0, 0.5)}
            for k in range(12)
        ]
        pd.DataFrame(rows).to_csv(path, index=False)
    return tuple(map(str, paths))


@pytest.fixture
def people(tmp_path) -> Path:
    rows = [
        ("007", "", "2019-01-01", "2019-06-01", "50", "f"),
        ("008", "fusion;poor", "2019-01-01", "2019-06-01", "61", "m"),
        ("009", "", "2019-01-01", "2020-06-01", "", "f"),
        ("010", "poor", "2019-01-01", "2019-01-01", "44", "m"),
    ]
    path = tmp_path / "people.csv"
    pd.DataFrame(rows, columns=["subject_id", "exclusion_reasons", "lumbar", "hip", "age", "sex"]).to_csv(
        path, index=False
    )
    return path


def model_wish(table: Path) -> ModelWish:
    request = ModelRequest(FORMULA, random="1|centre", n_points=3)
    return ModelWish(str(table), request, ModelExtras(z_columns=("lmm", "imat")))


def work(page, wish, qtbot) -> None:
    page.editor.set_value(wish)
    page._find.click()
    qtbot.waitUntil(lambda: not page.is_busy, timeout=WAIT)


def exported(page, folder: Path, qtbot) -> tuple[Path, ...]:
    """The files of what a page shows."""
    with qtbot.waitSignal(page.written, timeout=WAIT) as told:
        page.export(folder)
    qtbot.waitUntil(lambda: not page.is_busy, timeout=WAIT)
    return told.args[0]


def same_files(page, folder: Path, qtbot, *arguments: str) -> list[str]:
    """Names of the files, after each was held against the command line's."""
    assert main([*arguments, "--out", str(folder / "line")]) == 0
    written = exported(page, folder / "dock", qtbot)
    expected = {path.name: undated(path) for path in (folder / "line").iterdir()}
    assert {path.name: undated(path) for path in written} == expected
    return sorted(expected)


@pytest.mark.parametrize(
    ("make", "wishes"),
    [
        (
            ModelEditor,
            [
                ModelWish(
                    "",
                    ModelRequest(
                        "y ~ a", kind="linear", random="1 + t|id", criterion="ml", references={"sex": "female"}
                    ),
                    ModelExtras(by="month", few_events="firth", z_columns=("a", "b"), z_within="sex", z_ddof=0),
                ),
                ModelWish("", ModelRequest("y ~ a"), ModelExtras(columns=CohortColumns(activity="met"))),
                ModelWish(
                    "",
                    ModelRequest("y ~ a"),
                    ModelExtras(columns=CohortColumns(activity="met", activity_cuts=(1, 2.5))),
                ),
                ModelWish("", ModelRequest("y ~ a", estimator="gee", random="1|id", n_points=5)),
                ModelWish(
                    "",
                    ModelRequest("cbind(y, n) ~ a"),
                    ModelExtras(
                        formulas=("y ~ b", "cbind(y, n) ~ a + b"),
                        outcomes=("burden=pain>=4", "rare"),
                        z_columns=("a",),
                        z_reference="pain=0",
                        columns=CohortColumns(mixed_contrast=True, allow_psoas_threshold_fi=True),
                    ),
                ),
                ModelWish("", ModelRequest("y ~ a * b"), ModelExtras(additive=("a<0", "b>1"), draws=200, seed=4)),
            ],
        ),
        (
            CoursesEditor,
            [
                CoursesWish(),
                CoursesWish(
                    "", (), None, None, ("a", "b"), ("r=gpe<=2",), ("pain",), ("age",), "month", "id", Estimator.GEE
                ),
            ],
        ),
        (
            RegionsEditor,
            [
                RegionsWish(
                    RegionFiles(
                        ImageFiles(image="/a/t2.nii", fat_polarity=FatPolarity.BRIGHT, contrast=Contrast.T2),
                        LabelFiles("/a/labels.nii"),
                        ClosedMuscles(7.5, HoleRule.FILLED),
                        excluded=Path("/a/bone.nii"),
                        subject="p1",
                        reader="anna",
                    ),
                    FatMethod.MANUAL,
                    81.5,
                ),
                RegionsWish(
                    RegionFiles(
                        ImageFiles(water="/a/w.nii", fat="/a/f.nii", accepts_header_mismatch=True),
                        LabelFiles("/a/labels.nii", ignores_unknown=True),
                        DrawnCompartment((2, 4)),
                        compartment=Path("/a/drawn.nii"),
                        fat_roi=Path("/a/fat.nii"),
                        session="baseline",
                        implants=Path("/a/implants.csv"),
                        metal=Path("/a/metal.nii"),
                        keeps_metal=True,
                    ),
                    FatMethod.DIXON,
                ),
            ],
        ),
        (
            AgreementEditor,
            [
                AgreementWish(),
                AgreementWish((), ("csa",), ("grade",), KappaWeights.QUADRATIC, (0.0, 1.0, 2.5), RaterColumn.SESSION),
            ],
        ),
        (
            AgreementChoice,
            [
                OutlinesWish(LabelFiles("/a/x.nii"), LabelFiles("/a/y.nii", "/a/own.csv", ignores_unknown=True)),
                AgreementWish((), ("fi",)),
            ],
        ),
        (
            FlowEditor,
            [
                CountsFlowWish(143, (("prior surgery", 60), ("poor images", 52)), 31),
                PeopleFlowWish(),
                PeopleFlowWish(
                    "",
                    (FlowStep("poor images", ("poor", "artefact")),),
                    "why",
                    DateRules(
                        mri=("lumbar", "hip"),
                        limit_days=90,
                        surgery="operation",
                        day_of_surgery=DayOfSurgery.AFTER,
                        window_column="lumbar",
                        first=date(2017, 1, 1),
                        last=date(2023, 12, 31),
                    ),
                ),
            ],
        ),
        (
            DescriptionEditor,
            [
                DescriptionWish(by="sex", variables=("age", "bmi"), images="/a/dicom"),
                DescriptionWish(
                    clinic=ClinicTables(
                        affected_column="worse",
                        sessions=("a", "b"),
                        finding="severe",
                        condition="pain",
                        measures=("fi",),
                    )
                ),
                DescriptionWish(),
            ],
        ),
    ],
)
def test_wish_comes_back(qtbot, make, wishes):
    editor = make()
    qtbot.addWidget(editor)
    for wish in wishes:
        with qtbot.waitSignal(editor.value_changed):
            editor.set_value(wish)
        assert editor.value() == wish


def test_model_writes_the_very_files_of_the_command_line(dock, cohort, tmp_path, qtbot, told):
    work(dock.model, model_wish(cohort), qtbot)
    names = same_files(
        dock.model,
        tmp_path,
        qtbot,
        *("model", str(cohort), "--formula", FORMULA, "--random", "1|centre"),
        *("--points", "3", "--z", "lmm", "--z", "imat"),
    )
    assert {"model.csv", "forest.png", "probability_map.png", "run.json"} <= set(names)
    assert told == []
    result = dock.model.result
    assert "mixed logistic, n 160, events " in result.summary
    assert "groups 8" in result.summary
    assert result.tables.table.value().frame is result.value().tables[0].frame
    assert result.figure.value() is None
    result.tabs.setCurrentIndex(1)
    assert "lmm_z" in result.figure.value().axes[0].get_yticklabels()[0].get_text()
    result.figure_box.setCurrentIndex(result.figure_box.findData("probability_map"))
    assert result.figure.value().axes[0].get_xlabel() == "lmm_z"
    assert RESEARCH_ONLY in result.text.toPlainText()


def test_columns_made_before_a_model_are_those_of_the_command_line(dock, tmp_path, qtbot, told):
    random = np.random.default_rng(5)
    people = [f"p{k:03d}" for k in range(80)]
    cohort = pd.DataFrame({"subject_id": people, "met": random.uniform(0, 8000, 80), "bmi_kg_m2": 25.0})
    cohort["pain"] = random.integers(0, 2, 80)
    rows = [
        {"subject_id": who, "level": "all", "muscle": "multifidus", "side": side, "fi": 0.2}
        | {"volume_mm3": random.uniform(3e4, 5e4)}
        for who in people
        for side in ("left", "right")
    ]
    regions = [
        {"subject_id": who, "rule": "drawn", "muscles": "psoas_major_left", "intermat_mm3": random.uniform(3e4, 5e4)}
        for who in people
    ]
    table, measured, beside = (tmp_path / f"{name}.csv" for name in ("cohort", "measurements", "regions"))
    pd.DataFrame(regions).to_csv(beside, index=False)
    cohort.to_csv(table, index=False)
    pd.DataFrame(rows).to_csv(measured, index=False)
    columns = CohortColumns(
        LeanColumns((measured,), ("multifidus",)),
        regions=(beside,),
        values=ValueColumns((measured,), ("volume",), levels=("all",)),
        activity="met",
        activity_cuts=(600.0, 4000.0),
    )
    formula = "pain ~ lmm_index_cm3_per_kg_m2_z * intermat_cm3_z + activity"
    extras = ModelExtras(
        outcomes=("much=met>=3000",),
        z_columns=("lmm_index_cm3_per_kg_m2", "intermat_cm3"),
        additive=("lmm_index_cm3_per_kg_m2_z<0", "intermat_cm3_z>=0"),
        draws=2,
        columns=columns,
    )
    work(dock.model, ModelWish(str(table), ModelRequest(formula), extras), qtbot)
    assert told == []
    names = same_files(
        dock.model,
        tmp_path,
        qtbot,
        *("model", str(table), "--formula", formula, "--lean-from", str(measured), "--lean-muscles", "multifidus"),
        *("--activity", "met", "--activity-cuts", "600,4000", "--regions-from", str(beside)),
        *("--values-from", str(measured), "--values", "volume", "--level", "all"),
        *("--z", "lmm_index_cm3_per_kg_m2", "--z", "intermat_cm3", "--outcome", "much=met>=3000"),
        *("--additive", "lmm_index_cm3_per_kg_m2_z<0", "intermat_cm3_z>=0", "--bootstrap", "2"),
    )
    assert {"model.csv", "made_columns.csv", "corners.csv", "additive_interaction.csv"} <= set(names)
    titles = [shown.title for shown in dock.model.result.value().tables]
    assert titles == [
        "Terms",
        "Likelihood ratio",
        "Accuracy",
        "Calibration",
        "Additive interaction",
        "Corners",
        "Probability grid",
        "Nomogram",
        "Columns made",
    ]
    assert "2 models; here the first." in dock.model.result.summary
    dock.model.editor.extras.made._words["cuts"].set_value(["600"])
    with pytest.raises(InvalidChoice, match="two numbers where activity is cut, found 600"):
        dock.model.editor.value()


def test_courses_write_the_very_files_of_the_command_line(dock, tmp_path, qtbot, told):
    random = np.random.default_rng(4)
    severe = "severe_multifidus_left"
    people = pd.DataFrame({"subject_id": [f"p{k:02d}" for k in range(60)], severe: random.integers(0, 2, 60)})
    table = people.merge(pd.DataFrame({"month": [3, 12, 60]}), how="cross")
    own = np.repeat(random.normal(size=60), 3)
    table["gpe"] = np.clip(np.round(3 + table[severe] + own + random.normal(size=180)), 1, 7).astype(int)
    table["pain"] = 30 + 5 * table[severe] + 6 * own + random.normal(size=180) * 4
    path = tmp_path / "long.csv"
    table.to_csv(path, index=False)
    wish = CoursesWish(str(path), exposures=(severe,), outcomes=("recovery=gpe<=3",), scores=("pain",), time="month")
    work(dock.courses, wish, qtbot)
    names = same_files(
        dock.courses,
        tmp_path,
        qtbot,
        *("courses", str(path), "--exposures", severe, "--outcome", "recovery=gpe<=3"),
        *("--scores", "pain", "--time", "month"),
    )
    tables = {f"{name}.csv" for name in ("outcomes", "overall", "courses", "model")}
    assert tables | {"course_pain_severe_multifidus_left.png"} <= set(names)
    assert told == []
    assert [table.title for table in dock.courses.result.value().tables] == [
        "Odds per time point",
        "Over all time points",
        "Means",
        "All terms",
    ]


def test_agreement_writes_the_very_files_of_the_command_line(dock, readers, tmp_path, qtbot, told):
    work(dock.agreement, AgreementWish(readers, grades=("grade",)), qtbot)
    names = same_files(dock.agreement, tmp_path, qtbot, "agree", *readers, "--grades", "grade")
    assert {"reliability.csv", "limits.csv", "kappa.csv", "bland_altman_L4_multifidus_left_fi.png"} <= set(names)
    assert told == []
    assert dock.agreement.result.summary == "2 quantities by anna.csv, ben.csv."
    dock.agreement.result.tabs.setCurrentIndex(1)
    assert dock.agreement.result.figure.value() is not None


def test_outlines_write_the_very_files_of_the_command_line(dock, tmp_path, qtbot, told):
    labels = np.zeros((8, 8, 3), dtype=np.uint8)
    labels[2:5, 2:5, 1] = 1
    paths = [tmp_path / f"{name}.nii.gz" for name in ("first", "second")]
    for path, moved in zip(paths, (0, 1), strict=True):
        nibabel.save(nibabel.Nifti1Image(np.roll(labels, moved, axis=0), np.diag([-1.0, -1.0, 4.0, 1.0])), path)
    naming = tmp_path / "naming.csv"
    naming.write_text("value,muscle,side\n1,multifidus,left\n2,multifidus,right\n")
    first, second = (LabelFiles(str(path), str(naming)) for path in paths)
    work(dock.agreement, OutlinesWish(first, second, DistanceRule.POOLED, BorderRule.FACES), qtbot)
    names = same_files(
        dock.agreement,
        tmp_path,
        qtbot,
        *("agree", "--labels", *map(str, paths), "--naming", str(naming)),
        *("--distance-rule", "pooled", "--border-rule", "faces"),
    )
    assert names == ["columns.json", "overlaps.csv", "run.json"]
    assert told == []
    assert dock.agreement.result.summary.endswith("HD95 by rule pooled, outline faces.")
    assert "Dice 0.667" in dock.agreement.result.text.toPlainText()


@pytest.fixture
def two_muscles(tmp_path) -> dict[str, Path]:
    """Files of two muscles with fat between them, a drawn compartment, and what their values mean."""
    labels = np.zeros((40, 20, 2), dtype=np.uint8)
    labels[5:15, 5:15], labels[20:30, 5:15] = 1, 2
    fat = np.where(labels > 0, 10, 90).astype(np.int16)
    drawn = np.zeros_like(labels)
    drawn[5:30, 5:15] = 4
    paths = {name: tmp_path / f"sub-7_{name}.nii" for name in ("water", "fat", "labels", "drawn")}
    for name, voxels in (("water", 100 - fat), ("fat", fat), ("labels", labels), ("drawn", drawn)):
        nibabel.save(nibabel.Nifti1Image(voxels, np.diag([1.0, 1.0, 4.0, 1.0])), paths[name])
    paths["naming"] = tmp_path / "naming.csv"
    paths["naming"].write_text("value,muscle,side\n1,multifidus,left\n2,multifidus,right\n")
    return paths


@pytest.mark.parametrize(
    ("rule", "options", "intermat_mm3"),
    [
        (ClosedMuscles(4.0, HoleRule.FILLED), ("--closing-mm", "4", "--holes", "filled"), None),
        (DrawnCompartment((4,)), ("--compartment", "DRAWN", "--compartment-value", "4"), 50 * 2 * 4.0),
    ],
)
def test_regions_write_the_very_files_of_the_command_line(
    dock, two_muscles, tmp_path, qtbot, told, rule, options, intermat_mm3
):
    files = RegionFiles(
        ImageFiles(water=str(two_muscles["water"]), fat=str(two_muscles["fat"])),
        LabelFiles(str(two_muscles["labels"]), str(two_muscles["naming"])),
        rule,
        compartment=two_muscles["drawn"] if isinstance(rule, DrawnCompartment) else None,
        session="baseline",
    )
    work(dock.regions, RegionsWish(files), qtbot)
    assert told == []
    given = [("--water", "water"), ("--fat", "fat"), ("--labels", "labels"), ("--naming", "naming")]
    pictures = [word for option, name in given for word in (option, str(two_muscles[name]))]
    chosen = [str(two_muscles["drawn"]) if word == "DRAWN" else word for word in options]
    names = same_files(dock.regions, tmp_path, qtbot, "regions", *pictures, *chosen, "--session", "baseline")
    assert names == ["regions.csv", "regions_columns.json", "regions_run.json"]
    table = dock.regions.result.value().tables[0].frame
    assert table["subject_id"].tolist() == ["sub-7"]
    if intermat_mm3 is not None:
        assert table["intermat_mm3"].tolist() == [intermat_mm3]
    assert "InterMAT as defined here" in dock.regions.result.text.toPlainText()


def test_a_compartment_has_no_usual_radius(qtbot, two_muscles):
    editor = RegionsEditor()
    qtbot.addWidget(editor)
    assert editor.missing() == "Expected a path for the image file or dicom folder, found none: give it first."
    editor.images.set_value(ImageFiles(image=str(two_muscles["water"])))
    editor.labels.set_value(LabelFiles(str(two_muscles["labels"])))
    assert editor.missing() == "Expected a closing radius, found none: give it first."
    with pytest.raises(InvalidChoice, match="Expected a closing radius, found none"):
        editor.value()


def test_flow_of_people_writes_the_very_files_of_the_command_line(dock, people, tmp_path, qtbot, told):
    steps = (FlowStep("prior surgery", ("fusion",)), FlowStep("poor images", ("poor",)))
    wish = PeopleFlowWish(str(people), steps, rules=DateRules(mri=("lumbar", "hip")))
    work(dock.flow, wish, qtbot)
    names = same_files(
        dock.flow,
        tmp_path,
        qtbot,
        *("flow", str(people), "--step", "prior surgery=fusion", "--step", "poor images=poor"),
        *("--mri-dates", "lumbar,hip"),
    )
    assert names == ["analysed.csv", "columns.json", "flow.csv", "flow.png", "run.json"]
    assert dock.flow.result.summary == "4 screened, 3 left, 1 analysed. The sums close."
    assert told == []


def test_flow_of_counts_writes_the_very_files_of_the_command_line(dock, tmp_path, qtbot):
    work(dock.flow, CountsFlowWish(143, (("prior surgery", 60), ("poor images", 52)), 31), qtbot)
    names = same_files(
        dock.flow,
        tmp_path,
        qtbot,
        "flow",
        "--counts",
        "screened=143",
        "prior surgery=60",
        "poor images=52",
        "analysed=31",
    )
    assert names == ["columns.json", "flow.csv", "flow.png", "run.json"]


def test_description_writes_the_very_files_of_the_command_line(dock, people, tmp_path, qtbot, told):
    measured = str(synthetic_measurements())
    wish = DescriptionWish(str(people), by="sex", variables=("age",), measurements=(measured,))
    work(dock.description, wish, qtbot)
    names = same_files(
        dock.description,
        tmp_path,
        qtbot,
        *("describe", "--participants", str(people), "--by", "sex", "--variables", "age", "--measurements", measured),
    )
    assert names == ["columns.json", "demographics.csv", "run.json", "warnings.csv"]
    assert told == []
    assert not dock.description.result.tabs.isTabVisible(1)


def test_clinic_writes_the_very_files_of_the_command_line(dock, people, tmp_path, qtbot, told):
    done = tmp_path / "procedures.csv"
    done.write_text("subject_id,procedure,date\n007,fusion,2019-01-01\n007,hip_replacement,2020-01-01\n")
    table = pd.read_csv(people, dtype=str).assign(severe=["yes", "yes", "no", "no"], pain=["yes", "no", "no", "no"])
    table.to_csv(people, index=False)
    clinic = ClinicTables(procedures=str(done), finding="severe", condition="pain")
    work(dock.description, DescriptionWish(str(people), clinic=clinic), qtbot)
    names = same_files(
        dock.description,
        tmp_path,
        qtbot,
        *("describe", "--participants", str(people), "--procedures", str(done), "--two-by-two", "severe,pain"),
    )
    assert names == ["columns.json", "demographics.csv", "diagnostics.csv", "procedure_order.csv", "run.json"]
    assert told == []
    dock.description.editor.clinic._pair["condition"].set_value(None)
    with pytest.raises(InvalidChoice, match="found only severe"):
        dock.description.editor.value()


def test_refusal_is_one_notification_and_what_was_shown_stays(dock, tmp_path, qtbot, told):
    work(dock.flow, CountsFlowWish(10, (("left", 4),), 6), qtbot)
    before = dock.flow.result.value()
    work(dock.flow, CountsFlowWish(10, (("left", 4),), 7), qtbot)
    assert len(told) == 1
    assert dock.flow.result.value() is before
    assert dock.flow._find.isEnabled()


def test_refusal_of_a_choice_is_told_once_and_nothing_is_begun(dock, cohort, told):
    dock.model.editor.table.set_value((str(cohort),))
    dock.model.editor._lines["formula"].setText(FORMULA)
    dock.model.editor._references.set_value(["sex"])
    dock.model.find()
    assert len(told) == 1
    assert "COLUMN=CATEGORY" in told[0]
    assert not dock.model.is_busy


def test_table_that_cannot_be_read_is_told_when_it_is_chosen(dock, tmp_path, told):
    dock.model.editor.table.set_value((str(tmp_path / "missing.csv"),))
    assert len(told) == 1
    assert "found no file" in told[0]


def test_cancel_leaves_everything_as_it_was(dock, qtbot, told, monkeypatch):
    begun = threading.Event()

    def slow(_wish, progress):
        begun.set()
        while True:
            progress(1, 2, "counting")

    page = dock.flow
    work(page, CountsFlowWish(10, (("left", 4),), 6), qtbot)
    before = page.result.value()
    monkeypatch.setattr(page, "_kind", type(page._kind)("Flow", "Count", "counting", "Flow", slow))
    page.find()
    assert begun.wait(10)
    assert not page._find.isEnabled()
    assert "cancel" in page._find.toolTip()
    page.cancel()
    qtbot.waitUntil(lambda: not page.is_busy, timeout=WAIT)
    assert page.result.value() is before
    assert told == []


def test_export_runs_beside_the_window_and_can_be_cancelled(dock, tmp_path, qtbot, told):
    page = dock.flow
    work(page, CountsFlowWish(10, (("left", 4),), 6), qtbot)
    begun, go_on, threads = threading.Event(), threading.Event(), []

    def slow() -> bytes:
        threads.append(threading.current_thread())
        begun.set()
        go_on.wait(10)
        return b"picture"

    outcome = page.result.value()
    page.result.set_value(replace(outcome, files={"slow.png": slow, **outcome.files}))
    page.export(tmp_path / "first")
    assert begun.wait(10)
    assert not page._export.isEnabled()
    page.cancel()
    go_on.set()
    qtbot.waitUntil(lambda: not page.is_busy, timeout=WAIT)
    assert not (tmp_path / "first").exists()
    paths = exported(page, tmp_path / "second", qtbot)
    assert paths[0].read_bytes() == b"picture"
    assert threading.main_thread() not in threads
    assert page._said.text() == f"{len(paths)} files written into {tmp_path / 'second'}"
    assert told == []


def test_a_fit_can_be_cancelled_while_it_runs(dock, cohort, qtbot, told):
    page = dock.model
    wish = model_wish(cohort)
    page.editor.set_value(replace(wish, extras=replace(wish.extras, draws=5000)))
    page.find()
    qtbot.waitUntil(lambda: page.progress.value()[1] == 5000, timeout=WAIT)
    page.cancel()
    qtbot.waitUntil(lambda: not page.is_busy, timeout=WAIT)
    assert page.result.value() is None
    assert told == []


def test_what_cannot_be_pressed_says_why(dock):
    for page in dock.pages:
        assert not page._export.isEnabled()
        assert page._export.toolTip().endswith(" first.")
        assert not page._find.isEnabled()
        assert page._find.toolTip().endswith(" first.")


def test_every_control_has_a_tooltip(dock):
    for kind in (QPushButton, QComboBox, QAbstractSpinBox, QLineEdit):
        for control in dock.findChildren(kind):
            is_inner = isinstance(control.parent(), QComboBox | QAbstractSpinBox)
            assert control.toolTip() or is_inner, f"{kind.__name__} {getattr(control, 'text', str)()}"
    assert [label.text() for label in dock.findChildren(QLabel, "research_only")] == [RESEARCH_ONLY]


def test_columns_of_the_table_are_offered(dock, cohort):
    editor = dock.model.editor
    editor.extras._picks["by"].set_value("centre")
    editor.table.set_value((str(cohort),))
    box = editor.extras._picks["by"]
    assert [box.itemText(k) for k in range(box.count())] == ["", "lmm", "imat", "age", "centre", "pain"]
    assert box.value() == "centre"


def test_box_without_reasons_is_refused(qtbot):
    editor = FlowEditor()
    qtbot.addWidget(editor)
    editor._steps.set_value([("poor images", "")])
    with pytest.raises(InvalidChoice, match="poor images with no reasons"):
        editor.value()
    editor._steps.set_value([])
    editor.rules._window.set_value("lumbar")
    with pytest.raises(InvalidChoice, match="Expected a day as 2020-12-31, found none"):
        editor.value()


def test_missing_number_is_a_dash_that_says_why(dock, tmp_path, qtbot):
    table = tmp_path / "split.csv"
    pd.DataFrame({"y": [0] * 10 + [1] * 10, "x": range(20)}).to_csv(table, index=False)
    work(dock.model, ModelWish(str(table), ModelRequest("y ~ x")), qtbot)
    view = dock.model.result.tables.table
    model = view.model()
    headings = [model.headerData(c, Qt.Orientation.Horizontal) for c in range(model.columnCount())]
    cell = model.index(1, headings.index("Estimate"))
    assert model.data(cell) == "–"
    assert "Firth's penalty gives finite ones" in model.data(cell, Qt.ItemDataRole.ToolTipRole)
    assert "Firth's penalty gives finite ones" in dock.model.result.summary


def test_units_stand_in_the_heading_or_beside_the_measure():
    rows = [
        {"level": "L4", "muscle": "psoas_major", "side": "left", "measure": measure, "bias": 0.25, "n": 4}
        for measure in ("fcsa", "fi")
    ]
    columns = {column.name: column for column in study_columns(LIMITS.frame(rows), LIMITS)}
    assert columns["unit"].texts == ["mm²", "1"]
    assert columns["bias"].texts == ["0.25", "0.25"]
    assert "upper" not in columns
    assert heading_of("hd95_mm", "mm") == "HD95 [mm]"
    assert heading_of("icc21_low") == "ICC(2,1) low"


def test_pair_of_a_cell_takes_two_columns():
    row = {"lumbar_muscle": "psoas_major", "lumbar_measure": "fi", "lumbar_level": "L4"}
    row |= {"hip_muscle": "gluteus_medius", "hip_measure": "csa", "hip_level": "", "family": "all", "q": 0.2}
    columns = study_columns(MULTIPLICITY.frame([row]), MULTIPLICITY)
    assert [(column.heading, column.texts) for column in columns] == [
        ("Lumbar", ["psoas major fi, L4"]),
        ("Hip", ["gluteus medius csa"]),
        ("Family", ["all"]),
        ("q", ["0.200"]),
    ]


def test_rows_can_be_taken_out_only_where_there_are_some(qtbot):
    rows = NamedRows(("Box", "People"), tooltip="A box")
    qtbot.addWidget(rows)
    assert rows._remove_button.toolTip() == "There is no row."
    rows.set_value([("a", "1"), ("b", "2")])
    rows._remove_button.click()
    assert rows.value() == (("a", "1"),)
    rows._remove_button.click()
    assert not rows._remove_button.isEnabled()


@pytest.mark.parametrize(
    ("name", "cell", "text"),
    [
        ("p", 0.0001, "<0.001"),
        ("p_max_t", 0.25, "0.250"),
        ("estimate", -1.23456, "−1.235"),
        ("hd95_mm", float("inf"), "∞"),
        ("estimate", float("nan"), "–"),
        ("n", 12, "12"),
        ("converged", True, "yes"),
        ("n", 0, "0"),
    ],
)
def test_cells_read_as_people_read_them(name, cell, text):
    assert study_text(name, cell) == text


def test_figure_shrinks_words_and_all_down_to_its_smallest_size(qtbot):
    canvas = FigureCanvas("none", least_share=0.75)
    qtbot.addWidget(canvas)
    figure = Figure(figsize=(8, 4), dpi=100)
    canvas.resize(300, 400)
    canvas.show()
    canvas.set_value(figure)
    assert figure.dpi == pytest.approx(75)
    assert canvas._canvas.minimumWidth() == 600
    canvas.resize(1200, 700)
    qtbot.waitUntil(lambda: figure.dpi == pytest.approx(100), timeout=WAIT)
    assert canvas._canvas.minimumWidth() == 800
    canvas.set_value(None)
    assert canvas.value() is None


def test_a_figure_fills_its_canvas_whatever_its_dots_were_before(qtbot):
    canvas = FigureCanvas("none", least_share=0.5)
    qtbot.addWidget(canvas)
    canvas.resize(900, 500)
    canvas.show()
    figure = Figure(figsize=(8, 4), dpi=100)
    canvas.set_value(figure)
    for width in (500, 640, 450):
        canvas.resize(width, 500)
        qtbot.waitUntil(lambda wide=width: canvas._canvas.width() < wide, timeout=WAIT)
        drawn = figure.get_size_inches() * figure.dpi
        assert drawn.tolist() == pytest.approx([canvas._canvas.width(), canvas._canvas.height()], abs=1)


def test_a_high_figure_leaves_room_for_the_bar_that_scrolls_it(qtbot):
    canvas = FigureCanvas("none", least_share=0.5)
    qtbot.addWidget(canvas)
    canvas.resize(600, 300)
    canvas.show()
    canvas.set_value(Figure(figsize=(8, 8), dpi=100))
    qtbot.waitUntil(canvas._area.verticalScrollBar().isVisible, timeout=WAIT)
    assert not canvas._area.horizontalScrollBar().isVisible()
    assert canvas._canvas.minimumWidth() <= canvas._area.viewport().width()


@pytest.mark.viewer
def test_dock_opens_from_the_menu_and_fits_in_a_real_window(make_napari_viewer_proxy, cohort, qtbot, told):
    viewer = make_napari_viewer_proxy()
    _, dock = viewer.window.add_plugin_dock_widget("napari-hipspine", "Cohort statistics")
    assert [dock.tabs.tabText(k) for k in range(dock.tabs.count())] == [
        "Measure",
        "Model",
        "Courses",
        "Agreement",
        "Flow",
        "Describe",
        "Regions",
    ]
    work(dock.model, model_wish(cohort), qtbot)
    assert told == []
    assert dock.model.result.tables.table.model().rowCount() == 6
    dock.model.result.tabs.setCurrentIndex(1)
    assert dock.model.result.figure.value() is not None
