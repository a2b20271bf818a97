"""One table of shortcuts: the bindings, the tooltips and the Shortcuts window are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Wish(StrEnum):
    """What can be asked for by a key, and by the button of the same name."""

    OUTLINE = "Outline"
    SCRIBBLE = "Scribble"
    BRUSH = "Brush"
    ERASER = "Eraser"
    FLOOD = "Flood"
    LIVEWIRE = "Livewire"
    THRESHOLD = "Threshold"
    SWAP_STROKE = "Outside"
    FILL = "Fill between"
    REFILL = "Refill all"
    CARRY_BACK = "← Carry"
    CARRY_ON = "Carry →"
    MIRROR = "Mirror"
    ADAPT = "Mirror + adapt"
    TIDY = "Tidy"
    COPY = "Copy"
    PASTE = "Paste"
    STARTS = "Starts here"
    ENDS = "Ends here"
    NEW_SLAB = "New slab"
    NEXT_LOOK = "Next to look at"
    APPROVE = "Approve"
    ACCEPT = "Accept"
    DROP = "Drop"
    NEXT_MUSCLE = "Next muscle"
    OTHER_SIDE = "Other side"
    ALL_MUSCLES = "All muscles"
    LOCK = "Lock"
    HIDE = "Hide"
    SOLO = "Solo"
    IN_SPACE = "3-D view"
    SHOW_FAT = "Fat on slices"
    WINDOW_BODY = "Body window"
    WINDOW_MUSCLE = "Muscle window"
    WINDOW_FAT = "Fat window"
    WINDOW_FULL = "Full range"
    CROSSHAIR = "Crosshair"
    RULER = "Ruler"
    HIDE_LABELS = "Hide labels"
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
        As people read them, and as Qt does.
    wish : Wish
        What is asked for.
    says : str
        What it does, in one line.
    also : str
        A second key for the same.
    """

    keys: str
    wish: Wish
    says: str
    also: str = ""

    @property
    def all_keys(self) -> tuple[str, ...]:
        """Every key for it."""
        return (self.keys, self.also) if self.also else (self.keys,)


