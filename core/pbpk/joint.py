"""Several drugs in one body, each with its own whole-body model, meeting at the enzymes.

Metabolism that nothing acts on stays a first-order flow. Where another drug inhibits, inactivates or induces an
enzyme, or where the drug saturates it, the flow becomes a nonlinear term driven by unbound concentrations: in the
liver those of its tissue, in the gut wall those of the cells the drug is absorbed through. What acts on enzymes there
arrives from both sides, with the drug being absorbed and with the blood of the villi: a perpetrator given by vein, or
absorbed long ago, reaches the gut too (Rostami-Hodjegan and Tucker 2004, doi:10.1016/j.ddtec.2004.10.002).

A pathway may form a metabolite that is a compound of its own: it appears in the liver, or in the cells of the gut wall,
where the drug was metabolised, and acts on enzymes as any other compound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.clinic.regimen import Route
from core.engine.graph import Flow, Graph
from core.engine.terms import (
    Inactivator,
    Inducer,
    InhibitedClearance,
    Inhibition,
    Inhibitor,
    MichaelisMenten,
    Site,
    Term,
    Turnover,
)
from core.errors import ModelError
from core.pbpk.action import Action, ActionKind, degradation
from core.pbpk.compound import Compound
from core.pbpk.graph import GUT_WALL
from core.pbpk.individual import Individual
from core.pbpk.physiology import Array
from core.pbpk.whole_body import WALL_VOLUME, WholeBody, build, villous_flow

_PLACES = ("liver", "gut")
_REACHED = "gut_reached"
_FORMED = "_formed"
_REVERSIBLE = {
    ActionKind.COMPETITIVE: Inhibition.COMPETITIVE,
    ActionKind.NONCOMPETITIVE: Inhibition.NONCOMPETITIVE,
}


@dataclass(frozen=True)
class JointBody:
    """Compounds that share one body; states and rates carry the compound's name before a colon."""

    members: Mapping[str, WholeBody]  # by name of the compound
    graph: Graph

    def rates(
        self, individual: Individual, activity: Mapping[str, Mapping[str, Array | float]] | None = None
    ) -> dict[str, Array]:
        """Rates and constants of the joint graph, each (B,).

        Args:
            individual: the bodies.
            activity: for each compound, factors on enzymes as for `WholeBody.rates` (phenotype).
        """
        given = activity or {}
        constants: dict[str, Array] = {}
        for name, body in self.members.items():
            own = given.get(name, {})
            constants |= {f"{name}:{rate}": value for rate, value in body.rates(individual, {}, own).items()}
            constants |= _site_constants(name, self.members, individual, own)
        for place in _PLACES:
            for enzyme in _turning(self.members):
                constants[_degradation(place, enzyme)] = np.full(1, degradation(enzyme, place))
        return {name: constants[name] for name in self.graph.rates}

    def dose_state(self, name: str, route: Route) -> str:
        """State that receives a dose of one compound; raises ModelError for an unknown compound or route."""
        return f"{name}:{self._member(name).dose_state(route)}"

    def state_of(self, name: str, output: str) -> str:
        """State whose amount gives a concentration of one compound, as `WholeBody.state_of`."""
        return f"{name}:{self._member(name).state_of(output)}"

    def volume_of(self, name: str, output: str, individual: Individual) -> Array:
        """Litres that turn that amount into mg/L, as `WholeBody.volume_of`."""
        return self._member(name).volume_of(output, individual)

    def met_by_enzymes(self, name: str, individual: Individual) -> dict[str, tuple[str, Array]]:
        """Where the enzymes of `liver` and `gut` meet a compound that acts on some.

        Returns:
            For each place a state and the litres, (B,), that turn its amount into unbound mg/L. Empty where the
            compound acts on nothing.
        """
        body = self._member(name)
        if not body.compound.actions:
            return {}
        volumes = _acting_volumes(body, individual)
        return {place: (_acting(name, place).state, volumes[place]) for place in _PLACES}

    def _member(self, name: str) -> WholeBody:
        if name not in self.members:
            raise ModelError(f"{name} is not part of this model; it holds {', '.join(self.members)}")
        return self.members[name]


def with_metabolites(compounds: Iterable[Compound], known: Iterable[Compound]) -> tuple[Compound, ...]:
    """Compounds and, after them, every metabolite they form, from those known.

    Raises:
        ModelError: a metabolite is not among them.
    """
    found = {compound.name: compound for compound in compounds}
    by_name = {compound.name: compound for compound in known}
    waiting = list(found.values())
    while waiting:
        for made in waiting.pop().metabolites.values():
            if made.name in found:
                continue
            if made.name not in by_name:
                raise ModelError(f"no compound file describes the metabolite {made.name}")
            found[made.name] = by_name[made.name]
            waiting.append(by_name[made.name])
    return tuple(found.values())


