"""The eICU Collaborative Research Database from the user's own copy: one Case per unit stay of the drug.

Tables as documented (Pollard 2018, doi:10.1038/sdata.2018.178); offsets are minutes from the admission to the unit. The
database holds orders, and infusions of continuous drugs; an order counts as given only where the user says so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping

from core.clinic.case import Case
from core.clinic.level import Level
from core.clinic.patient import Ethnicity, Sex
from core.clinic.regimen import Dose, Route
from core.errors import InputError
from core.exchange.course import Course
from core.exchange.drug_names import names_drug
from core.exchange.hospital_files import (
    HospitalSource,
    add_covariate,
    find_table,
    need_table,
    read_named,
    read_result,
    read_unit,
)
from core.exchange.sheet import Sheet
from core.exchange.ucum import from_ucum
from core.exchange.written import read_number
from core.task import Task
from core.units import Quantity

LABS: Mapping[str, str] = {
    "creatinine": "serum_creatinine",
    "albumin": "albumin",
    "total bilirubin": "bilirubin",
    "pt - inr": "inr",
    "hct": "haematocrit",
    "lactate": "lactate",
    "platelets x 1000": "platelets",
    "wbc x 1000": "leukocytes",
}
_SEXES = {"male": Sex.MALE, "female": Sex.FEMALE}
_RACES = {"caucasian": Ethnicity.EUROPEAN, "african american": Ethnicity.AFRICAN}  # "Asian" does not say which
_HIDDEN = 90.0  # stands for "> 89"
_DOSE = re.compile(r"([0-9.]+)\s*(mg|g|gm|mcg|ug)", re.IGNORECASE)
_EVERY = re.compile(r"q\s*([0-9]+)\s*(?:h|hr|hrs|hours?)\b.*", re.IGNORECASE)
_WORDS = {"daily": 24.0, "qd": 24.0, "q24h": 24.0, "bid": 12.0, "tid": 8.0, "qid": 6.0, "once": 0.0}
_ROUTES = {
    "iv": Route.INTRAVENOUS,
    "ivpb": Route.INTRAVENOUS,
    "iv - piggyback": Route.INTRAVENOUS,
    "intravenous": Route.INTRAVENOUS,
    "po": Route.ORAL,
    "oral": Route.ORAL,
    "im": Route.INTRAMUSCULAR,
    "sc": Route.SUBCUTANEOUS,
}
_START = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_MINUTES = 60.0


def read_eicu(source: HospitalSource, sheet: Sheet, task: Task | None = None) -> Iterator[Case]:
    """Cases of an eICU folder.

    Raises:
        InputError: a table is missing or cannot be read.
        Cancelled: on request.
    """
    courses = _stays(source, sheet, task)
    _orders(source, courses, sheet, task)
    _labs(source, courses, sheet, task)
    for course in courses.values():
        if course.doses or course.levels:
            case = course.build(sheet, _START)
            if case is not None:
                yield case


def _stays(source: HospitalSource, sheet: Sheet, task: Task | None) -> dict[str, Course]:
    courses: dict[str, Course] = {}
    file = need_table(source.folder, "patient")
    for place, row in read_named(file, ("patientunitstayid", "gender", "age"), sheet, task):
        course = Course(row["patientunitstayid"], source.drug, place)
        course.sex = _SEXES.get(row["gender"].lower())
        course.ethnicity = _RACES.get(row.get("ethnicity", "").lower(), Ethnicity.UNKNOWN)
        try:
            if row["age"].replace(" ", "") == ">89":
                sheet.change(place, "age", "exchange_age_hidden", age=int(_HIDDEN))
                course.age = _HIDDEN
            elif row["age"]:
                course.age = read_number(row["age"], "age")
        except InputError as error:
            sheet.refuse(place, error.field, error)
        for name, column, unit in (("weight", "admissionweight", "kg"), ("height", "admissionheight", "cm")):
            try:
                if row.get(column):
                    value = Quantity(read_number(row[column], column), unit)
                    add_covariate(course, place, 0.0, name, (value, False))
            except InputError as error:
                sheet.refuse(place, error.field, error)
        courses[course.id] = course
    return courses


def _labs(source: HospitalSource, courses: Mapping[str, Course], sheet: Sheet, task: Task | None) -> None:
    file = find_table(source.folder, "lab")
    if file is None:
        return
    columns = ("patientunitstayid", "labresultoffset", "labname", "labresult", "labresulttext", "labmeasurenamesystem")
    for place, row in read_named(file, columns, sheet, task):
        course, name = courses.get(row["patientunitstayid"]), row["labname"].lower()
        level = names_drug(source.drug, name) and "free" not in name
        if course is None or not (level or name in LABS):
            continue
        try:
            time = read_number(row["labresultoffset"], "labresultoffset") / _MINUTES
            result = read_result(row["labresulttext"], row["labresult"], row["labmeasurenamesystem"])
            if level:
                course.add_level(place, time, Level(0.0, result[0], source.drug, below_limit=result[1]))
            else:
                add_covariate(course, place, time, LABS[name], result)
        except InputError as error:
            sheet.refuse(place, error.field, error)


def _orders(source: HospitalSource, courses: Mapping[str, Course], sheet: Sheet, task: Task | None) -> None:
    file = find_table(source.folder, "medication")
    if file is None:
        return
    columns = (
        "patientunitstayid",
        "drugstartoffset",
        "drugstopoffset",
        "drugname",
        "dosage",
        "routeadmin",
        "frequency",
    )
    for place, row in read_named(file, columns, sheet, task):
        course = courses.get(row["patientunitstayid"])
        if course is None or not names_drug(source.drug, row["drugname"]):
            continue
        if row.get("drugordercancelled", "").lower() == "yes":
            sheet.ignore(place, "drugordercancelled", "exchange_order_over", status="cancelled")
        elif not source.orders_as_given:
            sheet.ignore(place, "", "exchange_order_not_given")
        else:
            try:
                _order(course, place, row, sheet)
            except InputError as error:
                sheet.refuse(place, error.field, error)


def _order(course: Course, place: str, row: Mapping[str, str], sheet: Sheet) -> None:
    """An order with amount, unit, route and frequency in words that leave no doubt; `5 3` is refused."""
    dose = _DOSE.fullmatch(row["dosage"].strip())
    if dose is None:
        raise InputError("dosage", "exchange_number", value=row["dosage"][:40])
    amount = from_ucum(read_number(dose.group(1), "dosage"), read_unit(dose.group(2)))
    route = _ROUTES.get(row["routeadmin"].lower())
    if route is None:
        raise InputError("routeadmin", "exchange_route_word", value=row["routeadmin"][:40] or "-")
    start, stop = (read_number(row[name], name) / _MINUTES for name in ("drugstartoffset", "drugstopoffset"))
    every = _interval(row["frequency"].strip())
    count = max(1, int((stop - start) / every)) if every else 1
    sheet.change(place, "", "exchange_order_as_given", count=count)
    if route is Route.INTRAVENOUS:
        sheet.flag(place, "duration", "exchange_no_duration")
    course.add_dose(place, start, Dose(0.0, amount, route, None, Quantity(every, "h") if every else None, count))


def _interval(frequency: str) -> float:
    """Hours between doses, 0 for a single one."""
    found = _EVERY.fullmatch(frequency)
    if found is not None and int(found.group(1)) > 0:
        return float(found.group(1))
    if frequency.lower() in _WORDS:
        return _WORDS[frequency.lower()]
    raise InputError("frequency", "exchange_number", value=frequency[:40])
