"""Draws from the posterior itself, not from the Gaussian laid over its mode: importance sampling, then resampling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.infer.likelihood import Objective

Array = NDArray[np.float64]

PROPOSALS = 1000
_WIDER = 2.0  # standard deviation of the proposal relative to Laplace's
_FROM_PRIOR = 0.2  # share of proposals drawn from the prior, so that no tail is missed
_LEAST_EFFECTIVE = 0.1  # of the proposals; below it the Gaussian is kept, and `effective` tells
_SEED = 31


@dataclass(frozen=True, eq=False)
class Drawn:
    """Draws (m, n) from the posterior, and the effective share of the proposals behind them (Kong 1992).

    `etas` is None where that share is too low for trust: the Gaussian approximation then stays in use.
    """

    etas: Array | None
    effective: float


@dataclass(frozen=True, eq=False)
class ImportanceSample:
    """Draws from the posterior around a proved mode, made when first asked for and always the same.

    Source: Rubin 1988 (sampling/importance resampling); defensive mixture: Hesterberg 1995,
    doi:10.1080/00401706.1995.10484303.
    """

    mode: Array  # (n,)
    covariance: Array  # Laplace's, (n, n)
    objective: Objective
    proposals: int = PROPOSALS
    least_effective: float = _LEAST_EFFECTIVE

    @cached_property
    def drawn(self) -> Drawn:
        """The draws, as many as there were proposals."""
        rng = np.random.default_rng(_SEED)
        omega = self.objective.bound.model.omega
        wide = _WIDER**2 * self.covariance
        points = _propose(self.mode, wide, omega, self.proposals, rng)
        log_target = -0.5 * self.objective.value(points)
        log_proposal = np.logaddexp(
            np.log(1.0 - _FROM_PRIOR) + _log_normal(points, self.mode, wide),
            np.log(_FROM_PRIOR) + _log_normal(points, np.zeros(len(self.mode)), omega),
        )
        log_weight = np.where(np.isfinite(log_target), log_target - log_proposal, -np.inf)
        weight = np.exp(log_weight - log_weight.max())
        weight /= weight.sum()
        effective = float(1.0 / np.sum(weight**2) / self.proposals)
        if effective < self.least_effective:
            return Drawn(None, effective)
        places = (np.arange(self.proposals) + rng.random()) / self.proposals
        chosen = np.minimum(np.searchsorted(np.cumsum(weight), places), self.proposals - 1)
        return Drawn(points[rng.permutation(chosen)], effective)


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
