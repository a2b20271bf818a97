"""Round numbers for the axes of small plots, and how numbers stand on them."""

from __future__ import annotations

import math
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class PlotScale:
    """An axis from one number to another.

    Parameters
    ----------
    low, high : float
        Ends of the axis; ``low`` lies below ``high``.
    """

    low: float
    high: float

    def share(self, value: float) -> float:
        """How far along the axis a value lies, 0 at the low end and 1 at the high one."""
        return (value - self.low) / (self.high - self.low)

    def value(self, share: float) -> float:
        """What stands at a share of the axis."""
        return self.low + share * (self.high - self.low)

    def ticks(self, most: int) -> tuple[float, ...]:
        """At most so many round numbers on the axis, ascending.

        Examples
        --------
        >>> PlotScale(3, 41).ticks(5)
        (10.0, 20.0, 30.0, 40.0)
        """
        step = _round_step((self.high - self.low) / max(1, most))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        if last - first + 1 > most:
            step = _round_step(step * 1.01)
            first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return tuple(round(k * step, 12) + 0.0 for k in range(first, last + 1))


def scale_around(low: float, high: float, *, margin: float = 0.05) -> PlotScale:
    """An axis that holds two numbers with some room beside them; never one without length."""
    span = high - low
    room = span * margin if span > 0 else max(abs(high), 1.0) * margin
    return PlotScale(low - room, high + room)


def tick_text(value: float) -> str:
    """A number on an axis: short, with a true minus sign."""
    return f"{value:.6g}".replace("-", "\N{MINUS SIGN}")


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in _STEPS if step * power >= least * (1 - 1e-12))
