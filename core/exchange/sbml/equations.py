"""A patient's model as equations with a start and dated changes: what the SBML writer puts into XML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.engine.laid_out import LaidOut
from core.engine.schedule import Input, Side
from core.engine.solve import simulate
from core.engine.terms import Hill, InhibitedClearance, Inhibition, Inhibitor, MichaelisMenten, TargetBinding, Turnover
from core.errors import InputError, ModelError

_TINY = 1e-9


@dataclass(frozen=True)
class Reaction:
    """A transfer: from and to may be nothing; `by` are species it depends on and leaves as they are."""

    id: str
    source: str | None
    target: str | None
    formula: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """At a time (h) names take new values, given as formulas."""

    time: float
    values: Mapping[str, str]


@dataclass
class Equations:
    """Species with their first amounts, constants, reactions, rules, changes."""

    name: str
    notes: str
    species: dict[str, float] = field(default_factory=dict)
    constants: dict[str, float] = field(default_factory=dict)
    reactions: list[Reaction] = field(default_factory=list)
    rates: dict[str, tuple[float, str]] = field(default_factory=dict)  # name: start and slope, beside the reactions
    assigned: dict[str, str] = field(default_factory=dict)  # name: formula at every time
    changes: list[Change] = field(default_factory=list)


def equations_of(system: LaidOut, name: str, notes: str) -> Equations:
    """Write one patient's model out as equations.

    Raises:
        InputError: an infusion at steady state that is longer than its interval, which dated changes cannot begin.
        ModelError: more than one patient.
    """
    graph = system.graph
    found = Equations(name, notes)
    first, rest = system.segments[0], system.segments[1:]
    found.constants = {name: _one(value) for name, value in first.rates.items()}
    resting = {name: 1.0 for term in graph.terms if isinstance(term, Turnover) for name in (term.enzyme,)}
    for term in graph.terms:
        if isinstance(term, TargetBinding):
            resting[term.target] = found.constants[term.synthesis] / found.constants[term.degradation]
    found.species = {state: resting.get(state, 0.0) for state in graph.states}
    for number, flow in enumerate(graph.flows):
        by = (flow.source,) if flow.copies else ()
        source = None if flow.copies else flow.source
        found.reactions.append(Reaction(f"flow_{number}", source, flow.target, f"{flow.rate} * {flow.source}", by))
    for number, term in enumerate(graph.terms):
        found.reactions += _reactions(f"term_{number}", term)
    holding = found.constants
    for segment in rest:
        new = {name: _one(value) for name, value in segment.rates.items()}
        values = {name: repr(value) for name, value in new.items() if value != holding[name]}
        holding = new
        if values:
            found.changes.append(Change(segment.start, values))
    _give(found, system)
    for output, (state, litres) in system.outputs.items():
        found.assigned[f"c_{output}"] = f"{state} / {litres}"
    found.changes.sort(key=lambda change: change.time)
    return found


def _one(value: float | Any) -> float:
    array = np.atleast_1d(np.asarray(value, dtype=float))
    if array.size != 1:
        raise ModelError("equations are written for one patient at a time")
    return float(array[0])


def _give(found: Equations, system: LaidOut) -> None:
    """Doses as dated changes; one that enters whole at time 0, before anything else, as a first amount."""
    infusions: dict[str, list[tuple[float, float]]] = {}
    for item in system.inputs:
        start = item.time + _one(item.lag)
        amount, duration = _one(item.amount) * _one(item.fraction), _one(item.duration)
        if item.steady_state_every is not None:
            _settle(found, system, item)
        if duration > 0:
            rate = amount / duration
            infusions.setdefault(item.state, []).extend([(start, rate), (start + duration, -rate)])
        elif start <= _TINY and item.steady_state_every is None and not found.changes:
            found.species[item.state] += amount
        else:
            found.changes.append(Change(start, {item.state: f"{item.state} + {amount!r}"}))
    for state, steps in infusions.items():
        name = f"infusion_{state}"
        found.constants[name] = 0.0
        found.reactions.append(Reaction(f"give_{state}", None, state, name))
        for time in sorted({time for time, _ in steps}):
            running = sum(step for when, step in steps if when <= time + _TINY)
            found.changes.append(Change(time, {name: repr(max(running, 0.0) if abs(running) > _TINY else 0.0)}))


def _settle(found: Equations, system: LaidOut, item: Input) -> None:
    every = item.steady_state_every
    assert every is not None
    if _one(item.duration) + _one(item.lag) > every:
        raise InputError("doses", "sbml_steady_infusion")
    upto = [one for one in system.inputs if one.time <= item.time]
    times = np.array([item.time])
    states = system.graph.states
    solved = simulate(
        system.graph, system.segments, upto, times, states=states, side=Side.BEFORE, tolerance=1e-9
    ).amounts[0, 0]
    found.changes.append(Change(item.time, {state: repr(float(solved[i])) for i, state in enumerate(states)}))


def _reactions(name: str, term: object) -> list[Reaction]:
    match term:
        case MichaelisMenten():
            return [Reaction(name, term.site.state, term.target, _saturable(term), _acting(term))]
        case InhibitedClearance():
            c = f"({term.site.state} / {term.site.volume})"
            law = f"{_enzyme(term.enzyme)}{term.clearance} * {c} / {_factor(term.inhibitors, _FIRST)}"
            return [Reaction(name, term.site.state, term.target, law, _acting(term))]
        case Hill():
            c = f"({term.site.state} / {term.site.volume})"
            law = f"{term.vmax} * {c} ** {term.hill} / ({term.c50} ** {term.hill} + {c} ** {term.hill})"
            source = None if term.copies else term.site.state
            return [Reaction(name, source, term.target, law, (term.site.state,) if term.copies else ())]
        case Turnover():
            return _turnover(name, term)
        case TargetBinding():
            return _binding(name, term)
    raise ModelError(f"{type(term).__name__} has no place in SBML yet")


_FIRST = (Inhibition.COMPETITIVE, Inhibition.NONCOMPETITIVE)
_SECOND = (Inhibition.UNCOMPETITIVE, Inhibition.NONCOMPETITIVE)


def _saturable(term: MichaelisMenten) -> str:
    c = f"({term.site.state} / {term.site.volume})"
    bottom = f"{term.km} * {_factor(term.inhibitors, _FIRST)} + {c} * {_factor(term.inhibitors, _SECOND)}"
    return f"{_enzyme(term.enzyme)}{term.vmax} * {c} / ({bottom})"


def _factor(inhibitors: Sequence[Inhibitor], kinds: tuple[Inhibition, ...]) -> str:
    parts = [f"{i.site.state} / {i.site.volume} / {i.ki}" for i in inhibitors if i.kind in kinds]
    return f"({' + '.join(['1', *parts])})"


def _enzyme(enzyme: str | None) -> str:
    return "" if enzyme is None else f"{enzyme} * "


def _acting(term: MichaelisMenten | InhibitedClearance) -> tuple[str, ...]:
    names = [item.site.state for item in term.inhibitors] + ([] if term.enzyme is None else [term.enzyme])
    return tuple(name for name in dict.fromkeys(names) if name != term.site.state)


def _turnover(name: str, term: Turnover) -> list[Reaction]:
    made = ["1"]
    for inducer in term.inducers:
        c = f"({inducer.site.state} / {inducer.site.volume})"
        power = "" if inducer.hill is None else f" ** {inducer.hill}"
        made.append(f"{inducer.emax} * {c}{power} / ({inducer.ec50}{power} + {c}{power})")
    lost = [term.degradation]
    for inactivator in term.inactivators:
        c = f"({inactivator.site.state} / {inactivator.site.volume})"
        lost.append(f"{inactivator.kinact} * {c} / ({inactivator.ki} + {c})")
    inducing = tuple(dict.fromkeys(item.site.state for item in term.inducers))
    losing = tuple(dict.fromkeys(item.site.state for item in term.inactivators))
    return [
        Reaction(f"{name}_made", None, term.enzyme, f"{term.degradation} * ({' + '.join(made)})", inducing),
        Reaction(f"{name}_lost", term.enzyme, None, f"{term.enzyme} * ({' + '.join(lost)})", losing),
    ]


def _binding(name: str, term: TargetBinding) -> list[Reaction]:
    drug, target, bound = term.site.state, term.target, term.bound
    return [
        Reaction(f"{name}_on_drug", drug, None, f"{term.kon} * {drug} * {target} / {term.site.volume}", (target,)),
        Reaction(f"{name}_on", target, bound, f"{term.kon} * {drug} * {target} / {term.site.volume}", (drug,)),
        Reaction(f"{name}_off_drug", None, drug, f"{term.koff} * {bound}", (bound,)),
        Reaction(f"{name}_off", bound, target, f"{term.koff} * {bound}"),
        Reaction(f"{name}_made", None, target, term.synthesis),
        Reaction(f"{name}_lost", target, None, f"{term.degradation} * {target}"),
        Reaction(f"{name}_inside", bound, None, f"{term.internalisation} * {bound}"),
    ]
