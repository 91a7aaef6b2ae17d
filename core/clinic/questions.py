"""Doubts about what was entered that need no model: unit slips, leaps, times that do not fit, things entered twice."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from core.clinic.alert import Alert, Severity
from core.clinic.case import Case
from core.clinic.covariate import CovariateValue, history
from core.clinic.plausibility import (
    Suspicion,
    albumin_unit,
    bilirubin_unit,
    creatinine_unit,
    height_unit,
    unusual_value,
    weight_leap,
    weight_unit,
)
from core.clinic.regimen import Dose, describe_time, expand

_SAME_TIME = 10.0 / 60.0  # h; two equal entries closer than this are asked about (hazard H9)
_CREATININE_RISE = 1.5  # within 48 h: kidney injury by KDIGO 2012, and clearance formulas no longer hold
_STALE_AFTER = 48.0  # h (hazard H11)
_WINDOW = 48.0  # h


def check_case(case: Case, *, cleared_by_kidney: bool = True) -> tuple[Alert, ...]:
    """Ask what a careful colleague would ask on reading the case; nothing is changed.

    Args:
        case: what was entered.
        cleared_by_kidney: whether the drug's models need the kidney's function; else its changes are not asked about.
    """
    kidney = _kidney_questions(case) if cleared_by_kidney else []
    return (*_covariate_questions(case), *kidney, *_level_questions(case), *_dose_questions(case))


def _covariate_questions(case: Case) -> list[Alert]:
    age = case.age_at(0.0)
    single: dict[str, Callable[[float], Suspicion | None]] = {
        "serum_creatinine": creatinine_unit,
        "albumin": albumin_unit,
        "bilirubin": bilirubin_unit,
        "height": lambda value: height_unit(value, age),
        "weight": lambda value: weight_unit(value, age, _number(case, "height")),
    }
    alerts = []
    for item in (item for item in case.covariates if not isinstance(item.value, str)):
        ask = single.get(item.name)
        doubt = (ask(item.number) if ask else None) or unusual_value(item.name, item.number, age)
        if doubt is not None:
            alerts.append(doubt.alert())
    weights = history(case.covariates, "weight")
    leaps = [weight_leap(one.number, two.number) for one, two in itertools.pairwise(weights)]
    return alerts + [leap.alert() for leap in leaps if leap is not None]


def _number(case: Case, name: str) -> float | None:
    item = case.covariate(name)
    return None if item is None else item.number


def _kidney_questions(case: Case) -> list[Alert]:
    values = history(case.covariates, "serum_creatinine")
    alerts = []
    rise = _fastest_rise(values)
    if rise is not None:
        first, last = rise
        gaps = {"from": str(first.value), "to": str(last.value), "hours": describe_time(last.time - first.time)}
        alerts.append(Alert(Severity.CAUTION, "kidney_function_changing", gaps, "serum_creatinine"))
    if values and case.now - values[-1].time > _STALE_AFTER:
        gaps = {"age": describe_time(case.now - values[-1].time), "limit": describe_time(_STALE_AFTER)}
        alerts.append(Alert(Severity.CAUTION, "creatinine_old", gaps, "serum_creatinine"))
    return alerts


def _fastest_rise(values: Sequence[CovariateValue]) -> tuple[CovariateValue, CovariateValue] | None:
    pairs = [
        (one, two)
        for i, one in enumerate(values)
        for two in values[i + 1 :]
        if two.time - one.time <= _WINDOW and not 1 / _CREATININE_RISE < two.number / one.number < _CREATININE_RISE
    ]
    return pairs[-1] if pairs else None


def _level_questions(case: Case) -> list[Alert]:
    doses = expand(case.given_doses)
    alerts = []
    for index, level in enumerate(case.levels):
        about = f"levels[{index}]"
        gaps = {"time": describe_time(level.time), "value": str(level.value)}
        earlier = [dose for dose in doses if dose.time < level.time]
        if not earlier:
            alerts.append(Alert(Severity.STOP, "level_before_first_dose", gaps, about))
        elif level.time < earlier[-1].time + earlier[-1].hours:
            alerts.append(Alert(Severity.CAUTION, "level_during_infusion", gaps, about))
        twins = [
            other
            for other in case.levels[:index]
            if other.value == level.value and abs(other.time - level.time) <= _SAME_TIME
        ]
        if twins and level.use:
            alerts.append(Alert(Severity.CAUTION, "level_entered_twice", gaps, about))
    return [alert for alert in alerts if case.levels[int(alert.about[7:-1])].use]


def _dose_questions(case: Case) -> list[Alert]:
    doses: list[Dose] = expand(case.given_doses)
    for one, two in itertools.pairwise(doses):
        if two.time - one.time <= _SAME_TIME and one.amount == two.amount:
            gaps = {"time": describe_time(two.time), "dose": str(two.amount)}
            return [Alert(Severity.CAUTION, "dose_entered_twice", gaps, "doses")]
    return []
