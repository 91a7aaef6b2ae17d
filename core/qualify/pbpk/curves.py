"""Published concentrations beside the model's for the same doses and people."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.clinic.regimen import Route
from core.engine.schedule import Input, Segment
from core.engine.solve import simulate
from core.errors import CoreError
from core.pbpk.compound import Compound
from core.pbpk.graph import STOMACH
from core.pbpk.individual import Individual
from core.pbpk.joint import join, with_metabolites
from core.pbpk.whole_body import PLASMA, build
from core.qualify.pbpk.measures import Pair
from core.qualify.pbpk.protocols import inputs_of, person_of
from core.qualify.pbpk.study_files import CURVES, CannotRead, Row, StudyFolder, Unread, compound_key, number

Array = NDArray[np.float64]
_PLASMA = {"plasma", "serum", ""}
_VENOUS = {"peripheral venous blood", "venousblood", "venous blood", ""}

_FED = (" fed", " breakfast")  # how what is said of a form ends: `food_state`


@dataclass(frozen=True, eq=False)
class Curve:
    """One published curve: who got what, and what was measured (mg/L at hours)."""

    source: str
    study: str
    dataset: str
    compound: str  # key of its file
    given: str  # key of what was given: the compound itself, or the drug it is a metabolite of
    formulation: str  # what is said of it, and of food
    inputs: tuple[Input, ...]
    person: Individual
    assumed: bool  # the standard man stands for people nobody described
    times: Array
    values: Array


def read_curves(folder: StudyFolder, compounds: Mapping[str, Compound]) -> tuple[list[Curve], list[Unread]]:
    """Every curve of plasma of a compound at hand; the rest with its reason."""
    curves, unread = [], []
    for name, rows in folder.tables[CURVES]:
        groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in rows:
            groups[row["dataset"], row["protocols"], row["molecule"]].append(row)
        for (dataset, *_), group in groups.items():
            try:
                curves.append(_curve(name, group, folder, compounds))
            except CannotRead as error:
                unread.append(Unread(name, dataset, error.reason))
    return curves, unread


def _curve(name: str, rows: Sequence[Row], folder: StudyFolder, compounds: Mapping[str, Compound]) -> Curve:
    first, stem = rows[0], Path(name).stem
    molecule = first["molecule"]
    key = compound_key(molecule)
    if key not in compounds:
        raise CannotRead("qualify_no_compound", name=molecule or "–")
    if first["species"].strip().lower() not in {"human", ""}:
        raise CannotRead("qualify_not_human", name=first["species"])
    used = [row for row in rows if row["compartment"].lower() in _PLASMA and row["organ"].lower() in _VENOUS]
    if not used:
        raise CannotRead("qualify_not_plasma")
    used = [row for row in used if row["value_mg_per_L"].strip()]
    if not used:
        raise CannotRead("qualify_no_concentrations")
    given, forms = _given(key, first["protocols"], compounds)
    person, assumed = person_of(folder.people, stem, first["individual"])
    points = sorted((number(row["time_h"], "time_h"), number(row["value_mg_per_L"], "value_mg_per_L")) for row in used)
    if points[0][0] < 0 or any(value < 0 for _, value in points):
        raise CannotRead("qualify_number", what="time_h, value_mg_per_L", value="< 0")
    points = [(time, value) for time, value in points if value > 0]
    if not points:
        raise CannotRead("qualify_no_concentrations")
    times, values = (np.array(column) for column in zip(*points, strict=True))
    weight, last = float(person.traits.weight[0]), float(times[-1])
    inputs = tuple(dose for names in forms for dose in _doses(names, folder.protocols.get(stem, []), weight, last))
    return Curve(
        name,
        first["study_id"].strip() or first["dataset"],
        first["dataset"],
        key,
        given,
        f"{first.get('formulation', '')} {first.get('food_state', '')}",
        inputs,
        person,
        assumed,
        times,
        values,
    )


def _given(key: str, protocols: str, compounds: Mapping[str, Compound]) -> tuple[str, list[list[str]]]:
    """What was given that this compound comes from, and the names of the protocols of each of its forms.

    A drug has one form; a racemate may be given as two, its enantiomers, of which it is the sum.
    """
    listed: dict[str, list[str]] = defaultdict(list)
    for item in protocols.split(";"):
        molecule, separator, protocol = item.partition(":")
        if separator:
            listed[compound_key(molecule)].append(protocol)
    name = compounds[key].name
    parents = [k for k, drug in compounds.items() if any(made.name == name for made in drug.metabolites.values())]
    for origin in (key, *parents):
        for forms in ((origin,), (f"r_{origin}", f"s_{origin}")):
            if all(form in listed for form in forms):
                return origin, [listed[form] for form in forms]
    raise CannotRead("qualify_no_protocol", name=protocols or "–")


def _doses(names: Sequence[str], protocols: Sequence[Mapping[str, Any]], weight: float, last: float) -> list[Input]:
    """Doses before the last sample; of several protocols all must give the same ones."""
    courses = []
    for name in names:
        found = [item for item in protocols if item.get("Name") == name]
        if len(found) != 1:
            raise CannotRead("qualify_no_protocol", name=name)
        courses.append([dose for dose in inputs_of(found[0], weight) if dose.time < last])
    if any(course != courses[0] for course in courses) or not courses[0]:
        raise CannotRead("qualify_no_protocol", name="; ".join(names))
    return courses[0]


def compare_curves(
    curves: Sequence[Curve], compounds: Mapping[str, Compound], tell: Callable[[float], None]
) -> Iterator[tuple[Curve, list[Pair] | CannotRead]]:
    """Predict each curve; points before any drug is predicted in plasma have no fold error and are left out."""
    for index, curve in enumerate(curves):
        tell(index / len(curves))
        compound = compounds[curve.compound]
        try:
            predicted = predict(compounds, curve)
        except CoreError as error:
            yield curve, CannotRead("qualify_not_solved", why=str(error))
            continue
        fitted = _was_fitted(compound, curve.study)
        yield (
            curve,
            [
                Pair(curve.compound, curve.study, curve.dataset, fitted, time, seen, found, "mg/L")
                for time, seen, found in zip(
                    curve.times.tolist(), curve.values.tolist(), predicted.tolist(), strict=True
                )
                if found > 0
            ],
        )


def predict(compounds: Mapping[str, Compound], curve: Curve) -> Array:
    """Plasma concentrations at the curve's times, mg/L; nonlinear where the drug changes its own enzymes or is one of
    several in the body.
    """
    compound, given = compounds[curve.compound], compounds[curve.given].taken_as(curve.formulation)
    person = curve.person.after_a_meal() if curve.formulation.lower().endswith(_FED) else curve.person
    if not given.metabolites and not acts_on_itself(given):
        body = build(given)
        inputs = _entering(curve, body.dose_state)
        rates = [Segment(0.0, body.rates(person, {}, {}))]
        solved = simulate(body.graph, rates, inputs, curve.times, states=("venous",))
        return np.asarray(solved.amounts[0, :, 0] / body.volume_of(PLASMA, person)[0])
    joint = join(with_metabolites((given,), compounds.values()))
    inputs = _entering(curve, lambda route: joint.dose_state(given.name, route))
    state = joint.state_of(compound.name, PLASMA)
    rates = [Segment(0.0, joint.rates(person))]
    solved = simulate(joint.graph, rates, inputs, curve.times, states=(state,), tolerance=1e-6)
    return np.asarray(solved.amounts[0, :, 0] / joint.volume_of(compound.name, PLASMA, person)[0])


def _entering(curve: Curve, state_of: Callable[[Route], str]) -> list[Input]:
    """The doses, each into the state its form enters."""
    routes = (Route.ORAL if item.state == STOMACH else Route.INTRAVENOUS for item in curve.inputs)
    return [replace(item, state=state_of(route)) for item, route in zip(curve.inputs, routes, strict=True)]


def acts_on_itself(compound: Compound) -> bool:
    """Whether its clearance changes with its own concentration."""
    pathways = {*compound.enzymes, *compound.absorption.gut_wall}
    return bool(compound.saturation) or any(
        action.enzyme in pathways and not action.reversible for action in compound.actions
    )


def _was_fitted(compound: Compound, study: str) -> bool:
    """Whether the compound's card lists the study among those it was fitted on: after a colon, between semicolons."""
    named = re.search(rf"[:;]\s*{re.escape(study.strip())}\s*(?:[;.]|$)", compound.card.get("fitted", ""))
    return bool(study.strip()) and named is not None
