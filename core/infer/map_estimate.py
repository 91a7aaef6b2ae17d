"""The most probable etas of one patient: damped Newton from many starts in one batch, and proof of the optimum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.clinic.level import Level
from core.clinic.regimen import Dose
from core.drugs.model import BoundModel
from core.infer.importance import resample
from core.infer.likelihood import Objective, observations
from core.infer.posterior import FitStatus, Posterior
from core.infer.whitened import Whitened
from core.task import Task

Array = NDArray[np.float64]

STARTS = 8
MOST_STEPS = 60
GRADIENT_TOLERANCE = 1e-4  # of the objective, per standard deviation of the prior
_SAME_OPTIMUM = 1e-3  # in the objective
_POLISHING_STEPS = 8
_NEAR = 0.02  # gain a full step still promises; below it the observed Hessian takes over
_MEETING = 0.5  # gain below which two starts are compared ...
_SAME_PLACE = 0.05  # ... and how close (standard deviations) the optima they head for must lie to be one
_LONGEST_STEP = 3.0  # standard deviations; further out the expansion says nothing
_SEED = 20201


def estimate_map(
    bound: BoundModel, doses: Sequence[Dose], levels: Sequence[Level], *, starts: int = STARTS, task: Task | None = None
) -> Posterior:
    """Find the posterior mode of the etas, the Laplace covariance around it, and draws from the posterior itself.

    With no level the prior is given back, exactly. The best of all optima is kept; the objectives of others are
    reported. An optimum counts only when the gradient vanishes and the Hessian is positive definite; else the status
    is FAILED and no number may be used.

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
    whitened = Whitened(objective, np.asarray(np.linalg.cholesky(omega), dtype=float))
    reached = _descend(whitened, _starting_points(n, starts), task)
    return resample(_posterior(prior, whitened, reached), objective)


@lru_cache(maxsize=32)
def _starting_points(n: int, starts: int) -> Array:
    """The typical patient, then points spread over the prior; always the same ones."""
    rng = np.random.default_rng(_SEED)
    points = np.concatenate([np.zeros((1, n)), 1.5 * rng.standard_normal((max(starts, 1) - 1, n))])
    points.flags.writeable = False
    return points


def _descend(whitened: Whitened, z: Array, task: Task | None) -> Array:
    """Levenberg-Marquardt on all starts at once, until each is near an optimum or meets another; points (S, n) left."""
    z, n = z.copy(), z.shape[1]
    damping = np.full(len(z), 1e-2)
    value, gradient, fisher = whitened.slope(z)
    for step in range(MOST_STEPS):
        if task is not None:
            task.step(step / MOST_STEPS, "fitting")
        keep = np.isfinite(value) & (damping < 1e8)
        if not keep.any():
            break
        z, value, gradient, fisher, damping = (item[keep] for item in (z, value, gradient, fisher, damping))
        full = np.linalg.solve(fisher, gradient[..., None])[..., 0]
        promised = 0.5 * (full * gradient).sum(axis=1)
        alone = _apart(z - full, value, promised)
        z, value, gradient, fisher = (item[alone] for item in (z, value, gradient, fisher))
        damping, promised = damping[alone], promised[alone]
        rows = np.flatnonzero(promised > _NEAR)
        if len(rows) == 0:
            break
        trial = z[rows] - _damped(gradient[rows], fisher[rows], damping[rows], n)
        found = whitened.slope(trial)
        better = found[0] <= value[rows]  # a value that is none is no better
        kept = rows[better]
        z[kept], value[kept], gradient[kept], fisher[kept] = trial[better], *(item[better] for item in found)
        damping[kept] = np.maximum(damping[kept] / 10.0, 1e-9)
        damping[rows[~better]] *= 6.0
    return z[np.argsort(value, kind="stable")]


