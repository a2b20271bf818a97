"""Two label maps whose outlines are compared, and by which rules."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QWidget

from ...measuring.agreement import BorderRule, DistanceRule
from ..study_wishes import OutlinesWish
from .label_files_editor import LabelFilesEditor
from .small_parts import choice_box, choose_value

_DISTANCES = (
    ("the larger of both directions", DistanceRule.MAX_OF_DIRECTED),
    ("both directions as one", DistanceRule.POOLED),
)
_BORDERS = (("within each slice", BorderRule.SLICE_OUTLINE), ("surface of the body", BorderRule.FACES))


class OutlinesEditor(QWidget):
    """Both label maps and the rules of the distance.

    Parameters
    ----------
    namings : sequence of str
        Words for the namings there are.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self, namings: Sequence[str]) -> None:
        super().__init__()
        self.first, self.second = LabelFilesEditor(namings), LabelFilesEditor(namings)
        self._distance = choice_box(_DISTANCES, tooltip="HD95: 95th percentile of the distances of which direction")
        self._border = choice_box(_BORDERS, tooltip="Which voxels are the outline")
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("First", self.first)
        form.addRow("Second", self.second)
        form.addRow("HD95 of", self._distance)
        form.addRow("Outline", self._border)
        signals = [part.value_changed for part in (self.first, self.second)]
        for signal in (*signals, self._distance.currentIndexChanged, self._border.currentIndexChanged):
            signal.connect(lambda *_: self.value_changed.emit())

    def missing(self) -> str:
        """What is still to be given; empty when nothing is."""
        return self.first.why_not_open() or self.second.why_not_open()

    def value(self) -> OutlinesWish:
        """The choices.

        Raises
        ------
        InvalidChoice
            If a label map is missing.
        """
        return OutlinesWish(
            self.first.value(), self.second.value(), self._distance.currentData(), self._border.currentData()
        )

    def set_value(self, wish: OutlinesWish) -> None:
        """Show choices."""
        self.first.set_value(wish.first)
        self.second.set_value(wish.second)
        choose_value(self._distance, wish.distance)
        choose_value(self._border, wish.border)
