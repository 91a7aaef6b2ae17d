"""Maintenance dose of warfarin before any INR is known: the IWPC and the Gage equations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from core.clinic.formulas.body import SurfaceFormula, body_surface_area
from core.clinic.formulas.domain import require, require_adult
from core.clinic.genotype import Vkorc1
from core.errors import InputError, OutOfDomain
from core.units import format_number


class IwpcRace(StrEnum):
    """Race as the consortium coded it."""

    WHITE = "white"
    ASIAN = "asian"
    BLACK = "black"
    MISSING_OR_MIXED = "missing_or_mixed"


@dataclass(frozen=True)
class IwpcPatient:
    """What both IWPC equations ask."""

    age: float  # year, 18-120
    height: float  # cm, 120-210
    weight: float  # kg, 30-240
    race: IwpcRace
    amiodarone: bool
    enzyme_inducer: bool  # carbamazepine, phenytoin, rifampicin


@dataclass(frozen=True)
class GagePatient:
    """What both Gage equations ask."""

    age: float  # year, 18-120
    height: float  # cm, 120-210
    weight: float  # kg, 30-240
    target_inr: float  # 1.5-3.5
    african_american: bool
    amiodarone: bool
    smoker: bool
    thrombosis: bool  # deep vein thrombosis or pulmonary embolism is the reason


_IWPC_VKORC1 = {Vkorc1.GG: 0.0, Vkorc1.AG: -0.8677, Vkorc1.AA: -1.6974, None: -0.4854}
_IWPC_CYP2C9 = {
    "*1/*1": 0.0,
    "*1/*2": -0.5211,
    "*1/*3": -0.9357,
    "*2/*2": -1.0616,
    "*2/*3": -1.9206,
    "*3/*3": -2.3312,
    None: -0.2188,
}
_IWPC_RACE_GENETIC = {
    IwpcRace.WHITE: 0.0,
    IwpcRace.ASIAN: -0.1092,
    IwpcRace.BLACK: -0.2760,
    IwpcRace.MISSING_OR_MIXED: -0.1032,
}
_IWPC_RACE_CLINICAL = {
    IwpcRace.WHITE: 0.0,
    IwpcRace.ASIAN: -0.6752,
    IwpcRace.BLACK: 0.4060,
    IwpcRace.MISSING_OR_MIXED: 0.0443,
}


def iwpc_pharmacogenetic_dose(patient: IwpcPatient, vkorc1: Vkorc1 | None, cyp2c9: str | None) -> float:
    """Predict the weekly warfarin dose, mg, of an adult with target INR 2-3, from genotypes.

    Args:
        patient: see its fields.
        vkorc1: -1639 genotype; None is the equation's own "unknown".
        cyp2c9: diplotype of *1, *2 and *3 ("*1/*3"); None is the equation's own "unknown".

    Raises:
        InputError: a CYP2C9 diplotype the equation has no term for.
        OutOfDomain: outside adult sizes, or so sensitive that the equation gives no positive root.

    Source: International Warfarin Pharmacogenetics Consortium 2009, N Engl J Med 360:753, doi:10.1056/NEJMoa0809329,
        supplementary appendix S1e.
    """
    _check_size(patient.age, patient.height, patient.weight)
    if cyp2c9 not in _IWPC_CYP2C9:
        raise InputError("cyp2c9_genotype", "warfarin_diplotype_not_covered", value=str(cyp2c9))
    root = (
        5.6044
        - 0.2614 * _decade(patient.age)
        + 0.0087 * patient.height
        + 0.0128 * patient.weight
        + _IWPC_VKORC1[vkorc1]
        + _IWPC_CYP2C9[cyp2c9]
        + _IWPC_RACE_GENETIC[patient.race]
        + 1.1816 * patient.enzyme_inducer
        - 0.5503 * patient.amiodarone
    )
    return _squared(root)


def iwpc_clinical_dose(patient: IwpcPatient) -> float:
    """Predict the weekly warfarin dose, mg, of an adult with target INR 2-3, without genotypes.

    Raises:
        OutOfDomain: outside adult sizes.

    Source: as `iwpc_pharmacogenetic_dose`, appendix S1f.
    """
    _check_size(patient.age, patient.height, patient.weight)
    root = (
        4.0376
        - 0.2546 * _decade(patient.age)
        + 0.0118 * patient.height
        + 0.0134 * patient.weight
        + _IWPC_RACE_CLINICAL[patient.race]
        + 1.2799 * patient.enzyme_inducer
        - 0.5695 * patient.amiodarone
    )
    return _squared(root)


def gage_pharmacogenetic_dose(patient: GagePatient, vkorc1: Vkorc1, cyp2c9: str) -> float:
    """Predict the daily warfarin dose, mg, from genotypes.

    Args:
        patient: see its fields.
        vkorc1: -1639 genotype; each A counts.
        cyp2c9: diplotype of *1, *2 and *3; each variant allele counts.

    Raises:
        InputError: a CYP2C9 diplotype with other alleles.
        OutOfDomain: outside adult sizes or the usual target INR.

    Source: Gage 2008, Clin Pharmacol Ther 84:326, doi:10.1038/clpt.2008.10 (surface by Du Bois).
    """
    alleles = cyp2c9.split("/")
    if len(alleles) != 2 or not set(alleles) <= {"*1", "*2", "*3"}:
        raise InputError("cyp2c9_genotype", "warfarin_diplotype_not_covered", value=cyp2c9)
    surface = _gage_surface(patient)
    exponent = (
        0.9751
        - 0.3238 * vkorc1.value.count("A")
        + 0.4317 * surface
        - 0.4008 * alleles.count("*3")
        - 0.2066 * alleles.count("*2")
        - 0.00745 * patient.age
        + 0.2029 * patient.target_inr
        - 0.2538 * patient.amiodarone
        + 0.0922 * patient.smoker
        - 0.0901 * patient.african_american
        + 0.0664 * patient.thrombosis
    )
    return math.exp(exponent)


def gage_clinical_dose(patient: GagePatient) -> float:
    """Predict the daily warfarin dose, mg, without genotypes.

    Raises:
        OutOfDomain: outside adult sizes or the usual target INR.

    Source: as `gage_pharmacogenetic_dose`.
    """
    exponent = (
        0.613
        + 0.4250 * _gage_surface(patient)
        - 0.0075 * patient.age
        + 0.1560 * patient.african_american
        + 0.2160 * patient.target_inr
        - 0.2570 * patient.amiodarone
        + 0.1080 * patient.smoker
        + 0.0784 * patient.thrombosis
    )
    return math.exp(exponent)


def _check_size(age: float, height: float, weight: float) -> None:
    require_adult(age)
    require("height", height, 120.0, 210.0, "cm")
    require("weight", weight, 30.0, 240.0, "kg")


def _gage_surface(patient: GagePatient) -> float:
    _check_size(patient.age, patient.height, patient.weight)
    require("target_inr", patient.target_inr, 1.5, 3.5)
    return body_surface_area(patient.weight, patient.height, SurfaceFormula.DU_BOIS)


def _decade(age: float) -> int:
    """The consortium's code: 1 for 10-19 years, up to 9 for 90 and older."""
    return min(int(age // 10.0), 9)


def _squared(root: float) -> float:
    # A negative root would square into a dose that grows with sensitivity.
    if root <= 0.0:
        raise OutOfDomain("square_root_of_weekly_dose", format_number(root, 4), "0", "15")
    return root * root
