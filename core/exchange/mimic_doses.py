"""What a MIMIC hospital gave: charted infusions, the administration record, and orders where the user says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from core.clinic.regimen import Dose, Route
from core.errors import InputError
from core.exchange.course import Course
from core.exchange.drug_names import names_drug
from core.exchange.hospital_files import HospitalSource, find_table, read_named, read_time, read_unit, words_pattern
from core.exchange.sheet import Sheet
from core.exchange.ucum import from_ucum
from core.exchange.written import read_number
from core.task import Task
from core.units import Quantity

_ROUTES = {
    "IV": Route.INTRAVENOUS,
    "IVPB": Route.INTRAVENOUS,
    "IV DRIP": Route.INTRAVENOUS,
    "PO": Route.ORAL,
    "PO/NG": Route.ORAL,
    "ORAL": Route.ORAL,
    "IM": Route.INTRAMUSCULAR,
    "SC": Route.SUBCUTANEOUS,
    "PR": Route.RECTAL,
}
_NOT_GIVEN = ("rewritten", "cancelled", "canceled")
_TWO_HOURS = 7200.0  # s
_SHORTEST = 1.5 / 60.0  # h; what is charted over one minute is a bolus


def add_charted_inputs(source: HospitalSource, courses: Mapping[str, Course], sheet: Sheet, task: Task | None) -> None:
    """Infusions charted in intensive care (III: MetaVision)."""
    file = find_table(source.folder, "inputevents") or find_table(source.folder, "inputevents_mv")
    items = find_table(source.folder, "d_items")
    if file is None or items is None:
        return
    named = {
        row["itemid"]
        for _, row in read_named(items, ("itemid", "label"), Sheet(), task)
        if names_drug(source.drug, row["label"])
    }
    if not named:
        return
    columns = ("hadm_id", "starttime", "endtime", "itemid", "amount", "amountuom", "statusdescription")
    for place, row in read_named(file, columns, sheet, task, words_pattern(sorted(named))):
        course = courses.get(row["hadm_id"])
        if row["itemid"] not in named or course is None:
            continue
        if row["statusdescription"].lower() in _NOT_GIVEN:
            sheet.ignore(place, "statusdescription", "exchange_status", status=row["statusdescription"])
            continue
        try:
            start, end = read_time(row["starttime"]), read_time(row["endtime"])
            amount = from_ucum(read_number(row["amount"], "amount"), read_unit(row["amountuom"]))
            hours = round((end - start).total_seconds() / 3600.0, 9)
            duration = Quantity(hours, "h") if hours > _SHORTEST else None
            course.add_dose(place, start, Dose(0.0, amount, Route.INTRAVENOUS, duration))
        except InputError as error:
            sheet.refuse(place, error.field, error)


def add_administrations(source: HospitalSource, courses: Mapping[str, Course], sheet: Sheet, task: Task | None) -> None:
    """The electronic administration record of MIMIC-IV; what intensive care charted too is not taken twice."""
    file, details = find_table(source.folder, "emar"), find_table(source.folder, "emar_detail")
    if file is None or details is None:
        return
    given: dict[str, tuple[str, dict[str, str]]] = {}
    columns = ("emar_id", "hadm_id", "charttime", "medication", "event_txt")
    for place, row in read_named(file, columns, sheet, task):
        if names_drug(source.drug, row["medication"]):
            if row["event_txt"].startswith("Administered"):
                given[row["emar_id"]] = (place, row)
            else:
                sheet.ignore(place, "event_txt", "exchange_status", status=row["event_txt"] or "-")
    for _, row in read_named(details, ("emar_id", "dose_given", "dose_given_unit", "route"), Sheet(), task):
        event = given.get(row["emar_id"])
        course = None if event is None else courses.get(event[1]["hadm_id"])
        if event is None or course is None or not row["dose_given"]:
            continue
        try:
            _administration(course, event, row, sheet)
        except InputError as error:
            sheet.refuse(event[0], error.field, error)


def _administration(course: Course, event: tuple[str, dict[str, str]], row: Mapping[str, str], sheet: Sheet) -> None:
    place, head = event
    time = read_time(head["charttime"])
    route = _ROUTES.get(row["route"].upper())
    if route is None:
        raise InputError("route", "exchange_route_word", value=row["route"][:40] or "-")
    for _, other, _ in course.doses:
        if isinstance(other, dt.datetime) and abs((other - time).total_seconds()) <= _TWO_HOURS:
            sheet.reject(place, "charttime", "exchange_two_sources")
            return
    amount = from_ucum(read_number(row["dose_given"], "dose_given"), read_unit(row["dose_given_unit"]))
    if route is Route.INTRAVENOUS:
        sheet.flag(place, "duration", "exchange_no_duration")
    course.add_dose(place, time, Dose(0.0, amount, route))


def add_prescriptions(source: HospitalSource, courses: Mapping[str, Course], sheet: Sheet, task: Task | None) -> None:
    """Orders: named, or taken as given where the user says so and the order says when and how often."""
    file = find_table(source.folder, "prescriptions")
    if file is None:
        return
    for place, row in read_named(file, ("hadm_id", "drug", "dose_val_rx", "dose_unit_rx", "route"), sheet, task):
        course = courses.get(row["hadm_id"])
        if course is None or not names_drug(source.drug, row["drug"]):
            continue
        if not source.orders_as_given:
            sheet.ignore(place, "", "exchange_order_not_given")
            continue
        try:
            _order(course, place, row, sheet)
        except InputError as error:
            sheet.refuse(place, error.field, error)


def _order(course: Course, place: str, row: Mapping[str, str], sheet: Sheet) -> None:
    route = _ROUTES.get(row["route"].upper())
    if route is None:
        raise InputError("route", "exchange_route_word", value=row["route"][:40] or "-")
    amount = from_ucum(read_number(row["dose_val_rx"], "dose_val_rx"), read_unit(row["dose_unit_rx"]))
    if "starttime" not in row:
        raise InputError("startdate", "exchange_no_time_of_day", value=row.get("startdate", "-"))
    start, stop = read_time(row["starttime"]), read_time(row["stoptime"])
    per_day = read_number(row.get("doses_per_24_hrs") or "0", "doses_per_24_hrs")
    if per_day <= 0:
        raise InputError("doses_per_24_hrs", "exchange_value_missing", name="doses_per_24_hrs")
    every = 24.0 / per_day
    count = max(1, int((stop - start).total_seconds() / 3600.0 / every))
    sheet.change(place, "", "exchange_order_as_given", count=count)
    if route is Route.INTRAVENOUS:
        sheet.flag(place, "duration", "exchange_no_duration")
    course.add_dose(place, start, Dose(0.0, amount, route, None, Quantity(every, "h"), count))
