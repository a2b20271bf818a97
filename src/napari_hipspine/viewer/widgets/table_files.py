"""One or several table files in one row, and what their columns are called."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget
from superqt import QElidingLabel

from ...workflows.read_tables import read_table
from ..workers import refusals_told
from .small_parts import set_reason

NONE_CHOSEN = "none chosen"


class TableFiles(QWidget):
    """Names of the files, with Choose and Clear.

    Parameters
    ----------
    hint : str
        What the files are.
    most : int, optional
        How many are taken; None for any number.

    Attributes
    ----------
    value_changed : Signal()
        Other files were chosen.
    """

    value_changed = Signal()

    def __init__(self, hint: str, *, most: int | None = 1) -> None:
        super().__init__()
        self._hint = hint
        self._most = most
        self._paths: tuple[str, ...] = ()
        self._names = QElidingLabel(NONE_CHOSEN)
        self._choose = QPushButton("Choose…" if most == 1 else "Add…")
        self._choose.setToolTip(hint)
        self._choose.clicked.connect(self._ask)
        self._clear = QPushButton("Clear")
        self._clear.clicked.connect(lambda: self.set_value(()))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._names, 1)
        row.addWidget(self._choose)
        row.addWidget(self._clear)
        self.set_value(())

    def value(self) -> tuple[str, ...]:
        """Paths in the order in which they were chosen."""
        return self._paths

    def set_value(self, paths: tuple[str, ...]) -> None:
        """Show paths, each once; of more than are taken, the last ones."""
        once = tuple(dict.fromkeys(paths))
        self._paths = once if self._most is None else once[-self._most :]
        self._names.setText(", ".join(Path(path).name for path in self._paths) or NONE_CHOSEN)
        self._names.setToolTip("\n".join(self._paths) or self._hint)
        set_reason(self._clear, "" if self._paths else "Nothing is chosen.", otherwise="Take the files out again")
        self.value_changed.emit()

    def columns(self) -> tuple[str, ...]:
        """Columns of the chosen tables, each once; none where a table cannot be read, which is told."""
        names: dict[str, None] = {}
        with refusals_told():
            for path in self._paths:
                names |= dict.fromkeys(map(str, read_table(path).columns))
        return tuple(names)

    def _ask(self) -> None:
        if self._most == 1:
            path, _ = QFileDialog.getOpenFileName(self, self._hint, "", "Tables (*.csv *.tsv)")
            paths = [path] if path else []
        else:
            paths, _ = QFileDialog.getOpenFileNames(self, self._hint, "", "Tables (*.csv *.tsv)")
        if paths:
            self.set_value((*self._paths, *paths))
