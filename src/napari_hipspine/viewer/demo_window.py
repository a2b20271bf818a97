"""The sample subject in a real napari window, measured as a person would, and a picture of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..domain.errors import HipSpineError, PackageMissing
from .contributions import DOCK, PLUGIN

SAMPLE = "subject-1"
WINDOW_SIZE = (1600, 1000)
_SETTLE_S = 0.6
_PATIENCE_S = 120.0
_PAUSE_S = 0.01


def show_demo(screenshot: Path, *, stays_open: bool) -> None:
    """Open and measure the first sample, and keep a picture of the window.

    Parameters
    ----------
    screenshot : Path
        PNG to be written.
    stays_open : bool
        Whether the window is left to whoever looks at it.

    Raises
    ------
    PackageMissing
        If napari is not installed.
    """
    try:
        import napari
    except ImportError as missing:
        raise PackageMissing(
            f"Expected napari for the window, found none ({missing}).",
            hint="Install it with: pip install 'napari-hipspine[all]'; or run the demo with --window none.",
        ) from missing
    viewer, dock = open_sample_window(SAMPLE)
    measure_and_wait(dock)
    viewer.screenshot(str(screenshot), canvas_only=False, flash=False)
    if stays_open:
        napari.run()
    else:
        viewer.close()


def open_sample_window(sample: str, *, size: tuple[int, int] = WINDOW_SIZE) -> tuple[Any, Any]:
    """A napari window on a sample subject, and its dock."""
    import napari

    viewer = napari.Viewer()
    viewer.window.resize(*size)
    viewer.open_sample(PLUGIN, sample)
    settle()
    return viewer, find_dock(viewer)


def find_dock(viewer: Any, *, name: str = DOCK) -> Any:
    """A dock of ours in a window, by the name it was contributed with."""
    for shown, dock in viewer.window.dock_widgets.items():
        if shown.startswith(name):
            return dock
    raise HipSpineError(f"Expected the dock {name} in the window, found none.")


def measure_and_wait(dock: Any) -> None:
    """Confirm the suggested levels, measure, and wait for the table."""
    dock.measure_now()
    wait_until(lambda: not dock.session.doing)
    settle()


def wait_until(is_so: Callable[[], bool]) -> None:
    """Let the window work until something is so.

    Raises
    ------
    HipSpineError
        If it does not come about in two minutes.
    """
    end = time.monotonic() + _PATIENCE_S
    while not is_so():
        if time.monotonic() > end:
            raise HipSpineError(f"Expected the window to be done within {_PATIENCE_S:.0f} s, found it still working.")
        _work_off()


def settle() -> None:
    """Let the window draw what has changed."""
    end = time.monotonic() + _SETTLE_S
    while time.monotonic() < end:
        _work_off()


def _work_off() -> None:
    from napari.qt import get_qapp

    get_qapp().processEvents()
    time.sleep(_PAUSE_S)
