"""From drawn slices to what a scanner would store: averaging, coil, noise, whole numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .fields import Array, WaveField, generator_for
from .specification import PhantomSpec

UINT16_MAX = 65535


def average_blocks(fine: Array, fine_steps: int) -> Array:
    """Mean over squares of fine pixels, ``(n * s, m * s)`` to ``(n, m)``."""
    n_rows, n_columns = fine.shape[0] // fine_steps, fine.shape[1] // fine_steps
    blocks = fine.reshape(n_rows, fine_steps, n_columns, fine_steps)
    return np.asarray(blocks.mean(axis=(1, 3)))


def coil_sensitivity(spec: PhantomSpec, rows_mm: Array, columns_mm: Array, height_mm: float) -> Array:
    """Relative signal of the coil over one slice, ``(n_rows, n_columns)``: a gradient to the back and a slow ripple."""
    middle = (rows_mm[0] + rows_mm[-1]) / 2
    reach = abs(rows_mm[-1] - rows_mm[0]) / 2
    gradient = 1 + spec.coil_gradient * (rows_mm - middle) / reach
    waves = WaveField(
        generator_for(spec.seed, "coil"),
        strength_mm=spec.coil_ripple,
        in_plane_mm=(250.0, 400.0),
        along_mm=(150.0, 300.0),
        n_waves=6,
    )
    step = 8
    backward, leftward = np.meshgrid(rows_mm[::step], columns_mm[::step], indexing="ij")
    points = np.stack([leftward.ravel(), backward.ravel()], axis=1)
    coarse = waves.at(points, height_mm)[:, 0].reshape(backward.shape)
    along_rows = np.stack([np.interp(columns_mm, columns_mm[::step], line) for line in coarse])
    ripple = np.stack([np.interp(rows_mm, rows_mm[::step], line) for line in along_rows.T], axis=1)
    return np.asarray(np.clip(gradient[:, None] * (1 + ripple), 0.02, None))


def add_rician_noise(signal: Array, spread: float, rng: np.random.Generator) -> Array:
    """Magnitude of a signal with the same noise in both channels.

    References
    ----------
    Gudbjartsson H, Patz S. The Rician distribution of noisy MRI data. Magn Reson Med 1995.
    doi:10.1002/mrm.1910340618
    """
    if spread == 0:
        return signal
    real = signal + rng.normal(0, spread, signal.shape)
    return np.hypot(real, rng.normal(0, spread, signal.shape))


def to_stored(signal: Array) -> NDArray[np.uint16]:
    """Whole numbers as a scanner stores them."""
    return np.asarray(np.clip(np.rint(signal), 0, UINT16_MAX), dtype=np.uint16)
