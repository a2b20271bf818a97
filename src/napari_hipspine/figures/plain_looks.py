"""Figures are made and drawn with matplotlib's own settings, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ONE_AT_A_TIME = threading.RLock()
"""matplotlib's settings are one for the whole program: two threads would take them out of each other's hands."""


@contextmanager
def plain_looks() -> Iterator[None]:
    """Whatever the user has set, figures look alike; the user's settings are back afterwards."""
    import matplotlib as mpl

    with _ONE_AT_A_TIME, mpl.rc_context(mpl.rcParamsDefault):
        yield
