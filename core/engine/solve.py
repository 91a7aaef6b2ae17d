"""One door to the engine: amounts and integrals of any graph, for a batch of patients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.engine import kernel
from core.engine.checks import check_times
from core.engine.graph import Flow, Graph, Solver
from core.engine.job import Job, prepare
from core.engine.layout import layout_of
from core.engine.linear import Linear
from core.engine.modal import Modal
from core.engine.modes import modes_of
from core.engine.nonlinear import Nonlinear
from core.engine.schedule import Array, Input, Segment, Side
from core.engine.timeline import Record, Window
from core.errors import InputError
from core.task import Task

__all__ = ["Flow", "Graph", "Input", "Segment", "Side", "Solution", "Solver", "simulate"]

_MODAL_CHUNK = 512
_LINEAR_CHUNK = 32  # matrices in numpy, which have to stay in the cache
_KERNEL_CHUNK = 256
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
    if not 0.0 < tolerance < 1.0:
        raise InputError("tolerance", "not_positive", value=tolerance)
    rising = bool(np.all(moments[1:] > moments[:-1]))
    ordered, back = (moments, None) if rising else np.unique(moments, return_inverse=True)
    job = prepare(graph, segments, inputs, float(ordered[-1]) if len(ordered) else -np.inf, tolerance)
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
    if back is not None:
        return Solution(record.amounts[:, back].transpose(2, 1, 0), record.areas[:, back].transpose(2, 1, 0))
    return Solution(record.amounts.transpose(2, 1, 0), record.areas.transpose(2, 1, 0))


def _solve(job: Job, record: Record, task: Task | None) -> None:
    solve, size = {
        Solver.MODAL: (_modal, _MODAL_CHUNK),
        Solver.LINEAR: (_linear, _KERNEL_CHUNK if kernel.available() else _LINEAR_CHUNK),
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


def _modal(job: Job, record: Record) -> None:
    """Closed form; whatever it cannot do without losing digits goes to the matrix exponential instead."""
    structure = job.graph.mammillary
    assert structure is not None
    outer = {job.graph.index(name) for name, _, _ in structure.peripherals}
    if outer & {*job.ports, *record.states, *record.integrals}:
        _linear(job, record)
        return
    modes, fine = [], np.ones(job.batch, dtype=bool)
    fed = structure.depot is not None and job.runs_into(job.graph.index(structure.depot))
    for rates in job.named_rates():
        found, good = modes_of(structure, rates)
        modes.append(found)
        fine &= good & found.apart if fed or record.integrals else good
    if not fine.all():
        _split(job, record, [(np.flatnonzero(fine), _modal), (np.flatnonzero(~fine), _linear)])
        return
    _run_phases(job, Modal(job.graph, modes, list(job.ports), bool(record.integrals)), record)


def _split(job: Job, record: Record, groups: Sequence[tuple[NDArray[np.intp], Callable[[Job, Record], None]]]) -> None:
    """Solve groups of patients apart and put their results together."""
    for patients, solve in groups:
        if len(patients) == 0:
            continue
        amounts, areas = record.amounts[:, :, patients], record.areas[:, :, patients]
        solve(job.of(patients, len(patients)), replace(record, amounts=amounts, areas=areas))
        record.amounts[:, :, patients], record.areas[:, :, patients] = amounts, areas


def _linear(job: Job, record: Record) -> None:
    groups = job.groups_by_time()
    if len(groups) > 1:
        _split(job, record, [(patients, _linear) for patients in groups])
        return
    job = job.sharing_times()
    driven = any(window.rate.any() for window in job.windows())
    layout = layout_of(job.graph, job.ports, tuple(record.states), tuple(record.integrals), driven)
    _run_phases(job, Linear(layout, job.rates, job.batch), record)


def _nonlinear(job: Job, record: Record) -> None:
    propagator = Nonlinear(job, record.integrals)
    record.amounts[:] = propagator.rest(0)[record.states][:, None, :]
    _run_phases(job, propagator, record)


def _run_phases(job: Job, propagator: Propagator, record: Record) -> None:
    area = np.zeros((len(record.integrals), job.batch))
    for phase in job.phases:
        amounts = propagator.rest(phase.windows[0].segment) if phase.cycle is None else propagator.periodic(phase.cycle)
        for window in phase.windows:
            low, high = np.searchsorted(record.times, [window.time[0].min(), window.end])
            amounts, area = propagator.run(window, amounts, area, record.part(int(low), int(high)))
