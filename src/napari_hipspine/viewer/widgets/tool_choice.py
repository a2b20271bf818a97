"""Tools of other groups: which one, what it outlines, and why it cannot run where it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFormLayout, QPushButton, QVBoxLayout, QWidget

from ...segmenting.adapters.tools import Device, SegmentingTool, ToolWish, Weights, find_tool, segmenting_tools
from .prompt_editor import PromptEditor
from .small_parts import as_lines, choice_box, choose_value, set_reason, wrapped_label


@dataclass(frozen=True)
class ToolChoice:
    """A tool by its word, and how it is to run."""

    tool: str
    wish: ToolWish


class ToolChoiceEditor(QWidget):
    """Tool, task, device, weights, and the button that runs it.

    Attributes
    ----------
    run_wished : Signal()
        The button was pressed.
    """

    run_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        tools = segmenting_tools()
        self._tool = choice_box(((tool.title, tool.name) for tool in tools), tooltip="A program of another group")
        self._task = choice_box((), tooltip="What it outlines")
        self._cpu = QCheckBox("Without graphics card")
        self._cpu.setToolTip("It computes on the processor even where it finds a graphics card; minutes to hours")
        self._fetches = QCheckBox("May fetch its weights")
        self._fetches.setToolTip("The tool may load what is missing from the internet, some hundred MB to some GB")
        self._run = QPushButton("Run it on this picture")
        self._run.clicked.connect(self.run_wished)
        self._said = wrapped_label()
        self._busy = ""
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Tool", self._tool)
        form.addRow("Outlines", self._task)
        form.addRow("", self._cpu)
        form.addRow("", self._fetches)
        form.addRow("", self._run)
        form.addRow(self._said)
        self._tool.currentIndexChanged.connect(lambda *_: self._show_tool())
        self._task.currentIndexChanged.connect(lambda *_: self._show_reason())
        self._show_tool()

    @property
    def tool(self) -> SegmentingTool:
        """The tool that is chosen."""
        return find_tool(str(self._tool.currentData()))

    def value(self) -> ToolChoice:
        """Tool and how it runs."""
        device = Device.CPU if self._cpu.isChecked() else Device.AUTO
        weights = Weights.DOWNLOAD if self._fetches.isChecked() else Weights.PRESENT
        return ToolChoice(self.tool.name, ToolWish(str(self._task.currentData()), device, weights))

    def set_value(self, choice: ToolChoice) -> None:
        """Show a tool and how it runs."""
        choose_value(self._tool, choice.tool)
        choose_value(self._task, choice.wish.task)
        self._cpu.setChecked(choice.wish.device is Device.CPU)
        self._fetches.setChecked(choice.wish.weights is Weights.DOWNLOAD)

    def allow(self, reason: str) -> None:
        """Disable running while there is a reason to."""
        self._busy = reason
        self._show_reason()

    def _show_tool(self) -> None:
        self._task.clear()
        for task in self.tool.tasks:
            self._task.addItem(task.id, task.id)
        self._show_reason()

    def _show_reason(self) -> None:
        """A tool that is not installed says so in the tooltip and, to be copied, below."""
        tool, absent = self.tool, self.tool.why_absent()
        set_reason(
            self._run,
            str(absent) if absent else self._busy,
            otherwise=f"Runs beside this window and can be cancelled; you see what it found first. {tool.licence}",
        )
        outlines = next((task.says for task in tool.tasks if task.id == self._task.currentData()), "")
        self._said.setText(as_lines(absent) if absent else escape(f"Outlines {outlines}. {tool.licence}"))


class ToolsPanel(QWidget):
    """Hidden behind one button until it is wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.choice = ToolChoiceEditor()
        self.prompts = PromptEditor()
        self._more = QPushButton("Other tools…")
        self._more.setCheckable(True)
        self._more.setToolTip("First outlines by TotalSegmentator or MuscleMap; strokes for nnInteractive")
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.choice)
        column.addWidget(self.prompts)
        inside.setVisible(False)
        self._more.toggled.connect(inside.setVisible)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._more)
        whole.addWidget(inside)

    def open(self) -> None:
        """Show what is inside."""
        self._more.setChecked(True)
