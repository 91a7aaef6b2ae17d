"""Any linear compartment system: batched uniformised exponentials, shared by all doses and times of a window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from core.engine.graph import Flow, Graph
from core.engine.ladder import REACH, Ladder, common_step, poisson
from core.engine.schedule import Array
from core.engine.timeline import Record, Window, anchor_of
from core.errors import ModelError

Index = NDArray[np.intp]

# Where times are irregular, rows of the exponential are summed directly over this many steps of the ladder.
_ROW_STEPS = 16
_ROW_TERMS = 46  # Poisson(16 x 0.6) beyond this is below 1e-18
_IMPLAUSIBLE = 1e13


@dataclass(frozen=True)
class Layout:
    """The states that matter for a request, extended by integrals and by the ports that are running.

    Positions in the extended state: `kept` graph states first, then one state per integral, then one per port.
    """

    graph: Graph
    kept: tuple[int, ...]
    ports: tuple[int, ...]
    integrals: tuple[int, ...]
    driven: bool

    @property
    def size(self) -> int:
        """Number of extended states."""
        return len(self.kept) + len(self.integrals) + (len(self.ports) if self.driven else 0)

    def at(self, state: int) -> int:
        """Position of a graph state in the extended state."""
        return self.kept.index(state)

    @cached_property
    def _entries(self) -> tuple[Index, Array, Array]:
        """Flat positions off the diagonal (G,), the rates that add up there (G, R), the exits of each state (n, R)."""
        gains: dict[int, list[int]] = {}
        exits = np.zeros((self.size, len(self.graph.rates)))
        for flow in self.graph.flows:
            rate, source = self.graph.rates.index(flow.rate), self.graph.index(flow.source)
            if source not in self.kept:
                continue
            if flow.target is not None and self.graph.index(flow.target) in self.kept:
                entry = self.at(self.graph.index(flow.target)) * self.size + self.at(source)
                gains.setdefault(entry, []).append(rate)
            if not flow.copies:
                exits[self.at(source), rate] += 1.0
        sources = np.zeros((len(gains), len(self.graph.rates)))
        for row, parts in enumerate(gains.values()):
            for rate in parts:
                sources[row, rate] += 1.0
        return np.array(list(gains), dtype=np.intp), sources, exits

    def matrix(self, rates: Array, batch: int) -> Array:
        """The system matrix (B, n, n) in 1/h from rates (R, B): rates off the diagonal, minus all exits on it."""
        size = self.size
        gains, sources, exits = self._entries
        A = np.zeros((batch, size * size))
        A[:, gains] = (sources @ rates).T
        A[:, :: size + 1] -= (exits @ rates).T
        first = len(self.kept)
        for offset, state in enumerate(self.integrals):
            A[:, (first + offset) * size + self.at(state)] = 1.0
        first += len(self.integrals)
        for offset, state in enumerate(self.ports if self.driven else ()):
            if state in self.kept:
                A[:, self.at(state) * size + first + offset] = 1.0
        return A.reshape(batch, size, size)


@lru_cache(maxsize=128)
def layout_of(
    graph: Graph, ports: tuple[int, ...], wanted: tuple[int, ...], integrals: tuple[int, ...], driven: bool
) -> Layout:
    """Keep what an input can reach and a requested value can see."""

    def closure(seeds: set[int], edges: list[tuple[int, int]]) -> set[int]:
        reached, frontier = set(seeds), list(seeds)
        while frontier:
            here = frontier.pop()
            for source, target in edges:
                if source == here and target not in reached:
                    reached.add(target)
                    frontier.append(target)
        return reached

    edges = [_edge(graph, flow) for flow in graph.flows if flow.target is not None]
    below = closure(set(ports), edges)
    above = closure({*wanted, *integrals}, [(target, source) for source, target in edges])
    kept = tuple(sorted((below & above) | {*wanted, *integrals}))
    return Layout(graph, kept, ports, integrals, driven)


def _edge(graph: Graph, flow: Flow) -> tuple[int, int]:
    assert flow.target is not None
    return graph.index(flow.source), graph.index(flow.target)


@dataclass(frozen=True)
class _Steps:
    """How a window is walked with steps of h 2^k.

    `events`: (whole, rest) from each anchor to the next. `levels`: per bit k, which rows pass on unchanged and which
    are multiplied. `starts` (U,) h: distinct fractions below the row step. `row` (T,), `anchor` (T,): for each time.
    """

    h: float
    first_bit: int
    events: tuple[tuple[int, float], ...]
    starts: Array
    levels: tuple[tuple[Index, Index], ...]
    row: Index
    anchor: Index


@lru_cache(maxsize=256)
def _steps(anchors: bytes, end: float, times: bytes, index: bytes, exponent: int) -> _Steps:
    """Plan the walk; depends only on times, so all chunks of patients and all redraws share it.

    `exponent`: the fastest exit rate is below 2^exponent per hour.
    """
    at = np.frombuffer(anchors)
    anchor = np.frombuffer(index, dtype=np.intp)
    offsets = np.maximum(np.frombuffer(times) - at[anchor], 0.0)
    spans = np.maximum(np.diff(np.append(at, end) if np.isfinite(end) else at), 0.0)
    smallest = REACH * 2.0**-exponent
    event_step = common_step(spans[spans > 0], smallest)
    step = common_step(np.concatenate([spans[spans > 0], offsets[offsets > 0]]), smallest)
    base = step or event_step or 1.0
    halvings = max(0, int(np.ceil(np.log2(base / smallest))))
    h = base / 2.0**halvings
    first_bit = halvings if step is not None else min(4, halvings)
    events = tuple(_split(span, h, exact=event_step is not None) for span in spans)
    unit = h * 2**first_bit
    whole = np.round(offsets / unit) if step is not None else np.floor(offsets / unit + 1e-9)
    part = np.zeros(len(offsets)) if step is not None else np.maximum(offsets - whole * unit, 0.0)
    grain = 8 * np.spacing(max(1.0, float(np.abs(at).max()), float(offsets.max(initial=0.0))))
    unique, start_of = np.unique(np.round(part / grain), return_inverse=True)
    levels, row = _suffix_tree(whole.astype(np.int64), start_of.astype(np.intp), len(unique))
    return _Steps(h, first_bit, events, unique * grain, levels, row, anchor)


def _split(span: float, h: float, exact: bool) -> tuple[int, float]:
    whole = round(span / h) if exact else int(np.floor(span / h + 1e-9))
    return whole, 0.0 if exact else max(span - whole * h, 0.0)


def _suffix_tree(
    whole: NDArray[np.int64], start_of: Index, starts: int
) -> tuple[tuple[tuple[Index, Index], ...], Index]:
    """Multiply rows bit by bit, lowest first, each distinct (start, low bits) only once."""
    current, count = start_of, starts
    levels = []
    for bit in range(int(whole.max(initial=0)).bit_length()):
        multiplied = (whole >> bit) & 1
        keys, current = np.unique(multiplied * count + current, return_inverse=True)
        split = int(np.searchsorted(keys, count))
        levels.append((keys[:split].astype(np.intp), (keys[split:] - count).astype(np.intp)))
        count = len(keys)
    return tuple(levels), current.astype(np.intp)


class Linear:
    """Propagation of a batch of patients through segments of constant linear rates.

    Patients must share the times of their inputs (group them first where lag or duration differ).
    """

    def __init__(self, layout: Layout, rates: tuple[Array, ...], batch: int) -> None:
        self._layout = layout
        self._rates = rates
        self._batch = batch
        self._ladders: dict[tuple[int, float], Ladder] = {}

    def run(self, window: Window, start: Array, area: Array, record: Record) -> tuple[Array, Array]:
        """Fill the record; amounts (n, B) and areas (I, B) at the start of the window in, those at its end out."""
        index = anchor_of(window, record.times, record.after)
        steps, ladder = self._prepare(window, record.times, index)
        anchors, end = self._walk(window, steps, ladder, start, area)
        if len(record.times):
            self._fill(record, steps, ladder, anchors)
        kept, integrals = len(self._layout.kept), len(self._layout.integrals)
        amounts = np.zeros_like(start)
        amounts[list(self._layout.kept)] = end[:, :kept, 0].T
        return amounts, end[:, kept : kept + integrals, 0].T

    def rest(self, segment: int) -> Array:
        """Amounts (n, B) before anything is given: none."""
        return np.zeros((len(self._layout.graph.states), self._batch))

    def periodic(self, cycle: Window) -> Array:
        """Amounts (n, B) at the start of a cycle that repeats for ever, before its first dose.

        Raises:
            ModelError: something never leaves the body, so no steady state exists.
        """
        steps, ladder = self._prepare(cycle, np.empty(0), np.empty(0, dtype=np.intp))
        rest = self.rest(cycle.segment)
        _, end = self._walk(cycle, steps, ladder, rest, np.zeros((len(self._layout.integrals), self._batch)))
        kept = len(self._layout.kept)
        interval = cycle.end - float(cycle.time[0, 0])
        over = ladder.over(*_split(interval, steps.h, exact=False))[:, :kept, :kept]
        try:
            balance = np.linalg.solve(np.eye(kept) - over, end[:, :kept])
        except np.linalg.LinAlgError:
            balance = np.full((self._batch, kept, 1), np.inf)
        if not np.all(balance <= _IMPLAUSIBLE * max(float(end.max()), 1e-300)):
            raise ModelError("no steady state: the drug never leaves the body")
        rest[list(self._layout.kept)] = np.maximum(balance[:, :, 0].T, 0.0)
        return rest

    def _prepare(self, window: Window, times: Array, index: Index) -> tuple[_Steps, Ladder]:
        A = self._layout.matrix(self._rates[window.segment], self._batch)
        fastest = float(-A.reshape(self._batch, -1)[:, :: self._layout.size + 1].min())
        exponent = int(np.ceil(np.log2(max(fastest, 1e-6))))
        steps = _steps(window.time[:, 0].tobytes(), window.end, times.tobytes(), index.tobytes(), exponent)
        return steps, Ladder(A, steps.h)

    def _walk(self, window: Window, steps: _Steps, ladder: Ladder, start: Array, area: Array) -> tuple[Array, Array]:
        """Extended states just after each anchor (B, n, K) and at the end of the window (B, n, 1)."""
        layout, kept = self._layout, len(self._layout.kept)
        now = np.zeros((self._batch, layout.size, 1))
        now[:, :kept, 0] = start[list(layout.kept)].T
        now[:, kept : kept + len(area), 0] = area.T
        anchors = np.empty((self._batch, layout.size, len(window.time)))
        drives = slice(kept + len(area), layout.size)
        for k in range(len(window.time)):
            for port, state in enumerate(layout.ports):
                if state in layout.kept:
                    now[:, layout.at(state), 0] += window.bolus[k, port]
            if layout.driven:
                now[:, drives, 0] = window.rate[k].T
            anchors[:, :, k] = now[:, :, 0]
            if k < len(steps.events):
                now = ladder.step(now, *steps.events[k])
        return anchors, now

    def _fill(self, record: Record, steps: _Steps, ladder: Ladder, anchors: Array) -> None:
        layout, batch, size = self._layout, self._batch, self._layout.size
        wanted = [layout.at(state) for state in record.states]
        wanted += [len(layout.kept) + offset for offset in range(len(record.integrals))]
        rows = self._rows(wanted, steps, ladder)
        kinds, count = len(wanted), rows.shape[1]
        used = anchors.shape[2]
        if count * used <= 3 * len(record.times):
            every = (rows.reshape(batch, count * kinds, size) @ anchors).reshape(batch, count, kinds, used)
            values = every[:, steps.row, :, steps.anchor]
        else:
            values = np.empty((len(record.times), batch, kinds))
            for k in np.unique(steps.anchor):
                here = steps.anchor == k
                chosen = rows[:, steps.row[here]]
                product = chosen.reshape(batch, -1, size) @ anchors[:, :, k, None]
                values[here] = product.reshape(batch, -1, kinds).transpose(1, 0, 2)
        amounts = len(record.states)
        record.amounts[:] = values[:, :, :amounts].transpose(2, 0, 1)
        record.areas[:] = values[:, :, amounts:].transpose(2, 0, 1)

    def _rows(self, wanted: list[int], steps: _Steps, ladder: Ladder) -> Array:
        """Rows of e^(A t) for the wanted states at every distinct span, (B, U, S, n)."""
        batch, size, kinds = self._batch, self._layout.size, len(wanted)
        unit = np.zeros((batch, kinds, size))
        unit[:, np.arange(kinds), wanted] = 1.0
        if steps.starts.any():
            powers = np.empty((batch, _ROW_TERMS, kinds, size))
            powers[:, 0] = unit
            for term in range(1, _ROW_TERMS):
                np.matmul(powers[:, term - 1], ladder.chance, out=powers[:, term])
            weights = np.array([poisson(REACH * start / steps.h, _ROW_TERMS) for start in steps.starts])
            rows = (weights @ powers.reshape(batch, _ROW_TERMS, kinds * size)).reshape(batch, -1, kinds, size)
        else:
            rows = unit[:, None]
        for level, (same, multiplied) in enumerate(steps.levels):
            below = rows[:, multiplied].reshape(batch, -1, size) @ ladder.rung(steps.first_bit + level)
            rows = np.concatenate([rows[:, same], below.reshape(batch, -1, kinds, size)], axis=1)
        return rows
