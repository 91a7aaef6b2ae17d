"""Synthetic patients without a fault in their entries, and the slips people make, one at a time."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core import session
from core.advise.alerts import level_alerts
from core.clinic.alert import Alert, Severity
from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.level import Level
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.infer.fit_check import check_levels
from core.infer.map_estimate import estimate_map
from core.population.sampling import sample_etas
from core.units import Quantity

START = dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC)
Slip = Callable[[Case, np.random.Generator], Case | None]


def normal_case(number: int) -> Case:
    """An adult on vancomycin or imatinib with one or two levels, simulated with the model's own residual error.

    Heights and body mass indices of adults (means 176 and 163 cm, SD 7 cm; median index 26, CV 18 %), creatinine median
    80 umol/L, CV 30 %: the wards' ordinary patients; no value is edited afterwards.
    """
    rng = np.random.default_rng([11, number])
    return vancomycin_case(rng, number) if number % 2 == 0 else imatinib_case(rng, number)


def person(rng: np.random.Generator, number: int) -> tuple[Patient, tuple[CovariateValue, ...]]:
    sex = Sex.MALE if rng.random() < 0.55 else Sex.FEMALE
    height = rng.normal(176.0 if sex is Sex.MALE else 163.0, 7.0)
    index = 26.0 * np.exp(0.18 * np.clip(rng.standard_normal(), -2.2, 2.2))
    weight = round(float(index * (height / 100.0) ** 2), 1)
    facts = (
        CovariateValue("weight", Quantity(weight, "kg")),
        CovariateValue("height", Quantity(round(float(height)), "cm")),
        CovariateValue("pregnant", "no"),
        CovariateValue("dialysis", "no"),
    )
    return Patient(f"N-{number}", sex, age=float(round(rng.uniform(25.0, 85.0)))), facts


def creatinine(rng: np.random.Generator, time: float, base: float) -> CovariateValue:
    value = round(float(base * np.exp(0.08 * rng.standard_normal())))
    return CovariateValue("serum_creatinine", Quantity(float(max(value, 35)), "umol/L"), time)


def vancomycin_case(rng: np.random.Generator, number: int) -> Case:
    patient, facts = person(rng, number)
    base = float(np.clip(80.0 * np.exp(0.3 * rng.standard_normal()), 45.0, 200.0))
    facts = (*facts, creatinine(rng, 0.0, base), creatinine(rng, 24.0, base))
    dose = float(rng.choice([750.0, 1000.0, 1250.0]))
    row = Dose(0.0, Quantity(dose, "mg"), Route.INTRAVENOUS, Quantity(2.0, "h"), Quantity(12.0, "h"), 4)
    case = Case(patient, "vancomycin", START, facts, models=("vancomycin.goti2018",), doses=(row,))
    return with_levels(case, rng, [27.0, 35.5] if rng.random() < 0.7 else [35.5], "mg/L")


def imatinib_case(rng: np.random.Generator, number: int) -> Case:
    patient, facts = person(rng, number)
    dose = float(rng.choice([400.0, 600.0], p=[0.8, 0.2]))
    row = Dose(0.0, Quantity(dose, "mg"), Route.ORAL, every=Quantity(24.0, "h"), count=10)
    facts = (*facts, CovariateValue("gist", "no"))
    case = Case(patient, "imatinib", START, facts, models=("imatinib.gotta2012",), doses=(row,))
    return with_levels(case, rng, [194.0, 215.5] if rng.random() < 0.5 else [215.5], "ng/mL")


def with_levels(case: Case, rng: np.random.Generator, times: list[float], unit: str) -> Case:
    bound = session.bind_models(case)[0]
    truth = sample_etas(bound.model, 1, rng)
    curve = bound.concentrations(truth, case.given_doses, np.array(times))[0]
    residual = bound.model.residual
    seen = np.maximum(curve + np.sqrt(residual.variance(curve)) * rng.standard_normal(len(times)), 0.05 * curve)
    levels = []
    for time, value in zip(times, seen, strict=True):
        shown = Quantity(float(value), "mg/L").to(unit)
        levels.append(Level(time, Quantity(round(shown, 1 if unit == "mg/L" else 0), unit)))
    return replace(case, levels=tuple(levels))


def doubts(case: Case) -> list[Alert]:
    """Everything the program doubts about the entries of a case; a refused entry raises InputError."""
    bound = session.bind_models(case)[0]
    eta = np.zeros(len(bound.model.etas))
    prior = estimate_map(bound, case.given_doses, ())
    fits = check_levels(bound, case.given_doses, case.used_levels, eta)
    asked = level_alerts([replace(prior, levels=fits)], bound.model.analyte_unit, bound.model.drug.molar_mass)
    return [*session.check_case(case), *asked]


def interruptive(alerts: list[Alert]) -> list[Alert]:
    """What the person must answer or acknowledge."""
    return [alert for alert in alerts if alert.severity is not Severity.NOTE]


def entries(case: Case) -> int:
    """How many things were entered: facts, rows of doses, levels."""
    return len(case.covariates) + len(case.doses) + len(case.levels) + 2


def _covariate(case: Case, name: str, change: Callable[[Quantity], Quantity]) -> Case | None:
    items = [item for item in case.covariates if item.name == name]
    if not items:
        return None
    last = items[-1]
    assert isinstance(last.value, Quantity)
    changed = replace(last, value=change(last.value))
    return replace(case, covariates=tuple(changed if item is last else item for item in case.covariates))


def _times(factor: float, unit: str = "") -> Callable[[Quantity], Quantity]:
    return lambda old: Quantity(round(old.value * factor, 4), unit or old.unit)


def _level(case: Case, rng: np.random.Generator, change: Callable[[Level], Level]) -> Case:
    place = int(rng.integers(len(case.levels)))
    return replace(case, levels=tuple(change(one) if i == place else one for i, one in enumerate(case.levels)))


def _scaled_level(factor: float) -> Slip:
    return lambda case, rng: _level(case, rng, lambda one: replace(one, value=_times(factor)(one.value)))


def _scaled_dose(factor: float) -> Slip:
    def slip(case: Case, _: np.random.Generator) -> Case:
        return replace(case, doses=tuple(replace(dose, amount=_times(factor)(dose.amount)) for dose in case.doses))

    return slip


def _swapped(case: Case, _: np.random.Generator) -> Case | None:
    """A peak and a trough exchanged: the first was drawn sooner after its dose, and is at least twice as high."""
    if len(case.levels) < 2:
        return None
    one, two = case.levels
    if one.value.value < 2.0 * two.value.value:
        return None  # within the error of two levels; hardly another case
    return replace(case, levels=(replace(one, value=two.value), replace(two, value=one.value)))


def _moved_level(hours: float) -> Slip:
    return lambda case, rng: _level(case, rng, lambda one: replace(one, time=one.time + hours))


def _level_into_infusion(case: Case, rng: np.random.Generator) -> Case | None:
    if case.doses[0].duration is None:
        return None
    return _level(case, rng, lambda one: replace(one, time=25.0))


def _level_before_first(case: Case, rng: np.random.Generator) -> Case:
    return _level(case, rng, lambda one: replace(one, time=-1.0))


def _stale_creatinine(case: Case, _: np.random.Generator) -> Case | None:
    if case.drug != "vancomycin":
        return None
    return replace(
        case,
        covariates=tuple(
            replace(item, time=item.time - 72.0) if item.name == "serum_creatinine" else item
            for item in case.covariates
        ),
    )


def _stale_weight(case: Case, _: np.random.Generator) -> Case:
    moved = (replace(item, time=-45 * 24.0) if item.name == "weight" else item for item in case.covariates)
    return replace(case, covariates=tuple(moved))


def _level_twice(case: Case, _: np.random.Generator) -> Case:
    return replace(case, levels=(*case.levels, replace(case.levels[-1], time=case.levels[-1].time + 0.05)))


def _dose_twice(case: Case, _: np.random.Generator) -> Case:
    single = replace(case.doses[0], every=None, count=1, time=0.1)
    return replace(case, doses=(*case.doses, single))


SLIPS: dict[str, dict[str, Slip]] = {
    "unit": {
        "creatinine in mg/dL as umol/L": lambda case, _: _covariate(case, "serum_creatinine", _times(1 / 88.4)),
        "creatinine in umol/L as mg/dL": lambda case, _: _covariate(case, "serum_creatinine", _times(1.0, "mg/dL")),
        "pounds as kilograms": lambda case, _: _covariate(case, "weight", _times(1 / 0.45359237)),
        "inches as centimetres": lambda case, _: _covariate(case, "height", _times(1 / 2.54)),
        "metres as centimetres": lambda case, _: _covariate(case, "height", _times(0.01)),
        "level a thousand times too large": _scaled_level(1000.0),
        "level a thousand times too small": _scaled_level(0.001),
        "dose in g as mg": _scaled_dose(0.001),
        "dose in mg as g": _scaled_dose(1000.0),
    },
    "decimal": {
        "creatinine x 10": lambda case, _: _covariate(case, "serum_creatinine", _times(10.0)),
        "creatinine / 10": lambda case, _: _covariate(case, "serum_creatinine", _times(0.1)),
        "weight x 10": lambda case, _: _covariate(case, "weight", _times(10.0)),
        "weight / 10": lambda case, _: _covariate(case, "weight", _times(0.1)),
        "level x 10": _scaled_level(10.0),
        "level / 10": _scaled_level(0.1),
        "dose x 10": _scaled_dose(10.0),
        "dose / 10": _scaled_dose(0.1),
    },
    "swap": {"two levels exchanged": _swapped},
    "time": {
        "level before the first dose": _level_before_first,
        "level inside an infusion": _level_into_infusion,
        "level some days late": _moved_level(96.0),
    },
    "stale": {"creatinine three days older": _stale_creatinine, "weight of another stay": _stale_weight},
    "duplicate": {"level twice": _level_twice, "dose twice": _dose_twice},
}
