"""`hipspine segment`: a picture outlined by TotalSegmentator or MuscleMap."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .progress import terminal_progress

TOOLS = ("totalsegmentator", "musclemap")


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("segment", help="outline a picture with another group's tool", description=__doc__)
    parser.add_argument("--tool", choices=TOOLS, help="which program; without it, what is installed is listed")
    parser.add_argument("--task", default="", help="what it outlines; the tool's usual task by default")
    parser.add_argument("--image", type=Path, help="T1, T2 or PD picture, or the water picture of a Dixon series")
    parser.add_argument("--series", metavar="UID|N", help="series of the image")
    parser.add_argument(
        "--orientation", metavar="SPL", help="where slices, rows and columns grow, for files that do not say"
    )
    parser.add_argument("--device", choices=("auto", "cpu"), default="auto", help="what the tool computes with")
    parser.add_argument(
        "--download-weights", action="store_true", help="the tool may fetch trained weights that are missing"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="NIfTI file to be made")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List the tools, or outline and say how the result is measured."""
    from ..domain.errors import InvalidChoice
    from ..segmenting.adapters.tools import Device, ToolWish, Weights, find_tool
    from ..workflows.segment_with_tool import segment_with_tool

    if arguments.tool is None:
        return list_tools()
    if arguments.image is None or arguments.out is None:
        raise InvalidChoice("Expected --image FILE and --out FILE beside --tool, found one or none of them.")
    weights = Weights.DOWNLOAD if arguments.download_weights else Weights.PRESENT
    tool = find_tool(arguments.tool)
    done = segment_with_tool(
        arguments.image,
        arguments.out,
        tool,
        ToolWish(arguments.task, Device(arguments.device), weights),
        series=arguments.series,
        orientation=arguments.orientation,
        progress=terminal_progress("segmenting"),
    )
    print(done.path)
    version = f" {done.run.version}" if done.run.version else ""
    print(f"  {tool.title}{version}: {done.n_values} label values; measure them with --naming {done.naming}")
    for note in done.notes:
        print(f"  {note}")
    print("  Look at every muscle before you measure it.")
    return 0


def list_tools() -> int:
    """Print what can be run here, and what is missing for the rest."""
    from ..segmenting.adapters.tools import ToolWish, segmenting_tools

    for tool in segmenting_tools():
        print(f"{tool.name}: {tool.title}. {tool.licence}")
        refusals: dict[str, str] = {}
        for task in tool.tasks:
            refusal = tool.why_not(ToolWish(task.id))
            if refusal is not None:
                refusals[refusal.message] = refusal.hint
            print(f"  --task {task.id:14} {'ready' if refusal is None else 'not ready':9}  {task.says}")
        for message, hint in refusals.items():
            print(f"  {message}\n    {hint}")
    return 0
