"""The patient's letters at the edges of the canvas, and one line that says what is on the screen."""

from __future__ import annotations

from typing import Any

from ..domain.errors import InvalidChoice
from ..domain.level_plan import LevelPlan
from ..domain.volume import Contrast, Volume
from .layers import ShownImage, shown_image, slice_shown, world_letters

EDGES = {"left": "middle_left", "right": "middle_right", "top": "top_center", "bottom": "bottom_center"}
"""Edge of the screen and napari's word for the place of an overlay."""

PREFIX = "hipspine_"
LINE = f"{PREFIX}line"
PLACE = f"{PREFIX}place"
_OPPOSITE = dict(zip("LRPASI", "RLAPIS", strict=True))
_LETTER_SIZE = 18
_LINE_SIZE = 10
_LETTER_WIDTH = 9.5
"""Of the line at the top, on average [pixels]."""

_DOT = " · "
_BLANK = "\u00a0"
_ORDER = 10**6
_BOX = (0.0, 0.0, 0.0, 0.55)
"""Dark behind white letters, readable on bright tissue and in both themes."""


def mark_canvas(viewer: Any) -> None:
    """Keep letters and line on a viewer's canvas from now on; a second call changes nothing."""
    from napari.components.overlays import TextOverlay

    overlays = viewer.canvas.overlays
    if LINE in overlays:
        return
    # Both in the middle of the top: napari stacks them, so that they never cover each other.
    looks = {"color": "white", "box_color": _BOX}
    overlays[LINE] = TextOverlay(position="top_center", font_size=_LINE_SIZE, order=_ORDER + 1, **looks)
    overlays[PLACE] = TextOverlay(position="bottom_center", font_size=_LINE_SIZE, order=_ORDER + 1, **looks)
    for edge, position in EDGES.items():
        overlays[PREFIX + edge] = TextOverlay(position=position, font_size=_LETTER_SIZE, order=_ORDER, **looks)

    is_scaled = False

    # Functions and not methods: napari keeps only weak hold of methods, and nobody else holds the marks.
    def refresh(event: Any = None) -> None:
        refresh_marks(viewer)

    def show_scale() -> None:
        """The bar of millimetres, until somebody switches it off; its units take long to load without a picture."""
        nonlocal is_scaled
        if not is_scaled:
            is_scaled = overlays["scale_bar"].visible = True

    def watch(layer: Any) -> None:
        if shown_image(layer) is not None:
            show_scale()
        layer.events.visible.connect(refresh)
        layer.events.scale.connect(refresh)
        layer.events.translate.connect(refresh)

    def welcome(event: Any) -> None:
        watch(event.value)
        refresh()

    for layer in viewer.layers:
        watch(layer)
    viewer.layers.events.inserted.connect(welcome)
    viewer.layers.events.removed.connect(refresh)
    viewer.layers.events.reordered.connect(refresh)
    viewer.dims.events.connect(refresh)
    viewer.scene.camera.events.orientation.connect(refresh)
    viewer.canvas.events.size.connect(refresh)
    refresh()


def say_place(viewer: Any, words: str) -> None:
    """Write where the crosshair is; empty for no words."""
    overlays = viewer.canvas.overlays
    if PLACE in overlays:
        write_mark(overlays[PLACE], _padded(words))


def refresh_marks(viewer: Any) -> None:
    """Write what is on the screen now; nothing where no image of ours is seen."""
    overlays = viewer.canvas.overlays
    if LINE not in overlays:
        return
    layer = topmost_image(viewer)
    letters = edge_letters(viewer, layer) if layer is not None else {}
    for edge in EDGES:
        write_mark(overlays[PREFIX + edge], letters.get(edge, ""))
    line = slice_line(viewer, layer) if layer is not None else ""
    write_mark(overlays[LINE], _padded(fitted(line, int(viewer.canvas.size[1]))))


def topmost_image(viewer: Any) -> Any | None:
    """The image layer of ours that is seen: the topmost visible one."""
    seen = (layer for layer in reversed(viewer.layers) if layer.visible and shown_image(layer) is not None)
    return next(seen, None)


def edge_letters(viewer: Any, layer: Any) -> dict[str, str]:
    """The patient's letter at each edge, for the axes that are on the screen; none in 3D."""
    if viewer.dims.ndisplay != 2:
        return {}
    first = viewer.dims.ndim - layer.ndim
    down, across = (axis - first for axis in viewer.dims.displayed)
    if min(down, across) < 0:
        return {}
    letters = world_letters(layer)
    vertical, horizontal = viewer.scene.camera.orientation2d
    bottom = letters[down] if vertical == "down" else _OPPOSITE[letters[down]]
    right = letters[across] if horizontal == "right" else _OPPOSITE[letters[across]]
    return {"left": _OPPOSITE[right], "right": right, "top": _OPPOSITE[bottom], "bottom": bottom}


def slice_line(viewer: Any, layer: Any) -> str:
    """Subject, level, contrast, slice and position, joined by dots."""
    shown, slice_index = shown_image(layer), slice_shown(viewer, layer)
    if shown is None or slice_index is None:
        return ""
    levels = "/".join(levels_at(shown.level_plan, shown.volume, slice_index))
    return _DOT.join(part for part in (shown.subject, levels, describe_slice(shown, slice_index)) if part)


def fitted(line: str, width: int) -> str:
    r"""A line, or two of them where one is wider than the canvas [pixels].

    Examples
    --------
    >>> fitted("sub-007 · L4 · T2 · slice 2 of 5 · −32.0 mm", 260)
    'sub-007 · L4 · T2\nslice 2 of 5 · −32.0 mm'
    """
    if len(line) * _LETTER_WIDTH <= width:
        return line
    parts = line.split(_DOT)
    return _DOT.join(parts[:-2]) + "\n" + _DOT.join(parts[-2:])


def describe_slice(shown: ShownImage, slice_index: int) -> str:
    """Contrast, slice and position of one slice; slices count from 0 to the last, as in the tables and the slider."""
    grid = shown.volume.grid
    position = f"{grid.slice_position_mm(slice_index):.1f} mm".replace("-", "−")
    is_known = shown.contrast is not Contrast.UNKNOWN
    contrast = shown.contrast.value.replace("_", " ") if is_known else "contrast unknown"
    return f"{contrast} · slice {slice_index} of {grid.shape[0] - 1} · {position}"


def levels_at(plan: LevelPlan, volume: Volume, slice_index: int) -> list[str]:
    """Levels whose window takes a slice, each once; unconfirmed ones with a question mark."""
    found: dict[str, None] = {}
    for placed in plan.placements:
        try:
            taken = plan.slices(volume.grid, placed)
        except InvalidChoice:
            continue
        if slice_index in taken:
            found[placed.level.id.replace("_", " ") + ("" if placed.is_confirmed else "?")] = None
    return list(found)


def write_mark(overlay: Any, text: str) -> None:
    """Show words on the canvas; nothing for none."""
    overlay.text = text
    overlay.visible = bool(text)


def _padded(words: str) -> str:
    """Words with a blank on both sides: napari's box behind them is a little too narrow."""
    return "\n".join(f"{_BLANK}{line}{_BLANK}" for line in words.split("\n")) if words else ""
