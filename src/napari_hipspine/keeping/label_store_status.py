"""How far a structure is on a slice: empty, imported, drawn, filled, edited or approved."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """How far a structure is on one slice."""

    EMPTY = "empty"
    IMPORTED = "imported"
    """As it came from a file; nobody has looked yet."""
    DRAWN = "drawn"
    FILLED = "filled"
    EDITED = "edited"
    APPROVED = "approved"


class Hand(StrEnum):
    """Who makes a step: a person, or a tool whose result wants a look."""

    PERSON = "person"
    TOOL = "tool"


Place = tuple[int, int]
"""Slice index and label value."""


def status_after(before: Status, hand: Hand) -> Status:
    """Status of a structure that has pixels on a slice after some of them were changed.

    What a tool has touched is filled, whoever drew it before; what a person changes of that is edited, and so is
    what had been approved.
    """
    if hand is Hand.TOOL:
        return Status.FILLED
    return Status.DRAWN if before in (Status.EMPTY, Status.DRAWN) else Status.EDITED
