"""Which level sits where, how wide a window is read there, and which muscle is read at which level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .anatomy import Term, vocabulary
from .errors import InvalidChoice
from .grid import Grid


class Window(Protocol):
    """A rule that turns a position into slices."""

    def slices(self, grid: Grid, position_mm: float) -> tuple[int, ...]:
        """Indices of the slices read around a position along the slice normal [mm]."""

    def n_slices_expected(self, grid: Grid, position_mm: float) -> int:
        """Slices the window would hold if the volume had no end."""


@dataclass(frozen=True)
class NearestSlice:
    """The one slice whose centre is nearest.

    With slices every 4 mm from 0 mm on, position 5 mm gives slice 1.
    """

    def slices(self, grid: Grid, position_mm: float) -> tuple[int, ...]:
        """Index of the nearest slice, in a tuple."""
        return (_inside(grid, position_mm),)

    def n_slices_expected(self, grid: Grid, position_mm: float) -> int:
        """Always one."""
        return 1

    def __str__(self) -> str:
        return "nearest slice"


@dataclass(frozen=True)
class SlicesAround:
    """An odd number of neighbouring slices centred on the nearest one.

    ``SlicesAround(3)`` around slice 12 gives slices 11, 12 and 13; at the edge of the volume fewer remain.
    """

    n_slices: int

    def __post_init__(self) -> None:
        if self.n_slices < 1 or self.n_slices % 2 == 0:
            raise InvalidChoice(f"Expected an odd number of slices for the window, found {self.n_slices}.")

    def slices(self, grid: Grid, position_mm: float) -> tuple[int, ...]:
        """Indices around the nearest slice that lie in the volume."""
        middle, reach = _inside(grid, position_mm), self.n_slices // 2
        return tuple(i for i in range(middle - reach, middle + reach + 1) if 0 <= i < grid.shape[0])

    def n_slices_expected(self, grid: Grid, position_mm: float) -> int:
        """The number asked for."""
        return self.n_slices

    def __str__(self) -> str:
        return f"{self.n_slices} slices"


@dataclass(frozen=True)
class MillimetresAround:
    """All slices whose centre lies within half the width of the position.

    ``MillimetresAround(20)`` takes centres from 10 mm below to 10 mm above, both included.
    """

    width_mm: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.width_mm) and self.width_mm > 0):
            raise InvalidChoice(f"Expected a positive window width in mm, found {self.width_mm}.")

    def slices(self, grid: Grid, position_mm: float) -> tuple[int, ...]:
        """Indices of the slices whose centres lie in the window; the nearest one at least."""
        middle = _inside(grid, position_mm)
        distances = np.abs(grid.slice_positions_mm - position_mm)
        near = np.flatnonzero(distances <= self.width_mm / 2 + 1e-6)
        return tuple(int(i) for i in near) or (middle,)

    def n_slices_expected(self, grid: Grid, position_mm: float) -> int:
        """Slice centres the window would hold if the volume had no end."""
        positions = grid.slice_positions_mm
        step = float(abs(positions[-1] - positions[0])) / max(1, len(positions) - 1) or grid.spacing_mm[0]
        offset = (position_mm - positions[0]) / step
        half = (self.width_mm / 2 + 1e-6) / step
        return max(1, int(np.floor(offset + half) - np.ceil(offset - half)) + 1)

    def __str__(self) -> str:
        return f"{self.width_mm:g} mm"


@dataclass(frozen=True)
class ShiftedWindow:
    """The slices of another window, some slices farther on.

    Parameters
    ----------
    window : Window
        Which slices are moved.
    n_slices : int
        How far along the slice normal: towards the head for axial slices, whatever the order in the file.
    """

    window: Window
    n_slices: int

    def slices(self, grid: Grid, position_mm: float) -> tuple[int, ...]:
        """Indices of the moved window that lie in the volume; maybe none."""
        positions = grid.slice_positions_mm
        offset = self.n_slices if positions[-1] >= positions[0] else -self.n_slices
        moved = (index + offset for index in self.window.slices(grid, position_mm))
        return tuple(index for index in moved if 0 <= index < grid.shape[0])

    def n_slices_expected(self, grid: Grid, position_mm: float) -> int:
        """As many as the other window."""
        return self.window.n_slices_expected(grid, position_mm)

    def __str__(self) -> str:
        return f"{self.window}, {self.n_slices:+d} slices"


@dataclass(frozen=True)
class LevelPlacement:
    """One level at one position, for all muscles or for one.

    Parameters
    ----------
    level : Term
        The anatomical level.
    position_mm : float
        Position along the slice normal [mm]; it survives cropping.
    slice_position : str
        Where on the level the slice lies (id of the vocabulary).
    muscle : Term, optional
        The muscle this placement is for; None for all that have none of their own at this level.
    is_confirmed : bool
        Whether a reader has confirmed it; unconfirmed levels are not exported.

    Raises
    ------
    InvalidChoice
        If the position is no number, or a term is of another kind.
    UnknownLabel
        If the slice position is not in the vocabulary.
    """

    level: Term
    position_mm: float
    slice_position: str = "user"
    muscle: Term | None = None
    is_confirmed: bool = True

    def __post_init__(self) -> None:
        # A position that is no number would end at the first slice: every comparison with it is false.
        if not np.isfinite(self.position_mm):
            raise InvalidChoice(f"Expected a position in mm, found {self.position_mm}, for level {self.level}.")
        for term, kind in ((self.level, "level"), (self.muscle, "muscle")):
            if term is not None and term.kind != kind:
                raise InvalidChoice(f"Expected a {kind}, found the {term.kind} {term.id}.")
        vocabulary().find("slice_position", self.slice_position)


@dataclass(frozen=True)
class LevelPlan:
    """All placements of a volume and the window read around each.

    Parameters
    ----------
    placements : tuple of LevelPlacement
        Empty when no level was marked: everything labelled is then read as level ``all``.
    window : Window
        How wide a level is read.
    """

    placements: tuple[LevelPlacement, ...] = ()
    window: Window = NearestSlice()

    def __post_init__(self) -> None:
        keys = [f"{p.muscle.id}@{p.level.id}" if p.muscle else p.level.id for p in self.placements]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise InvalidChoice(f"Expected every level once per muscle, found several times {', '.join(twice)}.")

    @property
    def is_empty(self) -> bool:
        """Whether no level was marked."""
        return not self.placements

    def require_confirmed(self) -> LevelPlan:
        """The plan itself, once a reader has confirmed all of it.

        Raises
        ------
        InvalidChoice
            If a level was suggested and not confirmed.
        """
        waiting = sorted({placed.level.id for placed in self.placements if not placed.is_confirmed})
        if waiting:
            raise InvalidChoice(
                f"Expected levels that a reader has confirmed, found suggestions for {', '.join(waiting)}.",
                hint="Look at the slices and confirm them; nothing is measured at a level nobody has looked at.",
            )
        return self

    def placements_for(self, muscle: Term) -> tuple[LevelPlacement, ...]:
        """Where one muscle is read: its own placement of a level wins over the general one."""
        own = {p.level.id: p for p in self.placements if p.muscle == muscle}
        general = {p.level.id: p for p in self.placements if p.muscle is None}
        return tuple({**general, **own}.values())

    def slices(self, grid: Grid, placement: LevelPlacement) -> tuple[int, ...]:
        """Slices read for one placement."""
        return self.window.slices(grid, placement.position_mm)


def plan_of(placements: Iterable[LevelPlacement], window: Window | None = None) -> LevelPlan:
    """A plan from placements in any iterable."""
    return LevelPlan(tuple(placements), window or NearestSlice())


def _inside(grid: Grid, position_mm: float) -> int:
    """Nearest slice of a position, refused when it lies more than half a slice outside the volume."""
    nearest = grid.nearest_slice(position_mm)
    positions = grid.slice_positions_mm
    if not abs(positions[nearest] - position_mm) <= grid.spacing_mm[0] * 0.5 + 1e-3:
        raise InvalidChoice(
            f"Expected a level from {positions.min():.1f} to {positions.max():.1f} mm, found {position_mm:.1f} mm.",
            hint="Positions run along the slice normal in patient (LPS) mm; `hipspine info` prints the affine.",
        )
    return nearest
