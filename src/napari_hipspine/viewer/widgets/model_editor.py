"""Every choice that can change a model, and what is made beside it."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QLineEdit, QPushButton, QSpinBox, QVBoxLayout, QWidget
from superqt import QElidingLabel

from ...domain.errors import InvalidChoice
from ...relating.models.design import OutcomeKind
from ...relating.models.mixed_linear import Criterion
from ...relating.models.model_request import MOST_POINTS, Estimator, ModelRequest
from ...relating.models.random_intercept import DEFAULT_POINTS
from ...workflows.model_cohort import FewEvents, ModelExtras
from ..study_wishes import ModelWish
from .cohort_columns_editor import CohortColumnsEditor
from .small_parts import choice_box, choose_value, set_reason
from .table_files import TableFiles
from .word_inputs import ColumnBox, WordsLine

MOST_DRAWS = 100_000
_KINDS = (("events: logistic", OutcomeKind.LOGISTIC), ("numbers: linear", OutcomeKind.LINEAR))
_ESTIMATORS = (
    ("maximum likelihood", Estimator.LIKELIHOOD),
    ("Firth's penalty", Estimator.FIRTH),
    ("GEE, population average", Estimator.GEE),
)
_CRITERIA = (("REML", Criterion.REML), ("ML", Criterion.ML))
_FEW = (("flag them", FewEvents.FLAG), ("Firth for all", FewEvents.FIRTH))


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
        self._make_lines()
        self._make_boxes()
        self.made = CohortColumnsEditor()
        self._more = QPushButton("More choices")
        self._more.setCheckable(True)
        self._more.setToolTip("Columns made before, subgroups, z-scores, additive interaction, bootstrap, quadrature")
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
            references=dict(_read_pair(text) for text in self._words["references"].value()),
            n_points=self._numbers["n_points"].value(),
            criterion=self._boxes["criterion"].currentData(),
        )
        extras = ModelExtras(
            by=self._picks["by"].value(),
            few_events=self._boxes["few_events"].currentData(),
            z_columns=self._words["z_columns"].value(),
            z_within=self._picks["z_within"].value(),
            z_ddof=self._numbers["z_ddof"].value(),
            additive=self._words["additive"].value(),
            draws=self._numbers["draws"].value(),
            seed=self._numbers["seed"].value(),
            columns=self.made.value(),
        )
        return ModelWish("".join(self.table.value()), request, extras)

    def set_value(self, wish: ModelWish) -> None:
        """Show choices."""
        self.table.set_value((wish.table,) if wish.table else ())
        request, extras = wish.request, wish.extras
        self._lines["formula"].setText(request.formula)
        self._lines["random"].setText(request.random or "")
        self._words["references"].set_value([f"{name}={word}" for name, word in request.references.items()])
        self.made.set_value(extras.columns)
        for name in ("z_columns", "additive"):
            self._words[name].set_value(getattr(extras, name))
        for name, pick in self._picks.items():
            pick.set_value(getattr(extras, name))
        for name, box in self._boxes.items():
            choose_value(box, getattr(extras if name == "few_events" else request, name))
        for name, number in self._numbers.items():
            number.setValue(getattr(request if name == "n_points" else extras, name))

    def _make_lines(self) -> None:
        self._lines = {"formula": QLineEdit(), "random": QLineEdit()}
        self._lines["formula"].setPlaceholderText("cbp ~ lmm_z * intermat_z + age + sex")
        self._lines["formula"].setToolTip("Outcome ~ terms, as in R; a * b is a + b + a:b")
        self._lines["random"].setPlaceholderText("1|centre")
        self._lines["random"].setToolTip("Groups with an intercept of their own; linear also 1 + time|subject_id")
        self._words = {
            "references": WordsLine("What categories are compared with; else the first in order", example="sex=female"),
            "z_columns": WordsLine("Columns normalised before the fit, as COLUMN_z", example="lmm, intermat"),
            "additive": WordsLine(
                "Two dichotomies: interaction on the additive scale", example="lmm_z<0, intermat_z>0"
            ),
        }
        self._picks = {
            "by": ColumnBox("One model per value of a column: subgroups or time points"),
            "z_within": ColumnBox("Normalise within the groups of a column, such as sex"),
        }

    def _make_boxes(self) -> None:
        self._boxes = {
            "kind": choice_box(_KINDS, tooltip="What the outcome holds"),
            "estimator": choice_box(_ESTIMATORS, tooltip="How coefficients are found"),
            "criterion": choice_box(_CRITERIA),
            "few_events": choice_box(_FEW),
        }
        self._numbers = {
            "n_points": _number(1, MOST_POINTS, DEFAULT_POINTS),
            "z_ddof": _number(0, 1, 1),
            "draws": _number(0, MOST_DRAWS, 0),
            "seed": _number(0, 2**31 - 1, 0),
        }
        self._numbers["draws"].setToolTip("Resamples that correct accuracy for optimism; 0 leaves it apparent")
        self._numbers["draws"].setSpecialValueText("none")

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
        rest.addRow(self.made)
        rest.addRow("Compared with", self._words["references"])
        rest.addRow("One model per", self._picks["by"])
        rest.addRow("Few events", self._boxes["few_events"])
        rest.addRow("z-scores of", self._words["z_columns"])
        rest.addRow("z within", self._picks["z_within"])
        rest.addRow("SD divides by n −", self._numbers["z_ddof"])
        rest.addRow("Additive scale", self._words["additive"])
        rest.addRow("Bootstrap draws", self._numbers["draws"])
        rest.addRow("Seed", self._numbers["seed"])
        rest.addRow("Quadrature points", self._numbers["n_points"])
        rest.addRow("Criterion", self._boxes["criterion"])
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self._rest)
        column.addStretch(1)

    def _wire(self) -> None:
        self._more.toggled.connect(self._rest.setVisible)
        self.table.value_changed.connect(self._show_columns)
        signals = [
            *(line.textChanged for line in self._lines.values()),
            *(words.value_changed for words in self._words.values()),
            *(pick.value_changed for pick in self._picks.values()),
            *(box.currentIndexChanged for box in self._boxes.values()),
            *(number.valueChanged for number in self._numbers.values()),
            self.table.value_changed,
            self.made.value_changed,
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
        for pick in self._picks.values():
            pick.offer(columns)
        self.made.offer(columns)

    def _allow(self) -> None:
        has_groups = bool(self._lines["random"].text().strip())
        is_linear = self._boxes["kind"].currentData() is OutcomeKind.LINEAR
        by_likelihood = self._boxes["estimator"].currentData() is Estimator.LIKELIHOOD
        has_z = bool(self._words["z_columns"].value())
        set_reason(
            self._numbers["n_points"],
            "" if has_groups and by_likelihood and not is_linear else "For logistic models with groups.",
            otherwise="Of the Gauss-Hermite quadrature; 1 is Laplace's approximation",
        )
        set_reason(
            self._boxes["criterion"],
            "" if has_groups and is_linear else "For linear models with groups.",
            otherwise="Likelihood-ratio tests need ML",
        )
        no_by = "" if self._picks["by"].value() else "For one model per value of a column."
        set_reason(self._boxes["few_events"], no_by, otherwise="What is done with under 10 events per term")
        no_z = "" if has_z else "Name the columns of the z-scores first."
        set_reason(self._picks["z_within"], no_z, otherwise="Normalise within the groups of a column, such as sex")
        set_reason(self._numbers["z_ddof"], no_z, otherwise="1: sample; 0: population")
        no_draws = "" if self._numbers["draws"].value() else "For bootstrap draws."
        set_reason(self._numbers["seed"], no_draws, otherwise="Start of the random numbers of the draws")


def _number(least: int, most: int, usual: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    box.setValue(usual)
    return box


def _read_pair(text: str) -> tuple[str, str]:
    column, equals, category = text.partition("=")
    if not (column and equals and category):
        raise InvalidChoice(f"Expected a reference as COLUMN=CATEGORY, found {text!r}.")
    return column.strip(), category.strip()
