"""Observed concentrations of published studies beside the model's predictions for the same doses and people."""

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.clinic.patient import Sex
from core.engine.schedule import Input, Segment
from core.engine.solve import simulate
from core.pbpk.individual import Individual, Traits, build_individual
from core.pbpk.scaling import reference_value
from core.pbpk.whole_body import WholeBody
from tests.conftest import SHARED

FOLDER = SHARED / "data" / "observed_pk"
SCIENCE = SHARED / "science"
_HOURS = {"h": 1.0, "min": 1 / 60, "s": 1 / 3600, "day(s)": 24.0}
_REPEATS = {"Single": None, "DI_24": 24.0, "DI_12_12": 12.0, "DI_8_8_8": 8.0, "DI_6_6_6_6": 6.0}
_STATES = {"Oral": "stomach_lumen", "Intravenous": "venous", "IntravenousBolus": "venous"}


@dataclass(frozen=True)
class Experiment:
    """One published curve: who got what, and what was measured (mg/L at hours)."""

    study: str
    dataset: str
    route: str
    protocol: str
    inputs: tuple[Input, ...]
    person: Individual
    times: np.ndarray
    values: np.ndarray


def experiments(
    name: str, molecule: str, keep: Callable[[dict[str, str]], bool] = lambda row: True
) -> list[Experiment]:
    """All plasma curves of one molecule whose dosing and person are known."""
    groups: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    with (FOLDER / f"{name}.csv").open() as file:
        for row in csv.DictReader(file):
            if row["value_mg_per_L"] and row["molecule"] == molecule and row["protocols"] and keep(row):
                groups[row["dataset"], row["protocols"]].append(row)
    protocols = {item["Name"]: item for item in json.loads((FOLDER / "protocols.json").read_text())[name]}
    people = {
        item["name"]: item
        for item in json.loads((SCIENCE / "OSP_compound_parameters.json").read_text())[name]["individuals"]
    }
    found = []
    for (dataset, protocol), rows in groups.items():
        listed = [item.split(":", 1)[1] for item in protocol.split(";") if item.split(":", 1)[0] == molecule]
        person = people.get(rows[0]["individual"].split(";")[0])
        if len(listed) != 1 or listed[0] not in protocols or person is None:
            continue
        traits = _traits(person)
        points = sorted((float(row["time_h"]), float(row["value_mg_per_L"])) for row in rows)
        times, values = (np.array(column) for column in zip(*points, strict=True))
        inputs = _inputs(protocols[listed[0]], float(traits.weight[0]))
        used = values > 0
        if not inputs or not used.any():
            continue
        route = "iv" if inputs[0].state == "venous" else "po"
        study = rows[0]["study_id"]
        found.append(
            Experiment(study, dataset, route, listed[0], inputs, build_individual(traits), times[used], values[used])
        )
    return found


def predict(body: WholeBody, item: Experiment, activity: Mapping[str, float] | None = None) -> np.ndarray:
    """Plasma concentrations of an experiment, mg/L."""
    rates = body.rates(item.person, {}, activity or {})
    solved = simulate(body.graph, [Segment(0.0, rates)], item.inputs, item.times, states=("venous",))
    return np.asarray(solved.amounts[0, :, 0] / body.volume_of("plasma", item.person)[0])


def log_ratios(body: WholeBody, items: list[Experiment]) -> np.ndarray:
    """Natural logarithm of predicted over observed, all points after a dose began."""
    parts = []
    for item in items:
        predicted = predict(body, item)
        after = predicted > 0
        parts.append(np.log(predicted[after] / item.values[after]))
    return np.concatenate(parts)


def summary(ratios: np.ndarray) -> tuple[float, float]:
    """Geometric mean fold error, and the share of points within two-fold."""
    return float(np.exp(np.abs(ratios).mean())), float((np.abs(ratios) <= np.log(2.0)).mean())


def _traits(person: dict[str, object]) -> Traits:
    sex = Sex.MALE if person["sex"] == "MALE" else Sex.FEMALE
    age = float(person["age"] or 30.0)  # type: ignore[arg-type]
    blank = Traits.of(sex, age, 170.0, 70.0)
    scale = {"cm": 1.0, "dm": 10.0, "m": 100.0}.get(str(person["height_unit"]), 1.0)
    height = (
        float(person["height"]) * scale
        if person["height"]
        else float(reference_value(blank.female, blank.age, "height")[0])
    )  # type: ignore[arg-type]
    weight = float(person["weight"]) if person["weight"] else {Sex.MALE: 73.0, Sex.FEMALE: 60.0}[sex]  # type: ignore[arg-type]
    return Traits.of(sex, age, height, weight)


def _inputs(protocol: dict[str, object], weight: float) -> tuple[Input, ...]:
    if "Schemas" not in protocol:
        start = _hours(protocol, "Start time")
        every = _REPEATS[str(protocol["DosingInterval"])]
        end = _hours(protocol, "End time", start)
        starts = [start] if every is None else list(np.arange(start, end - 1e-9, every))
        return tuple(_input(protocol, weight, time) for time in starts if protocol.get("ApplicationType") in _STATES)
    inputs = []
    for schema in protocol["Schemas"]:  # type: ignore[attr-defined]
        repeats = int(_value(schema, "NumberOfRepetitions", 1.0))
        gap = _hours(schema, "TimeBetweenRepetitions")
        for number in range(repeats):
            for item in schema["SchemaItems"]:
                if item.get("ApplicationType") not in _STATES:
                    return ()
                time = _hours(schema, "Start time") + number * gap + _hours(item, "Start time")
                inputs.append(_input(item, weight, time))
    return tuple(inputs)


def _input(item: dict[str, object], weight: float, time: float) -> Input:
    dose = next(part for part in item["Parameters"] if part["Name"] == "InputDose")  # type: ignore[attr-defined]
    scale = {"mg": 1.0, "mg/kg": weight, "g": 1000.0, "µg": 1e-3, "ug": 1e-3}[dose["Unit"]]
    state = _STATES[str(item["ApplicationType"])]
    duration = _hours(item, "Infusion time") if state == "venous" else 0.0
    return Input(time, dose["Value"] * scale, state, duration=duration)


def _value(item: dict[str, object], name: str, default: float) -> float:
    found = [part["Value"] for part in item.get("Parameters", []) if part["Name"] == name]  # type: ignore[attr-defined]
    return float(found[0]) if found else default


def _hours(item: dict[str, object], name: str, default: float = 0.0) -> float:
    for part in item.get("Parameters", []):  # type: ignore[attr-defined]
        if part["Name"] == name:
            return float(part["Value"]) * _HOURS[part.get("Unit", "h")]
    return default
