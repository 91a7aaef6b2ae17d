"""Rodas4, an L-stable Rosenbrock method of order 4(3) with dense output, batched over patients in numpy.

All patients of a batch take the same share of the interval between two anchors per step, so that their own event
times cost nothing extra; the least accurate patient decides the step.
Source: Hairer & Wanner, Solving Ordinary Differential Equations II (1996), section IV.7 and method RODAS.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.engine.schedule import Array
from core.engine.system import System, Values
from core.errors import ModelError

Index = NDArray[np.intp]

GAMMA = 0.25
A = (
    (),
    (1.544,),
    (0.9466785280815826, 0.2557011698983284),
    (3.314825187068521, 2.896124015972201, 0.9986419139977817),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950),
)
C = (
    (),
    (-5.6688,),
    (-2.430093356833875, -0.2063599157091915),
    (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
    (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160),
    (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054),
)
D = (
    (10.12623508344586, -7.487995877610167, -34.80091861555747, -7.992771707568823, 1.025137723295662),
    (-0.6762803392801253, 6.087714651680015, 16.43084320892478, 24.76722511418386, -6.594389125716872),
)
SAFETY, SHRINK, GROW = 0.9, 0.2, 6.0
SMALLEST_STEP = 1e-13  # share of an interval; below it no progress is possible in double precision
MOST_STEPS = 200_000

# A dense inverse costs less than many short calls for few patients; the list of sparse operations wins for many.
_FEW = 48


@dataclass(frozen=True)
class Course:
    """What happens in a window and what is asked for, for either implementation.

    K anchors, P ports, W = 1 or B. `edges` (K + 1, W) h: anchors and the end; `bolus`, `rate` (K, P, W);
    `ports` (P,) states; `times` (T,) h with `index` (T, W) their anchors; `wanted` (S,) extended states.
    `relative` tolerance, `absolute` (n, B) tolerance in the states' units.
    """

    edges: Array
    bolus: Array
    rate: Array
    ports: Index
    times: Array
    index: Index
    wanted: Index
    relative: float
    absolute: Array


def run(system: System, values: Values, course: Course, start: Array, out: Array) -> Array:
    """Integrate from `start` (n, B), write `out` (S, T, B), return the extended state at the end.

    Raises:
        ModelError: the step became too small to go on.
    """
    x = start.copy()
    for k in range(len(course.edges) - 1):
        x[course.ports] += course.bolus[k]
        drive = np.zeros_like(x)
        drive[course.ports] += course.rate[k]
        length = np.broadcast_to(course.edges[k + 1] - course.edges[k], x.shape[1:])
        points = _points(course, k, length)
        _write_at(out, course.wanted, points, x)
        if length.max() > 0:
            moving = np.maximum(length, 1e-12 * length.max())  # a patient whose events coincide stands still meanwhile
            x = _cross(system, values, course, x, drive, moving, points, out)
    return x


@dataclass(frozen=True)
class _Points:
    """Times asked for between two anchors: `rows` (t,) of the output, `share` of the interval (t, B), nan if none."""

    rows: Index
    share: Array


def _points(course: Course, k: int, length: Array) -> _Points:
    here = course.index == k
    rows = np.flatnonzero(here.any(axis=1))
    elapsed = course.times[rows, None] - course.edges[k]
    share = np.clip(elapsed / np.where(length > 0, length, 1.0), 0.0, 1.0)
    return _Points(rows, np.where(here[rows], share, np.nan))


def _write_at(out: Array, wanted: Index, points: _Points, x: Array) -> None:
    """Values at the very anchor, after its bolus."""
    if len(points.rows):
        now = points.share == 0.0
        for row, mask in zip(points.rows, now, strict=True):
            if mask.any():
                out[:, row] = np.where(mask, x[wanted], out[:, row])


def _cross(
    system: System,
    values: Values,
    course: Course,
    x: Array,
    drive: Array,
    length: Array,
    points: _Points,
    out: Array,
) -> Array:
    """Carry x over one interval between anchors."""
    share, first = 0.0, system.change(values, x, drive)
    size = _first_step(course, x, first * length)
    J = None
    for _ in range(MOST_STEPS):
        size = min(size, 1.0 - share) if 1.0 - share - size > 1e-10 else 1.0 - share
        J = system.slopes(values, x) if J is None else J
        step = _step(system, values, x, drive, size * length, first, J)
        scale = course.absolute + course.relative * np.maximum(np.abs(x), np.abs(step.end))
        error = float(np.sqrt(np.mean((step.error / scale) ** 2, axis=0)).max())
        factor = min(GROW, max(SHRINK, SAFETY / max(error, 1e-12) ** 0.25)) if np.isfinite(error) else SHRINK
        if error <= 1.0:
            _write_between(out, course.wanted, points, x, step, share, size)
            share, x, J = share + size, step.end, None
            if share >= 1.0 - 1e-14:
                return x
            first = system.change(values, x, drive)
        size *= factor
        if size < SMALLEST_STEP:
            break
    raise ModelError("the integration cannot go on: rates are too extreme for the tolerance asked for")


def _first_step(course: Course, x: Array, change: Array) -> float:
    scale = course.absolute + course.relative * np.abs(x)
    here = np.sqrt(np.mean((x / scale) ** 2, axis=0))
    there = np.sqrt(np.mean((change / scale) ** 2, axis=0))
    guess = np.where(here > 1e-5, 0.02 * here, 1.0) / np.maximum(there, 1e-300)
    return float(np.clip(guess.min(), 1e-9, 1.0))


@dataclass(frozen=True)
class _Step:
    """End of a step, its error estimate, and the two vectors of the dense output, each (n, B)."""

    end: Array
    error: Array
    dense: tuple[Array, Array]


def _step(system: System, values: Values, x: Array, drive: Array, h: Array, first: Array, J: Array) -> _Step:
    solver = _solver(system, J, h)
    u = np.empty((6, *x.shape))
    u[0] = solver.solve(first)
    y = x
    for stage in range(1, 6):
        y = x + _combined(A[stage], u) if stage < 5 else y + u[4]
        u[stage] = solver.solve(system.change(values, y, drive) + _combined(C[stage], u) / h)
    return _Step(y + u[5], u[5], (_combined(D[0], u), _combined(D[1], u)))


def _combined(weights: tuple[float, ...], u: Array) -> Array:
    """Sum of weight times stage over the first stages, (n, B)."""
    count = len(weights)
    return np.asarray(np.array(weights) @ u[:count].reshape(count, -1)).reshape(u.shape[1:])


def _write_between(
    out: Array, wanted: Index, points: _Points, x: Array, step: _Step, share: float, size: float
) -> None:
    inside = (points.share > share) & (points.share <= share + size * (1.0 + 1e-12))
    for number in np.flatnonzero(inside.any(axis=1)):
        theta = np.clip((points.share[number] - share) / size, 0.0, 1.0)
        bend = step.dense[0][wanted] + theta * step.dense[1][wanted]
        value = x[wanted] * (1.0 - theta) + theta * (step.end[wanted] + (1.0 - theta) * bend)
        out[:, points.rows[number]] = np.where(inside[number], value, out[:, points.rows[number]])


class _SparseSolver:
    """W u = b by the planned operations, W = I/(gamma h) - J."""

    def __init__(self, system: System, J: Array, h: Array) -> None:
        self._plan = system.factorisation
        self._W = -J
        self._W[system.diagonal] += 1.0 / (GAMMA * h)
        self._plan.factorise(self._W)

    def solve(self, b: Array) -> Array:
        u = b.copy()
        self._plan.solve(self._W, u)
        return u


class _DenseSolver:
    """The same by a dense inverse."""

    def __init__(self, system: System, J: Array, h: Array) -> None:
        size, batch = system.size, len(h)
        W = np.zeros((batch, size, size))
        rows, columns = np.array(list(system.factorisation.slots)).T
        W[:, rows, columns] = -J.T
        W[:, np.arange(size), np.arange(size)] += (1.0 / (GAMMA * h))[:, None]
        self._inverse = np.linalg.inv(W)

    def solve(self, b: Array) -> Array:
        return np.asarray((self._inverse @ b.T[:, :, None])[:, :, 0].T)


def _solver(system: System, J: Array, h: Array) -> _SparseSolver | _DenseSolver:
    return _DenseSolver(system, J, h) if len(h) <= _FEW else _SparseSolver(system, J, h)
