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

    def show(change: LabelChange | None) -> None:
        if change is not None:
            layer.refresh(extent=False)
            show_change(change)

    def undo(painted: Any) -> None:
        show(work.store.undo())

    def redo(painted: Any) -> None:
        show(work.store.redo())

    layer.mouse_drag_callbacks.insert(0, group_stroke)
    layer.events.labels_update.connect(redraw_protected, position="last")
    layer.events.paint.connect(redraw_protected, position="last")
    layer.bind_key(UNDO, undo, overwrite=True)
    layer.bind_key(REDO, redo, overwrite=True)


def show_store(layer: Any, work: LabelWork) -> None:
    """Put the array of a store behind a layer that showed a copy of the same labels."""
    shown = shown_labels(layer)
    if shown is not None and array_of(layer) is not work.store.labels:
        layer.data = work.store.labels
