"""The most probable etas of one patient: damped Newton from many starts in one batch, and proof of the optimum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.clinic.level import Level
from core.clinic.regimen import Dose
from core.drugs.model import BoundModel
from core.infer.importance import resample
from core.infer.likelihood import Objective, observations
from core.infer.posterior import FitStatus, Posterior
from core.task import Task

Array = NDArray[np.float64]

STARTS = 8
MOST_STEPS = 60
GRADIENT_TOLERANCE = 1e-4  # of the objective, per standard deviation of the prior
_SAME_OPTIMUM = 1e-3
_POLISHING_STEPS = 6
_EPS = 1e-4  # step of the central differences, in standard deviations of the prior
_SEED = 20201


def estimate_map(
    bound: BoundModel, doses: Sequence[Dose], levels: Sequence[Level], *, starts: int = STARTS, task: Task | None = None
) -> Posterior:
    """Find the posterior mode of the etas, the Laplace covariance around it, and draws from the posterior itself.

    With no level the prior is given back, exactly. The best of all optima is kept; the objectives of others are
    reported. An optimum
    counts only when the gradient vanishes and the Hessian is positive definite; else the status is FAILED and no
    number may be used.

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
    prior = Posterior(bound, FitStatus.PRIOR, np.zeros(n), omega, 0.0, 0.0)
    if not levels or not n:
        return prior
    seen = observations(levels, bound.model.drug.molar_mass)
    objective = Objective(bound, tuple(doses), seen, np.asarray(np.linalg.inv(omega), dtype=float))
    root: Array = np.asarray(np.linalg.cholesky(omega), dtype=float)
    descent = _descend(_Whitened(objective, root), _starting_points(n, starts), task)
    return resample(_posterior(prior, objective, root, descent), objective)


@dataclass(frozen=True, eq=False)
class _Whitened:
    """The objective in units of prior standard deviations: eta = root z."""

    objective: Objective
    root: Array

    def value(self, z: Array) -> Array:
        return self.objective.value(z @ self.root.T)

    def expand(self, z: Array) -> tuple[Array, Array, Array]:
        """Objective (S,), gradient (S, n) and Fisher curvature (S, n, n) at points z (S, n)."""
        count, n = z.shape
        shifts = _EPS * np.concatenate([np.zeros((1, n)), np.eye(n), -np.eye(n)])
        points = (z[:, None, :] + shifts[None]).reshape(-1, n)
        predicted = self.objective.predictions(points @ self.root.T).reshape(count, 2 * n + 1, -1)
        jacobian = (predicted[:, 1 : n + 1] - predicted[:, n + 1 :]) / (2.0 * _EPS)
        first, curvature = self.objective.slopes(predicted[:, 0])
        gradient = np.einsum("snt,st->sn", jacobian, first) + 2.0 * z
        fisher = np.einsum("snt,st,smt->snm", jacobian, curvature, jacobian) + 2.0 * np.eye(n)
        return self.objective.of_predictions(z @ self.root.T, predicted[:, 0]), gradient, fisher

    def hessian(self, z: Array) -> Array:
        """Observed Hessian (n, n) at one point, from central differences of the gradient."""
        n = len(z)
        step = 1e-3
        points = np.concatenate([z + step * np.eye(n), z - step * np.eye(n)])
        _, gradient, _ = self.expand(points)
        raw = (gradient[:n] - gradient[n:]) / (2.0 * step)
        return np.asarray((raw + raw.T) / 2.0)


def _starting_points(n: int, starts: int) -> Array:
    """The typical patient, then points spread over the prior; always the same ones."""
    rng = np.random.default_rng(_SEED)
    return np.concatenate([np.zeros((1, n)), 1.5 * rng.standard_normal((max(starts, 1) - 1, n))])


@dataclass(frozen=True, eq=False)
class _Descent:
    z: Array  # (S, n)
    value: Array  # (S,)
    gradient: Array  # (S, n)


def _descend(whitened: _Whitened, z: Array, task: Task | None) -> _Descent:
    """Levenberg-Marquardt on all starts at once; a start whose step does not help is damped more."""
    count, n = z.shape
    damping = np.full(count, 1e-2)
    value, gradient, fisher = whitened.expand(z)
    for step in range(MOST_STEPS):
        if task is not None:
            task.step(step / MOST_STEPS, "fitting")
        active = (np.abs(gradient).max(axis=1) > GRADIENT_TOLERANCE / 100.0) & (damping < 1e8)
        if not active.any():
            break
        rows = np.flatnonzero(active)
        scale = np.einsum("sii->si", fisher[rows])
        damped = fisher[rows] + damping[rows, None, None] * np.einsum("si,ij->sij", scale, np.eye(n))
        trial = z[rows] - np.linalg.solve(damped, gradient[rows][..., None])[..., 0]
        new_value, new_gradient, new_fisher = whitened.expand(trial)
        better = np.isfinite(new_value) & (new_value <= value[rows] + 1e-12 * np.abs(value[rows]))
        kept = rows[better]
        z[kept], value[kept] = trial[better], new_value[better]
        gradient[kept], fisher[kept] = new_gradient[better], new_fisher[better]
        damping[kept] = np.maximum(damping[kept] / 8.0, 1e-9)
        damping[rows[~better]] *= 6.0
    return _Descent(z, value, gradient)


def _polish(whitened: _Whitened, z: Array, value: float, gradient: Array) -> tuple[Array, float, Array, Array]:
    """Newton steps with the observed Hessian from the best point; a step that does not help ends it."""
    hessian = whitened.hessian(z)
    for _ in range(_POLISHING_STEPS):
        if np.abs(gradient).max() <= GRADIENT_TOLERANCE / 100.0 or np.linalg.eigvalsh(hessian)[0] <= 0:
            break
        trial = z - np.linalg.solve(hessian, gradient)
        values, gradients, _ = whitened.expand(trial[None])
        if not values[0] <= value + 1e-9 or np.abs(gradients[0]).max() >= np.abs(gradient).max():
            break
        z, value, gradient = trial, float(values[0]), gradients[0]
        hessian = whitened.hessian(z)
    return z, value, gradient, hessian


def _posterior(prior: Posterior, objective: Objective, root: Array, descent: _Descent) -> Posterior:
    whitened = _Whitened(objective, root)
    finite = np.isfinite(descent.value)
    if not finite.any():
        return replace(prior, status=FitStatus.FAILED, objective=float("inf"), gradient_norm=float("inf"))
    best = int(np.flatnonzero(finite)[np.argmin(descent.value[finite])])
    z, value, gradient, hessian = _polish(whitened, descent.z[best], float(descent.value[best]), descent.gradient[best])
    norm = float(np.abs(gradient).max())
    proved = norm <= GRADIENT_TOLERANCE and bool(np.linalg.eigvalsh(hessian)[0] > 0)
    if not proved:
        return replace(prior, status=FitStatus.FAILED, eta=root @ z, objective=value, gradient_norm=norm)
    settled = np.abs(descent.gradient).max(axis=1) <= 10.0 * GRADIENT_TOLERANCE
    others = np.unique(np.round(descent.value[settled & (descent.value > value + _SAME_OPTIMUM)], 4))
    return replace(
        prior,
        status=FitStatus.CONVERGED,
        eta=root @ z,
        covariance=2.0 * root @ np.linalg.inv(hessian) @ root.T,
        objective=value,
        gradient_norm=norm,
        local_optima=tuple(float(item) for item in others),
    )
