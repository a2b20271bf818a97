"""What step 3 does when a tool of another group is wanted: run it beside the window, and propose what it found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ...domain.subject import Progress
from ...segmenting.adapters.tools import find_tool
from ...workflows.open_subject import LabelFiles
from ..label_places import place_of_labels
from ..prompted import TITLE, StrokePrompts, Strokes, why_absent
from ..proposals import Proposal, unlocked
from ..session import Session
from ..workers import refusals_told
from .labels_panel import LabelsPanel
from .level_proposals import LevelProposalsPanel
from .small_parts import as_lines

if TYPE_CHECKING:
    from ...workflows.segment_with_tool import SegmentedPicture

_FOLDER = "tools"


class ToolActions:
    """Wishes of the tools panel, fulfilled.

    Parameters
    ----------
    session : Session
        What is open.
    labels : LabelsPanel
        Where found muscles are proposed.
    levels : LevelProposalsPanel
        Where found vertebrae are proposed.
    run : callable
        Takes work, what it says, and what is done with the result.
    """

    def __init__(
        self, session: Session, labels: LabelsPanel, levels: LevelProposalsPanel, *, run: Callable[..., None]
    ) -> None:
        self._session = session
        self._labels = labels
        self._levels = levels
        self._run = run
        self._panel = labels.tools
        self.prompts = PromptActions(session, labels, run=run)
        self._panel.choice.run_wished.connect(self.run_tool)

    def refresh(self) -> None:
        """Show what can be done now."""
        busy = f"Wait until {self._session.doing} has ended." if self._session.doing else ""
        none = "" if self._session.work else "Open an image first (step 1)."
        self._panel.choice.allow(none or busy)
        self.prompts.refresh(none or busy)

    def leave(self) -> None:
        """Let go of what is held elsewhere."""
        self.prompts.leave()

    def run_tool(self) -> None:
        """Run the chosen tool on the picture that is worked on."""
        from ...workflows.segment_with_tool import segment_volume

        work = self._session.work
        if work is None:
            return
        choice = self._panel.choice.value()
        tool, volume = find_tool(choice.tool), work.volume
        now = datetime.now().astimezone()
        name = f"{choice.tool}-{choice.wish.task}-{now:%Y%m%d-%H%M%S}.nii.gz"
        place = place_of_labels(work.pictures, None, study=self._session.study) / _FOLDER / name
        inputs = work.pictures.paths if work.pictures else ()

        def segment(progress: Progress) -> SegmentedPicture:
            return segment_volume(volume, place, tool, choice.wish, inputs=inputs, progress=progress)

        self._run(segment, says=f"running {tool.title}", done=self._propose)

    def _propose(self, done: SegmentedPicture) -> None:
        """Put the file where labels are looked at, or where levels are proposed, and look at it."""
        from ...reading.namings import read_naming

        files = LabelFiles(Path(done.path), done.naming)
        if any(meaning.structure for meaning in read_naming(done.naming).meanings.values()):
            self._labels.show_sources()
            self._labels.files.set_value(files)
            self._labels.look_wished.emit()
        else:
            self._levels.open()
            self._levels.set_value(files)
            self._levels.propose_wished.emit()


class PromptActions:
    """Strokes of the scribble tool, handed to nnInteractive while it is connected.

    Parameters
    ----------
    session : Session
        What is open.
    labels : LabelsPanel
        Holds the editor that connects it.
    run : callable
        Takes work, what it says, and what is done with the result.
    """

    def __init__(self, session: Session, labels: LabelsPanel, *, run: Callable[..., None]) -> None:
        self._session = session
        self._editor = labels.tools.prompts
        self._run = run
        self._held = StrokePrompts()
        self._waiting: Callable[[], None] | None = None
        self._reason = ""
        self._editor.value_changed.connect(lambda _: self.refresh(self._reason))
        self._editor.connect_wished.connect(self.connect)
        self._editor.disconnect_wished.connect(self.leave)

    @property
    def is_on(self) -> bool:
        """Whether strokes go to nnInteractive now."""
        return self._held.is_connected

    def connect(self) -> None:
        """Connect, off the main thread."""
        work = self._session.work
        if work is None:
            return
        place, volume, held = self._editor.value(), work.volume, StrokePrompts()

        def open_it(progress: Progress) -> StrokePrompts:
            held.connect(place, volume, progress)
            return held

        self._run(open_it, says=f"connecting {TITLE}", done=self._take)

    def ask(self, value: int, strokes: Callable[[], Strokes], show: Callable[[Proposal], None]) -> None:
        """Outline a muscle by all strokes there are; strokes drawn meanwhile are asked for afterwards."""
        work = self._session.work
        if work is None:
            return
        if self._session.doing:
            self._waiting = lambda: self.ask(value, strokes, show)
            return
        with refusals_told():
            kept, drawn, held = unlocked(work, value), strokes().copy(), self._held
            labels = kept.store.snapshot()

            def outline(progress: Progress) -> Proposal:
                return held.outline(work, value, drawn, labels, progress)

            self._run(outline, says=f"asking {TITLE}", done=show)

    def settle(self) -> None:
        """What was shown has been taken."""
        self._held.settle()

    def refresh(self, reason: str) -> None:
        """Show how it stands; ask for strokes that were drawn while something else was done."""
        absent = None if self.is_on else why_absent(self._editor.value())
        says = as_lines(absent) if absent else ""
        if self.is_on:
            says = f"Strokes of the scribble tool outline on all slices. Licence of the weights: {self._held.licence}."
        self._reason = reason
        self._editor.show_state(is_connected=self.is_on, reason=str(absent) if absent else reason, says=says)
        if self._waiting is not None and not self._session.doing:
            waiting, self._waiting = self._waiting, None
            waiting()

    def leave(self) -> None:
        """Disconnect."""
        self._waiting = None
        self._held.close()
        self.refresh(self._reason)

    def _take(self, held: StrokePrompts) -> None:
        self._held.close()
        self._held = held
        self.refresh(self._reason)
