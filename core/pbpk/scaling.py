"""Organ masses and blood flows of a body of any size and age, from the reference persons."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.clinic.patient import Sex
from core.errors import OutOfDomain
from core.pbpk.development import ADULT, cardiac_ageing, liver_flow_ageing, organ_ageing
from core.pbpk.physiology import (
    PERFUSED,
    PORTAL,
    TISSUES,
    Array,
    ReferenceBody,
    east_asian_organs,
    reference_tables,
)

_PARTS = (*TISSUES, "blood")
_SUPPLIED = (*PORTAL, *PERFUSED, "liver")


def body_surface(height: Array, weight: Array) -> Array:
    """Body surface in m2 (Mosteller 1987, doi:10.1056/NEJM198710223171717); height cm, weight kg."""
    return np.asarray(np.sqrt(height * weight / 3600.0))


def fat_free_mass(female: Array, age: Array, height: Array, weight: Array) -> Array:
    """Fat-free mass in kg, birth to old age; height cm, weight kg, age year.

    Janmahasatian 2005 (doi:10.2165/00003088-200544100-00004), with the maturation of Al-Sallami 2015
    (doi:10.1007/s40262-015-0277-z) below adult age.
    """
    bmi = weight / (height / 100.0) ** 2
    male = 9270.0 * weight / (6680.0 + 216.0 * bmi)
    woman = 9270.0 * weight / (8780.0 + 244.0 * bmi)
    years = np.maximum(age, 1e-3)
    male_maturity = 0.88 + 0.12 / (1.0 + (years / 13.4) ** -12.7)
    female_maturity = 1.11 - 0.11 / (1.0 + (years / 7.1) ** -1.1)
    male = np.where(age < ADULT, male * male_maturity, male)
    woman = np.where(age < ADULT, woman * female_maturity, woman)
    return np.asarray(female * woman + (1.0 - female) * male)


def organ_masses(
    female: Array, age: Array, height: Array, weight: Array, east_asian: Array | float = 0.0
) -> dict[str, Array]:
    """Masses in kg of the tissues and of blood; they add up to the weight exactly.

    Adipose tissue follows the fat mass, the skin the body surface, the brain nothing, all else the remaining lean mass
    (after Huisinga 2012, doi:10.1038/psp.2012.3, closed here on adipose tissue). What organs lose with age becomes fat,
    as does what East Asian people's liver, spleen, pancreas and kidneys weigh less (`east_asian` 1; Ogiu 1997).

    Raises:
        OutOfDomain: a weight so far from the height that no fat or no lean mass is left.
    """
    reference = {part: _reference_mass(female, age, part) for part in _PARTS}
    reference_height = _mixed(female, age, lambda body: body.height)
    reference_weight = np.asarray(sum(reference.values()))
    fat = weight - fat_free_mass(female, age, height, weight)
    reference_fat = reference_weight - fat_free_mass(female, age, reference_height, reference_weight)
    own = {"adipose": reference["adipose"] * fat / reference_fat}
    surface = body_surface(height, weight)
    own["skin"] = reference["skin"] * surface / body_surface(reference_height, reference_weight)
    own["brain"] = reference["brain"] * np.ones_like(surface)
    lean = weight - sum(own.values())
    scale = np.asarray(lean / (reference_weight - sum(reference[part] for part in own)))
    if np.any(fat <= 0) or np.any(scale <= 0):
        _refuse_weight(weight, (fat <= 0) | (scale <= 0))
    mass = {part: scale * reference[part] for part in _PARTS} | own
    for part, equation in east_asian_organs().items():
        woman, man = (equation[sex].mass(height, weight) for sex in (Sex.FEMALE, Sex.MALE))
        change = east_asian * (female * woman + (1.0 - female) * man - mass[part])
        mass[part] = mass[part] + change
        mass["adipose"] = mass["adipose"] - change
        outside = (mass[part] <= 0) | (mass["adipose"] <= 0)  # far too small, or too thin, for the equations
        if np.any(outside):
            _refuse_weight(weight * np.ones(outside.shape), outside)
    for part, factor in organ_ageing(age, female, surface).items():
        mass["adipose"] = mass["adipose"] + mass[part] * (1.0 - factor)
        mass[part] = mass[part] * factor
    return mass


def organ_flows(female: Array, age: Array, height: Array, weight: Array) -> dict[str, Array]:
    """Blood flows in L/h by tissue; `lung` is the cardiac output, to which all others add up, `liver` its own artery.

    Cardiac output follows the body surface, falling after 35 years. A tissue's share is that of adults, weighted by its
    share of body mass at this age, so that a child's brain gets what it needs; liver and gut lose some of theirs with
    age.
    """
    surface = body_surface(height, weight)
    reference_height = _mixed(female, age, lambda body: body.height)
    reference_weight = np.asarray(sum(_reference_mass(female, age, part) for part in _PARTS))
    output = _mixed(female, age, lambda body: body.cardiac_output) * cardiac_ageing(age, surface)
    output = np.asarray(output * surface / body_surface(reference_height, reference_weight))
    shares = {part: _reference_share(female, age, part) for part in _SUPPLIED}
    total = sum(shares.values())
    shares = {part: share / total for part, share in shares.items()}
    splanchnic = sum(shares[part] for part in (*PORTAL, "liver"))
    kept = liver_flow_ageing(age, female)
    others = (1.0 - kept * splanchnic) / (1.0 - splanchnic)
    flow = {part: shares[part] * output * (kept if part in (*PORTAL, "liver") else others) for part in _SUPPLIED}
    return flow | {"lung": output}


def reference_value(female: Array, age: Array, column: str) -> Array:
    """A column of the reference persons (`haematocrit` ...) at these ages, (B,)."""
    return _mixed(female, age, lambda body: getattr(body, column))


def _reference_mass(female: Array, age: Array, part: str) -> Array:
    return _mixed(female, age, lambda body: body.mass[part])


def _reference_share(female: Array, age: Array, part: str) -> Array:
    """Adult share of flow times the tissue's mass over its adult mass."""
    return _mixed(female, age, lambda body: body.flow_share[part] * body.mass[part] / body.mass[part][-1])


def _mixed(female: Array, age: Array, column: Callable[[ReferenceBody], Array]) -> Array:
    bodies = reference_tables().bodies
    woman, man = (bodies[sex].at(age, column(bodies[sex])) for sex in (Sex.FEMALE, Sex.MALE))
    return np.asarray(female * woman + (1.0 - female) * man)


def _refuse_weight(weight: Array, outside: NDArray[np.bool_]) -> None:
    worst = float(np.ravel(weight)[np.argmax(np.ravel(outside))])
    raise OutOfDomain("weight", f"{worst:g} kg", "a weight that fits the height", "a weight that fits the height")
