"""What the muscles panel does when a wish arrives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...domain.anatomy import Side, Structure
from ...domain.errors import InvalidChoice
from ...domain.subject import Progress
from ...keeping.journal_history import Mark
from ...writing.label_maps import write_label_map
from ..drawn_wishes import OutlineWay
from ..layer_link import LayerLink
from ..muscle_rows import MuscleRow, muscle_rows
from ..outline_corners import OutlineCorners
from ..passing_layers import PreviewLayer, StrokesLayer
from ..prompted import Prompter
from ..proposals import Proposal, why_not_paint
from ..session import Session
from ..shortcuts import Wish
from ..watched_labels import WatchedLabels
from ..workers import refusals_told
from .drawing_tools import MODES, DrawingTools, brush_mm
from .muscles_panel import MusclesPanel
from .proposal_desk import ProposalDesk, Run
from .slice_actions import SliceActions
from .tool_row import TOOLS

_SAVING = "saving the labels"


class MuscleActions:
    """Wishes of the muscles panel, fulfilled.

    Parameters
    ----------
    session : Session
        What is open.
    link : LayerLink
        Hand in the layer list.
    viewer : napari viewer
        Where proposals, strokes and corners are shown.
    panel : MusclesPanel
        Shows how things stand.
    run : callable
        Takes work, what it says, and what is done with the result.
    """

    def __init__(self, session: Session, link: LayerLink, viewer: Any, panel: MusclesPanel, *, run: Run) -> None:
        self._session = session
        self._link = link
        self._panel = panel
        self._run = run
        self._desk = ProposalDesk(session, link, PreviewLayer(viewer), say=panel.set_proposed, run=run)
        self.tools = DrawingTools(session, link, self._desk, OutlineCorners(viewer), StrokesLayer(viewer))
        self.slices = SliceActions(session, link, self._desk, panel, visit=self.visit)
        self._does: dict[Wish, Callable[[], None]] = {
            **{tool: self._taking_up(tool) for tool in TOOLS},
            **{wish: self._settled(does) for wish, does in self.slices.does.items()},
            Wish.LIVEWIRE: lambda: self._of_outline(Wish.LIVEWIRE),
            Wish.THRESHOLD: lambda: self._of_outline(Wish.THRESHOLD),
            Wish.SWAP_STROKE: self.tools.swap_stroke,
            Wish.ACCEPT: self.accept,
            Wish.DROP: self.drop,
            Wish.NEXT_MUSCLE: self.next_muscle,
            Wish.OTHER_SIDE: self.other_side,
            Wish.ALL_MUSCLES: panel.toggle_all,
            Wish.LOCK: lambda: self._of_active_row(self.toggle_lock),
            Wish.HIDE: lambda: self._of_active_row(self.toggle_hidden),
            Wish.SOLO: lambda: self._of_active_row(self.toggle_solo),
        }
        self._wire(panel)

    @property
    def prompter(self) -> Prompter | None:
        """Whoever takes strokes instead of the scribble tool's own reckoning."""
        return self.tools.prompter

    @prompter.setter
    def prompter(self, prompter: Prompter | None) -> None:
        self.tools.prompter = prompter

    @property
    def proposal(self) -> Proposal | None:
        """What is proposed now."""
        return self._desk.proposal

    def ask(self, wish: Wish) -> None:
        """Do what a key or button asks for; a refusal is told and changes nothing."""
        if self._session.work is None or self._session.work.label_work is None:
            return
        with refusals_told():
            self._panel.set_said("")
            reason = self._reasons().get(wish, "")
            if reason:
                raise InvalidChoice(reason)
            self._does[wish]()
        self.refresh()

    def refresh(self) -> None:
        """Show how the muscles stand."""
        work = self._session.work
        kept = work.label_work if work else None
        self.tools.follow()
        self._desk.drop_unless_for(kept)
        self._panel.setVisible(kept is not None)
        if work is None or kept is None:
            return
        panel = self._panel
        panel.strips.set_value(muscle_rows(work, self.slices.to_look_at()))
        panel.strips.set_here(active=self._link.active_label(), slice_index=self._link.slice_shown())
        panel.set_notice(kept.notice(), asks=kept.recovery is not None)
        panel.set_past(kept.past())
        self._show_tool()
        busy = self._busy()
        saving = busy or ("" if work.n_structures else "Name a muscle first.")
        panel.allow(self._reasons(), painting=busy or why_not_paint(work), saving=saving)

    def visit(self, slice_index: int, value: int) -> None:
        """Go to a slice and work on a label there."""
        self._link.visit(slice_index)
        self.choose(value)

    def choose(self, value: int) -> None:
        """Work on a label, with the tool that is in the hand."""
        with refusals_told():
            self.tools.turn_to(value)
        self.refresh()

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
        with refusals_told():
            self._desk.kept().lock(row.values, locked=not row.is_locked)
        self.refresh()

    def toggle_hidden(self, row: MuscleRow) -> None:
        """Hide both sides of a muscle in the picture, or show them."""
        work = self._session.work
        if work is not None:
            values = frozenset(row.values)
            self._hide(work.hidden - values if row.is_hidden else work.hidden | values)

    def toggle_solo(self, row: MuscleRow) -> None:
        """Show both sides of a muscle alone, or all muscles again."""
        work = self._session.work
        if work is not None and work.label_map is not None:
            others = frozenset(work.label_map.structures) - frozenset(row.values)
            self._hide(frozenset() if work.hidden == others else others)

    def _hide(self, values: frozenset[int]) -> None:
        self._session.change(hidden=values)
        self._link.show_structures()

    def discard(self, mark: Mark) -> None:
        """Go back to an earlier state, which can be undone."""
        self._turn_back(lambda: self._desk.kept().discard_since(mark))

    def save(self, path: str | Path) -> None:
        """Write the labels as they are now to a file."""
        with refusals_told():
            self.tools.settle()
            kept = self._desk.kept()
            label_map, labels = kept.store.label_map(), kept.store.snapshot()

            def write(progress: Progress) -> Path:
                watched = WatchedLabels(labels, progress, _SAVING)
                return write_label_map(replace(label_map, labels=watched), path)

            self._run(write, says=_SAVING, done=lambda written: self._panel.set_said(f"Saved: {written}"))

    def accept(self) -> None:
        """Take what is proposed, as one step."""
        if not self.tools.settle():
            self._desk.accept()

    def drop(self) -> None:
        """Take nothing of what is proposed."""
        self._desk.drop()
        self.tools.clear()

    def next_muscle(self) -> None:
        """Work on the next row, on the same side if it is there."""
        rows = [row for row in self._panel.strips.value() if row.values]
        active = self._panel.strips.active_strip()
        if rows:
            here = self._link.active_label()
            at = next((number for number, row in enumerate(rows) if here in row.values), -1)
            row = rows[(at + 1) % len(rows)]
            wanted = row.strip(active.structure.side if active else Side.LEFT)
            self.choose(wanted.value if wanted else row.values[0])

    def other_side(self) -> None:
        """Work on the same muscle on the other side."""
        row = self._active_row()
        others = [value for value in row.values if value != self._link.active_label()] if row else []
        if others:
            self.choose(others[0])

    def leave(self) -> None:
        """Leave no layer of ours for a moment behind."""
        self.tools.leave()
        self._desk.drop()

    def _wire(self, panel: MusclesPanel) -> None:
        panel.wished.connect(self.ask)
        panel.tidy_every_wished.connect(lambda: self._do(self.slices.tidy_every))
        panel.approve_every_wished.connect(lambda: self._do(self.slices.approve_every))
        panel.approve_imported_wished.connect(lambda: self._do(self.slices.approve_imported))
        panel.discard_wished.connect(self.discard)
        panel.recovered_kept.connect(lambda: self._do(lambda: self._desk.kept().keep_recovered()))
        panel.recovered_discarded.connect(lambda: self._turn_back(lambda: self._desk.kept().discard_recovered()))
        panel.tools.brush_changed.connect(self.tools.set_brush)
        panel.tools.outline.value_changed.connect(self._set_way)
        panel.strips.cell_chosen.connect(self.visit)
        panel.strips.value_chosen.connect(self.choose)
        panel.strips.added.connect(self.add)
        panel.strips.lock_wished.connect(self.toggle_lock)
        panel.strips.hide_wished.connect(self.toggle_hidden)
        panel.strips.solo_wished.connect(self.toggle_solo)

    def _do(self, act: Callable[[], None]) -> None:
        """Something from a menu: told if it is refused, shown when it is done."""
        with refusals_told():
            busy = self._busy() or why_not_paint(self._session.work)
            if busy:
                raise InvalidChoice(busy)
            self.tools.settle()
            act()
        self.refresh()

    def _turn_back(self, act: Callable[[], object]) -> None:
        """Something that may change every slice."""

        def turn_back() -> None:
            self._desk.drop()
            act()

        self._do(turn_back)
        layer = self._link.labels_layer()
        if layer is not None:
            layer.refresh(extent=False)

    def _taking_up(self, tool: Wish) -> Callable[[], None]:
        def take_up() -> None:
            diameter_mm = self._panel.tools.brush_mm()
            self.tools.take_up(tool)
            if tool in MODES:
                self.tools.set_brush(diameter_mm)

        return take_up

    def _settled(self, does: Callable[[], None]) -> Callable[[], None]:
        """What was drawn is taken before anything else is done."""

        def do() -> None:
            self.tools.settle()
            does()

        return do

    def _of_outline(self, wish: Wish) -> None:
        if self.tools.tool is not Wish.OUTLINE:
            self.tools.take_up(Wish.OUTLINE)
        self._panel.tools.outline.toggle(wish)

    def _set_way(self, way: OutlineWay) -> None:
        with refusals_told():
            self.tools.set_way(way)

    def _show_tool(self) -> None:
        tools, layer, work = self._panel.tools, self._link.labels_layer(), self._session.work
        tools.set_value(self.tools.tool)
        tools.set_outside(is_on=self.tools.strokes_are_outside)
        if self.tools.tool in MODES and layer is not None and work is not None:
            tools.show_brush(brush_mm(layer.brush_size, work.volume.grid.spacing_mm))

    def _reasons(self) -> dict[Wish, str]:
        busy, missing = self._busy(), why_not_paint(self._session.work)
        own = dict.fromkeys((*TOOLS, Wish.LIVEWIRE, Wish.THRESHOLD, Wish.LOCK), missing)
        own[Wish.ACCEPT] = "" if self._desk.proposal else "Nothing is proposed."
        return {wish: busy or reason for wish, reason in {**own, **self.slices.reasons()}.items()}

    def _busy(self) -> str:
        return f"Wait until {self._session.doing} has ended." if self._session.doing else ""

    def _of_active_row(self, does: Callable[[MuscleRow], None]) -> None:
        row = self._active_row()
        if row is not None:
            does(row)

    def _active_row(self) -> MuscleRow | None:
        here = self._link.active_label()
        return next((row for row in self._panel.strips.value() if here in row.values), None)
