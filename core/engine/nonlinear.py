"""Nonlinear graphs: stiff integration between events, periodic states by accelerated repetition."""

from __future__ import annotations

import numpy as np

from core.engine import kernel, rodas
from core.engine.job import Job
from core.engine.rodas import Course
from core.engine.schedule import Array
from core.engine.system import System, system_of
from core.engine.timeline import Record, Window, anchor_of
from core.errors import NoSteadyState

# Amounts below this share of the dose are held to absolute rather than relative accuracy.
_NEGLIGIBLE = 1e-4
_STEPS_SHARE = 0.5  # of the tolerance; values between steps, from the dense output, need the rest
_MOST_CYCLES = 300
_BEYOND_REASON = 1e8  # times the dose
_SETTLED = 1e-2  # of the dose, from one cycle to the next
_MEMORY = 8  # cycles the acceleration remembers: more than a body has slow processes


class Nonlinear:
    """Integration of a batch of patients with Rodas4, compiled where the kernel was built, in numpy otherwise."""

    def __init__(self, job: Job, integrals: list[int]) -> None:
        self._system: System = system_of(job.graph, tuple(integrals))
        self._batch = job.batch
        self._values = [self._system.values(segment, job.batch) for segment in job.named_rates()]
        self._rest = [self._system.rest(segment, job.batch) for segment in job.named_rates()]
        self._ports = np.array(job.ports, dtype=np.intp)
        self._scale = np.where(job.largest > 0, job.largest, 1.0)
        self._tolerance = job.tolerance * _STEPS_SHARE
        self._lost = np.zeros(job.batch, dtype=bool)  # patients without the steady state that was asked for

    def rest(self, segment: int) -> Array:
        """Amounts (n, B) before anything is given."""
        return self._rest[segment]

    def run(self, window: Window, start: Array, area: Array, record: Record) -> tuple[Array, Array]:
        """Fill the record; amounts (n, B) and areas (I, B) at the start of the window in, those at its end out."""
        n = len(start)
        last = float(record.times[-1]) if len(record.times) else -np.inf
        end = window.end if np.isfinite(window.end) else max(float(window.time[-1].max()), last)
        wanted = [*record.states, *(n + offset for offset in range(len(record.integrals)))]
        out = np.zeros((len(wanted), len(record.times), self._batch))
        course = self._course(window, end, record.times, anchor_of(window, record.times, record.after), wanted)
        x = self._integrate(window.segment, course, np.concatenate([start, area]), out)
        out[:, :, self._lost] = np.nan
        record.amounts[:], record.areas[:] = out[: len(record.states)], out[len(record.states) :]
        return x[:n], x[n:]

    def _course(self, window: Window, end: float, times: Array, index: rodas.Index, wanted: list[int]) -> Course:
        edges = np.concatenate([window.time, np.full((1, window.time.shape[1]), end)])
        absolute = np.full((self._system.size, self._batch), 1.0) * self._scale
        resting = self._rest[window.segment]
        absolute[: len(resting)] = np.where(resting > 0, resting, absolute[: len(resting)])
        return Course(
            np.maximum.accumulate(edges, axis=0),
            window.bolus,
            window.rate,
            self._ports,
            times,
            index.reshape(len(times), window.time.shape[1]),
            np.array(wanted, dtype=np.intp),
            self._tolerance,
            absolute * (self._tolerance * _NEGLIGIBLE),
        )

    def _integrate(self, segment: int, course: Course, start: Array, out: Array) -> Array:
        run = kernel.run if kernel.available() else rodas.run
        return run(self._system, self._values[segment], course, start, out)

    def periodic(self, cycle: Window) -> Array:
        """Amounts (n, B) at the start of a cycle that repeats for ever, before its first dose.

        Repeats the cycle with Anderson's acceleration until nothing changes any more. Patients whose amounts keep
        growing, as more is given than can be removed, start from nothing and are recorded as NaN.

        Raises:
            NoSteadyState: no patient of the batch has one.

        Source: Anderson 1965, doi:10.1145/321296.321305.
        """
        tight = min(self._tolerance * 1e-2, 1e-6)
        course = self._course(cycle, cycle.end, np.empty(0), np.empty(0, dtype=np.intp), [])
        course = rodas.Course(
            **{**course.__dict__, "relative": tight, "absolute": course.absolute * (tight / self._tolerance)}
        )
        n, integrals = len(self._system.graph.states), len(self._system.integrals)
        size = np.maximum(course.absolute[:n] / (tight * _NEGLIGIBLE), 1e-300)
        nothing, out = np.zeros((integrals, self._batch)), np.empty((0, 0, self._batch))

        def after_one(x: Array) -> Array:
            return self._integrate(cycle.segment, course, np.concatenate([x, nothing]), out)[:n]

        rest = self._rest[cycle.segment]
        x, found, tried, moved = rest, rest.copy(), [], []
        open_, growing = np.ones(self._batch, dtype=bool), np.zeros(self._batch, dtype=bool)
        for _ in range(_MOST_CYCLES):
            after = after_one(x)
            tried.append(after / size)
            moved.append((after - x) / size)
            guess = _accelerated(np.array(tried), np.array(moved))
            growing |= ~(np.abs(guess) < _BEYOND_REASON).all(axis=0)
            # The accelerated guess is a far better answer than x, so their distance is the error of x.
            close = (np.abs(guess - x / size) <= 0.3 * self._tolerance * (np.abs(guess) + _NEGLIGIBLE)).all(axis=0)
            settled = open_ & ~growing & close & (np.abs(moved[-1]) < _SETTLED).all(axis=0) & (len(tried) > 2)
            found[:, settled] = after[:, settled]
            open_ &= ~settled & ~growing
            if not open_.any():
                break
            tried, moved = tried[-_MEMORY:], moved[-_MEMORY:]
            x = np.where(open_, np.maximum(guess, 0.0) * size, found)
        self._lost |= open_ | growing
        if self._lost.all():
            raise NoSteadyState
        return found


def _accelerated(tried: Array, moved: Array) -> Array:
    """The next guess (n, B) from the last results `tried` (m, n, B) and the changes `moved` that led to them."""
    if len(tried) == 1:
        return np.asarray(tried[0])
    differences = np.diff(moved, axis=0).transpose(2, 1, 0)
    change = moved[-1].T[:, :, None]
    weights = np.linalg.pinv(differences, rcond=1e-10) @ change
    steps = np.diff(tried, axis=0).transpose(2, 1, 0)
    return np.asarray(tried[-1] - (steps @ weights)[:, :, 0].T)
