"""How far a structure is on a slice: empty, drawn, filled, edited or approved; and which label values are locked."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class Status(StrEnum):
    """How far a structure is on one slice."""

    EMPTY = "empty"
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

StatusChange = tuple[int, int, Status, Status]
"""Slice index, label value, status before and after."""


def status_after(before: Status, hand: Hand) -> Status:
    """Status of a structure that has pixels on a slice after some of them were changed.

    What a tool has touched is filled, whoever drew it before; what a person changes of that is edited, and so is
    what had been approved.
    """
    if hand is Hand.TOOL:
        return Status.FILLED
    return Status.DRAWN if before in (Status.EMPTY, Status.DRAWN) else Status.EDITED


@dataclass
class StatusTable:
    """Statuses and locks, kept in a small file.

    Parameters
    ----------
    path : Path
        The file.
    as_of : int
        Number of the step up to which the statuses are told; later ones are in the journal.
    statuses : dict
        Status by slice index and label value; those not named are empty.
    locked : frozenset of int
        Label values that nobody may change.
    """

    path: Path
    as_of: int = 0
    statuses: dict[Place, Status] = field(default_factory=dict)
    locked: frozenset[int] = frozenset()

    def of(self, place: Place) -> Status:
        """Status of a structure on a slice."""
        return self.statuses.get(place, Status.EMPTY)

    def changes_to(self, wanted: Mapping[Place, Status]) -> list[StatusChange]:
        """What has to change for some places to have other statuses."""
        return [(*place, self.of(place), status) for place, status in wanted.items() if status != self.of(place)]

    def take(self, number: int, changes: Iterable[StatusChange | list[Any]]) -> None:
        """Take in what a step changed; steps known already are left out."""
        if number <= self.as_of:
            return
        for slice_index, value, _, after in changes:
            if after == Status.EMPTY:
                self.statuses.pop((slice_index, value), None)
            else:
                self.statuses[slice_index, value] = Status(after)
        self.as_of = number

    def save(self) -> None:
        """Write the file, whole or not at all.

        Raises
        ------
        OSError
            If the disk does not take it.
        """
        said = {
            "as_of": self.as_of,
            "locked": sorted(self.locked),
            "statuses": [[*place, status] for place, status in sorted(self.statuses.items())],
        }
        unfinished = self.path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(said), encoding="utf-8")
        os.replace(unfinished, self.path)  # noqa: PTH105 - replaces on every system


def load_statuses(path: Path) -> StatusTable:
    """Statuses and locks as last written."""
    said = json.loads(path.read_text(encoding="utf-8"))
    statuses = {(slice_index, value): Status(status) for slice_index, value, status in said["statuses"]}
    return StatusTable(path, said["as_of"], statuses, frozenset(said["locked"]))
