"""What cannot be true of a case, whoever wrote it; each refusal names the JSON path.

Only contradictions and impossibilities are refused here. What is merely odd (a level before the first dose, a unit
slip, a duplicate) is a question for the person and becomes an alert.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TypeVar

from core.clinic.case import Case, Target, TargetKind
from core.clinic.level import CoMedication, Level
from core.errors import InputError
from core.units import Quantity, format_number

LARGEST_NUMBER = 1e12
HEAVIEST = 100.0  # weight of harm against benefit
FURTHEST_TIME = 876_600.0  # h; a hundred years
MOST_DOSES_IN_ALL = 10_000
CO_MEDICATION_UNITS = ("mg", "mmol", "IU")
CONCENTRATION_UNITS = ("mg/L", "mmol/L")
TARGET_UNITS = {
    TargetKind.TROUGH: CONCENTRATION_UNITS,
    TargetKind.PEAK: CONCENTRATION_UNITS,
    TargetKind.AVERAGE: CONCENTRATION_UNITS,
    TargetKind.AUC24: ("mg*h/L", "mmol*h/L"),
    TargetKind.AUC24_MIC: ("h", "1"),
    TargetKind.TIME_ABOVE_MIC: ("%",),
    TargetKind.PEAK_MIC: ("1",),
    TargetKind.EFFECT: ("1", "10^9/L"),
}
_Item = TypeVar("_Item")


def check_item(path: str, build: Callable[[], _Item]) -> _Item:
    """Build one part of a case; a refusal of the type itself (`patient.age`) gets the JSON path (`$.patient.age`).

    Raises:
        InputError: with a JSON path.
    """
    try:
        return build()
    except InputError as error:
        if error.field.startswith("$"):
            raise
        raise InputError(f"{path}.{error.field.rpartition('.')[2]}", error.reason, **error.values) from None


def check_consistent(case: Case) -> None:
    """Refuse a case whose parts contradict each other.

    Raises:
        InputError: naming the JSON path.
    """
    _check_birth(case)
    _check_unique(case)
    for index, medication in enumerate(case.co_medication):
        _check_co_medication(medication, f"$.co_medication[{index}]")
    _check_dose_rows(case)
    for index, level in enumerate(case.levels):
        _check_level(level, case.drug, f"$.levels[{index}]")
    if case.target is not None:
        _check_target(case.target, "$.target")
    if not 0.0 <= case.harm_weight <= HEAVIEST:
        gaps = {"value": str(case.harm_weight), "low": "0", "high": format_number(HEAVIEST)}
        raise InputError("$.harm_weight", "out_of_domain", **gaps)


def _check_birth(case: Case) -> None:
    born = case.patient.born
    if born is None:
        return
    if born > case.start.date():
        raise InputError("$.patient.born", "born_after_start", born=str(born), start=str(case.start.date()))
    check_item("$.patient", lambda: case.age_at(0.0))
    earliest = (dt.datetime.combine(born, dt.time(), case.start.tzinfo) - case.start).total_seconds() / 3600.0
    timed = (
        ("covariates", [item.time for item in case.covariates]),
        ("co_medication", [item.start for item in case.co_medication]),
        ("doses", [dose.time for dose in case.doses]),
        ("levels", [level.time for level in case.levels]),
        ("outcomes", [outcome.time for outcome in case.outcomes]),
    )
    for key, times in timed:
        for index, time in enumerate(times):
            if time < earliest:
                name = "from" if key == "co_medication" else "time"
                raise InputError(f"$.{key}[{index}].{name}", "time_before_birth", value=_hours(time), born=str(born))


def _check_unique(case: Case) -> None:
    _refuse_repeats(case.models, "$.models", "listed_twice")
    covariates = [(item.name, item.time) for item in case.covariates]
    seen: set[tuple[str, float]] = set()
    for index, (name, time) in enumerate(covariates):
        if (name, time) in seen:
            raise InputError(f"$.covariates[{index}]", "covariate_twice", name=name, time=_hours(time))
        seen.add((name, time))


def _refuse_repeats(texts: Iterable[str], path: str, reason: str) -> None:
    seen: set[str] = set()
    for index, text in enumerate(texts):
        if text in seen:
            raise InputError(f"{path}[{index}]", reason, value=text)
        seen.add(text)


def _check_co_medication(item: CoMedication, path: str) -> None:
    if item.until is not None and item.until <= item.start:
        raise InputError(f"{path}.until", "period_backwards", start=_hours(item.start), until=_hours(item.until))
    if item.amount is not None:
        _check_positive(item.amount, CO_MEDICATION_UNITS, f"{path}.amount")
    if item.every is not None:
        _check_positive(item.every, ("h",), f"{path}.every")


def _check_dose_rows(case: Case) -> None:
    total = 0
    for index, dose in enumerate(case.doses):
        total += dose.count
        if abs(dose.last_time) > FURTHEST_TIME:
            raise InputError(
                f"$.doses[{index}].count", "time_impossible", value=_hours(dose.last_time), high=_hours(FURTHEST_TIME)
            )
        if total > MOST_DOSES_IN_ALL:
            raise InputError("$.doses", "doses_too_many", value=total, high=MOST_DOSES_IN_ALL)


def _check_level(level: Level, drug: str, path: str) -> None:
    if level.analyte and level.analyte != drug:
        raise InputError(f"{path}.analyte", "analyte_not_the_drug", value=level.analyte, drug=drug)
    _check_positive(level.value, CONCENTRATION_UNITS, f"{path}.value", "level_not_positive")


def _check_target(target: Target, path: str) -> None:
    if target.low is None and target.high is None:
        raise InputError(f"{path}.low", "target_without_ends")
    units = TARGET_UNITS[target.kind]
    for name, end in (("low", target.low), ("high", target.high)):
        if end is not None:
            _check_positive(end, units, f"{path}.{name}")
    if target.low is None or target.high is None:
        return
    try:
        high_in_low_unit = target.high.to(target.low.unit)
    except InputError as error:
        raise InputError(f"{path}.high", error.reason, **error.values) from None
    if high_in_low_unit <= target.low.value:
        raise InputError(f"{path}.high", "target_ends_swapped")


def _check_positive(quantity: Quantity, units: tuple[str, ...], field: str, reason: str = "must_be_positive") -> None:
    """Refuse a unit that measures something else than the first of `units`, or a value that is not above zero."""
    for unit in units:
        try:
            quantity.to(unit)
        except InputError:
            continue
        break
    else:
        raise InputError(field, "unit_mismatch", unit=quantity.unit, wanted=units[0])
    if quantity.value <= 0:
        raise InputError(field, reason, value=str(quantity))


def _hours(time: float) -> str:
    return f"{format_number(time, 8)} h"
