"""A labels layer and the store behind it: strokes become steps, undo reaches into earlier sittings, locks are seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..keeping.label_store_changes import LabelChange
from .label_work import LabelWork
from .layers import array_of, shown_labels

UNDO, REDO = "Control-Z", "Control-Shift-Z"


def bind_layer(layer: Any, work: LabelWork, *, show_change: Callable[[LabelChange], None]) -> None:
    """Let a layer paint into a store from now on; a second call changes nothing.

    Parameters
    ----------
    layer : napari Labels layer
        Its array is the store's.
    work : LabelWork
        The store.
    show_change : callable
        Called with what undo or redo has changed, which may lie on another slice than the one on the screen.

    What was painted over a locked label is drawn anew as soon as napari has drawn its own idea of it.
    """
    if work.read_only_reason:
        layer.editable = False
        return
    if work.is_bound:
        return
    work.is_bound = True

    # Functions and not methods: napari keeps only weak hold of methods, and nobody else holds them.
    def group_stroke(painted: Any, event: Any) -> Iterator[None]:
        if work.store.is_read_only or painted.mode not in ("paint", "erase", "fill"):
            return
        work.store.begin_step("fill" if painted.mode == "fill" else "paint")
        try:
            yield
            while event.type == "mouse_move":
                yield
        finally:
            work.store.commit_step()

    def redraw_protected(event: Any = None) -> None:
        if work.protected_since_drawn:
            work.protected_since_drawn = False
            layer.refresh(extent=False)

    layer.mouse_drag_callbacks.insert(0, group_stroke)
    layer.events.labels_update.connect(redraw_protected, position="last")
    layer.events.paint.connect(redraw_protected, position="last")
    bind_history(layer, layer, work, show_change=show_change)


def bind_history(keys_of: Any, layer: Any, work: LabelWork, *, show_change: Callable[[LabelChange], None]) -> None:
    """Let the keys for undo and redo, pressed while any layer is worked on, go through the store of the labels.

    Parameters
    ----------
    keys_of : napari layer
        The layer that hears the keys.
    layer : napari Labels layer
        The layer that shows the store.
    work : LabelWork
        The store.
    show_change : callable
        Called with what has changed.
    """

    def undo(_pressed_on: Any) -> None:
        take_back(layer, work, show_change=show_change)

    def redo(_pressed_on: Any) -> None:
        _show(layer, work.store.redo(), show_change)

    keys_of.bind_key(UNDO, undo, overwrite=True)
    keys_of.bind_key(REDO, redo, overwrite=True)


def take_back(layer: Any, work: LabelWork, *, show_change: Callable[[LabelChange], None]) -> None:
    """Undo the newest step, of this sitting or an earlier one."""
    _show(layer, work.store.undo(), show_change)


def _show(layer: Any, change: LabelChange | None, show_change: Callable[[LabelChange], None]) -> None:
    if change is not None:
        layer.refresh(extent=False)
        show_change(change)


def show_store(layer: Any, work: LabelWork) -> None:
    """Put the array of a store behind a layer that showed a copy of the same labels."""
    shown = shown_labels(layer)
    if shown is not None and array_of(layer) is not work.store.labels:
        layer.data = work.store.labels
