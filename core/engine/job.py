"""A checked request: numbers as arrays over patients, events laid out in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.engine.checks import batch_of, check_inputs, check_rates, check_segments
from core.engine.graph import Graph
from core.engine.schedule import Array, Input, Segment
from core.engine.timeline import Phase, Window, plan, ports_of

Patients = NDArray[np.intp] | slice


@dataclass(frozen=True)
class Job:
    """A request for B patients.

    `rates`: per segment (R, B) in the order of `graph.rates`; `ports` positions of the states that receive inputs;
    `largest` (B,) mg the largest single input.
    """

    graph: Graph
    rates: tuple[Array, ...]
    phases: tuple[Phase, ...]
    ports: tuple[int, ...]
    largest: Array
    batch: int
    tolerance: float

    def of(self, patients: Patients, count: int) -> Job:
        """The same request for some of the patients."""
        return replace(
            self,
            rates=tuple(values[:, patients] for values in self.rates),
            phases=tuple(_phase_of(phase, patients) for phase in self.phases),
            largest=self.largest[patients],
            batch=count,
        )

    def named_rates(self) -> list[dict[str, Array]]:
        """Rates of each segment by name, each (B,)."""
        return [dict(zip(self.graph.rates, values, strict=True)) for values in self.rates]

    def windows(self) -> list[Window]:
        """All windows and cycles."""
        cycles = [phase.cycle for phase in self.phases if phase.cycle is not None]
        return cycles + [window for phase in self.phases for window in phase.windows]

    def runs_into(self, state: int) -> bool:
        """Whether a zero-order input goes into the state."""
        return state in self.ports and any(w.rate[:, self.ports.index(state)].any() for w in self.windows())

    def sharing_times(self) -> Job:
        """The same request for patients whose events all happen at the same times, as if times were given once."""
        return replace(self, phases=tuple(_with_shared_times(phase) for phase in self.phases))

    def groups_by_time(self) -> list[NDArray[np.intp]]:
        """Groups of patients whose events happen at the same times."""
        columns = [window.time for window in self.windows() if window.time.shape[1] > 1]
        if not columns:
            return [np.arange(self.batch)]
        _, group = np.unique(np.concatenate(columns), axis=1, return_inverse=True)
        return [np.flatnonzero(group == number) for number in range(int(group.max()) + 1)]


def prepare(graph: Graph, segments: Sequence[Segment], inputs: Sequence[Input], until: float, tolerance: float) -> Job:
    """Check a request and lay it out; raises as `simulate` says."""
    check_segments(graph, segments)
    starts = tuple(segment.start for segment in segments)
    try:
        phases, fed, largest = _laid_again(tuple(inputs), starts, until)
    except TypeError:  # numbers per patient cannot be looked up
        phases, fed, largest = _laid(inputs, starts, until)
    ports = tuple(graph.index(state) for state in fed)
    batch = batch_of(graph, segments, inputs)
    rates = []
    for segment in segments:
        values = np.empty((len(graph.rates), batch))
        for row, name in enumerate(graph.rates):
            values[row] = segment.rates[name]
        check_rates(graph, values)
        rates.append(values)
    return Job(graph, tuple(rates), phases, ports, np.broadcast_to(largest, batch), batch, tolerance)


_Laid = tuple[tuple[Phase, ...], tuple[str, ...], Array]


def _laid(inputs: Sequence[Input], starts: tuple[float, ...], until: float) -> _Laid:
    """What is given, checked: the phases, the states it enters, the largest single amount (1,) or (B,)."""
    check_inputs(inputs)
    largest = np.zeros(1)
    for given in inputs:
        largest = np.maximum(largest, np.multiply(given.amount, given.fraction))
    return plan(inputs, starts, until), ports_of(inputs), largest


@lru_cache(maxsize=256)
def _laid_again(inputs: tuple[Input, ...], starts: tuple[float, ...], until: float) -> _Laid:
    """A fit or a redraw asks for the same regimen again and again; only rates change."""
    return _laid(inputs, starts, until)


def _phase_of(phase: Phase, patients: Patients) -> Phase:
    def pick(array: Array) -> Array:
        return array[..., patients] if array.shape[-1] > 1 else array

    def cut(window: Window) -> Window:
        if window.time.shape[-1] == window.bolus.shape[-1] == window.rate.shape[-1] == 1:
            return window
        return replace(window, time=pick(window.time), bolus=pick(window.bolus), rate=pick(window.rate))

    cycle = None if phase.cycle is None else cut(phase.cycle)
    return replace(phase, windows=tuple(cut(window) for window in phase.windows), cycle=cycle)


def _with_shared_times(phase: Phase) -> Phase:
    def share(window: Window) -> Window:
        return replace(window, time=window.time[:, :1])

    cycle = None if phase.cycle is None else share(phase.cycle)
    return replace(phase, windows=tuple(share(window) for window in phase.windows), cycle=cycle)
