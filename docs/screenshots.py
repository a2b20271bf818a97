"""Walk through the whole job in a real napari window, pressing the buttons a person would, and keep every picture.

Usage: python docs/screenshots.py FOLDER [--theme dark] [--size 1280x800] [--data DIR]

From File > Open Sample to an exported correlation table; with --data also from the files of a real Dixon series
(a water and a fat NIfTI with "water" and "fat" in their names, and labels with "water" and "label"). A button that a
stranger could not press ends the walk with its reason. Every picture is taken in both themes unless one is asked for.

Needs a display; without one: xvfb-run -a -s "-screen 0 1920x1200x24" python docs/screenshots.py FOLDER
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from napari.settings import get_settings
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QAbstractButton, QFileDialog, QWidget

from napari_hipspine.domain.errors import HipSpineError
from napari_hipspine.viewer.contributions import CORRELATIONS, DOCK, PLUGIN
from napari_hipspine.viewer.demo_window import SAMPLE, find_dock, open_sample_window, settle, wait_until
from napari_hipspine.viewer.shortcuts import Wish
from napari_hipspine.workflows.open_subject import ImageFiles, LabelFiles

THEMES = ("dark", "light")
NAMING = "value,muscle,side\n1,erector_spinae,right\n2,multifidus,right\n3,multifidus,left\n4,erector_spinae,left\n"


@dataclass
class Album:
    """Numbered pictures of one window.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose window it is.
    folder : Path
        Where they are kept.
    themes : tuple of str
        Each picture is taken in all of these.
    """

    viewer: Any
    folder: Path
    themes: tuple[str, ...]
    names: list[str] = field(default_factory=list)

    def take(self, name: str) -> None:
        """One picture of the whole window in every theme."""
        self.names.append(name)
        for theme in self.themes:
            self.viewer.theme = theme
            settle()
            path = self.folder / f"{len(self.names):02d}_{name}_{theme}.png"
            self.viewer.screenshot(str(path), canvas_only=False, flash=False)


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--theme", choices=THEMES)
    parser.add_argument("--size", default="1280x800", metavar="WIDTHxHEIGHT")
    parser.add_argument("--data", type=Path, metavar="DIR")
    arguments = parser.parse_args()
    themes = (arguments.theme,) if arguments.theme else THEMES
    width, height = map(int, arguments.size.split("x"))
    before = get_settings().appearance.theme
    try:
        for name, walk in (("sample", walk_sample), ("data", walk_data)):
            if name == "sample" or arguments.data is not None:
                folder = arguments.folder / name
                folder.mkdir(parents=True, exist_ok=True)
                walk(folder, (width, height), themes, arguments.data)
    finally:
        get_settings().appearance.theme = before


def walk_sample(folder: Path, size: tuple[int, int], themes: tuple[str, ...], _data: Path | None) -> None:
    """From the sample to an exported correlation table, by the buttons that stand out."""
    viewer, dock = open_sample_window(SAMPLE, size=size)
    album = Album(viewer, folder, themes)
    album.take("sample_opened")
    press(dock, "Confirm")
    album.take("level_confirmed")
    find_thresholds(album, dock)
    review(album, dock)
    look_closer(album, dock)
    press(dock, "Go on: Hip · PD")
    album.take("other_region")
    confirm_and_measure(album, dock, "hip")
    relate(album, dock)
    viewer.close()


def walk_data(folder: Path, size: tuple[int, int], themes: tuple[str, ...], data: Path | None) -> None:
    """From the files of a real Dixon series to exported tables."""
    import napari

    if data is None:
        return
    viewer = napari.Viewer()
    viewer.window.resize(*size)
    viewer.window.add_plugin_dock_widget(PLUGIN, DOCK)
    dock, album = find_dock(viewer), Album(viewer, folder, themes)
    album.take("empty")
    (water,), (fat,), (labels,) = (
        [path for path in sorted(data.glob("*.nii.gz")) if all(word in path.name for word in words)]
        for words in (("water", "img_img"), ("fat", "img_img"), ("water", "label"))
    )
    dock.images.files.set_value(ImageFiles(water=water, fat=fat))
    album.take("files_chosen")
    press(dock, "Open")
    wait_until(lambda: not dock.session.doing)
    dock.images.files.set_value(ImageFiles(water=water, fat=fat, accepts_header_mismatch=True))
    album.take("refused")
    if dock.session.work is None:
        press(dock, "Open")
        wait_until(lambda: not dock.session.doing)
    album.take("opened")
    press(dock, "Mark", exactly=False)
    album.take("level_marked")
    naming = Path(tempfile.mkdtemp()) / "naming.csv"
    naming.write_text(NAMING, encoding="utf-8")
    press(dock, "3  Muscles")
    dock.labels.files.set_value(LabelFiles(labels, naming))
    press(dock, "Look at it")
    wait_until(lambda: not dock.session.doing)
    album.take("labels_proposed")
    press(dock, "Accept")
    wait_until(lambda: not dock.session.doing)
    album.take("labels_accepted")
    press(dock, "4  Fat threshold")
    find_thresholds(album, dock)
    export(album, dock)
    viewer.close()


def find_thresholds(album: Album, dock: Any) -> None:
    """Press what step 4 asks for, and wait for the tables."""
    press(dock, "Find thresholds")
    wait_until(lambda: not dock.session.doing)
    album.take("thresholds_found")


def review(album: Album, dock: Any) -> None:
    """Drag a threshold, see the fat it makes, put it back, look at the fat it rests on, accept, export."""
    shown = dock.threshold.review.value()[0]
    dock.threshold.review.dragged.emit(shown.muscle, 0.7 * shown.threshold.threshold)
    album.take("threshold_dragged")
    dock.threshold.review.reset.emit(None)
    wait_until(lambda: not dock.session.why_stale())
    press(dock.threshold.fat, "Show")
    album.take("fat_beside_shown")
    press(dock.threshold.fat, "Accept")
    wait_until(lambda: not dock.session.why_stale())
    album.take("results")
    export(album, dock)


def look_closer(album: Album, dock: Any) -> None:
    """Muscle window, crosshair, ruler; the muscles step with its strips; the muscles in space."""
    dock.ask(Wish.WINDOW_MUSCLE)
    press(dock, "Crosshair")
    settle()
    image = dock.link.image_layer()
    dock.views.ruler.toggle(image)
    dock.views.refresh()
    ends = [image.data_to_world((dock.link.slice_shown(), row, row)) for row in (100, 180)]
    ruler = album.viewer.layers["ruler [mm]"]
    ruler.add_lines([[ruler.world_to_data(end) for end in ends]])
    album.take("window_crosshair_ruler")
    for wish in (Wish.RULER, Wish.CROSSHAIR, Wish.WINDOW_BODY):
        dock.ask(wish)
    press(dock, "3  Muscles")
    press(dock, "Outline")
    album.take("muscles_outline")
    press(dock, "Outline")
    press(dock, "5  Results")
    press(dock, "3-D view")
    wait_until(lambda: not dock.session.doing)
    album.take("in_space")
    press(dock, "3-D view")


def confirm_and_measure(album: Album, dock: Any, name: str) -> None:
    """The other region, by the same buttons."""
    if dock.session.work.unconfirmed_levels:
        press(dock, "Confirm")
    press(dock, "Find thresholds")
    wait_until(lambda: not dock.session.doing)
    album.take(f"{name}_measured")
    press(dock.threshold.fat, "Accept")
    wait_until(lambda: not dock.session.why_stale())
    export(album, dock)


def export(album: Album, dock: Any) -> None:
    """Press Export and choose a folder."""
    with chosen_folder(tempfile.mkdtemp()) as folder:
        press(dock, "Export…")
        wait_until(lambda: not dock.session.doing)
        found = [path.name for path in folder.glob("*/*")]
    if "measurements.csv" not in found:
        raise HipSpineError(f"Expected measurements.csv, found {found}.")
    album.take("exported")


def relate(album: Album, dock: Any) -> None:
    """From the dock of one subject to the table of a cohort."""
    viewer = album.viewer
    press(dock, "Relate lumbar to hip muscles…")
    correlations = find_dock(viewer, name=CORRELATIONS)
    album.take("correlations_empty")
    press(correlations, "Published table")
    wait_until(lambda: not correlations.is_busy)
    album.take("published")
    press(correlations, "Relate")
    wait_until(lambda: not correlations.is_busy)
    album.take("one_subject_is_not_enough")
    press(correlations, "Remove")
    press(correlations, "Remove")
    press(correlations, "Synthetic cohort")
    settle()
    press(correlations, "Choices")
    album.take("choices")
    press(correlations, "Choices")
    press(correlations, "Relate")
    wait_until(lambda: not correlations.is_busy)
    for number, name in enumerate(("correlations", "heat_map", "scatter")):
        if name == "scatter":
            correlations.show_scatter(correlations.pages.table.cell_at(1, 1))
        correlations.pages.tabs.setCurrentIndex(number)
        wait_until(lambda: not correlations.pages.heat_map.is_drawing)
        album.take(name)
    with chosen_folder(tempfile.mkdtemp()) as folder:
        press(correlations, "Export…")
        wait_until(lambda: not correlations.is_busy)
        if not list(folder.glob("*.csv")):
            raise HipSpineError("Expected a correlation table, found none.")
    album.take("correlations_exported")


def press(within: QWidget, words: str, *, exactly: bool = True) -> None:
    """Click the button with these words, as a person would; one that is not there or disabled ends the walk."""
    is_meant: Callable[[str], bool] = words.__eq__ if exactly else lambda said: said.startswith(words)
    seen = [one for one in within.findChildren(QAbstractButton) if one.isVisible() and is_meant(one.text())]
    if not seen:
        there = [one.text() for one in within.findChildren(QAbstractButton) if one.isVisible() and one.text()]
        raise HipSpineError(f"Expected a button “{words}” to press, found {', '.join(there)}.")
    if not seen[0].isEnabled():
        raise HipSpineError(f"Expected to press “{words}”, found it disabled: {seen[0].toolTip()}")
    QTest.mouseClick(seen[0], Qt.MouseButton.LeftButton)
    settle()


@contextmanager
def chosen_folder(folder: str) -> Iterator[Path]:
    """Answer the next question for a folder."""
    asked = QFileDialog.getExistingDirectory
    QFileDialog.getExistingDirectory = lambda *_args, **_named: folder
    try:
        yield Path(folder)
    finally:
        QFileDialog.getExistingDirectory = asked


if __name__ == "__main__":
    main()
