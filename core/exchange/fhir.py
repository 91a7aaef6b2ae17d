"""FHIR R4 and R5 documents into Cases: Patient, Observation, MedicationAdministration, -Request and -Statement.

HL7 FHIR R4 (v4.0.1) and R5 (v5.0.0). What is not understood is named on the sheet, resource by resource.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from core.clinic.case import Case
from core.clinic.patient import Ethnicity, Sex
from core.errors import InputError
from core.exchange.course import Course
from core.exchange.fhir_bundle import Bundle, Entry, day_of, list_at, part_at, read_bundle, text_at
from core.exchange.fhir_medication import add_administration, add_request, add_statement
from core.exchange.fhir_observation import add_observation
from core.exchange.sheet import Sheet
from core.exchange.ucum import from_ucum
from core.task import Task

AGE = "urn:dosewright:age"
ANCESTRY = "urn:dosewright:ethnicity"
_US_RACE = {"2054-5": Ethnicity.AFRICAN, "2106-3": Ethnicity.EUROPEAN}  # 2028-9 Asian does not say which
_STEP = 500

_ADD: Mapping[str, Callable[[Course, Entry, Bundle, Sheet], None]] = {
    "Observation": add_observation,
    "MedicationAdministration": add_administration,
    "MedicationRequest": add_request,
    "MedicationStatement": add_statement,
}


def read_cases(path: Path, drug: str, sheet: Sheet, task: Task | None = None) -> Iterator[Case]:
    """Cases of a document, one per patient.

    Args:
        path: a Bundle, or one resource per line.
        drug: the drug the case is about; other medication becomes co-medication.
        sheet: takes the remarks.
        task: progress and cancellation.

    Raises:
        InputError: the document cannot be read, or holds no patient.
        Cancelled: on request.
    """
    bundle = read_bundle(path)
    courses = {id(entry.resource): _course(entry, drug, sheet) for entry in bundle.entries if entry.kind == "Patient"}
    if not courses:
        raise InputError(str(path), "exchange_no_patient", path=path)
    for number, entry in enumerate(bundle.entries):
        if task is not None and number % _STEP == 0:
            task.step(number / len(bundle.entries), "progress_reading")
        sheet.read += 1
        _take(entry, bundle, courses, sheet)
    for course in courses.values():
        case = course.build(sheet, untreated=True)
        if case is not None:
            yield case


def _take(entry: Entry, bundle: Bundle, courses: Mapping[int, Course], sheet: Sheet) -> None:
    """Hand one resource to what reads its kind."""
    if entry.kind == "Patient":
        return
    add = _ADD.get(entry.kind)
    if add is None:
        if entry.kind not in ("Medication", "Encounter", "Practitioner", "Organization"):
            sheet.ignore(entry.place, "", "exchange_other_resource", kind=entry.kind[:60])
        return
    course = _whose(entry, bundle, courses)
    if course is None:
        sheet.reject(entry.place, "subject", "exchange_patient_unknown")
        return
    try:
        add(course, entry, bundle, sheet)
    except InputError as error:
        sheet.refuse(entry.place, error.field, error)


def _whose(entry: Entry, bundle: Bundle, courses: Mapping[int, Course]) -> Course | None:
    """The course of the patient a resource is about; one that names nobody belongs to the only patient."""
    subject = entry.resource.get("subject")
    if subject is None:
        return next(iter(courses.values())) if len(courses) == 1 else None
    found = bundle.resolve(subject, entry.resource)
    return None if found is None else courses.get(id(found))


def _course(entry: Entry, drug: str, sheet: Sheet) -> Course:
    patient = entry.resource
    identifiers = [text_at(item, "value") for item in list_at(patient, "identifier")]
    name = text_at(patient, "id") or next((item for item in identifiers if item), "") or "1"
    course = Course(identifiers[0] if identifiers and identifiers[0] else name, drug, entry.place)
    course.name = _name(patient)
    gender = text_at(patient, "gender")
    if gender in tuple(Sex):
        course.sex = Sex(gender)
    try:
        if "birthDate" in patient:
            course.born = day_of(text_at(patient, "birthDate"), "birthDate")
    except InputError as error:
        sheet.refuse(entry.place, error.field, error)
    for extension in list_at(patient, "extension"):
        _extension(course, extension)
    return course


def _name(patient: Mapping[str, Any]) -> str:
    for item in list_at(patient, "name"):
        given = [part for part in item.get("given", []) if isinstance(part, str)]
        said = text_at(item, "text")
        if said or text_at(item, "family") or given:
            return said or ", ".join(part for part in (text_at(item, "family"), " ".join(given)) if part)
    return ""


def _extension(course: Course, extension: Mapping[str, Any]) -> None:
    url = text_at(extension, "url")
    if url == AGE:
        value = part_at(extension, "valueQuantity")
        if isinstance(value.get("value"), int | float):
            course.age = from_ucum(float(value["value"]), text_at(value, "code")).to("year")
    elif url == ANCESTRY and text_at(extension, "valueCode") in tuple(Ethnicity):
        course.ethnicity = Ethnicity(text_at(extension, "valueCode"))
    elif url.endswith("us-core-race"):
        codes = {text_at(part, "valueCoding", "code") for part in list_at(extension, "extension")}
        known = [_US_RACE[code] for code in sorted(codes) if code in _US_RACE]
        if len(known) == 1:
            course.ethnicity = known[0]
