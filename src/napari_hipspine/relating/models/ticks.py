"""A word in between while a fit runs: who wants it stopped raises there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Tick: TypeAlias = Callable[[], None]
"""Called again and again while a fit runs; what it raises ends the fit."""


def run_on() -> None:
    """Let a fit run to its end."""
