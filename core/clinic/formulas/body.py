"""Body size: mass index, surface area, ideal, adjusted and fat-free weight."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum

from core.clinic.formulas.domain import require, require_adult, require_human
from core.clinic.patient import Sex

FIVE_FEET = 152.4  # cm
CM_PER_INCH = 2.54


class SurfaceFormula(StrEnum):
    """Published formulas for body surface area."""

    MOSTELLER = "mosteller"  # Mosteller 1987, N Engl J Med 317:1098, doi:10.1056/NEJM198710223171717
    DU_BOIS = "du_bois"  # Du Bois & Du Bois 1916, Arch Intern Med 17:863, doi:10.1001/archinte.1916.00080130010002
    HAYCOCK = "haycock"  # Haycock 1978, J Pediatr 93:62, doi:10.1016/S0022-3476(78)80601-5
    GEHAN_GEORGE = "gehan_george"  # Gehan & George 1970, Cancer Chemother Rep 54:225
    BOYD = "boyd"  # Boyd 1935, The Growth of the Surface Area of the Human Body


_SURFACE: dict[SurfaceFormula, Callable[[float, float], float]] = {
    SurfaceFormula.MOSTELLER: lambda w, h: math.sqrt(w * h / 3600.0),
    SurfaceFormula.DU_BOIS: lambda w, h: 0.007184 * w**0.425 * h**0.725,
    SurfaceFormula.HAYCOCK: lambda w, h: 0.024265 * w**0.5378 * h**0.3964,
    SurfaceFormula.GEHAN_GEORGE: lambda w, h: 0.0235 * w**0.51456 * h**0.42246,
    SurfaceFormula.BOYD: lambda w, h: 0.0003207 * h**0.3 * (1000.0 * w) ** (0.7285 - 0.0188 * math.log10(1000.0 * w)),
}


def body_mass_index(weight: float, height: float) -> float:
    """Weight over the square of height, kg/m2, from kg and cm.

    Raises:
        OutOfDomain: a weight or height no living person has.

    Source: Keys 1972, J Chronic Dis 25:329, doi:10.1016/0021-9681(72)90027-6.
    """
    require_human("weight", weight)
    require_human("height", height)
    return weight / (height / 100.0) ** 2


def body_surface_area(weight: float, height: float, formula: SurfaceFormula = SurfaceFormula.MOSTELLER) -> float:
    """Estimate body surface area, m2, from kg and cm; for children take Mosteller or Haycock.

    Raises:
        OutOfDomain: a weight or height no living person has.

    Source: beside each member of `SurfaceFormula`.
    """
    require_human("weight", weight)
    require_human("height", height)
    return _SURFACE[formula](weight, height)


def ideal_body_weight(age: float, height: float, sex: Sex, *, extrapolate: bool = False) -> float:
    """Give Devine's ideal body weight of an adult.

    Args:
        age: year, 18-120.
        height: cm, at least 152.4 (five feet).
        sex: as physiology has it.
        extrapolate: go on along the same line down to 120 cm, which the author did not do but most programs do.

    Returns:
        kg.

    Raises:
        OutOfDomain: a child, or shorter than the limit.

    Source: Devine 1974, Drug Intell Clin Pharm 8:650.
    """
    require_adult(age)
    require("height", height, 120.0 if extrapolate else FIVE_FEET, 250.0, "cm")
    base = 45.5 if sex is Sex.FEMALE else 50.0
    return base + 2.3 * (height - FIVE_FEET) / CM_PER_INCH


def adjusted_body_weight(weight: float, ideal_weight: float, factor: float = 0.4) -> float:
    """Give the dosing weight of an obese adult: ideal weight plus a share of the excess, kg.

    Args:
        weight: total body weight, kg, not below the ideal weight.
        ideal_weight: kg.
        factor: share of the excess counted, 0-1.

    Raises:
        OutOfDomain: no excess weight to adjust for, or an impossible input.

    Source: Bauer 1983, Eur J Clin Pharmacol 24:643, doi:10.1007/BF00542215.
    """
    require_human("weight", ideal_weight)
    require("weight", weight, ideal_weight, 400.0, "kg")
    require("factor", factor, 0.0, 1.0)
    return ideal_weight + factor * (weight - ideal_weight)


def fat_free_mass(age: float, weight: float, height: float, sex: Sex) -> float:
    """Estimate the fat-free mass of an adult, obese included ("lean body weight" of Janmahasatian).

    Not the James-type lean mass (1.1 W - 0.0128 BMI W), which falls with weight in severe obesity.

    Args:
        age: year, 18-120.
        weight: kg.
        height: cm; the body mass index must lie in the authors' 17.1-69.9 kg/m2.
        sex: as physiology has it.

    Returns:
        kg.

    Raises:
        OutOfDomain: a child, or a body mass index outside the cohort's.

    Source: Janmahasatian 2005, Clin Pharmacokinet 44:1051, doi:10.2165/00003088-200544100-00004.
    """
    require_adult(age)
    index = body_mass_index(weight, height)
    require("body_mass_index", index, 17.1, 69.9, "kg/m2")
    return _adult_fat_free_mass(weight, index, sex)


def lean_body_weight(weight: float, height: float, sex: Sex) -> float:
    """Give James's lean body weight, only for models that were built with it: it falls again in severe obesity.

    Args:
        weight: kg.
        height: cm; the body mass index must lie below the maximum of the curve (42.9 kg/m2 men, 36.1 women).
        sex: as physiology has it.

    Returns:
        kg.

    Raises:
        OutOfDomain: so obese that the formula turns round.

    Source: James 1976, Research on Obesity, HMSO, London.
    """
    index = body_mass_index(weight, height)
    slope, bend = (1.07, 0.0148) if sex is Sex.FEMALE else (1.1, 0.0128)
    require("body_mass_index", index, 10.0, slope / (2.0 * bend), "kg/m2")
    return slope * weight - bend * index * weight


def fat_free_mass_of_child(age: float, weight: float, height: float, sex: Sex) -> float:
    """Estimate fat-free mass from 3 years on, by a maturation of the adult formula.

    Args:
        age: year, 3-30.
        weight: kg.
        height: cm; the body mass index must lie in the authors' 12-44.9 kg/m2.
        sex: as physiology has it.

    Returns:
        kg.

    Raises:
        OutOfDomain: an input outside these ranges.

    Source: Al-Sallami 2015, Clin Pharmacokinet 54:1169, doi:10.1007/s40262-015-0277-z.
    """
    require("age", age, 3.0, 30.0, "year")
    index = body_mass_index(weight, height)
    require("body_mass_index", index, 12.0, 44.9, "kg/m2")
    if sex is Sex.FEMALE:
        maturation = 1.11 - 0.11 / (1.0 + math.pow(age / 7.1, -1.1))
    else:
        maturation = 0.88 + 0.12 / (1.0 + math.pow(age / 13.4, -12.7))
    return maturation * _adult_fat_free_mass(weight, index, sex)


def _adult_fat_free_mass(weight: float, index: float, sex: Sex) -> float:
    if sex is Sex.FEMALE:
        return 9270.0 * weight / (8780.0 + 244.0 * index)
    return 9270.0 * weight / (6680.0 + 216.0 * index)
