"""What the main dock does when a wish arrives: a workflow off the main thread, then a value for the session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from napari.utils.notifications import show_info
from qtpy.QtWidgets import QFileDialog, QWidget

from ...domain.anatomy import Side, Structure, Term, find_structure
from ...domain.subject import Progress, SubjectResult
from ...domain.tables import BOTH_SIDES
from ...workflows.export_result import ExportChoice
from ...workflows.measure_subject import CountedResult
from ..layer_link import LayerLink
from ..openings import (
    OpenedImage,
    OpenedLabels,
    SeriesOffer,
    copy_labels,
    look_at_labels,
    new_labels_on,
    open_image_layers,
    open_labels_on,
)
from ..series_names import muscles_name
from ..series_work import FoundAnew, Measured, MeasureRequest, find_anew, write_measured
from ..session import Session
from ..turned_series import turn_series, why_not_turn
from ..workers import BackgroundWork, refusals_told, tell_refusal
from ..written_images import write_open_image
from .image_files_editor import ImageFilesEditor
from .labels_panel import LabelsPanel
from .progress_row import ProgressRow


class DockActions:
    """Wishes of the widgets, fulfilled.

    Parameters
    ----------
    parent : QWidget
        When it goes, work in the background is cancelled.
    session : Session
        Where values come back to.
    link : LayerLink
        Hand in the layer list.
    progress : ProgressRow
        Shows how far the work is.
    when_measured : callable
        Called when the tables that were asked for are there.
    """

    def __init__(
        self,
        parent: QWidget,
        session: Session,
        link: LayerLink,
        progress: ProgressRow,
        *,
        when_measured: Callable[[], None],
    ) -> None:
        self._parent = parent
        self._session = session
        self._link = link
        self._progress = progress
        self._when_measured = when_measured
        self._background: BackgroundWork | None = None
        self._refreshing: BackgroundWork | None = None
        self._refused: tuple[Any, ...] = ()
        self._is_compiling = False

    def open_image(self, files: ImageFilesEditor) -> None:
        """Open the files that were given, or offer the series in them."""
        with refusals_told():
            pictures = files.value()
            self.run(
                lambda progress: open_image_layers(pictures, progress),
                says="opening the image",
                done=partial(self._show_image, files),
            )

    def state_orientation(self, letters: str) -> None:
        """Take the series as the patient lies according to the reader."""
        work = self._session.work
        if work is None or work.pictures is None or why_not_turn(work):
            return
        pictures = work.pictures
        self.run(
            lambda progress: turn_series(pictures, letters, progress),
            says="turning the image",
            done=self._link.turn,
        )

    def look_at_labels(self, panel: LabelsPanel) -> None:
        """Show what the values of a label file would mean."""
        with refusals_told():
            outlines = panel.files.value()
            self.run(lambda _: look_at_labels(outlines), says="looking at the labels", done=panel.propose)

    def accept_labels(self, panel: LabelsPanel) -> None:
        """Open a label file as it was proposed."""
        work = self._session.work
        if work is None:
            return
        with refusals_told():
            outlines = panel.files.value()
            opened, pictures, region = work.opened, work.pictures, work.region
            kept: dict[str, Any] = {"held": work.label_work, "study": self._session.labels_study}
            name = muscles_name(work.name, region)
            self.run(
                lambda progress: open_labels_on(opened, pictures, outlines, name=name, progress=progress, **kept),
                says="opening the labels",
                done=self._show_labels,
            )

    def new_labels(self) -> None:
        """Empty labels to draw in."""
        work = self._session.work
        if work is not None:
            with refusals_told():
                made = new_labels_on(
                    work.opened,
                    work.pictures,
                    region=work.region,
                    name=muscles_name(work.name, work.region),
                    held=work.label_work,
                    study=self._session.labels_study,
                )
                self._show_labels(made)

    def use_layer(self, layer: Any) -> None:
        """Measure a labels layer."""
        if layer is not None:
            with refusals_told():
                label_map, name = self._link.label_map_of(layer), layer.name
                if label_map is not None:
                    self.run(
                        lambda progress: copy_labels(label_map, name=name, progress=progress),
                        says="copying the labels",
                        done=partial(self._link.use_labels, layer),
                    )

    def name_structures(self, structures: dict[int, Structure]) -> None:
        """Keep what the label values mean."""
        layer = self._link.labels_layer()
        if layer is not None:
            with refusals_told():
                self._link.name_structures(structures)

    def measure(self) -> None:
        """Measure what is open now."""
        with refusals_told():
            self._session.forget_acceptance()
            request = self._session.measure_request()
            measured = self._session.work.measured if self._session.work else None
            before = measured.result if measured else None
            self.run(
                lambda progress: find_anew(request, before, progress),
                says="measuring",
                done=partial(self._keep_result, request),
            )

    def refresh_numbers(self, *, touched: bool = False) -> None:
        """Bring the numbers up to date, quietly, where they can follow what has changed by themselves.

        What was refused once is not asked for again before something is painted or decided anew.
        """
        with refusals_told():
            request, work = self._session.refresh_request(), self._session.work
            if request is None or work is None or work.measured is None or self._refreshing is not None:
                return
            wish = (work.stale_slices, request.level_plan, request.review, request.key)
            if wish == self._refused and not touched:
                return
            self._refused = wish
            before, dirty = work.measured, work.stale_slices
            has_counts = isinstance(before.result, CountedResult)
            background = BackgroundWork(
                lambda progress: request.run_again(before, dirty, progress),
                says="bringing the numbers up to date"
                if has_counts
                else "counting the earlier sitting's numbers again",
                parent=self._parent,
                is_quiet=has_counts,
            )
            self._refreshing = background
            outcome: list[SubjectResult] = []
            background.done.connect(outcome.append)
            background.ended.connect(lambda: self._take_refreshed(request, before, outcome))
            background.start()

    def _take_refreshed(self, request: MeasureRequest, before: Measured, outcome: list[SubjectResult]) -> None:
        """Keep new numbers, unless others were asked for meanwhile; go on if painting went on."""
        self._refreshing = None
        self._refused = self._refused if not outcome else ()
        if outcome and any(work.measured is before for work in self._session.works):
            self._session.keep_result(request, outcome[0])
            self.refresh_numbers()

    def cancel(self) -> None:
        """Stop what is being done; everything stays as it was."""
        if self._refreshing is not None:
            self._refreshing.cancel()
        if self._background is not None:
            self._progress.stop_asked()
            self._background.cancel()

    def export(self, folder: str | Path, choice: ExportChoice | None = None) -> None:
        """Write the measured series; its tables are the same bytes that the command line writes."""
        work = self._session.work
        if work is None or work.measured is None or self._session.why_not_export():
            return
        measured, chosen = work.measured, choice or ExportChoice()
        self.run(
            lambda progress: write_measured(measured, folder, chosen, progress),
            says="writing the results",
            done=lambda _: self.change(exported=measured, exported_to=Path(folder)),
        )

    def compile_ahead(self) -> None:
        """Make the counting loops ready when there is something to count; they take memory that looking does not."""
        if not self._is_compiling and any(work.label_map is not None for work in self._session.works):
            from ...measuring.warm_up import compile_ahead

            self._is_compiling = True
            compile_ahead()

    def ask_and_convert(self) -> None:
        """Ask where the image that is worked on shall be written as OME-Zarr, and write it."""
        path, _ = QFileDialog.getSaveFileName(self._parent, "Image", "", "OME-Zarr (*.ome.zarr)")
        if path:
            self.convert(path)

    def convert(self, path: str) -> None:
        """Write the image that is worked on as OME-Zarr with resolution steps."""
        work = self._session.work
        if work is not None:
            image = work.image
            self.run(
                lambda progress: write_open_image(image, path, progress),
                says="converting the image",
                done=lambda places: show_info(f"Written: {', '.join(place.name for place in places)}"),
            )

    def visit_row(self, row: dict[str, Any]) -> None:
        """Go to the slice and the muscle of a row of a result table."""
        work = self._session.work
        if work is None or work.measured is None:
            return
        side = "left" if row["side"] == BOTH_SIDES else row["side"]
        slice_index = row["slice_index"] if "slice_index" in row else self._slice_of_level(row)
        if slice_index is not None:
            self._link.visit(int(slice_index), find_structure(row["muscle"], side))

    def visit_slice(self, slice_index: int, muscle: Term | None) -> None:
        """Go to a slice; the side that is worked on stays."""
        _, active = self._link.place_shown()
        structure = Structure(muscle, active.side if active else Side.LEFT) if muscle else None
        self._link.visit(slice_index, structure)

    def change(self, **values: Any) -> None:
        """Keep values of the series that is worked on, if one is open."""
        if self._session.work is not None:
            with refusals_told():
                self._session.change(**values)

    def _slice_of_level(self, row: dict[str, Any]) -> int | None:
        """The slice of a level, or the middle one of those that were measured where no level was marked."""
        work = self._session.work
        if work is None or work.measured is None:
            return None
        asked, slices = work.measured.request, work.measured.result.slices
        for placed in asked.level_plan.placements:
            if placed.level.id == row["level"] and (placed.muscle is None or placed.muscle.id == row["muscle"]):
                return asked.image.grid.nearest_slice(placed.position_mm)
        measured = sorted(set(slices.loc[slices["muscle"] == row["muscle"], "slice_index"].tolist()))
        return int(measured[len(measured) // 2]) if measured else None

    def _show_image(self, files: ImageFilesEditor, opened: OpenedImage | SeriesOffer) -> None:
        if isinstance(opened, SeriesOffer):
            files.offer_series(opened.descriptions)
            tell_refusal(opened.refusal)
            return
        self._link.open_image(opened.image, opened.layers, pictures=opened.pictures)

    def _show_labels(self, opened: OpenedLabels) -> None:
        with refusals_told():
            self._link.open_labels(opened)

    def _keep_result(self, request: MeasureRequest, found: FoundAnew) -> None:
        self._session.keep_result(request, found.result, changed=found.changed)
        self._when_measured()

    def run(self, work: Callable[[Progress], Any], *, says: str, done: Callable[[Any], None]) -> None:
        """Do a piece of work off the main thread, with progress and cancel."""
        self._session.say_doing(says)
        self._progress.begin(says)
        background = BackgroundWork(work, says=says, parent=self._parent)
        self._background = background
        background.told.connect(self._progress.set_value)
        outcome: list[Any] = []
        background.done.connect(outcome.append)
        background.ended.connect(lambda: self._end(outcome, done))
        background.start()

    def _end(self, outcome: list[Any], done: Callable[[Any], None]) -> None:
        """Say that nothing is being done any more, and only then what came of it."""
        self._background = None
        self._progress.end()
        self._session.say_doing("")
        for found in outcome:
            done(found)
