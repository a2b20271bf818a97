"""Axes of zarr images: how long their units are and where in the patient they point."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from types import MappingProxyType
from typing import Any

from ..domain.errors import UnreadableImage

MILLIMETRES = MappingProxyType(
    {
        "angstrom": 1e-7,
        "nanometer": 1e-6,
        "micrometer": 1e-3,
        "millimeter": 1.0,
        "centimeter": 10.0,
        "decimeter": 100.0,
        "meter": 1000.0,
        "inch": 25.4,
        "micron": 1e-3,
        "nm": 1e-6,
        "um": 1e-3,
        "µm": 1e-3,
        "μm": 1e-3,
        "mm": 1.0,
        "cm": 10.0,
        "m": 1000.0,
    }
)
"""Length of the spatial units in use [mm]."""

DIRECTIONS = MappingProxyType(
    {
        "right-to-left": (0, 1),
        "left-to-right": (0, -1),
        "anterior-to-posterior": (1, 1),
        "posterior-to-anterior": (1, -1),
        "ventral-to-dorsal": (1, 1),
        "dorsal-to-ventral": (1, -1),
        "inferior-to-superior": (2, 1),
        "superior-to-inferior": (2, -1),
        "caudal-to-cranial": (2, 1),
        "cranial-to-caudal": (2, -1),
    }
)
"""LPS axis and sign of the anatomical orientations of a lying or standing person."""

ASSUMED = ("inferior-to-superior", "anterior-to-posterior", "right-to-left")
"""Where slices, rows and columns are taken to point when nobody says: axial LPS."""

_BY_NAME = MappingProxyType(dict(zip("zyx", ASSUMED, strict=True)))
HOW_TO_STATE = (
    "State it: in OME-Zarr by a length unit and a scale on every space axis or by the attribute spacing_mm (distance "
    "of slices, rows and columns); in a plain array by spacing_mm or affine_lps (4 x 4, index to patient LPS, mm)."
)
"""Hint for images without a physical spacing."""


def millimetres_of(axes: list[Mapping[str, Any]], scale: Any, stated: Any, where: str) -> list[float]:
    """Length of one unit of every space axis [mm]; a spacing stated by the user wins over units."""
    if stated is None:
        return [_unit_of(axis, where) for axis in axes]
    if not is_spacing(stated):
        raise UnreadableImage(f"Expected three distances as spacing_mm, found {stated!r}, in {where}.")
    return [float(distance / step) for distance, step in zip(stated, scale, strict=True)]


def _unit_of(axis: Mapping[str, Any], where: str) -> float:
    unit = axis.get("unit")
    if not isinstance(unit, str) or unit not in MILLIMETRES:
        raise UnreadableImage(
            f"Expected a length unit on axis {axis.get('name')}, found {'none' if unit is None else repr(unit)}, "
            f"in {where}.",
            hint=HOW_TO_STATE,
        )
    return MILLIMETRES[unit]


def directions_of(axes: list[Mapping[str, Any]], where: str) -> tuple[list[tuple[int, int]], tuple[str, ...]]:
    """LPS axis and sign of every space axis, and a flag where they had to be assumed."""
    given = [_orientation_of(axis) for axis in axes]
    flags: tuple[str, ...] = ()
    if not any(given):
        flags = ("orientation_assumed",)
        by_name = {str(axis.get("name")) for axis in axes} == set("zyx")
        given = [_BY_NAME[str(axis["name"])] for axis in axes] if by_name else list(ASSUMED)
    known = [DIRECTIONS.get(one) for one in given]
    directions = [one for one in known if one is not None]
    if sorted(world for world, _ in directions) != [0, 1, 2]:
        raise UnreadableImage(
            f"Expected three anatomical orientations across each other, found "
            f"{', '.join(one or 'none' for one in given)}, in {where}.",
            hint=f"Known: {', '.join(DIRECTIONS)}; either all three axes carry one or none.",
        )
    return directions, flags


def _orientation_of(axis: Mapping[str, Any]) -> str:
    """Anatomical orientation of an axis, in the form of RFC-4 or of its first draft; empty where there is none."""
    orientation = axis.get("orientation", axis.get("anatomicalOrientation", ""))
    if isinstance(orientation, Mapping):
        return str(orientation.get("value", "")) if orientation.get("type", "anatomical") == "anatomical" else ""
    return str(orientation or "")


def is_spacing(values: Any) -> bool:
    """Whether an attribute is three finite distances above zero."""
    if not isinstance(values, list | tuple) or len(values) != 3:
        return False
    return all(isinstance(v, int | float) and isfinite(v) and v > 0 for v in values)
