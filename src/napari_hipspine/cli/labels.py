"""`hipspine labels`: look at label maps, give them another form, bring them onto another grid, or find levels."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..reading.label_maps import UnknownValues
    from ..workflows.import_labels import LabelRow, WrittenLabels


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "labels", help="show, convert or resample label maps; propose levels", description=__doc__
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    show = actions.add_parser("show", help="list values, voxels and what a naming makes of them")
    convert = actions.add_parser("convert", help="write the named muscles as NIfTI or OME-Zarr with their names")
    resample = actions.add_parser("resample", help="carry labels onto the grid of an image; look at the result")
    levels = actions.add_parser("levels", help="propose levels from vertebrae, discs and femora; you confirm them")
    for action, run in (
        (show, run_show),
        (convert, run_convert),
        (resample, run_resample),
        (levels, run_levels),
    ):
        action.add_argument("labels", type=Path, metavar="LABELS", help="label map, or a folder with a file per muscle")
        action.add_argument("--naming", help="what the values mean: a name, or a CSV with value,muscle,side")
        action.add_argument("--labels-series", metavar="UID|N", help="series of the labels")
        action.set_defaults(run=run)
    for action in (convert, resample):
        action.add_argument("--ignore-unknown", action="store_true", help="leave out values the naming does not know")
        action.add_argument(
            "--out",
            type=Path,
            required=True,
            metavar="FILE",
            help=".nii.gz, .nii, .seg.nrrd, .label (ITK-SNAP, with a .nii.gz) or .ome.zarr",
        )
    resample.add_argument("--image", type=Path, required=True, help="image whose grid is wanted")
    resample.add_argument(
        "--by",
        choices=("nearest", "shape"),
        default="nearest",
        help="nearest: each voxel takes the nearest label; shape: outlines change evenly between thick slices",
    )
    levels.add_argument("--image", type=Path, help="image that is measured; its slices are named")
    for action in (resample, levels):
        action.add_argument("--series", metavar="UID|N", help="series of the image")


def run_show(arguments: argparse.Namespace) -> int:
    """Print what is in a label map."""
    from ..workflows.import_labels import show_labels

    shown = show_labels(arguments.labels, arguments.naming, series=arguments.labels_series)
    slices, rows, columns = shown.grid.shape
    spacing = " x ".join(f"{mm:.4g}" for mm in shown.grid.spacing_mm)
    print(f"{shown.path}\n{slices} slices of {rows} x {columns}, {spacing} mm, {shown.grid.orientation}")
    print(f"naming: {shown.naming or 'none'}\n\nvalue    voxels  volume [cm3]   slices  meaning")
    for row in shown.rows:
        print(_as_text(row))
    for line in (*(f"flag: {flag}" for flag in shown.flags), *shown.notes, shown.problem):
        if line:
            print(line)
    return 0


def run_convert(arguments: argparse.Namespace) -> int:
    """Write a label map in another form."""
    from ..workflows.import_labels import convert_labels

    written = convert_labels(
        arguments.labels,
        arguments.out,
        arguments.naming,
        series=arguments.labels_series,
        unknown=_unknown(arguments),
    )
    return _tell(written)


def run_resample(arguments: argparse.Namespace) -> int:
    """Write a label map on the grid of an image."""
    from ..workflows.import_labels import CarriedBy, resample_labels_onto

    written = resample_labels_onto(
        arguments.labels,
        arguments.image,
        arguments.out,
        arguments.naming,
        by=CarriedBy(arguments.by),
        series=arguments.labels_series,
        image_series=arguments.series,
        unknown=_unknown(arguments),
    )
    return _tell(written)


def run_levels(arguments: argparse.Namespace) -> int:
    """Print where levels lie by labelled bone, and how each is handed to `hipspine measure`."""
    from ..reading.volumes import open_volume
    from ..workflows.level_proposals import propose_levels_from

    grid = open_volume(arguments.image, series=arguments.series).grid if arguments.image else None
    found = propose_levels_from(arguments.labels, arguments.naming, onto=grid, series=arguments.labels_series)
    print(f"{found.path}\nnaming: {found.naming}; slices of {'the image' if grid else 'the labels'}\n")
    print("position [mm]   +/-  slice  level")
    for one in found.proposals:
        is_here = one.lies_in(found.grid)
        index = str(found.grid.nearest_slice(one.position_mm)) if is_here else "none"
        wish = f"--level {one.level.id}:{one.slice_position}=mm:{one.position_mm:.2f}" if is_here else "outside"
        print(f"{one.position_mm:13.2f} {one.give_mm:5.1f} {index:>6}  {one.level.id}:{one.slice_position}  {wish}")
        for note in one.notes:
            print(f"{'':28}{note}")
    for none in found.refused:
        side = f" {none.side}" if none.side else ""
        print(f"{'none':>13} {'':12}  {none.level.id}{side}: {none.reason}")
    for note in found.notes:
        print(note)
    print("Suggestions: look at each slice before you measure there.")
    return 0


def _unknown(arguments: argparse.Namespace) -> UnknownValues:
    from ..reading.label_maps import UnknownValues

    return UnknownValues.IGNORE if arguments.ignore_unknown else UnknownValues.REFUSE


def _tell(written: WrittenLabels) -> int:
    print(written.path)
    for note in written.label_map.notes:
        print(f"  {note}")
    return 0


def _as_text(row: LabelRow) -> str:
    meaning = row.structure.label if row.structure else f"({row.name or row.reason or 'unknown'})"
    extent = f"{row.first_slice}-{row.last_slice}"
    return f"{row.value:5d} {row.n_voxels:9d} {row.volume_mm3 / 1000:13.1f} {extent:>8}  {meaning}"
