"""What is made beside a model, and what is done to its table before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QSpinBox, QWidget

from ...workflows.model_cohort import FewEvents, ModelExtras
from .cohort_columns_editor import CohortColumnsEditor
from .small_parts import choice_box, choose_value, number_box, set_reason
from .word_inputs import ColumnBox, LinesBox, WordsLine

MOST_DRAWS = 100_000
_FEW = (("flag them", FewEvents.FLAG), ("Firth for all", FewEvents.FIRTH))
_WITHIN = "Normalise within the groups of a column, such as sex"


class ModelExtrasEditor(QWidget):
    """Columns made before, further outcomes and formulas, subgroups, z-scores, additive interaction, bootstrap.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.made = CohortColumnsEditor()
        self._words = {
            "outcomes": WordsLine(
                "Further outcomes of the same terms: columns of 0 and 1, or a number that is cut",
                example="burden=pain>=4",
            ),
            "z_columns": WordsLine("Columns normalised before the fit, as COLUMN_z", example="lmm, intermat"),
            "additive": WordsLine(
                "Two dichotomies: interaction on the additive scale", example="lmm_z<0, intermat_z>0"
            ),
        }
        self._formulas = LinesBox("Further formulas, one per line; each is a model of its own")
        self._z_reference = WordsLine("", example="pain=0")
        self._picks = {
            "by": ColumnBox("One model per value of a column: subgroups or time points"),
            "z_within": ColumnBox(_WITHIN),
        }
        self._few = choice_box(_FEW)
        self._numbers: dict[str, QSpinBox] = {
            "z_ddof": number_box(0, 1, 1),
            "draws": number_box(0, MOST_DRAWS, 0),
            "seed": number_box(0, 2**31 - 1, 0),
        }
        self._numbers["draws"].setToolTip("Resamples that correct accuracy for optimism; 0 leaves it apparent")
        self._numbers["draws"].setSpecialValueText("none")
        self._lay_out()
        parts: list[Any] = [self.made, *self._words.values(), self._formulas, self._z_reference, *self._picks.values()]
        signals = [*(part.value_changed for part in parts), self._few.currentIndexChanged]
        for signal in (*signals, *(number.valueChanged for number in self._numbers.values())):
            signal.connect(lambda *_: self._tell())
        self._allow()

    def value(self) -> ModelExtras:
        """The choices.

        Raises
        ------
        InvalidChoice
            If choices do not go together.
        """
        words: dict[str, Any] = {name: line.value() for name, line in self._words.items()}
        picks: dict[str, Any] = {name: pick.value() for name, pick in self._picks.items()}
        numbers: dict[str, Any] = {name: box.value() for name, box in self._numbers.items()}
        return ModelExtras(
            formulas=self._formulas.value(),
            few_events=self._few.currentData(),
            z_reference=", ".join(self._z_reference.value()) or None,
            columns=self.made.value(),
            **words,
            **picks,
            **numbers,
        )

    def set_value(self, extras: ModelExtras) -> None:
        """Show choices."""
        self.made.set_value(extras.columns)
        self._formulas.set_value(extras.formulas)
        self._z_reference.set_value((extras.z_reference,) if extras.z_reference else ())
        for name, line in self._words.items():
            line.set_value(getattr(extras, name))
        for name, pick in self._picks.items():
            pick.set_value(getattr(extras, name))
        for name, box in self._numbers.items():
            box.setValue(getattr(extras, name))
        choose_value(self._few, extras.few_events)

    def offer(self, columns: Sequence[str]) -> None:
        """Offer the columns of the table."""
        for pick in self._picks.values():
            pick.offer(columns)
        self.made.offer(columns)

    def _lay_out(self) -> None:
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(self.made)
        form.addRow("Further outcomes", self._words["outcomes"])
        form.addRow("Further formulas", self._formulas)
        form.addRow("One model per", self._picks["by"])
        form.addRow("Few events", self._few)
        form.addRow("z-scores of", self._words["z_columns"])
        form.addRow("z within", self._picks["z_within"])
        form.addRow("z refer to", self._z_reference)
        form.addRow("SD divides by n −", self._numbers["z_ddof"])
        form.addRow("Additive scale", self._words["additive"])
        form.addRow("Bootstrap draws", self._numbers["draws"])
        form.addRow("Seed", self._numbers["seed"])

    def _tell(self) -> None:
        self._allow()
        self.value_changed.emit()

    def _allow(self) -> None:
        no_by = "" if self._picks["by"].value() else "For one model per value of a column."
        set_reason(self._few, no_by, otherwise="What is done with under 10 events per term")
        no_z = "" if self._words["z_columns"].value() else "Name the columns of the z-scores first."
        set_reason(self._picks["z_within"], no_z, otherwise=_WITHIN)
        set_reason(self._z_reference, no_z, otherwise="COLUMN=WORD of the rows whose mean and SD are used; else all")
        set_reason(self._numbers["z_ddof"], no_z, otherwise="1: sample; 0: population")
        no_draws = "" if self._numbers["draws"].value() else "For bootstrap draws."
        set_reason(self._numbers["seed"], no_draws, otherwise="Start of the random numbers of the draws")
