"""Every goal of speed in one run: our figure, that of others, the ratio, and whether the goal is met.

Run ``make bench``, or ``python tests/benchmarks/bench_all.py [--gib 2] [--large-gib 8] [--peers-gib 0.5]
[--folder FOLDER] [--only NAME ...] [--page FILE]``. With ``--page`` the table is written into that page between its two
marks. Less than ten minutes on two quiet cores. Peers come with ``pip install --group bench``; those that are missing
are said to be.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from goals import Goal, machine_line, table, write_block

PATIENCE_S = 90.0
"""A peer that has no result by then is told so."""


def sections(folder: Path, asked: argparse.Namespace) -> dict[str, Callable[[], list[Goal]]]:
    """What can be run, by name, in the order of the page."""
    import bench_in_memory
    import bench_interaction
    import bench_measuring
    import bench_remote
    import bench_start_up
    import bench_statistics

    return {
        "limit": lambda: bench_measuring.beside_the_limit(folder, asked.gib),
        "large": lambda: bench_measuring.in_the_large(folder, asked.large_gib),
        "growth": lambda: bench_measuring.growth(folder),
        "peers": lambda: bench_measuring.beside_peers(folder, asked.peers_gib, PATIENCE_S),
        "remote": lambda: bench_remote.goals(folder),
        "memory": bench_in_memory.statistics_goals,
        "mixture": bench_in_memory.mixture_goals,
        "interaction": bench_interaction.goals,
        "statistics": bench_statistics.goals,
        "start": bench_start_up.goals,
    }


def main() -> None:
    asked = _arguments()
    start = time.perf_counter()
    goals: list[Goal] = []
    with tempfile.TemporaryDirectory(prefix="hipspine-bench-", dir=asked.folder) as place:
        for name, find in sections(Path(place), asked).items():
            if asked.only and name not in asked.only:
                continue
            for goal in find():
                goals.append(goal)
                cells = (goal.what, goal.ours, goal.theirs, goal.ratio, goal.goal, goal.verdict)
                print(" | ".join(cell for cell in cells if cell), flush=True)
    minutes = (time.perf_counter() - start) / 60
    machine = f"{machine_line()} The run took {minutes:.0f} minutes."
    missed = [goal.what for goal in goals if goal.is_met is False]
    print(f"\n{machine}\n{len(missed)} goals not met: {'; '.join(missed)}" if missed else f"\n{machine}\nall goals met")
    if asked.page:
        write_block(asked.page, table(goals, machine=machine))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=float, default=2.0, help="image of the measurement beside the limit [GiB]")
    parser.add_argument("--large-gib", type=float, default=8.0, help="image whose files have many names [GiB]")
    parser.add_argument("--peers-gib", type=float, default=0.5, help="image that others measure too [GiB]")
    parser.add_argument("--folder", type=Path, help="where volumes are made; by default the temporary folder")
    parser.add_argument("--only", nargs="+", default=[], help="names of sections")
    parser.add_argument("--page", type=Path, help="page the table is written into")
    return parser.parse_args()


if __name__ == "__main__":
    main()
