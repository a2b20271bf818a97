"""The muscles of the series that is worked on, and the tools that outline them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QMenu, QPushButton, QSpinBox, QVBoxLayout, QWidget, QWidgetAction

from ...keeping.journal_history import Mark
from ..shortcuts import Wish, tooltip_of
from ..tidy_wish import TidyRules
from .muscle_strips import MuscleStrips
from .shortcuts_window import ShortcutsWindow
from .small_parts import set_reason, wrapped_label
from .strip_legend import StripLegend
from .tidy_rules_editor import TidyRulesEditor
from .tool_row import ToolRow
from .wish_buttons import leaves_keys, plain_button, row_of, wish_button

_MARKS_SHOWN = 8
_MOST_SLICES = 30
_ARROW_WIDTH = 20
_WISHES = (
    Wish.FILL, Wish.REFILL, Wish.CARRY_BACK, Wish.CARRY_ON, Wish.MIRROR, Wish.ADAPT, Wish.COPY, Wish.PASTE, Wish.STARTS,
    Wish.ENDS, Wish.NEW_SLAB, Wish.NEXT_LOOK,
)  # fmt: skip


class MusclesPanel(QWidget):
    """Strips, tools, and what is proposed.

    Attributes
    ----------
    wished : Signal(object)
        A `Wish` whose button was pressed.
    tidy_every_wished, approve_every_wished, approve_imported_wished : Signal()
        The same on every slice; everything that was imported is good.
    discard_wished : Signal(object)
        The moment that is to be gone back to.
    recovered_kept, recovered_discarded : Signal()
        What is to become of a sitting that ended without closing.
    save_wished : Signal()
        The labels are wanted as a file.
    """

    wished = Signal(object)
    tidy_every_wished = Signal()
    approve_every_wished = Signal()
    approve_imported_wished = Signal()
    discard_wished = Signal(object)
    recovered_kept = Signal()
    recovered_discarded = Signal()
    save_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.strips = MuscleStrips()
        self.tools = ToolRow()
        self.tools.wished.connect(self.wished)
        self._notice = wrapped_label()
        self._proposed = wrapped_label()
        self._said = wrapped_label()
        self._shortcuts: ShortcutsWindow | None = None
        self._past: list[tuple[str, Mark]] = []
        self._buttons = {wish: wish_button(wish, self.wished.emit) for wish in _WISHES}
        self._all = plain_button(Wish.ALL_MUSCLES.value, tooltip_of(Wish.ALL_MUSCLES))
        self._all.setCheckable(True)
        self._accept, self._drop = (wish_button(wish, self.wished.emit) for wish in (Wish.ACCEPT, Wish.DROP))
        self._keep = plain_button("Keep it", "Go on with what is there")
        self._keep.clicked.connect(self.recovered_kept)
        self._undo_sitting = plain_button("Discard that sitting", "Go back to before it; can itself be undone")
        self._undo_sitting.clicked.connect(self.recovered_discarded)
        self._n_slices = QSpinBox()
        self._n_slices.setRange(1, _MOST_SLICES)
        leaves_keys(self._n_slices)
        self._n_slices.setToolTip("How many slices outlines are carried on [slices]; errors grow with each")
        self.rules = TidyRulesEditor()
        self._tidy, self._tidy_more = self._more_beside(
            Wish.TIDY, (("Tidy on every slice", self.tidy_every_wished),), self.rules
        )
        self._approve, self._approve_more = self._more_beside(
            Wish.APPROVE,
            (
                ("Approve on every slice", self.approve_every_wished),
                ("Approve everything imported", self.approve_imported_wished),
            ),
        )
        self._discard = plain_button("Discard changes", "Go back to an earlier state; can itself be undone")
        self._menu = QMenu(self)
        self._discard.setMenu(self._menu)
        self._save = plain_button(
            "Save as…", "NIfTI with its colour and name table, 3D Slicer or ITK-SNAP; work is kept anyway"
        )
        self._save.clicked.connect(self.save_wished)
        self._keys = plain_button("Shortcuts", "Every key")
        self._keys.clicked.connect(self._show_shortcuts)
        self._lay_out()
        self.set_proposed("")
        self.set_said("")
        self.set_notice("", asks=False)

    def _lay_out(self) -> None:
        of = self._buttons
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self._notice)
        column.addLayout(row_of(self._keep, self._undo_sitting))
        column.addWidget(self.strips)
        column.addWidget(StripLegend())
        column.addWidget(self.tools)
        column.addLayout(row_of(of[Wish.FILL], of[Wish.REFILL], of[Wish.CARRY_BACK], self._n_slices, of[Wish.CARRY_ON]))
        column.addLayout(
            row_of(of[Wish.MIRROR], of[Wish.ADAPT], self._tidy, self._tidy_more, of[Wish.COPY], of[Wish.PASTE])
        )
        column.addLayout(row_of(of[Wish.STARTS], of[Wish.ENDS], of[Wish.NEW_SLAB], self._all))
        column.addLayout(row_of(of[Wish.NEXT_LOOK], self._approve, self._approve_more))
        column.addWidget(self._said)
        column.addWidget(self._proposed)
        column.addLayout(row_of(self._accept, self._drop))
        column.addLayout(row_of(self._discard, self._save, self._keys))
        # What is left over for a moment when rows come and go is left below, so that nothing jumps under the pointer.
        column.addStretch(1)

    def set_notice(self, words: str, *, asks: bool) -> None:
        """Say what came of an earlier sitting, and ask what is to become of it where it ended without closing."""
        self._notice.setText(words)
        self._notice.setVisible(bool(words))
        self._keep.setVisible(asks)
        self._undo_sitting.setVisible(asks)

    def set_proposed(self, words: str) -> None:
        """Say what is proposed, and offer to take or drop it; empty when nothing is."""
        self._proposed.setText(f"<b>{words}</b>" if words else "")
        for widget in (self._proposed, self._accept, self._drop):
            widget.setVisible(bool(words))

    def set_said(self, words: str) -> None:
        """Say what a tool found besides; empty for nothing."""
        self._said.setText(words)
        self._said.setVisible(bool(words))

    def set_past(self, past: Sequence[tuple[str, Mark]]) -> None:
        """Offer moments to go back to."""
        shown = list(past)[:_MARKS_SHOWN]
        if shown != self._past:
            self._past = shown
            self._menu.clear()
            for words, mark in shown:
                self._menu.addAction(words, lambda mark=mark: self.discard_wished.emit(mark))

    @property
    def n_slices(self) -> int:
        """How many slices outlines are carried on."""
        return int(self._n_slices.value())

    def set_brush_mm(self, diameter_mm: float) -> None:
        """Take a brush of another size."""
        self.tools.set_brush_mm(diameter_mm)

    @property
    def takes_all(self) -> bool:
        """Whether tools take every unlocked muscle."""
        return bool(self._all.isChecked())

    def toggle_all(self) -> None:
        """Let tools take every unlocked muscle, or the one that is worked on again."""
        self._all.setChecked(not self._all.isChecked())

    def tidy_rules(self) -> TidyRules:
        """Rules chosen for tidying."""
        return self.rules.value()

    def allow(self, reasons: Mapping[Wish, str], *, painting: str, saving: str) -> None:
        """Disable what cannot be done now.

        Parameters
        ----------
        reasons : mapping of Wish to str
            Why a wish cannot be fulfilled; empty when it can.
        painting, saving : str
            Why nothing can be painted, and why nothing can be saved.
        """
        for wish, button in {**self._buttons, Wish.TIDY: self._tidy, Wish.APPROVE: self._approve}.items():
            set_reason(button, reasons.get(wish, ""), otherwise=tooltip_of(wish))
        self.tools.allow(painting)
        for button in (self._discard, self._undo_sitting):
            set_reason(button, painting, otherwise=button.property("says"))
        set_reason(self._save, saving, otherwise=self._save.property("says"))

    def _more_beside(
        self, wish: Wish, entries: Sequence[tuple[str, Any]], editor: QWidget | None = None
    ) -> tuple[QPushButton, QPushButton]:
        """A button for a wish, and a narrow one that opens more of it."""
        menu = QMenu(self)
        if editor is not None:
            holder = QWidgetAction(menu)
            holder.setDefaultWidget(editor)
            menu.addAction(holder)
            menu.addSeparator()
        for words, wished in entries:
            menu.addAction(words, wished.emit)
        more = plain_button("", f"More of “{wish.value}”")
        more.setFixedWidth(_ARROW_WIDTH)
        more.setMenu(menu)
        return wish_button(wish, self.wished.emit), more

    def _show_shortcuts(self) -> None:
        if self._shortcuts is None:
            self._shortcuts = ShortcutsWindow(self)
        self._shortcuts.show()
        self._shortcuts.raise_()
