"""`hipspine info`: what a file or folder holds, one entry per series."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("info", help="list the series of a file or folder", description=__doc__)
    parser.add_argument("path", type=Path, metavar="FILE", help="image file, DICOM folder or zarr")
    parser.add_argument("--json", action="store_true", help="a JSON list, one object per series")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List and print."""
    import json

    from ..reading.volumes import list_volumes
    from ..workflows.measure_provenance import describe_volume

    described = [
        {"series": volume.source.series, "description": volume.source.description, **describe_volume(volume)}
        for volume in list_volumes(arguments.path)
    ]
    if arguments.json:
        print(json.dumps(described, indent=2, ensure_ascii=False))
    else:
        print("\n".join(_as_text(number, one) for number, one in enumerate(described)))
    return 0


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
