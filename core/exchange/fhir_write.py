"""A Case as a FHIR R4 Bundle of type collection."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.level import CoMedication, Level
from core.clinic.patient import Ethnicity, Patient
from core.clinic.regimen import Dose, DoseStatus, Route, expand
from core.errors import InputError
from core.exchange.fhir import AGE, ANCESTRY
from core.exchange.fhir_medication import ROUTES, STEADY
from core.exchange.fhir_observation import COVARIATE_SYSTEM, LEVEL_SYSTEM, NOT_USED
from core.exchange.loinc import COVARIATE_CODES, LEVEL_CODES, LOINC, MASS_CODES
from core.exchange.sheet import Sheet
from core.exchange.ucum import to_ucum
from core.units import Quantity

Json = dict[str, Any]

_UCUM = "http://unitsofmeasure.org"
_SNOMED = "http://snomed.info/sct"
_ATC = "http://www.whocc.no/atc"
_SUBJECT = {"reference": "Patient/p1"}
_ROUTE_CODES = {route: code for code, route in reversed(list(ROUTES.items())) if code.isdigit()}


def write_bundle(case: Case, sheet: Sheet, atc: str = "") -> str:
    """The bundle's text; what FHIR has no agreed place for is on the sheet.

    Args:
        case: what to write.
        sheet: takes a remark for each part left out.
        atc: the drug's ATC code.
    """
    resources: list[Json] = [_patient(case.patient)]
    resources += [_covariate(case, item) for item in case.covariates]
    resources += [_level(case, level) for level in case.levels]
    for dose in case.doses:
        if dose.status is DoseStatus.PLANNED:
            resources.append(_request(case, dose, atc))
        elif dose.status is DoseStatus.MISSED:
            resources += [_administration(case, one, atc) for one in _singles(dose)]
        else:
            resources += [_administration(case, one, atc) for one in expand([dose])]
    resources += [_statement(case, item) for item in case.co_medication]
    for name in ("models", "outcomes", "target"):
        if getattr(case, name):
            sheet.reject(f"$.{name}", "", "exchange_no_place", part=name)
    return json.dumps(_bundle(resources), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _bundle(resources: Sequence[Json]) -> Json:
    entries = []
    for number, resource in enumerate(resources):
        name = "p1" if resource["resourceType"] == "Patient" else f"r{number}"
        kept = {key: value for key, value in resource.items() if value not in (None, "", [])}
        entries.append({"fullUrl": f"urn:dosewright:{name}", "resource": {**kept, "id": name}})
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _patient(patient: Patient) -> Json:
    extensions: list[Json] = []
    if patient.age is not None:
        extensions.append({"url": AGE, "valueQuantity": _value(Quantity(patient.age, "year"))})
    if patient.ethnicity is not Ethnicity.UNKNOWN:
        extensions.append({"url": ANCESTRY, "valueCode": patient.ethnicity.value})
    return {
        "resourceType": "Patient",
        "extension": extensions,
        "identifier": [{"system": "urn:dosewright:patient", "value": patient.id}],
        "name": [{"text": patient.name}] if patient.name else [],
        "gender": patient.sex.value,
        "birthDate": None if patient.born is None else patient.born.isoformat(),
    }


def _covariate(case: Case, item: CovariateValue) -> Json:
    codings = [{"system": COVARIATE_SYSTEM, "code": item.name}]
    value: Json
    if isinstance(item.value, str):
        value = {"valueString": item.value}
    else:
        code = _code(item.name, item.value)
        if code:
            codings.append({"system": LOINC, "code": code})
        value = {"valueQuantity": _value(item.value)}
    return {**_observation(case, item.time, codings), **value}


def _code(name: str, value: Quantity) -> str:
    """LOINC tells mass from substance concentrations."""
    try:
        value.to("g/L")
    except InputError:
        return COVARIATE_CODES.get(name, "")
    return MASS_CODES.get(name) or COVARIATE_CODES.get(name, "")


def _level(case: Case, level: Level) -> Json:
    codings = [{"system": LEVEL_SYSTEM, "code": case.drug}]
    if case.drug in LEVEL_CODES:
        codings.append({"system": LOINC, "code": LEVEL_CODES[case.drug]})
    value = _value(level.value)
    if level.below_limit:
        value["comparator"] = "<"
    used: list[Json] = [] if level.use else [{"url": NOT_USED, "valueString": level.reason or "-"}]
    return {**_observation(case, level.time, codings), "valueQuantity": value, "extension": used}


def _observation(case: Case, time: float, codings: Sequence[Json]) -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": list(codings)},
        "subject": _SUBJECT,
        "effectiveDateTime": _moment(case, time),
    }


def _administration(case: Case, dose: Dose, atc: str) -> Json:
    steady: list[Json] = []
    if dose.steady_state and dose.every is not None:
        steady = [{"url": STEADY, "valueQuantity": _value(dose.every)}]
    when: Json = {"effectiveDateTime": _moment(case, dose.time)}
    if dose.duration is not None:
        end = _moment(case, dose.time + dose.hours)
        when = {"effectivePeriod": {"start": _moment(case, dose.time), "end": end}}
    return {
        "resourceType": "MedicationAdministration",
        "extension": steady,
        "status": "not-done" if dose.status is DoseStatus.MISSED else "completed",
        "medicationCodeableConcept": _drug(case.drug, atc),
        "subject": _SUBJECT,
        **when,
        "dosage": {"route": _route(dose.route), "dose": _value(dose.amount)},
    }


def _request(case: Case, dose: Dose, atc: str) -> Json:
    timing: Json = {"event": [_moment(case, dose.time)]}
    repeat: Json = {}
    if dose.interval is not None:
        repeat |= {"count": dose.count, "frequency": 1, "period": dose.interval, "periodUnit": "h"}
    if dose.duration is not None:
        repeat |= {"duration": dose.hours, "durationUnit": "h"}
    if repeat:
        timing["repeat"] = repeat
    instruction = {
        "timing": timing,
        "route": _route(dose.route),
        "doseAndRate": [{"doseQuantity": _value(dose.amount)}],
    }
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "plan",
        "medicationCodeableConcept": _drug(case.drug, atc),
        "subject": _SUBJECT,
        "dosageInstruction": [instruction],
    }


def _statement(case: Case, item: CoMedication) -> Json:
    period = {"start": _moment(case, item.start)}
    if item.until is not None:
        period["end"] = _moment(case, item.until)
    dosage: Json = {}
    if item.amount is not None:
        dosage["doseAndRate"] = [{"doseQuantity": _value(item.amount)}]
    if item.every is not None:
        dosage["timing"] = {"repeat": {"frequency": 1, "period": item.every.to("h"), "periodUnit": "h"}}
    return {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationCodeableConcept": {"text": item.drug},
        "subject": _SUBJECT,
        "effectivePeriod": period,
        "dosage": [dosage] if dosage else [],
    }


def _singles(dose: Dose) -> list[Dose]:
    """The doses of a missed row one by one; `expand` leaves missed ones out."""
    given = Dose(dose.time, dose.amount, dose.route, dose.duration, dose.every, dose.count)
    return [Dose(one.time, one.amount, one.route, one.duration, status=DoseStatus.MISSED) for one in expand([given])]


def _drug(name: str, atc: str) -> Json:
    coding = [{"system": _ATC, "code": atc, "display": name}] if atc else []
    return {"coding": coding, "text": name} if coding else {"text": name}


def _route(route: Route) -> Json:
    return {"coding": [{"system": _SNOMED, "code": _ROUTE_CODES[route]}], "text": route.value}


def _value(quantity: Quantity) -> Json:
    return {"value": quantity.value, "unit": quantity.unit, "system": _UCUM, "code": to_ucum(quantity.unit)}


def _moment(case: Case, time: float) -> str:
    moment: dt.datetime = case.clock(time)
    return moment.isoformat()
