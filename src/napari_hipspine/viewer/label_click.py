"""A click on a muscle in the picture chooses its label."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

_LOOKING = "pan_zoom"


def choose_on_click(viewer: Any, labels_layer: Callable[[], Any], choose: Callable[[int], None]) -> Callable[[], None]:
    """Let a click without a drag choose the label below it, while nothing is painted; gives what ends that.

    Parameters
    ----------
    viewer : napari viewer
        Where is clicked.
    labels_layer : callable
        Gives the layer of the labels that are worked on, or None.
    choose : callable
        Takes the label value.
    """

    def click(seen: Any, event: Any) -> Iterator[None]:
        yield
        if event.type == "mouse_move":
            return
        layer, active = labels_layer(), seen.layers.selection.active
        is_looking = getattr(active, "mode", _LOOKING) == _LOOKING
        if layer is None or not layer.visible or not is_looking or seen.dims.ndisplay != 2:
            return
        value = layer.get_value(event.position, world=True)
        if value:
            choose(int(value))

    viewer.mouse_drag_callbacks.append(click)

    def stop() -> None:
        if click in viewer.mouse_drag_callbacks:
            viewer.mouse_drag_callbacks.remove(click)

    return stop
