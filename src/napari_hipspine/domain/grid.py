"""Where voxels lie in the patient: shape, affine and the questions asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InvalidChoice

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Turns an affine into NIfTI world coordinates (RAS) into one into DICOM patient coordinates (LPS)."""

_POSITIVE = "LPS"
_NEGATIVE = "RAI"
_HEAD_LEFT_BACK = (2, 0, 1)
"""World axes in the order in which a slice normal is pointed: to the head, else the left, else the back."""

POSITION_TOLERANCE_MM = 0.01
"""Two grids are the same when no corner differs by more than this [mm]."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Voxel positions of a volume without its voxels.

    Parameters
    ----------
    shape : tuple of int
        ``(n_slices, n_rows, n_columns)``.
    affine : array_like, shape (4, 4)
        Index ``(slice, row, column)`` to patient LPS coordinates [mm], at voxel centres.
    frame_of_reference_uid : str, optional
        DICOM frame of reference, where known.

    Raises
    ------
    InvalidChoice
        If the shape is not three positive whole numbers, or the affine is singular, not finite or projective.
    """

    shape: tuple[int, int, int]
    affine: NDArray[np.float64]
    frame_of_reference_uid: str | None = None

    def __post_init__(self) -> None:
        shape = tuple(int(n) for n in self.shape)
        affine = np.array(self.affine, dtype=np.float64)
        if len(shape) != 3 or min(shape) < 1 or shape != tuple(self.shape):
            raise InvalidChoice(f"Expected three positive sizes (slices, rows, columns), found {self.shape}.")
        if not _spans_space(affine):
            raise InvalidChoice(
                f"Expected a finite, invertible 4 x 4 affine in millimetres, found {affine.tolist()}.",
                hint="The header carries no usable geometry; export the series again with its positions.",
            )
        affine.setflags(write=False)
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "affine", affine)

    @cached_property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between neighbouring slices, rows and columns [mm]."""
        lengths = np.linalg.norm(self.affine[:3, :3], axis=0)
        return (float(lengths[0]), float(lengths[1]), float(lengths[2]))

    @property
    def pixel_area_mm2(self) -> float:
        """Area of one pixel in the slice plane [mm2]."""
        return float(np.linalg.norm(np.cross(self.affine[:3, 1], self.affine[:3, 2])))

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel, from the slice spacing and not the slice thickness [mm3]."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    @cached_property
    def slice_normal(self) -> NDArray[np.float64]:
        """Unit normal of the slices in LPS, pointing to the head (else left, else back)."""
        normal = np.cross(self.affine[:3, 1], self.affine[:3, 2])
        normal = normal / np.linalg.norm(normal)
        leading = next(axis for axis in _HEAD_LEFT_BACK if abs(normal[axis]) > 1e-6)
        return _read_only(normal if normal[leading] > 0 else -normal)

    @cached_property
    def slice_positions_mm(self) -> NDArray[np.float64]:
        """Position of every slice centre along the slice normal [mm], shape ``(n_slices,)``."""
        middle = [(n - 1) / 2 for n in self.shape[1:]]
        index = np.array([[i, *middle, 1.0] for i in range(self.shape[0])])
        return _read_only((index @ self.affine.T)[:, :3] @ self.slice_normal)

    def slice_position_mm(self, slice_index: int) -> float:
        """Position of one slice centre along the slice normal [mm]."""
        return float(self.slice_positions_mm[slice_index])

    def nearest_slice(self, position_mm: float) -> int:
        """Index of the slice whose centre lies nearest to a position along the normal [mm]; halfway, the lower one."""
        # The order of storage must not decide halfway between two slices, nor the last digits of a header.
        distances = np.round(np.abs(self.slice_positions_mm - position_mm), 6)
        return int(np.lexsort((self.slice_positions_mm, distances))[0])

    @property
    def orientation(self) -> str:
        """Where each axis grows, in patient letters, e.g. ``"SPL"``: slices to the head, rows back, columns left."""
        return "".join(axis_letters(self.affine))

    @property
    def obliquity_deg(self) -> float:
        """Angle between the slice normal and the nearest patient axis [degrees]."""
        return float(np.degrees(np.arccos(np.clip(np.abs(self.slice_normal).max(), 0.0, 1.0))))

    @property
    def corners_mm(self) -> NDArray[np.float64]:
        """Centres of the eight outermost voxels in LPS [mm], shape ``(8, 3)``."""
        ends = np.array(np.meshgrid(*[(0, n - 1) for n in self.shape], indexing="ij")).reshape(3, -1)
        return np.asarray((self.affine @ np.vstack([ends, np.ones(8)]))[:3].T)

    def same_as(self, other: Grid) -> bool:
        """Whether both grids have one shape and no voxel lies more than a hundredth of a millimetre apart."""
        return self.shape == other.shape and bool(
            np.abs(self.corners_mm - other.corners_mm).max() <= POSITION_TOLERANCE_MM
        )

    def difference_from(self, other: Grid) -> str:
        """Differences to another grid as one sentence for messages; empty when they are the same."""
        if self.same_as(other):
            return ""
        parts = []
        if self.shape != other.shape:
            parts.append(f"shape {_times(self.shape)} against {_times(other.shape)}")
        if not np.allclose(self.spacing_mm, other.spacing_mm, rtol=0, atol=1e-3):
            parts.append(f"spacing {_mm(self.spacing_mm)} against {_mm(other.spacing_mm)} mm")
        if self.orientation != other.orientation:
            parts.append(f"orientation {self.orientation} against {other.orientation}")
        else:
            parts.extend(_angle_between(self, other))
        shift = float(np.linalg.norm(self.affine[:3, 3] - other.affine[:3, 3]))
        if shift > POSITION_TOLERANCE_MM:
            parts.append(f"first voxel {shift:.2f} mm apart")
        return "; ".join(parts) or "voxel positions differ by small steps that add up across the volume"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Grid):
            return NotImplemented
        return self.shape == other.shape and bool(np.array_equal(self.affine, other.affine))

    def __reduce__(self) -> tuple[object, ...]:
        # Made anew on the other side, where the affine is locked again.
        return Grid, (self.shape, self.affine, self.frame_of_reference_uid)

    def __hash__(self) -> int:
        # Adding zero turns -0.0 into 0.0: the two are equal and must not hash apart.
        return hash((self.shape, (self.affine + 0.0).tobytes()))


def axis_letters(affine: ArrayLike) -> tuple[str, ...]:
    """Letters saying where each index axis of an LPS affine grows (L, R, P, A, S, I)."""
    directions = np.asarray(affine, dtype=np.float64)[:3, :3]
    directions = directions / np.linalg.norm(directions, axis=0)
    taken: dict[int, int] = {}
    for world, axis in sorted(np.ndindex(3, 3), key=lambda wa: -abs(directions[wa[0], wa[1]])):
        if axis not in taken and world not in taken.values():
            taken[axis] = world
    return tuple((_POSITIVE if directions[taken[axis], axis] > 0 else _NEGATIVE)[taken[axis]] for axis in range(3))


def arrange_axes(shape: Sequence[int], affine: ArrayLike) -> tuple[Grid, tuple[int, int, int]]:
    """Grid of a stored array and the order of its axes as (slice, row, column).

    The slice axis is the one with the largest spacing; among those within one per cent of it, the one nearest
    to head-foot. Columns are the remaining axis nearer to left-right (for sagittal slices: front-back), so that
    a picture drawn row by row stands as radiologists expect, without a voxel being moved.

    Parameters
    ----------
    shape : sequence of int, length 3
        Sizes of the stored axes.
    affine : array_like, shape (4, 4)
        Stored index to patient LPS coordinates [mm].

    Returns
    -------
    grid : Grid
        Geometry with the axes in the order (slice, row, column); every axis keeps its own direction.
    axes : tuple of int
        Stored axes to be handed to a transpose.
    """
    stored = np.asarray(affine, dtype=np.float64)
    # Checked before anything is divided by a length: a singular header must end in the grid's own refusal.
    Grid(tuple(shape), stored)  # type: ignore[arg-type]
    lengths = np.linalg.norm(stored[:3, :3], axis=0)
    directions = np.abs(stored[:3, :3] / lengths)
    candidates = [axis for axis in range(3) if lengths[axis] >= lengths.max() * 0.99]
    slice_axis = max(candidates, key=lambda axis: (directions[2, axis], axis))
    rest = [axis for axis in range(3) if axis != slice_axis]
    across = 0 if max(directions[0, axis] for axis in rest) > 0.5 else 1
    column_axis = max(rest, key=lambda axis: (directions[across, axis], -axis))
    row_axis = next(axis for axis in rest if axis != column_axis)
    axes = (slice_axis, row_axis, column_axis)
    arranged = stored[:, [*axes, 3]]
    return Grid((int(shape[slice_axis]), int(shape[row_axis]), int(shape[column_axis])), arranged), axes


def _spans_space(affine: NDArray[np.float64]) -> bool:
    """Whether an affine is 4 x 4, finite, and its three axes are neither zero nor in one plane."""
    if affine.shape != (4, 4) or not np.isfinite(affine).all() or np.abs(affine[3] - (0, 0, 0, 1)).max() > 1e-9:
        return False
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    return bool(lengths.min() > 0 and abs(np.linalg.det(affine[:3, :3] / lengths)) > 1e-6)


def _read_only(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values, locked: they are kept with the grid, and nobody may move its slices."""
    values.setflags(write=False)
    return values


def _angle_between(one: Grid, other: Grid) -> list[str]:
    cosines = [
        np.clip(one.affine[:3, k] @ other.affine[:3, k] / (one.spacing_mm[k] * other.spacing_mm[k]), -1, 1)
        for k in range(3)
    ]
    degrees = float(np.degrees(np.arccos(min(cosines))))
    return [f"axes turned by {degrees:.2f} degrees"] if degrees > 0.01 else []


def _times(shape: Sequence[int]) -> str:
    return " x ".join(str(n) for n in shape)


def _mm(values: Sequence[float]) -> str:
    return " x ".join(f"{v:.4g}" for v in values)
