"""The thresholds that were found, muscle by muscle: looked at, moved, shared or reset."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ...domain.anatomy import Side, Term
from ..plot_scale import tick_text
from ..result_columns import MISSING, cell_text
from ..shown_threshold import ShownThreshold
from .histogram_plot import HistogramPlot
from .small_parts import choice_box, choose_value, set_reason, wrapped_label

_FRACTIONS = "Fat fractions are cut by the protocol, not by hand."
_VALUE_WIDTH = 80


class ThresholdReviewEditor(QWidget):
    """One muscle at a time: its histogram, its threshold as a number, and what is to be careful about.

    Attributes
    ----------
    dragged, moved : Signal(object, float)
        Muscle and threshold while it is being moved, and where it was let go.
    shared : Signal(float)
        The user wants this threshold for all muscles of the series.
    reset : Signal(object)
        The muscle that is to have what was found; None for all.
    shows_fat : Signal(bool)
        Whether the user wants to see the pixels called fat.
    muscle_chosen : Signal(object)
        The user looks at another muscle.
    """

    dragged = Signal(object, float)
    moved = Signal(object, float)
    shared = Signal(float)
    reset = Signal(object)
    shows_fat = Signal(bool)
    muscle_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[ShownThreshold, ...] = ()
        self._busy = ""
        self._muscle = choice_box((), tooltip="Which muscle's threshold is shown; ✎ was moved by hand")
        self._muscle.activated.connect(self._choose)
        self.plot = HistogramPlot()
        self.plot.dragged.connect(self._drag)
        self.plot.moved.connect(self._move)
        self._value = QLineEdit()
        self._value.setFixedWidth(_VALUE_WIDTH)
        self._value.editingFinished.connect(self._type)
        self._heading = QLabel()
        self._same = QLabel("same for both sides")
        self._said = wrapped_label()
        self._said.setToolTip(
            "How the threshold was found, and the share of pixels called fat over all labelled slices"
        )
        self._warnings = wrapped_label()
        self._reset = QPushButton("Reset")
        self._reset.clicked.connect(lambda: self.reset.emit(self._active()))
        self._share = QPushButton("Same for all muscles")
        self._share.clicked.connect(lambda: self.shared.emit(self.plot.cut))
        self._reset_all = QPushButton("Reset all")
        self._reset_all.clicked.connect(lambda: self.reset.emit(None))
        self._shows = QCheckBox("Show called fat")
        self._shows.setToolTip("Pixels called fat, yellow on the slice; they also flash up while a threshold is moved")
        self._shows.toggled.connect(self.shows_fat)
        self._lay_out()
        self.set_value((), busy="")

    def _lay_out(self) -> None:
        number = QHBoxLayout()
        for part in (self._heading, self._value, self._same):
            number.addWidget(part)
        number.addStretch(1)
        buttons = QHBoxLayout()
        for button in (self._reset, self._share, self._reset_all):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(self._muscle, 1)
        head.addWidget(self._shows)
        column.addLayout(head)
        column.addWidget(self.plot)
        column.addLayout(number)
        column.addWidget(self._said)
        column.addWidget(self._warnings)
        column.addLayout(buttons)

    def value(self) -> tuple[ShownThreshold, ...]:
        """Every muscle that can be looked at."""
        return self._shown

    def set_value(self, shown: Sequence[ShownThreshold], *, busy: str) -> None:
        """Show muscles; the one that was looked at stays. ``busy`` says why nothing can be moved now."""
        before = self._active()
        self._shown, self._busy = tuple(shown), busy
        self._muscle.clear()
        for one in self._shown:
            mark = " ✎" if one.threshold.automatic else ""
            self._muscle.addItem(f"{one.muscle.label}{mark}", one.muscle)
        choose_value(self._muscle, before)
        self._show()

    @property
    def shows_called_fat(self) -> bool:
        """Whether the user wants to see the pixels called fat all the time."""
        return bool(self._shows.isChecked())

    def toggle_called_fat(self) -> None:
        """Show the pixels called fat all the time, or no longer."""
        self._shows.toggle()

    def choose(self, muscle: Term) -> None:
        """Look at a muscle, if it is there, without telling."""
        if not self.plot.is_dragging and muscle != self._active() and any(s.muscle == muscle for s in self._shown):
            choose_value(self._muscle, muscle)
            self._show()

    def _active(self) -> Term | None:
        muscle: Term | None = self._muscle.currentData()
        return muscle

    def _current(self) -> ShownThreshold | None:
        return next((one for one in self._shown if one.muscle == self._active()), None)

    def _choose(self) -> None:
        self._show()
        self.muscle_chosen.emit(self._active())

    def _show(self) -> None:
        shown = self._current()
        self.plot.set_value(shown)
        self._heading.setText("Cut [fat fraction]" if shown and shown.is_fraction else "Threshold [signal]")
        self._warnings.setText("" if shown is None else "\n".join(f"⚠ {words}" for words in shown.warnings))
        self._warnings.setVisible(bool(shown and shown.warnings))
        self._show_cut()
        self._allow()

    def _show_cut(self) -> None:
        shown, cut = self._current(), self.plot.cut
        self._value.setText(_short(shown, cut))
        self._value.setPlaceholderText("none")
        self._said.setText("" if shown is None else _describe(shown, cut))

    def _allow(self) -> None:
        shown = self._current()
        fixed = _FRACTIONS if shown and shown.is_fraction else ""
        reason = self._busy or fixed
        moved = any(one.threshold.automatic for one in self._shown)
        is_moved = bool(shown and shown.threshold.automatic)
        for button in (self._reset, self._share, self._reset_all):
            button.setVisible(not fixed)
        self.plot.setEnabled(not self._busy)
        set_reason(self._value, reason, otherwise="Type a threshold, or drag the line")
        not_moved = reason or ("" if is_moved else "This threshold is the one that was found.")
        set_reason(self._reset, not_moved, otherwise="Take the threshold that was found")
        none_moved = reason or ("" if moved else "Every threshold is the one that was found.")
        set_reason(self._reset_all, none_moved, otherwise="Take for every muscle the threshold that was found")
        no_cut = reason or ("" if math.isfinite(self.plot.cut) else "There is no threshold to share.")
        set_reason(self._share, no_cut, otherwise="Cut every muscle of this series at this signal")

    def _drag(self, cut: float) -> None:
        self._show_cut()
        self.dragged.emit(self._active(), cut)

    def _move(self, cut: float) -> None:
        self._show_cut()
        self.moved.emit(self._active(), cut)

    def _type(self) -> None:
        """Take a typed number; what is none brings the threshold back."""
        try:
            typed = float(self._value.text().strip().replace(",", ".").replace("\N{MINUS SIGN}", "-"))
        except ValueError:
            typed = math.nan
        shown = self._current()
        if shown is not None and math.isfinite(typed) and _short(shown, typed) != _short(shown, self.plot.cut):
            self.moved.emit(self._active(), typed)
        else:
            self._show_cut()


def _short(shown: ShownThreshold | None, cut: float) -> str:
    """A threshold to as many digits as can be told apart in the histogram; empty when there is none."""
    return tick_text(shown.rounded(cut)) if shown is not None and math.isfinite(cut) else ""


def _describe(shown: ShownThreshold, cut: float) -> str:
    """How the threshold was found, and what it calls fat."""
    found = shown.threshold.as_found
    shares = ", ".join(f"{side.value} {cell_text('fi', shown.fat_share(side, cut))} %" for side in Side)
    if shown.is_fraction:
        return f"Fat: {shares}"
    if not math.isfinite(cut):
        return f"No threshold was found by {found.method}. Click into the histogram to set one."
    how = found.method
    if shown.threshold.automatic or found.threshold != cut:
        how = f"moved by hand; found was {_short(shown, found.threshold) or MISSING} by {found.method}"
    return f"{how[:1].upper()}{how[1:]}. Fat: {shares}"
