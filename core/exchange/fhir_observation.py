"""FHIR Observations: covariates and levels by their LOINC code, below-limit results kept as such."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from core.clinic.covariate import CATALOGUE, CovariateValue, check_covariate
from core.clinic.level import Level
from core.errors import InputError
from core.exchange.course import Course, Time
from core.exchange.fhir_bundle import Bundle, Entry, codes_of, list_at, moment_of, part_at, text_at, words_of
from core.exchange.loinc import COVARIATES, LEVELS, LOINC, SMOKER, SMOKING_STATUS
from core.exchange.sheet import Sheet
from core.exchange.ucum import from_ucum
from core.units import Quantity

COVARIATE_SYSTEM = "urn:dosewright:covariate"
LEVEL_SYSTEM = "urn:dosewright:level"
NOT_USED = "urn:dosewright:not-used"
_DONE = ("final", "amended", "corrected", "preliminary", "")


def add_observation(course: Course, entry: Entry, bundle: Bundle, sheet: Sheet) -> None:
    """Add what an Observation says; a code without a place in a case is ignored by name.

    Raises:
        InputError: the observation is of use but cannot be read; the field names the element.
    """
    del bundle
    observation = entry.resource
    code = observation.get("code")
    meaning = _meaning(code, course.drug)
    if meaning is None:
        sheet.ignore(entry.place, "code", "exchange_other_observation", what=words_of(code)[:80])
        return
    status = text_at(observation, "status")
    if status not in _DONE:
        raise InputError("status", "exchange_status", status=status[:40])
    kind, name = meaning
    if kind == "level":
        _add_level(course, entry, sheet)
    elif kind == "other_level":
        sheet.ignore(entry.place, "code", "exchange_other_drug", what=name)
    else:
        _add_covariate(course, entry, name, sheet)


def _meaning(code: Any, drug: str) -> tuple[str, str] | None:
    """What a code is about: ("level", drug), ("other_level", drug) or ("covariate", name)."""
    for system, value in codes_of(code):
        if system == COVARIATE_SYSTEM and value in CATALOGUE:
            return "covariate", value
        analyte = LEVELS.get(value) if system == LOINC else value if system == LEVEL_SYSTEM else None
        if analyte is not None:
            return ("level" if analyte == drug else "other_level"), analyte
        if system == LOINC and value in COVARIATES:
            return "covariate", COVARIATES[value]
        if system == LOINC and value == SMOKING_STATUS:
            return "covariate", "smoker"
    return None


def _add_level(course: Course, entry: Entry, sheet: Sheet) -> None:
    observation = entry.resource
    value, comparator = _quantity(observation)
    time = _drawn(observation)
    if comparator in (">", ">="):
        raise InputError("valueQuantity.comparator", "exchange_above_range", value=f"{comparator} {value}")
    reasons = [
        text_at(item, "valueString") for item in list_at(observation, "extension") if item.get("url") == NOT_USED
    ]
    if comparator == "<=":
        sheet.change(entry.place, "valueQuantity.comparator", "exchange_at_most", value=value)
    level = Level(
        0.0,
        value,
        course.drug,
        below_limit=comparator in ("<", "<="),
        use=not reasons,
        reason=reasons[0] if reasons else "",
    )
    course.add_level(entry.place, time, level)


def _add_covariate(course: Course, entry: Entry, name: str, sheet: Sheet) -> None:
    observation = entry.resource
    value: Quantity | str
    if name == "smoker" and "valueCodeableConcept" in observation:
        answers = [SMOKER[code] for _, code in codes_of(observation["valueCodeableConcept"]) if code in SMOKER]
        if not answers:
            raise InputError("valueCodeableConcept", "exchange_code", value="?", codes=", ".join(SMOKER))
        value = answers[0]
    elif CATALOGUE[name].choices:
        value = text_at(observation, "valueString") or words_of(observation.get("valueCodeableConcept"))
    else:
        value, comparator = _quantity(observation)
        if comparator:
            raise InputError("valueQuantity.comparator", "exchange_covariate_limit", value=f"{comparator} {value}")
    check_covariate(CovariateValue(name, value), "value")
    course.add_covariate(entry.place, _day_or_moment(observation, entry, sheet), name, value)


def _quantity(observation: Mapping[str, Any]) -> tuple[Quantity, str]:
    """Value with unit, and the comparator."""
    part = part_at(observation, "valueQuantity")
    number = part.get("value")
    if isinstance(number, bool) or not isinstance(number, int | float):
        reason = words_of(observation.get("dataAbsentReason")) or "-"
        raise InputError("valueQuantity.value", "exchange_no_value", why=reason)
    unit = text_at(part, "code") or text_at(part, "unit")
    if not unit:
        raise InputError("valueQuantity.code", "unit_missing", value=number)
    return from_ucum(float(number), unit), text_at(part, "comparator")


def _drawn(observation: Mapping[str, Any]) -> Time:
    """When the sample was taken; the time of the report is no substitute."""
    written = (
        text_at(observation, "effectiveDateTime")
        or text_at(observation, "effectiveInstant")
        or text_at(part_at(observation, "effectivePeriod"), "start")
    )
    return moment_of(written, "effectiveDateTime")


def _day_or_moment(observation: Mapping[str, Any], entry: Entry, sheet: Sheet) -> Time:
    """As `_drawn`; a covariate whose time of day is not given holds from the beginning of its day, UTC."""
    try:
        return _drawn(observation)
    except InputError as error:
        if error.reason != "exchange_no_time_of_day":
            raise
        day = text_at(observation, "effectiveDateTime")
        sheet.change(entry.place, "effectiveDateTime", "exchange_day_begins", value=day)
        return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), dt.UTC)
