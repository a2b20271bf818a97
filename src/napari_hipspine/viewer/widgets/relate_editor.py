"""Every choice that can change a correlation table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFormLayout, QGridLayout, QLabel, QWidget

from ...domain.anatomy import vocabulary
from ...relating.intervals import IntervalMethod
from ...relating.multiplicity import Family
from ...relating.p_values import PMethod
from ...relating.request import MEASURES, BilateralRule, MissingRule, RelateRequest, SideRule
from ...writing.correlation_layout import MEASURE_LABELS
from .many_choices import ManyChoices
from .small_parts import choice_box, choose_value, number_box
from .word_inputs import ColumnBox

_ONLY_ONE = "the only one"
_PER_ROW = 4
_MOST_SEED = 2**31 - 1
_PLACES = (
    ("lumbar_level", "hip_level"),
    ("lumbar_session", "hip_session"),
    ("session", "side"),
    ("bilateral", "family"),
    ("p_method", "interval"),
    ("missing", "seed"),
)
_SESSIONS = {
    "session": "Session of both regions, where there are several",
    "lumbar_session": "Session of the lumbar values, where the hip has another",
    "hip_session": "Session of the hip values, where the lumbar spine has another",
}


class RelateEditor(QWidget):
    """Measures, levels, sessions, sides, family, p, and what is held constant.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._measures = {one.word: QCheckBox(MEASURE_LABELS.get(one.word, one.word)) for one in MEASURES}
        self._levels = {
            "lumbar_level": ManyChoices(_ONLY_ONE, tooltip="Levels of the lumbar values, each with its own columns"),
            "hip_level": ManyChoices(_ONLY_ONE, tooltip="Levels of the hip values, each with its own rows"),
        }
        self._sessions = {name: ColumnBox(tooltip) for name, tooltip in _SESSIONS.items()}
        self._boxes = {
            "side": choice_box(_words(SideRule), tooltip="The patient's side; both joins them"),
            "bilateral": choice_box(_words(BilateralRule), tooltip="How the fractions of both sides are joined"),
            "family": choice_box(_words(Family), tooltip="Tests that are adjusted together"),
            "p_method": choice_box(_words(PMethod), tooltip="How p is found"),
            "missing": choice_box(_words(MissingRule), tooltip="What becomes of subjects with gaps"),
            "interval": choice_box(_words(IntervalMethod), tooltip="How the 95 % interval of rho is found"),
        }
        self._seed = number_box(0, _MOST_SEED, 0)
        self._seed.setToolTip("Start of the random numbers of drawn orders and samples")
        self._covariates = ManyChoices(
            "nothing", tooltip="Columns of the participants table that are held constant (partial Spearman)"
        )
        self._ticks = {
            "allow_psoas_threshold_fi": QCheckBox("Keep psoas FI found with a threshold"),
            "mixed_contrast": QCheckBox("Rank different contrasts together"),
        }
        self._ticks["allow_psoas_threshold_fi"].setToolTip("Known to be unreliable on T2 and PD")
        self._ticks["mixed_contrast"].setToolTip("Fat measures of different contrasts are otherwise refused")
        self.offer_levels(())
        self._lay_out()
        self._wire()
        self.set_value(RelateRequest())

    def value(self) -> RelateRequest:
        """The choices.

        Raises
        ------
        InvalidChoice
            If no measure is chosen, or choices do not go together.
        """
        levels: dict[str, Any] = {name: choice.value() or None for name, choice in self._levels.items()}
        sessions: dict[str, Any] = {name: box.value() for name, box in self._sessions.items()}
        boxes: dict[str, Any] = {name: box.currentData() for name, box in self._boxes.items()}
        ticks: dict[str, Any] = {name: tick.isChecked() for name, tick in self._ticks.items()}
        return RelateRequest(
            measures=tuple(word for word, tick in self._measures.items() if tick.isChecked()),
            covariates=self._covariates.value(),
            seed=self._seed.value(),
            **levels,
            **sessions,
            **boxes,
            **ticks,
        )

    def set_value(self, request: RelateRequest) -> None:
        """Show choices."""
        for word, tick in self._measures.items():
            tick.setChecked(word in request.measures)
        for name, choice in self._levels.items():
            levels = getattr(request, name)
            choice.set_value((levels,) if isinstance(levels, str) else levels or ())
        for name, session in self._sessions.items():
            session.set_value(getattr(request, name))
        for name, box in self._boxes.items():
            choose_value(box, getattr(request, name))
        for name, tick in self._ticks.items():
            tick.setChecked(getattr(request, name))
        self._covariates.set_value(request.covariates)
        self._seed.setValue(request.seed)

    def offer_levels(self, levels: Sequence[str]) -> None:
        """Offer levels, such as those of the tables; every level of the vocabulary where none are named."""
        known = vocabulary().of_kind("level")
        offered = [(term.label, term.id) for term in known if term.id in levels] or [(t.label, t.id) for t in known]
        for choice in self._levels.values():
            choice.offer(offered)

    def offer_sessions(self, sessions: Sequence[str]) -> None:
        """Offer the sessions of the tables."""
        for box in self._sessions.values():
            box.offer(sessions)

    def offer_covariates(self, columns: Sequence[str]) -> None:
        """Offer the columns of the participants table."""
        self._covariates.offer([(name, name) for name in columns])

    def _lay_out(self) -> None:
        measures = QGridLayout()
        for number, tick in enumerate(self._measures.values()):
            measures.addWidget(tick, number // _PER_ROW, number % _PER_ROW)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Measures", measures)
        parts: dict[str, QWidget] = {**self._levels, **self._sessions, **self._boxes, "seed": self._seed}
        grid = QGridLayout()
        for row, names in enumerate(_PLACES):
            for at, name in enumerate(names):
                grid.addWidget(QLabel(_heading(name)), row, 2 * at)
                grid.addWidget(parts[name], row, 2 * at + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        form.addRow(grid)
        form.addRow("Held constant", self._covariates)
        for tick in self._ticks.values():
            form.addRow("", tick)

    def _wire(self) -> None:
        signals = [tick.toggled for tick in (*self._measures.values(), *self._ticks.values())]
        signals += [choice.value_changed for choice in self._levels.values()]
        signals += [session.value_changed for session in self._sessions.values()]
        signals += [box.currentIndexChanged for box in self._boxes.values()]
        for signal in (*signals, self._covariates.value_changed, self._seed.valueChanged):
            signal.connect(lambda *_: self.value_changed.emit())


def _words(kind: type) -> list[tuple[str, object]]:
    return [(str(choice).replace("_", " "), choice) for choice in kind]  # type: ignore[attr-defined]


def _heading(name: str) -> str:
    return {"p_method": "p"}.get(name, name.replace("_", " ").capitalize())
