"""One table of shortcuts: the bindings, the tooltips and the Shortcuts window are made from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Wish(StrEnum):
    """What can be asked for by a key, and by the button of the same name."""

    FILL = "Fill between"
    ACCEPT = "Accept"
    DROP = "Drop"
    NEXT_LOOK = "Next to look at"
    APPROVE = "Approve"
    STARTS = "Starts here"
    ENDS = "Ends here"
    MIRROR = "Mirror"
    SCRIBBLE = "Scribble"
    SWAP_STROKE = "Inside or outside"
    NEXT_MUSCLE = "Next muscle"
    OTHER_SIDE = "Other side"
    LOCK = "Lock"
    MARK_LEVEL = "Mark level"
    OTHER_REGION = "Other region"
    NEXT_SUBJECT = "Next subject"
    PREVIOUS_SUBJECT = "Previous subject"


@dataclass(frozen=True)
class Shortcut:
    """A key and what it does.

    Parameters
    ----------
    keys : str
        As napari writes them.
    wish : Wish
        What is asked for.
    says : str
        What it does, in one line.
    """

    keys: str
    wish: Wish
    says: str

    @property
    def shown(self) -> str:
        """Keys as people read them."""
        return self.keys.replace("-", "+")


SHORTCUTS = (
    Shortcut("Shift-F", Wish.FILL, "Propose every unlocked muscle on the slices between its outlines"),
    Shortcut("Shift-Enter", Wish.ACCEPT, "Take what is proposed, as one step that can be undone"),
    Shortcut("Shift-Escape", Wish.DROP, "Drop what is proposed; nothing was changed"),
    Shortcut("Shift-N", Wish.NEXT_LOOK, "Go to the filled slice whose border is least sure"),
    Shortcut("Shift-K", Wish.APPROVE, "The muscle is good on this slice; it counts as outlined from now on"),
    Shortcut("Shift-S", Wish.STARTS, "The muscle begins on this slice; again takes the mark back"),
    Shortcut("Shift-E", Wish.ENDS, "The muscle ends on this slice; again takes the mark back"),
    Shortcut("Shift-M", Wish.MIRROR, "Propose the other side from this one, where the other is not drawn"),
    Shortcut(
        "Shift-G", Wish.SCRIBBLE, "Propose the muscle on this slice from strokes inside and outside; again ends it"
    ),
    Shortcut("Shift-X", Wish.SWAP_STROKE, "Scribble the other kind of stroke: inside or outside"),
    Shortcut("Shift-J", Wish.NEXT_MUSCLE, "Work on the next muscle of the list, on the same side"),
    Shortcut("Shift-O", Wish.OTHER_SIDE, "Work on the other side of the same muscle"),
    Shortcut("Shift-U", Wish.LOCK, "Lock or unlock the muscle, both sides: no tool, undo or redo changes it"),
    Shortcut("Shift-H", Wish.MARK_LEVEL, "Put the level that is chosen in step 2 on this slice"),
    Shortcut("Shift-R", Wish.OTHER_REGION, "Work on the other region, with its layers, levels, muscles and settings"),
    Shortcut("Shift-PageDown", Wish.NEXT_SUBJECT, "Open the next subject of the study as it was left"),
    Shortcut("Shift-PageUp", Wish.PREVIOUS_SUBJECT, "Open the subject before this one"),
)
"""Keys that napari leaves free; a test holds them against its own."""

NAPARIS = (
    ("2 or P", "Brush"),
    ("3", "Outline: click the corners, Enter or double-click ends"),
    ("Ctrl+Z", "Undo, also of earlier sittings"),
    ("Ctrl+Shift+Z", "Redo"),
    ("[ or ]", "Smaller or larger brush"),
    ("Space", "Move the picture while it is held down"),
)


def tooltip_of(wish: Wish) -> str:
    """What a wish does and its key."""
    found = next(one for one in SHORTCUTS if one.wish is wish)
    return f"{found.says} ({found.shown})"


def bind_shortcuts(viewer: Any, heard: Callable[[Wish], None]) -> Callable[[], None]:
    """Listen to the keys of the table in a viewer; what is returned ends that."""
    for shortcut in SHORTCUTS:
        viewer.bind_key(shortcut.keys, _asks(shortcut.wish, heard), overwrite=True)

    def unbind() -> None:
        for shortcut in SHORTCUTS:
            viewer.bind_key(shortcut.keys, None)

    return unbind


def _asks(wish: Wish, heard: Callable[[Wish], None]) -> Callable[[Any], None]:
    def ask(_viewer: Any) -> None:
        heard(wish)

    return ask


def shortcut_rows() -> tuple[tuple[str, str], ...]:
    """Keys and what they do: ours, then those of napari that the job needs."""
    return (*((one.shown, f"{one.wish.value}: {one.says}") for one in SHORTCUTS), *NAPARIS)
