"""Geometry of zarr images: axes, units, scales and anatomical orientation from the metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.errors import UnreadableImage
from .zarr_axes import ASSUMED, DIRECTIONS, HOW_TO_STATE, directions_of, is_spacing, millimetres_of


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
        Attributes of our own writer and of the user: ``affine_lps`` keeps what scale and orientation cannot say,
        ``spacing_mm`` states the distance along every space axis where units are missing or no lengths.
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
    millimetres = millimetres_of([described[axis] for axis in space], scale[space], own.get("spacing_mm"), where)
    directions, flags = directions_of([described[axis] for axis in space], where)
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
    if not is_spacing(spacing):
        raise UnreadableImage(
            f"Expected a physical spacing, found {'none' if spacing is None else repr(spacing)}, in {where}.",
            hint=HOW_TO_STATE,
        )
    affine = np.eye(4)
    affine[:3, :3] = 0
    for k, (distance, direction) in enumerate(zip(spacing, ASSUMED, strict=True)):
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
        raise UnreadableImage(f"Expected a scale, found none, in {where}.", hint=HOW_TO_STATE)
    if not (np.isfinite(scale).all() and (scale > 0).all() and np.isfinite(translation).all()):
        raise UnreadableImage(f"Expected scales above zero, found {scale.tolist()}, in {where}.", hint=HOW_TO_STATE)
    return scale, translation


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
