"""Every choice that can change the agreement of readers."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QWidget

from ...domain.errors import InvalidChoice
from ...relating.grade_agreement import KappaWeights
from ...relating.raters import RaterColumn
from ...relating.request import MEASURES
from ..study_wishes import AgreementWish
from .small_parts import choice_box, choose_value, set_reason
from .table_files import TableFiles
from .word_inputs import WordsLine

_BY = (("what differs", None), *((one.value.replace("_id", "").replace("_", " "), one) for one in RaterColumn))
_WEIGHTS = tuple((one.value, one) for one in KappaWeights)


class AgreementEditor(QWidget):
    """Tables of all readers, measures, and grades.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tables = TableFiles("Measurement tables of all readers; one may hold several", most=None)
        known = ", ".join(one.word for one in MEASURES)
        self._words = {
            "measures": WordsLine(f"Measures: {known}", example="fcsa, fi"),
            "grades": WordsLine("Additional columns that hold grades, for kappa", example="goutallier"),
            "possible_grades": WordsLine("", example="0, 1, 2, 3, 4"),
        }
        self._weights = choice_box(_WEIGHTS)
        self._by = choice_box(_BY, tooltip="What tells the readers apart")
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Tables", self.tables)
        form.addRow("Readers told by", self._by)
        form.addRow("Measures", self._words["measures"])
        form.addRow("Grades", self._words["grades"])
        form.addRow("Possible grades", self._words["possible_grades"])
        form.addRow("Kappa weights", self._weights)
        signals = [self.tables.value_changed, *(words.value_changed for words in self._words.values())]
        for signal in (*signals, self._weights.currentIndexChanged, self._by.currentIndexChanged):
            signal.connect(lambda *_: self._tell())
        self.set_value(AgreementWish())

    def missing(self) -> str:
        """What is still to be given; empty when nothing is."""
        return "" if self.tables.value() else "Add the measurement tables of the readers first."

    def value(self) -> AgreementWish:
        """The choices.

        Raises
        ------
        InvalidChoice
            If a possible grade is no number.
        """
        return AgreementWish(
            self.tables.value(),
            self._words["measures"].value(),
            self._words["grades"].value(),
            self._weights.currentData(),
            tuple(_number(word) for word in self._words["possible_grades"].value()),
            self._by.currentData(),
        )

    def set_value(self, wish: AgreementWish) -> None:
        """Show choices."""
        self.tables.set_value(wish.tables)
        self._words["measures"].set_value(wish.measures)
        self._words["grades"].set_value(wish.grades)
        self._words["possible_grades"].set_value([f"{grade:g}" for grade in wish.possible_grades])
        choose_value(self._weights, wish.weights)
        choose_value(self._by, wish.by)
        self._tell()

    def _tell(self) -> None:
        no_grades = "" if self._words["grades"].value() else "Name the columns that hold grades first."
        set_reason(self._weights, no_grades, otherwise="How grades that differ count")
        set_reason(self._words["possible_grades"], no_grades, otherwise="Every possible grade; else those given")
        self.value_changed.emit()


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise InvalidChoice(f"Expected numbers as grades, found {word!r}.") from None
