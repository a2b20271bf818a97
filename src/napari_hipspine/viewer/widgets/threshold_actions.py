"""What the threshold panel does when a wish arrives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject, QTimer

from ...domain.anatomy import Side, Structure, Term, find_muscle
from ...workflows.measure_subject import CountedResult
from ...workflows.open_implants import open_implants
from ..fat_layer import FatLayers, open_proposed_fat
from ..fat_overlay import FatOverlay
from ..layer_link import LayerLink
from ..session import Session
from ..workers import refusals_told
from .threshold_panel import ThresholdPanel

Run = Callable[..., None]
"""Does a piece of work off the main thread: work, says, done."""

_FLASH_MS = 1500
"""How long pixels called fat stay after a threshold was let go."""


class ThresholdActions:
    """Wishes of the threshold panel, fulfilled.

    Parameters
    ----------
    session : Session
        What is open.
    link : LayerLink
        Hand in the layer list.
    overlay : FatOverlay
        Fat pixels in the viewer.
    layers : FatLayers
        Fat drawn by the reader.
    panel : ThresholdPanel
        Where the wishes come from.
    run : callable
        Takes work, what it says, and what is done with the result.
    parent : QObject
        Owner of the clock.
    """

    def __init__(
        self,
        session: Session,
        link: LayerLink,
        overlay: FatOverlay,
        layers: FatLayers,
        panel: ThresholdPanel,
        *,
        run: Run,
        parent: QObject,
    ) -> None:
        self._session = session
        self._link = link
        self._overlay = overlay
        self._layers = layers
        self._panel = panel
        self._run = run
        self._is_flashing = False
        self._dark = QTimer(parent)
        self._dark.setSingleShot(True)
        self._dark.setInterval(_FLASH_MS)
        self._dark.timeout.connect(self._end_flash)
        review = panel.review
        review.dragged.connect(self.drag)
        review.moved.connect(self.move)
        review.shared.connect(self.share)
        review.reset.connect(self.reset)
        review.shows_fat.connect(self.refresh)
        review.muscle_chosen.connect(self.choose_muscle)
        panel.fat.shown.connect(self.refresh)
        panel.fat.accepted.connect(self.accept_fat)
        panel.fat.layer_chosen.connect(self.use_fat_layer)
        panel.fat.redraw_wished.connect(self.redraw_fat)
        panel.implants.value_changed.connect(self.choose_implants)

    def choose_implants(self, text: str) -> None:
        """Leave out what a table of implants says; what is no file changes nothing, an empty line takes it back."""
        work, path = self._session.work, Path(text) if text else None
        if work is None or path == work.implants_file or not (path is None or path.is_file()):
            return
        with refusals_told():
            self._session.change(implants_file=path, implants=open_implants(path))

    def drag(self, muscle: Term, cut: float) -> None:
        """Show which pixels would be fat."""
        self._is_flashing = True
        self._dark.stop()
        self._draw({muscle.id: cut})

    def move(self, muscle: Term, cut: float) -> None:
        """Cut a muscle at a threshold from now on; the numbers follow by themselves."""
        self._flash()
        self._decide((muscle,), cut)

    def share(self, cut: float) -> None:
        """Cut every muscle of the series at one threshold."""
        self._flash()
        self._decide(self._muscles(), cut)

    def reset(self, muscle: Term | None) -> None:
        """Take what was found, for one muscle or for all."""
        work = self._session.work
        if work is not None:
            self._flash()
            self._session.change(review=work.review.reset((muscle,) if muscle else self._muscles()))

    def choose_muscle(self, muscle: Term) -> None:
        """Work on a muscle, on the side that is worked on."""
        work, labels = self._session.work, self._link.labels_layer()
        if work is None or work.label_map is None or labels is None:
            return
        structures = work.label_map.structures
        active = structures.get(int(labels.selected_label))
        sides = (active.side, *Side) if active else tuple(Side)
        values = {structure: value for value, structure in structures.items()}
        found = [values[Structure(muscle, side)] for side in sides if Structure(muscle, side) in values]
        if found:
            self._link.choose_label(found[0])

    def accept_fat(self) -> None:
        """Keep that the reader finds the proposed fat right."""
        work = self._session.work
        if work is not None:
            self._session.change(review=replace(work.review, accepts_fat_roi=True))

    def use_fat_layer(self, layer: Any) -> None:
        """Take a labels layer for the fat beside the muscles, or the automatic proposal again."""
        with refusals_told():
            self._layers.use(layer, beside=self._link.image_layer())

    def redraw_fat(self) -> None:
        """Make labels of the proposed fat that the reader can correct."""
        work = self._session.work
        if work is None or work.measured is None:
            return
        measured, study = work.measured, self._session.labels_study
        self._run(
            lambda progress: open_proposed_fat(measured, progress, study=study),
            says="making labels of the fat beside the muscles",
            done=lambda kept: self._layers.open(kept, beside=self._link.image_layer()),
        )

    def refresh(self, _: object = None) -> None:
        """Draw fat pixels as they are wanted now."""
        self._draw({})

    def show_current(self) -> None:
        """Show what belongs to the series that is worked on."""
        self._layers.show_current()
        self.refresh()

    def painted(self) -> None:
        """Draw anew what lies under a brush."""
        self._overlay.redraw()

    def leave(self) -> None:
        """Stop the clock and take the layer away."""
        self._dark.stop()
        self._overlay.drop()
        self._layers.leave()

    def _muscles(self) -> tuple[Term, ...]:
        work = self._session.work
        result = work.measured.result if work and work.measured else None
        return tuple(map(find_muscle, result.counted.thresholds.muscles)) if isinstance(result, CountedResult) else ()

    def _decide(self, muscles: tuple[Term, ...], cut: float) -> None:
        work = self._session.work
        if work is not None:
            with refusals_told():
                self._session.change(review=work.review.move(muscles, cut))

    def _flash(self) -> None:
        self._is_flashing = True
        self._dark.start()

    def _end_flash(self) -> None:
        self._is_flashing = False
        self.refresh()

    def _draw(self, moved: dict[str, float]) -> None:
        if not self._link.shows_slices:
            return
        work, beside = self._session.work, self._link.image_layer()
        called = self._panel.review.shows_called_fat or self._is_flashing
        fat_beside = self._panel.fat.shows_fat
        if work is None or beside is None or not (called or fat_beside):
            self._overlay.drop()
            return
        # What was let go counts before its numbers are there.
        decided = {**work.review.moved, **moved}
        self._overlay.show(work, beside=beside, called=called, fat_beside=fat_beside, moved=decided)
        self._link.count_slices()
