"""How well etas explain the levels of one patient: -2 log posterior without constants, and its curvature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.clinic.level import Level
from core.clinic.regimen import Dose
from core.drugs.level_predictor import Predictor, level_predictor
from core.drugs.model import BoundModel, Residual
from core.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Observations:
    """Levels as numbers: times (T,) h, values (T,) mg/L, and which are limits the level lies below."""

    times: Array
    values: Array
    below: NDArray[np.bool_]


def observations(levels: Sequence[Level], molar_mass: float) -> Observations:
    """Turn levels into numbers.

    Raises:
        InputError: a level's unit is no concentration.
    """
    return Observations(
        times=np.array([level.time for level in levels], dtype=float),
        values=np.array([level.mg_per_l(molar_mass) for level in levels], dtype=float),
        below=np.array([level.below_limit for level in levels], dtype=bool),
    )


@dataclass(frozen=True, eq=False)
class Objective:
    """-2 log posterior of the etas of one bound model, for batches of etas (B, n)."""

    bound: BoundModel
    doses: tuple[Dose, ...]
    observed: Observations
    precision: Array  # inverse of omega

    def predictions(self, eta: Array) -> Array:
        """Predicted levels (B, T), mg/L."""
        return self._predict(eta)

    @cached_property
    def _predict(self) -> Predictor:
        return level_predictor(self.bound, self.doses, self.observed.times)

    def value(self, eta: Array) -> Array:
        """Objective (B,): sum of ln(var) + res^2/var, plus eta' Omega^-1 eta."""
        prior = np.einsum("bi,ij,bj->b", eta, self.precision, eta)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.asarray(self._contributions(self._inner(self.predictions(eta))).sum(axis=1) + prior)

    def expand(self, predicted: Array) -> Expansion:
        """What the levels contribute at their predictions (B, T), with derivatives by each prediction.

        Numbers that are none mark predictions at which the levels cannot be; numpy's warnings are left to the caller.
        """
        inner = self._inner(predicted)
        value = self._contributions(inner).sum(axis=1)
        first, second, expected = inner.measured()
        if self._censored:
            below = self.observed.below
            below_first, below_second = inner.censored()
            first, second = np.where(below, below_first, first), np.where(below, below_second, second)
            expected = np.where(below, np.maximum(below_second, 0.0), expected)
        return Expansion(value, first, second, expected)

    @cached_property
    def _censored(self) -> bool:
        return bool(self.observed.below.any())

    def _inner(self, predicted: Array) -> _Inner:
        residual, seen = self.bound.model.residual, self.observed
        compared, target, variance = on_error_scale(residual, predicted, seen.values)
        if residual.log_additive is not None:
            return _Inner(target - compared, -1.0 / predicted, 1.0 / predicted**2, variance, 0.0, 0.0)
        growth = residual.growth(predicted)
        return _Inner(target - compared, -1.0, 0.0, variance, growth, 2.0 * residual.proportional**2)

    def _contributions(self, inner: _Inner) -> Array:
        """Contribution of each level, (B, T)."""
        misfit = np.log(inner.variance) + inner.off**2 / inner.variance
        if not self._censored:
            return np.asarray(misfit)
        from scipy.special import log_ndtr

        return np.where(self.observed.below, -2.0 * log_ndtr(inner.off / np.sqrt(inner.variance)), misfit)


@dataclass(frozen=True, eq=False)
class Expansion:
    """What levels contribute to the objective, (B,), and by each prediction: first, second, expected second (B, T).

    A level below the limit has no simple expectation: there the second derivative itself, kept positive, stands in.
    """

    value: Array
    first: Array
    second: Array
    expected: Array


@dataclass(frozen=True, eq=False)
class _Inner:
    """Observed minus predicted (`off`) and its variance, each with two derivatives by the prediction."""

    off: Array
    off_1: Array | float
    off_2: Array | float
    variance: Array
    variance_1: Array | float
    variance_2: float

    def measured(self) -> tuple[Array, Array, Array]:
        """First, second and expected second derivative of ln(variance) + off^2 / variance."""
        growth = self.variance_1 / self.variance
        pull = self.off / self.variance
        square = self.off * pull
        first = growth * (1.0 - square) + 2.0 * pull * self.off_1
        second = (self.variance_2 / self.variance - growth**2) * (1.0 - square) + growth**2 * square
        second = second - 4.0 * growth * pull * self.off_1 + 2.0 * self.off_1**2 / self.variance
        second = second + 2.0 * pull * self.off_2
        return first, np.asarray(second), np.asarray(2.0 * self.off_1**2 / self.variance + growth**2)

    def censored(self) -> tuple[Array, Array]:
        """First and second derivative of -2 ln Phi(off / deviation)."""
        from scipy.special import log_ndtr

        deviation = np.sqrt(self.variance)
        growth = 0.5 * self.variance_1 / self.variance  # of the deviation, relative
        u = self.off / deviation
        u_1 = self.off_1 / deviation - u * growth
        growth_1 = 0.5 * self.variance_2 / self.variance - 2.0 * growth**2
        u_2 = (self.off_2 - self.off_1 * growth) / deviation - u_1 * growth - u * growth_1
        hazard = np.exp(-0.5 * u**2 - 0.5 * np.log(2.0 * np.pi) - log_ndtr(u))
        return -2.0 * hazard * u_1, -2.0 * (hazard * u_2 - hazard * (u + hazard) * u_1**2)


def on_error_scale(residual: Residual, predicted: Array, observed: Array) -> tuple[Array, Array, Array]:
    """Give prediction, observation and variance on the scale the residual error is additive on.

    Raises:
        InputError: a level of zero cannot stand on a log scale.
    """
    if residual.log_additive is None:
        return predicted, observed, residual.variance(predicted)
    if (observed <= 0).any():
        raise InputError("levels", "level_zero_on_log_scale")
    compared = np.log(np.maximum(predicted, 1e-300))
    return (
        compared,
        np.log(observed),
        np.full_like(predicted, residual.log_additive**2),
    )
