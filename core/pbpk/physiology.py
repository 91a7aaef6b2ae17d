"""Reference persons by sex and age, as read from `resources/physiology/reference_bodies.yaml`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.clinic.patient import Sex
from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.errors import ModelError

Array = NDArray[np.float64]

PORTAL = ("large_intestine", "pancreas", "small_intestine", "spleen", "stomach")  # drain through the liver
PERFUSED = ("adipose", "bone", "brain", "gonads", "heart", "kidney", "muscle", "rest", "skin")  # drain to the veins
TISSUES = tuple(sorted((*PORTAL, *PERFUSED, "liver", "lung")))

_L_H_PER_L_MIN = 60.0


@dataclass(frozen=True)
class ReferenceBody:
    """One sex's mean body over age; each row of a table belongs to one entry of `ages`."""

    ages: Array  # year (n,)
    height: Array  # cm (n,)
    cardiac_output: Array  # L/h (n,)
    haematocrit: Array  # (n,)
    mass: Mapping[str, Array]  # kg (n,), tissues and "blood"
    flow_share: Mapping[str, float]  # of cardiac output, adult

    def at(self, age: Array, values: Array) -> Array:
        """A table column at given ages (year), linear between its rows, the adult row above them; shape of `age`."""
        return np.asarray(np.interp(age, self.ages, values))


@dataclass(frozen=True)
class ReferenceTables:
    """Both reference bodies and what they share."""

    bodies: Mapping[Sex, ReferenceBody]
    density: Mapping[str, float]  # kg/L
    arterial_share: float  # of blood volume


@functools.cache
def reference_tables() -> ReferenceTables:
    """Read the reference persons (ICRP Publication 89; McNally 2014 for the flows).

    Raises:
        DrugFileError: the table cannot be read.
        ModelError: masses do not name every tissue, or shares of flow exceed cardiac output.
    """
    root = read_strict_yaml(Path(str(resources.files("resources") / "physiology" / "reference_bodies.yaml")))
    density = {tissue: entry.number() for tissue, entry in root["density"].fields.items()}
    bodies = {sex: _body(root, sex) for sex in Sex}
    wanted = {*TISSUES, "blood"}
    if set(density) != wanted or any(set(body.mass) != wanted for body in bodies.values()):
        raise ModelError("reference_bodies.yaml must give mass and density of every tissue and of blood")
    return ReferenceTables(bodies, density, root["arterial_share_of_blood"].number())


@dataclass(frozen=True)
class MassEquation:
    """An organ's mass from height and weight."""

    per_height_and_root_weight: float  # g per m and root of kg
    per_height: float  # g/m
    per_weight: float  # g/kg
    fixed: float  # g

    def mass(self, height: Array, weight: Array) -> Array:
        """Mass in kg; height cm, weight kg."""
        metres = height / 100.0
        grams = self.per_height_and_root_weight * metres * np.sqrt(weight) + self.per_height * metres
        return np.asarray((grams + self.per_weight * weight + self.fixed) / 1000.0)


@functools.cache
def east_asian_organs() -> Mapping[str, Mapping[Sex, MassEquation]]:
    """The organs of East Asian people that are known apart (Ogiu 1997), by tissue and sex.

    Raises:
        DrugFileError: the table cannot be read.
    """
    root = read_strict_yaml(Path(str(resources.files("resources") / "physiology" / "east_asian_organs.yaml")))
    _ = root["source"].text
    organs = (name for name in root.fields if name not in ("schema", "source"))
    return {organ: {sex: _equation(root[organ][sex]) for sex in Sex} for organ in organs}


def _equation(entry: Entry) -> MassEquation:
    names = ("per_height_and_root_weight", "per_height", "per_weight", "fixed")
    entry.only(*names)
    return MassEquation(*(found.number() if (found := entry.get(name)) is not None else 0.0 for name in names))


def _body(root: Entry, sex: Sex) -> ReferenceBody:
    shares = {tissue: entry[sex].number() for tissue, entry in root["flow_share"].fields.items()}
    rest = 1.0 - sum(shares.values())
    if rest <= 0 or set(shares) != {*PORTAL, *PERFUSED, "liver"} - {"rest"}:
        raise ModelError(
            "flow shares of reference_bodies.yaml must name every tissue but the rest and leave it a share"
        )
    return ReferenceBody(
        ages=_column(root["ages"]),
        height=_column(root["height"][sex]),
        cardiac_output=_column(root["cardiac_output"][sex]) * _L_H_PER_L_MIN,
        haematocrit=_column(root["haematocrit"][sex]),
        mass={tissue: _column(entry[sex]) for tissue, entry in root["mass"].fields.items()},
        flow_share={**shares, "rest": rest},
    )


def _column(entry: Entry) -> Array:
    return np.array([item.number() for item in entry.items])
