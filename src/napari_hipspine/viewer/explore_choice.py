"""What the reader looks at of muscles in space, as a frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ColourBy(StrEnum):
    """What the colour of a surface says."""

    MUSCLE = "muscle"
    FAT = "local fat"


class SeenFrom(StrEnum):
    """Where one looks from: the side of the patient that faces the reader."""

    FRONT = "front"
    BACK = "back"
    LEFT = "left"
    RIGHT = "right"
    HEAD = "head"
    FEET = "feet"

    @property
    def letter(self) -> str:
        """The patient's direction towards the reader."""
        return {"front": "A", "back": "P", "left": "L", "right": "R", "head": "S", "feet": "I"}[self.value]

    @property
    def up(self) -> str:
        """The patient's direction at the top of the screen, as radiologists hold pictures."""
        return "A" if self in (SeenFrom.HEAD, SeenFrom.FEET) else "S"


@dataclass(frozen=True)
class ExploreChoice:
    """How muscles are looked at.

    Parameters
    ----------
    in_space : bool
        Whether they are shown as surfaces in place of the slices.
    colour_by : ColourBy
        What their colour says.
    seen_from : SeenFrom
        Where one looks from, to begin with.
    """

    in_space: bool = False
    colour_by: ColourBy = ColourBy.MUSCLE
    seen_from: SeenFrom = SeenFrom.BACK
