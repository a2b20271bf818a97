"""How quickly the picture follows a dragged threshold, and the tables an edit, an undo and a redo, in a real window.

Usage: python tests/benchmarks/bench_review_window.py

Needs a display; without one: xvfb-run -a -s "-screen 0 1920x1200x24" python tests/benchmarks/bench_review_window.py
Times are on the clock of a person: from the movement to the drawn frame, from the stroke to the changed rows. CPU is
what both threads took together.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from napari.qt import get_qapp
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from napari_hipspine.viewer.demo_window import SAMPLE, measure_and_wait, open_sample_window, settle, wait_until

N_DRAGS, N_EDITS = 40, 8
PATIENCE_S = 10.0


def main() -> None:
    """Measure both, and print milliseconds."""
    viewer, dock = open_sample_window(SAMPLE, size=(1280, 800))
    measure_and_wait(dock)
    settle()
    say("threshold dragged, to the drawn frame", drags(viewer, dock)[1:])
    wait_until(lambda: not dock.session.why_stale())
    settle()
    layer, z = dock.link.labels_layer(), dock.link.slice_shown()
    row, column = (int(at) for at in np.argwhere(np.asarray(layer.data[z]) > 0)[0])
    kept = dock.session.work.label_work.store
    does = {
        "painted": lambda step: layer.paint((z, row + step, column), int(layer.selected_label)),
        "undone": lambda _: kept.undo() and layer.events.set_data(),
        "redone": lambda _: kept.redo() and layer.events.set_data(),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in does}
    for step in range(N_EDITS):
        for name, act in does.items():
            taken[name].append(to_the_rows(dock, lambda act=act, step=step: act(step)))
    for name, times in taken.items():
        say(f"{name}, to the changed rows", [clock for clock, _ in times])
    say("CPU of one of these", [cpu for times in taken.values() for _, cpu in times])
    viewer.close()


def drags(viewer: Any, dock: Any) -> list[float]:
    """Milliseconds from each movement of the pointer to the next frame of the canvas."""
    frames: list[float] = []
    viewer.window._qt_viewer.canvas._scene_canvas.events.draw.connect(lambda _: frames.append(time.perf_counter()))
    plot = dock.threshold.review.plot
    y, x = int(plot.frame().inside.center().y()), int(plot.frame().x(plot.cut))
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(x, y))
    taken = []
    for step in range(N_DRAGS):
        before, begin = len(frames), time.perf_counter()
        QTest.mouseMove(plot, QPoint(x - 60 + 3 * step, y))
        work_until(lambda before=before: len(frames) > before)
        taken.append((frames[-1] - begin) * 1000)
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(x, y))
    return taken


def to_the_rows(dock: Any, act: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds on the clock and of CPU from an edit to the rows that follow it."""
    table = dock.results.tables["slices"]
    before, begin, cpu = table.value(), time.perf_counter(), time.process_time()
    act()
    work_until(lambda: table.value() is not before)
    taken = (time.perf_counter() - begin) * 1000, (time.process_time() - cpu) * 1000
    settle()
    return taken


def work_until(is_so: Callable[[], bool]) -> None:
    """Let the window work, without taking its threads' time."""
    # napari looks its logo up whenever it is asked for the application, which takes a millisecond.
    end, app = time.monotonic() + PATIENCE_S, get_qapp()
    while not is_so() and time.monotonic() < end:
        app.processEvents()
        time.sleep(0.001)


def say(what: str, taken: list[float]) -> None:
    """Median and worst of several times."""
    print(f"{what:42} median {statistics.median(taken):6.0f} ms   worst {max(taken):6.0f} ms")


if __name__ == "__main__":
    main()
