"""Cases out of a cleaned table: doses and levels row by row, in any order of rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from core.clinic.case import Case
from core.clinic.covariate import CATALOGUE
from core.clinic.level import Level
from core.clinic.regimen import Dose, Route
from core.errors import InputError
from core.exchange.columns import set_patient_field
from core.exchange.course import Course, Time
from core.exchange.drug_names import names_drug
from core.exchange.mapping import PATIENT_FIELDS, TableMapping
from core.exchange.sheet import Sheet
from core.exchange.table import CleanRow, clean_rows, read_moment
from core.task import Task
from core.units import Quantity


def read_table_cases(path: Path, mapping: TableMapping, sheet: Sheet, task: Task | None = None) -> Iterator[Case]:
    """Cases of a table with one row per event.

    Raises:
        InputError: the table cannot be read, or the mapping names no `id`, or neither `time` nor `moment`.
        Cancelled: on request.
    """
    if "id" not in mapping.columns or not {"time", "moment"} & set(mapping.columns):
        raise InputError(str(path), "exchange_mapping_id_time")
    courses: dict[str, Course] = {}
    for row in clean_rows(path, mapping, sheet, task):
        name = str(row.values["id"])
        course = courses.setdefault(name, Course(name, mapping.drug, row.line))
        try:
            _take(course, row, mapping, sheet)
        except InputError as error:
            sheet.refuse(row.line, error.field, error)
    for course in courses.values():
        case = course.build(sheet, None if "moment" in mapping.columns else mapping.start)
        if case is not None:
            yield case


def _take(course: Course, row: CleanRow, mapping: TableMapping, sheet: Sheet) -> None:
    values = row.values
    about = values.get("drug")
    if about is not None and not names_drug(mapping.drug, str(about)):
        sheet.ignore(row.line, "drug", "exchange_other_drug", what=str(about)[:60])
        return
    time = _time(row, mapping)
    for name in PATIENT_FIELDS:
        if name in values and name != "id" and name not in row.censored:
            _person(course, name, row, sheet)
    for name, kind in CATALOGUE.items():
        if name in values:
            if name in row.censored:
                limit = f"{row.censored[name]} {values[name]}"
                sheet.reject(row.line, name, "exchange_covariate_limit", value=limit)
                continue
            value = values[name]
            course.add_covariate(row.line, time, name, value if isinstance(value, str) else Quantity(value, kind.unit))
    if "dose" in values:
        course.add_dose(row.line, time, _dose(row, mapping))
    if "level" in values:
        _level(course, row, time)


def _person(course: Course, name: str, row: CleanRow, sheet: Sheet) -> None:
    """The first row says who the person is; another sex or birthday later is a contradiction to look at."""
    before = {"sex": course.sex, "age": course.age, "born": course.born}.get(name)
    if before is None:
        set_patient_field(course, name, row.values[name])
    elif name != "age" and str(before) != str(row.values[name]):
        sheet.flag(row.line, name, "exchange_two_values", value=row.values[name], first=before)


def _time(row: CleanRow, mapping: TableMapping) -> Time:
    if "moment" in row.values:
        moment: dt.datetime = read_moment(str(row.values["moment"]), mapping)
        return moment
    time = row.values.get("time")
    if not isinstance(time, float):
        raise InputError("time", "exchange_value_missing", name="time")
    return time


def _dose(row: CleanRow, mapping: TableMapping) -> Dose:
    values = row.values
    if row.censored:
        raise InputError("dose", "exchange_number", value=next(iter(row.censored.values())))
    written = values.get("route")
    route = mapping.routes.get("default") if written is None else _route(str(written))
    if route is None:
        raise InputError("route", "exchange_value_missing", name="route")
    numbers = {name: values.get(name) for name in ("dose", "duration", "every", "count")}
    amount, duration, every, count = (value if isinstance(value, float) else None for value in numbers.values())
    return Dose(
        time=0.0,
        amount=Quantity(amount or 0.0, "mg"),
        route=route,
        duration=Quantity(duration, "h") if duration and route is Route.INTRAVENOUS else None,
        every=Quantity(every, "h") if every else None,
        count=int(count) if count else 1,
        steady_state=bool(every) and mapping.every_is_steady,
    )


def _route(written: str) -> Route:
    try:
        return Route(written.lower())
    except ValueError:
        raise InputError("route", "exchange_route_word", value=written[:40]) from None


def _level(course: Course, row: CleanRow, time: Time) -> None:
    value, sign = row.values["level"], row.censored.get("level", "")
    assert isinstance(value, float)
    if sign in (">", ">="):
        raise InputError("level", "exchange_above_range", value=f"{sign} {value}")
    course.add_level(row.line, time, Level(0.0, Quantity(value, "mg/L"), below_limit=sign in ("<", "<=")))
