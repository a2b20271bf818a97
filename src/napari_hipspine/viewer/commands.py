"""What can be asked for from napari's menus and its command palette: the dock is opened and does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.utils.notifications import show_info

from .contributions import DOCK, PLUGIN
from .shortcuts import Wish


def open_study() -> None:
    """Choose a study folder and open it."""
    _do(lambda dock: dock.study.ask_for_folder())


def open_project() -> None:
    """Choose a project file and open it."""
    _do(lambda dock: dock.study.ask_for_project())


def next_subject() -> None:
    """Open the next subject of the study."""
    _ask(Wish.NEXT_SUBJECT)


def other_region() -> None:
    """Work on the other region of the subject."""
    _ask(Wish.OTHER_REGION)


def measure() -> None:
    """Measure the series that is worked on."""
    _do(_measure)


def show_results() -> None:
    """Show the tables below the picture."""
    _do(lambda dock: dock.show_results())


def compare() -> None:
    """Show two subjects or time points side by side."""
    _do(lambda dock: dock.compare.show())


def muscles_in_space() -> None:
    """Show the muscles as surfaces, or the slices again."""
    _ask(Wish.IN_SPACE)


def new_muscle_labels() -> None:
    """Empty labels on the picture that is worked on, on the disk from the first stroke."""
    _do(_new_labels)


def fill_between() -> None:
    """Propose what lies between outlined slices."""
    _ask(Wish.FILL)


def mirror() -> None:
    """Propose the other side of the active muscle."""
    _ask(Wish.MIRROR)


def scribble() -> None:
    """Propose the active muscle from strokes."""
    _ask(Wish.SCRIBBLE)


def convert_image() -> None:
    """Write the image that is worked on as OME-Zarr, in the background."""
    _do(_convert)


def open_log() -> None:
    """Open the log file."""
    _do(lambda dock: dock.menu.open_log())


def copy_report() -> None:
    """Copy versions and the end of the log."""
    _do(lambda dock: dock.menu.copy_report())


def _ask(wish: Wish) -> None:
    def ask(dock: Any) -> None:
        work = dock.session.work
        if wish in (Wish.FILL, Wish.MIRROR, Wish.SCRIBBLE) and (work is None or work.label_work is None):
            show_info("Open or draw labels first (step 3).")
        else:
            dock.ask(wish)

    _do(ask)


def _measure(dock: Any) -> None:
    missing = dock.session.why_not_measure()
    if missing:
        show_info(missing)
    else:
        dock.actions.measure()


def _convert(dock: Any) -> None:
    if dock.session.work is None:
        show_info("Open an image first (step 1).")
    else:
        dock.actions.ask_and_convert()


def _new_labels(dock: Any) -> None:
    if dock.session.work is None:
        show_info("Open an image first (step 1).")
    else:
        dock.actions.new_labels()


def _do(what: Callable[[Any], None]) -> None:
    import napari

    viewer = napari.current_viewer()
    if getattr(viewer, "window", None) is not None:
        _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, DOCK)
        what(dock)
