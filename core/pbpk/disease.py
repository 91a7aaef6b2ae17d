"""What a failing liver changes in the body."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib import resources
from pathlib import Path

import numpy as np

from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.errors import ModelError
from core.pbpk.individual import Individual
from core.pbpk.physiology import PERFUSED, PORTAL, Array

_SPARED = ("brain",)  # its blood flow is regulated
_OTHERS = tuple(
    tissue for tissue in PERFUSED if tissue not in (*_SPARED, "kidney")
)  # take the remaining cardiac output


class ChildPugh(StrEnum):
    """Class of liver cirrhosis."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True)
class LiverDisease:
    """Factors on a healthy body for one class."""

    portal_flow: float
    hepatic_artery_flow: float
    functional_liver: float
    kidney_flow: float
    cardiac_output: float
    gfr: float
    albumin: float
    agp: float
    haematocrit: float
    enzymes: Mapping[str, float]


@functools.cache
def liver_disease(grade: ChildPugh) -> LiverDisease:
    """Read the factors of one class from `resources/physiology/disease_states.yaml`.

    Raises:
        DrugFileError: the table cannot be read.

    Source:
        Edginton and Willmann 2008 (doi:10.2165/00003088-200847110-00005), Johnson 2010.
    """
    root = read_strict_yaml(Path(str(resources.files("resources") / "physiology" / "disease_states.yaml")))[
        "child_pugh"
    ]
    column = list(ChildPugh).index(grade)

    def factor(entry: Entry) -> float:
        return entry.items[column].number()

    plain = {name: factor(entry) for name, entry in root.fields.items() if name not in ("source", "enzymes")}
    return LiverDisease(**plain, enzymes={name: factor(entry) for name, entry in root["enzymes"].fields.items()})


def with_liver_disease(individual: Individual, grade: ChildPugh) -> Individual:
    """Give the body of the same person with cirrhosis of a class.

    Portal blood that no longer reaches the liver's cells flows past them into the veins (portosystemic shunt); the
    organs of the gut keep their blood. Filtration, haematocrit and plasma proteins that were measured in this person
    are kept as measured.

    Raises:
        ModelError: the flows named leave no blood for the other organs.
    """
    factors = liver_disease(grade)
    traits = individual.traits
    enzymes = {name: individual.enzyme_activity(name) * factor for name, factor in factors.enzymes.items()}
    return replace(
        individual,
        flow=_flows(individual, factors),
        portal_shunt=1.0 - (1.0 - individual.portal_shunt) * factors.portal_flow,
        functional_liver=individual.functional_liver * factors.functional_liver,
        gfr=individual.gfr * (factors.gfr if traits.gfr is None else 1.0),
        haematocrit=individual.haematocrit * (factors.haematocrit if traits.haematocrit is None else 1.0),
        albumin=individual.albumin * (factors.albumin if traits.albumin is None else 1.0),
        agp=individual.agp * (factors.agp if traits.agp is None else 1.0),
        enzyme={**individual.enzyme, **enzymes},
    )


def _flows(individual: Individual, factors: LiverDisease) -> dict[str, Array]:
    flow = dict(individual.flow)
    flow["lung"] = flow["lung"] * factors.cardiac_output
    flow["liver"] = flow["liver"] * factors.hepatic_artery_flow
    flow["kidney"] = flow["kidney"] * factors.kidney_flow
    named = sum(flow[tissue] for tissue in (*PORTAL, *_SPARED, "liver", "kidney"))
    share = (flow["lung"] - named) / sum(flow[tissue] for tissue in _OTHERS)
    if np.any(share <= 0):
        raise ModelError("the blood flows of a diseased liver leave nothing for the other organs")
    flow.update({tissue: flow[tissue] * share for tissue in _OTHERS})
    return flow
