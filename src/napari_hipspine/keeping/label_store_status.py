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
    """Who makes a step."""

    PERSON = "person"
    TOOL = "tool"
    """The result wants a look."""
    REPAIR = "repair"
    """A tool that only tidies: who made a slice stays who made it."""


Place = tuple[int, int]
"""Slice index and label value."""


def status_after(before: Status, hand: Hand) -> Status:
    """Status of a structure that has pixels on a slice after some of them were changed.

    What a tool has touched is filled, whoever drew it before; what a person changes of that is edited, and so is
    what had been approved. What is only repaired stays what it was, unless it had been approved.
    """
    if hand is Hand.TOOL or (hand is Hand.REPAIR and before is Status.EMPTY):
        return Status.FILLED
    if hand is Hand.REPAIR:
        return Status.EDITED if before is Status.APPROVED else before
    return Status.DRAWN if before in (Status.EMPTY, Status.DRAWN) else Status.EDITED
