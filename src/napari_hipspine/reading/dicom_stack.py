"""From image planes to stacks: which planes are one volume, in which order, and where it lies."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.errors import UnreadableImage
from .dicom_header import ImagePlane

_SAME_DIRECTION = 1e-3
"""Direction cosines that differ by no more are one orientation."""

_SAME_POSITION_MM = 0.01
"""Planes nearer than this lie at one position [mm]."""

_UNEVEN_SHARE = 0.02
_UNEVEN_LEAST_MM = 0.05
"""A slice may lie this share of the spacing, and at least this far [mm], from where even spacing puts it."""

_SPLITTING_ELEMENTS = (
    "DiffusionBValue",
    "TemporalPosition",
    "AcquisitionNumber",
    "EchoNumbers",
    "FlipAngle",
    "SequenceName",
)


@dataclass(frozen=True)
class Stack:
    """Planes of one volume in ascending order along row x column.

    Parameters
    ----------
    planes : tuple of ImagePlane
        Sorted planes.
    affine : numpy.ndarray, shape (4, 4)
        Index (slice, row, column) to LPS [mm].
    told_apart_by : str
        What tells this stack from others at the same positions, in words; empty when it is alone there.
    notes : dict
        What is worth knowing about the geometry.
    """

    planes: tuple[ImagePlane, ...]
    affine: NDArray[np.float64]
    told_apart_by: str
    notes: dict[str, Any]

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)`` as the planes are stored."""
        return (len(self.planes), *self.planes[0].shape)


def group_planes(planes: Iterable[ImagePlane]) -> list[tuple[str, list[ImagePlane]]]:
    """Planes that belong together, with what tells each group from others at the same positions.

    One group is one series, size, orientation, echo time and image type. Where several planes lie at one position
    they are told apart by b-value, temporal position, acquisition, echo, flip angle or sequence name.

    Raises
    ------
    UnreadableImage
        If planes lie at one position and nothing in their headers tells them apart.
    """
    groups: dict[Hashable, list[ImagePlane]] = {}
    for plane in {(plane.instance_uid, plane.frame): plane for plane in planes}.values():
        key = _kind_of(plane)
        number = 0
        while (*key, number) in groups and not _point_the_same_way(groups[(*key, number)][0], plane):
            number += 1
        groups.setdefault((*key, number), []).append(plane)
    series_order = {uid: at for at, uid in enumerate(dict.fromkeys(group[0].series_uid for group in groups.values()))}
    ordered = sorted(groups.values(), key=lambda g: (series_order[g[0].series_uid], g[0].facts.get("EchoTime", 0.0)))
    return [part for group in ordered for part in _split_repeats(group)]


def stack_planes(planes: Sequence[ImagePlane], told_apart_by: str = "") -> Stack:
    """Planes sorted along their normal, with their common affine.

    Raises
    ------
    UnreadableImage
        If the directions are no right angles, the slices are not evenly spaced, or a single slice states no thickness.
    """
    first = planes[0]
    _require_right_angles(first)
    normal = np.cross(*first.orientation)
    ordered = tuple(sorted(planes, key=lambda plane: float(plane.position @ normal)))
    positions = np.array([plane.position for plane in ordered])
    notes: dict[str, Any] = {}
    if len(ordered) > 1:
        step = (positions[-1] - positions[0]) / (len(ordered) - 1)
        _require_even_spacing(ordered, positions, normal, step)
        slant = np.degrees(np.arccos(np.clip(step @ normal / np.linalg.norm(step), -1, 1)))
        if slant > 0.1:
            notes["geometry_note"] = f"slices are shifted against each other (slanted by {slant:.2f} degrees)"
    else:
        step = normal * _thickness_mm(first)
        notes["geometry_note"] = "a single slice: its stated spacing or thickness was taken"
    affine = np.eye(4)
    affine[:3, 0] = step
    affine[:3, 1] = first.orientation[1] * first.pixel_spacing_mm[0]
    affine[:3, 2] = first.orientation[0] * first.pixel_spacing_mm[1]
    affine[:3, 3] = positions[0]
    return Stack(ordered, affine, told_apart_by, notes)


def _kind_of(plane: ImagePlane) -> tuple[Hashable, ...]:
    return (
        plane.series_uid,
        plane.frame_of_reference_uid,
        plane.shape,
        plane.dtype.str,
        plane.transfer_syntax,
        tuple(round(mm, 4) for mm in plane.pixel_spacing_mm),
        plane.facts.get("EchoTime"),
        plane.facts.get("ImageType"),
    )


