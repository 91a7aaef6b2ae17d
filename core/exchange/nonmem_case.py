"""Cases out of a NONMEM-style table under a confirmed mapping, and a Case as such a table that carries its mapping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from core.clinic.case import Case
from core.clinic.level import Level
from core.clinic.regimen import Dose
from core.errors import InputError
from core.exchange.columns import Value, read_column, set_patient_field
from core.exchange.course import Course
from core.exchange.mapping import PATIENT_FIELDS, SCHEMA, TableMapping, parse_mapping
from core.exchange.nonmem import Event, EventKind, Heading, Subject, read_heading, read_subjects
from core.exchange.sheet import Sheet
from core.task import Task
from core.units import Quantity, conversion_factor

_STEADY = 1


def read_cases(path: Path, mapping: TableMapping | None, sheet: Sheet, task: Task | None = None) -> Iterator[Case]:
    """Cases of a table, one per subject and course (a reset begins a new one).

    Args:
        path: the table.
        mapping: what the columns mean; None: the one that stands in the table's own comments.
        sheet: takes the remarks.
        task: progress and cancellation.

    Raises:
        InputError: the table cannot be read, or there is no mapping.
        Cancelled: on request.
    """
    heading = read_heading(path, "utf-8" if mapping is None else mapping.encoding)
    used = mapping or mapping_in(heading, path)
    if used is None:
        raise InputError(str(path), "exchange_mapping_needed", columns=", ".join(heading.others))
    for name, column in used.columns.items():
        if column.name and column.name not in heading.others:
            raise InputError(
                f"columns.{name}", "exchange_column_missing", name=column.name, known=", ".join(heading.others)
            )
    for subject in read_subjects(path, sheet, task, used.encoding, used.occasion):
        yield from cases_of(subject, used, sheet)


def mapping_in(heading: Heading, path: Path) -> TableMapping | None:
    """The mapping written into the comments above the heading, if there is one."""
    lines = [*heading.notes]
    while lines and SCHEMA not in lines[0]:
        lines.pop(0)
    return parse_mapping("\n".join(lines), path) if lines else None


def cases_of(subject: Subject, mapping: TableMapping, sheet: Sheet) -> Iterator[Case]:
    """The cases of one subject."""
    parts = _split(subject.events)
    for number, events in enumerate(parts, 1):
        name = subject.id if len(parts) == 1 else f"{subject.id}-{number}"
        if number > 1:
            sheet.flag(events[0].line, "EVID", "exchange_reset_new_case", name=name)
        course = Course(_identity(mapping, name), mapping.drug, events[0].line if events else subject.id)
        _facts(course, events, mapping, sheet)
        for event in events:
            _add(course, event, mapping, sheet)
        start = mapping.start
        if subject.clock is not None:
            start = subject.clock.replace(tzinfo=mapping.start.tzinfo)
        case = course.build(sheet, start)
        if case is not None:
            yield case


def _identity(mapping: TableMapping, name: str) -> str:
    column = mapping.columns.get("id")
    return column.value if column is not None and column.value else name


def _split(events: Sequence[Event]) -> list[list[Event]]:
    parts: list[list[Event]] = [[]]
    for event in events:
        if event.kind in (EventKind.RESET, EventKind.RESET_AND_DOSE) and parts[-1]:
            parts.append([])
        parts[-1].append(event)
    return [part for part in parts if part]


def _facts(course: Course, events: Sequence[Event], mapping: TableMapping, sheet: Sheet) -> None:
    """Patient and covariates; a covariate is entered where it first stands and wherever it changes."""
    factor = conversion_factor(mapping.unit("time"), "h")
    last: dict[str, object] = {}
    for event in events:
        for name, column in mapping.columns.items():
            body = column.value or event.others.get(column.name, "")
            if not body or name == "id":
                continue
            try:
                value = read_column(name, column, body)
                if value == last.get(name) or (name in PATIENT_FIELDS and name in last):
                    continue
                last[name] = value
                _enter(course, event.line, event.time * factor, name, value)
            except InputError as error:
                sheet.refuse(event.line, column.name or name, error)


def _enter(course: Course, line: int, time: float, name: str, value: Value) -> None:
    if name in PATIENT_FIELDS:
        set_patient_field(course, name, value)
    elif not isinstance(value, float):
        course.add_covariate(line, time, name, value)


def _add(course: Course, event: Event, mapping: TableMapping, sheet: Sheet) -> None:
    time = event.time * conversion_factor(mapping.unit("time"), "h")
    if event.is_dose:
        try:
            course.add_dose(event.line, time, _dose(event, mapping))
        except InputError as error:
            sheet.refuse(event.line, error.field, error)
    elif event.value is not None:
        if mapping.level_kinds and event.value_kind not in mapping.level_kinds:
            sheet.skipped += 1
            return
        value = Quantity(event.value, mapping.unit("level"))
        course.add_level(event.line, time, Level(time, value, below_limit=event.below_limit))
        if course.doses and course.doses[-1][1] == time:
            sheet.flag(event.line, "TIME", "exchange_level_after_dose_row")


def _dose(event: Event, mapping: TableMapping) -> Dose:
    """A dose row as a dose; raises InputError for what a case cannot say."""
    if event.steady > _STEADY:
        raise InputError("SS", "exchange_steady_on_top")
    if event.amount == 0:
        raise InputError("AMT", "exchange_constant_infusion")
    if event.rate < 0:
        raise InputError("RATE", "exchange_modelled_rate", value=f"{event.rate:g}")
    route = mapping.routes.get(str(event.compartment)) or mapping.routes.get("default")
    if route is None:
        raise InputError("CMT", "exchange_route_unknown", compartment=event.compartment)
    unit, amount = mapping.unit("time"), mapping.unit("amount")
    duration = None
    if event.rate > 0:
        duration = Quantity(float(f"{event.amount / event.rate:.12g}"), unit)
    return Dose(
        time=0.0,
        amount=Quantity(event.amount, amount),
        route=route,
        duration=duration,
        every=Quantity(event.interval, unit) if event.interval > 0 else None,
        count=event.additional + 1,
        steady_state=event.steady == _STEADY,
    )
