"""Progress for people who watch a terminal; silent in logs and pipes."""

from __future__ import annotations

import sys
import time

from ..domain.subject import Progress, stay_silent

_BAR_WIDTH = 30


def terminal_progress(what: str) -> Progress:
    """A progress line on standard error if someone is watching, else silence."""
    if not sys.stderr.isatty():
        return stay_silent

    shown = ""

    def show(done: int, total: int, doing: str) -> None:
        nonlocal shown
        share = f"{done}/{total}" if total else ""
        if shown == (shown := f"{doing} {share}"):
            return
        ending = "\n" if done >= total else ""
        print(f"\r\x1b[K{what}: {doing} {share}", end=ending, file=sys.stderr, flush=True)

    return show


def terminal_bar(what: str) -> Progress:
    """A bar with the share done and the time that is left, on standard error if someone is watching, else silence."""
    if not sys.stderr.isatty():
        return stay_silent
    began = time.monotonic()

    def show(done: int, total: int, doing: str) -> None:
        filled = _BAR_WIDTH * done // max(total, 1)
        left_s = (time.monotonic() - began) / max(done, 1) * (total - done)
        bar = "█" * filled + "░" * (_BAR_WIDTH - filled)
        ending = "\n" if done >= total else ""
        text = f"{what} {bar} {done}/{total} {doing}, about {_duration(left_s)} left"
        print(f"\r\x1b[K{text}", end=ending, file=sys.stderr, flush=True)

    return show


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
