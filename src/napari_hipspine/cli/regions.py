"""`hipspine regions`: fat between the muscles, fat inside them, and lean muscle volume."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import InvalidChoice
from .measure import (
    add_declared_options,
    add_file_options,
    add_protocol_options,
    add_who_options,
    chosen_protocol,
    image_files,
    label_files,
    subject_key,
)
from .progress import terminal_progress

if TYPE_CHECKING:
    from ..measuring.regions_rule import CompartmentRule


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("regions", help="fat between muscles and lean muscle volume", description=__doc__)
    add_file_options(parser)
    where = parser.add_argument_group("the deep-fascia compartment (no default: drawn, or the muscles closed)")
    where.add_argument("--compartment", type=Path, help="label map in which it was drawn (any value but 0)")
    where.add_argument(
        "--compartment-value", type=int, action="append", default=[], metavar="N", help="only these values of it"
    )
    where.add_argument(
        "--closing-mm", type=float, metavar="R", help="close all muscles on every slice by a disc of this radius [mm]"
    )
    where.add_argument("--holes", choices=("kept", "filled"), help="holes in the closed muscles (default: kept)")
    where.add_argument(
        "--excluded", type=Path, help="label map of bone, vessels, subcutaneous and visceral fat (any value but 0)"
    )
    add_declared_options(parser)
    add_protocol_options(parser)
    add_who_options(parser)
    parser.set_defaults(run=run, erosion_mm=None)


def run(arguments: argparse.Namespace) -> int:
    """Measure and write."""
    from ..workflows.measure_regions import measure_subject_regions, regions_files
    from ..workflows.measure_subject import default_protocol
    from ..workflows.open_subject import open_drawing, open_subject
    from ..writing.tables import write_whole

    rule = compartment_rule(arguments)
    pictures = image_files(arguments)
    image, label_map = open_subject(pictures, label_files(arguments))
    drawings = {name: getattr(arguments, name) for name in ("compartment", "excluded", "fat_roi")}
    given = {name: path for name, path in drawings.items() if path is not None}
    result = measure_subject_regions(
        image,
        label_map,
        rule,
        key=subject_key(arguments, pictures, image),
        protocol=chosen_protocol(arguments, default_protocol(image)),
        inputs=[*pictures.paths, arguments.labels, *given.values()],
        progress=terminal_progress("measuring"),
        **{name: open_drawing(path) for name, path in given.items()},
    )
    for path in write_whole(arguments.out, regions_files(result)):
        print(path)
    return 0


def compartment_rule(arguments: argparse.Namespace) -> CompartmentRule:
    """The compartment as asked for: drawn or closed, never both, never guessed."""
    from ..measuring.regions_rule import ClosedMuscles, DrawnCompartment, HoleRule

    is_drawn, is_closed = arguments.compartment is not None, arguments.closing_mm is not None
    if is_drawn == is_closed:
        raise InvalidChoice(
            f"Expected either --compartment or --closing-mm, found {'both' if is_drawn else 'neither'}.",
            hint="No radius is right for every study; choose one, keep it for all subjects and report it.",
        )
    stray = [
        option
        for option, is_stray in (
            ("--compartment-value", bool(arguments.compartment_value) and is_closed),
            ("--holes", arguments.holes is not None and is_drawn),
        )
        if is_stray
    ]
    if stray:
        raise InvalidChoice(f"Expected no {stray[0]} beside {'--closing-mm' if is_closed else '--compartment'}.")
    if is_drawn:
        return DrawnCompartment(tuple(arguments.compartment_value))
    return ClosedMuscles(arguments.closing_mm, HoleRule(arguments.holes or HoleRule.KEPT))
