"""Z and percentile of a value against a reference file that the user gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domain.cells import is_missing
from ..domain.errors import TableInvalid
from ..domain.tables import BOTH_SIDES
from .deviations import subtract_mean
from .ranks import FloatArray

NO_REFERENCE = "no_reference"

EACH_SIDE = "each"
"""Side of reference values that hold for the left as for the right."""


@dataclass(frozen=True)
class Norm:
    """One value against its reference group.

    Attributes
    ----------
    z
        (value − mean)/SD of the group.
    percentile
        Share of the group below the value, ties half, in 0–1; for a summary by the normal distribution.
    n
        Size of the group; None where a summary does not say.
    group
        Who they are, in words.
    """

    z: float
    percentile: float
    n: int | None
    group: str


@dataclass(frozen=True)
class ReferenceGroup:
    """A reference group of one muscle and measure, as single values or as a summary."""

    mean: float
    sd: float
    n: int | None
    sex: str
    age_low: float
    age_high: float
    scanner: str
    side: str
    level: str
    values: FloatArray | None

    def holds_place(self, side: str, level: str) -> bool:
        """Whether values of this side and level can be held against it; what it does not state does not matter.

        Only fractions may leave out their side; `EACH_SIDE` holds for the left as for the right.
        """
        is_side = self.side in ("", side) or (self.side == EACH_SIDE and side != BOTH_SIDES)
        return is_side and self.level in ("", level)

    def holds(self, person: Mapping[str, Any]) -> bool:
        """Whether a person belongs to it; what the group does not state does not matter."""
        if self.sex and str(person.get("sex", "")) != self.sex:
            return False
        if np.isinf(self.age_low) and np.isinf(self.age_high):
            return True
        age = person.get("age")
        return not is_missing(age) and self.age_low <= float(str(age)) <= self.age_high

    @property
    def words(self) -> str:
        """Size, ages, sex, scanner and level."""
        ages = "" if np.isinf(self.age_low) else f"age {self.age_low:g} to {self.age_high:g}"
        size = f"n {self.n}" if self.n is not None else "n not stated"
        return ", ".join(
            word
            for word in (size, ages or "age not stated", self.sex or "both sexes", self.scanner, self.level)
            if word
        )


@dataclass(frozen=True)
class ReferenceValues:
    """A reference file: groups of people by muscle and measure.

    Attributes
    ----------
    name
        Of the file.
    groups
        By muscle and measure.
    """

    name: str
    groups: Mapping[tuple[str, str], tuple[ReferenceGroup, ...]]

    def find(
        self,
        muscle: str,
        measure: str,
        value: float,
        person: Mapping[str, Any],
        *,
        side: str = BOTH_SIDES,
        level: str = "",
    ) -> Norm | None:
        """z and percentile of a value of one side or both at a level; None where no group of the file holds it.

        Raises
        ------
        TableInvalid
            If several groups hold the person.
        """
        of_muscle = self.groups.get((muscle, measure), ())
        holding = [group for group in of_muscle if group.holds_place(side, level) and group.holds(person)]
        if len(holding) > 1:
            raise TableInvalid(
                f"Expected one reference group per person, found {'; '.join(one.words for one in holding)} for "
                f"{muscle} {measure}, in {self.name}.",
                hint="Let the groups differ in sex, age or level, without overlap.",
            )
        if not holding:
            return None
        group = holding[0]
        z = float(subtract_mean(value, group.mean)) / group.sd
        return Norm(z, _percentile(value, z, group), group.n, group.words)


def _percentile(value: float, z: float, group: ReferenceGroup) -> float:
    if group.values is None:
        from scipy.special import ndtr

        return float(ndtr(z))
    below, up_to = (int(np.searchsorted(group.values, value, side=side)) for side in ("left", "right"))
    return (below + up_to) / 2 / group.values.size
