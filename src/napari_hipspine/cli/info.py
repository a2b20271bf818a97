"""`hipspine info`: what a file or folder holds, one entry per series; of a study folder, how far each subject is."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "info", help="list the series of a file or folder, or the subjects of a study", description=__doc__
    )
    parser.add_argument(
        "path", type=Path, metavar="FILE", help="image file, DICOM folder or zarr; study folder or project file"
    )
    parser.add_argument(
        "--json", action="store_true", help="a JSON list, one object per series; of a study, one object"
    )
    parser.add_argument("--study", action="store_true", help="every folder in it is a subject, whatever its name")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List and print."""
    from ..reading.volumes import list_volumes
    from ..workflows.measure_provenance import describe_volume
    from . import study_list

    if arguments.study or study_list.is_study(arguments.path):
        as_json = arguments.json
        print(_json(study_list.described(arguments.path)) if as_json else study_list.as_text(arguments.path))
        return 0
    described = [
        {"series": volume.source.series, "description": volume.source.description, **describe_volume(volume)}
        for volume in list_volumes(arguments.path)
    ]
    if arguments.json:
        print(_json(described))
    else:
        print("\n".join(_as_text(number, one) for number, one in enumerate(described)))
    return 0


def _json(described: Any) -> str:
    import json

    return json.dumps(described, indent=2, ensure_ascii=False)


def _as_text(number: int, one: dict[str, Any]) -> str:
    shape = " x ".join(map(str, one["shape"]))
    spacing = " x ".join(f"{mm:.4g}" for mm in one["spacing_mm"])
    title = " ".join(filter(None, (one["description"], one["series"])))
    milliseconds = one["acquisition"].get("EchoTime")
    echo = f", echo time {milliseconds:g} ms" if milliseconds else ""
    flags = f"\n   flags: {', '.join(one['flags'])}" if one["flags"] else ""
    return (
        f"{number}: {title or one['format']}\n"
        f"   {shape} (slices x rows x columns), {spacing} mm, {one['dtype']}, "
        f"{one['orientation']}, {one['obliquity_deg']:.1f} degrees oblique\n"
        f"   contrast {one['contrast']}, fat {one['fat_polarity']}{echo}{flags}"
    )
