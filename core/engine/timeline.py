"""From inputs and segments to what happens to each patient, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.engine.schedule import Array, Input, Value
from core.errors import ModelError

# Times closer than this (h, 4 microseconds) are the same moment: sums of decimal hours are not exact in binary.
SAME_MOMENT = 1e-9


@dataclass(frozen=True)
class Window:
    """A stretch of time with constant rates of the model.

    K anchors, P ports (states that receive inputs), W = 1 where all patients share a value, else B.
    Anchor 0 is the start of the window (no bolus). `time` (K, W) h ascending; `bolus` (K, P, W) mg added at the
    anchor; `rate` (K, P, W) mg/h that flows from the anchor on.
    """

    segment: int
    end: float
    time: Array
    bolus: Array
    rate: Array


@dataclass(frozen=True)
class Phase:
    """A stretch that owes nothing to what came before: from the first input, or from a steady state, on.

    `cycle` is one interval of the regimen whose periodic steady state holds at `start`, None to start from rest.
    """

    start: float
    end: float
    windows: tuple[Window, ...]
    cycle: Window | None


@dataclass(frozen=True)
class _Pulses:
    """N single deliveries: start, stop (N, W) h; bolus (N, W) mg; rate (N, W) mg/h; port (N,)."""

    start: Array
    stop: Array
    bolus: Array
    rate: Array
    port: NDArray[np.intp]


def ports_of(inputs: Sequence[Input]) -> tuple[str, ...]:
    """The states that receive inputs, in order of first use."""
    return tuple(dict.fromkeys(given.state for given in inputs))


@dataclass(frozen=True)
class Record:
    """What is asked for, and the arrays it is written to.

    `times` (T,) h ascending; positions of states in the graph; `amounts` (S, T, B) mg, `areas` (I, T, B) mg*h.
    """

    times: Array
    after: bool
    states: list[int]
    integrals: list[int]
    amounts: Array
    areas: Array

    def part(self, low: int, high: int) -> Record:
        """The same for times[low:high], writing to the same arrays."""
        rows = slice(low, high)
        return replace(self, times=self.times[rows], amounts=self.amounts[:, rows], areas=self.areas[:, rows])


def plan(inputs: Sequence[Input], starts: Sequence[float], until: float) -> tuple[Phase, ...]:
    """Lay out inputs and segment starts as phases and windows.

    Args:
        inputs: checked inputs, any order.
        starts: start of each segment, h, ascending.
        until: last time asked for, h; nothing after it is laid out, and the last window has no end.

    Raises:
        ModelError: two steady-state inputs at one time have different intervals.
    """
    resets = sorted({given.time for given in inputs if given.steady_state_every is not None})
    ports = ports_of(inputs)
    bounds = [-np.inf, *resets, np.inf]
    phases = []
    for start, end in pairwise(bounds):
        own = [given for given in inputs if start <= given.time < end and given.time <= until + SAME_MOMENT]
        if own:
            phases.append(_phase(own, (start, end if end <= until else np.inf), [*starts, np.inf], ports, until))
    return tuple(phases)


def _phase(
    inputs: Sequence[Input],
    bounds: tuple[float, float],
    starts: Sequence[float],
    ports: tuple[str, ...],
    until: float,
) -> Phase:
    start, end = bounds
    steady = [given for given in inputs if given.steady_state_every is not None]
    once = [given for given in inputs if given.steady_state_every is None]
    cycle = None
    parts = [_pulses(once, ports)] if once else []
    if steady:
        interval = _common_interval(steady)
        parts.append(_started_before(steady, interval, start, ports))
        segment = max(int(np.searchsorted(starts, start, side="right")) - 1, 0)
        actions = _actions(_one_cycle(steady, interval, start, ports), len(ports))
        cycle = _window(actions, segment, start, start + interval, np.inf)
    actions = _actions(_joined(parts), len(ports))
    first = float(actions.time.min()) if start == -np.inf else start
    edges = [first, *(edge for edge in starts[1:] if first < edge < end and edge <= until), end]
    windows = tuple(
        _window(actions, max(int(np.searchsorted(starts, low, side="right")) - 1, 0), low, high, until)
        for low, high in pairwise(edges)
    )
    return Phase(first, end, windows, cycle)


def _common_interval(steady: Sequence[Input]) -> float:
    intervals = {given.steady_state_every for given in steady}
    if len(intervals) > 1:
        raise ModelError(
            f"steady-state inputs at {steady[0].time} h have different intervals: {sorted(map(str, intervals))}"
        )
    interval = intervals.pop()
    assert interval is not None
    return interval


def _column(values: Sequence[Value]) -> Array:
    """Stack values into (N, 1) when every patient shares them, else (N, B)."""
    width = max(np.size(value) for value in values)
    column = np.empty((len(values), width))
    for row, value in enumerate(values):
        column[row] = value
    return column


def _pulses(inputs: Sequence[Input], ports: tuple[str, ...]) -> _Pulses:
    start = np.array([given.time for given in inputs])[:, None] + _column([given.lag for given in inputs])
    duration = _column([given.duration for given in inputs])
    dose = _column([given.amount for given in inputs]) * _column([given.fraction for given in inputs])
    running = duration > 0
    port = np.array([ports.index(given.state) for given in inputs])
    rate = np.where(running, dose / np.where(running, duration, 1.0), 0.0)
    stop = start + duration
    return _Pulses(np.broadcast_to(start, stop.shape), stop, np.where(running, 0.0, dose), rate, port)


def _repeated(inputs: Sequence[Input], interval: float, ports: tuple[str, ...], wrap: bool) -> _Pulses:
    """Each input together with its earlier repeats, as many as can still matter at its own time."""
    shifted: list[Input] = []
    for given in inputs:
        lag = np.mod(given.lag, interval) if wrap else np.asarray(given.lag, dtype=float)
        reach = 1 + int(np.ceil(np.max(lag + given.duration) / interval))
        for repeat in range(reach + 1):
            time = given.time - repeat * interval
            shifted.append(Input(time, given.amount, given.state, given.duration, lag, given.fraction))
    return _pulses(shifted, ports)


def _started_before(steady: Sequence[Input], interval: float, start: float, ports: tuple[str, ...]) -> _Pulses:
    """Deliveries that are running, or still to come, at the moment the steady state is set."""
    pulses = _repeated(steady, interval, ports, wrap=False)
    past = pulses.start < start - SAME_MOMENT
    over = pulses.stop <= start + SAME_MOMENT
    return _Pulses(
        np.maximum(pulses.start, start),
        np.maximum(pulses.stop, start),
        np.where(past, 0.0, pulses.bolus),
        np.where(over, 0.0, pulses.rate),
        pulses.port,
    )


def _one_cycle(steady: Sequence[Input], interval: float, start: float, ports: tuple[str, ...]) -> _Pulses:
    pulses = _repeated(steady, interval, ports, wrap=True)
    past = pulses.start < start - SAME_MOMENT
    low, high = np.clip(pulses.start, start, start + interval), np.clip(pulses.stop, start, start + interval)
    return _Pulses(low, high, np.where(past, 0.0, pulses.bolus), np.where(high > low, pulses.rate, 0.0), pulses.port)


def _joined(parts: Sequence[_Pulses]) -> _Pulses:
    if len(parts) == 1:
        return parts[0]

    def stack(arrays: Sequence[Array]) -> Array:
        width = max(array.shape[1] for array in arrays)
        return np.concatenate([np.broadcast_to(array, (len(array), width)) for array in arrays])

    return _Pulses(
        stack([part.start for part in parts]),
        stack([part.stop for part in parts]),
        stack([part.bolus for part in parts]),
        stack([part.rate for part in parts]),
        np.concatenate([part.port for part in parts]),
    )


@dataclass(frozen=True)
class _Actions:
    """Starts and stops in order: `time` (A, W), `bolus` (A, P, W), `rate` (A, P, W) that holds afterwards."""

    time: Array
    bolus: Array
    rate: Array


def _actions(pulses: _Pulses, ports: int) -> _Actions:
    runs = (pulses.rate > 0).any(axis=1)
    time = np.concatenate([pulses.start, pulses.stop[runs]])
    port = np.concatenate([pulses.port, pulses.port[runs]])
    width = max(pulses.bolus.shape[1], pulses.rate.shape[1], time.shape[1] if time.shape[1] > 1 else 1)
    count, rows = len(time), np.arange(len(time))
    bolus, change = np.zeros((count, ports, width)), np.zeros((count, ports, width))
    deliveries = len(pulses.start)
    bolus[rows[:deliveries], port[:deliveries]] = pulses.bolus
    change[rows[:deliveries], port[:deliveries]] = pulses.rate
    change[rows[deliveries:], port[deliveries:]] = -pulses.rate[runs]
    order = np.argsort(time, axis=0, kind="stable")
    if time.shape[1] == 1:
        time, bolus, change = time[order[:, 0]], bolus[order[:, 0]], change[order[:, 0]]
    else:
        time = np.take_along_axis(time, order, axis=0)
        bolus = np.take_along_axis(bolus, order[:, None, :], axis=0)
        change = np.take_along_axis(change, order[:, None, :], axis=0)
    if not runs.any():
        return _merged(_Actions(time, bolus, change))
    # A sum of rates that went up and down leaves rounding behind; nothing runs once every start has met its stop.
    rate = np.where(np.cumsum(np.sign(change), axis=0) > 0, np.cumsum(change, axis=0), 0.0)
    return _merged(_Actions(time, bolus, np.maximum(rate, 0.0)))


def _merged(actions: _Actions) -> _Actions:
    """One anchor for simultaneous actions, where all patients share the times."""
    time = actions.time
    if time.shape[1] > 1 or len(time) < 2:
        return actions
    apart = np.diff(time[:, 0]) > SAME_MOMENT
    if apart.all():
        return actions
    first = np.concatenate([[0], np.flatnonzero(apart) + 1])
    last = np.concatenate([np.flatnonzero(apart), [len(time) - 1]])
    return _Actions(time[first], np.add.reduceat(actions.bolus, first, axis=0), actions.rate[last])


def _window(actions: _Actions, segment: int, low: float, high: float, until: float) -> Window:
    """The part of the actions inside [low, high); per-patient times outside are moved to its edges without effect."""
    inside = (actions.time >= low - SAME_MOMENT) & (actions.time < high - SAME_MOMENT)
    inside &= actions.time <= until + SAME_MOMENT
    rows = np.flatnonzero(inside.any(axis=1))
    width, ports = actions.bolus.shape[2], actions.bolus.shape[1]
    if actions.time.shape[1] == 1:
        before = int(np.count_nonzero(actions.time[:, 0] < low - SAME_MOMENT))
        carried = actions.rate[before - 1] if before else np.zeros((ports, width))
        bolus, times = actions.bolus[rows], np.maximum(actions.time[rows], low)
    else:
        before_each = np.count_nonzero(actions.time < low - SAME_MOMENT, axis=0)
        last = np.take_along_axis(actions.rate, np.maximum(before_each - 1, 0)[None, None, :], axis=0)[0]
        carried = np.where(before_each > 0, last, 0.0)
        bolus = np.where(inside[rows][:, None, :], actions.bolus[rows], 0.0)
        times = np.clip(actions.time[rows], low, high)
    return Window(
        segment,
        high,
        np.concatenate([np.full((1, times.shape[1]), low), times]),
        np.concatenate([np.zeros((1, ports, width)), bolus]),
        np.concatenate([carried[None], actions.rate[rows]]),
    )


def anchor_of(window: Window, times: Array, after: bool) -> NDArray[np.intp]:
    """Index of the last anchor whose effect a value at each time includes: (T,) or (T, B), W as in the window."""
    limits = times + (SAME_MOMENT if after else -SAME_MOMENT)
    found = [_last_before(column, limits) for column in window.time.T]
    return found[0] if len(found) == 1 else np.stack(found, axis=1)


def _last_before(anchors: Array, limits: Array) -> NDArray[np.intp]:
    return np.maximum(np.searchsorted(anchors, limits) - 1, 0).astype(np.intp)
