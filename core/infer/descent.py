"""Damped Newton descent from many starts in one batch; starts that head for the same optimum become one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.infer.whitened import Whitened
from core.task import Task

Array = NDArray[np.float64]

MOST_STEPS = 60
_QUICK_STEPS = 4  # with the expected Hessian; a start that still is not near has left the reach of that
_NEAR = 2.0  # gain a full step promises below which a start is near an optimum
_SAME_PLACE = 0.1  # near starts whose aims lie as close (standard deviations of the prior) are one
_DAMPING = 1e-2  # of a start's first step, relative to the curvature
_LEAST_DAMPING = 1e-9
_HOPELESS = 1e4  # damping at which no step helps any more
_LONGEST_STEP = 3.0  # standard deviations; further out the expansion says nothing
_STATE = ("z", "value", "gradient", "hessian", "curved")
_ROUNDING, _INTEGRATED = 1e-9, 1e-6  # relative error of the objective, in closed form and from an integrator


@dataclass(frozen=True, eq=False)
class Descent:
    """Where starts stand: z (S, n), value (S,), gradient (S, n), Hessian (S, n, n), damping (S,).

    `curved` (S,) says where the Hessian is the observed one and positive; elsewhere it is the expected one.
    """

    z: Array
    value: Array
    gradient: Array
    hessian: Array
    curved: NDArray[np.bool_]
    damping: Array

    def of(self, rows: NDArray[np.intp]) -> Descent:
        """Some of the starts."""
        z, value, gradient, hessian = self.z[rows], self.value[rows], self.gradient[rows], self.hessian[rows]
        return Descent(z, value, gradient, hessian, self.curved[rows], self.damping[rows])

    def moves(self) -> Array:
        """What to subtract from each start, (S, n)."""
        damped = self.hessian.copy()
        np.einsum("sii->si", damped)[:] *= 1.0 + self.damping[:, None]
        step = np.linalg.solve(damped, self.gradient[..., None])[..., 0]
        length = np.sqrt((step**2).sum(axis=1, keepdims=True))
        return np.asarray(
            step if length.max() <= _LONGEST_STEP else step * np.minimum(1.0, _LONGEST_STEP / np.maximum(length, 1e-12))
        )

    def take(self, rows: NDArray[np.intp], trial: Descent, rounding: float) -> None:
        """Keep the trial points that are no worse, and damp the others more; in place."""
        better = trial.value <= self.value[rows] + rounding * (1.0 + np.abs(self.value[rows]))  # nan is no better
        if better.all() and len(rows) == len(self.value):  # as most steps are: whole arrays, no picking
            for name in _STATE:
                getattr(self, name)[...] = getattr(trial, name)
            np.maximum(self.damping / 10.0, _LEAST_DAMPING, out=self.damping)
            return
        kept = rows[better]
        for name in _STATE:
            getattr(self, name)[kept] = getattr(trial, name)[better]
        self.damping[kept] = np.maximum(self.damping[kept] / 10.0, _LEAST_DAMPING)
        self.damping[rows[~better]] *= 10.0


def descend(whitened: Whitened, points: Array, *, settled: float, task: Task | None = None) -> Descent:
    """Carry starting points (S, n) down to optima; those that met or cannot be evaluated are left out.

    First Levenberg-Marquardt with the expected Hessian by forward differences, then Newton with the observed one by
    central differences. A start is done when no part of its central gradient exceeds `settled`.

    Raises:
        Cancelled: on request.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # a start that cannot be evaluated is left out
        return _descend(whitened, points.copy(), settled, task)


def _descend(whitened: Whitened, z: Array, settled: float, task: Task | None) -> Descent:
    value, gradient, hessian = whitened.slope(z)
    state = Descent(z, value, gradient, hessian, np.zeros(len(z), dtype=bool), np.full(len(z), _DAMPING))
    for step in range(MOST_STEPS):
        if task is not None:
            task.step(step / MOST_STEPS, "fitting")
        if not np.isfinite(state.value).all():
            state = state.of(np.flatnonzero(np.isfinite(state.value)))
        if not len(state.z):
            break
        moves = state.moves()
        promised = np.where(state.damping <= _DAMPING, 0.5 * (moves * state.gradient).sum(axis=1), np.inf)
        alone = _apart(state.z - moves, state.value, promised)
        if len(alone) < len(promised):
            state, moves, promised = state.of(alone), moves[alone], promised[alone]
        done = state.curved & (np.abs(state.gradient).max(axis=1) <= settled)
        rows = np.flatnonzero(~done & (state.damping < _HOPELESS))
        if not len(rows):
            break
        quick = step < _QUICK_STEPS and float(promised.max()) > _NEAR
        trial = _evaluate(whitened, state.z[rows] - moves[rows], state.damping[rows], quick=quick)
        state.take(rows, trial, _ROUNDING if whitened.exact else _INTEGRATED)
    return state


def _evaluate(whitened: Whitened, z: Array, damping: Array, *, quick: bool) -> Descent:
    if quick:
        return Descent(z, *whitened.slope(z), np.zeros(len(z), dtype=bool), damping)
    value, gradient, observed, expected = whitened.curve(z)
    curved: NDArray[np.bool_] = np.asarray(np.isfinite(observed).all(axis=(1, 2)))
    curved[curved] = np.linalg.eigvalsh(observed[curved])[:, 0] > 0.0
    return Descent(z, value, gradient, np.where(curved[:, None, None], observed, expected), curved, damping)


def _apart(aims: Array, value: Array, promised: Array) -> NDArray[np.intp]:
    """Positions of the starts to go on with: of those near that head for one place only the best."""
    near = promised < _NEAR
    if near.sum() < 2:
        return np.arange(len(aims))
    chosen: list[int] = []
    for item in np.argsort(value, kind="stable").tolist():
        rivals = [other for other in chosen if near[other]]
        if near[item] and rivals and float(np.abs(aims[rivals] - aims[item]).max(axis=1).min()) < _SAME_PLACE:
            continue
        chosen.append(item)
    return np.array(sorted(chosen), dtype=np.intp)
