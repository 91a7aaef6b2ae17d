"""What a failing kidney changes in the body beside its filtration."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import numpy as np

from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.errors import OutOfDomain
from core.pbpk.development import ADULT
from core.pbpk.individual import Individual
from core.pbpk.physiology import Array
from core.pbpk.scaling import body_surface

_SURFACE = 1.73  # m2
_L_H_PER_ML_MIN = 0.06


@dataclass(frozen=True)
class KidneyDisease:
    """Tables of chronic kidney disease; eGFR in mL/min/1.73 m2."""

    volume: Mapping[str, float]
    specific_flow: Mapping[str, float]
    healthy: float  # eGFR above which nothing changes
    stages: tuple[Mapping[str, float], ...]
    haematocrit: tuple[Mapping[str, float], ...]


@functools.cache
def kidney_disease() -> KidneyDisease:
    """Read the factors from `resources/physiology/disease_states.yaml` (Malik 2020).

    Raises:
        DrugFileError: the table cannot be read.
    """
    path = Path(str(resources.files("resources") / "physiology" / "disease_states.yaml"))
    root = read_strict_yaml(path)["chronic_kidney_disease"]

    def numbers(entry: Entry) -> dict[str, float]:
        return {name: value.number() for name, value in entry.fields.items()}

    return KidneyDisease(
        volume=numbers(root["volume"]),
        specific_flow=numbers(root["specific_flow"]),
        healthy=root["healthy_egfr"].number(),
        stages=tuple(numbers(entry) for entry in root["stages"].items),
        haematocrit=tuple(numbers(entry) for entry in root["haematocrit"].items),
    )


def with_kidney_disease(individual: Individual, egfr: Array) -> Individual:
    """Give the body of the same adult with a filtration of `egfr` (mL/min/1.73 m2, (B,)) that is chronically lowered.

    Filtration, kidney size and blood flow, protein binding, haematocrit and the stomach's emptying change; enzymes do
    not. Lost kidney becomes fat, spared blood goes to muscle. At or above 60 only filtration and size change.
    Filtration and haematocrit that were measured in this person are kept as measured.

    Raises:
        OutOfDomain: a child, or an eGFR that is not positive.

    Source:
        Malik 2020 (J Clin Pharmacol), as in PK-Sim.
    """
    traits, table = individual.traits, kidney_disease()
    if np.any(traits.age < ADULT):
        raise OutOfDomain("age", f"{float(np.min(traits.age)):g} year", "18 year", "100 year")
    if np.any(egfr <= 0):
        raise OutOfDomain(
            "egfr", f"{float(np.min(egfr)):g} mL/min/1.73m2", "above 0 mL/min/1.73m2", "250 mL/min/1.73m2"
        )
    lowered = np.minimum(egfr, table.healthy)
    size = _polynomial(table.volume, lowered, table.healthy)
    stage = {name: _by_stage(table, egfr, name) for name in ("unbound", "gastric_emptying_time", "transit_time")}
    filtered = egfr * body_surface(traits.height, traits.weight) / _SURFACE * _L_H_PER_ML_MIN
    shrunk = _smaller_kidney(individual, size, size * _polynomial(table.specific_flow, lowered, table.healthy))
    return replace(
        shrunk,
        gfr=individual.gfr if traits.gfr is not None else np.minimum(individual.gfr, filtered),
        haematocrit=individual.haematocrit if traits.haematocrit is not None else _haematocrit(individual, egfr),
        binding_loss=individual.binding_loss * stage["unbound"],
        gastric_emptying=individual.gastric_emptying / stage["gastric_emptying_time"],
        intestinal_transit=individual.intestinal_transit / stage["transit_time"],
    )


def _smaller_kidney(individual: Individual, size: Array, flow_factor: Array) -> Individual:
    mass, volume, flow = dict(individual.mass), dict(individual.volume), dict(individual.flow)
    lost = mass["kidney"] * (1.0 - size)
    density = mass["adipose"] / volume["adipose"]
    mass |= {"kidney": mass["kidney"] - lost, "adipose": mass["adipose"] + lost}
    volume |= {"kidney": volume["kidney"] * size, "adipose": volume["adipose"] + lost / density}
    spared = flow["kidney"] * (1.0 - flow_factor)
    flow |= {"kidney": flow["kidney"] - spared, "muscle": flow["muscle"] + spared}
    return replace(individual, mass=mass, volume=volume, flow=flow)


def _polynomial(terms: Mapping[str, float], egfr: Array, healthy: float) -> Array:
    def exponent(value: Array | float) -> Array | float:
        return terms["square"] * value * value + terms["linear"] * value + terms["constant"]

    return np.asarray(np.exp(exponent(egfr) - exponent(healthy)))


def _by_stage(table: KidneyDisease, egfr: Array, name: str) -> Array:
    conditions = [egfr < stage["below"] for stage in table.stages]
    return np.asarray(np.select(conditions, [np.full_like(egfr, stage[name]) for stage in table.stages], 1.0))


def _haematocrit(individual: Individual, egfr: Array) -> Array:
    rows, female = kidney_disease().haematocrit, individual.traits.female
    values = [(female * row["female"] + (1.0 - female) * row["male"]) / 100.0 for row in rows]
    found = np.select([egfr <= row["up_to"] for row in rows], values, individual.haematocrit)
    return np.asarray(np.minimum(found, individual.haematocrit))
