"""The objective in units of prior standard deviations, with the derivatives a descent and a proof need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from core.infer.likelihood import Objective

Array = NDArray[np.float64]

# Steps of the differences, in standard deviations of the prior. Integrated models carry the integrator's noise.
_FORWARD = 1e-5
_FORWARD_INTEGRATED = 1e-4
_CENTRAL = 5e-4
_CENTRAL_INTEGRATED = 2e-3


@dataclass(frozen=True, eq=False)
class Whitened:
    """An objective of z, where eta = root z and root root' = omega."""

    objective: Objective
    root: Array

    @cached_property
    def exact(self) -> bool:
        """Whether predictions carry no integrator's noise."""
        return self.objective.bound.model.linear

    def slope(self, z: Array) -> tuple[Array, Array, Array]:
        """Objective (S,), gradient (S, n) and expected Hessian (S, n, n) at points z (S, n), by forward differences."""
        count, n = z.shape
        step = _FORWARD if self.exact else _FORWARD_INTEGRATED
        points = z[:, None, :] + step * _one_sided(n)
        predicted = self._predict(points.reshape(-1, n)).reshape(count, n + 1, -1)
        centre = predicted[:, 0]
        jacobian = (predicted[:, 1:] - centre[:, None]) / step
        at = self.objective.expand(centre)
        gradient = np.matmul(jacobian, at.first[:, :, None])[:, :, 0] + 2.0 * z
        fisher = np.matmul(jacobian * at.expected[:, None], jacobian.transpose(0, 2, 1)) + _two(n)
        return at.value + (z**2).sum(axis=1), gradient, fisher

    def curve(self, z: Array) -> tuple[Array, Array, Array, Array]:
        """Objective (S,), gradient (S, n), observed and expected Hessian (S, n, n) at z (S, n), central differences."""
        count, n = z.shape
        step = _CENTRAL if self.exact else _CENTRAL_INTEGRATED
        stencil, first_of, second_of = _two_sided(n)
        predicted = self._predict((z[:, None, :] + step * stencil).reshape(-1, n)).reshape(count, len(stencil), -1)
        jacobian = np.matmul(first_of, predicted) / step
        bend = np.matmul(second_of, predicted).reshape(count, n, n, -1) / step**2
        at = self.objective.expand(predicted[:, 0])
        turned = jacobian.transpose(0, 2, 1)
        gradient = np.matmul(jacobian, at.first[:, :, None])[:, :, 0] + 2.0 * z
        observed = np.matmul(jacobian * at.second[:, None], turned) + _two(n)
        observed += np.matmul(bend, at.first[:, None, :, None])[..., 0]
        expected = np.matmul(jacobian * at.expected[:, None], turned) + _two(n)
        return at.value + (z**2).sum(axis=1), gradient, observed, expected

    def _predict(self, z: Array) -> Array:
        return self.objective.predictions(z @ self.root.T)


@lru_cache(maxsize=32)
def _two(n: int) -> Array:
    """Curvature of the prior, z'z."""
    return 2.0 * np.eye(n)


@lru_cache(maxsize=32)
def _one_sided(n: int) -> Array:
    return np.concatenate([np.zeros((1, n)), np.eye(n)])


@lru_cache(maxsize=32)
def _two_sided(n: int) -> tuple[Array, Array, Array]:
    """Points of the stencil (P, n) in steps, and what turns values there into slopes (n, P) and curvatures (n n, P).

    Mixed: f_ij = (f(+i+j) + f(-i-j) - f(+i) - f(-i) - f(+j) - f(-j) + 2 f) / 2 (Abramowitz & Stegun 25.3.27).
    """
    eye = np.eye(n)
    pairs = [(i, j) for i in range(n) for j in range(i)]
    both = np.array([eye[i] + eye[j] for i, j in pairs]).reshape(-1, n)
    points = np.concatenate([np.zeros((1, n)), eye, -eye, both, -both])
    plus, minus = 1 + np.arange(n), 1 + n + np.arange(n)
    first, second = np.zeros((n, len(points))), np.zeros((n, n, len(points)))
    first[np.arange(n), plus], first[np.arange(n), minus] = 0.5, -0.5
    for i in range(n):
        second[i, i, [0, plus[i], minus[i]]] = -2.0, 1.0, 1.0
    for place, (i, j) in enumerate(pairs):
        row = np.zeros(len(points))
        row[[0, plus[i], minus[i], plus[j], minus[j]]] = 1.0, -0.5, -0.5, -0.5, -0.5
        row[[1 + 2 * n + place, 1 + 2 * n + len(pairs) + place]] = 0.5
        second[i, j] = second[j, i] = row
    return points, first, second.reshape(n * n, -1)
