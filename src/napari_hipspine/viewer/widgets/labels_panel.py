"""Step 3: whose outlines are measured, and which muscle each value is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ..session import Session
from .label_files_editor import LabelFilesEditor
from .muscles_panel import MusclesPanel
from .small_parts import choice_box, make_primary, set_reason, wrapped_label
from .structures_editor import StructuresEditor
from .tool_choice import ToolsPanel

if TYPE_CHECKING:
    from ...reading.label_maps import NamingProposal

_SHOWN = 12


class LabelsPanel(QWidget):
    """Labels from a file (look, propose, accept), from a layer, or new ones.

    Parameters
    ----------
    namings : sequence of str
        Words for the namings there are.

    Attributes
    ----------
    look_wished, accept_wished : Signal()
        The user wants the file looked at, or opened as it was proposed.
    layer_wished : Signal(object)
        The user wants a layer measured.
    new_wished : Signal()
        The user wants empty labels to draw in.
    on_wished : Signal()
        The user wants to go on with the next step.
    """

    look_wished = Signal()
    accept_wished = Signal()
    layer_wished = Signal(object)
    new_wished = Signal()
    on_wished = Signal()

    def __init__(self, namings: Sequence[str]) -> None:
        super().__init__()
        self.files = LabelFilesEditor(namings)
        self.structures = StructuresEditor()
        self.muscles = MusclesPanel()
        self.tools = ToolsPanel()
        self._more = QPushButton("Other labels, and what values mean")
        self._more.setCheckable(True)
        self._more.setToolTip("Labels from a file or a layer, new ones, and the muscle of every value")
        self._sources = QWidget()
        self._look = QPushButton("Look at it")
        self._accept = QPushButton("Accept")
        self._look.clicked.connect(self.look_wished)
        self._accept.clicked.connect(self.accept_wished)
        self._proposal = wrapped_label()
        self._proposed = False
        self._layer = choice_box((), tooltip="A labels layer drawn here or made by another plugin")
        self._use = QPushButton("Use layer")
        self._use.clicked.connect(lambda: self.layer_wished.emit(self._layer.currentData()))
        self._new = QPushButton("New muscle labels")
        self._new.clicked.connect(self.new_wished)
        self._on = make_primary(QPushButton("Go on: fat threshold"))
        self._on.setToolTip("Open step 4; outlines can be changed at any time")
        self._on.clicked.connect(self.on_wished)
        self._busy = ""
        self._lay_out()
        self.files.value_changed.connect(self.forget_proposal)
        self._allow()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self._look)
        buttons.addWidget(self._accept)
        layer = QFormLayout()
        layer.addRow("Layer", self._layer)
        layer_buttons = QHBoxLayout()
        layer_buttons.addWidget(self._use)
        layer_buttons.addWidget(self._new)
        self._more.setVisible(False)
        self._more.toggled.connect(self._sources.setVisible)
        whole = QVBoxLayout(self)
        whole.addWidget(self.muscles)
        whole.addWidget(self._on)
        whole.addWidget(self._more)
        whole.addWidget(self._sources)
        whole.addWidget(self.tools)
        column = QVBoxLayout(self._sources)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.files)
        column.addLayout(buttons)
        column.addWidget(self._proposal)
        column.addLayout(layer)
        column.addLayout(layer_buttons)
        column.addWidget(self.structures)

    def refresh(self, session: Session, layers: Sequence[object]) -> None:
        """Show the session and the labels layers that could be measured instead."""
        work = session.work
        self._busy = f"Wait until {session.doing} has ended." if session.doing else ""
        if work is None:
            self._busy = "Open an image first (step 1)."
        self._layer.clear()
        for layer in layers:
            self._layer.addItem(layer.name, layer)  # type: ignore[attr-defined]
        self.structures.set_value(work.label_map.structures if work and work.label_map else {})
        self._fold(has_labels=bool(work and work.label_work))
        self.structures.setVisible(bool(work and work.label_map))
        self._on.setVisible(bool(work and work.n_structures and work.measured is None))
        self._allow()

    def _fold(self, *, has_labels: bool) -> None:
        """Once there are labels, where others could come from is out of the way until it is asked for."""
        self._more.setVisible(has_labels)
        self._sources.setVisible(self._more.isChecked() or not has_labels)

    def show_sources(self) -> None:
        """Show where labels can come from."""
        self._more.setChecked(True)
        self._sources.setVisible(True)

    def propose(self, proposal: NamingProposal) -> None:
        """Show what a file would mean; nothing is opened before it is accepted."""
        named = ", ".join(f"{value} {s.label}" for value, s in list(proposal.named.items())[:_SHOWN])
        lines = [f"<b>{len(proposal.named)} muscles</b> by {escape(proposal.tool)}: {named or 'none'}"]
        if len(proposal.named) > _SHOWN:
            lines[0] += f" and {len(proposal.named) - _SHOWN} more"
        if proposal.known_others:
            lines.append(f"{len(proposal.known_others)} other structures, not measured")
        if proposal.unknown:
            values = ", ".join(str(value) for value in list(proposal.unknown)[:_SHOWN])
            lines.append(f"<b>unknown values: {values}</b>")
        self._proposal.setText("<br>".join(lines))
        self._proposed = True
        self._allow()

    def forget_proposal(self) -> None:
        """What was proposed belongs to another file or naming."""
        self._proposal.setText("")
        self._proposed = False
        self._allow()

    def _allow(self) -> None:
        missing = self._busy or self.files.why_not_open()
        make_primary(self._look, is_primary=not self._proposed)
        make_primary(self._accept, is_primary=self._proposed)
        set_reason(self._look, missing, otherwise="Show which muscle each value would be; opens nothing")
        unseen = "" if self._proposed else "Look at it first."
        set_reason(self._accept, missing or unseen, otherwise="Open the labels as proposed")
        no_layer = "" if self._layer.count() else "There is no other labels layer."
        set_reason(self._use, self._busy or no_layer, otherwise="Measure this layer")
        set_reason(self._new, self._busy, otherwise="Empty labels on this image, with the core muscles named")
