"""Surfaces as PLY files: millimetres in patient LPS, colours of the muscle, local fat as a number at every corner."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..domain.colours import structure_colour
from ..domain.provenance import RESEARCH_ONLY
from ..domain.surface import Surface

FAT_SHARE = "fat_share"
"""Property of a corner: share of pixels called fat around it, 0 to 1; not a number where it is not known."""


def surface_as_ply(surface: Surface) -> bytes:
    """One surface as binary PLY, little-endian.

    Parameters
    ----------
    surface : Surface
        Corners in patient LPS [mm], as DICOM counts: x to the left, y to the back, z to the head.

    References
    ----------
    Turk G. The PLY polygon file format. Georgia Institute of Technology, 1994.
    """
    fields = [(name, "<f4") for name in "xyz"] + [(name, "u1") for name in ("red", "green", "blue")]
    fields += [(FAT_SHARE, "<f4")] if surface.fat_shares is not None else []
    corners = np.zeros(len(surface.vertices_mm), dtype=fields)
    for axis, name in enumerate("xyz"):
        corners[name] = surface.vertices_mm[:, axis]
    for name, channel in zip(("red", "green", "blue"), structure_colour(surface.structure), strict=True):
        corners[name] = round(255 * channel)
    if surface.fat_shares is not None:
        corners[FAT_SHARE] = surface.fat_shares
    triangles = np.zeros(len(surface.triangles), dtype=[("n", "u1"), ("corners", "<i4", 3)])
    triangles["n"], triangles["corners"] = 3, surface.triangles
    return _header(surface, fields).encode("ascii") + corners.tobytes() + triangles.tobytes()


def surface_files(surfaces: Iterable[Surface]) -> dict[str, bytes]:
    """One PLY file per muscle and side, by file name."""
    return {f"{one.structure.muscle.id}_{one.structure.side.value}.ply": surface_as_ply(one) for one in surfaces}


def _header(surface: Surface, fields: list[tuple[str, str]]) -> str:
    words = {"<f4": "float", "u1": "uchar"}
    structure = surface.structure
    lines = [
        "ply",
        "format binary_little_endian 1.0",
        f"comment {structure.muscle.id} {structure.side.value}",
        "comment unit mm, DICOM patient coordinates LPS",
        "comment SPACE=LPS",
        f"comment {RESEARCH_ONLY}",
        f"element vertex {len(surface.vertices_mm)}",
        *(f"property {words[kind]} {name}" for name, kind in fields),
        f"element face {len(surface.triangles)}",
        "property list uchar int vertex_indices",
        "end_header",
    ]
    return "\n".join(lines) + "\n"
