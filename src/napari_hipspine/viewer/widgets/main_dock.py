"""The dock “Hip-spine muscles”: it only wires wishes to the session and values back to the widgets."""

from pathlib import Path
from typing import Any

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from ..fat_layer import FatLayers
from ..fat_overlay import FatOverlay
from ..large_in_3d import keep_large_flat
from ..layer_link import LayerLink
from ..next_step import folder_name
from ..session import Session
from ..shortcuts import Wish
from ..steps import Status, Step, step_states
from ..workers import tell_refusal
from .compare_actions import CompareActions
from .declared_editor import Declared
from .dock_actions import DockActions
from .explore_actions import ExploreActions
from .images_panel import ImagesPanel
from .labels_panel import LabelsPanel
from .level_actions import LevelActions
from .levels_panel import LevelsPanel
from .muscle_actions import MuscleActions
from .preference_actions import PreferenceActions
from .progress_row import ProgressRow
from .results_dock import ResultsDock
from .shortcut_keys import listen_to_keys, stop_listening
from .small_parts import research_line
from .step_column import StepColumn
from .study_actions import StudyActions
from .study_header import StudyHeader
from .study_menu import StudyMenu
from .table_panel import TablePanel
from .threshold_actions import ThresholdActions
from .threshold_panel import ThresholdPanel
from .tool_actions import ToolActions
from .view_actions import ViewActions
from .view_row import ViewRow
from .way_on import go_on

RESULTS_NAME = "Hip-spine results"
SAVED_AS = (
    "NIfTI with a table of names and colours (*.nii.gz);;3D Slicer segmentation (*.seg.nrrd);;"
    "ITK-SNAP description with NIfTI (*.label);;OME-Zarr (*.zarr)"
)
_LEAST_WIDTH = 440
_TOUCH_PAUSE_MS = 25
_FIT_PAUSE_MS = 250
_READY_PAUSE_MS = 300
_OF_NUMBERS = frozenset({"measured", "stale_slices", "is_fat_stale", "exported", "exported_to", "review"})
"""What changes with every stroke, and nothing but numbers."""


