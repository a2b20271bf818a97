"""Progress for people who watch a terminal; silent in logs and pipes."""

from __future__ import annotations

import sys

from ..domain.subject import Progress, stay_silent


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
