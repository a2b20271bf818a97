"""Every choice that can change a correlation table."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFormLayout, QGridLayout, QLabel, QWidget

from ...domain.anatomy import vocabulary
from ...relating.multiplicity import Family
from ...relating.p_values import PMethod
from ...relating.request import MEASURES, BilateralRule, MissingRule, RelateRequest, SideRule
from ...writing.correlation_layout import MEASURE_LABELS
from .small_parts import choice_box, choose_value

_ONLY_ONE = ("the only one", None)
_PER_ROW = 4


class RelateEditor(QWidget):
    """Measures, levels, sides, family and p."""

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._measures = {one.word: QCheckBox(MEASURE_LABELS.get(one.word, one.word)) for one in MEASURES}
        levels = [(term.label, term.id) for term in vocabulary().of_kind("level")]
        self._boxes = {
            "lumbar_level": choice_box([_ONLY_ONE, *levels], tooltip="Level of the lumbar values"),
            "hip_level": choice_box([_ONLY_ONE, *levels], tooltip="Level of the hip values"),
            "side": choice_box(_words(SideRule), tooltip="The patient's side; both joins them"),
            "bilateral": choice_box(_words(BilateralRule), tooltip="How the fractions of both sides are joined"),
            "family": choice_box(_words(Family), tooltip="Tests that are adjusted together"),
            "p_method": choice_box(_words(PMethod), tooltip="How p is found"),
            "missing": choice_box(_words(MissingRule), tooltip="What becomes of subjects with gaps"),
        }
        self._ticks = {
            "allow_psoas_threshold_fi": QCheckBox("Keep psoas FI found with a threshold"),
            "mixed_contrast": QCheckBox("Rank different contrasts together"),
        }
        self._ticks["allow_psoas_threshold_fi"].setToolTip("Known to be unreliable on T2 and PD")
        self._ticks["mixed_contrast"].setToolTip("Fat measures of different contrasts are otherwise refused")
        self._lay_out()
        self.set_value(RelateRequest())

    def value(self) -> RelateRequest:
        """The choices.

        Raises
        ------
        InvalidChoice
            If no measure is chosen.
        """
        measures = tuple(word for word, tick in self._measures.items() if tick.isChecked())
        boxes = {name: box.currentData() for name, box in self._boxes.items()}
        ticks = {name: tick.isChecked() for name, tick in self._ticks.items()}
        return RelateRequest(measures=measures, **boxes, **ticks)

    def set_value(self, request: RelateRequest) -> None:
        """Show choices."""
        for word, tick in self._measures.items():
            tick.setChecked(word in request.measures)
        for name, box in self._boxes.items():
            choose_value(box, getattr(request, name))
        for name, tick in self._ticks.items():
            tick.setChecked(getattr(request, name))

    def _lay_out(self) -> None:
        measures = QGridLayout()
        for number, tick in enumerate(self._measures.values()):
            measures.addWidget(tick, number // _PER_ROW, number % _PER_ROW)
            tick.toggled.connect(lambda *_: self.value_changed.emit())
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Measures", measures)
        pairs = (("lumbar_level", "hip_level"), ("side", "bilateral"), ("family", "p_method"), ("missing", None))
        grid = QGridLayout()
        for row, names in enumerate(pairs):
            for at, name in enumerate(name for name in names if name):
                grid.addWidget(_heading(name), row, 2 * at)
                grid.addWidget(self._boxes[name], row, 2 * at + 1)
                self._boxes[name].currentIndexChanged.connect(lambda *_: self.value_changed.emit())
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        form.addRow(grid)
        for tick in self._ticks.values():
            form.addRow("", tick)
            tick.toggled.connect(lambda *_: self.value_changed.emit())


def _words(kind: type) -> list[tuple[str, object]]:
    return [(str(choice).replace("_", " "), choice) for choice in kind]  # type: ignore[attr-defined]


def _heading(name: str) -> QWidget:
    return QLabel({"p_method": "p"}.get(name, name.replace("_", " ").capitalize()))
