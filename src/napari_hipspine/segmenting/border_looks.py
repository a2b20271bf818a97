"""What the picture looks like on the two sides of a muscle's border, learned on the slices where it was outlined.

The flow follows structures; it does not know which of them the reader took as the border. The outlined slices do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BAND_MM = 4.0
"""Pixels up to this far from the border are learned from and judged [mm]."""

_WIDTHS_MM = (0.8, 1.6, 3.2, 6.4)
_SPREADS_MM = (1.6, 3.2)
_CLOSINGS_MM = (0.9, 2.0)
_SMOOTH_MM = 0.8
_MOST_PIXELS = 1500
_LEAST_PIXELS = 20
_ROUNDS = 6
_RIDGE = 1e-2
_FARTHEST = 6.0
_MOST_ODDS = 2.0
_ODDS_SMOOTH_MM = 1.0
_SHIFT_PER_MM = 0.06
_MOST_SHIFT_MM = 1.5

Features = NDArray[np.float32]
"""Shape ``(n_features, n_rows, n_columns)``."""


def features_of(picture: NDArray[np.float32], spacing_mm: tuple[float, float]) -> Features:
    """Grey around every pixel at several widths, its spread, and grey without thin bright or dark streaks."""
    import cv2

    def smooth(image: NDArray[np.float32], width_mm: float) -> NDArray[np.float32]:
        rows, columns = (width_mm / step for step in spacing_mm)
        blurred = cv2.GaussianBlur(image, (0, 0), sigmaX=columns, sigmaY=rows, borderType=cv2.BORDER_REPLICATE)
        return np.asarray(blurred, dtype=np.float32)

    found = [picture, *(smooth(picture, width) for width in _WIDTHS_MM)]
    squares = picture * picture
    for width in _SPREADS_MM:
        mean = smooth(picture, width)
        found.append(np.sqrt(np.maximum(smooth(squares, width) - mean * mean, 0)))
    for width in _CLOSINGS_MM:
        rows, columns = (2 * max(int(width / step), 1) + 1 for step in spacing_mm)
        element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (columns, rows))
        found += [smooth(np.asarray(change(picture, element)), _SMOOTH_MM) for change in (cv2.erode, cv2.dilate)]
    return np.stack(found)


@dataclass(frozen=True, eq=False)
class BorderLooks:
    """How much rather inside than outside a muscle a pixel near its border looks.

    Parameters
    ----------
    middle, scale : ndarray, shape (n_features,)
        Bring features to mean 0 and spread 1.
    weights : ndarray, shape (2 n_features + 1,)
        Of the features, of their squares, and of 1.
    """

    middle: NDArray[np.float32]
    scale: NDArray[np.float32]
    weights: NDArray[np.float32]

    @classmethod
    def learned(cls, features: Sequence[Features], distances: Sequence[NDArray[np.float32]]) -> BorderLooks | None:
        """Learned from outlined slices with the signed distances [mm] of one muscle; None where too little is seen."""
        seen = [_near(one, distance) for one, distance in zip(features, distances, strict=True)]
        pixels = np.concatenate([found for found, _ in seen], axis=1)
        inside = np.concatenate([part for _, part in seen])
        if min(np.count_nonzero(inside), np.count_nonzero(~inside)) < _LEAST_PIXELS:
            return None
        every = max(inside.size // _MOST_PIXELS, 1)
        pixels, inside = pixels[:, ::every], inside[::every]
        middle, scale = pixels.mean(axis=1), pixels.std(axis=1) + np.float32(1e-6)
        terms = _terms((pixels - middle[:, np.newaxis]) / scale[:, np.newaxis]).astype(np.float64)
        return cls(middle, scale, _logistic(terms, inside).astype(np.float32))

    def shift_mm(
        self, distance: NDArray[np.float32], features: Features, spacing_mm: tuple[float, float], *, doubt_mm: float
    ) -> NDArray[np.float32]:
        """How far outwards the border should move [mm] to where the picture looks like the border that was outlined.

        Parameters
        ----------
        distance : ndarray, shape (n_rows, n_columns)
            Signed distance [mm] as carried over.
        features : ndarray
            Of this slice.
        spacing_mm : tuple of float
            Distance between rows and between columns [mm].
        doubt_mm : float
            How far the outlined slices are away [mm]: the further, the more the picture here may say.
        """
        import cv2

        near = np.abs(distance) < _BAND_MM
        if not near.any():
            return np.zeros_like(distance)
        pixels = (features[:, near] - self.middle[:, np.newaxis]) / self.scale[:, np.newaxis]
        odds = np.zeros_like(distance)
        odds[near] = np.clip(np.einsum("t,tp->p", self.weights, _terms(pixels)), -_MOST_ODDS, _MOST_ODDS)
        rows, columns = (_ODDS_SMOOTH_MM / step for step in spacing_mm)
        odds = np.asarray(cv2.GaussianBlur(odds, (0, 0), sigmaX=columns, sigmaY=rows), dtype=np.float32)
        shift = np.float32(_SHIFT_PER_MM * doubt_mm) * odds
        return np.asarray(np.clip(shift, -_MOST_SHIFT_MM, _MOST_SHIFT_MM), dtype=np.float32)


def _near(features: Features, distance: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    near = np.abs(distance) < _BAND_MM
    return features[:, near], distance[near] > 0


def _terms(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    limit = np.float32(_FARTHEST)
    whole = np.concatenate([pixels, pixels * pixels, np.ones_like(pixels[:1])])
    return np.asarray(np.clip(whole, -limit, limit), dtype=np.float32)


def _logistic(terms: NDArray[np.float64], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights of a logistic regression with a ridge, both sides of the border counting alike, by Newton's method."""
    share = inside.mean()
    counts = np.where(inside, 0.5 / share, 0.5 / (1 - share)) / inside.size
    weights = np.zeros(len(terms))
    for _ in range(_ROUNDS):
        likely = 1 / (1 + np.exp(-np.clip(np.einsum("t,tp->p", weights, terms), -15, 15)))
        slope = np.einsum("tp,p->t", terms, counts * (likely - inside)) + _RIDGE * weights
        bend = np.einsum("tp,sp->ts", terms * (counts * likely * (1 - likely)), terms) + _RIDGE * np.eye(len(terms))
        weights = weights - np.linalg.solve(bend, slope)
    return weights
