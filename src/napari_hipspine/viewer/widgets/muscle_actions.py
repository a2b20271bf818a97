"""What the muscles panel does when a wish arrives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ...domain.anatomy import Side, Structure
from ...domain.errors import InvalidChoice
from ...domain.subject import Progress
from ...keeping.journal_history import Mark
from ...writing.label_maps import write_label_map
from ..label_work import LabelWork
from ..layer_link import LayerLink
from ..muscle_rows import MuscleRow, muscle_rows
from ..passing_layers import PassingLayers
from ..prompted import Prompter
from ..proposals import FillWish, MirrorWish, Proposal, fill_wish, mirror_wish, scribbled, why_not_fill, why_not_paint
from ..series_work import SeriesWork
from ..session import Session
from ..shortcuts import Wish
from ..workers import refusals_told
from .muscles_panel import MusclesPanel

Run = Callable[..., None]
"""Does a piece of work off the main thread: work, says, done."""


class MuscleActions:
    """Wishes of the muscles panel, fulfilled.

    Parameters
    ----------
    session : Session
        What is open.
    link : LayerLink
        Hand in the layer list.
    layers : PassingLayers
        Proposals and strokes in the viewer.
    panel : MusclesPanel
        Shows how things stand.
    run : callable
        Takes work, what it says, and what is done with the result.
    """

    def __init__(
        self, session: Session, link: LayerLink, layers: PassingLayers, panel: MusclesPanel, *, run: Run
    ) -> None:
        self._session = session
        self._link = link
        self._layers = layers
        self._panel = panel
        self._run = run
        self._proposal: Proposal | None = None
        self._proposed_for: LabelWork | None = None
        self._scribbled: int = 0
        self.prompter: Prompter | None = None
        self._does: dict[Wish, Callable[[], None]] = {
            Wish.FILL: self.fill,
            Wish.ACCEPT: self.accept,
            Wish.DROP: self.drop,
            Wish.NEXT_LOOK: self.next_look,
            Wish.APPROVE: self.approve,
            Wish.STARTS: lambda: self._mark_end("first"),
            Wish.ENDS: lambda: self._mark_end("last"),
            Wish.MIRROR: self.mirror,
            Wish.SCRIBBLE: self.scribble,
            Wish.SWAP_STROKE: layers.swap_stroke,
            Wish.NEXT_MUSCLE: self.next_muscle,
            Wish.OTHER_SIDE: self.other_side,
            Wish.LOCK: self._lock_active,
        }

    @property
    def proposal(self) -> Proposal | None:
        """What is proposed now."""
        return self._proposal

    def ask(self, wish: Wish) -> None:
        """Do what a key or button asks for; a refusal is told and changes nothing."""
        if self._session.work is not None and self._session.work.label_work is not None:
            with refusals_told():
                self._does[wish]()
            self.refresh()

    def refresh(self) -> None:
        """Show how the muscles stand."""
        work = self._session.work
        kept = work.label_work if work else None
        if kept is not self._proposed_for and self._proposal is not None:
            self._forget_proposal()
        if kept is None:
            self._layers.drop_strokes()
        self._panel.setVisible(kept is not None)
        if work is None or kept is None:
            return
        panel = self._panel
        panel.strips.set_value(muscle_rows(work))
        panel.strips.set_here(active=self._active(), slice_index=self._link.slice_shown())
        panel.set_notice(kept.notice())
        panel.set_past(kept.past())
        panel.set_scribbling(is_on=self._layers.is_scribbling)
        busy = f"Wait until {self._session.doing} has ended." if self._session.doing else ""
        looking = "" if kept.to_look_at else "No filled slice is waiting for a look."
        panel.allow(
            painting=busy or why_not_paint(work),
            filling=busy or why_not_fill(work),
            looking=looking,
            saving=busy or ("" if work.n_structures else "Name a muscle first."),
        )

    def visit(self, slice_index: int, value: int) -> None:
        """Go to a slice and work on a label there."""
        self._link.visit(slice_index)
        self.choose(value)

    def choose(self, value: int) -> None:
        """Work on a label."""
        if self._layers.is_scribbling and value != self._scribbled:
            self._end_scribble()
        self._link.choose_label(value)
        self.refresh()

    def set_mode(self, mode: str) -> None:
        """Take up a tool of napari's."""
        self._end_scribble()
        layer = self._link.labels_layer()
        if layer is not None:
            self._link.choose_label(layer.selected_label)
            layer.mode = mode
            self.set_brush(self._panel.brush_mm())

    def set_brush(self, diameter_mm: float) -> None:
        """Paint with a brush of a size in the patient."""
        layer, work = self._link.labels_layer(), self._session.work
        if layer is not None and work is not None:
            layer.brush_size = max(1, round(diameter_mm / min(work.volume.grid.spacing_mm[1:])))

    def add(self, structure: Structure) -> None:
        """Name a new label value, and work on it."""
        work = self._session.work
        if work is not None and work.label_map is not None and not why_not_paint(work):
            value = max(work.label_map.structures, default=0) + 1
            with refusals_told():
                self._link.name_structures({**work.label_map.structures, value: structure})
                self.choose(value)

    def toggle_lock(self, row: MuscleRow) -> None:
        """Lock both sides of a muscle, or unlock them."""
        kept = self._session.work.label_work if self._session.work else None
        if kept is not None:
            with refusals_told():
                kept.lock(row.values, locked=not row.is_locked)
            self.refresh()

    def toggle_hidden(self, row: MuscleRow) -> None:
        """Hide both sides of a muscle in the picture, or show them."""
        work = self._session.work
        if work is not None:
            values = frozenset(row.values)
            self._session.change(hidden=work.hidden - values if row.is_hidden else work.hidden | values)
            self._link.show_structures()

    def discard(self, mark: Mark) -> None:
        """Go back to an earlier state, which can be undone."""
        kept, layer = self._kept(), self._link.labels_layer()
        with refusals_told():
            kept.discard_since(mark)
        if layer is not None:
            layer.refresh(extent=False)
        self.refresh()

    def save(self, path: str | Path) -> None:
        """Write the labels as they are now to a file."""
        kept = self._kept()
        label_map = replace(kept.store.label_map(), labels=kept.store.snapshot())

        def write(progress: Progress) -> Path:
            progress(0, 0, "saving the labels")
            return write_label_map(label_map, path)

        self._run(write, says="saving the labels", done=lambda _: None)

    def fill(self) -> None:
        """Propose what lies between outlines."""
        self._propose(fill_wish(self._work()), says="filling between outlines")

    def mirror(self) -> None:
        """Propose the other side of the active muscle."""
        self._propose(mirror_wish(self._work(), self._active()), says="mirroring")

    def accept(self) -> None:
        """Take what is proposed, as one step."""
        if self._proposal is None:
            return
        proposal, kept, layer = self._proposal, self._kept(), self._link.labels_layer()
        self._forget_proposal()
        proposal.accept(kept)
        if self.prompter is not None:
            self.prompter.settle()
        self._layers.clear_strokes()
        if layer is not None:
            layer.refresh(extent=False)

    def drop(self) -> None:
        """Take nothing of what is proposed."""
        self._forget_proposal()
        self._layers.clear_strokes()

    def next_look(self) -> None:
        """Go where a fill was least sure."""
        places = self._kept().to_look_at
        if places:
            here = (self._link.slice_shown(), self._active())
            at = next((number for number, place in enumerate(places) if place == here), -1)
            self.visit(*places[(at + 1) % len(places)])

    def approve(self) -> None:
        """Say that the active muscle is good on this slice."""
        slice_index, active = self._here()
        if not self._kept().approve(slice_index, active):
            raise InvalidChoice(
                f"Expected the active muscle on slice {slice_index}, found none or one that is approved already."
            )

    def scribble(self) -> None:
        """Take strokes inside and outside the active muscle, or no more."""
        if self._layers.is_scribbling:
            self._end_scribble()
            return
        work, layer = self._work(), self._link.labels_layer()
        missing = why_not_paint(work)
        if missing or layer is None:
            raise InvalidChoice(missing or "Open or draw labels first.")
        self._scribbled = self._active()
        self._layers.begin_strokes(work.volume.grid.shape, beside=layer, ended=self._stroke_ended)

    def next_muscle(self) -> None:
        """Work on the next row, on the same side if it is there."""
        rows = [row for row in self._panel.strips.value() if row.values]
        active = self._panel.strips.active_strip()
        if rows:
            at = next((number for number, row in enumerate(rows) if self._active() in row.values), -1)
            row = rows[(at + 1) % len(rows)]
            wanted = row.strip(active.structure.side if active else Side.LEFT)
            self.choose(wanted.value if wanted else row.values[0])

    def other_side(self) -> None:
        """Work on the same muscle on the other side."""
        row = next((row for row in self._panel.strips.value() if self._active() in row.values), None)
        others = [value for value in row.values if value != self._active()] if row else []
        if others:
            self.choose(others[0])

    def leave(self) -> None:
        """Leave no layer of ours for a moment behind."""
        self._forget_proposal()
        self._layers.drop_strokes()

    def _propose(self, wish: FillWish | MirrorWish, *, says: str) -> None:
        self._forget_proposal()
        self._run(wish.run, says=says, done=partial(self._show_for, self._kept()))

    def _show_for(self, kept: LabelWork, proposal: Proposal) -> None:
        """Show a proposal unless other labels are worked on by now."""
        if self._session.work is not None and self._session.work.label_work is kept:
            self._show(proposal)

    def _show(self, proposal: Proposal) -> None:
        layer = self._link.labels_layer()
        if layer is None:
            return
        self._proposal, self._proposed_for = proposal, self._kept()
        self._layers.show(proposal, self._work(), beside=layer)
        self._panel.set_proposed(proposal.describe())

    def _forget_proposal(self) -> None:
        self._proposal = self._proposed_for = None
        self._layers.drop_preview()
        self._panel.set_proposed("")

    def _stroke_ended(self) -> None:
        slice_index = self._link.slice_shown()
        if slice_index is None:
            return
        if self.prompter is not None and self.prompter.is_on:
            with refusals_told():
                self.prompter.ask(self._scribbled, self._layers.all_strokes, partial(self._show_for, self._kept()))
            return
        strokes = self._layers.strokes_on(slice_index)
        if not (strokes == 1).any():
            return
        with refusals_told():
            self._show(scribbled(self._work(), self._scribbled, slice_index, strokes))

    def _end_scribble(self) -> None:
        if self._layers.is_scribbling:
            self._forget_proposal()
            self._layers.drop_strokes()
            self._link.choose_label(self._scribbled)

    def _mark_end(self, which: str) -> None:
        slice_index, active = self._here()
        self._kept().set_extent(active, **{which: slice_index})

    def _lock_active(self) -> None:
        row = next((row for row in self._panel.strips.value() if self._active() in row.values), None)
        if row is not None:
            self.toggle_lock(row)

    def _active(self) -> int:
        layer: Any = self._link.labels_layer()
        return int(layer.selected_label) if layer is not None else 0

    def _here(self) -> tuple[int, int]:
        slice_index = self._link.slice_shown()
        if slice_index is None or not self._active():
            raise InvalidChoice("Expected a slice on the screen and a muscle that is worked on, found none.")
        return slice_index, self._active()

    def _work(self) -> SeriesWork:
        work = self._session.work
        if work is None:
            raise InvalidChoice("Expected an open image, found none.", hint="Open one in step 1.")
        return work

    def _kept(self) -> LabelWork:
        kept = self._work().label_work
        if kept is None:
            raise InvalidChoice("Expected labels to work on, found none.", hint="Open or draw labels in step 3.")
        return kept
