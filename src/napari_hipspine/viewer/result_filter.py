"""Which rows of a result table are shown: by muscle, side and level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..domain.tables import SEPARATOR


@dataclass(frozen=True)
class ResultFilter:
    """Words a row must have; an empty one asks for nothing.

    Parameters
    ----------
    muscle, side, level : str
        As they stand in the tables; a slice belongs to every level whose window takes it.
    """

    muscle: str = ""
    side: str = ""
    level: str = ""

    def takes(self, row: dict[str, Any]) -> bool:
        """Whether a row is shown."""
        is_muscle = not self.muscle or row["muscle"] == self.muscle
        is_side = not self.side or row["side"] == self.side
        return is_muscle and is_side and (not self.level or self.level in levels_of(row))


def levels_of(row: dict[str, Any]) -> list[str]:
    """Levels a row belongs to."""
    return [level for level in str(row["level"] or "").split(SEPARATOR) if level]


@dataclass(frozen=True)
class Choices:
    """Words that occur in the tables of one series, each in the order of the tables."""

    muscles: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()


def choices_of(rows: Iterable[dict[str, Any]]) -> Choices:
    """What a series' rows can be filtered by."""
    muscles: dict[str, None] = {}
    sides: dict[str, None] = {}
    levels: dict[str, None] = {}
    for row in rows:
        muscles[row["muscle"]] = sides[row["side"]] = None
        levels.update(dict.fromkeys(levels_of(row)))
    return Choices(tuple(muscles), tuple(sides), tuple(levels))
