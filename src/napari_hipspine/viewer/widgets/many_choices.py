"""Several of many words, ticked in a menu that drops down from a button."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QMenu, QPushButton, QSizePolicy


class ManyChoices(QPushButton):
    """The chosen words in the order in which they are offered.

    Parameters
    ----------
    nothing : str
        Shown while none is chosen.
    tooltip : str
        What is chosen here.

    Attributes
    ----------
    value_changed : Signal()
        A word was ticked or unticked.
    """

    value_changed = Signal()

    def __init__(self, nothing: str, *, tooltip: str) -> None:
        super().__init__()
        self._nothing = nothing
        self._tooltip = tooltip
        self._menu = _StayingMenu(self)
        self.setMenu(self._menu)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._say()

    def value(self) -> tuple[str, ...]:
        """The chosen words."""
        return tuple(str(action.data()) for action in self._menu.actions() if action.isChecked())

    def set_value(self, words: Sequence[str]) -> None:
        """Choose words; what was not offered is offered from now on."""
        self._offer([(one, one) for one in words if one not in self._offered()])
        for action in self._menu.actions():
            action.setChecked(action.data() in words)
        self._say()

    def offer(self, choices: Sequence[tuple[str, str]]) -> None:
        """Offer words, each with the value it stands for; what is chosen stays, and stays offered."""
        chosen = self.value()
        self._menu.clear()
        self._offer(choices)
        self.set_value(chosen)

    def _offered(self) -> list[str]:
        return [str(action.data()) for action in self._menu.actions()]

    def _offer(self, choices: Sequence[tuple[str, str]]) -> None:
        for words, value in choices:
            action = QAction(words, self._menu)
            action.setData(value)
            action.setCheckable(True)
            action.toggled.connect(lambda *_: self._tell())
            self._menu.addAction(action)

    def _tell(self) -> None:
        self._say()
        self.value_changed.emit()

    def _say(self) -> None:
        chosen = [str(action.text()) for action in self._menu.actions() if action.isChecked()]
        self.setText(", ".join(chosen) or self._nothing)
        self.setToolTip("\n".join([self._tooltip, *chosen]))


class _StayingMenu(QMenu):
    """A menu that stays open while words are ticked."""

    def mouseReleaseEvent(self, event: object) -> None:
        action = self.activeAction()
        if action is not None and action.isCheckable() and action.isEnabled():
            action.toggle()
        else:
            super().mouseReleaseEvent(event)
