"""First slice, milliseconds per slice and memory of a 21 GB image in a real napari window, quiet and while measuring.

Usage: python tests/benchmarks/bench_opening.py [FOLDER [LAYOUT ...]]

Needs a display; without one: xvfb-run -a -s "-screen 0 1920x1200x24" python tests/benchmarks/bench_opening.py
The stores (2560 x 2048 x 2048 uint16: slice chunks, cubic chunks, OME-Zarr with resolution steps) are made in FOLDER,
by default a temporary one, from hard links to one tile of 64 slices: about 2 GB on the disk, in the page cache once
it was read. Every layout is opened through the dock in a process of its own. Time of a slice is until it
is drawn; CPU is that of the main thread, which a busy machine changes least.
Memory is the peak beyond a bare napari window in the same process; what the dock itself takes is part of it;
the last column is beyond a window that shows a single 2048 x 2048 image from memory.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.bench_writing import forget_peak, peak_mib
from tests.benchmarks.linked_stores import LAYOUTS, N_DISCS, make_labels, make_store

N_SLICES = 2560
FIRST_SCROLLED, N_SCROLLED = 1216, 100
PATIENCE_S = 60.0


def main(folder: Path, layouts: list[str]) -> None:
    """Open every layout in a process of its own, and print the table."""
    labels = make_labels(folder, N_SLICES)
    command = [sys.executable, __file__, "--small"]
    small = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]
    print(f"{N_SLICES} x 2048 x 2048 uint16 (21.5 GB), load {os.getloadavg()[0]:.1f}; ms per slice until it is drawn")
    print(
        f"{'':8s} {'first slice s':>13s} {'CPU s':>6s} | {'quiet: median':>14s} {'p95':>5s} {'CPU':>4s} {'back':>5s} | "
        f"{'measuring: median':>18s} {'p95':>5s} {'CPU':>4s} | {'dock MiB':>8s} {'peak MiB':>8s} {'over image':>10s}"
    )
    for layout in layouts:
        store = make_store(folder, layout, N_SLICES)
        command = [sys.executable, __file__, "--one", str(store), str(labels), small]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        if said.returncode != 0:
            print(f"{layout:8s} failed: {said.stderr[-600:]}")
            continue
        took = json.loads(said.stdout.splitlines()[-1])
        quiet, back, busy = (columns(took[name]) for name in ("quiet", "back", "measuring"))
        print(
            f"{layout:8s} {took['first_s']:13.2f} {took['first_cpu_s']:6.2f} | {quiet[0]:14.0f} {quiet[1]:5.0f} "
            f"{quiet[2]:4.0f} {back[0]:5.0f} | {busy[0]:18.0f} {busy[1]:5.0f} {busy[2]:4.0f} | "
            f"{took['dock_mib']:8.0f} {took['peak_mib']:8.0f} {took['peak_mib'] - took['image_mib']:10.0f}"
        )


def columns(taken: list[list[float]]) -> tuple[float, float, float]:
    """Median and 95th percentile on the clock, and the median CPU time of the main thread [ms]."""
    clock, cpu = zip(*taken, strict=True)
    return statistics.median(clock), statistics.quantiles(clock, n=20)[-1], statistics.median(cpu)


def open_and_scroll(store: str, labels: str, image_mib: str) -> None:
    """Open one store in a window, scroll it quietly, back, and while it is measured; print what it took."""
    import napari

    viewer = napari.Viewer()
    viewer.window.resize(1600, 1000)
    work_for(1.0)
    bare = forget_peak()
    _, dock = viewer.window.add_plugin_dock_widget("napari-hipspine", "Hip-spine muscles")
    work_for(2.0)
    took: dict[str, Any] = {"dock_mib": peak_mib() - bare}
    drawn = frames_of(viewer)
    begin, cpu = time.perf_counter(), time.process_time()
    took["first_s"] = open_through(dock, Path(store), drawn) - begin
    took["first_cpu_s"] = time.process_time() - cpu
    work_for(3.0)
    there = range(FIRST_SCROLLED, FIRST_SCROLLED + N_SCROLLED)
    took["quiet"] = scroll(viewer, drawn, there)
    took["back"] = scroll(viewer, drawn, reversed(there))
    took["peak_mib"] = peak_mib() - bare
    took["image_mib"] = float(image_mib)
    stop = measure_beside(store, labels)
    took["measuring"] = scroll(viewer, drawn, range(FIRST_SCROLLED + N_SCROLLED, FIRST_SCROLLED + 2 * N_SCROLLED))
    stop()
    print(json.dumps(took))
    sys.stdout.flush()
    os._exit(0)


def show_small_image() -> None:
    """Print what a 2048 x 2048 image in memory takes in a window without us [MiB]: napari loads much with the first."""
    import napari
    import numpy as np

    viewer = napari.Viewer()
    viewer.window.resize(1600, 1000)
    work_for(1.0)
    bare = forget_peak()
    viewer.add_image(np.full((2, 2048, 2048), 500, np.uint16), contrast_limits=(0, 1000))
    work_for(2.0)
    viewer.dims.set_current_step(0, 1)
    work_for(1.0)
    print(peak_mib() - bare)
    sys.stdout.flush()
    os._exit(0)


def frames_of(viewer: Any) -> list[float]:
    """Times at which the canvas was drawn, as they come."""
    frames: list[float] = []
    viewer.window._qt_viewer.canvas._scene_canvas.events.draw.connect(lambda _: frames.append(time.perf_counter()))
    return frames


def open_through(dock: Any, store: Path, drawn: list[float]) -> float:
    """Open as the button of step 1 would; the time at which the first slice was drawn."""
    from napari_hipspine.workflows.open_subject import ImageFiles

    dock.images.files.set_value(ImageFiles(image=store))
    dock.actions.open_image(dock.images.files)
    work_until(lambda: dock.session.work is not None)
    n_drawn = len(drawn)
    work_until(lambda: len(drawn) > n_drawn)
    return drawn[-1]


def scroll(viewer: Any, drawn: list[float], slices: Any) -> list[list[float]]:
    """Milliseconds from each step of the slider to the drawn slice: on the clock, and of the main thread's CPU."""
    taken = []
    for index in slices:
        n_drawn, begin, cpu = len(drawn), time.perf_counter(), time.thread_time()
        viewer.dims.set_current_step(0, index)
        work_until(lambda n_drawn=n_drawn: len(drawn) > n_drawn)
        taken.append([(drawn[-1] - begin) * 1000, (time.thread_time() - cpu) * 1000])
    return taken


