"""Geometry of zarr images: axes, units, scales and anatomical orientation from the metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

_ASSUMED = ("inferior-to-superior", "anterior-to-posterior", "right-to-left")
_ASSUMED_BY_NAME = MappingProxyType(dict(zip("zyx", _ASSUMED, strict=True)))
_HOW_TO_STATE = (
    "State it: in OME-Zarr by a length unit and a scale on every space axis; in a plain array by the attribute "
    "spacing_mm (distance of slices, rows and columns) or affine_lps (4 x 4, index to patient LPS, mm)."
)


@dataclass(frozen=True)
class ArrayGeometry:
    """Where the voxels of an array lie.

    Parameters
    ----------
    axes : tuple of int
        The three array axes that are space, in stored order.
    others : tuple of int
        The array axes that are not.
    names : tuple of str
        Names of all array axes.
    affine : ndarray, shape (4, 4)
        Index along ``axes`` to patient LPS [mm].
    flags : tuple of str
        ``orientation_assumed`` where the file does not say how the patient lies.
    is_ome : bool
        Whether it was read from OME metadata.
    """

    axes: tuple[int, int, int]
    others: tuple[int, ...]
    names: tuple[str, ...]
    affine: NDArray[np.float64]
    flags: tuple[str, ...]
    is_ome: bool


def geometry_of_multiscale(
    image: Mapping[str, Any], shape: Sequence[int], own: Mapping[str, Any], *, where: str
) -> ArrayGeometry:
    """Geometry of the finest step of an OME-Zarr image.

    Parameters
    ----------
    image : mapping
        One entry of ``multiscales``.
    shape : sequence of int
        Shape of the finest array.
    own : mapping
        Attributes of our own writer; an ``affine_lps`` there keeps what scale and orientation cannot say.
    where : str
        For messages.

    Raises
    ------
    UnreadableImage
        If axes, units, scales or orientations are missing, not physical, or contradict each other.
    """
    described = [axis if isinstance(axis, Mapping) else {"name": axis} for axis in image.get("axes", ())]
    names = tuple(str(axis.get("name", "")) for axis in described)
    if len(described) != len(shape):
        raise UnreadableImage(f"Expected {len(shape)} axes described, found {len(described)}, in {where}.")
    kinds = [axis.get("type", "space" if axis.get("name") in ("x", "y", "z") else "") for axis in described]
    space = [axis for axis, kind in enumerate(kinds) if kind == "space"]
    if len(space) != 3:
        raise UnreadableImage(
            f"Expected three space axes, found {len(space)} ({', '.join(names[axis] for axis in space)}), in {where}.",
            hint="Store a stack of slices with its slice distance.",
        )
    first, second, third = space
    scale, translation = _scale_and_translation(image, len(shape), where)
    millimetres = [_unit_of(described[axis], where) for axis in space]
    directions, flags = _directions_of([described[axis] for axis in space], where)
    affine = np.eye(4)
    affine[:3, :3] = 0
    for k, (axis, unit) in enumerate(zip(space, millimetres, strict=True)):
        world, sign = directions[k]
        affine[world, k] = sign * scale[axis] * unit
        affine[world, 3] = sign * translation[axis] * unit
    if "affine_lps" in own:
        affine, flags = _agreeing_affine(own["affine_lps"], affine, where), tuple(own.get("flags", ()))
    others = tuple(axis for axis in range(len(shape)) if axis not in space)
    return ArrayGeometry((first, second, third), others, names, affine, flags, is_ome=True)


def geometry_of_array(array: Any, *, where: str) -> ArrayGeometry:
    """Geometry of a plain zarr array from its attributes ``affine_lps`` or ``spacing_mm``.

    Raises
    ------
    UnreadableImage
        If the array has not two to five axes, or says nothing of its spacing.
    """
    names = _names_of_array(array)
    space = [axis for axis, name in enumerate(names) if name not in ("t", "c")]
    attributes = dict(array.attrs)
    if len(space) != 3:
        raise UnreadableImage(
            f"Expected slices, rows and columns, found {len(space)} axes in space (shape {array.shape}), in {where}.",
            hint="Name axes that are time or channel t or c (dimension_names); store one slice as 1 x rows x columns.",
        )
    first, second, third = space
    flags: tuple[str, ...]
    if "affine_lps" in attributes:
        affine, flags = _affine(attributes["affine_lps"], where), ()
    else:
        affine, flags = _assumed_affine(attributes.get("spacing_mm"), where), ("orientation_assumed",)
    others = tuple(axis for axis in range(array.ndim) if axis not in space)
    return ArrayGeometry((first, second, third), others, names, affine, flags, is_ome=False)


def _assumed_affine(spacing: Any, where: str) -> NDArray[np.float64]:
    """Axial LPS: slices to the head, rows to the back, columns to the patient's left."""
    if not _is_spacing(spacing):
        raise UnreadableImage(
            f"Expected a physical spacing, found {'none' if spacing is None else repr(spacing)}, in {where}.",
            hint=_HOW_TO_STATE,
        )
    affine = np.eye(4)
    affine[:3, :3] = 0
    for k, (distance, direction) in enumerate(zip(spacing, _ASSUMED, strict=True)):
        affine[DIRECTIONS[direction][0], k] = DIRECTIONS[direction][1] * distance
    return affine


