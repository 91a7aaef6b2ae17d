"""How much each candidate model is believed after the levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.infer.posterior import FitStatus, Posterior


def log_marginal(posterior: Posterior) -> float:
    """Laplace approximation of ln p(levels | model), up to a constant shared by models of the same levels.

    -2 ln p = objective + ln|Omega| - ln|covariance| (Kass & Raftery 1995, doi:10.1080/01621459.1995.10476572). Where
    levels are compared on the log scale, the density of the level itself is that of its logarithm over the level.
    """
    _, prior = np.linalg.slogdet(posterior.bound.model.omega)
    _, after = np.linalg.slogdet(posterior.covariance)
    scale = 0.0
    if posterior.bound.model.residual.log_additive is not None:
        scale = sum(math.log(fit.observed) for fit in posterior.levels if not fit.below_limit)
    return float(-0.5 * (posterior.objective + prior - after) - scale)


def weigh(posteriors: Sequence[Posterior]) -> tuple[Posterior, ...]:
    """Give each model its share: equal before any level, by marginal likelihood after; a failed fit gets none."""
    usable = [posterior.status is not FitStatus.FAILED for posterior in posteriors]
    if not any(usable):
        return tuple(replace(posterior, weight=0.0) for posterior in posteriors)
    scores = np.array([log_marginal(p) if ok else -np.inf for p, ok in zip(posteriors, usable, strict=True)])
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    return tuple(replace(p, weight=float(share)) for p, share in zip(posteriors, shares, strict=True))
