"""One way for every formula to refuse a number outside the range in which it holds."""

from __future__ import annotations

import math

from core.clinic.covariate import kind_of
from core.errors import InputError, OutOfDomain
from core.units import format_number

ADULT_AGE = 18.0  # year
OLDEST_AGE = 120.0  # year
# Outside this a number written as umol/L is far likelier to be mg/dL, and the reverse.
ADULT_CREATININE = (18.0, 1768.0)  # umol/L


def require(field: str, value: float, low: float, high: float, unit: str = "") -> None:
    """Refuse a number that is not finite or lies outside [low, high].

    Raises:
        InputError: the number is not finite.
        OutOfDomain: it lies outside the range.
    """
    if not math.isfinite(value):
        raise InputError(field, "number_not_finite", value=str(value))
    if not low <= value <= high:
        texts = (f"{format_number(number)} {unit}".strip() for number in (value, low, high))
        raise OutOfDomain(field, *texts)


def require_human(name: str, value: float) -> None:
    """Refuse what no living person can have, by the catalogue of covariates.

    Raises:
        InputError: the number is not finite, or the covariate is unknown.
        OutOfDomain: it lies outside the range of the living.
    """
    kind = kind_of(name)
    require(name, value, kind.low, kind.high, "" if kind.unit == "1" else kind.unit)


def require_adult(age: float) -> None:
    """Refuse an age under 18 or over 120 years; errors as in `require`."""
    require("age", age, ADULT_AGE, OLDEST_AGE, "year")
