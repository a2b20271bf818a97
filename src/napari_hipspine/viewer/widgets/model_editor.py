"""Every choice that can change a model, and what is made beside it."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget
from superqt import QElidingLabel

from ...domain.errors import InvalidChoice
from ...relating.models.design import OutcomeKind
from ...relating.models.mixed_linear import Criterion
from ...relating.models.model_request import MOST_POINTS, Estimator, ModelRequest
from ...relating.models.random_intercept import DEFAULT_POINTS
from ..study_wishes import ModelWish
from .model_extras_editor import ModelExtrasEditor
from .small_parts import choice_box, choose_value, number_box, set_reason
from .table_files import TableFiles
from .word_inputs import WordsLine

_KINDS = (("events: logistic", OutcomeKind.LOGISTIC), ("numbers: linear", OutcomeKind.LINEAR))
_ESTIMATORS = (
    ("maximum likelihood", Estimator.LIKELIHOOD),
    ("Firth's penalty", Estimator.FIRTH),
    ("GEE, population average", Estimator.GEE),
)
_CRITERIA = (("REML", Criterion.REML), ("ML", Criterion.ML))
_FORMULA = "Outcome ~ terms, as in R; a * b is a + b + a:b; counted outcomes as cbind(a, b) or a/n"


class ModelEditor(QWidget):
    """Table, formula, groups, and the rest on demand.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.table = TableFiles("A CSV table with one row per observation")
        self._columns = QElidingLabel()
        self._lines = {"formula": QLineEdit(), "random": QLineEdit()}
        self._lines["formula"].setPlaceholderText("cbp ~ lmm_z * intermat_z + age + sex")
        self._lines["formula"].setToolTip(_FORMULA)
        self._lines["random"].setPlaceholderText("1|centre")
        self._lines["random"].setToolTip("Groups with an intercept of their own; linear also 1 + time|subject_id")
        self._references = WordsLine("What categories are compared with; else the first in order", example="sex=female")
        self._boxes = {
            "kind": choice_box(_KINDS, tooltip="What the outcome holds"),
            "estimator": choice_box(_ESTIMATORS, tooltip="How coefficients are found"),
            "criterion": choice_box(_CRITERIA),
        }
        self._points = number_box(1, MOST_POINTS, DEFAULT_POINTS)
        self.extras = ModelExtrasEditor()
        self._more = QPushButton("More choices")
        self._more.setCheckable(True)
        self._more.setToolTip("Columns made before, further outcomes, subgroups, z-scores, additive scale, bootstrap")
        self._rest = QWidget()
        self._rest.setVisible(False)
        self._lay_out()
        self._wire()
        self._show_columns()
        self._allow()

    def missing(self) -> str:
        """What is still to be given; empty when nothing is."""
        if not self.table.value():
            return "Choose a table first."
        return "" if self._lines["formula"].text().strip() else "Write a formula first."

    def value(self) -> ModelWish:
        """The choices.

        Raises
        ------
        InvalidChoice
            If the formula cannot be read, or choices do not go together.
        """
        request = ModelRequest(
            formula=self._lines["formula"].text().strip(),
            kind=self._boxes["kind"].currentData(),
            random=self._lines["random"].text().strip() or None,
            estimator=self._boxes["estimator"].currentData(),
            references=dict(_read_pair(text) for text in self._references.value()),
            n_points=self._points.value(),
            criterion=self._boxes["criterion"].currentData(),
        )
        return ModelWish("".join(self.table.value()), request, self.extras.value())

    def set_value(self, wish: ModelWish) -> None:
        """Show choices."""
        self.table.set_value((wish.table,) if wish.table else ())
        request = wish.request
        self._lines["formula"].setText(request.formula)
        self._lines["random"].setText(request.random or "")
        self._references.set_value([f"{name}={word}" for name, word in request.references.items()])
        for name, box in self._boxes.items():
            choose_value(box, getattr(request, name))
        self._points.setValue(request.n_points)
        self.extras.set_value(wish.extras)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow("Table", self.table)
        form.addRow("", self._columns)
        form.addRow("Formula", self._lines["formula"])
        form.addRow("Outcome", self._boxes["kind"])
        form.addRow("Groups", self._lines["random"])
        form.addRow("Fitted by", self._boxes["estimator"])
        form.addRow("", self._more)
        rest = QFormLayout(self._rest)
        rest.setContentsMargins(0, 0, 0, 0)
        rest.addRow("Compared with", self._references)
        rest.addRow(self.extras)
        rest.addRow("Quadrature points", self._points)
        rest.addRow("Criterion", self._boxes["criterion"])
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self._rest)
        column.addStretch(1)

    def _wire(self) -> None:
        self._more.toggled.connect(self._rest.setVisible)
        self.table.value_changed.connect(self._show_columns)
        parts: list[Any] = [self.table, self._references, self.extras]
        signals = [
            *(part.value_changed for part in parts),
            *(line.textChanged for line in self._lines.values()),
            *(box.currentIndexChanged for box in self._boxes.values()),
            self._points.valueChanged,
        ]
        for signal in signals:
            signal.connect(lambda *_: self._tell())

    def _tell(self) -> None:
        self._allow()
        self.value_changed.emit()

    def _show_columns(self) -> None:
        columns = self.table.columns()
        self._columns.setText(f"Columns: {', '.join(columns)}" if columns else "Its columns stand here.")
        self._columns.setToolTip("\n".join(columns))
        self.extras.offer(columns)

    def _allow(self) -> None:
        has_groups = bool(self._lines["random"].text().strip())
        is_linear = self._boxes["kind"].currentData() is OutcomeKind.LINEAR
        by_likelihood = self._boxes["estimator"].currentData() is Estimator.LIKELIHOOD
        set_reason(
            self._points,
            "" if has_groups and by_likelihood and not is_linear else "For logistic models with groups.",
            otherwise="Of the Gauss-Hermite quadrature; 1 is Laplace's approximation",
        )
        set_reason(
            self._boxes["criterion"],
            "" if has_groups and is_linear else "For linear models with groups.",
            otherwise="Likelihood-ratio tests need ML",
        )


def _read_pair(text: str) -> tuple[str, str]:
    column, equals, category = text.partition("=")
    if not (column and equals and category):
        raise InvalidChoice(f"Expected a reference as COLUMN=CATEGORY, found {text!r}.")
    return column.strip(), category.strip()
