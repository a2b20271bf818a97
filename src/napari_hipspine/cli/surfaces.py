"""`hipspine surfaces`: muscles as PLY files, in millimetres where they lie in the patient."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..domain.provenance import RESEARCH_ONLY, Provenance, fingerprints
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
    from ..measuring.slice_fat import SliceFat
    from ..writing.tables import Contents


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("surfaces", help="muscles as PLY surfaces, with local fat", description=__doc__)
    add_file_options(parser)
    add_declared_options(parser)
    add_protocol_options(parser)
    add_who_options(parser)
    parser.set_defaults(run=run, erosion_mm=None)


def run(arguments: argparse.Namespace) -> int:
    """Find surfaces and write them; with a picture also the share of fat at every corner."""
    from ..workflows.muscle_surfaces import find_surfaces
    from ..workflows.open_subject import open_labels
    from ..writing.surfaces import surface_files
    from ..writing.tables import as_json, write_whole

    if any((arguments.image, arguments.water, arguments.fat, arguments.fat_fraction)):
        fat, provenance = _measured(arguments)
        label_map = fat.label_map
    else:
        fat, label_map = None, open_labels(label_files(arguments))
        provenance = Provenance("surfaces", {}, fingerprints([arguments.labels]))
    surfaces = find_surfaces(label_map, fat=fat, progress=terminal_progress("making surfaces"))
    files: dict[str, Contents] = {**surface_files(surfaces), "run.json": as_json(provenance.as_dict())}
    for path in write_whole(arguments.out, files):
        print(path)
    print(RESEARCH_ONLY)
    return 0


def _measured(arguments: argparse.Namespace) -> tuple[SliceFat, Provenance]:
    """Which pixels are called fat, by thresholds found as `hipspine measure` finds them, and what that rests on."""
    from ..workflows.measure_subject import default_protocol, measure_counted
    from ..workflows.muscle_surfaces import slice_fat_of
    from ..workflows.open_subject import open_drawing, open_subject

    pictures = image_files(arguments)
    image, label_map = open_subject(pictures, label_files(arguments))
    result = measure_counted(
        image,
        label_map,
        key=subject_key(arguments, pictures, image),
        protocol=chosen_protocol(arguments, default_protocol(image)),
        fat_roi=open_drawing(arguments.fat_roi) if arguments.fat_roi else None,
        inputs=[*pictures.places, arguments.labels, *([arguments.fat_roi] if arguments.fat_roi else [])],
        progress=terminal_progress("measuring"),
    )
    rests_on = replace(result.provenance, command="surfaces")
    return slice_fat_of(image, label_map.on_grid(image.grid), result), rests_on
