"""`hipspine convert`: an image as OME-Zarr 0.5, with its place in the patient, for quick scrolling and measuring."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..domain.errors import InvalidChoice
from ..domain.volume import WaterFat
from .progress import terminal_progress

_ENDING = ".zarr"


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("convert", help="write an image as OME-Zarr", description=__doc__)
    parser.add_argument("image", type=Path, help="any image that can be measured: NIfTI, DICOM folder, NRRD, zarr ...")
    parser.add_argument("--out", type=Path, required=True, help="folder to be made, ending in .ome.zarr")
    parser.add_argument("--series", metavar="UID|N", help="series, number from 0 as `hipspine info` lists")
    parser.add_argument(
        "--orientation", metavar="SPL", help="for files that do not say where slices, rows, columns grow"
    )
    parser.add_argument(
        "--levels",
        "--steps",
        dest="steps",
        type=int,
        metavar="N",
        help="resolution steps; by default down to 256 rows and columns",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Open lazily and write slab by slab."""
    from ..workflows.open_subject import ImageFiles, open_image
    from ..writing.ome_zarr import write_ome_zarr_image

    if arguments.out.suffix.lower() != _ENDING:
        raise InvalidChoice(f"Expected a name that ends in .ome.zarr, found {arguments.out.name}.")
    if arguments.steps is not None and arguments.steps < 1:
        raise InvalidChoice(f"Expected at least one resolution step, found {arguments.steps}.")
    pictures = ImageFiles(image=arguments.image, series=arguments.series, orientation=arguments.orientation)
    image = open_image(pictures)
    if isinstance(image, WaterFat):
        raise InvalidChoice(
            f"Expected one volume, found water and fat of one series, in {arguments.image}.",
            hint="Convert them one after the other: --series 0, then --series 1.",
        )
    write_ome_zarr_image(image, arguments.out, n_steps=arguments.steps, progress=terminal_progress("converting"))
    print(arguments.out)
    return 0
