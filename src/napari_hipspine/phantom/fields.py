"""Smooth random fields: displacements for shapes, textures for tissue."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def generator_for(seed: int, *words: str) -> np.random.Generator:
    """A random generator of its own for every purpose, so that adding one never changes the others."""
    return np.random.default_rng([seed, *(zlib.crc32(word.encode()) for word in words)])


class WaveField:
    """A smooth random vector field over millimetres, made of plane waves.

    It is a function of position, not of a pixel grid: the same anatomy at any resolution.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where the waves come from.
    strength_mm : float
        Root mean square of each component [mm].
    in_plane_mm, along_mm : tuple of float
        Shortest and longest wavelength in the slice plane and along the slices [mm].
    """

    def __init__(
        self,
        rng: np.random.Generator,
        *,
        strength_mm: float,
        in_plane_mm: tuple[float, float] = (35.0, 120.0),
        along_mm: tuple[float, float] = (24.0, 90.0),
        n_waves: int = 14,
    ) -> None:
        direction = rng.uniform(0, 2 * np.pi, n_waves)
        frequency = 2 * np.pi / rng.uniform(*in_plane_mm, n_waves)
        along = 2 * np.pi / rng.uniform(*along_mm, n_waves) * rng.choice([-1.0, 1.0], n_waves)
        self._frequency = np.stack([frequency * np.cos(direction), frequency * np.sin(direction), along])
        self._phase = rng.uniform(0, 2 * np.pi, n_waves)
        self._amplitude = rng.normal(0, 1, (n_waves, 2)) * strength_mm * np.sqrt(2 / n_waves)

    def at(self, points: Array, height_mm: float) -> Array:
        """Displacement at points ``(n, 2)`` of one slice [mm], shape ``(n, 2)``."""
        angle = points @ self._frequency[:2] + height_mm * self._frequency[2] + self._phase
        return np.asarray(np.sin(angle) @ self._amplitude)


class Texture:
    """A seamless random pattern that can be read anywhere, at any stretch and turn.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where the pattern comes from.
    """

    SIZE = (24, 160, 160)

    def __init__(self, rng: np.random.Generator) -> None:
        from scipy.ndimage import gaussian_filter

        noise = gaussian_filter(rng.standard_normal(self.SIZE).astype(np.float32), 1.3, mode="wrap")
        self._tile = noise / noise.std()

    def at(self, along: Array, across: Array, height: float) -> Array:
        """Pattern at coordinates counted in grains (about two fit into a distance of five), mean 0, spread 1."""
        from scipy.ndimage import map_coordinates

        size = self.SIZE
        where = np.stack([np.full(np.shape(along), height % size[0]), np.mod(along, size[1]), np.mod(across, size[2])])
        return np.asarray(map_coordinates(self._tile, where, order=1, mode="grid-wrap", output=np.float64))
