"""How far the result lies from itself under other choices, one row per choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from ...relating.sensitivity import VariationSummary, summarise_variations
from .correlation_table import EMPTY
from .small_parts import wrapped_label

if TYPE_CHECKING:
    import pandas as pd

HEADINGS = ("Done otherwise", "Cells", "Median |Δρ|", "Largest |Δρ|", "Sign", "p", "q")
_MEANINGS = (
    "What was done otherwise, and where it comes from",
    "Cells with a coefficient in both",
    "Median absolute difference of rho over these cells [1]",
    "Largest absolute difference of rho [1]",
    "Cells whose rho has the other sign",
    "Cells whose p lies on the other side of .05",
    "Cells whose q lies on the other side of .05",
)
_HINT = "Click a row to see its differences in the table."
_NOTHING = "Relate measurement tables first."


class SensitivityPage(QWidget):
    """Shows a sensitivity table in short.

    Attributes
    ----------
    variation_chosen : Signal(str)
        A row was clicked whose cells can be shown.
    """

    variation_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._frame: pd.DataFrame | None = None
        self._found: tuple[VariationSummary, ...] = ()
        self._hint = wrapped_label(_NOTHING)
        self.table = QTableWidget(0, len(HEADINGS))
        self.table.setHorizontalHeaderLabels(list(HEADINGS))
        for column, meaning in enumerate(_MEANINGS):
            self.table.horizontalHeaderItem(column).setToolTip(meaning)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._hint)
        column.addWidget(self.table, 1)
        self.table.cellClicked.connect(lambda row, _: self._tell(row))

    def value(self) -> pd.DataFrame | None:
        """The table shown; None before there is one."""
        return self._frame

    def set_value(self, sensitivity: pd.DataFrame | None) -> None:
        """Show a sensitivity table, or nothing."""
        self._frame = sensitivity
        self._found = () if sensitivity is None else summarise_variations(sensitivity)
        self._hint.setText(_HINT if self._found else _NOTHING)
        self.table.setRowCount(len(self._found))
        for row, one in enumerate(self._found):
            for column, text in enumerate(_texts(one)):
                item = QTableWidgetItem(text)
                item.setToolTip(_tooltip(one))
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)

    def _tell(self, row: int) -> None:
        if self._found[row].n_cells:
            self.variation_chosen.emit(self._found[row].name)


def _texts(one: VariationSummary) -> tuple[str, ...]:
    name = one.name.replace("_", " ")
    if not one.n_cells:
        return (name, *[EMPTY] * (len(HEADINGS) - 1))
    return (
        name,
        str(one.n_cells),
        f"{one.median:.3f}",
        f"{one.largest:.3f}",
        *map(str, (one.n_sign, one.n_p, one.n_q)),
    )


def _tooltip(one: VariationSummary) -> str:
    name = one.name.replace("_", " ")
    if not one.n_cells:
        return f"{name}: not looked at ({one.why.replace('_', ' ')})"
    others = "" if one.has_same_subjects else "; not on the same subjects in every cell"
    return f"{name}: {one.source}{others}. Click to see its differences."
