"""The outside of a muscle as triangles in the patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .anatomy import Structure
from .errors import InvalidChoice


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles around one muscle; equal only to itself.

    Parameters
    ----------
    structure : Structure
        Muscle and the patient's side.
    vertices_mm : ndarray of float32
        Corners in patient LPS coordinates [mm], shape ``(n_vertices, 3)``.
    triangles : ndarray of int32
        Three numbers of corners each, counter-clockwise seen from outside, shape ``(n_triangles, 3)``.
    fat_shares : ndarray of float32, optional
        Share of pixels called fat in the muscle around each corner, 0 to 1, shape ``(n_vertices,)``; not a number
        where it is not known.

    Raises
    ------
    InvalidChoice
        If a triangle names a corner that is not there, or there are not as many shares as corners.
    """

    structure: Structure
    vertices_mm: NDArray[np.float32]
    triangles: NDArray[np.int32]
    fat_shares: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        n_vertices = len(self.vertices_mm)
        if self.triangles.size and not 0 <= int(self.triangles.min()) <= int(self.triangles.max()) < n_vertices:
            raise InvalidChoice(
                f"Expected triangles of corners 0 to {n_vertices - 1}, found up to {int(self.triangles.max())}, "
                f"in {self.structure.label}."
            )
        if self.fat_shares is not None and len(self.fat_shares) != n_vertices:
            raise InvalidChoice(
                f"Expected {n_vertices} shares of fat, one per corner, found {len(self.fat_shares)}, "
                f"in {self.structure.label}."
            )

    @property
    def volume_mm3(self) -> float:
        """What the triangles enclose [mm3]."""
        return enclosed_volume(self.vertices_mm, self.triangles)

    @property
    def centroid_mm(self) -> NDArray[np.float64]:
        """Centre of what is enclosed, in LPS [mm], shape ``(3,)``."""
        corners = self.vertices_mm.astype(np.float64)
        origin = corners.mean(axis=0)
        a, b, c = (corners[self.triangles[:, k]] - origin for k in range(3))
        pieces = np.einsum("ij,ij->i", a, np.cross(b, c))
        return np.asarray(origin + (pieces[:, None] * (a + b + c) / 4).sum(axis=0) / pieces.sum())


def turned_outside(vertices_mm: NDArray[np.float32], triangles: NDArray[np.int32]) -> NDArray[np.int32]:
    """The triangles, all turned over where they are seen from inside."""
    return triangles if _signed_volume(vertices_mm, triangles) >= 0 else np.ascontiguousarray(triangles[:, ::-1])


def enclosed_volume(vertices: NDArray[np.float32], triangles: NDArray[np.int32]) -> float:
    """What closed triangles enclose, in the cube of the unit of their corners."""
    return abs(_signed_volume(vertices, triangles))


def _signed_volume(vertices_mm: NDArray[np.float32], triangles: NDArray[np.int32]) -> float:
    """Enclosed volume by the divergence theorem; negative where triangles are seen from inside."""
    corners = vertices_mm.astype(np.float64)
    corners = corners - corners.mean(axis=0) if len(corners) else corners
    a, b, c = (corners[triangles[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)
