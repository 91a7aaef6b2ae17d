"""The closed catalogue of nonlinear terms: what a model may say; `core/engine/elements.py` computes it.

Every name of a constant refers to a value of the segment's rates. Concentrations are amount / volume in mg/L, the
volume being whatever turns an amount into the concentration that drives the process (for an unbound tissue
concentration: tissue volume x partition coefficient / fraction unbound).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Term(Protocol):
    """What the graph needs to know of a nonlinear term."""

    @property
    def states(self) -> tuple[str, ...]:
        """States the term reads or changes."""

    @property
    def rates(self) -> tuple[str, ...]:
        """Names of the constants the term reads from a segment."""

    @property
    def divisors(self) -> tuple[str, ...]:
        """Those of the constants that must be above 0."""


@dataclass(frozen=True)
class Site:
    """Where a concentration is sensed: amount in `state` (mg) over `volume` (L)."""

    state: str
    volume: str


class Inhibition(Enum):
    """How a reversible inhibitor acts: on the Km, on the substrate complex, or on both alike."""

    COMPETITIVE = 0
    UNCOMPETITIVE = 1
    NONCOMPETITIVE = 2


@dataclass(frozen=True)
class Inhibitor:
    """A reversible inhibitor with inhibition constant `ki` (mg/L)."""

    site: Site
    ki: str
    kind: Inhibition = Inhibition.COMPETITIVE


@dataclass(frozen=True)
class MichaelisMenten:
    """Saturable transfer from `site.state` to `target` (None leaves the body), mg/h.

    vmax E C / (km (1 + sum I/ki) + C (1 + sum I'/ki')), with competitive and noncompetitive inhibitors in the first
    sum, uncompetitive and noncompetitive ones in the second, E the relative amount of `enzyme` (1 when None).
    Source: Cornish-Bowden, Fundamentals of Enzyme Kinetics (2012), ch. 7.
    """

    site: Site
    target: str | None
    vmax: str
    km: str
    inhibitors: tuple[Inhibitor, ...] = ()
    enzyme: str | None = None

    @property
    def states(self) -> tuple[str, ...]:
        """States the term reads or changes."""
        return _named(self.site.state, self.target, self.enzyme, *(i.site.state for i in self.inhibitors))

    @property
    def rates(self) -> tuple[str, ...]:
        """Names of the constants."""
        return (self.site.volume, self.vmax, self.km, *_inhibition_constants(self.inhibitors))

    @property
    def divisors(self) -> tuple[str, ...]:
        """Constants that must be above 0."""
        return (self.site.volume, self.km, *_inhibition_constants(self.inhibitors))


@dataclass(frozen=True)
class InhibitedClearance:
    """Unsaturated transfer clearance E C / (1 + sum I/ki), mg/h: the limit of Michaelis-Menten for C far below km.

    Uncompetitive inhibitors have no effect in that limit and are refused by the solver.
    """

    site: Site
    target: str | None
    clearance: str
    inhibitors: tuple[Inhibitor, ...] = ()
    enzyme: str | None = None

    @property
    def states(self) -> tuple[str, ...]:
        """States the term reads or changes."""
        return _named(self.site.state, self.target, self.enzyme, *(i.site.state for i in self.inhibitors))

    @property
    def rates(self) -> tuple[str, ...]:
        """Names of the constants."""
        return (self.site.volume, self.clearance, *_inhibition_constants(self.inhibitors))

    @property
    def divisors(self) -> tuple[str, ...]:
        """Constants that must be above 0."""
        return (self.site.volume, *_inhibition_constants(self.inhibitors))


@dataclass(frozen=True)
class Inactivator:
    """Mechanism-based inactivation: maximal rate `kinact` (1/h), half of it at `ki` (mg/L)."""

    site: Site
    kinact: str
    ki: str


@dataclass(frozen=True)
class Inducer:
    """Induction of synthesis: maximal fold increase `emax`, half of it at `ec50` (mg/L), steepness `hill`."""

    site: Site
    emax: str
    ec50: str
    hill: str | None = None


@dataclass(frozen=True)
class Turnover:
    """Relative amount of an enzyme, 1 at rest: dE/dt = kdeg (1 + sum induction) - E (kdeg + sum inactivation).

    Source: Fahmi et al. 2009, doi:10.1124/dmd.108.026252.
    """

    enzyme: str
    degradation: str
    inactivators: tuple[Inactivator, ...] = ()
    inducers: tuple[Inducer, ...] = ()

    @property
    def states(self) -> tuple[str, ...]:
        """States the term reads or changes."""
        sensed = [part.site.state for part in self.inactivators] + [part.site.state for part in self.inducers]
        return _named(self.enzyme, *sensed)

    @property
    def rates(self) -> tuple[str, ...]:
        """Names of the constants."""
        names = [self.degradation]
        for inactivator in self.inactivators:
            names += [inactivator.site.volume, inactivator.kinact, inactivator.ki]
        for inducer in self.inducers:
            names += [inducer.site.volume, inducer.emax, inducer.ec50]
            names += [inducer.hill] if inducer.hill is not None else []
        return tuple(names)

    @property
    def divisors(self) -> tuple[str, ...]:
        """Constants that must be above 0."""
        lost = [name for part in self.inactivators for name in (part.site.volume, part.ki)]
        return (*lost, *(name for part in self.inducers for name in (part.site.volume, part.ec50)))


@dataclass(frozen=True)
class Hill:
    """Sigmoid transfer vmax C^hill / (c50^hill + C^hill), mg/h; `copies` leaves the source as it is."""

    site: Site
    target: str | None
    vmax: str
    c50: str
    hill: str
    copies: bool = False

    @property
    def states(self) -> tuple[str, ...]:
        """States the term reads or changes."""
        return _named(self.site.state, self.target)

    @property
    def rates(self) -> tuple[str, ...]:
        """Names of the constants."""
        return (self.site.volume, self.vmax, self.c50, self.hill)

    @property
    def divisors(self) -> tuple[str, ...]:
        """Constants that must be above 0."""
        return (self.site.volume, self.c50)


@dataclass(frozen=True)
class TargetBinding:
    """Target-mediated disposition: drug + target <-> complex, with turnover of the target and loss of the complex.

    Target and complex are amounts in drug-equivalent mg in the volume of `site`. `kon` L/(mg h); `koff`, `degradation`,
    `internalisation` 1/h; `synthesis` mg/h. At rest the target is synthesis / degradation.
    Source: Mager & Jusko 2001, doi:10.1023/A:1014414520282.
    """

    site: Site
    target: str
    bound: str
    kon: str
    koff: str
    synthesis: str
    degradation: str
    internalisation: str

    @property
    def states(self) -> tuple[str, ...]:
        """States the term reads or changes."""
        return (self.site.state, self.target, self.bound)

    @property
    def rates(self) -> tuple[str, ...]:
        """Names of the constants."""
        return (self.site.volume, self.kon, self.koff, self.synthesis, self.degradation, self.internalisation)

    @property
    def divisors(self) -> tuple[str, ...]:
        """Constants that must be above 0."""
        return (self.site.volume, self.degradation)


def _named(*states: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(state for state in states if state is not None))


def _inhibition_constants(inhibitors: Iterable[Inhibitor]) -> tuple[str, ...]:
    return tuple(name for inhibitor in inhibitors for name in (inhibitor.site.volume, inhibitor.ki))
