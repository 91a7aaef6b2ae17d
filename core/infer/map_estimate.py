"""The most probable etas of one patient: damped Newton from many starts in one batch, and proof of the optimum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.clinic.level import Level
from core.clinic.regimen import Dose
from core.drugs.model import BoundModel
from core.infer.descent import Descent, descend
from core.infer.importance import ImportanceSample
from core.infer.kink import lowest_point
from core.infer.likelihood import Objective, observations
from core.infer.posterior import FitStatus, Posterior
from core.infer.whitened import Whitened
from core.task import Task

Array = NDArray[np.float64]

STARTS = 8
GRADIENT_TOLERANCE = 1e-4  # of the objective, per standard deviation of the prior: an optimum is proved
_SETTLED = 1e-5  # ... and the descent goes on to here
_SAME_OPTIMUM = 1e-3  # in the objective
_SEED = 20201
_ON_KINK, _ON_KINK_EFFECTIVE = 10_000, 0.01  # proposals, and the share that must count: a hundred, as elsewhere


def estimate_map(
    bound: BoundModel, doses: Sequence[Dose], levels: Sequence[Level], *, starts: int = STARTS, task: Task | None = None
) -> Posterior:
    """Find the posterior mode of the etas and the Laplace covariance around it.

    Draws from the posterior itself are made when first asked for. With no level the prior is given back, exactly. The
    best of all optima is kept; the objectives of others are reported. An optimum counts only when the gradient vanishes
    and the Hessian is positive definite, or, where the objective has a kink, when no direction leads down
    (`core/infer/kink.py`); else the status is FAILED and no number may be used.

    Args:
        bound: the model with the patient's covariates.
        doses: what was given.
        levels: those to use.
        starts: number of starting points; the first is the typical patient.
        task: progress and cancel.

    Raises:
        InputError: a level cannot be read.
        Cancelled: on request.
    """
    n = len(bound.model.etas)
    omega = bound.model.omega
    prior = Posterior(bound, FitStatus.PRIOR, np.zeros(n), omega, 0.0, 0.0, doses=tuple(doses))
    if not levels or not n:
        return prior
    seen = observations(levels, bound.model.drug.molar_mass)
    objective = Objective(bound, tuple(doses), seen, np.asarray(np.linalg.inv(omega), dtype=float))
    whitened = Whitened(objective, np.asarray(np.linalg.cholesky(omega), dtype=float))
    found = descend(whitened, _starting_points(n, starts), settled=_SETTLED, task=task)
    return _posterior(prior, whitened, found, task)


@lru_cache(maxsize=32)
def _starting_points(n: int, starts: int) -> Array:
    """The typical patient, then points spread over the prior; always the same ones."""
    rng = np.random.default_rng(_SEED)
    points = np.concatenate([np.zeros((1, n)), 1.5 * rng.standard_normal((max(starts, 1) - 1, n))])
    points.flags.writeable = False
    return points


def _posterior(prior: Posterior, whitened: Whitened, found: Descent, task: Task | None) -> Posterior:
    root = whitened.root
    failed = replace(prior, status=FitStatus.FAILED, objective=float("inf"), gradient_norm=float("inf"))
    if not len(found.z):
        return failed
    norm = np.abs(found.gradient).max(axis=1)
    proved = found.curved & (norm <= GRADIENT_TOLERANCE)
    best = int(np.argmin(found.value))
    value = float(found.value[best])
    if not proved[best]:
        point = lowest_point(whitened, found.z[best], task)
        if point is None:
            return replace(failed, eta=root @ found.z[best], objective=value, gradient_norm=float(norm[best]))
        return _on_a_kink(prior, whitened, point)
    others = np.unique(np.round(found.value[proved & (found.value > value + _SAME_OPTIMUM)], 4))
    eta, covariance = root @ found.z[best], 2.0 * root @ np.linalg.inv(found.hessian[best]) @ root.T
    return replace(
        prior,
        status=FitStatus.CONVERGED,
        eta=eta,
        covariance=covariance,
        objective=value,
        gradient_norm=float(norm[best]),
        local_optima=tuple(float(item) for item in others),
        importance=ImportanceSample(eta, covariance, whitened.objective),
    )


def _on_a_kink(prior: Posterior, whitened: Whitened, point: Array) -> Posterior:
    """The posterior around an optimum without slope: the expected Hessian beside it lays out the proposals."""
    root = whitened.root
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value, gradient, hessian = whitened.slope(point[None])
    eta, covariance = root @ point, 2.0 * root @ np.linalg.inv(hessian[0]) @ root.T
    return replace(
        prior,
        status=FitStatus.CONVERGED,
        eta=eta,
        covariance=covariance,
        objective=float(value[0]),
        gradient_norm=float(np.abs(gradient[0]).max()),
        on_kink=True,
        importance=ImportanceSample(eta, covariance, whitened.objective, _ON_KINK, _ON_KINK_EFFECTIVE),
    )
