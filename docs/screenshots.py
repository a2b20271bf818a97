"""Pictures of the window for the documentation, taken by walking through the job in a real napari window.

Usage: python docs/screenshots.py FOLDER [--theme dark|light] [--size 1600x1000]

Needs a display; without one: xvfb-run -a -s "-screen 0 1920x1200x24" python docs/screenshots.py FOLDER
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from napari.settings import get_settings

from napari_hipspine.viewer.contributions import PLUGIN
from napari_hipspine.viewer.demo_window import (
    SAMPLE,
    find_dock,
    measure_and_wait,
    open_sample_window,
    settle,
    wait_until,
)
from napari_hipspine.viewer.steps import Step

CORRELATIONS = "Lumbar-hip correlations"


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--size", default="1600x1000", metavar="WIDTHxHEIGHT")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    theme_before = get_settings().appearance.theme
    get_settings().appearance.theme = arguments.theme
    try:
        width, height = map(int, arguments.size.split("x"))
        take_pictures(arguments.folder, (width, height))
    finally:
        get_settings().appearance.theme = theme_before


def take_pictures(folder: Path, size: tuple[int, int]) -> None:
    """Walk through the job and keep a picture of each step."""
    viewer, dock = open_sample_window(SAMPLE, size=size)
    take(viewer, folder / "level.png")
    for step in (Step.IMAGES, Step.MUSCLES, Step.THRESHOLD):
        dock.open_step(step)
        take(viewer, folder / f"{step.name.lower()}.png")
    measure_and_wait(dock)
    take(viewer, folder / "workbench.png")
    take_review(viewer, dock, folder)
    viewer.window.add_plugin_dock_widget(PLUGIN, CORRELATIONS, tabify=True)
    correlations = find_dock(viewer, name=CORRELATIONS)
    correlations.show_published()
    wait_until(lambda: not correlations.is_busy)
    take(viewer, folder / "published.png")
    relate_synthetic(correlations)
    for number, name in enumerate(("correlations", "heat_map", "scatter")):
        if name == "scatter":
            correlations.show_scatter(correlations.pages.table.cell_at(1, 1))
        correlations.pages.tabs.setCurrentIndex(number)
        wait_until(lambda: not correlations.pages.heat_map.is_drawing)
        take(viewer, folder / f"{name}.png")
    viewer.close()


def take_review(viewer: Any, dock: Any, folder: Path) -> None:
    """Drag a threshold, look at the fat it rests on, accept it, and see the results."""
    review, fat = dock.threshold.review, dock.threshold.fat
    shown = review.value()[0]
    review.dragged.emit(shown.muscle, 0.7 * shown.threshold.threshold)
    take(viewer, folder / "threshold_dragged.png")
    review.moved.emit(shown.muscle, shown.threshold.threshold)
    review.reset.emit(None)
    fat.accepted.emit()
    wait_until(lambda: not dock.session.why_stale())
    take(viewer, folder / "results.png")


def relate_synthetic(correlations: Any) -> None:
    """Relate the synthetic cohort as the buttons would."""
    correlations.add_synthetic()
    correlations.relate()
    wait_until(lambda: not correlations.is_busy)


def take(viewer: Any, path: Path) -> None:
    """One picture of the whole window."""
    settle()
    viewer.screenshot(str(path), canvas_only=False, flash=False)


if __name__ == "__main__":
    main()
