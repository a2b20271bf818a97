"""Bones and discs that tell where a level lies, and what was proposed from them."""

from __future__ import annotations

from dataclasses import dataclass

from .anatomy import Side, Term, find_level
from .errors import UnknownLabel
from .grid import Grid
from .level_plan import LevelPlacement

TROCHANTER = "greater_trochanter"
"""The level that a femur tells."""


@dataclass(frozen=True)
class Bone:
    """A labelled vertebra or disc, or a femur on one side, by the level it tells.

    Parameters
    ----------
    level : Term
        The vertebra or disc itself; the greater trochanter for a femur.
    side : Side, optional
        Of a femur.

    Raises
    ------
    UnknownLabel
        If a femur has no side, or anything else has one.
    """

    level: Term
    side: Side | None = None

    def __post_init__(self) -> None:
        if (self.level.id == TROCHANTER) is not (self.side is not None):
            raise UnknownLabel(
                f"Expected a side for a femur and for nothing else, found {self.side or 'none'} for {self.level.label}."
            )


@dataclass(frozen=True)
class LevelProposal:
    """Where a level lies, found from labelled bone; a reader has to confirm it.

    Parameters
    ----------
    level : Term
        The level.
    slice_position : str
        Where on the level (id of the vocabulary).
    position_mm : float
        Along the slice normal of the picture it was proposed for [mm].
    give_mm : float
        How far it may lie off by the size of the voxels and the shape of the bone alone [mm].
    side : Side, optional
        Of a femur; None when it stands for both.
    notes : tuple of str
        What the reader should know.
    """

    level: Term
    slice_position: str
    position_mm: float
    give_mm: float
    side: Side | None = None
    notes: tuple[str, ...] = ()

    def placement(self) -> LevelPlacement:
        """The level as a suggestion, unconfirmed."""
        return LevelPlacement(self.level, self.position_mm, self.slice_position, is_confirmed=False)

    def lies_in(self, grid: Grid) -> bool:
        """Whether it lies on the slices of a grid."""
        positions, half = grid.slice_positions_mm, grid.spacing_mm[0] / 2
        return bool(positions.min() - half <= self.position_mm <= positions.max() + half)


@dataclass(frozen=True)
class NoProposal:
    """A level that could not be found from labelled bone, and why.

    Parameters
    ----------
    level : Term
        The level.
    reason : str
        In words.
    side : Side, optional
        Of a femur.
    """

    level: Term
    reason: str
    side: Side | None = None


def find_bone(level: str, side: str) -> Bone:
    """A bone by the id of its level and its side.

    Raises
    ------
    UnknownLabel
        If the level is not in the vocabulary, or the side does not fit.
    """
    if side not in ("", *Side):
        raise UnknownLabel(f"Expected side left, right or none, found {side!r}.")
    return Bone(find_level(level), Side(side) if side else None)
