"""The fat beside the muscles: looked at, accepted, redrawn or taken from a layer."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from ...domain.protocol import FatMethod
from ...workflows.measure_subject import CountedResult
from ..series_work import SeriesWork
from .small_parts import choice_box, make_primary, set_reason

_PROPOSED = "automatic"


class FatBesideRow(QWidget):
    """Whose fat is taken, and what the reader says of the proposal.

    Attributes
    ----------
    layer_chosen : Signal(object)
        The labels layer that marks macroscopic fat; None for the automatic proposal.
    shown : Signal(bool)
        Whether the user wants to see the proposal.
    accepted : Signal()
        The user has looked at the proposal and it is right.
    redraw_wished : Signal()
        The user wants the proposal as labels of its own, to correct it.
    """

    layer_chosen = Signal(object)
    shown = Signal(bool)
    accepted = Signal()
    redraw_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._layer = choice_box(
            ((_PROPOSED, None),),
            tooltip="Macroscopic fat beside the muscles, for the fat-reference method: found automatically and flagged "
            "until you accept it, or drawn by you in a labels layer of its own",
        )
        self._layer.setMinimumContentsLength(2)
        self._layer.activated.connect(lambda *_: self.layer_chosen.emit(self._layer.currentData()))
        self._show = QPushButton("Show")
        self._show.setCheckable(True)
        self._show.toggled.connect(self.shown)
        self._accept = QPushButton("Accept")
        self._accept.clicked.connect(self._tell_accepted)
        self._redraw = QPushButton("Redraw")
        self._redraw.clicked.connect(self.redraw_wished)
        self._buttons = (self._show, self._accept, self._redraw)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel("Fat beside"))
        row.addWidget(self._layer, 1)
        for button in self._buttons:
            row.addWidget(button)
            button.setVisible(False)

    def _tell_accepted(self) -> None:
        self._show.setChecked(False)
        self.accepted.emit()

    @property
    def shows_fat(self) -> bool:
        """Whether the user wants to see the proposal."""
        return bool(self._show.isChecked() and self._show.isEnabled())

    @property
    def awaits_a_look(self) -> bool:
        """Whether fat was found that nobody has accepted yet."""
        return bool(self._accept.isEnabled() and not self._accept.isHidden())

    def refresh(self, work: SeriesWork | None, layers: Sequence[object], *, busy: str) -> None:
        """Show the series and the labels layers that could mark fat."""
        self._layer.clear()
        self._layer.addItem(_PROPOSED, None)
        for layer in layers:
            self._layer.addItem(layer.name, layer)  # type: ignore[attr-defined]
        if work is not None and work.fat_roi is not None:
            self._layer.setCurrentText(work.fat_roi.path)
        for button in self._buttons:
            button.setVisible(work is not None and work.measured is not None)
        reason = busy or _why_no_proposal(work)
        set_reason(self._show, reason, otherwise="Show it on the slice, in blue-green")
        is_accepted = bool(work and work.review.accepts_fat_roi)
        done = reason or ("You have accepted it." if is_accepted else "")
        set_reason(self._accept, done, otherwise="I have looked at the fat beside the muscles and it is right")
        make_primary(self._accept, is_primary=not done)
        set_reason(self._redraw, reason, otherwise="Make labels of it that you can correct; used instead of it")


def _why_no_proposal(work: SeriesWork | None) -> str:
    """Why there is no proposed fat to look at; empty when there is."""
    if work is not None and work.fat_roi is not None:
        return "You have drawn it yourself; choose “automatic” to have it proposed."
    if work is None or work.measured is None or not isinstance(work.measured.result, CountedResult):
        return "It is proposed when the thresholds are found."
    if work.protocol.fat_method is not FatMethod.FAT_REFERENCE:
        return "Only the fat-reference method rests on it."
    region = work.measured.result.counted.thresholds.fat_region
    if region is None or not region.is_found:
        return "None was found within reach of the muscles; the pooled method was used."
    return ""
