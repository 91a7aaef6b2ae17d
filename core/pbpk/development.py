"""What changes with age alone: enzymes, proteins and filtration growing up, organs and blood flow growing old.

Every function takes ages in years as an array and keeps its shape.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import numpy as np

from core.clinic.strict_yaml import read_strict_yaml
from core.pbpk.physiology import Array

ADULT = 18.0  # year
AGEING_FROM = 35.0  # year; the reference adult of ICRP 89
_TERM = 40.0  # weeks of gestation at birth
_WEEKS_PER_YEAR = 365.25 / 7.0
_YOUNGEST = 1e-3  # year; logarithms and powers begin here


@functools.cache
def _enzyme_curves() -> Mapping[str, Mapping[str, float]]:
    root = read_strict_yaml(Path(str(resources.files("resources") / "physiology" / "ontogeny.yaml")))
    return {
        name: {part: value.number() for part, value in entry.fields.items()}
        for name, entry in root["enzymes"].fields.items()
    }


def enzyme_maturity(age: Array) -> dict[str, Array]:
    """Activity of each known enzyme per mg of microsomal protein, relative to an adult.

    Source: Johnson 2006 (doi:10.2165/00003088-200645090-00005).
    """

    def curve(part: Mapping[str, float], years: Array) -> Array:
        power = np.maximum(years, _YOUNGEST) ** part["shape"]
        return np.asarray(part["scale"] * power / (part["half"] + power) + part["at_birth"])

    years = np.minimum(age, ADULT)
    return {name: curve(part, years) / curve(part, np.asarray(ADULT)) for name, part in _enzyme_curves().items()}


def gut_cyp3a(age: Array) -> Array:
    """Activity of CYP3A in the gut wall relative to an adult: 0.639 age/(2.36 + age) + 0.42, over its value at 18
    years.

    Source: Johnson 2006 (doi:10.2165/00003088-200645090-00005).
    """

    def curve(years: Array) -> Array:
        return np.asarray(0.639 * years / (2.36 + years) + 0.42)

    return np.asarray(curve(np.minimum(age, ADULT)) / curve(np.asarray(ADULT)))


def microsomes(age: Array) -> Array:
    """Microsomal protein per gram of liver relative to 35 years.

    Barter 2008 (doi:10.1124/dmd.108.021311): 26 mg/g at birth, 40 at 30 years, 30 at 70.
    """

    def logarithm(years: Array) -> Array:
        return np.asarray(1.407 + 0.0158 * years - 0.00038 * years**2 + 0.0000024 * years**3)

    return np.asarray(10.0 ** (logarithm(age) - logarithm(np.asarray(AGEING_FROM))))


def adult_albumin(age: Array) -> Array:
    """Plasma albumin in g/L of a healthy adult (Han 2025, equation 22)."""
    return np.asarray(51.4 - 0.107 * np.maximum(age, ADULT))


def protein_maturity(age: Array) -> tuple[Array, Array]:
    """Albumin and alpha-1-acid glycoprotein relative to an adult.

    Source: Johnson 2006 (doi:10.2165/00003088-200645090-00005); the second counts in days.
    """
    years = np.clip(age, _YOUNGEST, ADULT)
    albumin = (1.1287 * np.log(years) + 33.746) / (1.1287 * np.log(ADULT) + 33.746)

    def glycoprotein(days: Array) -> Array:
        return np.asarray(days**0.38 / (8.89**0.38 + days**0.38))

    agp = glycoprotein(years * 365.25) / glycoprotein(np.asarray(ADULT * 365.25))
    return np.asarray(albumin), np.asarray(agp)


def typical_gfr(age: Array, weight: Array, surface: Array) -> Array:
    """Glomerular filtration in mL/min of a healthy person; weight kg, body surface m2.

    Children: 121.2 mL/min at 70 kg, power 3/4, half mature at 47.7 weeks after conception, Hill 3.4 (Rhodin 2009,
    doi:10.1007/s00467-008-0997-5), born at term. Adults: 115 mL/min/1.73 m2, ageing from 30 years with half-time 54
    years and Hill 1.5 (Schlender 2016, doi:10.1007/s40262-016-0422-3).
    """
    weeks = (_TERM + age * _WEEKS_PER_YEAR) ** 3.4
    child = 121.2 * (weight / 70.0) ** 0.75 * weeks / (weeks + 47.7**3.4)
    ageing = 1.0 / (1.0 + (np.maximum(age - 30.0, 0.0) / 54.0) ** 1.5)
    return np.asarray(np.where(age < ADULT, child, 115.0 * ageing * surface / 1.73))


def cardiac_ageing(age: Array, surface: Array) -> Array:
    """Cardiac output relative to 35 years at a body surface (m2): 1.56 L/h less each year (Han 2025, geriatric
    model).
    """
    young = 159.0 * surface + 114.0 - 1.56 * AGEING_FROM
    return np.asarray(1.0 - 1.56 * _years_old(age) / young)


def liver_flow_ageing(age: Array, female: Array) -> Array:
    """Share of cardiac output that liver and gut receive, relative to 35 years (Han 2025, geriatric model)."""
    young = 27.9 + 1.04 * female - 0.108 * AGEING_FROM
    return np.asarray(1.0 - 0.108 * _years_old(age) / young)


def organ_ageing(age: Array, female: Array, surface: Array) -> dict[str, Array]:
    """Mass of the organs that shrink, relative to 35 years; what they lose becomes fat (Han 2025, geriatric model)."""
    years = _years_old(age)
    muscle = 17.9 * surface - 5.68 * female - 1.22 - 0.0667 * AGEING_FROM
    kidney = 0.33 - 0.056 * female - 0.00038 * AGEING_FROM
    return {
        "liver": np.exp(-0.0014 * years),
        "muscle": 1.0 - 0.0667 * years / muscle,
        "kidney": 1.0 - 0.00038 * years / kidney,
        "blood": np.exp(-0.0025 * years),
        "skin": np.exp(-0.0058 * years),
    }


def _years_old(age: Array) -> Array:
    return np.asarray(np.maximum(age - AGEING_FROM, 0.0))
