"""What step 2 does when a wish arrives: pictures for the locator, levels from bone, the level of a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget

from ...domain.blocks import VoxelArray
from ...domain.level_plan import LevelPlacement
from ...domain.subject import Progress
from ...domain.volume import Volume
from ..layer_link import LayerLink
from ..locator_picture import Cut, LocatorPicture, read_locator
from ..openings import cache_of
from ..session import Session
from ..workers import BackgroundWork, refusals_told
from .level_plan_editor import USUAL_LEVELS
from .levels_panel import LevelsPanel

if TYPE_CHECKING:
    from ...workflows.level_proposals import ProposedLevels

_PICTURES_KEPT = 8
_USUAL_PLACES = {"L4": "mid_vertebra", "greater_trochanter": "most_lateral"}


class LevelActions:
    """Wishes of the levels panel, fulfilled.

    Parameters
    ----------
    parent : QWidget
        When it goes, reading in the background is cancelled.
    session : Session
        What is open.
    link : LayerLink
        Hand in the layer list.
    panel : LevelsPanel
        Shows how things stand.
    run : callable
        Takes work, what it says, and what is done with the result.
    """

    def __init__(
        self, parent: QWidget, session: Session, link: LayerLink, panel: LevelsPanel, *, run: Callable[..., None]
    ) -> None:
        self._parent = parent
        self._session = session
        self._link = link
        self._panel = panel
        self._run = run
        self._reading: BackgroundWork | None = None
        self._pictures: list[tuple[VoxelArray, LocatorPicture]] = []
        self._shown: VoxelArray | None = None
        panel.locator.picture_wished.connect(self.read_picture)
        panel.proposals.propose_wished.connect(self.propose)
        panel.proposals.suggested.connect(self._visit_suggested)

    def refresh(self) -> None:
        """Show the levels of the series that is worked on."""
        work, panel = self._session.work, self._panel
        busy = f"Wait until {self._session.doing} has ended." if self._session.doing else ""
        none = "" if work else "Open an image first (step 1)."
        panel.editor.allow_marking(none)
        panel.proposals.allow(none or busy)
        voxels = work.volume.voxels if work else None
        if voxels is not self._shown:
            panel.locator.set_grid(None)
            panel.proposals.forget_found()
            self._shown = voxels
        panel.locator.set_grid(work.volume.grid if work else None)
        if work is None:
            return
        panel.editor.set_grid(work.image.grid, region=work.region)
        panel.set_value(work.level_plan)
        outlines = work.outlines
        if outlines is not None and panel.proposals.is_empty and panel.proposals.knows(outlines.naming):
            panel.proposals.set_value(outlines)
        self.moved()

    def moved(self) -> None:
        """Show which slice is on the screen."""
        self._panel.locator.canvas.set_here(self._link.slice_shown())

    def mark(self) -> None:
        """Put the chosen level on the slice that is shown."""
        work, shown, editor = self._session.work, self._link.slice_shown(), self._panel.editor
        if work is not None and shown is not None:
            editor.add(editor.placement_at(work.image.grid.slice_position_mm(shown)))

    def read_picture(self) -> None:
        """Read what the locator wants, off the main thread; what was read before is shown at once."""
        work, locator = self._session.work, self._panel.locator
        if work is None:
            return
        volume, cut, held = work.volume, locator.cut, locator.held
        for kept, picture in self._pictures:
            if kept is volume.voxels and (picture.cut, picture.held) == (cut, held):
                locator.show_picture(picture)
                return
        if self._reading is not None:
            self._reading.cancel()
        self._begin_reading(volume, cut, held)

    def propose(self) -> None:
        """Find levels in the segmentation that was chosen."""
        from ...workflows.level_proposals import propose_levels_from

        work = self._session.work
        if work is None:
            return
        with refusals_told():
            files, grid = self._panel.proposals.value(), work.image.grid

            def find(progress: Progress) -> ProposedLevels:
                cache = cache_of(progress)
                return propose_levels_from(files.labels, files.naming, onto=grid, cache=cache, progress=progress)

            self._run(find, says="finding levels", done=self._show_found)

    def leave(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()

    def _begin_reading(self, volume: Volume, cut: Cut, held: int) -> None:
        reading = BackgroundWork(
            lambda progress: read_locator(volume, cut, held=held, progress=progress),
            says="reading the locator",
            parent=self._parent,
        )
        self._reading = reading

        def take(picture: LocatorPicture) -> None:
            self._pictures = [*self._pictures, (volume.voxels, picture)][-_PICTURES_KEPT:]
            if self._shown is volume.voxels:
                self._panel.locator.show_picture(picture)

        def end() -> None:
            if self._reading is reading:
                self._reading = None

        reading.done.connect(take)
        reading.ended.connect(end)
        reading.start()

    def _show_found(self, found: ProposedLevels) -> None:
        """Offer what was found, and suggest the usual level where a reader has not confirmed one already."""
        work = self._session.work
        if work is None or not work.image.grid.same_as(found.grid):
            return
        self._panel.proposals.show_found(found)
        decided = {placed.level.id for placed in work.level_plan.placements if placed.is_confirmed}
        usual = [USUAL_LEVELS[work.region]] if work.region in USUAL_LEVELS else list(USUAL_LEVELS.values())
        for level in usual:
            proposal = found.find(level, _USUAL_PLACES[level])
            if proposal is not None and level not in decided:
                self._panel.proposals.suggest(proposal)

    def _visit_suggested(self, placed: LevelPlacement) -> None:
        work = self._session.work
        if work is not None:
            self._link.visit(work.image.grid.nearest_slice(placed.position_mm))