SHORTCUTS = (
    Shortcut("Shift+1", Wish.OUTLINE, "Click the corners of the muscle, drag them until it fits; Enter takes it"),
    Shortcut("Shift+2", Wish.SCRIBBLE, "Find the muscle from a stroke inside and strokes outside; Enter takes it"),
    Shortcut("Shift+3", Wish.BRUSH, "Paint; a drag with the right button fills what it encircles"),
    Shortcut("Shift+4", Wish.ERASER, "Erase the muscle"),
    Shortcut("Shift+5", Wish.FLOOD, "Give the area that is clicked to the muscle"),
    Shortcut(
        "Shift+6", Wish.LIVEWIRE, "Join the corners along edges of the picture, for lean muscle with clear borders"
    ),
    Shortcut(
        "Shift+7",
        Wish.THRESHOLD,
        "Only signal between two limits inside the outline; it leaves fat out, so no fat can be measured in it",
    ),
    Shortcut("Shift+8", Wish.SWAP_STROKE, "Scribble outside the muscle; again scribbles inside"),
    Shortcut("Shift+F", Wish.FILL, "Propose every unlocked muscle between its outlines, where something changed"),
    Shortcut("Shift+G", Wish.REFILL, "Propose every unlocked muscle between its outlines, in all gaps"),
    Shortcut("Shift+Left", Wish.CARRY_BACK, "Propose this slice's outline on the slices before, following the picture"),
    Shortcut("Shift+Right", Wish.CARRY_ON, "Propose this slice's outline on the slices after, following the picture"),
    Shortcut("Shift+M", Wish.MIRROR, "Propose the other side from this one, reflected, where it is not drawn"),
    Shortcut("Shift+W", Wish.ADAPT, "As Mirror, then moved by up to 8 mm to where the picture has the muscle"),
    Shortcut("Shift+T", Wish.TIDY, "Tidy the muscle by the rules beside the button"),
    Shortcut("Shift+C", Wish.COPY, "Copy the outlines of this slice"),
    Shortcut("Shift+D", Wish.PASTE, "Draw the copied outline of the muscle on this slice, in place of its own"),
    Shortcut("Shift+S", Wish.STARTS, "The muscle begins on this slice; again takes the mark back"),
    Shortcut("Shift+E", Wish.ENDS, "The muscle ends on this slice; again takes the mark back"),
    Shortcut("Shift+B", Wish.NEW_SLAB, "A slab of another angulation begins on this slice: nothing is filled across"),
    Shortcut("N", Wish.NEXT_LOOK, "Go to the filled slice whose border is least sure, 2 mm or more"),
    Shortcut("Shift+K", Wish.APPROVE, "The muscle is good on this slice; it counts as outlined from now on"),
    Shortcut("Shift+Enter", Wish.ACCEPT, "Take what is proposed, as one step that can be undone", also="Shift+Return"),
    Shortcut("Shift+Esc", Wish.DROP, "Drop what is proposed; nothing was changed"),
    Shortcut("Shift+J", Wish.NEXT_MUSCLE, "Work on the next muscle of the list, on the same side"),
    Shortcut("Shift+O", Wish.OTHER_SIDE, "Work on the other side of the same muscle"),
    Shortcut("Shift+Y", Wish.ALL_MUSCLES, "Carry, Tidy, Paste and Approve take every unlocked muscle of the slice"),
    Shortcut("Shift+U", Wish.LOCK, "Lock or unlock the muscle, both sides: no tool, undo or redo changes it"),
    Shortcut("Shift+I", Wish.HIDE, "Hide the muscle in the picture, both sides; again shows it"),
    Shortcut("Shift+Q", Wish.SOLO, "Show this muscle alone, both sides; again shows all"),
    Shortcut("Shift+X", Wish.IN_SPACE, "Show the muscles in space, from a coarse level; again brings the slices back"),
    Shortcut("Shift+Z", Wish.SHOW_FAT, "Draw the pixels called fat on the slices, in yellow; again takes them away"),
    Shortcut("F5", Wish.WINDOW_BODY, "Draw from air to the brightest tissue, as the series was opened"),
    Shortcut(
        "F6", Wish.WINDOW_MUSCLE, "Draw the signals of muscle from black to white, so that streaks of fat stand out"
    ),
    Shortcut("F7", Wish.WINDOW_FAT, "Draw the signals of fat from black to white"),
    Shortcut("F8", Wish.WINDOW_FULL, "Draw from the lowest to the highest signal"),
    Shortcut(
        "Shift+9", Wish.CROSSHAIR, "Follow the pointer on the slice and in step 2, with the place in the patient [mm]"
    ),
    Shortcut("Shift+0", Wish.RULER, "Drag a line that says how long it is [mm]; again takes all lines away"),
    Shortcut("Shift+N", Wish.HIDE_LABELS, "Take all labels out of the picture; again brings them back"),
    Shortcut("Shift+H", Wish.MARK_LEVEL, "Put the level that is chosen in step 2 on this slice"),
    Shortcut("Shift+R", Wish.OTHER_REGION, "Work on the other region, with its layers, levels, muscles and settings"),
    Shortcut("Shift+PgDown", Wish.NEXT_SUBJECT, "Open the next subject of the study as it was left"),
    Shortcut("Shift+PgUp", Wish.PREVIOUS_SUBJECT, "Open the subject before this one"),
)
"""Keys that napari leaves free; a test holds them against its own."""

ENTER, ESCAPE, DELETE = "Enter", "Escape", "Delete"
WHILE_DRAWING = (
    (ENTER, "Take the outline or the scribble; a double click takes the outline too"),
    (ESCAPE, "Drop it"),
    (DELETE, "Take away the corner that was clicked"),
    ("Shift+click", "Add a corner on the nearest side of the outline"),
    ("Ctrl+Z", "Take the last corner or stroke back; with none left, undo"),
)
"""Keys of our own layers for an outline and for strokes, while one of them is worked on."""

NAPARIS = (
    ("1 to 7", "Tools of napari's own: eraser, brush, polygon, fill, picker, move, transform"),
    ("Ctrl+Z", "Undo, also of earlier sittings"),
    ("Ctrl+Shift+Z", "Redo"),
    ("[ or ]", "Smaller or larger brush"),
    ("Space", "Move the picture while it is held down"),
)


def tooltip_of(wish: Wish) -> str:
    """What a wish does and its key."""
    found = next(one for one in SHORTCUTS if one.wish is wish)
    return f"{found.says} ({found.keys})"


def shortcut_rows() -> tuple[tuple[str, str], ...]:
    """Keys and what they do: ours, those while drawing, then those of napari that the job needs."""
    return (*((one.keys, f"{one.wish.value}: {one.says}") for one in SHORTCUTS), *WHILE_DRAWING, *NAPARIS)
