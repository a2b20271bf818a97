"""The check digit at the end of a SNOMED CT identifier."""

from __future__ import annotations

_VERHOEFF_PERMUTE = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def has_valid_check_digit(code: str) -> bool:
    """Whether a SNOMED CT identifier passes Verhoeff's check.

    References
    ----------
    Verhoeff J. Error detecting decimal codes. Mathematical Centre Tracts 29, 1969.
    """
    if not (code.isascii() and code.isdigit()):
        return False
    check = 0
    for place, digit in enumerate(reversed(code)):
        value = int(digit)
        for _ in range(place % 8):
            value = _VERHOEFF_PERMUTE[value]
        check = _dihedral_product(check, value)
    return check == 0


def _dihedral_product(a: int, b: int) -> int:
    """Product of two elements of the symmetry group of the pentagon: 0-4 rotations, 5-9 reflections."""
    rotation = (a + b if a < 5 else a - b) % 5
    return rotation if (a < 5) == (b < 5) else rotation + 5