def join(compounds: tuple[Compound, ...]) -> JointBody:
    """Put compounds into one body; a metabolite that is not among them leaves as if it had no effect.

    Raises:
        ModelError: two compounds of one name, one limited by permeability (its cells are not described here), an
            enzyme without known half-life that something induces or inactivates, or a metabolite heavier than its drug
            that all of the drug becomes.
    """
    members = {compound.name: build(compound, wall=True) for compound in compounds}
    if len(members) != len(compounds):
        raise ModelError("a compound can be part of a joint model only once")
    if any(compound.permeability is not None for compound in compounds):
        raise ModelError("compounds limited by permeability cannot be joined yet")
    acted = _acted(members)
    states: list[str] = []
    flows: list[Flow] = []
    terms: list[Term] = [_turnover(members, place, enzyme) for place in _PLACES for enzyme in _turning(members)]
    for name, body in members.items():
        states += [f"{name}:{state}" for state in body.graph.states]
        if body.compound.actions:
            states.append(f"{name}:{_REACHED}")
            flows += _reaching(name)
        nonlinear = {"gut_metabolism", *(f"metabolism_{e}" for e in _by_terms(body.compound, members, acted))}
        flows += [_renamed(name, flow) for flow in body.graph.flows if flow.rate not in nonlinear]
        terms += _metabolism(name, members)
    states += [_enzyme(place, enzyme) for place in _PLACES for enzyme in _turning(members)]
    return JointBody(members, Graph(tuple(states), tuple(flows), tuple(terms)))


def _renamed(name: str, flow: Flow) -> Flow:
    target = None if flow.target is None else f"{name}:{flow.target}"
    return replace(flow, source=f"{name}:{flow.source}", target=target, rate=f"{name}:{flow.rate}")


def _reaching(name: str) -> list[Flow]:
    """What the gut wall meets of a perpetrator: copies, at balance at once, that hold none of its amount."""
    reached = f"{name}:{_REACHED}"
    return [
        Flow(f"{name}:{GUT_WALL}", reached, f"{name}:reach_absorbed", copies=True),
        Flow(f"{name}:small_intestine", reached, f"{name}:reach_blood", copies=True),
        Flow(reached, None, f"{name}:reach_end"),
    ]


def _actions(members: Mapping[str, WholeBody]) -> Iterator[tuple[str, Action]]:
    for name, body in members.items():
        for action in body.compound.actions:
            yield name, action


def _acted(members: Mapping[str, WholeBody]) -> set[str]:
    return {action.enzyme for _, action in _actions(members)}


def _turning(members: Mapping[str, WholeBody]) -> tuple[str, ...]:
    """Enzymes whose amount changes."""
    return tuple(sorted({action.enzyme for _, action in _actions(members) if not action.reversible}))


def _enzyme(place: str, enzyme: str) -> str:
    return f"{place}_{enzyme}"


def _degradation(place: str, enzyme: str) -> str:
    return f"degradation:{place}_{enzyme}"


def _site(name: str, place: str) -> Site:
    return Site(f"{name}:{'liver' if place == 'liver' else GUT_WALL}", f"{name}:unbound_volume_{place}")


def _acting(name: str, place: str) -> Site:
    """Where a perpetrator meets the enzymes of a place."""
    state = "liver" if place == "liver" else _REACHED
    return Site(f"{name}:{state}", f"{name}:acting_volume_{place}")


def _acting_volumes(body: WholeBody, individual: Individual) -> dict[str, Array]:
    """Litres that turn the amount where a compound meets enzymes into unbound mg/L, by place."""
    liver = individual.volume["liver"] * body.parts["liver"].inside / body.compound.liver_uptake
    return {"liver": liver, "gut": np.full(1, WALL_VOLUME)}


def _constant(name: str, number: int, part: str) -> str:
    return f"{name}:action_{number}_{part}"


def _numbered(members: Mapping[str, WholeBody]) -> Iterator[tuple[str, int, Action]]:
    for name, body in members.items():
        for number, action in enumerate(body.compound.actions):
            yield name, number, action


def _turnover(members: Mapping[str, WholeBody], place: str, enzyme: str) -> Turnover:
    inactivators, inducers = [], []
    for name, number, action in _numbered(members):
        half, maximum = _constant(name, number, "half"), _constant(name, number, "maximum")
        if action.enzyme == enzyme and action.kind is ActionKind.INACTIVATION:
            inactivators.append(Inactivator(_acting(name, place), maximum, half))
        elif action.enzyme == enzyme and action.kind is ActionKind.INDUCTION:
            inducers.append(Inducer(_acting(name, place), maximum, half))
    return Turnover(_enzyme(place, enzyme), _degradation(place, enzyme), tuple(inactivators), tuple(inducers))


