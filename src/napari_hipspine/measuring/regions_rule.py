"""What the deep-fascia compartment is: drawn by a reader, or the muscles closed by a stated radius."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from ..domain.errors import InvalidChoice

_LARGEST_RADIUS_MM = 100.0


class HoleRule(StrEnum):
    """What becomes of background that a compartment encloses on a slice."""

    KEPT = "kept"
    FILLED = "filled"


@dataclass(frozen=True)
class DrawnCompartment:
    """A compartment that was drawn.

    Parameters
    ----------
    values : tuple of int
        Label values of the drawing that belong to it; every value but 0 when none is named.

    Raises
    ------
    InvalidChoice
        If a value is 0 or negative.
    """

    values: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if any(value < 1 for value in self.values):
            raise InvalidChoice(f"Expected label values of the compartment from 1 on, found {min(self.values)}.")

    @property
    def radius_mm(self) -> float | None:
        """There is no radius."""
        return None

    def __str__(self) -> str:
        return f"drawn:{','.join(map(str, sorted(set(self.values))))}" if self.values else "drawn"


@dataclass(frozen=True)
class ClosedMuscles:
    """All muscles together, closed on every slice by a disc.

    Parameters
    ----------
    radius_mm : float
        Radius of the disc [mm]: gaps between muscles narrower than twice this are taken in.
    holes : HoleRule
        Whether background enclosed by the closed muscles on a slice is taken in, whatever its width.

    Raises
    ------
    InvalidChoice
        If the radius is not between 0 and 100 mm.
    """

    radius_mm: float
    holes: HoleRule = HoleRule.KEPT

    def __post_init__(self) -> None:
        if not math.isfinite(self.radius_mm) or not 0 <= self.radius_mm <= _LARGEST_RADIUS_MM:
            raise InvalidChoice(
                f"Expected a closing radius from 0 to {_LARGEST_RADIUS_MM:g} mm, found {self.radius_mm:g}."
            )
        if self.holes not in tuple(HoleRule):
            raise InvalidChoice(f"Expected holes {' or '.join(HoleRule)}, found {self.holes!r}.")
        object.__setattr__(self, "radius_mm", float(self.radius_mm))
        object.__setattr__(self, "holes", HoleRule(self.holes))

    def __str__(self) -> str:
        return "muscles_closed_holes_filled" if self.holes is HoleRule.FILLED else "muscles_closed"


CompartmentRule = DrawnCompartment | ClosedMuscles
"""How the compartment is found; as text it is the cell ``rule`` of the table."""
