"""The value of each covariate a model reads, at each time it changes, for one case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.clinic.case import Case
from core.clinic.covariate import CATALOGUE
from core.clinic.formulas.body import (
    SurfaceFormula,
    body_mass_index,
    body_surface_area,
    fat_free_mass,
    fat_free_mass_of_child,
    ideal_body_weight,
    lean_body_weight,
)
from core.clinic.formulas.expected_creatinine import (
    WEEKS_PER_YEAR,
    expected_creatinine_by_colin,
    expected_creatinine_by_sex,
    expected_creatinine_of_newborn,
)
from core.clinic.formulas.renal import STANDARD_BSA, cockcroft_gault
from core.drugs.relations import CO_MEDICATION, Value
from core.errors import InputError
from core.units import Quantity

PATIENT_FACTS = ("age", "sex", "ethnicity")
TIME_ON_THERAPY = "time_on_therapy"
LONG_BEFORE = 87_660.0  # h, ten years; whatever changes with the time on therapy has changed by then
_OF_AGE = ("age", "postmenstrual_age", "fat_free_mass", "creatinine_clearance", "creatinine_ratio", "creatinine_excess")
_SMALL_CHILD = 2.0  # year
_INFANT_STEP = 72.0  # h; clearance of a premature child rises by about 4 % in that time
_TODDLER_STEP = 336.0  # h
DOSE = "dose"  # mg of each single dose; read when the dose is given
DERIVED_UNITS = {
    "age": "year", "bmi": "kg/m2", "fat_free_mass": "kg", "ideal_weight": "kg", "body_surface_area": "m2",
    "postmenstrual_age": "week", "creatinine_clearance_indexed": "mL/min/1.73m2", "creatinine_ratio": "1",
    "creatinine_excess": "umol/L", TIME_ON_THERAPY: "h", DOSE: "mg",
}  # fmt: skip


class Body(StrEnum):
    """Which weight Cockcroft-Gault is given."""

    TOTAL = "total"
    IDEAL = "ideal"
    FAT_FREE = "fat_free"
    LEAN = "lean"  # by James


class FatFree(StrEnum):
    """Whose formula for fat-free mass."""

    ADULT = "janmahasatian"
    CHILD = "al_sallami"


class Expected(StrEnum):
    """Whose expected creatinine the patient's is compared with."""

    COLIN = "colin"
    NEWBORN = "germovsek"
    ADULT = "adult_mean"


@dataclass(frozen=True)
class Recipes:
    """How derived covariates are computed; which formula is part of a model as much as its parameters."""

    clearance_weight: Body = Body.TOTAL
    creatinine_at_least: float = 0.0  # umol/L
    fat_free: FatFree = FatFree.ADULT
    surface: SurfaceFormula = SurfaceFormula.MOSTELLER
    expected: Expected = Expected.COLIN

    def parts(self, name: str) -> tuple[str, ...]:
        """What a derived covariate is computed from; empty when it is entered only."""
        weight = {Body.FAT_FREE: "fat_free_mass", Body.IDEAL: "ideal_weight", Body.LEAN: "height"}
        size = weight.get(self.clearance_weight)
        expected = () if self.expected is Expected.ADULT else ("postmenstrual_age",)
        return {
            "creatinine_clearance": ("serum_creatinine", "weight", *((size,) if size else ())),
            "creatinine_clearance_indexed": ("creatinine_clearance", "body_surface_area"),
            "bmi": ("weight", "height"),
            "fat_free_mass": ("weight", "height"),
            "ideal_weight": ("height",),
            "body_surface_area": ("weight", "height"),
            "postmenstrual_age": ("gestational_age",),
            "creatinine_ratio": ("serum_creatinine", *expected),
            "creatinine_excess": ("serum_creatinine", *expected),
        }.get(name, ())

    def entered(self, names: Iterable[str]) -> tuple[str, ...]:
        """Which covariates a person enters so that a model can read `names`; facts of the patient are left out."""
        wanted: list[str] = []
        for name in names:
            parts = self.entered(self.parts(name))
            own = (name,) if name in CATALOGUE and self.may_be_entered(name) else ()
            wanted += [part for part in (*parts, *own) if part not in wanted]
        return tuple(wanted)

    def may_be_entered(self, name: str) -> bool:
        """A clearance by another weight than the total one is no clearance a person could enter."""
        return name != "creatinine_clearance" or self.clearance_weight is Body.TOTAL


STANDARD = Recipes()


def entered_covariates(names: Iterable[str]) -> tuple[str, ...]:
    """Which covariates a person enters so that `names` can be read by the standard formulas."""
    return STANDARD.entered(names)


def change_times(case: Case, names: Iterable[str], recipes: Recipes = STANDARD) -> list[float]:
    """Case times from which any of the covariates has a new value, in order, at least one.

    A child under two years whose birthday is known grows older during the course, by steps; past the next decision the
    age stands still.
    """
    names = tuple(names)
    entered = set(recipes.entered(names))
    times = {item.time for item in case.covariates if item.name in entered}
    if CO_MEDICATION in names:
        times |= {0.0, *(item.start for item in case.co_medication)}
        times |= {item.until for item in case.co_medication if item.until is not None}
    first = min(times, default=0.0)
    grown = _growth_times(case, first) if any(_reads_age(name, recipes) for name in names) else []
    return sorted(times.union(grown, [first] if grown else [])) or [0.0]


def _reads_age(name: str, recipes: Recipes) -> bool:
    return name in _OF_AGE or any(_reads_age(part, recipes) for part in recipes.parts(name))


