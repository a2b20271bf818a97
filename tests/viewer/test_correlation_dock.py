"""The correlation dock: every choice of the command line, with its numbers; differences, points, and exports."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from napari.utils.notifications import notification_manager
from tests.undated import undated

from napari_hipspine.cli import main
from napari_hipspine.keeping.project_file import FILE_NAME
from napari_hipspine.relating.multiplicity import Family
from napari_hipspine.relating.request import RelateRequest
from napari_hipspine.sample_data import synthetic_measurements
from napari_hipspine.viewer.relate_work import RelateWish
from napari_hipspine.viewer.shown_correlations import Shown, Source
from napari_hipspine.viewer.widgets.correlation_dock import CorrelationDock
from napari_hipspine.viewer.widgets.correlation_pages import BESIDE, PROFILED, SCATTER, TABLE
from napari_hipspine.viewer.widgets.small_parts import choose_value
from napari_hipspine.workflows.relate_wholly import BesideChoices

WAIT = 60_000


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
    dock = CorrelationDock(None)
    qtbot.addWidget(dock)
    yield dock
    qtbot.waitUntil(lambda: not dock.is_busy, timeout=WAIT)


def relate(dock, qtbot) -> None:
    dock.relate()
    qtbot.waitUntil(lambda: not dock.is_busy, timeout=WAIT)


def export(dock, qtbot, folder) -> dict[str, bytes]:
    """What was written, by name."""
    heard: list[tuple[Path, ...]] = []
    dock.written.connect(heard.append)
    dock.export(folder)
    qtbot.waitUntil(lambda: not dock.is_busy, timeout=WAIT)
    dock.written.disconnect(heard.append)
    return {path.name: undated(path) for paths in heard for path in paths}


@pytest.fixture
def study(tmp_path) -> SimpleNamespace:
    """Two sessions of the synthetic cohort with a second lumbar level, its people, an implant, and another reading."""
    once = pd.read_csv(synthetic_measurements(), dtype=str, keep_default_na=False)
    upper = once[once["level"] == "L4"].assign(level="L3")
    upper["fcsa_mm2"] = [str(float(cell or 1) * (1 + k % 7)) for k, cell in enumerate(upper["fcsa_mm2"])]
    both = pd.concat([once, upper], ignore_index=True)
    visits = pd.concat([both.assign(session=name) for name in ("before", "after")], ignore_index=True)
    paths = {name: tmp_path / f"{name}.csv" for name in ("tables", "people", "implants", "reading")}
    visits.to_csv(paths["tables"], index=False)
    changed = visits.assign(fi=[cell and str(float(cell) * (1 + 0.3 * (k % 3))) for k, cell in enumerate(visits["fi"])])
    changed.to_csv(paths["reading"], index=False)
    ids = sorted(set(once["subject_id"]))
    people = [{"subject_id": one, "age": 40 + 7 * k % 31, "sex": "fm"[k % 2]} for k, one in enumerate(ids)]
    pd.DataFrame(people).to_csv(paths["people"], index=False)
    paths["implants"].write_text(f"subject_id,region,side\n{ids[3]},hip,left\n", encoding="utf-8")
    return SimpleNamespace(**paths)


def test_every_choice_of_the_command_is_in_the_dock_with_its_numbers(dock, qtbot, study, tmp_path, told):
    dock.add_files([str(study.tables)])
    session = dock.choices.request._sessions["session"]
    qtbot.waitUntil(lambda: session.count() == 3, timeout=WAIT)
    assert [session.itemText(k) for k in range(3)] == ["", "after", "before"]
    offered = [action.data() for action in dock.choices.request._levels["lumbar_level"]._menu.actions()]
    assert offered == ["L3", "L4", "greater_trochanter"]
    request = RelateRequest(
        lumbar_level=("L3", "L4"),
        lumbar_session="before",
        hip_session="after",
        covariates=("age", "sex"),
        family="hip_row",
    )
    beside = BesideChoices(
        study.people, study.implants, variations=(("other_reader", study.reading),), wants_profile=True
    )
    dock.choices.set_value(RelateWish(request, beside))
    assert dock.choices.value() == RelateWish(request, beside)
    relate(dock, qtbot)
    assert told == []
    assert "given age and sex" in dock.pages.header.text()
    assert "Profile" in [table.title for table in dock.pages.beside.value()]
    written = export(dock, qtbot, tmp_path / "dock")
    line = [
        "relate",
        str(study.tables),
        "--lumbar-level",
        "L3,L4",
        "--lumbar-session",
        "before",
        "--hip-session",
        "after",
    ]
    line += ["--covariates", "age,sex", "--participants", str(study.people), "--implants", str(study.implants)]
    line += ["--variation", f"other_reader={study.reading}", "--profile", "--family", "hip_row"]
    assert main([*line, "--out", str(tmp_path / "line")]) == 0
    assert written == {path.name: undated(path) for path in (tmp_path / "line").iterdir()}
    shown = [dock.pages.shown.itemData(k) for k in range(dock.pages.shown.count())]
    assert Shown(Source.VARIATION, "other_reader") in shown


def test_differences_are_rho_of_the_table_less_the_other_with_both_n(dock, qtbot, told):
    dock.add_synthetic()
    relate(dock, qtbot)
    cell = dock.pages.table.cell_at(1, 1)
    choose_value(dock.pages.shown, Shown(Source.PUBLISHED))
    published = dock.pages.table.cell_at(1, 1)
    assert (published.hip, published.lumbar) == (cell.hip, cell.lumbar)
    choose_value(dock.pages.shown, Shown(Source.AGAINST_PUBLISHED))
    item = dock.pages.table.item(3, 3)
    assert float(item.text().split()[0].replace("−", "-")) == pytest.approx(cell.rho - published.rho, abs=6e-4)
    assert f"n {cell.n}" in item.toolTip().splitlines()[1]
    assert f"n {published.n}" in item.toolTip().splitlines()[2]
    assert "60 of 72 cells in both" in dock.pages.header.text()
    assert "bilateral rule: pooled here, sum there." in dock.pages.header.text()
    dock.pages.sensitivity.variation_chosen.emit("bilateral_mean")
    assert (dock.pages.shown.currentText(), dock.pages.tabs.currentIndex()) == (
        "Difference: bilateral mean − this result",
        TABLE,
    )
    rows = dock.relation.extra["sensitivity"].query("variation == 'bilateral_mean'")
    largest = rows["rho_difference"].abs().max()
    assert f"to {largest:.3f};" in dock.pages.header.text()
    assert told == []


def test_points_have_the_names_of_their_subjects_and_say_how_they_are_opened(dock, qtbot, told):
    dock.add_synthetic()
    relate(dock, qtbot)
    dock.show_scatter(dock.pages.table.cell_at(0, 0))
    assert dock.pages.tabs.currentIndex() == SCATTER
    canvas = dock.pages.scatter.canvas
    figure = canvas.value()
    figure.canvas.draw()
    axes = figure.axes[0]
    places = axes.transData.transform(axes.collections[0].get_offsets())
    with synthetic_measurements().open(encoding="utf-8") as file:
        ids = sorted({row["subject_id"] for row in csv.DictReader(file)})
    heard: list[str] = []
    dock.pages.subject_chosen.connect(heard.append)
    event = SimpleNamespace(canvas=figure.canvas, inaxes=axes, x=places[2][0], y=places[2][1], button=1)
    canvas._click(event)
    assert heard[0] in ids
    assert heard[0] in canvas.names_at(event)
    assert canvas.names_at(SimpleNamespace(canvas=figure.canvas, inaxes=axes, x=-5, y=-5)) == ()
    assert len(told) == 1
    assert f"Expected {heard[0]} in an open study, found none." in told[0]
    assert "Open the study folder" in told[0]


def test_a_subject_is_opened_in_the_study_that_is_open_or_in_one_its_table_lies_in(dock, tmp_path, told, monkeypatch):
    asked: list[object] = []
    subject = SimpleNamespace(subject_id="007", key=("007", "first"))
    main_dock = SimpleNamespace(
        session=SimpleNamespace(study=SimpleNamespace(subjects=(subject,))),
        study=SimpleNamespace(choose=asked.append, open_recent=asked.append),
    )
    monkeypatch.setattr(dock, "_main_dock", lambda: main_dock)
    dock.open_subject("007")
    assert asked == [("007", "first")]
    (tmp_path / "study" / "results").mkdir(parents=True)
    (tmp_path / "study" / FILE_NAME).write_text("{}", encoding="utf-8")
    dock.add_files([str(tmp_path / "study" / "results" / "measurements.csv")])
    dock.open_subject("008")
    assert (asked[1].path, asked[1].subject_id) == (str(tmp_path / "study"), "008")
    assert told == []


def test_figures_are_made_when_they_are_looked_at(dock, qtbot):
    dock.add_synthetic()
    dock.choices.beside._profile.setChecked(True)
    relate(dock, qtbot)
    assert dock.pages.heat_map.value() is None
    assert dock.pages.heat_map._hint.text() == "The figure is being drawn."
    with qtbot.waitSignal(dock.pages.profile.drawn, timeout=WAIT):
        dock.pages.tabs.setCurrentIndex(PROFILED)
    assert dock.pages.profile.value() is not None
    assert dock.pages.heat_map.value() is None


def test_tables_beside_the_correlations_are_shown_and_a_changed_family_is_said(dock, qtbot, tmp_path, told):
    dock.add_synthetic()
    relate(dock, qtbot)
    beside = dock.pages.beside
    titles = [table.title for table in beside.value()]
    assert titles == ["p, q and max-T per cell", "Families and chance", "Power per n", "Under other choices"]
    assert dock.pages.tabs.widget(BESIDE) is beside
    beside.box.setCurrentIndex(2)
    assert beside.table.value().frame is dock.relation.extra["power"]
    assert export(dock, qtbot, tmp_path / "first")
    choose_value(dock.choices.request._boxes["family"], Family.HIP_ROW)
    relate(dock, qtbot)
    assert any("first shown with family all" in note for note in dock.relation.notes)
    assert export(dock, qtbot, tmp_path / "first")
    dock.show_published()
    qtbot.waitUntil(lambda: not dock.is_busy, timeout=WAIT)
    assert told == []
    assert export(dock, qtbot, tmp_path / "first") == {}
    assert len(told) == 1
    assert "Choose another folder" in told[0]
