"""Evaluates a drug file at its own typical patient and at the corners of its domain; what is wrong is said with its
line.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.clinic.case import Case
from core.clinic.covariate import CATALOGUE, CovariateValue
from core.clinic.level import CoMedication
from core.clinic.patient import Ethnicity, Patient, Sex
from core.clinic.regimen import Dose, Route
from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.drugs.facts import DomainRange
from core.drugs.library import is_common, load_model
from core.drugs.model import BoundModel, DrugModel, GivenAs
from core.drugs.parameter_section import unit_of_parameter
from core.drugs.sections import read_drug, read_known_facts
from core.errors import CoreError, DrugFileError
from core.units import Quantity, parse_quantity

_TOLERANCE = 0.01
_START = dt.datetime(2026, 1, 1, 8, tzinfo=dt.UTC)
_TYPICAL = {"weight": "70 kg", "height": "170 cm", "serum_creatinine": "80 umol/L", "haematocrit": "42 %",
            "albumin": "42 g/L", "bilirubin": "10 umol/L", "gestational_age": "39 week"}  # fmt: skip
_MOST_CORNERS = 64
_ROUNDING = 1e-9  # of the largest concentration, that a solver may leave below zero


@dataclass(frozen=True)
class Checked:
    """A file that was checked: its model when it could be read, and every problem with its line."""

    path: Path
    model: DrugModel | None
    problems: tuple[str, ...]
    published_checks: int = 0


def check_file(path: Path) -> Checked:
    """Check one model file, or a drug's common file."""
    if is_common(path):
        return _check_common(path)
    try:
        model = load_model(path)
        root = read_strict_yaml(path)
    except DrugFileError as error:
        return Checked(path, None, (str(error),))
    checks = root.get("checks")
    items = checks.items if checks is not None else ()
    problems = [*_typical_problems(model, root), *_corner_problems(model, root)]
    for item in items:
        problems += _published_problems(model, item)
    return Checked(path, model, tuple(problems), len(items))


def _check_common(path: Path) -> Checked:
    """Read what a common file holds; a section it leaves out is asked of the models."""
    try:
        root = read_strict_yaml(path)
        read_drug(root["drug"])
        read_known_facts(root)
    except DrugFileError as error:
        return Checked(path, None, (str(error),))
    return Checked(path, None, ())


def _domain(model: DrugModel) -> tuple[DomainRange, ...]:
    return getattr(model, "domain", ())


def _case(model: DrugModel, values: Mapping[str, str]) -> Case:
    """A patient with these covariates, what is not named being typical; one dose of the first form."""
    age = parse_quantity(values["age"]).to("year") if "age" in values else _middle(model, "age", 45.0)
    facts = ("age", "sex", "ethnicity", "co_medication")
    named = {name: text for name, text in values.items() if name not in facts}
    wanted = {name: text for name in model.required if (text := _typical(name))} | named
    drugs = [name.strip() for name in values.get("co_medication", "").split(",") if name.strip()]
    return Case(
        Patient(
            "check",
            Sex(values.get("sex", "male")),
            age=age,
            ethnicity=Ethnicity(values.get("ethnicity", Ethnicity.UNKNOWN)),
        ),
        model.drug.name,
        _START,
        covariates=tuple(CovariateValue(name, _value(name, text)) for name, text in wanted.items()),
        co_medication=tuple(CoMedication(name, 0.0) for name in drugs),
        doses=_probe_doses(model),
    )


def _typical(name: str) -> str:
    """What stands in a probe for a covariate that must be entered; empty when there is nothing typical."""
    return _TYPICAL.get(name) or next(iter(CATALOGUE[name].choices), "")


def _value(name: str, text: str) -> Quantity | str:
    kind = CATALOGUE[name]
    if kind.choices:
        return text
    return Quantity(float(text), "1") if kind.unit == "1" else parse_quantity(text)


def _middle(model: DrugModel, name: str, otherwise: float) -> float:
    ranges = [item for item in _domain(model) if item.covariate == name and not item.choices]
    return (ranges[0].low + ranges[0].high) / 2.0 if ranges else otherwise


