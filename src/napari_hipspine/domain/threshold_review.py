"""What a reader decided about the fat thresholds of one series, having looked at them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from .anatomy import Term, find_muscle
from .errors import InvalidChoice


@dataclass(frozen=True)
class ThresholdReview:
    """Thresholds moved by hand, and whether the proposed fat beside the muscles was accepted.

    Parameters
    ----------
    moved : mapping of str to float
        Signal beyond which a pixel is fat, by muscle id; muscles that are not named keep what was found. One
        threshold holds for both sides of a muscle.
    accepts_fat_roi : bool
        Whether the reader has looked at the proposed fat beside the muscles and found it right.

    Raises
    ------
    UnknownLabel
        If a muscle is not in the vocabulary.
    InvalidChoice
        If a threshold is not a finite number.
    """

    moved: Mapping[str, float] = field(default_factory=dict)
    accepts_fat_roi: bool = False

    def __post_init__(self) -> None:
        for muscle, signal in self.moved.items():
            find_muscle(muscle)
            if not math.isfinite(signal):
                raise InvalidChoice(f"Expected a number for the threshold of {muscle}, found {signal}.")
        ordered = {muscle: float(self.moved[muscle]) for muscle in sorted(self.moved)}
        object.__setattr__(self, "moved", MappingProxyType(ordered))

    def __reduce__(self) -> tuple[object, ...]:
        # The read-only mapping cannot be pickled; it is made again on the other side.
        return ThresholdReview, (dict(self.moved), self.accepts_fat_roi)

    def move(self, muscles: tuple[Term, ...], signal: float) -> ThresholdReview:
        """The review with the threshold of some muscles moved."""
        return replace(self, moved={**self.moved, **{muscle.id: signal for muscle in muscles}})

    def reset(self, muscles: tuple[Term, ...]) -> ThresholdReview:
        """The review with what was found for some muscles."""
        again = {muscle.id for muscle in muscles}
        return replace(self, moved={muscle: s for muscle, s in self.moved.items() if muscle not in again})
