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
        return self.of_predictions(eta, self.predictions(eta))

    def of_predictions(self, eta: Array, predicted: Array) -> Array:
        """Objective (B,) when the predictions are known already."""
        prior = np.einsum("bi,ij,bj->b", eta, self.precision, eta)
        return np.asarray(self.misfit(predicted) + prior)

    def misfit(self, predicted: Array) -> Array:
        """What the levels contribute to the objective, (B,)."""
        return np.asarray(self._misfit(predicted).sum(axis=1))

    def _misfit(self, predicted: Array) -> Array:
        """Contribution of each level, (B, T)."""
        residual, seen = self.bound.model.residual, self.observed
        compared, target, variance = on_error_scale(residual, predicted, seen.values)
        with np.errstate(divide="ignore", invalid="ignore"):
            misfit = np.log(variance) + (target - compared) ** 2 / variance
            if not seen.below.any():
                return np.asarray(misfit)
            from scipy.special import log_ndtr

            censored = -2.0 * log_ndtr((target - compared) / np.sqrt(variance))
        return np.where(seen.below, censored, misfit)

    def slopes(self, predicted: Array) -> tuple[Array, Array, Array]:
        """By the prediction, of each level's contribution: first and second derivative and the second one's expectation.

        (B, T) each. A level below the limit has no simple expectation: there the second derivative itself, kept
        positive, stands in.
        """
        residual, seen = self.bound.model.residual, self.observed
        compared, target, variance = on_error_scale(residual, predicted, seen.values)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            off = target - compared
            if residual.log_additive is not None:
                inner = _Inner(off, -1.0 / predicted, 1.0 / predicted**2, variance, 0.0, 0.0)
            else:
                inner = _Inner(off, -1.0, 0.0, variance, residual.growth(predicted), 2.0 * residual.proportional**2)
            first, second, expected = inner.measured()
            if seen.below.any():
                below_first, below_second = inner.censored()
                first, second = np.where(seen.below, below_first, first), np.where(seen.below, below_second, second)
                expected = np.where(seen.below, np.maximum(below_second, 0.0), expected)
        return first, second, expected


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
        return predicted, np.broadcast_to(observed, predicted.shape), residual.variance(predicted)
    if (observed <= 0).any():
        raise InputError("levels", "level_zero_on_log_scale")
    compared = np.log(np.maximum(predicted, 1e-300))
    return (
        compared,
        np.broadcast_to(np.log(observed), predicted.shape),
        np.full_like(predicted, residual.log_additive**2),
    )
