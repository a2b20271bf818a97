"""Goals, what was measured beside them, and the table they make."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

BEGIN, END = "<!-- begin: written by make bench -->", "<!-- end: written by make bench -->"
QUIET_LOAD = 1.0
"""Work of others on the machine below which wall times can be trusted [processes waiting for a core]."""

LOAD_BEFORE = os.getloadavg()[0]
"""What else the machine did before we began."""


@dataclass(frozen=True)
class Goal:
    """One row of the table.

    Parameters
    ----------
    what : str
        What is compared.
    ours, theirs : str
        Both figures with their units.
    ratio : float
        What the goal speaks of.
    goal : str
        What was to be reached, in words.
    is_met : bool or None
        None where there is no goal, only a figure.
    section : str
        Heading the row stands under.
    """

    what: str
    ours: str
    theirs: str
    ratio: str
    goal: str
    is_met: bool | None
    section: str = ""

    @property
    def verdict(self) -> str:
        return "" if self.is_met is None else "yes" if self.is_met else "**no**"


def judged(wall: float, cpu: float) -> float:
    """The figure a goal is held to: by the clock on a quiet machine, by CPU time on one that does other work too."""
    return wall if LOAD_BEFORE < QUIET_LOAD else cpu


def table(goals: Iterable[Goal], *, machine: str) -> str:
    """The rows as Markdown, one table per section."""
    lines = [machine]
    section = None
    for goal in goals:
        if goal.section != section:
            section = goal.section
            lines += [
                "",
                f"### {section}",
                "",
                "| | ours | beside it | ratio | goal | met |",
                "|---|---|---|---|---|---|",
            ]
        lines.append(f"| {goal.what} | {goal.ours} | {goal.theirs} | {goal.ratio} | {goal.goal} | {goal.verdict} |")
    return "\n".join(lines)


def machine_line() -> str:
    """What it was measured on, and what else that was doing."""
    is_quiet = LOAD_BEFORE < QUIET_LOAD
    state = "quiet: goals are held to wall times" if is_quiet else "loaded: goals are held to CPU times"
    names = (line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    name = next(names, "model name : unknown").partition(":")[2].strip()
    return f"{os.cpu_count()} cores ({name}); load {LOAD_BEFORE:.1f} before we began, {state}."


def write_block(page: Path, text: str) -> None:
    """Put a text between the two marks of a page, in the place of what stood there."""
    whole = page.read_text(encoding="utf-8")
    before, _, rest = whole.partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
