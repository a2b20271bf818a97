"""Step 4: how fat is told from muscle, and the button that finds the thresholds and measures with them."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QPushButton, QVBoxLayout, QWidget

from ..session import Session
from .protocol_editor import ProtocolEditor
from .small_parts import choice_box, make_primary, set_reason

_PROPOSED = "automatic"


class MeasurePanel(QWidget):
    """Settings, the fat beside the muscles, and Find thresholds.

    Attributes
    ----------
    measure_wished : Signal()
        The user wants the tables.
    fat_layer_chosen : Signal(object)
        The labels layer that marks macroscopic fat; None for the automatic proposal.
    """

    measure_wished = Signal()
    fat_layer_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.protocol = ProtocolEditor()
        self._fat = choice_box(
            ((_PROPOSED, None),),
            tooltip="Macroscopic fat beside the muscles, for the fat-reference method: found automatically and flagged "
            "fat_roi_proposed, or drawn by you in a labels layer of its own",
        )
        self._fat.activated.connect(lambda *_: self.fat_layer_chosen.emit(self._fat.currentData()))
        self._measure = QPushButton("Find thresholds")
        self._measure.clicked.connect(self.measure_wished)
        make_primary(self._measure)
        fat = QFormLayout()
        fat.addRow("Fat beside muscle", self._fat)
        column = QVBoxLayout(self)
        column.addWidget(self.protocol)
        column.addLayout(fat)
        column.addWidget(self._measure)

    def refresh(self, session: Session, layers: Sequence[object]) -> None:
        """Show the session and the labels layers that could mark fat."""
        work = session.work
        if work is not None:
            if self.protocol.value() != work.protocol and not self.protocol.problem():
                self.protocol.set_value(work.protocol)
            kept = None if work.fat_roi is None else work.fat_roi.path
            self._fat.clear()
            self._fat.addItem(_PROPOSED, None)
            for layer in layers:
                self._fat.addItem(layer.name, layer)  # type: ignore[attr-defined]
            if kept is not None:
                self._fat.setCurrentText(kept)
        missing = session.why_not_measure() or self.protocol.problem()
        set_reason(
            self._measure, missing, otherwise="Find the fat threshold of every labelled muscle, and measure with it"
        )
