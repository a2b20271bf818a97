"""Levels proposed from a segmentation of bone: which file, what was found, which of it is suggested."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QPushButton, QVBoxLayout, QWidget

from ...domain.bones import LevelProposal
from ...domain.errors import InvalidChoice
from ...workflows.open_subject import LabelFiles
from .small_parts import PathRow, choice_box, choose_value, set_reason, wrapped_label

if TYPE_CHECKING:
    from ...workflows.level_proposals import ProposedLevels

_NO_FILE = "Choose a segmentation of vertebrae or femora first."
_NOTHING = "Nothing was proposed yet."


class LevelProposalsPanel(QWidget):
    """Hidden behind one button until it is wanted.

    Parameters
    ----------
    namings : sequence of str
        Words for the namings that know bones.

    Attributes
    ----------
    propose_wished : Signal()
        The user wants levels found in the file.
    suggested : Signal(object)
        A `LevelPlacement`, unconfirmed.
    """

    propose_wished = Signal()
    suggested = Signal(object)

    def __init__(self, namings: Sequence[str]) -> None:
        super().__init__()
        self._more = QPushButton("Propose levels from a segmentation…")
        self._more.setCheckable(True)
        self._more.setToolTip("Vertebrae, discs or femora that TotalSegmentator, TotalSpineSeg or MuscleMap labelled")
        self._path = PathRow("Label map of vertebrae or femora")
        choices = [("named in the file", None), *((name, name) for name in namings)]
        self._naming = choice_box(choices, tooltip="What the label values mean")
        self._propose = QPushButton("Propose levels")
        self._found = choice_box((), tooltip="Levels that were found; ± is what voxels and shape alone leave open")
        self._suggest = QPushButton("Suggest")
        self._said = wrapped_label()
        self._busy = ""
        self._lay_out()
        self._more.toggled.connect(self._inside.setVisible)
        self._path.value_changed.connect(lambda *_: self.forget_found())
        self._naming.currentIndexChanged.connect(lambda *_: self.forget_found())
        self._propose.clicked.connect(self.propose_wished)
        self._suggest.clicked.connect(self._suggest_chosen)
        self.forget_found()

    def value(self) -> LabelFiles:
        """The segmentation and its naming.

        Raises
        ------
        InvalidChoice
            If no file was chosen.
        """
        if not self._path.value():
            raise InvalidChoice("Expected a segmentation of vertebrae or femora, found no file.")
        return LabelFiles(self._path.value(), self._naming.currentData())

    def set_value(self, files: LabelFiles) -> None:
        """Show a file."""
        self._path.set_value(str(files.labels))
        choose_value(self._naming, files.naming)

    def open(self) -> None:
        """Show what is behind the button."""
        self._more.setChecked(True)

    @property
    def is_empty(self) -> bool:
        """Whether no file was chosen."""
        return not self._path.value()

    def knows(self, naming: object) -> bool:
        """Whether a naming is one of those offered."""
        return any(self._naming.itemData(index) == naming for index in range(self._naming.count()))

    def allow(self, reason: str) -> None:
        """Disable proposing while there is a reason to."""
        self._busy = reason
        self._show_reasons()

    def show_found(self, found: ProposedLevels) -> None:
        """Offer what was found, and say what was not."""
        self._found.clear()
        for one in found.on_slices:
            self._found.addItem(words_of(one), one)
        lines = [f"<b>{len(found.on_slices)} levels</b> by {escape(found.tool)}; look at each slice before you confirm"]
        lines += [
            f"{none.level.id.replace('_', ' ')}{f' {none.side}' if none.side else ''}: {escape(none.reason)}"
            for none in found.refused
        ]
        self._said.setText("<br>".join([*lines, *(escape(note) for note in found.notes)]))
        self._show_reasons()

    def suggest(self, proposal: LevelProposal) -> None:
        """Suggest one of those found, as if it had been chosen."""
        for index in range(self._found.count()):
            if self._found.itemData(index) == proposal:
                self._found.setCurrentIndex(index)
                self._suggest_chosen()

    def _lay_out(self) -> None:
        self._inside = QWidget()
        form = QFormLayout(self._inside)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("File", self._path)
        form.addRow("Naming", self._naming)
        form.addRow("", self._propose)
        form.addRow("Found", self._found)
        form.addRow("", self._suggest)
        form.addRow(self._said)
        self._inside.setVisible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._more)
        column.addWidget(self._inside)

    def forget_found(self) -> None:
        """What was found belongs to another file, naming or picture."""
        self._found.clear()
        self._said.setText("")
        self._show_reasons()

    def _show_reasons(self) -> None:
        set_reason(self._propose, self._busy or (_NO_FILE if self.is_empty else ""), otherwise="Find levels; sets none")
        nothing = "" if self._found.count() else _NOTHING
        set_reason(self._suggest, self._busy or nothing, otherwise="Put it into the table above, to be confirmed")

    def _suggest_chosen(self) -> None:
        chosen: LevelProposal | None = self._found.currentData()
        if chosen is not None:
            self.suggested.emit(chosen.placement())


def words_of(one: LevelProposal) -> str:
    """Level, place on it, position and how far it may lie off."""
    place = one.slice_position.replace("_", " ")
    return f"{one.level.id.replace('_', ' ')}, {place}: {one.position_mm:.1f} mm ± {one.give_mm:.1f}".replace("-", "−")
