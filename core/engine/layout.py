"""Which states of a linear graph matter to a request, and their matrix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from core.engine.graph import Flow, Graph
from core.engine.schedule import Array

Index = NDArray[np.intp]


@dataclass(frozen=True)
class Order:
    """States so ordered that drug only moves on, or around inside a block of states that exchange.

    `sequence` (n,): extended state at each place; `first`, `last` (n,): the block of each place; `rows`, `columns`:
    places of the matrix that can differ from zero.
    """

    sequence: Index
    first: Index
    last: Index
    rows: Index
    columns: Index


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

    @cached_property
    def pattern(self) -> NDArray[np.bool_]:
        """Where the matrix can differ from zero, (n, n); the diagonal always."""
        return np.asarray(self.matrix(np.ones((len(self.graph.rates), 1)), 1)[0] != 0) | np.eye(self.size, dtype=bool)

    @cached_property
    def order(self) -> Order:
        """The extended states in topological order."""
        reach = self.pattern.copy()
        for middle in range(self.size):
            reach |= reach[:, middle, None] & reach[middle]
        # Column j reaches row i. Whoever reaches more comes first; who reach one another stay together.
        partner = np.argmax(reach & reach.T, axis=1)
        sequence = np.lexsort((np.arange(self.size), partner, -reach.sum(axis=0)))
        placed = partner[sequence]
        first = np.array([np.flatnonzero(placed == who)[0] for who in placed])
        last = np.array([np.flatnonzero(placed == who)[-1] for who in placed])
        rows, columns = np.nonzero(self.pattern[np.ix_(sequence, sequence)])
        return Order(sequence, first, last, rows, columns)

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
