"""FHIR medication resources: what was given becomes doses, orders planned doses, other drugs co-medication."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from core.clinic.level import CoMedication
from core.clinic.regimen import Dose, DoseStatus, Route
from core.errors import InputError
from core.exchange.course import Course
from core.exchange.drug_names import names_drug
from core.exchange.fhir_bundle import Bundle, Entry, Resource, codes_of, list_at, moment_of, part_at, text_at, words_of
from core.exchange.sheet import Sheet
from core.exchange.ucum import from_ucum
from core.units import Quantity

STEADY = "urn:dosewright:steady-state"

ROUTES: Mapping[str, Route] = {
    # SNOMED CT
    "26643006": Route.ORAL,
    "47625008": Route.INTRAVENOUS,
    "78421000": Route.INTRAMUSCULAR,
    "34206005": Route.SUBCUTANEOUS,
    "37161004": Route.RECTAL,
    "447694001": Route.INHALED,
    "45890007": Route.TRANSDERMAL,
    # HL7 v3 RouteOfAdministration
    "PO": Route.ORAL,
    "IV": Route.INTRAVENOUS,
    "IVPB": Route.INTRAVENOUS,
    "IM": Route.INTRAMUSCULAR,
    "SQ": Route.SUBCUTANEOUS,
    "SC": Route.SUBCUTANEOUS,
    "PR": Route.RECTAL,
}
_GIVEN = {"completed": DoseStatus.GIVEN, "in-progress": DoseStatus.GIVEN, "not-done": DoseStatus.MISSED}
_STEP = ("min", "h", "d", "wk")


def add_administration(course: Course, entry: Entry, bundle: Bundle, sheet: Sheet) -> None:
    """Add what was given, or known to be missed.

    Raises:
        InputError: the administration is of the drug but cannot be read; the field names the element.
    """
    resource = entry.resource
    words, codes = medication(resource, bundle)
    if not _is(course.drug, words, codes):
        _other(course, entry, words, sheet)
        return
    status = text_at(resource, "status")
    if status not in _GIVEN:
        raise InputError("status", "exchange_status", status=status[:40])
    start, hours = _when(resource)
    dosage = part_at(resource, "dosage")
    amount = _quantity(part_at(dosage, "dose"), "dosage.dose")
    route = _route(dosage.get("route"))
    duration = _duration(dosage, amount, hours)
    if route is Route.INTRAVENOUS and duration is None:
        sheet.flag(entry.place, "dosage.rate", "exchange_no_duration")
    steady = [item for item in list_at(resource, "extension") if item.get("url") == STEADY]
    every = _quantity(part_at(steady[0], "valueQuantity"), STEADY) if steady else None
    duration = duration if route is Route.INTRAVENOUS else None
    course.add_dose(
        entry.place, start, Dose(0.0, amount, route, duration, every, status=_GIVEN[status], steady_state=bool(steady))
    )


def add_request(course: Course, entry: Entry, bundle: Bundle, sheet: Sheet) -> None:
    """Add an order of the drug as planned doses, where it says when and how often; an order is no administration.

    Raises:
        InputError: as `add_administration`.
    """
    resource = entry.resource
    words, codes = medication(resource, bundle)
    if not _is(course.drug, words, codes):
        _other(course, entry, words, sheet)
        return
    status = text_at(resource, "status")
    if status in ("cancelled", "entered-in-error", "stopped", "completed"):
        sheet.ignore(entry.place, "status", "exchange_order_over", status=status)
        return
    instructions = list_at(resource, "dosageInstruction")
    if not instructions:
        sheet.ignore(entry.place, "dosageInstruction", "exchange_order_without_times")
        return
    for instruction in instructions:
        planned = _planned(instruction)
        if planned is None:
            sheet.ignore(entry.place, "dosageInstruction.timing", "exchange_order_without_times")
        else:
            course.add_dose(entry.place, *planned)


def add_statement(course: Course, entry: Entry, bundle: Bundle, sheet: Sheet) -> None:
    """Add another drug the patient takes; a statement about the drug itself gives no times of doses and is ignored.

    Raises:
        InputError: as `add_administration`.
    """
    words, codes = medication(entry.resource, bundle)
    if _is(course.drug, words, codes):
        sheet.ignore(entry.place, "", "exchange_statement_without_times")
    else:
        _other(course, entry, words, sheet)


def medication(resource: Resource, bundle: Bundle) -> tuple[str, list[tuple[str, str]]]:
    """Words and codes of the medication: R4 has a concept or a reference, R5 one element that holds either."""
    concept = resource.get("medicationCodeableConcept")
    reference = resource.get("medicationReference")
    newer = part_at(resource, "medication")
    concept = concept or newer.get("concept")
    reference = reference or newer.get("reference")
    if concept is None and reference is not None:
        found = bundle.resolve(reference, resource)
        if found is None:
            raise InputError("medicationReference", "exchange_reference", value=text_at(reference, "reference")[:60])
        concept = found.get("code")
    words = words_of(concept)
    shown = [text_at(item, "display") for item in list_at(concept, "coding")]
    return " ".join(dict.fromkeys([words, *shown])), codes_of(concept)


def _is(drug: str, words: str, codes: list[tuple[str, str]]) -> bool:
    if not words and not codes:
        raise InputError("medication", "exchange_value_missing", name="medication")
    return names_drug(drug, words)


def _other(course: Course, entry: Entry, words: str, sheet: Sheet) -> None:
    """Another drug: its period where it is known, from its day on where only that is."""
    resource = entry.resource
    status = text_at(resource, "status")
    if status in ("entered-in-error", "cancelled", "not-taken", "not-done", "draft"):
        sheet.ignore(entry.place, "status", "exchange_order_over", status=status)
        return
    period = part_at(resource, "effectivePeriod") or part_at(resource, "occurencePeriod")
    written = text_at(period, "start") or next(
        (
            text_at(resource, key)
            for key in ("effectiveDateTime", "occurenceDateTime", "authoredOn")
            if resource.get(key)
        ),
        "",
    )
    start, until = _moment_or_day(written), text_at(period, "end")
    if start is None:
        sheet.ignore(entry.place, "effective", "exchange_other_drug", what=words[:60])
        return
    item = CoMedication(words.strip().lower()[:60], 0.0, None, *_usual_dose(resource))
    course.add_co_medication(entry.place, start, _moment_or_day(until), item)


def _usual_dose(resource: Resource) -> tuple[Quantity | None, Quantity | None]:
    """Amount and interval of the first dosage, where they are said in a way a case can hold."""
    dosage: Mapping[str, Any] = next(iter([*list_at(resource, "dosage"), *list_at(resource, "dosageInstruction")]), {})
    rate = next(iter(list_at(dosage, "doseAndRate")), dosage)
    repeat = part_at(dosage, "timing", "repeat")
    amount: Quantity | None
    try:
        amount = _quantity(part_at(rate, "doseQuantity"), "dosage")
        amount = amount if amount.to("mg") > 0 else None
    except InputError:
        amount = None
    unit, period = text_at(repeat, "periodUnit"), repeat.get("period")
    if repeat.get("frequency", 1) != 1 or unit not in _STEP or not isinstance(period, int | float) or period <= 0:
        return amount, None
    return amount, from_ucum(float(period), unit)


def _moment_or_day(written: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)


def _when(resource: Resource) -> tuple[dt.datetime, float | None]:
    """Beginning, and hours where a period is given. R5 spells the element `occurence`."""
    for name in ("effective", "occurence", "occurrence"):
        period = part_at(resource, f"{name}Period")
        if period:
            start = moment_of(text_at(period, "start"), f"{name}Period.start")
            end = text_at(period, "end")
            hours = (moment_of(end, f"{name}Period.end") - start).total_seconds() / 3600.0 if end else None
            if hours is not None and hours < 0:
                raise InputError(f"{name}Period.end", "ends_before_start")
            return start, hours or None
        written = text_at(resource, f"{name}DateTime")
        if written:
            return moment_of(written, f"{name}DateTime"), None
    raise InputError("effectiveDateTime", "exchange_value_missing", name="effectiveDateTime")


def _quantity(part: Mapping[str, Any], field: str) -> Quantity:
    number = part.get("value")
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise InputError(field, "exchange_no_value", why="-")
    unit = text_at(part, "code") or text_at(part, "unit")
    if not unit:
        raise InputError(field, "unit_missing", value=number)
    return from_ucum(float(number), unit)


def _route(concept: Any) -> Route:
    for _, code in codes_of(concept):
        if code in ROUTES:
            return ROUTES[code]
    words = words_of(concept).lower()
    for route in Route:
        if route.value in words:
            return route
    raise InputError("dosage.route", "exchange_route_word", value=words[:60] or "-")


def _duration(dosage: Mapping[str, Any], amount: Quantity, hours: float | None) -> Quantity | None:
    """Hours of an infusion: from its period, else from its rate in mass per time."""
    if hours is not None:
        return Quantity(hours, "h")
    rate = part_at(dosage, "rateQuantity")
    if rate:
        speed = _quantity(rate, "dosage.rateQuantity").to("mg/h")
    else:
        ratio = part_at(dosage, "rateRatio")
        if not ratio:
            return None
        part = _quantity(part_at(ratio, "numerator"), "dosage.rateRatio.numerator").to("mg")
        speed = part / _quantity(part_at(ratio, "denominator"), "dosage.rateRatio.denominator").to("h")
    if speed <= 0:
        raise InputError("dosage.rate", "must_be_positive", value=speed)
    return Quantity(float(f"{amount.to('mg') / speed:.12g}"), "h")


def _planned(instruction: Mapping[str, Any]) -> tuple[dt.datetime, Dose] | None:
    """The first moment and the row of doses an instruction plans; None where it does not say when or how often."""
    timing = part_at(instruction, "timing")
    repeat = part_at(timing, "repeat")
    start = next(_events(timing), "") or text_at(part_at(repeat, "boundsPeriod"), "start")
    count = repeat.get("count", 1)
    rates = list_at(instruction, "doseAndRate") or [instruction]
    if not start or not isinstance(count, int):
        return None
    amount = _quantity(part_at(rates[0], "doseQuantity"), "dosageInstruction.doseAndRate.doseQuantity")
    route = _route(instruction.get("route"))
    every = None
    if repeat:
        unit, period = text_at(repeat, "periodUnit"), repeat.get("period")
        if repeat.get("frequency", 1) != 1 or unit not in _STEP or not isinstance(period, int | float):
            return None
        every = from_ucum(float(period), unit)
    duration = None
    if isinstance(repeat.get("duration"), int | float):
        duration = from_ucum(float(repeat["duration"]), text_at(repeat, "durationUnit"))
    row = Dose(0.0, amount, route, duration, every, count, DoseStatus.PLANNED)
    return moment_of(start, "dosageInstruction.timing"), row


def _events(timing: Mapping[str, Any]) -> Iterator[str]:
    found = timing.get("event")
    yield from (item for item in (found if isinstance(found, list) else []) if isinstance(item, str))