def measure_beside(store: str, labels: str) -> Any:
    """Measure the whole image in a thread until told to stop, as the dock and `hipspine measure` do."""
    from napari_hipspine.domain.anatomy import find_structure
    from napari_hipspine.domain.errors import Cancelled
    from napari_hipspine.domain.label_map import LabelMap
    from napari_hipspine.domain.subject import SubjectKey
    from napari_hipspine.domain.volume import Contrast, FatPolarity
    from napari_hipspine.reading.volumes import open_volume
    from napari_hipspine.workflows.measure_subject import measure_counted

    image = replace(open_volume(store), contrast=Contrast.T2, fat_polarity=FatPolarity.BRIGHT)
    pairs = [(muscle, side) for muscle in ("multifidus", "erector_spinae", "psoas_major") for side in ("left", "right")]
    structures = {value: find_structure(*pair) for value, pair in enumerate(pairs[:N_DISCS], start=1)}
    label_map = LabelMap(open_volume(labels).voxels, image.grid, structures)
    is_over = threading.Event()

    def heed(done: int, total: int, doing: str) -> None:
        if is_over.is_set():
            raise Cancelled("Cancelled.")

    def measure() -> None:
        try:
            while True:
                measure_counted(image, label_map, key=SubjectKey("sub-1"), n_workers=2, progress=heed)
        except Cancelled:
            return

    thread = threading.Thread(target=measure)
    thread.start()
    work_for(1.0)

    def stop() -> None:
        if not thread.is_alive():
            raise RuntimeError("the measurement ended before it was told to")
        is_over.set()
        thread.join()

    return stop


def work_until(is_so: Any) -> None:
    """Let the window work."""
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError("the window did not get there")
        process_events()


def work_for(seconds: float) -> None:
    """Let the window work for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        process_events()
        time.sleep(0.002)


def process_events() -> None:
    """One round of the window's queue."""
    from napari.qt import get_qapp

    get_qapp().processEvents()


def a_folder(given: list[str]) -> Iterator[Path]:
    """The folder that was named, or a passing one."""
    if given:
        Path(given[0]).mkdir(parents=True, exist_ok=True)
        yield Path(given[0])
        return
    with tempfile.TemporaryDirectory(prefix="opening-") as place:
        yield Path(place)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        open_and_scroll(*sys.argv[2:5])
    elif sys.argv[1:2] == ["--small"]:
        show_small_image()
    else:
        for made in a_folder(sys.argv[1:2]):
            main(made, sys.argv[2:] or list(LAYOUTS))
