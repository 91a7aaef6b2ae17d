"""Carboplatin by target exposure."""

from __future__ import annotations

from enum import StrEnum

from core.clinic.formulas.domain import require

ESTIMATED_FILTRATION_CAP = 125.0  # mL/min


class CalvertVariant(StrEnum):
    """The two formulas of the same paper."""

    FINAL = "final"  # AUC (GFR + 25), the one its authors recommend
    RETROSPECTIVE = "retrospective"  # AUC (1.2 GFR + 20), their first fit, refined in the second half of the paper


def calvert_dose(
    auc: float, filtration: float, *, estimated: bool, variant: CalvertVariant = CalvertVariant.FINAL
) -> float:
    """Give the carboplatin dose for a target exposure, mg.

    Args:
        auc: target, mg/mL*min, 1.5-8.
        filtration: mL/min, the patient's own and not per 1.73 m2; 33-136 as in the paper. An estimate (from
            creatinine) above 125 is refused and not capped: capping it is the prescriber's decision.
        estimated: from creatinine, rather than measured with a tracer.
        variant: which formula.

    Raises:
        OutOfDomain: an input outside these ranges.

    Source: Calvert 1989, J Clin Oncol 7:1748, doi:10.1200/JCO.1989.7.11.1748; the limit of 125 mL/min for estimates:
        FDA communication on carboplatin dosing, October 2010.
    """
    require("auc", auc, 1.5, 8.0, "mg/mL*min")
    require("filtration", filtration, 33.0, ESTIMATED_FILTRATION_CAP if estimated else 136.0, "mL/min")
    if variant is CalvertVariant.RETROSPECTIVE:
        return auc * (1.2 * filtration + 20.0)
    return auc * (filtration + 25.0)
