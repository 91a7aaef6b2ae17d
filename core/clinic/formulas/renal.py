"""Kidney function from serum creatinine, which must be at steady state; no formula here holds on dialysis."""

from __future__ import annotations

import math
from enum import Enum

from core.clinic.formulas.domain import ADULT_CREATININE, require, require_adult, require_human
from core.clinic.patient import Sex

CREATININE_UMOL_PER_MG_DL = 88.4  # molar mass 113.12 g/mol
STANDARD_BSA = 1.73  # m2


class MdrdVariant(Enum):
    """The two published scales of the MDRD equation; the value is its leading factor."""

    IDMS_TRACEABLE = 175.0  # Levey 2006, doi:10.7326/0003-4819-145-4-200608150-00004
    ORIGINAL = 186.0  # Levey 1999 (abbreviated form of 2000), for creatinine not traceable to IDMS


def cockcroft_gault(age: float, weight: float, creatinine: float, sex: Sex) -> float:
    """Estimate creatinine clearance in adults.

    Args:
        age: year, 18-120; derived in men of 18-92, the female factor is the authors' assumption.
        weight: kg; which one (total, ideal, adjusted) is the caller's decision.
        creatinine: umol/L, 18-1768.
        sex: as physiology has it.

    Returns:
        mL/min, not indexed to body surface area.

    Raises:
        OutOfDomain: an input outside these ranges.

    Source: Cockcroft & Gault 1976, Nephron 16:31, doi:10.1159/000180580.
    """
    require_adult(age)
    require_human("weight", weight)
    require("serum_creatinine", creatinine, *ADULT_CREATININE, "umol/L")
    factor = 0.85 if sex is Sex.FEMALE else 1.0
    return factor * (140.0 - age) * weight / (72.0 * _mg_dl(creatinine))


def ckd_epi_2021(age: float, creatinine: float, sex: Sex) -> float:
    """Estimate glomerular filtration in adults by the race-free CKD-EPI equation.

    Args:
        age: year, 18-120.
        creatinine: umol/L, 18-1768.
        sex: as physiology has it.

    Returns:
        mL/min/1.73 m2; take `deindex` before dosing.

    Raises:
        OutOfDomain: an input outside these ranges.

    Source: Inker 2021, N Engl J Med 385:1737, doi:10.1056/NEJMoa2102953.
    """
    ratio, exponent = _ckd_epi_ratio(age, creatinine, sex, female=-0.241, male=-0.302)
    factor = 1.012 if sex is Sex.FEMALE else 1.0
    return 142.0 * _kinked(ratio, exponent, -1.200) * math.pow(0.9938, age) * factor


def ckd_epi_2009(age: float, creatinine: float, sex: Sex, *, black: bool) -> float:
    """Estimate glomerular filtration by the older CKD-EPI equation, only for models that were built with it.

    Args:
        age: year, 18-120.
        creatinine: umol/L, 18-1768.
        sex: as physiology has it.
        black: the equation's own term.

    Returns:
        mL/min/1.73 m2.

    Raises:
        OutOfDomain: an input outside these ranges.

    Source: Levey 2009, Ann Intern Med 150:604, doi:10.7326/0003-4819-150-9-200905050-00006.
    """
    ratio, exponent = _ckd_epi_ratio(age, creatinine, sex, female=-0.329, male=-0.411)
    factor = (1.018 if sex is Sex.FEMALE else 1.0) * (1.159 if black else 1.0)
    return 141.0 * _kinked(ratio, exponent, -1.209) * math.pow(0.993, age) * factor


def mdrd(
    age: float, creatinine: float, sex: Sex, *, black: bool, variant: MdrdVariant = MdrdVariant.IDMS_TRACEABLE
) -> float:
    """Estimate glomerular filtration in adults with kidney disease; unreliable above 60 mL/min/1.73 m2.

    Args:
        age: year, 18-120.
        creatinine: umol/L, 18-1768.
        sex: as physiology has it.
        black: the equation's own term.
        variant: by the assay's calibration.

    Returns:
        mL/min/1.73 m2.

    Raises:
        OutOfDomain: an input outside these ranges.

    Source: Levey 2006, Ann Intern Med 145:247, doi:10.7326/0003-4819-145-4-200608150-00004;
        original: Levey 1999, doi:10.7326/0003-4819-130-6-199903160-00002.
    """
    require_adult(age)
    require("serum_creatinine", creatinine, *ADULT_CREATININE, "umol/L")
    factor = (0.742 if sex is Sex.FEMALE else 1.0) * (1.212 if black else 1.0)
    return variant.value * math.pow(_mg_dl(creatinine), -1.154) * math.pow(age, -0.203) * factor


def schwartz_bedside(age: float, height: float, creatinine: float) -> float:
    """Estimate glomerular filtration in children.

    Args:
        age: year, 1-18.
        height: cm.
        creatinine: umol/L, by an assay traceable to IDMS.

    Returns:
        mL/min/1.73 m2.

    Raises:
        OutOfDomain: an infant, an adult, or a number no living person has.

    Source: Schwartz 2009, J Am Soc Nephrol 20:629, doi:10.1681/ASN.2008030287.
    """
    require("age", age, 1.0, 18.0, "year")
    return _schwartz(0.413, height, creatinine)


def schwartz_original(age: float, height: float, creatinine: float, sex: Sex, *, preterm: bool) -> float:
    """Estimate glomerular filtration in infants and children; made for Jaffe assays, reads high on today's.

    Args:
        age: year, 0-18.
        height: cm.
        creatinine: umol/L, by the Jaffe method.
        sex: decides the constant from 13 years on.
        preterm: decides the constant in the first year.

    Returns:
        mL/min/1.73 m2.

    Raises:
        OutOfDomain: an adult, or a number no living person has.

    Source: Schwartz 1987, Pediatr Clin North Am 34:571; constants 0.33 / 0.45 / 0.55 / 0.7.
    """
    require("age", age, 0.0, 18.0, "year")
    if age < 1.0:
        return _schwartz(0.33 if preterm else 0.45, height, creatinine)
    return _schwartz(0.7 if age >= 13.0 and sex is Sex.MALE else 0.55, height, creatinine)


def deindex(filtration: float, surface: float) -> float:
    """Turn mL/min/1.73 m2 into the patient's own mL/min, which is what a dose follows.

    Args:
        filtration: mL/min/1.73 m2.
        surface: body surface area, m2, 0.1-4.

    Raises:
        OutOfDomain: an input no living person has.

    Source: definition of the index.
    """
    require_human("egfr", filtration)
    require("body_surface_area", surface, 0.1, 4.0, "m2")
    return filtration * surface / STANDARD_BSA


def _mg_dl(creatinine: float) -> float:
    return creatinine / CREATININE_UMOL_PER_MG_DL


def _ckd_epi_ratio(age: float, creatinine: float, sex: Sex, *, female: float, male: float) -> tuple[float, float]:
    """Creatinine over the knot of the sex (0.7 or 0.9 mg/dL), and the exponent below that knot."""
    require_adult(age)
    require("serum_creatinine", creatinine, *ADULT_CREATININE, "umol/L")
    if sex is Sex.FEMALE:
        return _mg_dl(creatinine) / 0.7, female
    return _mg_dl(creatinine) / 0.9, male


def _kinked(ratio: float, below: float, above: float) -> float:
    """A power law with one exponent below a ratio of 1 and another above it."""
    return math.pow(ratio, below if ratio < 1.0 else above)


def _schwartz(constant: float, height: float, creatinine: float) -> float:
    require_human("height", height)
    require_human("serum_creatinine", creatinine)
    return constant * height / _mg_dl(creatinine)
