"""Step 4: how fat is told from muscle: found, looked at, moved where it is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QPushButton, QVBoxLayout, QWidget

from ...domain.volume import Contrast, WaterFat
from ..series_work import SeriesWork
from ..session import Session
from ..shown_threshold import shown_thresholds
from .fat_beside_row import FatBesideRow
from .protocol_editor import ProtocolEditor
from .small_parts import PathRow, make_primary, set_reason, wrapped_label
from .threshold_review_editor import ThresholdReviewEditor

_NO_IMPLANTS = "Under Implants stands no table of implants: choose one, or empty the line."
_LOOK = "The thresholds rest on fat that was found beside the muscles. Look at it (Show), then accept it or redraw it."


class ThresholdPanel(QWidget):
    """What was found, the fat it rests on, the settings, and Find thresholds.

    Attributes
    ----------
    find_wished : Signal()
        The user wants thresholds, and the tables that come with them.
    """

    find_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.review = ThresholdReviewEditor()
        self.fat = FatBesideRow()
        self.protocol = ProtocolEditor()
        self.implants = PathRow("Table of implants, fusions and slices to leave out")
        self._shown_of: tuple[object, str] | None = None
        self._implants_of = ("", "")
        self._changed = wrapped_label()
        self._hint = wrapped_label(_LOOK)
        self._find = QPushButton("Find thresholds")
        self._find.clicked.connect(self.find_wished)
        make_primary(self._find)
        column = QVBoxLayout(self)
        leave_out = QFormLayout()
        leave_out.addRow("Implants", self.implants)
        for part in (self._hint, self.fat, self.review, self.protocol):
            column.addWidget(part)
        column.addLayout(leave_out)
        for part in (self._find, self._changed):
            column.addWidget(part)

    def refresh(self, session: Session, layers: Sequence[object]) -> None:
        """Show the session and the labels layers that could mark fat."""
        work = session.work
        busy = _busy(session)
        if work is not None and self.protocol.value() != work.protocol and not self.protocol.problem():
            self.protocol.set_value(work.protocol)
        self._show_implants(work)
        self.fat.refresh(work, layers, busy=busy)
        is_signal = work is not None and not (
            isinstance(work.image, WaterFat) or work.image.contrast is Contrast.FAT_FRACTION
        )
        self.fat.setVisible(is_signal)
        self._hint.setVisible(is_signal and self.fat.awaits_a_look)
        self.refresh_review(session)
        measured = work.measured if work else None
        self._find.setText("Find thresholds anew" if measured else "Find thresholds")
        is_other = self.implants.value() != _implants_path(work)
        missing = session.why_not_measure() or self.protocol.problem() or (_NO_IMPLANTS if is_other else "")
        says = "Find the fat threshold of every labelled muscle, and measure with it; those moved by hand stay moved"
        set_reason(self._find, missing, otherwise=says)
        make_primary(self._find, is_primary=measured is None or bool(session.why_stale()))
        changed = measured.changed if measured else None
        self._changed.setVisible(changed is not None)
        if changed is not None:
            self._changed.setText(f"Found anew: {changed.n_changed} of {changed.n_numbers} numbers changed.")

    def _show_implants(self, work: SeriesWork | None) -> None:
        """Show the table of the series, unless another is being typed."""
        shown = _implants_path(work)
        self.implants.setEnabled(work is not None)
        if self._implants_of != (work.name if work else "", shown):
            self._implants_of = (work.name if work else "", shown)
            if self.implants.value() != shown:
                self.implants.set_value(shown)

    def refresh_review(self, session: Session) -> None:
        """Show what was found; histograms are made only when the step is open and they are others than before."""
        measured = session.work.measured if session.work else None
        self.review.setVisible(measured is not None)
        busy = _busy(session)
        is_known = self._shown_of is not None and self._shown_of[0] is measured and self._shown_of[1] == busy
        if is_known or self.isHidden() or self.review.plot.is_dragging:
            return
        self._shown_of = (measured, busy)
        self.review.set_value(shown_thresholds(session.work), busy=busy)


def _implants_path(work: SeriesWork | None) -> str:
    return str(work.implants_file) if work is not None and work.implants_file is not None else ""


def _busy(session: Session) -> str:
    return f"Wait until {session.doing} has ended." if session.doing else ""
