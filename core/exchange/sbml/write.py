"""SBML Level 3 Version 2: one patient's model with its doses, as other programs simulate it.

Amounts are milligrams, time hours; species count amounts (hasOnlySubstanceUnits). Source: Hucka et al., The Systems
Biology Markup Language, Level 3 Version 2 Core, J Integr Bioinform 2019;16(2) (doi:10.1515/jib-2019-0021).
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from core.errors import ModelError
from core.exchange.sbml.equations import Change, Equations, Reaction
from core.exchange.sbml.formula import mathml

NAMESPACE = "http://www.sbml.org/sbml/level3/version2/core"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_SID = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def write_sbml(equations: Equations) -> str:
    """One patient's equations as SBML text; raises ModelError for names that clash or that SBML cannot bear."""
    _check_names(equations)
    root = Element("sbml", {"xmlns": NAMESPACE, "level": "3", "version": "2"})
    units = {"substanceUnits": "mg", "timeUnits": "hour", "extentUnits": "mg", "volumeUnits": "litre"}
    model = SubElement(root, "model", {"id": _sid(equations.name), "name": equations.name, **units})
    notes = SubElement(SubElement(model, "notes"), "p", {"xmlns": "http://www.w3.org/1999/xhtml"})
    notes.text = _CONTROLS.sub(" ", equations.notes)
    _units(model)
    body = SubElement(SubElement(model, "listOfCompartments"), "compartment")
    body.attrib.update({"id": "body", "size": "1", "spatialDimensions": "3", "constant": "true"})
    _species(model, equations)
    _parameters(model, equations)
    _rules(model, equations)
    _reactions(model, equations)
    _events(model, equations)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _check_names(equations: Equations) -> None:
    names = [*equations.species, *equations.constants, *equations.rates, *equations.assigned]
    names += [reaction.id for reaction in equations.reactions] + ["body"]
    wrong = [name for name in names if not _SID.fullmatch(name) or name == "time"]
    twice = [name for name in names if names.count(name) > 1]
    if wrong or twice:
        raise ModelError(f"no name for SBML: {(wrong or twice)[0]}")


def _sid(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return plain if _SID.fullmatch(plain) else f"m_{plain}"


def _units(model: Element) -> None:
    listed = SubElement(model, "listOfUnitDefinitions")
    for name, kind, scale, multiplier in (
        ("mg", "gram", "-3", "1"),
        ("hour", "second", "0", "3600"),
    ):
        units = SubElement(SubElement(listed, "unitDefinition", {"id": name}), "listOfUnits")
        SubElement(units, "unit", {"kind": kind, "exponent": "1", "scale": scale, "multiplier": multiplier})


def _species(model: Element, equations: Equations) -> None:
    listed = SubElement(model, "listOfSpecies")
    for name, amount in equations.species.items():
        made = {"id": name, "compartment": "body", "initialAmount": repr(amount), "substanceUnits": "mg"}
        fixed = {"hasOnlySubstanceUnits": "true", "boundaryCondition": "false", "constant": "false"}
        SubElement(listed, "species", made | fixed)


def _parameters(model: Element, equations: Equations) -> None:
    listed = SubElement(model, "listOfParameters")
    changed = {name for change in equations.changes for name in change.values}
    for name, value in equations.constants.items():
        SubElement(
            listed,
            "parameter",
            {"id": name, "value": repr(value), "constant": "false" if name in changed else "true"},
        )
    for name, (start, _) in equations.rates.items():
        SubElement(listed, "parameter", {"id": name, "value": repr(start), "constant": "false"})
    for name in equations.assigned:
        SubElement(listed, "parameter", {"id": name, "constant": "false"})


def _rules(model: Element, equations: Equations) -> None:
    if not equations.assigned and not equations.rates:
        return
    listed = SubElement(model, "listOfRules")
    for name, formula in equations.assigned.items():
        SubElement(listed, "assignmentRule", {"variable": name}).append(mathml(formula))
    for name, (_, slope) in equations.rates.items():
        SubElement(listed, "rateRule", {"variable": name}).append(mathml(slope))


def _reactions(model: Element, equations: Equations) -> None:
    if not equations.reactions:
        return
    listed = SubElement(model, "listOfReactions")
    for reaction in equations.reactions:
        element = SubElement(listed, "reaction", {"id": reaction.id, "reversible": "false"})
        for name, species in (("listOfReactants", reaction.source), ("listOfProducts", reaction.target)):
            if species is not None:
                one = {"species": species, "stoichiometry": "1", "constant": "true"}
                SubElement(SubElement(element, name), "speciesReference", one)
        _modifiers(element, reaction)
        SubElement(element, "kineticLaw").append(mathml(reaction.formula))


def _modifiers(element: Element, reaction: Reaction) -> None:
    if reaction.by:
        listed = SubElement(element, "listOfModifiers")
        for name in reaction.by:
            SubElement(listed, "modifierSpeciesReference", {"species": name})


def _events(model: Element, equations: Equations) -> None:
    if not equations.changes:
        return
    listed = SubElement(model, "listOfEvents")
    count = len(equations.changes)
    for number, change in enumerate(equations.changes):
        event = SubElement(listed, "event", {"id": f"change_{number}", "useValuesFromTriggerTime": "false"})
        trigger = SubElement(event, "trigger", {"initialValue": "false", "persistent": "true"})
        trigger.append(mathml(f"time >= {change.time!r}"))
        # at one moment: what stands first is done first, as higher priorities are
        SubElement(event, "priority").append(mathml(repr(float(count - number))))
        _assignments(event, change)


def _assignments(event: Element, change: Change) -> None:
    listed = SubElement(event, "listOfEventAssignments")
    for name, formula in change.values.items():
        SubElement(listed, "eventAssignment", {"variable": name}).append(mathml(formula))