def _metabolism(name: str, members: Mapping[str, WholeBody]) -> list[Term]:
    """Terms for each pathway of the liver that is no plain flow, and for each enzyme of the gut wall."""
    compound = members[name].compound
    acted, turning = _acted(members), _turning(members)
    wanted = [("liver", enzyme) for enzyme in _by_terms(compound, members, acted)]
    wanted += [("gut", enzyme) for enzyme in compound.absorption.gut_wall]
    terms: list[Term] = []
    for place, enzyme in wanted:
        amount = _enzyme(place, enzyme) if enzyme in turning else None
        inhibitors = tuple(
            Inhibitor(_acting(other, place), _constant(other, number, "half"), _REVERSIBLE[action.kind])
            for other, number, action in _numbered(members)
            if other != name and action.enzyme == enzyme and action.reversible
        )
        site = _site(name, place)
        for part, target in _ends(members, name, place, enzyme):
            if enzyme in compound.saturation:
                vmax, km = f"{name}:vmax_{place}_{enzyme}{part}", f"{name}:km_{enzyme}"
                terms.append(MichaelisMenten(site, target, vmax, km, inhibitors, amount))
            else:
                clearance = f"{name}:clearance_{place}_{enzyme}{part}"
                terms.append(InhibitedClearance(site, target, clearance, inhibitors, amount))
    return terms


def _by_terms(compound: Compound, members: Mapping[str, WholeBody], acted: set[str]) -> list[str]:
    """Pathways of the liver that no plain flow describes: acted on, saturable, or forming a compound of the body."""
    forming = {enzyme for enzyme, made in compound.metabolites.items() if made.name in members}
    return [e for e in compound.enzymes if e in acted or e in compound.saturation or e in forming]


def _ends(members: Mapping[str, WholeBody], name: str, place: str, enzyme: str) -> list[tuple[str, str | None]]:
    """Parts of a pathway, by the end of their constants' names, and where each leads."""
    made = members[name].compound.metabolites.get(enzyme)
    if made is None or made.name not in members:
        return [("", None)]
    return [("", None), (_FORMED, f"{made.name}:{'liver' if place == 'liver' else GUT_WALL}")]


def _yield(name: str, enzyme: str, members: Mapping[str, WholeBody]) -> float:
    """Milligrams of a metabolite in the body per milligram of the drug that goes by one pathway."""
    compound = members[name].compound
    made = compound.metabolites.get(enzyme)
    if made is None or made.name not in members:
        return 0.0
    formed = made.share * members[made.name].compound.molar_mass / compound.molar_mass
    if formed > 1.0:
        raise ModelError(f"{name} cannot form {formed:.3g} times its own mass of {made.name}")
    return formed


def _site_constants(
    name: str, members: Mapping[str, WholeBody], individual: Individual, activity: Mapping[str, Array | float]
) -> dict[str, Array]:
    body = members[name]
    compound = body.compound
    constants = {
        f"{name}:unbound_volume_liver": individual.volume["liver"] * body.parts["liver"].inside,
        f"{name}:unbound_volume_gut": np.full(1, WALL_VOLUME),
    }
    if compound.actions:
        for place, volume in _acting_volumes(body, individual).items():
            constants[f"{name}:acting_volume_{place}"] = volume
        held = individual.volume["small_intestine"] * body.parts["small_intestine"].inside
        speed = villous_flow(individual) / WALL_VOLUME
        constants[f"{name}:reach_absorbed"] = constants[f"{name}:reach_end"] = speed
        constants[f"{name}:reach_blood"] = speed * WALL_VOLUME / held
    for enzyme in compound.enzymes:
        own = body.intrinsic_clearance(enzyme, individual) * activity.get(enzyme, 1.0)
        constants[f"{name}:clearance_liver_{enzyme}"] = np.asarray(own)
    for enzyme, clearance in body.gut_clearance(individual, activity).items():
        constants[f"{name}:clearance_gut_{enzyme}"] = clearance * np.ones(1)
    for enzyme, km in compound.saturation.items():
        constants[f"{name}:km_{enzyme}"] = np.full(1, km)
        for place in _PLACES:
            linear = constants.get(f"{name}:clearance_{place}_{enzyme}")
            if linear is not None:
                constants[f"{name}:vmax_{place}_{enzyme}"] = linear * km
    for enzyme in compound.metabolites:
        formed = _yield(name, enzyme, members)
        for key in [f"{name}:{kind}_{place}_{enzyme}" for kind in ("clearance", "vmax") for place in _PLACES]:
            if key in constants:
                whole = constants[key]
                constants[key], constants[key + _FORMED] = whole * (1.0 - formed), whole * formed
    for number, action in enumerate(compound.actions):
        constants[_constant(name, number, "half")] = np.full(1, action.half)
        constants[_constant(name, number, "maximum")] = np.full(1, action.maximum)
    return constants
