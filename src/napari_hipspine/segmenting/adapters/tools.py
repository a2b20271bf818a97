"""What a segmenting program of another group is to us: files in, label values out, and a reason where it cannot run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from ...domain.errors import HipSpineError, InvalidChoice
from ...domain.subject import Progress

MOST_VOXELS = 2**30
"""Tools take the picture, and as much again several times over, into memory."""


class Weights(StrEnum):
    """Whether a tool may fetch its trained weights."""

    PRESENT = "present"
    """Only what lies on this machine is used."""
    DOWNLOAD = "download"
    """The tool may fetch what is missing."""


class Device(StrEnum):
    """What a tool computes with."""

    AUTO = "auto"
    """A graphics card where the tool finds one, else the processor."""
    CPU = "cpu"
    """The processor."""


@dataclass(frozen=True)
class ToolTask:
    """One thing a tool can outline.

    Parameters
    ----------
    id : str
        Word by which it is asked for.
    says : str
        What it outlines, in a few words.
    naming : str
        Naming of the label values it gives.
    """

    id: str
    says: str
    naming: str


@dataclass(frozen=True)
class ToolWish:
    """How a tool is to run.

    Parameters
    ----------
    task : str
        Id of one of its tasks.
    device : Device
        What it computes with.
    weights : Weights
        Whether it may fetch what is missing.
    """

    task: str
    device: Device = Device.AUTO
    weights: Weights = Weights.PRESENT


@dataclass(frozen=True)
class ToolRun:
    """What came of a run.

    Parameters
    ----------
    version : str
        Version of the program, and of the weights where it says so; empty when it says neither.
    notes : tuple of str
        What the reader should know.
    """

    version: str
    notes: tuple[str, ...] = ()


class SegmentingTool(Protocol):
    """A program that gives label values for a picture."""

    @property
    def name(self) -> str:
        """Word by which it is asked for."""

    @property
    def title(self) -> str:
        """As its makers write it."""

    @property
    def tasks(self) -> tuple[ToolTask, ...]:
        """What it can outline, the usual one first."""

    @property
    def install(self) -> str:
        """How it is installed: one line."""

    @property
    def licence(self) -> str:
        """Licence of program and weights."""

    def why_absent(self) -> HipSpineError | None:
        """Why it is not installed, or None; answers at once."""

    def why_not(self, wish: ToolWish) -> HipSpineError | None:
        """Why it cannot run as wished, or None; nothing heavy is imported to find out."""

    def segment(self, image: Path, out: Path, wish: ToolWish, progress: Progress) -> ToolRun:
        """Write the label values of a NIfTI picture to another NIfTI file on the same voxels.

        Raises
        ------
        HipSpineError
            What `why_not` gives; if the program ends without a result; if it was cancelled.
        """


def task_of(tool: SegmentingTool, task: str) -> ToolTask:
    """A task of a tool by its id; the usual one when it is empty.

    Raises
    ------
    InvalidChoice
        If the tool has no such task.
    """
    found = next((one for one in tool.tasks if one.id == task), None)
    if found is None and task:
        raise InvalidChoice(
            f"Expected a task of {tool.title} ({', '.join(one.id for one in tool.tasks)}), found {task!r}."
        )
    return found or tool.tasks[0]


def require_size(shape: tuple[int, ...], title: str) -> None:
    """Refuse pictures that no tool can take into memory.

    Raises
    ------
    InvalidChoice
        If there are too many voxels.
    """
    n_voxels = math.prod(shape)
    if n_voxels > MOST_VOXELS:
        raise InvalidChoice(
            f"Expected at most {MOST_VOXELS:,} voxels for {title}, found {n_voxels:,}.",
            hint="It takes the whole picture into memory several times; crop it first.",
        )


def segmenting_tools() -> tuple[SegmentingTool, ...]:
    """Every tool that outlines a whole picture by itself; none of their packages is imported."""
    from .musclemap import MuscleMap
    from .totalsegmentator import TotalSegmentator

    return (TotalSegmentator(), MuscleMap())


def find_tool(name: str) -> SegmentingTool:
    """A tool by its word.

    Raises
    ------
    InvalidChoice
        If there is none of that name.
    """
    tools = {tool.name: tool for tool in segmenting_tools()}
    if name not in tools:
        raise InvalidChoice(f"Expected a tool ({', '.join(tools)}), found {name!r}.")
    return tools[name]
