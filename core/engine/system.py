"""A nonlinear graph made ready for stiff integration: sparse right-hand side, Jacobian and factorisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.engine.elements import NOWHERE, Element, constants_of, element_of, rest_of
from core.engine.graph import Graph
from core.engine.schedule import Array
from core.engine.sparse_lu import Factorisation, factorisation_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Numbers = NDArray[np.int32]


@dataclass(frozen=True)
class Values:
    """Numbers of one segment: `linear` (E, B) entries of the first-order part, `constants` per element (C, B)."""

    linear: Array
    constants: tuple[Array, ...]


@dataclass(frozen=True)
class System:
    """The graph's states extended by one state per integral.

    `flows`: per first-order entry its row, column and the flows that add to it (+1) or take from it (-1).
    """

    graph: Graph
    integrals: tuple[int, ...]
    elements: tuple[Element, ...]
    entries: tuple[tuple[int, int], ...]
    parts: tuple[tuple[tuple[str, float], ...], ...]
    factorisation: Factorisation

    @property
    def size(self) -> int:
        """Number of extended states."""
        return len(self.graph.states) + len(self.integrals)

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """Row of each first-order entry; entries are ordered by row."""
        return np.array([row for row, _ in self.entries], dtype=np.intp)

    @cached_property
    def columns(self) -> NDArray[np.intp]:
        """Column of each first-order entry."""
        return np.array([column for _, column in self.entries], dtype=np.intp)

    @cached_property
    def _sum_rows(self) -> csr_array:
        """Adds up the first-order entries of each row, (n, E)."""
        from scipy.sparse import csr_array

        return csr_array((np.ones(len(self.rows)), (self.rows, np.arange(len(self.rows)))), (self.size, len(self.rows)))

    @cached_property
    def entry_slots(self) -> NDArray[np.intp]:
        """Slot of each first-order entry in the factorisation."""
        return np.array([self.factorisation.slots[entry] for entry in self.entries], dtype=np.intp)

    @cached_property
    def diagonal(self) -> NDArray[np.intp]:
        """Slot of each diagonal entry."""
        return np.array([self.factorisation.slots[i, i] for i in range(self.size)], dtype=np.intp)

    def values(self, rates: Mapping[str, Array], batch: int) -> Values:
        """Numbers of a segment for `batch` patients; rates each (B,)."""
        linear = np.zeros((len(self.entries), batch))
        for row, parts in enumerate(self.parts):
            for name, sign in parts:
                linear[row] += sign * rates[name] if name else sign
        constants = tuple(constants_of(term, rates, batch) for term in self.graph.terms)
        return Values(linear, constants)

    def rest(self, rates: Mapping[str, Array], batch: int) -> Array:
        """Amounts (n, B) of the graph's states before anything is given."""
        amounts = np.zeros((len(self.graph.states), batch))
        for term in self.graph.terms:
            for state, value in rest_of(self.graph, term, rates):
                amounts[state] = value
        return amounts

    def change(self, values: Values, x: Array, drive: Array) -> Array:
        """dx/dt (n, B) at x (n, B) with the inputs' rates `drive` (n, B) mg/h."""
        change: Array = self._sum_rows @ (values.linear * x[self.columns]) + drive
        for element, constants in zip(self.elements, values.constants, strict=True):
            element.add_change(x, constants, change)
        return change

    def slopes(self, values: Values, x: Array) -> Array:
        """The Jacobian's entries by slot, (slots, B)."""
        slots = self.factorisation.slots
        J = np.zeros((len(slots), x.shape[1]))
        J[self.entry_slots] = values.linear

        def add(row: int, column: int, slope: Array) -> None:
            J[slots[row, column]] += slope

        for element, constants in zip(self.elements, values.constants, strict=True):
            element.add_slopes(x, constants, add)
        return J

    @cached_property
    def program(self) -> Numbers:
        """All of the structure in whole numbers, as the compiled kernel reads it."""
        slots = self.factorisation.slots
        numbers = [self.size, len(slots), len(self.entries)]
        for (row, column), slot in zip(self.entries, self.entry_slots, strict=True):
            numbers += [row, column, int(slot)]
        numbers += [int(slot) for slot in self.diagonal]
        numbers.append(len(self.elements))
        for element in self.elements:
            body = element.encode()
            places = [slots.get(entry, NOWHERE) for entry in element.entries()]
            numbers += [element.kind, len(body) + len(places), *body, *places]
        for part in self.factorisation.encode():
            numbers += part
        return np.array(numbers, dtype=np.int32)


@lru_cache(maxsize=64)
def system_of(graph: Graph, integrals: tuple[int, ...]) -> System:
    """Compile a graph; the result depends on structure alone and is shared by all patients.

    Raises:
        ModelError: a term outside the catalogue.
    """
    found: dict[tuple[int, int], list[tuple[str, float]]] = {}
    for flow in graph.flows:
        source = graph.index(flow.source)
        if flow.target is not None:
            found.setdefault((graph.index(flow.target), source), []).append((flow.rate, 1.0))
        if not flow.copies:
            found.setdefault((source, source), []).append((flow.rate, -1.0))
    for offset, state in enumerate(integrals):
        found[len(graph.states) + offset, state] = [("", 1.0)]
    entries = tuple(sorted(found))
    elements = tuple(element_of(graph, term) for term in graph.terms)
    nonlinear = (entry for element in elements for entry in element.entries() if NOWHERE not in entry)
    size = len(graph.states) + len(integrals)
    factorisation = factorisation_of(size, [*entries, *nonlinear])
    return System(graph, integrals, elements, entries, tuple(tuple(found[entry]) for entry in entries), factorisation)
