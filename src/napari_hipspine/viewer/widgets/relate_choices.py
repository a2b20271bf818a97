"""The choices of the correlation dock: what can change a number, and what is read and made beside."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ..relate_work import RelateWish, TableOffers
from .beside_editor import BesideEditor
from .relate_editor import RelateEditor


class RelateChoices(QScrollArea):
    """Both editors below each other, scrolled where the dock is low.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.request = RelateEditor()
        self.beside = BesideEditor()
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.request)
        column.addWidget(self.beside)
        column.addStretch(1)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidget(content)
        self.request.value_changed.connect(self.value_changed)
        self.beside.value_changed.connect(self.value_changed)
        self.beside.participants.value_changed.connect(self._offer_covariates)

    def value(self) -> RelateWish:
        """The choices.

        Raises
        ------
        InvalidChoice
            If choices do not go together.
        """
        return RelateWish(self.request.value(), self.beside.value())

    def set_value(self, wish: RelateWish) -> None:
        """Show choices."""
        self.beside.set_value(wish.beside)
        self.request.set_value(wish.request)

    def offer(self, offers: TableOffers) -> None:
        """Offer the levels and sessions of the tables."""
        self.request.offer_levels(offers.levels)
        self.request.offer_sessions(offers.sessions)

    def _offer_covariates(self) -> None:
        self.request.offer_covariates(self.beside.people_columns())
