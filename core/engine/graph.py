"""A model as a graph of amounts joined by first-order flows and a closed list of nonlinear terms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from core.engine.terms import Term
from core.errors import ModelError


class Solver(Enum):
    """The three classes of system, each with its own exact or error-controlled method."""

    MODAL = "modal"
    LINEAR = "linear"
    NONLINEAR = "nonlinear"


@dataclass(frozen=True)
class Flow:
    """First-order transfer of `rate` (1/h) times the amount in `source`.

    `target` None leaves the body. `copies` feeds the target without depleting the source (effect compartment).
    """

    source: str
    target: str | None
    rate: str
    copies: bool = False


@dataclass(frozen=True)
class Mammillary:
    """A graph recognised as one central state, up to two peripheral ones and an optional first-order depot.

    Each field holds names of rates; parallel flows add up. `peripherals` pairs (state, outward rates, return rates).
    """

    central: str
    elimination: tuple[str, ...]
    peripherals: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    depot: str | None
    absorption: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """States (amounts in mg), first-order flows between them and nonlinear terms.

    Raises:
        ModelError: a state is missing or named twice, or a flow or term refers to a state that does not exist.
    """

    states: tuple[str, ...]
    flows: tuple[Flow, ...]
    terms: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        if not self.states or len(set(self.states)) != len(self.states):
            raise ModelError(f"a graph needs states with different names, got {self.states}")
        for flow in self.flows:
            self.index(flow.source)
            if flow.target is not None:
                self.index(flow.target)
            if flow.source == flow.target or (flow.copies and flow.target is None):
                raise ModelError(f"flow from {flow.source!r} has no other state to go to")
        for term in self.terms:
            for state in term.states:
                self.index(state)

    def index(self, state: str) -> int:
        """Position of a state; raises ModelError when the graph has no such state."""
        try:
            return self._positions[state]
        except KeyError:
            raise ModelError(f"unknown state {state!r}; the graph has {', '.join(self.states)}") from None

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Kept, because caches ask for it at every simulation."""
        return hash((self.states, self.flows, self.terms))

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {state: position for position, state in enumerate(self.states)}

    @cached_property
    def rates(self) -> tuple[str, ...]:
        """Names of all rates and constants that each segment must give."""
        names = [flow.rate for flow in self.flows]
        for term in self.terms:
            names.extend(term.rates)
        return tuple(dict.fromkeys(names))

    @cached_property
    def solver(self) -> Solver:
        """The class of the system: closed form, matrix exponential, or stiff integration."""
        if self.terms:
            return Solver.NONLINEAR
        return Solver.LINEAR if self.mammillary is None else Solver.MODAL

    @cached_property
    def mammillary(self) -> Mammillary | None:
        """The graph as a 1-3 compartment structure with closed-form modes, or None if it is not one."""
        if self.terms or len(self.states) > 4 or any(flow.copies for flow in self.flows):
            return None
        found = (self._as_mammillary(state) for state in self.states)
        return next((structure for structure in found if structure is not None), None)

    def _as_mammillary(self, central: str) -> Mammillary | None:
        peripherals, depots = [], []
        for state in self.states:
            if state == central:
                continue
            touching = [flow for flow in self.flows if state in (flow.source, flow.target)]
            if any({flow.source, flow.target} != {state, central} for flow in touching):
                return None
            out = tuple(flow.rate for flow in touching if flow.source == central)
            back = tuple(flow.rate for flow in touching if flow.source == state)
            if out and back:
                peripherals.append((state, out, back))
            elif back:
                depots.append((state, back))
            else:
                return None
        if len(peripherals) > 2 or len(depots) > 1:
            return None
        elimination = tuple(flow.rate for flow in self.flows if flow.source == central and flow.target is None)
        depot, absorption = depots[0] if depots else (None, ())
        return Mammillary(central, elimination, tuple(peripherals), depot, absorption)