class MainDock(QWidget):
    """Subject and images, levels, muscles, fat threshold, results: one step after the other.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer it is docked in.
    """

    def __init__(self, napari_viewer) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        self.viewer = napari_viewer
        self.session = Session()
        self._results: ResultsDock | None = None
        self._muscles: MuscleActions | None = None
        self._touched = QTimer(self)
        self._touched.setSingleShot(True)
        self._touched.setInterval(_TOUCH_PAUSE_MS)
        self._touched.timeout.connect(self._look_at_labels)
        # The canvas has its size only after the docks have theirs.
        self._fit_soon = QTimer(self)
        self._fit_soon.setSingleShot(True)
        self._fit_soon.setInterval(_FIT_PAUSE_MS)
        self._fit_soon.timeout.connect(lambda: self.link.fit())
        self._make_panels()
        self._lay_out()
        self.link: LayerLink = LayerLink(
            napari_viewer,
            self.session,
            labels_touched=self._touched.start,
            layers_changed=self._refresh_layers,
            moved=self._moved,
        )
        self._make_actions(napari_viewer)
        self.preferences: PreferenceActions | None = None
        # napari reads the manifests of all plugins for this: not before the dock is seen.
        self._once_shown = QTimer(self)
        self._once_shown.setSingleShot(True)
        self._once_shown.timeout.connect(self._make_ready)
        self._allow_large_in_space = keep_large_flat(napari_viewer, tell=tell_refusal)
        self.keys = listen_to_keys(self, self.ask)
        self._wire()
        self.link.show_current()
        self._fit_soon.start()
        self._once_shown.start(_READY_PAUSE_MS)
        self.session.changed.connect(self._hear)
        # Closed by its own cross, the dock is destroyed without a word to its Python side.
        self.destroyed.connect(self.study.keeper.close)
        self.destroyed.connect(self.explore.close)
        self.destroyed.connect(self.compare.close)
        self.destroyed.connect(self.link.close)
        self.destroyed.connect(self._allow_large_in_space)
        self.refresh()
        self._open_step_that_is_on()

    def refresh(self) -> None:
        """Show the session in every widget."""
        self.header.refresh(self.session)
        self.images.refresh(self.session)
        self.level_actions.refresh()
        self.views.refresh()
        self._refresh_layers()
        self._refresh_muscles()
        self._refresh_numbers()
        self.tool_actions.refresh()

    def ask(self, wish: Wish) -> None:
        """Do what a key asks for."""
        self.explore.make_room(wish)
        if wish in self.explore.does:
            self.explore.ask(wish)
        elif wish in self.study.does:
            self.study.does[wish]()
        elif wish in self.views.does:
            self.views.ask(wish)
        elif wish is Wish.MARK_LEVEL:
            self.level_actions.mark()
        else:
            self.muscles.ask(wish)

    def open_step(self, wanted: Step) -> None:
        """Show one step and close the others."""
        self.steps.open(wanted)

    def show_results(self) -> None:
        """Show the tables below the picture."""
        if self._results is None:
            self._results = ResultsDock()
            self._results.row_chosen.connect(lambda _: self.explore.leave())
            self._results.row_chosen.connect(self.actions.visit_row)
            self._results.slice_chosen.connect(self.actions.visit_slice)
            self.viewer.window.add_dock_widget(self._results, name=RESULTS_NAME, area="bottom")
            self._results.destroyed.connect(self._forget_results)
        self._results.refresh(self.session)
        self._results.parentWidget().show()
        self._moved()

    def measure_now(self) -> None:
        """Confirm the suggested levels and measure, as the buttons would."""
        self.levels.confirm_all()
        self.actions.measure()

    @property
    def results(self) -> ResultsDock | None:
        """The tables below the picture, once they were shown."""
        return self._results

    def closeEvent(self, event: Any) -> None:
        """Leave no work and no listener behind."""
        self.leave()
        super().closeEvent(event)

    def leave(self) -> None:
        """Stop what is being done and hear nothing more."""
        self.actions.cancel()
        self._allow_large_in_space()
        stop_listening(self.keys)
        self.keys = ()
        self.explore.close()
        self.compare.close()
        self.muscles.leave()
        self.level_actions.leave()
        self.views.leave()
        self.thresholds.leave()
        self.tool_actions.leave()
        self._touched.stop()
        self._fit_soon.stop()
        self._once_shown.stop()
        self.study.leave()
        if self.preferences is not None:
            self.preferences.leave()
        self.link.close()

    def _make_ready(self) -> None:
        """Put preferences into effect and load what opening needs, once the dock is there."""
        from ..openings import load_ahead

        self.preferences = PreferenceActions(
            self.session, locator=self.level_panel.locator, set_brush_mm=self.labels.muscles.set_brush_mm
        )
        self.destroyed.connect(self.preferences.leave)
        load_ahead()

    def _make_actions(self, napari_viewer: Any) -> None:
        self.actions = DockActions(self, self.session, self.link, self.progress, when_measured=self._show_table)
        # Before those who need the slices, so that these are back when they are asked.
        self.explore = ExploreActions(
            self.session,
            self.link,
            napari_viewer,
            self.table.explore,
            self.labels.muscles,
            self.threshold.review,
            run=self.actions.run,
            back=lambda: self.thresholds.refresh(),
        )
        self.muscles = MuscleActions(self.session, self.link, napari_viewer, self.labels.muscles, run=self.actions.run)
        self.level_actions = LevelActions(self, self.session, self.link, self.level_panel, run=self.actions.run)
        self.views = ViewActions(
            self, self.session, self.link, napari_viewer, self.view_row, locator=self.level_panel.locator
        )
        self.tool_actions = ToolActions(self.session, self.labels, self.level_panel.proposals, run=self.actions.run)
        self.muscles.prompter = self.tool_actions.prompts
        self._muscles = self.muscles
        self.thresholds = ThresholdActions(
            self.session,
            self.link,
            FatOverlay(napari_viewer),
            FatLayers(napari_viewer, self.session, touched=self._touched.start),
            self.threshold,
            run=self.actions.run,
            parent=self,
        )
        self.compare = CompareActions(self, napari_viewer, self.session, run=self.actions.run)
        self.study = StudyActions(
            self, self.session, self.link, self.header, run=self.actions.run, offer=self.images.offer
        )
        self.menu = StudyMenu(self.header.menu, self.study, self)

    def _make_panels(self) -> None:
        from ...reading.namings import TABLED, namings_of_bones

        self.header = StudyHeader()
        self.view_row = ViewRow()
        self.images = ImagesPanel()
        self.level_panel = LevelsPanel(namings_of_bones())
        self.levels = self.level_panel.editor
        self.labels = LabelsPanel(tuple(TABLED))
        self.threshold = ThresholdPanel()
        self.table = TablePanel()
        self.progress = ProgressRow()
        panels = (self.images, self.level_panel, self.labels, self.threshold, self.table)
        self.steps = StepColumn(dict(zip(Step, panels, strict=True)))

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.header)
        outer.addWidget(self.view_row)
        outer.addWidget(self.steps, 1)
        outer.addWidget(self.progress)
        outer.addWidget(research_line())
        self.setMinimumWidth(max(_LEAST_WIDTH, self.steps.width_asked()))

    def _wire(self) -> None:
        self.steps.opened.connect(lambda: self.threshold.refresh_review(self.session))
        actions, session = self.actions, self.session
        self.images.open_wished.connect(lambda: actions.open_image(self.images.files))
        self.images.subject.value_changed.connect(session.introduce)
        self.images.declared.value_changed.connect(self._declare)
        self.levels.mark_wished.connect(self.level_actions.mark)
        self.images.orientation.value_changed.connect(actions.state_orientation)
        self.images.region_chosen.connect(lambda region: actions.change(stated_region=region))
        self.levels.value_changed.connect(lambda plan: actions.change(level_plan=plan))
        self.levels.confirmed.connect(self._open_step_that_is_on)
        self.levels.visit_wished.connect(self.link.visit)
        self.labels.look_wished.connect(lambda: actions.look_at_labels(self.labels))
        self.labels.accept_wished.connect(lambda: actions.accept_labels(self.labels))
        self.labels.layer_wished.connect(actions.use_layer)
        self.labels.new_wished.connect(actions.new_labels)
        self.labels.on_wished.connect(lambda: self.open_step(Step.THRESHOLD))
        self.labels.structures.value_changed.connect(actions.name_structures)
        self.labels.structures.value_chosen.connect(self.link.choose_label)
        self.labels.muscles.save_wished.connect(self._ask_and_save)
        self.threshold.protocol.value_changed.connect(lambda protocol: actions.change(chosen_protocol=protocol))
        self.threshold.find_wished.connect(actions.measure)
        self.threshold.fat.accepted.connect(self._show_table)
        self.table.show_wished.connect(self.show_results)
        self.table.export_wished.connect(self._ask_and_export)
        self.table.next_wished.connect(lambda then: go_on(self, then))
        self.table.explore.compare_wished.connect(self.compare.show)
        self.progress.cancelled.connect(actions.cancel)

    def _hear(self, name: str) -> None:
        if name in ("current", "works"):
            self.link.show_current()
            self._fit_soon.start()
        if name in ("current", "level_plan", "pictures", "who"):
            self.link.show_levels()
        if name in ("who", "stated_region", "declared"):
            self.link.name_layers()
        if name in ("label_map", "works"):
            self.actions.compile_ahead()
        if name in _OF_NUMBERS:
            self._refresh_numbers()
            self.threshold.refresh(self.session, self.link.other_labels())
        else:
            self.refresh()
        if name == "current":
            self._open_step_that_is_on()
        if name in ("current", "works"):
            self.thresholds.show_current()
        elif name in ("measured", "review"):
            self.thresholds.refresh()
        self.actions.refresh_numbers()

    def _refresh_numbers(self) -> None:
        self.steps.set_value(step_states(self.session))
        self.table.refresh(self.session)
        if self._results is not None:
            self._results.refresh(self.session)

    def _refresh_layers(self) -> None:
        others = self.link.other_labels()
        self.images.warn_of(self.link.foreign_pictures())
        self.labels.refresh(self.session, others)
        self.threshold.refresh(self.session, others)

    def _refresh_muscles(self) -> None:
        if self._muscles is not None:
            self._muscles.refresh()
            self.level_actions.moved()

    def _moved(self) -> None:
        """Show the slice and the muscle on the screen in the list, the review and the tables."""
        self._refresh_muscles()
        slice_index, structure = self.link.place_shown()
        if structure is not None:
            self.threshold.review.choose(structure.muscle)
        if self._results is not None:
            self._results.show_place(slice_index, structure)

    def _look_at_labels(self) -> None:
        self.session.look_at_labels()
        self.thresholds.painted()
        self.actions.refresh_numbers(touched=True)

    def _show_table(self) -> None:
        self.show_results()
        is_found = step_states(self.session)[Step.THRESHOLD].status is Status.DONE
        self.open_step(Step.RESULTS if is_found else Step.THRESHOLD)

    def _open_step_that_is_on(self) -> None:
        states, waiting = step_states(self.session), (Status.NOW, Status.ATTENTION)
        self.open_step(next((s for s, state in states.items() if state.status in waiting), Step.RESULTS))

    def _declare(self, said: Declared) -> None:
        self.session.declare(
            contrast=said.contrast,
            fat_polarity=said.fat_polarity,
            allows_fat_suppressed=said.allows_fat_suppressed,
        )

    def _ask_and_export(self) -> None:
        folder, work = QFileDialog.getExistingDirectory(self, "Folder for the tables"), self.session.work
        if folder and work is not None:
            self.actions.export(Path(folder) / folder_name(work.name), self.table.choice())

    def _ask_and_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Labels", "", SAVED_AS)
        if path:
            self.muscles.save(path)

    def _forget_results(self) -> None:
        self._results = None
