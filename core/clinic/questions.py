"""Doubts about what was entered that need no model: unit slips, leaps, times that do not fit, things entered twice."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from core.clinic.alert import Alert, Severity
from core.clinic.case import Case
from core.clinic.covariate import CovariateValue, history
from core.clinic.dose_questions import UsualDoses, dose_questions, level_questions
from core.clinic.patient import Sex
from core.clinic.plausibility import (
    ADULT_AGE,
    Suspicion,
    albumin_unit,
    bilirubin_unit,
    creatinine_unit,
    height_unit,
    unusual_value,
    weight_leap,
    weight_unit,
)
from core.clinic.regimen import describe_time

_CREATININE_RISE = 1.5  # within 48 h: kidney injury by KDIGO 2012, and clearance formulas no longer hold
_WINDOW = 48.0  # h
_STALE_AFTER = {"serum_creatinine": 48.0, "creatinine_clearance": 48.0, "egfr": 48.0}  # h (hazard H11)
_STALE_IN_ICU = 24.0  # h
_OLD_AFTER = {"weight": 30 * 24.0, "mic": 14 * 24.0}  # h
_NO_KIDNEY = 500.0  # umol/L creatinine; above it most are on dialysis, or the decimal sign is lost
_INFANT = 2.0  # year
_CHILDBEARING = (15.0, 50.0)  # year


def check_case(case: Case, *, cleared_by_kidney: bool = True, usual: UsualDoses | None = None) -> tuple[Alert, ...]:
    """Ask what a careful colleague would ask on reading the case; nothing is changed.

    Args:
        case: what was entered.
        cleared_by_kidney: whether the drug's models need the kidney's function; else its changes are not asked about.
        usual: how the drug is given; without it doses are not compared with what exists.
    """
    kidney = _kidney_questions(case) if cleared_by_kidney else []
    return (
        *_patient_questions(case),
        *_covariate_questions(case),
        *kidney,
        *level_questions(case),
        *dose_questions(case, usual),
    )


def _patient_questions(case: Case) -> list[Alert]:
    """A child's age in years is too coarse, and months are easily typed as years (hazard H29)."""
    patient, age = case.patient, case.age_at(0.0)
    alerts = []
    if patient.born is None and age < ADULT_AGE:
        severity = Severity.STOP if age < _INFANT else Severity.CAUTION
        alerts.append(Alert(severity, "child_needs_birth_date", {}, "patient.born"))
    low, high = _CHILDBEARING
    if patient.sex is Sex.FEMALE and low <= age <= high and case.covariate("pregnant") is None:
        alerts.append(Alert(Severity.NOTE, "pregnancy_not_entered", {}, "pregnant"))
    return alerts


def _covariate_questions(case: Case) -> list[Alert]:
    age = case.age_at(0.0)
    single: dict[str, Callable[[float], Suspicion | None]] = {
        "albumin": albumin_unit,
        "bilirubin": bilirubin_unit,
        "height": lambda value: height_unit(value, age),
        "weight": lambda value: weight_unit(value, age, _number(case, "height")),
    }
    if age >= ADULT_AGE:  # a child's creatinine is as low as an adult's in mg/dL
        single["serum_creatinine"] = creatinine_unit
    alerts = []
    for item in (item for item in case.covariates if not isinstance(item.value, str)):
        ask = single.get(item.name)
        doubt = (ask(item.number) if ask else None) or unusual_value(item.name, item.number, age)
        if doubt is not None:
            alerts.append(doubt.alert())
    weights = history(case.covariates, "weight")
    leaps = [weight_leap(one.number, two.number) for one, two in itertools.pairwise(weights)]
    return alerts + [leap.alert() for leap in leaps if leap is not None] + _old(case, _OLD_AFTER)


def _number(case: Case, name: str) -> float | None:
    item = case.covariate(name)
    return None if item is None else item.number


def _kidney_questions(case: Case) -> list[Alert]:
    values = history(case.covariates, "serum_creatinine")
    alerts = []
    change = _latest_leap(values)
    if change is not None:
        first, last = change
        gaps = {"from": str(first.value), "to": str(last.value), "hours": describe_time(last.time - first.time)}
        alerts.append(Alert(Severity.CAUTION, "kidney_function_changing", gaps, "serum_creatinine"))
    highest = max((item.number for item in values), default=0.0)
    if highest > _NO_KIDNEY and all(case.covariate(name) is None for name in ("dialysis", "renal_replacement")):
        alerts.append(Alert(Severity.CAUTION, "dialysis_not_entered", {"value": f"{highest:.0f} umol/L"}, "dialysis"))
    icu = case.covariate("icu", case.now)
    limit = _STALE_IN_ICU if icu is not None and icu.value == "yes" else None
    limits = {name: min(hours, limit or hours) for name, hours in _STALE_AFTER.items()}
    return alerts + _old(case, limits, "creatinine_old")


def _old(case: Case, limits: dict[str, float], message: str = "covariate_old") -> list[Alert]:
    """Values older than their limit (h) at the time of the decision; one newer one of several kinds is enough."""
    latest = {name: history(case.covariates, name)[-1:] for name in limits}
    ages = {name: case.now - items[0].time for name, items in latest.items() if items}
    if message == "creatinine_old" and any(age <= limits[name] for name, age in ages.items()):
        return []
    return [
        Alert(Severity.CAUTION, message, {"age": describe_time(age), "limit": describe_time(limits[name])}, name)
        for name, age in ages.items()
        if age > limits[name]
    ]


def _latest_leap(values: Sequence[CovariateValue]) -> tuple[CovariateValue, CovariateValue] | None:
    """The last two values within 48 h that differ by half or more, up or down."""
    pairs = [
        (one, two)
        for i, one in enumerate(values)
        for two in values[i + 1 :]
        if two.time - one.time <= _WINDOW and not 1 / _CREATININE_RISE < two.number / one.number < _CREATININE_RISE
    ]
    return pairs[-1] if pairs else None
