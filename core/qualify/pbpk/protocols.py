"""Dosing protocols and people of published studies, in the notation of PK-Sim snapshots."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.clinic.patient import Sex
from core.engine.schedule import Input
from core.errors import CoreError
from core.pbpk.graph import STOMACH
from core.pbpk.individual import Individual, Traits, build_individual
from core.pbpk.kidney_disease import with_kidney_disease
from core.pbpk.scaling import reference_value
from core.qualify.pbpk.study_files import CannotRead

_HOURS = {"h": 1.0, "min": 1 / 60, "s": 1 / 3600, "day(s)": 24.0}
_REPEATS = {"Single": None, "DI_24": 24.0, "DI_12_12": 12.0, "DI_8_8_8": 8.0, "DI_6_6_6_6": 6.0}
_STATES = {"Oral": STOMACH, "Intravenous": "venous", "IntravenousBolus": "venous"}
_MASS = {"mg": 1.0, "g": 1000.0, "µg": 1e-3, "ug": 1e-3}
_CENTIMETRES = {"cm": 1.0, "dm": 10.0, "m": 100.0}
_NOT_HEALTHY = re.compile(
    r"CKD|ESRD|renal|dialys|cirrho|hepat|child|infant|neonat|\b\d*\.?\d+ ?-? ?\d* ?(?:yr|mo)\b", re.I
)
STANDARD = {Sex.MALE: (176.0, 73.0), Sex.FEMALE: (163.0, 60.0)}  # cm, kg (ICRP 89)
_MOST_DOSES = 2000


def standard_adult() -> Individual:
    """The man of 30 years whom a study's participants stand for when nobody is described."""
    return build_individual(Traits.of(Sex.MALE, 30.0, *STANDARD[Sex.MALE]))


def person_of(people: Mapping[str, Any] | None, dataset: str, name: str) -> tuple[Individual, bool]:
    """The person of a study, and whether the standard man had to stand in.

    Args:
        people: set -> individuals; None where the folder describes nobody.
        dataset: the set, named as its table.
        name: of the individual; of several separated by `;` the first.

    Raises:
        CannotRead: not described although people are, ill or a child without a description, or no body fits. Of
            illness chronic kidney disease is known: `disease` is `CKD` and `egfr` its mL/min/1.73 m2.
    """
    wanted = name.split(";", maxsplit=1)[0]
    if people is None:
        if _NOT_HEALTHY.search(f"{dataset} {wanted}"):
            raise CannotRead("qualify_person_unknown", name=wanted or "–")
        return standard_adult(), True
    listed = people.get(dataset, {})
    found = [item for item in listed.get("individuals", []) if item.get("name") == wanted]
    if len(found) != 1:
        raise CannotRead("qualify_person_unknown", name=wanted or "–")
    ill, egfr = found[0].get("disease"), found[0].get("egfr")
    if ill and (ill != "CKD" or egfr is None):
        raise CannotRead("qualify_person_ill", name=wanted, disease=str(ill))
    try:
        person = build_individual(_traits(found[0]))
        return (with_kidney_disease(person, np.array([float(egfr)])) if ill else person), False
    except (CoreError, KeyError, TypeError, ValueError) as error:
        raise CannotRead("qualify_person_unreadable", name=wanted) from error


def _traits(person: Mapping[str, Any]) -> Traits:
    sex = {"MALE": Sex.MALE, "FEMALE": Sex.FEMALE}[str(person["sex"])]
    age = 30.0 if person["age"] is None else float(person["age"])
    usual = Traits.of(sex, age, *STANDARD[sex])
    if person["height"] is None:
        height = float(reference_value(usual.female, usual.age, "height")[0])
    else:
        height = float(person["height"]) * _CENTIMETRES[str(person["height_unit"])]
    if person["weight"] is not None:
        return Traits.of(sex, age, height, float(person["weight"]))
    if age < 18.0:
        raise ValueError("a child without weight")
    return Traits.of(sex, age, height, STANDARD[sex][1])


def inputs_of(protocol: Mapping[str, Any], weight: float) -> tuple[Input, ...]:
    """The doses of a protocol.

    Args:
        protocol: one entry of `protocols.json`: a plain repetition or a list of schemas.
        weight: kg, for doses per kilogram.

    Raises:
        CannotRead: a route, unit or repetition that is not known, or a missing number.
    """
    try:
        inputs = _plain(protocol, weight) if "Schemas" not in protocol else _schemas(protocol["Schemas"], weight)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise CannotRead("qualify_protocol_unreadable", name=str(protocol.get("Name", "–"))) from error
    if not 0 < len(inputs) <= _MOST_DOSES:
        raise CannotRead("qualify_protocol_unreadable", name=str(protocol.get("Name", "–")))
    return inputs


def _plain(protocol: Mapping[str, Any], weight: float) -> tuple[Input, ...]:
    start = _hours(protocol, "Start time")
    every = _REPEATS[str(protocol["DosingInterval"])]
    if every is None:
        return (_input(protocol, weight, start),)
    count = math.ceil((_hours(protocol, "End time") - start - 1e-9) / every)  # no dose at the end itself
    return tuple(_input(protocol, weight, start + number * every) for number in range(min(count, _MOST_DOSES + 1)))


def _schemas(schemas: Sequence[Mapping[str, Any]], weight: float) -> tuple[Input, ...]:
    inputs: list[Input] = []
    for schema in schemas:
        repeats = _value(schema, "NumberOfRepetitions", 1.0)
        if repeats != int(repeats) or not 1 <= repeats <= _MOST_DOSES:
            raise ValueError(repeats)
        gap = _hours(schema, "TimeBetweenRepetitions", 0.0)
        begin = _hours(schema, "Start time", 0.0)
        for number in range(int(repeats)):
            at = begin + number * gap
            inputs += [_input(item, weight, at + _hours(item, "Start time", 0.0)) for item in schema["SchemaItems"]]
    return tuple(inputs)


def _input(item: Mapping[str, Any], weight: float, time: float) -> Input:
    dose = next(part for part in item["Parameters"] if part["Name"] == "InputDose")
    unit, per_kilogram, _ = str(dose["Unit"]).partition("/kg")
    amount = float(dose["Value"]) * _MASS[unit] * (weight if per_kilogram else 1.0)
    kind = str(item["ApplicationType"])
    if not (math.isfinite(amount) and amount > 0 and time >= 0):
        raise ValueError(amount)
    duration = _hours(item, "Infusion time") if kind == "Intravenous" else 0.0
    return Input(time, amount, _STATES[kind], duration=duration)


def _value(item: Mapping[str, Any], name: str, default: float) -> float:
    found = [part["Value"] for part in item.get("Parameters", []) if part["Name"] == name]
    return float(found[0]) if found else default


def _hours(item: Mapping[str, Any], name: str, default: float | None = None) -> float:
    for part in item.get("Parameters", []):
        if part["Name"] == name:
            return float(part["Value"]) * _HOURS[str(part.get("Unit", "h"))]
    if default is None:
        raise KeyError(name)
    return default
