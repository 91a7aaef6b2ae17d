"""Draws from the posterior itself, not from the Gaussian laid over its mode: importance sampling, then resampling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.infer.likelihood import Objective
from core.infer.posterior import FitStatus, Posterior

Array = NDArray[np.float64]

PROPOSALS = 1000
_WIDER = 2.0  # standard deviation of the proposal relative to Laplace's
_FROM_PRIOR = 0.2  # share of proposals drawn from the prior, so that no tail is missed
_LEAST_EFFECTIVE = 0.1  # of the proposals; below it the Gaussian is kept, and `effective` tells
_SEED = 31


def resample(posterior: Posterior, objective: Objective, proposals: int = PROPOSALS) -> Posterior:
    """Attach draws from the posterior to a converged fit; any other fit is given back unchanged.

    `effective` is the effective share of the proposals (Kong 1992); where it is too low for trust the Gaussian
    approximation stays in use.

    Args:
        posterior: mode and Laplace covariance.
        objective: the same levels and doses the mode was found with.
        proposals: number of proposals and of draws.

    Source: Rubin 1988 (sampling/importance resampling); defensive mixture: Hesterberg 1995,
    doi:10.1080/00401706.1995.10484303.
    """
    if posterior.status is not FitStatus.CONVERGED:
        return posterior
    rng = np.random.default_rng(_SEED)
    omega = posterior.bound.model.omega
    wide = _WIDER**2 * posterior.covariance
    points = _propose(posterior.eta, wide, omega, proposals, rng)
    log_target = -0.5 * objective.value(points)
    log_proposal = np.logaddexp(
        np.log(1.0 - _FROM_PRIOR) + _log_normal(points, posterior.eta, wide),
        np.log(_FROM_PRIOR) + _log_normal(points, np.zeros(len(posterior.eta)), omega),
    )
    log_weight = np.where(np.isfinite(log_target), log_target - log_proposal, -np.inf)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    effective = float(1.0 / np.sum(weight**2) / proposals)
    if effective < _LEAST_EFFECTIVE:
        return replace(posterior, effective=effective)
    places = (np.arange(proposals) + rng.random()) / proposals
    chosen = np.minimum(np.searchsorted(np.cumsum(weight), places), proposals - 1)
    return replace(posterior, effective=effective, draws=points[rng.permutation(chosen)])


def _propose(mode: Array, wide: Array, omega: Array, count: int, rng: np.random.Generator) -> Array:
    from_prior = round(_FROM_PRIOR * count)
    noise = rng.standard_normal((count, len(mode)))
    near = mode + noise[from_prior:] @ np.linalg.cholesky(wide).T
    return np.concatenate([noise[:from_prior] @ np.linalg.cholesky(omega).T, near])


def _log_normal(points: Array, centre: Array, covariance: Array) -> Array:
    root = np.linalg.cholesky(covariance)
    scaled = np.linalg.solve(root, (points - centre).T)
    return np.asarray(
        -0.5 * np.sum(scaled**2, axis=0) - np.log(np.diag(root)).sum() - 0.5 * len(centre) * np.log(2 * np.pi)
    )
