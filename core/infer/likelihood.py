"""How well etas explain the levels of one patient: -2 log posterior without constants, and its curvature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.clinic.level import Level
from core.clinic.regimen import Dose
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
        return self.bound.concentrations(eta, self.doses, self.observed.times)

    def value(self, eta: Array) -> Array:
        """Objective (B,): sum of ln(var) + res^2/var, plus eta' Omega^-1 eta."""
        return self.of_predictions(eta, self.predictions(eta))

    def of_predictions(self, eta: Array, predicted: Array) -> Array:
        """Objective (B,) when the predictions are known already."""
        prior = np.einsum("bi,ij,bj->b", eta, self.precision, eta)
        return np.asarray(self._misfit(predicted).sum(axis=1) + prior)

    def _misfit(self, predicted: Array) -> Array:
        """Contribution of each level, (B, T)."""
        residual, seen = self.bound.model.residual, self.observed
        compared, target, variance = on_error_scale(residual, predicted, seen.values)
        misfit = np.log(variance) + (target - compared) ** 2 / variance
        if not seen.below.any():
            return np.asarray(misfit)
        from scipy.special import log_ndtr

        censored = -2.0 * log_ndtr((target - compared) / np.sqrt(variance))
        return np.where(seen.below, censored, misfit)

    def slopes(self, predicted: Array) -> tuple[Array, Array]:
        """First derivative and expected curvature of each level's contribution by its prediction, (B, T) each."""
        residual, seen = self.bound.model.residual, self.observed
        compared, target, variance = on_error_scale(residual, predicted, seen.values)
        stretch = np.ones_like(predicted) if residual.log_additive is None else 1.0 / np.maximum(predicted, 1e-300)
        growth = residual.growth(predicted) if residual.log_additive is None else 0.0 * predicted
        off = target - compared
        first = growth / variance * (1.0 - off**2 / variance) - 2.0 * off / variance * stretch
        if seen.below.any():
            step = 1e-5 * np.maximum(np.abs(predicted), 1e-8)
            slope = (self._misfit(predicted + step) - self._misfit(predicted - step)) / (2.0 * step)
            first = np.where(seen.below, slope, first)
        return first, 2.0 * stretch**2 / variance + (growth / variance) ** 2


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
