"""Numbers a person can have but probably has not: unit mix-ups and leaps, each found as a question to ask.

What no living person can have is refused by `core.clinic.covariate`; here stand the softer doubts. A doubt never
changes a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.clinic.alert import Alert, Severity
from core.clinic.covariate import kind_of
from core.clinic.formulas.body import CM_PER_INCH, body_mass_index
from core.clinic.formulas.liver import BILIRUBIN_UMOL_PER_MG_DL
from core.clinic.formulas.renal import CREATININE_UMOL_PER_MG_DL
from core.units import format_number

KG_PER_POUND = 0.45359237
ADULT_AGE = 18.0  # year

# A creatinine number up to 20 is plausible in mg/dL only, from 18 on in umol/L only; the two hardly overlap.
HIGHEST_MG_DL = 20.0
LOWEST_UMOL_L = 18.0

# Above this body mass index an adult's kilograms may be pounds. In the 3,008 sized adults of the public IWPC warfarin
# cohort the question meets 92 % of such slips and troubles 2 % of true entries (the low side included).
SUSPECT_INDEX = 45.0
LEAN_INDEX = 14.0  # below it, a weight converted from pounds may have been kilograms

WEIGHT_LEAP = 0.15  # of the last weight

# Outside these a value is rare enough to ask whether it was meant; between them nothing is asked. Adults, base units of
# the covariate catalogue. Reference intervals widened to what wards see daily; no formula depends on them.
USUAL: Mapping[str, tuple[float, float]] = {
    "weight": (35.0, 160.0),
    "height": (140.0, 205.0),
    "serum_creatinine": (30.0, 1000.0),
    "creatinine_clearance": (5.0, 200.0),
    "egfr": (5.0, 150.0),
    "albumin": (15.0, 55.0),
    "bilirubin": (2.0, 500.0),
    "alpha1_acid_glycoprotein": (0.3, 3.0),
    "inr": (0.8, 8.0),
    "haematocrit": (18.0, 60.0),
    "gastric_ph": (1.0, 8.0),
}


@dataclass(frozen=True)
class Suspicion:
    """A doubt about one entry: message id, the covariate it is about, and the numbers (base units) for its sentence."""

    id: str
    about: str
    values: Mapping[str, float]

    def alert(self, severity: Severity = Severity.CAUTION) -> Alert:
        """The doubt as an alert."""
        texts = {name: format_number(value, 4) for name, value in self.values.items()}
        return Alert(severity, self.id, texts, self.about)


def unusual_value(name: str, value: float, age: float) -> Suspicion | None:
    """Doubt a value rarely seen in adults; says nothing of children, whose usual ranges change with age.

    Args:
        name: a covariate of the catalogue.
        value: in its base unit.
        age: year.
    """
    usual = USUAL.get(name)
    if usual is None or age < ADULT_AGE or usual[0] <= value <= usual[1]:
        return None
    return Suspicion("value_unusual", name, {"value": value, "low": usual[0], "high": usual[1]})


def creatinine_unit(creatinine: float) -> Suspicion | None:
    """Doubt the unit of a serum creatinine, by the disjoint ranges of the two units (hazard H4).

    Args:
        creatinine: umol/L, as it came out of the typed number and unit.

    Returns:
        `creatinine_maybe_mg_dl`: the typed umol/L were mg/dL; `creatinine_maybe_umol_l`: the reverse. `value` is the
        number as entered (umol/L), `instead` what it would be (umol/L).
    """
    if creatinine <= HIGHEST_MG_DL:
        instead = creatinine * CREATININE_UMOL_PER_MG_DL
        return Suspicion("creatinine_maybe_mg_dl", "serum_creatinine", {"value": creatinine, "instead": instead})
    typed = creatinine / CREATININE_UMOL_PER_MG_DL
    if typed >= LOWEST_UMOL_L:
        return Suspicion("creatinine_maybe_umol_l", "serum_creatinine", {"value": creatinine, "instead": typed})
    return None


def albumin_unit(albumin: float) -> Suspicion | None:
    """Doubt the unit of an albumin in g/L: up to 6 it was probably g/dL, from 100 on the reverse."""
    if albumin <= 6.0:
        return Suspicion("albumin_maybe_g_dl", "albumin", {"value": albumin, "instead": albumin * 10.0})
    if albumin >= 100.0:
        return Suspicion("albumin_maybe_g_l", "albumin", {"value": albumin, "instead": albumin / 10.0})
    return None


def bilirubin_unit(bilirubin: float) -> Suspicion | None:
    """Doubt the unit of a bilirubin in umol/L; the ranges of the units overlap, so only the ends are asked about."""
    if bilirubin < USUAL["bilirubin"][0]:
        instead = bilirubin * BILIRUBIN_UMOL_PER_MG_DL
        return Suspicion("bilirubin_maybe_mg_dl", "bilirubin", {"value": bilirubin, "instead": instead})
    if bilirubin > USUAL["bilirubin"][1]:
        instead = bilirubin / BILIRUBIN_UMOL_PER_MG_DL
        return Suspicion("bilirubin_maybe_umol_l", "bilirubin", {"value": bilirubin, "instead": instead})
    return None


def height_unit(height: float, age: float) -> Suspicion | None:
    """Doubt the unit of a height in cm: metres at any age, inches in adults (hazard H5).

    Args:
        height: cm, as entered.
        age: year.
    """
    if height <= 2.5:
        return Suspicion("height_maybe_metres", "height", {"value": height, "instead": height * 100.0})
    if age >= ADULT_AGE and 48.0 <= height <= 84.0:  # 122-213 cm, if these are inches
        return Suspicion("height_maybe_inches", "height", {"value": height, "instead": height * CM_PER_INCH})
    return None


def weight_unit(weight: float, age: float, height: float | None = None) -> Suspicion | None:
    """Doubt the unit of a weight in kg: pounds by body mass index or age, grams by size (hazard H5).

    Args:
        weight: kg, as entered.
        age: year.
        height: cm; without it an adult's pounds cannot be seen.

    Returns:
        `weight_maybe_grams`, `weight_maybe_pounds`, or `weight_maybe_kilograms` (already kilograms before a conversion
        from pounds); `instead` in kg.
    """
    if weight > kind_of("weight").high:
        return Suspicion("weight_maybe_grams", "weight", {"value": weight, "instead": weight / 1000.0})
    if age < ADULT_AGE:
        return _child_weight(weight, age)
    kind = kind_of("height")
    if height is None or not kind.low <= height <= kind.high or weight < kind_of("weight").low:
        return None  # impossible values are refused elsewhere
    index = body_mass_index(weight, height)
    if index > SUSPECT_INDEX:
        values = {"value": weight, "instead": weight * KG_PER_POUND, "body_mass_index": index}
        return Suspicion("weight_maybe_pounds", "weight", values)
    if index < LEAN_INDEX:
        values = {"value": weight, "instead": weight / KG_PER_POUND, "body_mass_index": index}
        return Suspicion("weight_maybe_kilograms", "weight", values)
    return None


def weight_leap(previous: float, current: float) -> Suspicion | None:
    """Doubt a weight (kg) more than 15 % away from the last one (hazard H5)."""
    change = current - previous
    if abs(change) <= WEIGHT_LEAP * previous:
        return None
    percent = 100.0 * change / previous
    return Suspicion("weight_leap", "weight", {"value": current, "previous": previous, "percent": percent})


def _child_weight(weight: float, age: float) -> Suspicion | None:
    """Doubt a child's weight that is about double or less than half of what the age lets expect, from 1 to 12 years.

    Source: Luscombe & Owens 2007, Arch Dis Child 92:412, doi:10.1136/adc.2006.107284 (weight = 3 age + 7).
    """
    if not 1.0 <= age <= 12.0:
        return None
    expected = 3.0 * age + 7.0
    values = {"value": weight, "expected": expected}
    if weight > 2.0 * expected:
        return Suspicion("weight_maybe_pounds", "weight", {**values, "instead": weight * KG_PER_POUND})
    if weight < 0.5 * expected:
        return Suspicion("weight_maybe_kilograms", "weight", {**values, "instead": weight / KG_PER_POUND})
    return None
