"""`hipspine regions`: fat between the muscles, fat inside them, and lean muscle volume."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import InvalidChoice
from .measure import (
    add_declared_options,
    add_file_options,
    add_implant_options,
    add_protocol_options,
    add_who_options,
    chosen_protocol,
    image_files,
    label_files,
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
    add_implant_options(parser)
    add_who_options(parser)
    parser.set_defaults(run=run, erosion_mm=None)


def run(arguments: argparse.Namespace) -> int:
    """Measure and write."""
    from ..workflows.measure_regions import regions_files
    from ..workflows.region_files import RegionFiles, measure_region_files, regions_in_words
    from ..writing.tables import write_whole

    files = RegionFiles(
        image_files(arguments),
        label_files(arguments),
        compartment_rule(arguments),
        compartment=arguments.compartment,
        excluded=arguments.excluded,
        fat_roi=arguments.fat_roi,
        subject=arguments.subject,
        session=arguments.session,
        reader=arguments.reader,
        implants=arguments.implants,
        metal=arguments.metal,
        metal_values=tuple(arguments.metal_value),
        keeps_metal=arguments.keep_metal,
    )
    result = measure_region_files(
        files,
        choose_protocol=partial(chosen_protocol, arguments),
        progress=terminal_progress("measuring"),
    )
    paths = write_whole(arguments.out, regions_files(result))
    print(regions_in_words(result))
    for path in paths:
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
