"""The person the dose is for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from core.errors import InputError
from core.units import format_number

DAYS_PER_YEAR = 365.25
OLDEST_AGE = 120.0


class Sex(StrEnum):
    """Sex as the physiology tables and formulas use it."""

    FEMALE = "female"
    MALE = "male"


class Ethnicity(StrEnum):
    """Ancestry, only where a model or physiology table has a term for it."""

    UNKNOWN = "unknown"
    EUROPEAN = "european"
    EAST_ASIAN = "east_asian"
    SOUTH_ASIAN = "south_asian"
    AFRICAN = "african"


@dataclass(frozen=True)
class Patient:
    """Identity, sex, and either date of birth or age."""

    id: str
    sex: Sex
    name: str = ""
    born: dt.date | None = None
    age: float | None = None  # year, when the date of birth is not given
    ethnicity: Ethnicity = Ethnicity.UNKNOWN

    def __post_init__(self) -> None:
        if (self.born is None) == (self.age is None):
            raise InputError("patient.born", "birth_or_age_needed")
        if self.age is not None:
            check_age(self.age, "patient.age")

    def age_at(self, moment: dt.datetime) -> float:
        """Age in years at a moment.

        Raises:
            InputError: born after the moment, or older than any person has been.
        """
        if self.born is None:
            assert self.age is not None
            return self.age
        years = (moment.date() - self.born).days / DAYS_PER_YEAR
        check_age(years, "patient.born")
        return years


def check_age(years: float, field: str) -> None:
    """Refuse an age no person has.

    Raises:
        InputError: naming `field`.
    """
    if not 0 <= years <= OLDEST_AGE:
        raise InputError(field, "age_impossible", value=format_number(years, 4), high=format_number(OLDEST_AGE))
