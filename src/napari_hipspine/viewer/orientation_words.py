"""Orientations a reader may state where a file carries none, and what each does to the picture."""

from __future__ import annotations

from itertools import permutations, product

DIRECTIONS = {
    "S": "head",
    "I": "feet",
    "L": "left",
    "R": "right",
    "P": "back",
    "A": "front",
}
"""Letters of `Grid.orientation`, and where an axis grows to."""

_AXES = (("S", "I"), ("P", "A"), ("L", "R"))
_SLICE, _ROW, _COLUMN = range(3)


def orientation_choices() -> tuple[tuple[str, str], ...]:
    """All 48 orientations in words with their letters; axial ones come first."""
    every = ["".join(letters) for axes in permutations(_AXES) for letters in product(*axes)]
    return tuple((describe_orientation(letters), letters) for letters in every)


def describe_orientation(letters: str) -> str:
    """Letters and where slices, rows and columns grow to, in words."""
    slices, rows, columns = (DIRECTIONS[letter] for letter in letters)
    return f"{letters}: slices to the {slices}, rows to the {rows}, columns to the {columns}"


def screen_change(before: str, after: str) -> str:
    """What changes in the picture and in the numbers when another orientation is stated, in sentences."""
    if before == after:
        return "Nothing changes in the picture."
    kinds = [next(axis for axis in _AXES if letter in axis) for letter in (*before, *after)]
    if kinds[:3] != kinds[3:]:
        return "Slices are cut in another direction; look at the letters at the edges of the picture."
    said = []
    if before[_COLUMN] != after[_COLUMN] or before[_ROW] != after[_ROW]:
        turned = [
            axis for axis, at in (("left and right", _COLUMN), ("top and bottom", _ROW)) if before[at] != after[at]
        ]
        said.append(f"The picture is mirrored: {' and '.join(turned)} change places.")
    sides = [at for at in range(3) if {before[at], after[at]} == {"L", "R"}]
    if sides:
        said.append("What was the patient's left is the right now.")
    if before[_SLICE] != after[_SLICE]:
        said.append(f"The last slice is nearest to the {DIRECTIONS[after[_SLICE]]}; positions in mm change their sign.")
    return " ".join(said)