def _damped(gradient: Array, fisher: Array, damping: Array, n: int) -> Array:
    diagonal = np.einsum("sii->si", fisher)
    step = np.linalg.solve(fisher + (damping[:, None] * diagonal)[:, :, None] * np.eye(n), gradient[..., None])[..., 0]
    length = np.sqrt((step**2).sum(axis=1))
    return np.asarray(step * np.minimum(1.0, _LONGEST_STEP / np.maximum(length, 1e-12))[:, None])


def _apart(aims: Array, value: Array, promised: Array) -> NDArray[np.intp]:
    """Positions of the starts to go on with: of those near that head for one place only the best."""
    if (promised < _MEETING).sum() < 2:
        return np.arange(len(aims))
    chosen: list[int] = []
    for item in np.argsort(value, kind="stable").tolist():
        near = promised[item] < _MEETING
        if near and any(
            promised[other] < _MEETING and float(np.abs(aims[item] - aims[other]).max()) < _SAME_PLACE
            for other in chosen
        ):
            continue
        chosen.append(item)
    return np.array(sorted(chosen), dtype=np.intp)


@dataclass(frozen=True, eq=False)
class _Optima:
    """Points (S, n) with value (S,), gradient (S, n), observed Hessian (S, n, n)."""

    z: Array
    value: Array
    gradient: Array
    hessian: Array

    @property
    def norm(self) -> Array:
        return np.asarray(np.abs(self.gradient).max(axis=1))

    @property
    def proved(self) -> NDArray[np.bool_]:
        settled = np.isfinite(self.value) & (self.norm <= GRADIENT_TOLERANCE)
        curved = np.zeros(len(settled), dtype=bool)
        curved[settled] = np.linalg.eigvalsh(self.hessian[settled])[:, 0] > 0
        return settled & curved


def _polish(whitened: Whitened, z: Array) -> _Optima:
    """Newton's method with the observed Hessian, damped where it is not positive or a step does not help."""
    n = z.shape[1]
    z, (value, gradient, hessian) = z.copy(), whitened.curve(z)
    lift = np.zeros(len(z))
    for _ in range(_POLISHING_STEPS):
        rows = np.flatnonzero(np.isfinite(value) & (np.abs(gradient).max(axis=1) > GRADIENT_TOLERANCE / 100.0))
        if len(rows) == 0:
            break
        lowest = np.linalg.eigvalsh(hessian[rows])[:, 0]
        shift = np.maximum(lift[rows], 1.0 - lowest) * (lowest <= 1e-3) + lift[rows] * (lowest > 1e-3)
        step = np.linalg.solve(hessian[rows] + shift[:, None, None] * np.eye(n), gradient[rows][..., None])[..., 0]
        trial = z[rows] - step
        found = whitened.curve(trial)
        better = found[0] <= value[rows] + 1e-9
        kept = rows[better]
        z[kept], value[kept], gradient[kept], hessian[kept] = trial[better], *(item[better] for item in found)
        lift[kept] /= 10.0
        lift[rows[~better]] = 10.0 * lift[rows[~better]] + 1.0
    return _Optima(z, value, gradient, hessian)


def _posterior(prior: Posterior, whitened: Whitened, reached: Array) -> Posterior:
    failed = replace(prior, status=FitStatus.FAILED, objective=float("inf"), gradient_norm=float("inf"))
    if not len(reached):
        return failed
    optima = _polish(whitened, reached)
    proved, root = optima.proved, whitened.root
    best = int(np.argmin(np.where(np.isfinite(optima.value), optima.value, np.inf)))
    value, norm = float(optima.value[best]), float(optima.norm[best])
    if not proved[best]:
        return replace(failed, eta=root @ optima.z[best], objective=value, gradient_norm=norm)
    others = np.unique(np.round(optima.value[proved & (optima.value > value + _SAME_OPTIMUM)], 4))
    return replace(
        prior,
        status=FitStatus.CONVERGED,
        eta=root @ optima.z[best],
        covariance=2.0 * root @ np.linalg.inv(optima.hessian[best]) @ root.T,
        objective=value,
        gradient_norm=norm,
        local_optima=tuple(float(item) for item in others),
    )