def _names_of_array(array: Any) -> tuple[str, ...]:
    """Axis names of a plain array; unnamed ones are slice, row, column with channel and time before them."""
    given = getattr(array.metadata, "dimension_names", None) or (None,) * array.ndim
    default = ("t", "c", "z", "y", "x")[-array.ndim :] if array.ndim <= 5 else ("?",) * array.ndim
    return tuple(str(name or fallback) for name, fallback in zip(given, default, strict=True))


def _scale_and_translation(image: Mapping[str, Any], n_axes: int, where: str) -> tuple[Any, Any]:
    """Scale and translation of the finest step, with what holds for all steps applied after it."""
    scale, translation = np.ones(n_axes), np.zeros(n_axes)
    datasets = image.get("datasets") or [{}]
    given = [*datasets[0].get("coordinateTransformations", ()), *image.get("coordinateTransformations", ())]
    for transformation in given:
        kind, values = transformation.get("type"), transformation.get(str(transformation.get("type")))
        if kind == "identity":
            continue
        if kind not in ("scale", "translation") or values is None or len(values) != n_axes:
            raise UnreadableImage(
                f"Expected scales and translations of {n_axes} axes, found {kind!r} {values!r}, in {where}.",
                hint="Rotations cannot be read; store the image with its axes along the voxels.",
            )
        if kind == "scale":
            scale, translation = scale * values, translation * values
        else:
            translation = translation + values
    if not any(transformation.get("type") == "scale" for transformation in given):
        raise UnreadableImage(f"Expected a scale, found none, in {where}.", hint=_HOW_TO_STATE)
    if not (np.isfinite(scale).all() and (scale > 0).all() and np.isfinite(translation).all()):
        raise UnreadableImage(f"Expected scales above zero, found {scale.tolist()}, in {where}.", hint=_HOW_TO_STATE)
    return scale, translation


def _unit_of(axis: Mapping[str, Any], where: str) -> float:
    unit = axis.get("unit")
    if not isinstance(unit, str) or unit not in MILLIMETRES:
        raise UnreadableImage(
            f"Expected a length unit on axis {axis.get('name')}, found {'none' if unit is None else repr(unit)}, "
            f"in {where}.",
            hint=_HOW_TO_STATE,
        )
    return MILLIMETRES[unit]


def _directions_of(axes: list[Mapping[str, Any]], where: str) -> tuple[list[tuple[int, int]], tuple[str, ...]]:
    """LPS axis and sign of every space axis, and a flag where they had to be assumed."""
    given = [_orientation_of(axis) for axis in axes]
    flags: tuple[str, ...] = ()
    if not any(given):
        flags = ("orientation_assumed",)
        by_name = {str(axis.get("name")) for axis in axes} == set("zyx")
        given = [_ASSUMED_BY_NAME[str(axis["name"])] for axis in axes] if by_name else list(_ASSUMED)
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


def _agreeing_affine(own: Any, affine: NDArray[np.float64], where: str) -> NDArray[np.float64]:
    """Our own full affine, provided it still has the spacing of the scales beside it."""
    exact = _affine(own, where)
    lengths, scales = (np.linalg.norm(one[:3, :3], axis=0) for one in (exact, affine))
    if not np.allclose(lengths, scales, rtol=1e-6, atol=0):
        raise UnreadableImage(
            f"Expected the spacing of the scale ({scales.tolist()} mm), found {lengths.tolist()} mm in the affine "
            f"kept beside it, in {where}.",
            hint="The image was changed by another program; remove the attribute napari_hipspine if the scale holds.",
        )
    return exact


def _affine(values: Any, where: str) -> NDArray[np.float64]:
    try:
        affine = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        affine = np.empty(0)
    if affine.shape != (4, 4) or not np.isfinite(affine).all() or affine[3].tolist() != [0, 0, 0, 1]:
        raise UnreadableImage(f"Expected a 4 x 4 affine in millimetres, found {values!r}, in {where}.")
    return affine


def _is_spacing(values: Any) -> bool:
    if not isinstance(values, list | tuple) or len(values) != 3:
        return False
    return all(isinstance(v, int | float) and isfinite(v) and v > 0 for v in values)
