"""The likelihood of a logistic model with a random intercept: adaptive Gauss-Hermite quadrature and its gradient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .columns import FloatArray, IntArray
from .logistic import expit, softplus

DEFAULT_POINTS = 9
"""Quadrature points per group; one point is Laplace's approximation."""

MOST_STEPS = 100


@dataclass(frozen=True)
class RandomInterceptLikelihood:
    """The likelihood of rows in groups, as a function of coefficients and the groups' standard deviation.

    Parameters
    ----------
    matrix : ndarray, shape ``(n_rows, n_columns)``
        Rows sorted by group.
    events, trials : ndarray, shape ``(n_rows,)``
        Outcome.
    starts : ndarray, shape ``(n_groups,)``
        First row of each group.
    n_points : int
        Quadrature points.
    multiplicity : ndarray, shape ``(n_groups,)``
        How often each group counts.
    """

    matrix: FloatArray
    events: FloatArray
    trials: FloatArray
    starts: IntArray
    n_points: int
    multiplicity: FloatArray

    @cached_property
    def group_of_row(self) -> IntArray:
        """Index of each row's group."""
        sizes = np.diff([*self.starts, len(self.events)])
        return np.repeat(np.arange(len(self.starts)), sizes)

    @cached_property
    def _rule(self) -> tuple[FloatArray, FloatArray]:
        nodes, weights = np.polynomial.hermite.hermgauss(self.n_points)
        return nodes, np.log(weights) + nodes**2

    def value_and_gradient(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Log-likelihood (without binomial constants) and its exact gradient.

        Parameters
        ----------
        theta : ndarray, shape ``(n_columns + 1,)``
            Coefficients, then the standard deviation, whose sign is of no account.

        Notes
        -----
        Modes and curvatures move with the parameters; the gradient follows them, so that it is the gradient of
        the quadrature sum itself and not of the integral it stands for.
        """
        beta, sigma = theta[:-1], theta[-1]
        fixed = self.matrix @ beta
        mode = self._find_modes(fixed, sigma)
        spread, d_mode, d_spread = self._follow_modes(fixed, sigma, mode)
        nodes, log_weights = self._rule
        places = mode[:, None] + np.sqrt(2) * spread[:, None] * nodes
        eta = fixed[:, None] + sigma * places[self.group_of_row]
        inside = self._sum(self.events[:, None] * eta - self.trials[:, None] * softplus(eta)) - places**2 / 2
        logs = log_weights + inside
        top = logs.max(axis=1, keepdims=True)
        share = np.exp(logs - top)
        total = share.sum(axis=1, keepdims=True)
        share = share / total
        value = np.log(total[:, 0]) + top[:, 0] + np.log(spread) - np.log(np.pi) / 2
        residual = self.events[:, None] - self.trials[:, None] * expit(eta)
        pull = self._sum(residual)
        slope = share * (sigma * pull - places)
        weighted = (self.multiplicity[:, None] * share)[self.group_of_row]
        moved = slope.sum(axis=1)
        stretched = np.sqrt(2) * (slope @ nodes) + 1 / spread
        gradient = self.multiplicity @ (moved[:, None] * d_mode + stretched[:, None] * d_spread)
        gradient[:-1] += self.matrix.T @ (weighted * residual).sum(axis=1)
        gradient[-1] += self.multiplicity @ (share * pull * places).sum(axis=1)
        return float(self.multiplicity @ value), gradient

    def modes(self, theta: FloatArray) -> FloatArray:
        """The most likely standardised intercept of each group; times the deviation it is the group's log-odds."""
        return self._find_modes(self.matrix @ theta[:-1], theta[-1])

    def _sum(self, rows: FloatArray) -> FloatArray:
        """Sums over the rows of each group."""
        return np.asarray(np.add.reduceat(rows, self.starts, axis=0))

    def _find_modes(self, fixed: FloatArray, sigma: float) -> FloatArray:
        """The mode of each group's integrand, by Newton steps halved while the integrand falls."""
        mode = np.zeros(len(self.starts))
        height = self._heights(fixed, sigma, mode)
        for _ in range(MOST_STEPS):
            chance = expit(fixed + sigma * mode[self.group_of_row])
            slope = sigma * self._sum(self.events - self.trials * chance) - mode
            step = slope / (1 + sigma**2 * self._sum(self.trials * chance * (1 - chance)))
            if np.abs(step).max() < 1e-12:
                break
            for _ in range(MOST_STEPS):
                risen = self._heights(fixed, sigma, mode + step)
                fallen = risen < height - 1e-12 * np.abs(height)
                if not fallen.any():
                    break
                step = np.where(fallen, step / 2, step)
            mode, height = mode + step, risen
        return mode

    def _heights(self, fixed: FloatArray, sigma: float, mode: FloatArray) -> FloatArray:
        eta = fixed + sigma * mode[self.group_of_row]
        return np.asarray(self._sum(self.events * eta - self.trials * softplus(eta)) - mode**2 / 2)

    def _follow_modes(
        self, fixed: FloatArray, sigma: float, mode: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Width of each group's integrand, and how mode and width change with every parameter."""
        chance = expit(fixed + sigma * mode[self.group_of_row])
        weight = self.trials * chance * (1 - chance)
        bend = weight * (1 - 2 * chance)
        weights, bends = self._sum(weight), self._sum(bend)
        spread = 1 / np.sqrt(1 + sigma**2 * weights)
        pull = self._sum(self.events - self.trials * chance)
        mixed = np.column_stack([-sigma * self._sum(weight[:, None] * self.matrix), pull - sigma * weights * mode])
        d_mode = spread[:, None] ** 2 * mixed
        d_weights = np.column_stack([self._sum(bend[:, None] * self.matrix), bends * mode])
        d_weights += sigma * bends[:, None] * d_mode
        d_curvature = sigma**2 * d_weights
        d_curvature[:, -1] += 2 * sigma * weights
        return spread, d_mode, -0.5 * spread[:, None] ** 3 * d_curvature


def arrange_by_group(
    matrix: FloatArray,
    events: FloatArray,
    trials: FloatArray,
    groups: npt.ArrayLike,
    *,
    n_points: int = DEFAULT_POINTS,
    multiplicity: FloatArray | None = None,
) -> RandomInterceptLikelihood:
    """The likelihood of rows in any order; groups are numbered in the order of their numbers."""
    number = np.asarray(groups)
    order = np.argsort(number, kind="stable")
    _, starts = np.unique(number[order], return_index=True)
    return RandomInterceptLikelihood(
        np.ascontiguousarray(matrix[order]),
        events[order],
        trials[order],
        starts,
        n_points,
        np.ones(len(starts)) if multiplicity is None else multiplicity,
    )
