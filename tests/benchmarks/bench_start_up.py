"""What importing the package adds to napari, and how soon a dock is open, each in a fresh program.

Run ``python tests/benchmarks/bench_start_up.py``; docks need a display and are left out without one.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys

from goals import Goal

SECTION = "Start-up (CPU time, fresh program)"
DOCKS = ("Hip-spine muscles", "Lumbar-hip correlations", "Cohort statistics")
ROUNDS = 2

IMPORT = """
import json, time
import napari.viewer
start = time.process_time()
import napari_hipspine
print(json.dumps({"import": 1000 * (time.process_time() - start)}))
"""

OPEN = """
import json, os, sys, time
import napari
from qtpy.QtWidgets import QApplication

viewer = napari.Viewer()
QApplication.processEvents()
cpu, wall = time.process_time(), time.perf_counter()
viewer.window.add_plugin_dock_widget("napari-hipspine", sys.argv[1])
print(json.dumps({"cpu": 1000 * (time.process_time() - cpu), "wall": 1000 * (time.perf_counter() - wall)}), flush=True)
os._exit(0)
"""


def _told(program: str, *arguments: str) -> dict[str, float]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True, env=environment
    )
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _median(program: str, key: str, *arguments: str) -> float:
    _told(program, *arguments)
    return statistics.median(_told(program, *arguments)[key] for _ in range(ROUNDS))


def goals() -> list[Goal]:
    ms = _median(IMPORT, "import")
    rows = [Goal("import napari_hipspine beyond napari", f"{ms:.1f} ms", "", "", "≤ 50 ms", ms <= 50, SECTION)]
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        return [*rows, Goal("docks", "no display", "", "", "", None, SECTION)]
    for dock in DOCKS:
        ms = _median(OPEN, "cpu", dock)
        rows.append(Goal(f"dock “{dock}” opens", f"{ms:.0f} ms", "", "", "≤ 300 ms", ms <= 300, SECTION))
    return rows


def main() -> None:
    for goal in goals():
        print(f"{goal.what}: {goal.ours} | {goal.goal} | {goal.verdict}", flush=True)


if __name__ == "__main__":
    main()
