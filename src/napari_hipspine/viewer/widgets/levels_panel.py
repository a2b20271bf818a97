"""Step 2: where the slices lie, which levels are read, and levels proposed from bone."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtWidgets import QVBoxLayout, QWidget

from ...domain.level_plan import LevelPlan
from .level_plan_editor import LevelPlanEditor
from .level_proposals import LevelProposalsPanel
from .locator import Locator


class LevelsPanel(QWidget):
    """Locator, table and proposals, of one mind about the levels.

    Parameters
    ----------
    namings : sequence of str
        Words for the namings that know bones.
    """

    def __init__(self, namings: Sequence[str]) -> None:
        super().__init__()
        self.locator = Locator()
        self.editor = LevelPlanEditor()
        self.proposals = LevelProposalsPanel(namings)
        column = QVBoxLayout(self)
        column.addWidget(self.locator)
        column.addWidget(self.editor)
        column.addWidget(self.proposals)
        self.locator.canvas.value_changed.connect(self._take_moved)
        self.locator.canvas.visit_wished.connect(self.editor.visit_wished)
        self.editor.value_changed.connect(self.locator.canvas.set_value)
        self.proposals.suggested.connect(self.editor.add)

    def set_value(self, plan: LevelPlan) -> None:
        """Show levels, in the table and on the picture."""
        self.editor.set_value(plan)
        self.locator.canvas.set_value(plan)

    def _take_moved(self, plan: LevelPlan) -> None:
        """Levels dragged on the picture are levels changed in the table."""
        self.editor.set_value(plan)
        self.editor.value_changed.emit(plan)
