"""Figures are made and drawn with matplotlib's own settings, one at a time."""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PAGE_INCHES = 6.69
"""17 cm, two columns of a journal: figures are no wider where it can be helped, so that no word is printed smaller."""

COLUMN_INCHES = 3.35
"""8.5 cm, one column of a journal: figures of one panel are made so wide, with words that need not be made smaller."""

COLUMN_DOTS = 160
"""Dots per inch of such a figure in a window, where it would be small otherwise."""

_ONE_AT_A_TIME = threading.RLock()
"""matplotlib's settings are one for the whole program: two threads would take them out of each other's hands."""


@contextmanager
def plain_looks() -> Iterator[None]:
    """Whatever the user has set, figures look alike; the user's settings are back afterwards."""
    import matplotlib as mpl

    with _ONE_AT_A_TIME, mpl.rc_context(mpl.rcParamsDefault):
        yield


def wrapped_words(text: str, inches: float, *, size: float, may_break: bool = False) -> str:
    """Text in lines that are no longer than so many inches at a font size, as far as its words allow or may break."""
    letters = max(20, int(inches * 72 / (0.56 * size)))
    lines = (
        textwrap.wrap(line, letters, break_long_words=may_break, break_on_hyphens=False) for line in text.split("\n")
    )
    return "\n".join("\n".join(line) for line in lines)
