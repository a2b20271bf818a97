"""ITK-SNAP label descriptions: colours and names of label values as that program reads and writes them."""

from __future__ import annotations

from ..domain.colours import structure_colour
from ..domain.label_map import LabelMap

_HEADING = """\
################################################
# ITK-SNAP Label Description File
# Columns: value, red, green, blue, opacity, visible in slices, visible in 3-D, name
################################################
"""


def label_description(label_map: LabelMap) -> str:
    """The text that names and colours the values of a label map, background first."""
    lines = [_line(0, (0, 0, 0), "Clear Label", seen=0)]
    for value, structure in sorted(label_map.structures.items()):
        red, green, blue = (round(255 * part) for part in structure_colour(structure))
        lines.append(_line(value, (red, green, blue), structure.label, seen=1))
    return _HEADING + "".join(lines)


def _line(value: int, colour: tuple[int, int, int], name: str, *, seen: int) -> str:
    red, green, blue = colour
    return f'{value:5d} {red:5d} {green:4d} {blue:4d} {seen:8d} {seen:2d} {seen:2d}    "{name}"\n'
