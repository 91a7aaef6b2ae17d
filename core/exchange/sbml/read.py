"""SBML of the catalogue's kinds as a graph the engine simulates; anything else is refused by name.

Read are Level 2 and 3: compartments of constant size, species, constant or dated parameters, irreversible reactions of
one species into at most one other, dated events that add to a species or set a parameter, assignment rules that turn an
amount into a concentration. What a kinetic law does is recognised from its values, not from how it is written.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from core.engine.graph import Flow, Graph
from core.engine.laid_out import LaidOut
from core.engine.schedule import Input, Segment
from core.engine.terms import Hill, MichaelisMenten, Site, Term
from core.errors import InputError
from core.exchange.safe_xml import elements_in
from core.exchange.sbml.formula import TIME_NAME, Function, function_of
from core.exchange.sbml.recognise import PROBES, recognise

_LARGEST = 20_000_000  # bytes
_ALIKE = 1e-9
_ONE = "unit_litre"
_KNOWN = frozenset(
    {
        *("notes", "annotation", "listOfUnitDefinitions", "listOfCompartments", "listOfSpecies", "listOfParameters"),
        *("listOfReactions", "listOfRules", "listOfEvents", "listOfCompartmentTypes", "listOfSpeciesTypes"),
    }
)


@dataclass(frozen=True, eq=False)
class SbmlModel:
    """What was read: ready for the engine, and the amounts that are there at the start (as doses at time 0)."""

    name: str
    laid: LaidOut


@dataclass
class _Parts:
    """The pieces of a model by name."""

    sizes: dict[str, float] = field(default_factory=dict)
    amounts: dict[str, float] = field(default_factory=dict)  # of species, at the start
    size_of: dict[str, float] = field(default_factory=dict)  # what a species' symbol divides its amount by
    values: dict[str, float] = field(default_factory=dict)  # of parameters
    rules: dict[str, Function] = field(default_factory=dict)  # names that are formulas of others at every time
    hours: float = 1.0  # of one unit of time

    def known(self, held: Mapping[str, float], **more: float) -> dict[str, float]:
        """Every name with its value: sizes, parameters as they are held, species at 0 but for `more`, rules last."""
        found = {**dict.fromkeys(self.amounts, 0.0), **self.sizes, TIME_NAME: 0.0, **held, **more}
        waiting = dict(self.rules)
        while waiting:
            ready = {}
            for name, formula in waiting.items():
                try:
                    ready[name] = formula(found)
                except InputError:
                    continue  # it reads another rule's value
                except (ZeroDivisionError, OverflowError, ValueError):
                    ready[name] = math.nan
            if not ready:
                name = next(iter(waiting))
                raise InputError(name, "sbml_unknown_name", where=name, name=name)
            found |= ready
            waiting = {name: formula for name, formula in waiting.items() if name not in ready}
        return found


def read_sbml(path: Path) -> SbmlModel:
    """Read one model.

    Raises:
        InputError: the file cannot be read, or holds something the engine's catalogue has no place for; with its name.
    """
    model = _model_element(path)
    for child in model:
        if child.tag not in _KNOWN:
            raise InputError(child.tag, "sbml_not_supported", what=child.tag)
    parts = _Parts(hours=_hours(model))
    _read_compartments(model, parts)
    _read_species(model, parts)
    _read_parameters(model, parts)
    _read_rules(model, parts)
    changes = _read_events(model, parts)
    laws = [_Law.of(reaction, parts) for reaction in model.findall("./listOfReactions/reaction")]
    return SbmlModel(model.get("name") or model.get("id") or path.stem, _laid_out(parts, laws, changes))


def _model_element(path: Path) -> Element:
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(str(path), "exchange_too_large", path=path, value=path.stat().st_size, high=_LARGEST)
        with path.open("rb") as stream:
            models = list(elements_in(stream, path, "model", 1))
    except OSError as error:
        raise InputError(str(path), "file_not_read", path=path, why=error.strerror or error) from None
    if len(models) != 1:
        raise InputError(str(path), "sbml_no_model", path=path)
    return models[0]


def _hours(model: Element) -> float:
    unit = model.get("timeUnits", "")
    if unit in ("", "second", "time"):
        return 1.0 / 3600.0 if unit == "second" else 1.0
    for definition in model.findall("./listOfUnitDefinitions/unitDefinition"):
        units = definition.findall("./listOfUnits/unit")
        if definition.get("id") == unit and len(units) == 1 and units[0].get("kind") == "second":
            scale = _number(units[0], "multiplier", "1") * 10.0 ** _number(units[0], "scale", "0")
            return float(scale / 3600.0)
    raise InputError("timeUnits", "sbml_not_supported", what=unit)


def _number(element: Element, name: str, default: str | None = None) -> float:
    written = element.get(name, default)
    where = element.get("id") or element.get("variable") or element.tag
    try:
        value = float(written or "")
    except ValueError:
        raise InputError(where, "sbml_number", where=where, name=name) from None
    if not math.isfinite(value):
        raise InputError(where, "sbml_number", where=where, name=name)
    return value


def _read_compartments(model: Element, parts: _Parts) -> None:
    for item in model.findall("./listOfCompartments/compartment"):
        if item.get("constant", "true") != "true":
            raise InputError(item.get("id", ""), "sbml_not_supported", what="compartment of changing size")
        parts.sizes[item.get("id", "")] = _number(item, "size", "1")


def _read_species(model: Element, parts: _Parts) -> None:
    for item in model.findall("./listOfSpecies/species"):
        name = item.get("id", "")
        if item.get("boundaryCondition", "false") == "true" or item.get("constant", "false") == "true":
            raise InputError(name, "sbml_not_supported", what="boundaryCondition")
        size = parts.sizes.get(item.get("compartment", ""))
        if size is None or size <= 0:
            raise InputError(name, "sbml_unknown_name", where=name, name=item.get("compartment", ""))
        by_amount = item.get("hasOnlySubstanceUnits", "false") == "true"
        parts.size_of[name] = 1.0 if by_amount else size
        if item.get("initialConcentration") is not None:
            parts.amounts[name] = _number(item, "initialConcentration") * size
        else:
            parts.amounts[name] = _number(item, "initialAmount", "0")


def _read_parameters(model: Element, parts: _Parts) -> None:
    for item in model.findall("./listOfParameters/parameter"):
        if item.get("value") is not None:
            parts.values[item.get("id", "")] = _number(item, "value")


def _read_rules(model: Element, parts: _Parts) -> None:
    for rule in model.findall("./listOfRules/*"):
        name, formula = rule.get("variable", "rule"), rule.find("math")
        if rule.tag != "assignmentRule" or formula is None or name in parts.amounts:
            raise InputError(name, "sbml_not_supported", what=rule.tag)
        parts.rules[name] = function_of(formula, name)
        parts.values.pop(name, None)


@dataclass(frozen=True)
class _Change:
    """At a time (in the model's unit) names take values, functions of those that hold then."""

    time: float
    priority: float
    set: Mapping[str, Function]


def _read_events(model: Element, parts: _Parts) -> list[_Change]:
    found = []
    for event in model.findall("./listOfEvents/event"):
        where = event.get("id", "event")
        if event.find("delay") is not None:
            raise InputError(where, "sbml_not_supported", what="delay")
        trigger = event.find("./trigger/math")
        time = None if trigger is None else _trigger_time(trigger, where, parts)
        if time is None:
            raise InputError(where, "sbml_not_supported", what="trigger")
        priority = event.find("./priority/math")
        rank = 0.0 if priority is None else function_of(priority, where)(parts.values)
        changes = {}
        for item in event.findall("./listOfEventAssignments/eventAssignment"):
            math_element = item.find("math")
            if math_element is None:
                raise InputError(where, "sbml_not_supported", what="eventAssignment")
            changes[item.get("variable", "")] = function_of(math_element, where)
        found.append(_Change(time, rank, changes))
    return sorted(found, key=lambda change: (change.time, -change.priority))


def _trigger_time(trigger: Element, where: str, parts: _Parts) -> float | None:
    """The t of `time >= t`; None for any other trigger."""
    children = list(trigger)
    if len(children) != 1 or children[0].tag != "apply" or len(children[0]) != 3:
        return None
    operator, left, right = children[0]
    if operator.tag in ("leq", "lt"):
        left, right = right, left
    if operator.tag not in ("geq", "gt", "leq", "lt") or left.tag != "csymbol":
        return None
    wrapped = Element("math")
    wrapped.append(right)
    return function_of(wrapped, where)(parts.values)


@dataclass(frozen=True, eq=False)
class _Law:
    """A reaction: from one species, or none, to one or none, at a rate."""

    id: str
    source: str | None
    target: str | None
    rate: Function
    local: Mapping[str, float]

    @classmethod
    def of(cls, reaction: Element, parts: _Parts) -> _Law:
        name = reaction.get("id", "reaction")
        if reaction.get("reversible") == "true":
            raise InputError(name, "sbml_not_supported", what="reversible")
        lists = ("listOfReactants", "listOfProducts")
        source, target = (_one_species(reaction, listed, name, parts) for listed in lists)
        law = reaction.find("kineticLaw")
        math_element = None if law is None else law.find("math")
        if law is None or math_element is None:
            raise InputError(name, "sbml_not_supported", what="reaction without kineticLaw")
        local = {
            item.get("id", ""): _number(item, "value")
            for path in ("./listOfParameters/parameter", "./listOfLocalParameters/localParameter")
            for item in law.findall(path)
        }
        return cls(name, source, target, function_of(math_element, name), local)


def _one_species(reaction: Element, listed: str, name: str, parts: _Parts) -> str | None:
    references = reaction.findall(f"./{listed}/speciesReference")
    if not references:
        return None
    if len(references) > 1 or _number(references[0], "stoichiometry", "1") != 1.0:
        raise InputError(name, "sbml_not_supported", what=listed)
    species = references[0].get("species", "")
    if species not in parts.amounts:
        raise InputError(name, "sbml_unknown_name", where=name, name=species)
    return species


def _laid_out(parts: _Parts, laws: Sequence[_Law], changes: Sequence[_Change]) -> LaidOut:
    values = dict(parts.values)
    moments = [(0.0, dict(values))]
    inputs = [Input(0.0, amount, name) for name, amount in parts.amounts.items() if amount > 0.0]
    for change in changes:
        for name, new in change.set.items():
            if name in parts.amounts:
                inputs.append(Input(change.time * parts.hours, _added(name, new, values, parts), name))
            elif name in values:
                values[name] = new(values)
            else:
                raise InputError(name, "sbml_unknown_name", where="event", name=name)
        moments.append((change.time, dict(values)))
    inputs += _zero_order([law for law in laws if law.source is None], moments, parts)
    moving = [law for law in laws if law.source is not None]
    shapes = [[_shape(law, held, parts) for law in moving] for _, held in moments]
    graph = _graph(parts, moving, shapes)
    segments = []
    for (time, _), row in zip(moments, shapes, strict=True):
        rates = {_ONE: 1.0}
        for law, shape in zip(moving, row, strict=True):
            rates |= {f"{law.id}_{name}": value for name, value in shape.items()}
        segments.append(Segment(time * parts.hours, rates))
    last = {segment.start: segment for segment in segments}  # of several changes at one moment the last holds
    kept = sorted(last.values(), key=lambda segment: segment.start)
    outputs = {name: (name, _ONE) for name in parts.amounts}
    return LaidOut(graph, tuple(kept), tuple(inputs), outputs)


def _added(name: str, new: Function, values: Mapping[str, float], parts: _Parts) -> float:
    """What an event adds to a species; anything but adding is refused."""
    at = [new(parts.known(values, **{name: level})) - level for level in (0.0, 1.0, 1000.0)]
    if max(at) - min(at) > _ALIKE * max(1.0, abs(at[0])) or at[0] < 0:
        raise InputError(name, "sbml_not_supported", what="event that sets a species")
    return at[0] * parts.size_of[name]


def _zero_order(laws: Sequence[_Law], moments: Sequence[tuple[float, dict[str, float]]], parts: _Parts) -> list[Input]:
    """Constant entries between changes as infusions; one that never ends cannot be one."""
    found = []
    for law in laws:
        if law.target is None:
            raise InputError(law.id, "sbml_not_supported", what="reaction without species")
        for index, (time, held) in enumerate(moments):
            rate = _constant(law, held, parts)
            last = index == len(moments) - 1
            if rate == 0.0:
                continue
            if last or rate < 0.0:
                raise InputError(law.id, "sbml_not_supported", what="input without end")
            length = moments[index + 1][0] - time
            if length > 0:
                amount = rate * length
                found.append(Input(time * parts.hours, amount, law.target, duration=length * parts.hours))
    return found


def _constant(law: _Law, held: Mapping[str, float], parts: _Parts) -> float:
    constants = {**held, **law.local}
    rates = [law.rate(parts.known(constants, **dict.fromkeys(parts.amounts, level))) for level in (0.0, 1.0, 1e3)]
    if max(rates) - min(rates) > _ALIKE * max(1.0, abs(rates[0])):
        raise InputError(law.id, "sbml_not_supported", what="input that depends on a species")
    return rates[0]


def _shape(law: _Law, held: Mapping[str, float], parts: _Parts) -> dict[str, float]:
    """What a law is, from its values: first order (`k`), saturable (`vmax`, `km`) or sigmoid (and `hill`), per hour."""
    assert law.source is not None
    rates = np.array([_rate(law, held, parts, amount) for amount in PROBES]) / parts.hours
    _refuse_strangers(law, held, parts)
    found = recognise(rates) if abs(_rate(law, held, parts, 0.0)) <= _ALIKE else None
    if found is None:
        raise InputError(law.id, "sbml_not_supported", what="kineticLaw")
    return found


def _rate(law: _Law, held: Mapping[str, float], parts: _Parts, amount: float) -> float:
    assert law.source is not None
    try:
        return law.rate(parts.known({**held, **law.local}, **{law.source: amount / parts.size_of[law.source]}))
    except (ZeroDivisionError, OverflowError, ValueError):
        return 0.0 if amount == 0.0 else math.nan


def _refuse_strangers(law: _Law, held: Mapping[str, float], parts: _Parts) -> None:
    """A law that another species or the time moves is none of these kinds."""
    assert law.source is not None
    constants = {**held, **law.local}
    before = law.rate(parts.known(constants, **{law.source: 1.0}))
    others = dict.fromkeys(parts.amounts, 7.0) | {law.source: 1.0, TIME_NAME: 5.0}
    if abs(law.rate(parts.known(constants, **others)) - before) > _ALIKE * max(1.0, abs(before)):
        raise InputError(law.id, "sbml_not_supported", what="kineticLaw with another species or time")


def _graph(parts: _Parts, laws: Sequence[_Law], shapes: Sequence[Sequence[Mapping[str, float]]]) -> Graph:
    flows: list[Flow] = []
    terms: list[Term] = []
    for index, law in enumerate(laws):
        assert law.source is not None
        names = {tuple(row[index]) for row in shapes}
        if len(names) != 1:
            raise InputError(law.id, "sbml_not_supported", what="kineticLaw that changes its kind")
        (kind,) = names
        of = {name: f"{law.id}_{name}" for name in kind}
        site = Site(law.source, _ONE)
        if kind == ("k",):
            flows.append(Flow(law.source, law.target, of["k"]))
        elif kind == ("vmax", "km"):
            terms.append(MichaelisMenten(site, law.target, of["vmax"], of["km"]))
        else:
            terms.append(Hill(site, law.target, of["vmax"], of["km"], of["hill"]))
    return Graph(tuple(parts.amounts), tuple(flows), tuple(terms))
