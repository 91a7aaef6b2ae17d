"""Serum creatinine to be expected of a healthy person, against which some models compare the patient's."""

from __future__ import annotations

import math

from core.clinic.formulas.domain import require
from core.clinic.formulas.renal import CREATININE_UMOL_PER_MG_DL
from core.clinic.patient import Sex

WEEKS_PER_YEAR = 52.1775


def expected_creatinine_by_colin(postmenstrual_age: float) -> float:
    """Expected creatinine at any age, umol/L.

    Args:
        postmenstrual_age: week, 23-6500.

    Raises:
        OutOfDomain: outside these ages.

    Source: Colin 2019, Clin Pharmacokinet 58:767, doi:10.1007/s40262-018-0727-5.
    """
    require("postmenstrual_age", postmenstrual_age, 23.0, 6500.0, "week")
    years = postmenstrual_age / 52.18  # as the authors turn weeks into years
    logarithm = -1.228 + 0.672 * math.log10(years) + 6.27 * math.exp(-3.11 * years)
    return math.exp(logarithm) * CREATININE_UMOL_PER_MG_DL


def expected_creatinine_of_newborn(postmenstrual_age: float) -> float:
    """Expected creatinine of a preterm or term newborn, umol/L.

    Args:
        postmenstrual_age: week, 23-50; the line would cross zero at 58 weeks.

    Raises:
        OutOfDomain: outside these ages.

    Source: Germovsek 2016, Antimicrob Agents Chemother 60:4869, doi:10.1128/AAC.00577-16.
    """
    require("postmenstrual_age", postmenstrual_age, 23.0, 50.0, "week")
    return -2.8488 * postmenstrual_age + 166.48


def expected_creatinine_by_sex(age: float, sex: Sex) -> float:
    """Mean creatinine of healthy adults, umol/L.

    Args:
        age: year, over 17.
        sex: as physiology has it.

    Raises:
        OutOfDomain: a child.

    Source: means of Junge 2004, as used with Hennig 2013
        (doi:10.1007/s40262-013-0036-y).
    """
    require("age", age, 17.0, 120.0, "year")
    return 69.5 if sex is Sex.FEMALE else 84.0
