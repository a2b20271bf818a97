"""Affines and grids of every orientation for the laws of this folder."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_hipspine.domain.grid import Grid

spacings = st.sampled_from([0.5, 0.8, 1.0, 1.3, 4.0, 6.5])
sizes = st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6))
origins = st.tuples(*[st.floats(-300, 300).map(lambda x: round(x, 2))] * 3)


def turned(degrees_x: float, degrees_y: float, degrees_z: float) -> NDArray[np.float64]:
    """A rotation about the three patient axes, shape ``(3, 3)``."""
    turn = np.eye(3)
    for axis, degrees in enumerate((degrees_x, degrees_y, degrees_z)):
        a, b = [k for k in range(3) if k != axis]
        one = np.eye(3)
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        one[a, a], one[a, b], one[b, a], one[b, b] = c, -s, s, c
        turn = one @ turn
    return turn


def affine_of(
    directions: NDArray[np.float64], spacing: tuple[float, ...], origin: tuple[float, ...]
) -> NDArray[np.float64]:
    """4 x 4 affine from unit directions (columns), spacings and the first voxel."""
    affine = np.eye(4)
    affine[:3, :3] = directions * np.asarray(spacing)
    affine[:3, 3] = origin
    return affine


@st.composite
def affines(draw: st.DrawFn, max_degrees: float = 25.0, max_shear: float = 0.2) -> NDArray[np.float64]:
    """An affine of any axis order and direction, tilted by up to `max_degrees` about each axis and sheared."""
    order = draw(st.permutations(range(3)))
    signs = draw(st.tuples(*[st.sampled_from([1.0, -1.0])] * 3))
    directions = np.eye(3)[:, order] * signs
    angles = st.floats(-max_degrees, max_degrees) if max_degrees else st.just(0.0)
    directions = turned(draw(angles), draw(angles), draw(angles)) @ directions
    if max_shear:
        directions = directions @ (np.eye(3) + draw(st.floats(-max_shear, max_shear)) * np.eye(3, k=1))
        directions = directions / np.linalg.norm(directions, axis=0)
    return affine_of(directions, draw(st.tuples(spacings, spacings, spacings)), draw(origins))


@st.composite
def grids(draw: st.DrawFn, max_degrees: float = 25.0, max_shear: float = 0.2) -> Grid:
    """A small grid of any orientation."""
    return Grid(draw(sizes), draw(affines(max_degrees, max_shear)))


def axial(shape: tuple[int, int, int] = (5, 6, 7), spacing: tuple[float, float, float] = (4.0, 1.0, 1.0)) -> Grid:
    """Axial slices going up from the origin, rows to the back, columns to the patient's left."""
    slices_rows_columns = np.eye(3)[:, [2, 1, 0]]
    return Grid(shape, affine_of(slices_rows_columns, spacing, (0.0, 0.0, 0.0)))


def positions_of(grid: Grid) -> NDArray[np.float64]:
    """LPS position of every voxel, shape ``(n_slices, n_rows, n_columns, 3)``."""
    index = np.moveaxis(np.indices(grid.shape), 0, -1)
    return index @ grid.affine[:3, :3].T + grid.affine[:3, 3]
