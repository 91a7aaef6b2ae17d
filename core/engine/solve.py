"""One door to the engine: amounts and integrals of any graph, for a batch of patients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.engine.checks import batch_of, check_inputs, check_segments, check_times
from core.engine.graph import Flow, Graph, Solver
from core.engine.linear import Linear, layout_of
from core.engine.modal import Modal
from core.engine.modes import modes_of
from core.engine.nonlinear import Nonlinear
from core.engine.schedule import Array, Input, Segment, Side, Value
from core.engine.timeline import Phase, Record, Window, plan, ports_of
from core.task import Task

__all__ = ["Flow", "Graph", "Input", "Segment", "Side", "Solution", "Solver", "simulate"]

_MODAL_CHUNK = 512
_LINEAR_CHUNK = 64
_NONLINEAR_CHUNK = 1024


@dataclass(frozen=True)
class Solution:
    """`amounts` (B, T, S) in mg, `integrals` (B, T, I) in mg*h from the first event on."""

    amounts: Array
    integrals: Array


class Propagator(Protocol):
    """What each class of system offers: carry amounts through a window, and find a periodic state."""

    def run(self, window: Window, start: Array, area: Array, record: Record) -> tuple[Array, Array]:
        """Fill the record inside the window and return amounts (n, B) and areas (I, B) at its end."""

    def rest(self, segment: int) -> Array:
        """Amounts (n, B) before anything is given."""

    def periodic(self, cycle: Window) -> Array:
        """Amounts (n, B) at the start of a cycle that repeats for ever."""


@dataclass(frozen=True)
class _Job:
    """A checked request for some patients."""

    graph: Graph
    segments: Sequence[Segment]
    inputs: Sequence[Input]
    batch: int
    tolerance: float

    def of(self, patients: NDArray[np.intp] | slice, count: int) -> _Job:
        """The same request for some of the patients."""

        def pick(value: Value) -> Value:
            return value[patients] if isinstance(value, np.ndarray) and value.size > 1 else value

        segments = [Segment(s.start, {name: pick(value) for name, value in s.rates.items()}) for s in self.segments]
        inputs = [
            replace(
                given,
                amount=pick(given.amount),
                duration=pick(given.duration),
                lag=pick(given.lag),
                fraction=pick(given.fraction),
            )
            for given in self.inputs
        ]
        return replace(self, segments=segments, inputs=inputs, batch=count)

    def rates(self) -> list[dict[str, Array]]:
        """Rates of each segment as arrays (B,)."""
        return [
            {name: np.broadcast_to(np.asarray(value, dtype=float), (self.batch,)) for name, value in s.rates.items()}
            for s in self.segments
        ]


def simulate(
    graph: Graph,
    segments: Sequence[Segment],
    inputs: Sequence[Input],
    times: ArrayLike,
    *,
    states: Sequence[str] = (),
    integrals: Sequence[str] = (),
    side: Side = Side.BEFORE,
    tolerance: float = 1e-4,
    task: Task | None = None,
) -> Solution:
    """Amounts in states and their integrals over time.

    Args:
        graph: the model.
        segments: rates by time, starts ascending, at least one.
        inputs: what is given, any order; before the first of them every amount is 0.
        times: (T,) h in any order.
        states: whose amounts to return.
        integrals: whose integrals to return, counted from the first event on.
        side: whether a value at the time of a dose is taken before or after it. At the time of a steady-state input,
            before means the steady-state trough.
        tolerance: relative, for nonlinear graphs only; the other classes are exact to rounding.
        task: progress and cancellation.

    Returns:
        Amounts (B, T, S) mg and integrals (B, T, I) mg*h; B comes from broadcasting rates and inputs.

    Raises:
        ModelError: unknown state or missing rate, or no steady state exists.
        InputError: a rate, an input or a time is negative or not finite; the field names it.
    """
    moments = check_times(times)
    check_segments(graph, segments)
    check_inputs(graph, inputs)
    job = _Job(graph, segments, inputs, batch_of(segments, inputs), tolerance)
    ordered, back = np.unique(moments, return_inverse=True)
    record = Record(
        ordered,
        side is Side.AFTER,
        [graph.index(state) for state in states],
        [graph.index(state) for state in integrals],
        np.zeros((len(states), len(ordered), job.batch)),
        np.zeros((len(integrals), len(ordered), job.batch)),
    )
    if len(ordered) and job.batch:
        _solve(job, record, task)
    if len(ordered) != len(moments) or np.any(np.diff(back) < 0):
        return Solution(record.amounts[:, back].transpose(2, 1, 0), record.areas[:, back].transpose(2, 1, 0))
    return Solution(record.amounts.transpose(2, 1, 0), record.areas.transpose(2, 1, 0))


def _solve(job: _Job, record: Record, task: Task | None) -> None:
    solve, size = {
        Solver.MODAL: (_modal, _MODAL_CHUNK),
        Solver.LINEAR: (_linear, _LINEAR_CHUNK),
        Solver.NONLINEAR: (_nonlinear, _NONLINEAR_CHUNK),
    }[job.graph.solver]
    for low in range(0, job.batch, size):
        high = min(low + size, job.batch)
        if task is not None:
            task.step(low / job.batch)
        if high - low == job.batch:
            solve(job, record)
        else:
            solve(job.of(slice(low, high), high - low), _patients(record, slice(low, high)))


def _patients(record: Record, patients: slice) -> Record:
    return replace(record, amounts=record.amounts[:, :, patients], areas=record.areas[:, :, patients])


def _modal(job: _Job, record: Record) -> None:
    """Closed form; whatever it cannot do without losing digits goes to the matrix exponential instead."""
    structure = job.graph.mammillary
    assert structure is not None
    ports = [job.graph.index(state) for state in ports_of(job.inputs)]
    outer = {job.graph.index(name) for name, _, _ in structure.peripherals}
    if outer & {*ports, *record.states, *record.integrals}:
        _linear(job, record)
        return
    modes, fine = [], np.ones(job.batch, dtype=bool)
    needs_gap = bool(record.integrals) or any(i.state == structure.depot and np.any(i.duration) for i in job.inputs)
    for rates in job.rates():
        found, good = modes_of(structure, rates)
        modes.append(found)
        fine &= good & found.apart if needs_gap else good
    if not fine.all():
        _split(job, record, [(np.flatnonzero(fine), _modal), (np.flatnonzero(~fine), _linear)])
        return
    _run_phases(job, Modal(job.graph, modes, ports, bool(record.integrals)), record)


def _split(
    job: _Job, record: Record, groups: Sequence[tuple[NDArray[np.intp], Callable[[_Job, Record], None]]]
) -> None:
    """Solve groups of patients apart and put their results together."""
    for patients, solve in groups:
        if len(patients) == 0:
            continue
        own = replace(
            record,
            amounts=np.zeros_like(record.amounts[:, :, patients]),
            areas=np.zeros_like(record.areas[:, :, patients]),
        )
        solve(job.of(patients, len(patients)), own)
        record.amounts[:, :, patients] = own.amounts
        record.areas[:, :, patients] = own.areas


def _linear(job: _Job, record: Record) -> None:
    groups = list(_same_times(job))
    if len(groups) > 1:
        _split(job, record, [(patients, _linear) for patients in groups])
        return
    shared = [replace(given, lag=_first(given.lag), duration=_first(given.duration)) for given in job.inputs]
    ports = tuple(job.graph.index(state) for state in ports_of(shared))
    driven = any(given.duration > 0 for given in shared)
    layout = layout_of(job.graph, ports, tuple(record.states), tuple(record.integrals), driven)
    _run_phases(replace(job, inputs=shared), Linear(layout, job.rates(), job.batch), record)


def _first(value: Value) -> float:
    return float(np.ravel(value)[0])


def _same_times(job: _Job) -> Iterator[NDArray[np.intp]]:
    """Groups of patients whose inputs arrive and end at the same times."""
    varying = [v for given in job.inputs for v in (given.lag, given.duration) if np.size(v) > 1]
    if not varying:
        yield np.arange(job.batch)
        return
    _, group = np.unique(np.array(varying), axis=1, return_inverse=True)
    for number in range(int(group.max()) + 1):
        yield np.flatnonzero(group == number)


def _nonlinear(job: _Job, record: Record) -> None:
    doses = np.zeros(job.batch)
    for given in job.inputs:
        doses = np.maximum(doses, given.amount * np.asarray(given.fraction))
    ports = [job.graph.index(state) for state in ports_of(job.inputs)]
    scale = np.where(doses > 0, doses, 1.0)
    propagator = Nonlinear(job.graph, job.rates(), ports, record.integrals, scale, job.tolerance)
    record.amounts[:] = propagator.rest(0)[record.states][:, None, :]
    _run_phases(job, propagator, record)


def _run_phases(job: _Job, propagator: Propagator, record: Record) -> None:
    phases = plan(job.inputs, [segment.start for segment in job.segments], float(record.times[-1]))
    area = np.zeros((len(record.integrals), job.batch))
    for phase in phases:
        area = _run_phase(job, propagator, phase, area, record)


def _run_phase(job: _Job, propagator: Propagator, phase: Phase, area: Array, record: Record) -> Array:
    amounts = propagator.rest(phase.windows[0].segment) if phase.cycle is None else propagator.periodic(phase.cycle)
    for window in phase.windows:
        low = int(np.searchsorted(record.times, window.time[0].min(), side="left"))
        high = int(np.searchsorted(record.times, window.end, side="left"))
        amounts, area = propagator.run(window, amounts, area, record.part(low, high))
    return area