def _typical_problems(model: DrugModel, root: Entry) -> list[str]:
    try:
        bound = model.bind(_case(model, _typical_values(model)))
        return [f"{root.path}:{root.line}: at the typical patient: {text}" for text in _curve_problems(bound)]
    except CoreError as error:
        return [f"{root.path}:{root.line}: at the typical patient: {error}"]


def _typical_values(model: DrugModel) -> dict[str, str]:
    """The middle of each range of the domain."""
    return {
        item.covariate: _text((item.low + item.high) / 2.0, item)
        for item in _domain(model)
        if not item.choices and (item.covariate == "age" or item.covariate in CATALOGUE)
    }


def _text(value: float, item: DomainRange) -> str:
    return f"{value:.6g}" if item.unit == "1" else f"{value:.6g} {item.unit}"


def _corner_problems(model: DrugModel, root: Entry) -> list[str]:
    problems = []
    for corner in itertools.islice(_corners(model), _MOST_CORNERS):
        named = ", ".join(f"{name} {text}" for name, text in corner.items())
        try:
            found = _curve_problems(model.bind(_case(model, corner)))
        except CoreError as error:
            found = [str(error)]
        problems += [f"{root.path}:{root['domain'].line}: at {named}: {text}" for text in found]
    return problems


def _corners(model: DrugModel) -> Iterator[dict[str, str]]:
    ranges = [item for item in _domain(model) if item.covariate == "age" or item.covariate in CATALOGUE]
    ends = [item.choices or (_text(item.low, item), _text(item.high, item)) for item in ranges]
    for chosen in itertools.product(*ends):
        yield dict(zip((item.covariate for item in ranges), chosen, strict=True))


def _curve_problems(bound: BoundModel) -> list[str]:
    """A curve over ten days for the typical person and for one two standard deviations either way."""
    case_doses = _probe_doses(bound.model)
    n = len(bound.model.etas)
    spread = 2.0 * np.sqrt(np.diag(bound.model.omega)) if n else np.zeros(0)
    eta = np.stack([np.zeros(n), spread, -spread])
    curve = bound.concentrations(eta, case_doses, np.linspace(0.0, 240.0, 241))
    if not np.isfinite(curve).all():
        return ["the concentration is not finite"]
    if curve.min() < -_ROUNDING * curve.max():
        return ["the concentration is negative"]
    if curve[0].max() <= 0:
        return ["a dose gives no concentration"]
    return []


def _probe_doses(model: DrugModel) -> tuple[Dose, ...]:
    """Five doses of the first form in which the drug is given; a day's infusion of 1 g where none is offered."""
    form = model.given_as[0] if model.given_as else GivenAs(Route.INTRAVENOUS, (1000.0,), (24.0,), (24.0,))
    infused = form.route is Route.INTRAVENOUS and form.durations[0] > 0
    return (
        Dose(
            0.0,
            Quantity(form.doses[0], "mg"),
            form.route,
            Quantity(form.durations[0], "h") if infused else None,
            Quantity(form.every[0], "h"),
            5,
        ),
    )


def _published_problems(model: DrugModel, item: Entry) -> list[str]:
    """A published patient and value: reproduced within one per cent, or as the check allows."""
    try:
        item.only("patient", "parameter", "value", "tolerance", "source")
        patient = {name: entry.text for name, entry in item["patient"].fields.items()}
        name = item["parameter"].text
        bound = model.bind(_case(model, patient))
        values = bound.parameters(np.zeros((1, len(bound.model.etas))), 0.0)
        if name not in values:
            raise item["parameter"].error(f"is no parameter of {model.id}")
        expected = _expected(item["value"], name)
        tolerance = item["tolerance"].number() if "tolerance" in item else _TOLERANCE
        found = float(values[name][0])
    except (CoreError, KeyError, ValueError) as error:
        return [f"{item.path}:{item.line}: {error}"]
    if abs(found - expected) > tolerance * abs(expected):
        return [f"{item.path}:{item.line}: {name} is {found:.6g}, published {expected:.6g} ({item['source'].text})"]
    return []


def _expected(entry: Entry, parameter: str) -> float:
    unit = unit_of_parameter(parameter)
    return entry.number() if unit == "1" else entry.quantity(unit)
