"""A statistics table on the screen: any contract, sortable, copied like the result tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QModelIndex, Qt

from ..result_columns import MISSING
from ..study_columns import study_columns, why_missing
from .results_table import CopyingView, ResultsModel

if TYPE_CHECKING:
    from ..study_work import ShownTable

_WIDEST = 320


class StudyTable(CopyingView):
    """Shows one table of a study; missing cells are a dash with the reason on hover."""

    def __init__(self) -> None:
        model = _StudyModel()
        super().__init__(model)
        self._study_model = model
        self._shown: ShownTable | None = None

    def value(self) -> ShownTable | None:
        """The table shown; None before there is one."""
        return self._shown

    def set_value(self, shown: ShownTable | None) -> None:
        """Show a table, or nothing."""
        self._shown = shown
        if shown is None:
            self._study_model.clear()
            return
        columns = study_columns(shown.frame, shown.contract)
        self._study_model.show_columns(shown.frame, [one for one in columns if one.name not in shown.said_above])
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.resizeColumnsToContents()
        for column in range(self._study_model.columnCount()):
            self.setColumnWidth(column, min(self.columnWidth(column), _WIDEST))


class _StudyModel(ResultsModel):
    """The same model with reasons in the words of statistics."""

    def clear(self) -> None:
        """Show nothing."""
        self.beginResetModel()
        self._columns, self._rows = [], []
        self._order = self._arranged()
        self.endResetModel()

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """One cell; why it is missing is its tooltip."""
        if role == Qt.ItemDataRole.ToolTipRole and index.isValid():
            text = super().data(index)
            if text == MISSING:
                return why_missing(self.row(index.row()), self._columns[index.column()].heading)
            return text
        return super().data(index, role)
