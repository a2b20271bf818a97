"""Tools for one slice: outline, scribble, and napari's brush, eraser and bucket; one at a time."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...domain.errors import InvalidChoice
from ..drawn_wishes import OutlineWay, outlined, scribbled
from ..label_work import LabelWork
from ..layer_link import LayerLink
from ..outline_corners import OutlineCorners
from ..painted_layer import UNDO, bind_history, take_back
from ..passing_layers import StrokesLayer
from ..prompted import Prompter
from ..proposals import Proposal, unlocked, why_not_paint
from ..session import Session
from ..shortcuts import ENTER, ESCAPE, Wish
from ..workers import refusals_told
from .proposal_desk import ProposalDesk

MODES = {Wish.BRUSH: "paint", Wish.ERASER: "erase", Wish.FLOOD: "fill"}
"""Tools of napari's labels layer."""

DRAWN = (Wish.OUTLINE, Wish.SCRIBBLE)
_NO_TOOL = "pan_zoom"
_LEAST_CORNERS = 3


class DrawingTools:
    """The tool in the hand.

    What was drawn and not yet taken is taken when another muscle, slice or tool is turned to; dropping it is a wish of
    its own.

    Parameters
    ----------
    session : Session
        What is open.
    link : LayerLink
        Hand in the layer list.
    desk : ProposalDesk
        Shows what is drawn, as a muscle.
    corners : OutlineCorners
        Corners of an outline.
    strokes : StrokesLayer
        Strokes of a scribble.
    """

    def __init__(
        self, session: Session, link: LayerLink, desk: ProposalDesk, corners: OutlineCorners, strokes: StrokesLayer
    ) -> None:
        self._session = session
        self._link = link
        self._desk = desk
        self._corners = corners
        self._strokes = strokes
        self._way = OutlineWay()
        self._value = 0
        self._drawn: Proposal | None = None
        self._kept: LabelWork | None = None
        self.prompter: Prompter | None = None

    @property
    def tool(self) -> Wish | None:
        """The tool in the hand."""
        if self._corners.layer is not None:
            return Wish.OUTLINE
        if self._strokes.layer is not None:
            return Wish.SCRIBBLE
        layer = self._link.labels_layer()
        mode = str(layer.mode) if layer is not None else ""
        return next((wish for wish, wanted in MODES.items() if wanted == mode), None)

    @property
    def strokes_are_outside(self) -> bool:
        """Whether strokes outside the muscle are drawn."""
        return self._strokes.is_outside()

    def take_up(self, tool: Wish) -> None:
        """Take a tool into the hand; the one that is in it already is put down.

        Raises
        ------
        InvalidChoice
            If nothing can be drawn; the message says why.
        """
        before = self.tool
        self.put_down()
        if tool is before:
            return
        work, layer = self._session.work, self._link.labels_layer()
        missing = why_not_paint(work)
        if missing or layer is None or work is None:
            raise InvalidChoice(missing or "Open or draw labels first.")
        if tool in MODES:
            self._link.choose_label(layer.selected_label)
            layer.mode = MODES[tool]
        elif tool is Wish.SCRIBBLE:
            unlocked(work, layer.selected_label)
            self._strokes.begin(work.volume.grid.shape, beside=layer, ended=self._show_scribble)
            self._bind_keys(self._strokes.layer, layer)
        else:
            unlocked(work, layer.selected_label)
            self._corners.begin(beside=layer, starts=self._begin_on, changed=self._show_outline, ended=self._accept)
            self._bind_keys(self._corners.layer, layer)
        self._value, self._kept = int(layer.selected_label), work.label_work
        self._desk.keep_ready(is_wanted=tool in DRAWN)

    def put_down(self) -> None:
        """Have no tool in the hand; what was drawn is taken."""
        self.settle()
        layer = self._link.labels_layer()
        is_drawing = self._is_drawing()
        self._kept = None
        self._corners.drop()
        self._strokes.drop()
        self._desk.keep_ready(is_wanted=False)
        if layer is not None:
            if str(layer.mode) in MODES.values():
                layer.mode = _NO_TOOL
            if is_drawing:
                self._link.choose_label(self._value)

    def settle(self) -> bool:
        """Take what was drawn and not yet taken; whether there was something."""
        is_pending = self._drawn is not None and self._drawn is self._desk.proposal
        if is_pending:
            self._desk.accept()
            if self.prompter is not None and self.tool is Wish.SCRIBBLE:
                self.prompter.settle()
        self.clear()
        return is_pending

    def clear(self) -> None:
        """Begin with nothing drawn."""
        self._drawn = None
        self._corners.clear()
        self._strokes.clear()

    def turn_to(self, value: int) -> None:
        """Draw another muscle from now on, with the tool that is in the hand."""
        if value != self._value:
            self.settle()
        self._value = value
        self._link.choose_label(value)
        here = self._corners.layer or self._strokes.layer
        if here is not None:
            self._link.work_on(here)

    def set_way(self, way: OutlineWay) -> None:
        """Make outlines into muscles in another way from now on."""
        self._way = way
        if self._corners.slice_index() is not None:
            self._show_outline()

    def swap_stroke(self) -> None:
        """Draw the other kind of stroke."""
        self._strokes.swap()

    def set_brush(self, diameter_mm: float) -> None:
        """Paint with a brush of a size in the patient [mm]."""
        layer, work = self._link.labels_layer(), self._session.work
        if layer is not None and work is not None:
            layer.brush_size = brush_pixels(diameter_mm, work.volume.grid.spacing_mm)

    def follow(self) -> None:
        """Draw the muscle that was chosen elsewhere; put the tool down where other labels are worked on by now."""
        work, kept = self._session.work, self._kept
        if kept is not None and (work is None or work.label_work is not kept):
            self._kept = None
            with refusals_told():
                self.settle()
            self.leave()
        elif self._is_drawing() and self._link.active_label() not in (0, self._value):
            with refusals_told():
                self.turn_to(self._link.active_label())

    def leave(self) -> None:
        """Leave nothing behind, and take nothing."""
        self._drawn = self._kept = None
        self._corners.drop()
        self._strokes.drop()
        self._desk.keep_ready(is_wanted=False)

    def _is_drawing(self) -> bool:
        return self._corners.layer is not None or self._strokes.layer is not None

    def _begin_on(self, slice_index: int) -> None:
        """What was drawn on another slice is taken first."""
        if self._corners.slice_index() not in (None, slice_index):
            with refusals_told():
                self.settle()

    def _show_outline(self) -> None:
        slice_index, vertices, work = self._corners.slice_index(), self._corners.vertices(), self._session.work
        if work is None or slice_index is None or len(vertices) < _LEAST_CORNERS:
            self._show_nothing()
            return
        self._show(lambda: outlined(work, self._value, slice_index, vertices, self._way))

    def _show_scribble(self) -> None:
        slice_index, work = self._link.slice_shown(), self._session.work
        if slice_index is None or work is None:
            return
        if self.prompter is not None and self.prompter.is_on:
            with refusals_told():
                self.prompter.ask(self._value, self._strokes.everywhere, partial(self._show_for, self._desk.kept()))
            return
        if self._drawn is not None and slice_index not in self._drawn.after:
            self._take_other_slice(slice_index)
        strokes = self._strokes.on(slice_index)
        if (strokes == 1).any():
            self._show(lambda: scribbled(work, self._value, slice_index, strokes))
        else:
            self._show_nothing()

    def _show_nothing(self) -> None:
        if self._drawn is not None:
            self._drawn = None
            self._desk.drop()

    def _take_other_slice(self, slice_index: int) -> None:
        """Take what was scribbled on another slice, and keep the stroke that was just drawn on this one."""
        self._desk.accept()
        self._drawn = None
        self._strokes.clear(but=slice_index)

    def _show(self, made: Any) -> None:
        with refusals_told():
            self._drawn = made()
            self._desk.show(self._drawn)

    def _show_for(self, kept: LabelWork, proposal: Proposal) -> None:
        """Show what another program made of strokes, unless other labels are worked on by now."""
        if self._session.work is not None and self._session.work.label_work is kept:
            self._show(lambda: proposal)

    def _accept(self) -> None:
        with refusals_told():
            self.settle()

    def _drop(self) -> None:
        self.clear()
        self._desk.drop()

    def _take_back(self, labels: Any) -> None:
        """Take a corner or a stroke back; with none left, undo the newest step of the labels."""
        if self._corners.take_back():
            return
        if self._strokes.take_back():
            self._show_scribble()
        else:
            with refusals_told():
                take_back(labels, self._desk.kept(), show_change=self._link.show_change)

    def _bind_keys(self, layer: Any, labels: Any) -> None:
        bind_history(layer, labels, self._desk.kept(), show_change=self._link.show_change)
        layer.bind_key(UNDO, lambda _: self._take_back(labels), overwrite=True)
        layer.bind_key(ENTER, lambda _: self._accept(), overwrite=True)
        layer.bind_key(ESCAPE, lambda _: self._drop(), overwrite=True)


def brush_pixels(diameter_mm: float, spacing_mm: tuple[float, float, float]) -> int:
    """Size of napari's brush whose disc has nearly a diameter in the patient.

    napari draws a disc of an odd number of the finest pixels across, round in the patient where pixels are not square.
    """
    across = diameter_mm / min(spacing_mm[1:])
    return max(1, 2 * round((across - 1) / 2) + 1)


def brush_mm(brush_size: int, spacing_mm: tuple[float, float, float]) -> float:
    """Diameter in the patient of the disc that napari draws for a size of its brush [mm]."""
    return (2 * (brush_size // 2) + 1) * min(spacing_mm[1:])
