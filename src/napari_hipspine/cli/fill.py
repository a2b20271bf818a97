"""`hipspine fill`: muscles outlined on a few slices are filled in on the slices between."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import InvalidChoice
from .progress import terminal_progress

if TYPE_CHECKING:
    from ..workflows.fill_labels import Extent

_EXTENT = re.compile(r"^(?P<name>\w+(?::\w+)?)=(?P<first>\d+)-(?P<last>\d+)$")
_EXTENT_SHAPE = "gluteus_minimus:left=3-18 or VALUE=3-18"
_SHOWN = 5


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("fill", help="fill outlines in between key slices", description=__doc__)
    parser.add_argument("--image", type=Path, required=True, help="the picture that was outlined")
    parser.add_argument("--labels", type=Path, required=True, help="label map with the outlines")
    parser.add_argument(
        "--keys",
        default="auto",
        metavar="0,7,14|auto",
        help="slices taken as drawn: indices from 0 along the slice axis as stored in the labels file; "
        "auto: every slice that has labels",
    )
    parser.add_argument(
        "--extent",
        action="append",
        default=[],
        metavar="MUSCLE:SIDE=FIRST-LAST",
        help=f"first and last slice of a muscle or a label value, {_EXTENT_SHAPE}; may be given several times",
    )
    parser.add_argument(
        "--slabs",
        default="",
        metavar="0,12,21",
        help="slices with which slabs of another angulation begin; nothing is filled from one into the next",
    )
    parser.add_argument("--naming", help="what the values mean, where an extent names a muscle: a name or a CSV")
    parser.add_argument("--series", metavar="UID|N", help="series of the image")
    parser.add_argument("--labels-series", metavar="UID|N", help="series of the labels")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="NIfTI file to be made")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Fill, write, and say where to look first."""
    from ..workflows.fill_labels import fill_labels

    done = fill_labels(
        arguments.image,
        arguments.labels,
        arguments.out,
        key_slices=key_slices(arguments.keys),
        extents=[extent(text) for text in arguments.extent],
        slab_starts=_indices(arguments.slabs, "slabs as 0,12,21") if arguments.slabs else (),
        naming=arguments.naming,
        image_series=arguments.series,
        labels_series=arguments.labels_series,
        progress=terminal_progress("filling"),
    )
    print(done.path)
    print(f"  {done.filled.method.value.replace('_', ' ')}, {len(done.filled.filled_slices)} slices filled")
    first = done.filled.slices_to_look_at()[:_SHOWN]
    if first:
        print(f"  look first at slices {', '.join(str(index) for index in first)}")
    for note in done.filled.notes:
        print(f"  {note}")
    return 0


def key_slices(text: str) -> tuple[int, ...] | None:
    """Slice indices as written on the command line; None for every slice that has labels."""
    if text == "auto":
        return None
    return _indices(text, "key slices as 0,7,14 or auto")


def _indices(text: str, expected: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise InvalidChoice(f"Expected {expected}, found {text!r}.")
    return tuple(int(part) for part in parts)


def extent(text: str) -> Extent:
    """Muscle or label value with its first and last slice, as written on the command line."""
    found = _EXTENT.match(text)
    if found is None:
        raise InvalidChoice(f"Expected an extent as {_EXTENT_SHAPE}, found {text!r}.")
    return found["name"], int(found["first"]), int(found["last"])
