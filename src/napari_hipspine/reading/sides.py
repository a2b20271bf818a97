"""Whether the left of a label map lies on the patient's left, judged slice by slice and never against x = 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..domain.anatomy import Side, Structure, Term
from ..domain.errors import SideContradiction
from .label_looks import SliceTally


@dataclass(frozen=True)
class SideVotes:
    """Slices on which a muscle is present on both sides, by what they say.

    Parameters
    ----------
    muscle : Term
        The muscle.
    n_agreeing : int
        Slices on which its left lies further to the patient's left than its right.
    n_contradicting : int
        Slices on which it is the other way round.
    """

    muscle: Term
    n_agreeing: int
    n_contradicting: int

    @property
    def contradicts(self) -> bool:
        """Whether most slices say that left and right are swapped."""
        return self.n_contradicting > self.n_agreeing

    @property
    def is_undecided(self) -> bool:
        """Whether no slice could be judged, or as many agree as contradict."""
        return self.n_contradicting == self.n_agreeing


def count_side_votes(tally: SliceTally, structures: Mapping[int, Structure]) -> tuple[SideVotes, ...]:
    """Votes of every muscle that is present on at least one side, in the order of the label values.

    Parameters
    ----------
    tally : SliceTally
        Centroids of every value on every slice.
    structures : mapping of int to Structure
        What the values stand for.
    """
    values = {structure: value for value, structure in structures.items()}
    muscles = dict.fromkeys(structures[value].muscle for value in sorted(structures))
    return tuple(_votes_of(muscle, tally, values) for muscle in muscles)


def _votes_of(muscle: Term, tally: SliceTally, values: Mapping[Structure, int]) -> SideVotes:
    on_side = {side: tally.value == values.get(Structure(muscle, side), 0) for side in Side}
    _, left, right = np.intersect1d(
        tally.slice_index[on_side[Side.LEFT]], tally.slice_index[on_side[Side.RIGHT]], return_indices=True
    )
    further_left = tally.x_mm[on_side[Side.LEFT]][left] - tally.x_mm[on_side[Side.RIGHT]][right]
    return SideVotes(muscle, int((further_left > 0).sum()), int((further_left < 0).sum()))


def check_sides(
    tally: SliceTally, structures: Mapping[int, Structure], *, path: str, naming: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Flags and notes on the sides of a label map.

    Parameters
    ----------
    tally : SliceTally
        Centroids of every value on every slice.
    structures : mapping of int to Structure
        What the values that occur stand for.
    path, naming : str
        For the message.

    Returns
    -------
    flags : tuple of str
        ``side_unchecked`` when no muscle could be judged.
    notes : tuple of str
        Muscles whose side could not be judged.

    Raises
    ------
    SideContradiction
        If most slices of a muscle have its left further to the patient's right than its right.
    """
    votes = count_side_votes(tally, structures)
    swapped = [one for one in votes if one.contradicts]
    if swapped:
        told = ", ".join(
            f"{one.muscle.label} ({one.n_contradicting} of {one.n_contradicting + one.n_agreeing} slices)"
            for one in swapped
        )
        raise SideContradiction(
            f"Expected the left of every muscle further to the patient's left than its right, "
            f"found the opposite for {told}, with the naming {naming}, in {path}.",
            hint="Choose the naming of the model that made the labels (some count the right side first), "
            "or mend the orientation in the file's header if the picture itself is mirrored.",
        )
    undecided = [one.muscle.label for one in votes if one.is_undecided]
    if not undecided:
        return (), ()
    flags = ("side_unchecked",) if len(undecided) == len(votes) else ()
    return flags, (f"side not checked, no slice shows both sides: {', '.join(undecided)}",)
