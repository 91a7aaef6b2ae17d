"""Do the levels of one patient fit each other? Each against the rest, and neighbours exchanged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.drugs.model import Residual
from core.infer.likelihood import Observations, on_error_scale

SLIPS = (10.0, 0.1, 1000.0, 0.001)
Array = NDArray[np.float64]

_LEAST_EFFECTIVE = 20.0  # draws; fewer cannot tell a percentile
_SMALLEST = 1e-12  # (mg/L)^2; before the first dose nothing is predicted and no error either


@dataclass(frozen=True, eq=False)
class Comparison:
    """For each of T levels: percentile among those who fit the others (NaN when they are too few to tell), how much
    likelier all levels are with it and the next one exchanged, and with it times `factor`.
    """

    others: Array
    swaps: Array
    slips: Array
    factor: Array


def compare_levels(residual: Residual, predicted: Array, seen: Observations) -> Comparison:
    """Weigh draws of the prior by how well they explain the other levels.

    Args:
        residual: the model's error.
        predicted: levels (B, T) mg/L of B draws of the prior.
        seen: the levels (T,).

    Returns:
        Ratios are those of marginal likelihoods; a factor is one of the decimal slips 10, 1/10, 1000, 1/1000.

    Source: importance sampling from the prior; effective size after Kong 1992.
    """
    count = predicted.shape[1]
    own = np.stack([_log_density(residual, predicted, seen.values, seen.below, i, i) for i in range(count)], axis=1)
    whole = own.sum(axis=1)
    others = np.full(count, np.nan)
    for i in range(count):
        weight = np.exp(whole - own[:, i] - (whole - own[:, i]).max())
        weight /= weight.sum()
        if count > 1 and 1.0 / np.sum(weight**2) >= _LEAST_EFFECTIVE and not seen.below[i]:
            others[i] = 100.0 * float(weight @ _cumulative(residual, predicted[:, i], seen.values[i]))
    swaps = np.zeros(count)
    for i in range(count - 1):
        here = _log_density(residual, predicted, seen.values, seen.below, i, i + 1)
        there = _log_density(residual, predicted, seen.values, seen.below, i + 1, i)
        exchanged = whole - own[:, i] - own[:, i + 1] + here + there
        swaps[i] = _ratio(exchanged, whole)
    slips, factor = np.zeros(count), np.ones(count)
    for i in (i for i in range(count) if not seen.below[i]):
        for one in SLIPS:
            moved = seen.values.copy()
            moved[i] *= one
            scale = 0.0 if residual.log_additive is not None else np.log(one)  # densities per unit of the logarithm
            ratio = _ratio(
                whole - own[:, i] + scale + _log_density(residual, predicted, moved, seen.below, i, i), whole
            )
            if ratio > slips[i]:
                slips[i], factor[i] = ratio, one
    return Comparison(others, swaps, slips, factor)


def _ratio(other: Array, as_entered: Array) -> float:
    return float(np.exp(np.clip(_log_sum(other) - _log_sum(as_entered), -700.0, 700.0)))


def _log_density(
    residual: Residual, predicted: Array, values: Array, below: NDArray[np.bool_], place: int, taken_from: int
) -> Array:
    """Log density (B,) of the value of one level at the place of another."""
    compared, target, variance = on_error_scale(residual, predicted[:, [place]], values[[taken_from]])
    variance = np.maximum(variance, _SMALLEST)[:, 0]
    distance = (target - compared)[:, 0] / np.sqrt(variance)
    if below[taken_from]:
        from scipy.special import log_ndtr

        return np.asarray(log_ndtr(distance))
    return np.asarray(-0.5 * (np.log(variance) + distance**2))


def _cumulative(residual: Residual, predicted: Array, value: float) -> Array:
    from scipy.special import ndtr

    compared, target, variance = on_error_scale(residual, predicted[:, None], np.array([value]))
    return np.asarray(ndtr((target - compared)[:, 0] / np.sqrt(np.maximum(variance, _SMALLEST)[:, 0])))


def _log_sum(logs: Array) -> float:
    highest = float(logs.max())
    return highest + float(np.log(np.exp(logs - highest).sum()))