def _point_the_same_way(one: ImagePlane, other: ImagePlane) -> bool:
    return bool(np.abs(one.orientation - other.orientation).max() <= _SAME_DIRECTION)


def _split_repeats(group: list[ImagePlane]) -> Iterator[tuple[str, list[ImagePlane]]]:
    """The group itself, or its parts when several planes lie at one position."""
    if not _has_repeats(group):
        yield "", group
        return
    for elements in (*[(name,) for name in _SPLITTING_ELEMENTS], _SPLITTING_ELEMENTS):
        parts: dict[tuple[Any, ...], list[ImagePlane]] = {}
        for plane in group:
            parts.setdefault(tuple(plane.told_apart_by.get(name) for name in elements), []).append(plane)
        if len(parts) > 1 and not any(_has_repeats(part) for part in parts.values()):
            varying = [at for at in range(len(elements)) if len({values[at] for values in parts}) > 1]
            for values in sorted(parts, key=lambda found: tuple(_sortable(value) for value in found)):
                words = ", ".join(f"{_in_words(elements[at])} {_short(values[at])}" for at in varying)
                yield words, parts[values]
            return
    raise UnreadableImage(
        f"Expected one image per slice position, found {len(group)} images at {_n_positions(group)} positions that "
        f"no header element tells apart, in {_where(group)}.",
        hint="Put each acquisition into a folder of its own.",
    )


def _projections(planes: Sequence[ImagePlane]) -> NDArray[np.float64]:
    normal = np.cross(*planes[0].orientation)
    return np.sort([float(plane.position @ normal) for plane in planes])


def _has_repeats(planes: Sequence[ImagePlane]) -> bool:
    return bool((np.diff(_projections(planes)) < _SAME_POSITION_MM).any())


def _n_positions(planes: Sequence[ImagePlane]) -> int:
    return int((np.diff(_projections(planes)) >= _SAME_POSITION_MM).sum()) + 1


def _require_right_angles(plane: ImagePlane) -> None:
    products = plane.orientation @ plane.orientation.T
    if not np.allclose(products, np.eye(2), atol=1e-3) or min(plane.pixel_spacing_mm) <= 0:
        raise UnreadableImage(
            f"Expected two unit vectors at a right angle and positive pixel spacings, found "
            f"{plane.orientation.ravel().tolist()} and {plane.pixel_spacing_mm} mm, in {plane.path}."
        )


def _require_even_spacing(
    planes: Sequence[ImagePlane], positions: NDArray[np.float64], normal: NDArray[np.float64], step: NDArray[np.float64]
) -> None:
    gaps = np.diff(positions @ normal)
    usual = float(np.median(gaps))
    allowed = max(_UNEVEN_LEAST_MM, _UNEVEN_SHARE * usual)
    odd = np.abs(gaps - usual)
    if odd.max() > allowed:
        at = int(odd.argmax())
        raise UnreadableImage(
            f"Expected a slice every {usual:.4g} mm, found {gaps[at]:.4g} mm between slices {at} and {at + 1} "
            f"of {len(planes)}, in {_where(planes)}.",
            hint="A slice is missing or the slices belong to different stacks; export the series again.",
        )
    even = positions[0] + np.arange(len(planes))[:, None] * step
    off = np.linalg.norm(positions - even, axis=1)
    if off.max() > allowed:
        raise UnreadableImage(
            f"Expected slices on one straight line, found slice {int(off.argmax())} {off.max():.3g} mm beside it, "
            f"in {_where(planes)}.",
            hint="The slices belong to different stacks; export them separately.",
        )


def _thickness_mm(plane: ImagePlane) -> float:
    stated = plane.facts.get("SpacingBetweenSlices") or plane.facts.get("SliceThickness")
    if not stated or float(stated) <= 0:
        raise UnreadableImage(
            f"Expected a slice thickness for a single slice, found none, in {plane.path}.",
            hint="Open the folder of the whole series.",
        )
    return float(stated)


def _where(planes: Sequence[ImagePlane]) -> str:
    return f"series {planes[0].series_uid or 'without UID'} ({planes[0].description or 'no description'})"


def _in_words(element: str) -> str:
    return {"DiffusionBValue": "b-value", "SequenceName": "sequence", "TemporalPosition": "temporal position"}.get(
        element, element
    )


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _sortable(value: Any) -> tuple[int, float, str]:
    if value is None:
        return (0, 0.0, "")
    return (1, value, "") if isinstance(value, float) else (2, 0.0, str(value))
