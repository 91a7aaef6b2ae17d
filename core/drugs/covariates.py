"""The value of each covariate a model reads, at each time it changes, for one case."""

from __future__ import annotations

from collections.abc import Iterable

from core.clinic.case import Case
from core.clinic.covariate import CATALOGUE
from core.clinic.formulas.body import body_mass_index, body_surface_area, fat_free_mass, ideal_body_weight
from core.clinic.formulas.renal import cockcroft_gault
from core.errors import InputError

PATIENT_FACTS = ("age", "sex", "ethnicity")
_NEEDS = {
    "creatinine_clearance": ("serum_creatinine", "weight"),
    "bmi": ("weight", "height"),
    "fat_free_mass": ("weight", "height"),
    "ideal_weight": ("height",),
    "body_surface_area": ("weight", "height"),
}


def entered_covariates(names: Iterable[str]) -> tuple[str, ...]:
    """Which covariates a person enters so that a model can read `names`; patient facts are left out."""
    wanted: list[str] = []
    for name in names:
        parts = (*_NEEDS.get(name, ()), *((name,) if name in CATALOGUE else ()))
        wanted += [part for part in parts if part not in wanted and part not in PATIENT_FACTS]
    return tuple(wanted)


def change_times(case: Case, names: Iterable[str]) -> list[float]:
    """Case times from which any of the covariates has a new value, in order, at least one."""
    entered = set(entered_covariates(names))
    return sorted({item.time for item in case.covariates if item.name in entered}) or [0.0]


def covariate_at(case: Case, name: str, time: float) -> float | str | None:
    """A covariate's value in its base unit (or its choice) at a case time; None when it was not entered.

    Raises:
        InputError: a formula does not hold for this patient.
    """
    match name:
        case "age":
            return case.age_at(time)
        case "sex":
            return case.patient.sex.value
        case "ethnicity":
            return case.patient.ethnicity.value
    entered = case.covariate(name, time) if name in CATALOGUE else None
    if entered is not None:
        return entered.value if isinstance(entered.value, str) else entered.number
    return _derived(case, name, time)


def _derived(case: Case, name: str, time: float) -> float | None:
    parts = {part: case.covariate(part, time) for part in _NEEDS.get(name, ())}
    numbers = {part: item.number for part, item in parts.items() if item is not None}
    if not parts or len(numbers) < len(parts):
        return None
    age, sex = case.age_at(time), case.patient.sex
    match name:
        case "creatinine_clearance":
            return cockcroft_gault(age=age, weight=numbers["weight"], creatinine=numbers["serum_creatinine"], sex=sex)
        case "bmi":
            return body_mass_index(weight=numbers["weight"], height=numbers["height"])
        case "fat_free_mass":
            return fat_free_mass(age=age, weight=numbers["weight"], height=numbers["height"], sex=sex)
        case "ideal_weight":
            return ideal_body_weight(age=age, height=numbers["height"], sex=sex)
        case "body_surface_area":
            return body_surface_area(weight=numbers["weight"], height=numbers["height"])
    raise InputError(f"covariates.{name}", "covariate_unknown", name=name)