def _growth_times(case: Case, first: float) -> list[float]:
    """Times after the first at which a small child is looked at anew."""
    if case.patient.born is None:
        return []
    times: list[float] = []
    time = first
    while True:
        age = case.age_at(time)
        time += _INFANT_STEP if age < 1.0 else _TODDLER_STEP
        if age >= _SMALL_CHILD or time > case.now:
            return times
        times.append(time)


def covariate_at(case: Case, name: str, time: float) -> float | str | None:
    """A covariate's value in its base unit (or its choice) at a case time; None when it was not entered.

    Raises:
        InputError: a formula does not hold for this patient.
    """
    value = CovariateReader(case).at(name, time)
    return None if isinstance(value, frozenset) else value


def unit_of(name: str) -> str:
    """Base unit of a covariate, entered or derived."""
    return DERIVED_UNITS[name] if name in DERIVED_UNITS else CATALOGUE[name].unit


@dataclass
class CovariateReader:
    """Reads one case by a model's recipes; `assumed` gathers the defaults that had to stand in."""

    case: Case
    recipes: Recipes = STANDARD
    defaults: Mapping[str, Quantity | str] = field(default_factory=dict)
    assumed: dict[str, str] = field(default_factory=dict)

    def at(self, name: str, time: float) -> Value | None:
        """A covariate's value at a case time; None when it is not known.

        Raises:
            InputError: a formula does not hold for this patient.
        """
        match name:
            case "age":
                return self.case.age_at(time)
            case "sex":
                return self.case.patient.sex.value
            case "ethnicity":
                return self.case.patient.ethnicity.value
            case "co_medication":
                return frozenset(
                    item.drug
                    for item in self.case.co_medication
                    if item.start <= time and (item.until is None or time < item.until)
                )
            case "time_on_therapy":
                return max(0.0, time - self.therapy_start)
        return self._entered_or_derived(name, time)

    @property
    def first_dose(self) -> float:
        """Case time of the first dose, h."""
        doses = self.case.given_doses or self.case.doses
        return min((dose.time for dose in doses), default=0.0)

    @property
    def therapy_start(self) -> float:
        """Case time the drug has been taken from, h; a steady state at the first dose was reached long before it."""
        first = self.first_dose
        settled = any(dose.steady_state and dose.time == first for dose in self.case.given_doses or self.case.doses)
        return first - LONG_BEFORE if settled else first

    def missing(self, name: str, time: float) -> str:
        """The covariate a person has to enter so that `name` is known."""
        for part in self.recipes.parts(name):
            if self.at(part, time) is None:
                return self.missing(part, time)
        return name

    def _entered_or_derived(self, name: str, time: float) -> float | str | None:
        item = self.case.covariate(name, time) if name in CATALOGUE and self.recipes.may_be_entered(name) else None
        if item is not None:
            return item.value if isinstance(item.value, str) else item.number
        parts = {part: self.at(part, time) for part in self.recipes.parts(name)}
        if parts and all(isinstance(value, float) for value in parts.values()):
            return self._derived(name, {part: value for part, value in parts.items() if isinstance(value, float)}, time)
        default = self.defaults.get(name)
        if default is None:
            return None
        self.assumed[name] = str(default)
        return default if isinstance(default, str) else default.to(unit_of(name))

    def _derived(self, name: str, parts: Mapping[str, float], time: float) -> float:
        age, sex = self.case.age_at(time), self.case.patient.sex
        match name:
            case "creatinine_clearance":
                creatinine = max(parts["serum_creatinine"], self.recipes.creatinine_at_least)
                return cockcroft_gault(age=age, weight=self._weight(parts), creatinine=creatinine, sex=sex)
            case "creatinine_clearance_indexed":
                return parts["creatinine_clearance"] * STANDARD_BSA / parts["body_surface_area"]
            case "bmi":
                return body_mass_index(weight=parts["weight"], height=parts["height"])
            case "fat_free_mass":
                formula = fat_free_mass if self.recipes.fat_free is FatFree.ADULT else fat_free_mass_of_child
                return formula(age=age, weight=parts["weight"], height=parts["height"], sex=sex)
            case "ideal_weight":
                return ideal_body_weight(age=age, height=parts["height"], sex=sex)
            case "body_surface_area":
                return body_surface_area(parts["weight"], parts["height"], self.recipes.surface)
            case "postmenstrual_age":
                return parts["gestational_age"] + WEEKS_PER_YEAR * age
            case "creatinine_ratio":
                creatinine = max(parts["serum_creatinine"], self.recipes.creatinine_at_least)
                return creatinine / self._expected(parts, age)
            case "creatinine_excess":
                return parts["serum_creatinine"] - self._expected(parts, age)
        raise InputError(f"covariates.{name}", "covariate_unknown", name=name)

    def _weight(self, parts: Mapping[str, float]) -> float:
        match self.recipes.clearance_weight:
            case Body.TOTAL:
                return parts["weight"]
            case Body.IDEAL:
                return parts["ideal_weight"]
            case Body.FAT_FREE:
                return parts["fat_free_mass"]
            case Body.LEAN:
                return lean_body_weight(parts["weight"], parts["height"], self.case.patient.sex)

    def _expected(self, parts: Mapping[str, float], age: float) -> float:
        match self.recipes.expected:
            case Expected.COLIN:
                return expected_creatinine_by_colin(parts["postmenstrual_age"])
            case Expected.NEWBORN:
                return expected_creatinine_of_newborn(parts["postmenstrual_age"])
            case Expected.ADULT:
                return expected_creatinine_by_sex(age, self.case.patient.sex)
