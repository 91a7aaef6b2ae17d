"""Right-hand side and Jacobian of each nonlinear term, by hand, over arrays (B,) of patients.

Each element also encodes itself as whole numbers for the compiled kernel, which repeats the same formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.engine.graph import Graph
from core.engine.schedule import Array
from core.engine.terms import Hill, InhibitedClearance, Inhibition, MichaelisMenten, TargetBinding, Term, Turnover
from core.errors import ModelError

Entry = tuple[int, int]
AddTo = Callable[[int, int, Array], None]
NOWHERE = -1


@dataclass(frozen=True)
class SaturableElement:
    """Michaelis-Menten or unsaturated transfer. Constants: 1/volume, v, K, then 1/(volume ki) per inhibitor."""

    source: int
    target: int
    enzyme: int
    saturable: bool
    inhibitors: tuple[tuple[int, Inhibition], ...]

    kind = 1

    def entries(self) -> list[Entry]:
        """Jacobian entries (row, column) in the order of `encode`."""
        columns = [self.source, self.enzyme, *(state for state, _ in self.inhibitors)]
        return [(row, column) for column in columns for row in (self.source, self.target)]

    def encode(self) -> list[int]:
        """The element in whole numbers, without its slots."""
        inhibitors = [number for state, kind in self.inhibitors for number in (state, kind.value)]
        return [self.source, self.target, self.enzyme, int(self.saturable), len(self.inhibitors), *inhibitors]

    def _parts(self, x: Array, c: Array) -> tuple[Array, Array | float, Array, Array, Array]:
        conc = x[self.source] * c[0]
        enzyme = x[self.enzyme] if self.enzyme != NOWHERE else 1.0
        on_km, on_complex = np.ones_like(conc), np.ones_like(conc)
        for (state, kind), scale in zip(self.inhibitors, c[3:], strict=True):
            share = x[state] * scale
            if kind is not Inhibition.UNCOMPETITIVE:
                on_km = on_km + share
            if kind is not Inhibition.COMPETITIVE:
                on_complex = on_complex + share
        saturating = conc if self.saturable else np.zeros_like(conc)
        return conc, enzyme, on_km * c[2], saturating, on_km * c[2] + on_complex * saturating

    def add_change(self, x: Array, c: Array, change: Array) -> None:
        """Add the flux to dx/dt (n, B)."""
        conc, enzyme, _, _, below = self._parts(x, c)
        flux = c[1] * enzyme * conc / below
        change[self.source] -= flux
        if self.target != NOWHERE:
            change[self.target] += flux

    def add_slopes(self, x: Array, c: Array, add: AddTo) -> None:
        """Add the derivatives of dx/dt."""
        conc, enzyme, affinity, saturating, below = self._parts(x, c)
        self._add(add, self.source, c[0] * c[1] * enzyme * (affinity if self.saturable else below) / below**2)
        if self.enzyme != NOWHERE:
            self._add(add, self.enzyme, c[1] * conc / below)
        strength = c[1] * enzyme * conc / below**2
        for (state, kind), scale in zip(self.inhibitors, c[3:], strict=True):
            acts = np.zeros_like(conc)
            if kind is not Inhibition.UNCOMPETITIVE:
                acts = acts + c[2]
            if kind is not Inhibition.COMPETITIVE:
                acts = acts + saturating
            self._add(add, state, -strength * acts * scale)

    def _add(self, add: AddTo, column: int, slope: Array) -> None:
        add(self.source, column, -slope)
        if self.target != NOWHERE:
            add(self.target, column, slope)


@dataclass(frozen=True)
class TurnoverElement:
    """Enzyme turnover. Constants: kdeg; 1/volume, kinact, ki per loss; 1/volume, emax, ec50, hill per gain."""

    enzyme: int
    inactivators: tuple[int, ...]
    inducers: tuple[int, ...]

    kind = 2

    def entries(self) -> list[Entry]:
        """Jacobian entries (row, column) in the order of `encode`."""
        return [(self.enzyme, column) for column in (self.enzyme, *self.inactivators, *self.inducers)]

    def encode(self) -> list[int]:
        """The element in whole numbers, without its slots."""
        return [self.enzyme, len(self.inactivators), len(self.inducers), *self.inactivators, *self.inducers]

    def add_change(self, x: Array, c: Array, change: Array) -> None:
        """Add synthesis and loss to dx/dt (n, B)."""
        loss, synthesis = c[0], np.ones_like(c[0])
        for number, state in enumerate(self.inactivators):
            scale, kinact, ki = c[1 + 3 * number : 4 + 3 * number]
            conc = x[state] * scale
            loss = loss + kinact * conc / (ki + conc)
        for number, state in enumerate(self.inducers):
            first = 1 + 3 * len(self.inactivators) + 4 * number
            scale, emax, ec50, hill = c[first : first + 4]
            synthesis = synthesis + emax * sigmoid(x[state] * scale, ec50, hill)[0]
        change[self.enzyme] += c[0] * synthesis - loss * x[self.enzyme]

    def add_slopes(self, x: Array, c: Array, add: AddTo) -> None:
        """Add the derivatives of dx/dt."""
        loss = c[0]
        for number, state in enumerate(self.inactivators):
            scale, kinact, ki = c[1 + 3 * number : 4 + 3 * number]
            conc = x[state] * scale
            loss = loss + kinact * conc / (ki + conc)
            add(self.enzyme, state, -x[self.enzyme] * kinact * ki * scale / (ki + conc) ** 2)
        for number, state in enumerate(self.inducers):
            first = 1 + 3 * len(self.inactivators) + 4 * number
            scale, emax, ec50, hill = c[first : first + 4]
            add(self.enzyme, state, c[0] * emax * scale * sigmoid(x[state] * scale, ec50, hill)[1])
        add(self.enzyme, self.enzyme, -loss)


@dataclass(frozen=True)
class HillElement:
    """Sigmoid transfer. Constants: 1/volume, vmax, c50, hill."""

    source: int
    target: int
    copies: bool

    kind = 3

    def entries(self) -> list[Entry]:
        """Jacobian entries (row, column) in the order of `encode`."""
        return [(self.source, self.source), (self.target, self.source)]

    def encode(self) -> list[int]:
        """The element in whole numbers, without its slots."""
        return [self.source, self.target, int(self.copies)]

    def add_change(self, x: Array, c: Array, change: Array) -> None:
        """Add the flux to dx/dt (n, B)."""
        flux = c[1] * sigmoid(x[self.source] * c[0], c[2], c[3])[0]
        if not self.copies:
            change[self.source] -= flux
        if self.target != NOWHERE:
            change[self.target] += flux

    def add_slopes(self, x: Array, c: Array, add: AddTo) -> None:
        """Add the derivatives of dx/dt."""
        slope = c[0] * c[1] * sigmoid(x[self.source] * c[0], c[2], c[3])[1]
        if not self.copies:
            add(self.source, self.source, -slope)
        if self.target != NOWHERE:
            add(self.target, self.source, slope)


@dataclass(frozen=True)
class BindingElement:
    """Drug and target. Constants: 1/volume, kon, koff, synthesis, degradation, internalisation."""

    ligand: int
    target: int
    bound: int

    kind = 4

    def entries(self) -> list[Entry]:
        """Jacobian entries (row, column) in the order of `encode`."""
        rows = (self.ligand, self.target, self.bound)
        return [(row, column) for column in rows for row in rows]

    def encode(self) -> list[int]:
        """The element in whole numbers, without its slots."""
        return [self.ligand, self.target, self.bound]

    def add_change(self, x: Array, c: Array, change: Array) -> None:
        """Add binding, release, synthesis and losses to dx/dt (n, B)."""
        net = c[1] * c[0] * x[self.ligand] * x[self.target] - c[2] * x[self.bound]
        change[self.ligand] -= net
        change[self.target] += c[3] - c[4] * x[self.target] - net
        change[self.bound] += net - c[5] * x[self.bound]

    def add_slopes(self, x: Array, c: Array, add: AddTo) -> None:
        """Add the derivatives of dx/dt."""
        by_ligand, by_target = c[1] * c[0] * x[self.target], c[1] * c[0] * x[self.ligand]
        for column, net in ((self.ligand, by_ligand), (self.target, by_target), (self.bound, -c[2])):
            add(self.ligand, column, -net)
            add(self.target, column, -net)
            add(self.bound, column, net)
        add(self.target, self.target, -c[4])
        add(self.bound, self.bound, -c[5])


Element = SaturableElement | TurnoverElement | HillElement | BindingElement


def sigmoid(conc: Array, half: Array, hill: Array) -> tuple[Array, Array]:
    """Hill function of a concentration and its derivative; 0 for a concentration that rounding made negative."""
    present = conc > 0
    safe = np.where(present, conc, 1.0)
    ratio = np.where(present, np.minimum((safe / half) ** hill, 1e200), 0.0)
    slope_at_zero = np.where(hill == 1.0, 1.0 / half, 0.0)
    slope = np.where(present, hill * ratio / (safe * (1.0 + ratio) ** 2), slope_at_zero)
    return ratio / (1.0 + ratio), slope


def element_of(graph: Graph, term: Term) -> Element:
    """The element that computes a term; raises ModelError for terms outside the catalogue."""

    def at(state: str | None) -> int:
        return NOWHERE if state is None else graph.index(state)

    if isinstance(term, MichaelisMenten | InhibitedClearance):
        saturable = isinstance(term, MichaelisMenten)
        inhibitors = tuple((at(inhibitor.site.state), inhibitor.kind) for inhibitor in term.inhibitors)
        if not saturable and any(kind is Inhibition.UNCOMPETITIVE for _, kind in inhibitors):
            raise ModelError(
                "an uncompetitive inhibitor does nothing to an unsaturated clearance; use Michaelis-Menten"
            )
        return SaturableElement(at(term.site.state), at(term.target), at(term.enzyme), saturable, inhibitors)
    if isinstance(term, Turnover):
        inactivators = tuple(at(part.site.state) for part in term.inactivators)
        return TurnoverElement(at(term.enzyme), inactivators, tuple(at(part.site.state) for part in term.inducers))
    if isinstance(term, Hill):
        return HillElement(at(term.site.state), at(term.target), term.copies)
    if isinstance(term, TargetBinding):
        return BindingElement(at(term.site.state), at(term.target), at(term.bound))
    raise ModelError(f"{type(term).__name__} is not a term of the catalogue")


def constants_of(term: Term, rates: Mapping[str, Array], batch: int) -> Array:
    """Constants of a term in the order its element reads them, (C, B)."""
    one = np.ones(batch)
    rows: list[Array]
    if isinstance(term, MichaelisMenten | InhibitedClearance):
        speed = (
            [rates[term.vmax], rates[term.km]] if isinstance(term, MichaelisMenten) else [rates[term.clearance], one]
        )
        rows = [1.0 / rates[term.site.volume], *speed]
        rows += [1.0 / (rates[part.site.volume] * rates[part.ki]) for part in term.inhibitors]
    elif isinstance(term, Turnover):
        rows = [rates[term.degradation]]
        for lost in term.inactivators:
            rows += [1.0 / rates[lost.site.volume], rates[lost.kinact], rates[lost.ki]]
        for made in term.inducers:
            hill = one if made.hill is None else rates[made.hill]
            rows += [1.0 / rates[made.site.volume], rates[made.emax], rates[made.ec50], hill]
    else:
        names = term.rates
        rows = [1.0 / rates[names[0]], *(rates[name] for name in names[1:])]
    return np.array([np.broadcast_to(row, (batch,)) for row in rows])


def rest_of(graph: Graph, term: Term, rates: Mapping[str, Array]) -> list[tuple[int, Array]]:
    """Amounts that are not 0 when nothing has been given: (state, (B,))."""
    if isinstance(term, Turnover):
        return [(graph.index(term.enzyme), np.ones_like(rates[term.degradation]))]
    if isinstance(term, TargetBinding):
        return [(graph.index(term.target), rates[term.synthesis] / rates[term.degradation])]
    return []
