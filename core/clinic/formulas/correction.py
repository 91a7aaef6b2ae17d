"""Total concentrations corrected for a low albumin; where the free one can be measured, that is better."""

from __future__ import annotations

from enum import Enum

from core.clinic.formulas.domain import require, require_human
from core.errors import InputError


class CalciumSlope(Enum):
    """Calcium per albumin, mmol/g."""

    COMMON = 0.02  # the rule of thumb of most laboratories (0.8 mg/dL per g/dL)
    PAYNE_1973 = 0.02495  # 1.0 mg/dL per g/dL, as the paper has it


def corrected_calcium(calcium: float, albumin: float, slope: CalciumSlope = CalciumSlope.COMMON) -> float:
    """Give total calcium as it would be at an albumin of 40 g/L; unreliable in intensive care and renal failure.

    Args:
        calcium: mmol/L, 0.5-6.
        albumin: g/L.
        slope: how much calcium goes with albumin.

    Returns:
        mmol/L.

    Raises:
        OutOfDomain: a value no living person has.

    Source: Payne 1973, Br Med J 4:643, doi:10.1136/bmj.4.5893.643; its slope is the steeper one.
    """
    require("calcium", calcium, 0.5, 6.0, "mmol/L")
    require_human("albumin", albumin)
    return calcium + slope.value * (40.0 - albumin)


def corrected_phenytoin(total: float, albumin: float, *, renal_failure: bool, valproate: bool) -> float:
    """Give total phenytoin as it would be at a normal albumin (Sheiner-Tozer, the coefficients rounded as in practice).

    Args:
        total: mg/L, above 0 to 200.
        albumin: g/L.
        renal_failure: creatinine clearance below 20 mL/min, or dialysis.
        valproate: taken too; it displaces phenytoin and the formula does not hold.

    Returns:
        mg/L.

    Raises:
        InputError: with valproate.
        OutOfDomain: a value no living person has.

    Source: Sheiner & Tozer 1978, in Melmon & Morelli, Clinical Pharmacology, 2nd ed; tested by Dager 1995,
        Ann Pharmacother 29:667, doi:10.1177/106002809502907-802 (reads about 12 % low at albumin < 25 g/L).
    """
    _check_phenytoin(total, albumin, valproate=valproate)
    coefficient = 0.1 if renal_failure else 0.2
    return total / (coefficient * albumin / 10.0 + 0.1)


def corrected_phenytoin_unrounded(total: float, albumin: float, *, valproate: bool) -> float:
    """Give total phenytoin at an albumin of 44 g/L with 10 % free, kidneys working; arguments as `corrected_phenytoin`.

    Raises:
        InputError: with valproate.
        OutOfDomain: a value no living person has.

    Source: as `corrected_phenytoin`, before its coefficients are rounded.
    """
    _check_phenytoin(total, albumin, valproate=valproate)
    return total / (0.9 * albumin / 44.0 + 0.1)


def _check_phenytoin(total: float, albumin: float, *, valproate: bool) -> None:
    require("phenytoin", total, 0.0, 200.0, "mg/L")
    require_human("albumin", albumin)
    if valproate:
        raise InputError("phenytoin", "phenytoin_displaced_by_valproate")
