"""Turn a parsed case file into a Case; whatever is unknown, missing or doubtful is refused with its JSON path."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import TypeVar

from core.clinic.case import Case, Target, TargetKind
from core.clinic.case_checks import FURTHEST_TIME, LARGEST_NUMBER, check_consistent, check_item
from core.clinic.covariate import CATALOGUE, CovariateValue, check_covariate
from core.clinic.level import CoMedication, Level, Outcome
from core.clinic.mic import distribution_from
from core.clinic.patient import Ethnicity, Patient, Sex
from core.clinic.regimen import Dose, DoseStatus, Route, check_dose
from core.clinic.strict_json import Node
from core.errors import InputError
from core.units import Quantity, format_number, parse_plain_number, parse_quantity

SCHEMA = "dosewright.case/1"
AGE_UNITS = ("year", "month", "week", "day")
OUTCOME_KINDS = ("response", "toxicity", "laboratory")
WORST_GRADE = 5  # CTCAE: death
FIRST_YEAR, LAST_YEAR = 1900, 2200  # of a course; from there the calendar holds every time a case can reach

_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KEYS = {
    "case": (
        *("schema", "patient", "covariates", "co_medication", "drug", "models", "start", "doses", "levels", "outcomes"),
        *("target", "mic_distribution", "harm_weight"),
    ),
    "patient": ("id", "name", "sex", "born", "age", "ethnicity"),
    "covariate": ("name", "value", "time"),
    "co_medication": ("drug", "amount", "every", "from", "until"),
    "dose": ("time", "amount", "route", "duration", "every", "count", "status", "steady_state"),
    "level": ("time", "analyte", "value", "use", "reason"),
    "outcome": ("time", "kind", "name", "grade", "value"),
    "target": ("kind", "low", "high"),
}
_Item = TypeVar("_Item")


def case_from(root: Node) -> Case:
    """Build the case a file describes.

    Raises:
        InputError: with the JSON path of the first thing that cannot be used.
    """
    schema = root["schema"]
    if schema.text != SCHEMA:
        raise schema.error("schema_unknown", value=schema.text, wanted=SCHEMA)
    root.only(*_KEYS["case"])
    start = _start(root["start"])
    target, mics, harm_weight = (root.get(key) for key in ("target", "mic_distribution", "harm_weight"))
    case = Case(
        patient=_patient(root["patient"]),
        drug=root["drug"].text,
        start=start,
        covariates=_list(root, "covariates", start, _covariate),
        co_medication=_list(root, "co_medication", start, _co_medication),
        models=_list(root, "models", start, lambda node, _: node.text),
        doses=_list(root, "doses", start, _dose),
        levels=_list(root, "levels", start, _level),
        outcomes=_list(root, "outcomes", start, _outcome),
        target=None if target is None else _target(target),
        mics=None if mics is None else distribution_from(mics),
        harm_weight=1.0 if harm_weight is None else harm_weight.number,
    )
    check_consistent(case)
    return case


def _list(root: Node, key: str, start: dt.datetime, read: Callable[[Node, dt.datetime], _Item]) -> tuple[_Item, ...]:
    found = root.get(key)
    return () if found is None else tuple(read(node, start) for node in found.items)


def _patient(node: Node) -> Patient:
    node.only(*_KEYS["patient"])
    born, age, name, ethnicity = (node.get(key) for key in ("born", "age", "name", "ethnicity"))
    if (born is None) == (age is None):
        raise InputError(f"{node.path}.born", "birth_or_age_needed")
    return check_item(
        node.path,
        lambda: Patient(
            id=node["id"].text,
            sex=node["sex"].choice(Sex),
            name="" if name is None else name.text,
            born=None if born is None else _day(born),
            age=None if age is None else _age(age),
            ethnicity=Ethnicity.UNKNOWN if ethnicity is None else ethnicity.choice(Ethnicity),
        ),
    )


def _age(node: Node) -> float:
    quantity = _quantity(node)
    if quantity.unit not in AGE_UNITS:
        raise node.error("unit_mismatch", unit=quantity.unit, wanted=", ".join(AGE_UNITS))
    return quantity.to("year")


def _covariate(node: Node, start: dt.datetime) -> CovariateValue:
    node.only(*_KEYS["covariate"])
    name, written, time = node["name"], node["value"], node.get("time")
    kind = CATALOGUE.get(name.text)
    if kind is None:
        raise name.error("covariate_unknown", name=name.text)
    value: Quantity | str = written.text
    if not kind.choices:
        bare = kind.unit == "1" and " " not in written.text.strip()
        value = Quantity(_bare_number(written), "1") if bare else _quantity(written)
    item = CovariateValue(kind.name, value, 0.0 if time is None else _time(time, start))
    check_covariate(item, written.path)
    return item


def _co_medication(node: Node, start: dt.datetime) -> CoMedication:
    node.only(*_KEYS["co_medication"])
    until, amount, every = (node.get(key) for key in ("until", "amount", "every"))
    return CoMedication(
        drug=node["drug"].text,
        start=_time(node["from"], start),
        until=None if until is None else _time(until, start),
        amount=None if amount is None else _quantity(amount),
        every=None if every is None else _quantity(every),
    )


def _dose(node: Node, start: dt.datetime) -> Dose:
    node.only(*_KEYS["dose"])
    duration, every, count, status, steady = (
        node.get(key) for key in ("duration", "every", "count", "status", "steady_state")
    )
    dose = Dose(
        time=_time(node["time"], start),
        amount=_quantity(node["amount"]),
        route=node["route"].choice(Route),
        duration=None if duration is None else _quantity(duration),
        every=None if every is None else _quantity(every),
        count=1 if count is None else count.whole_number,
        status=DoseStatus.GIVEN if status is None else status.choice(DoseStatus),
        steady_state=False if steady is None else steady.truth,
    )
    check_dose(dose, node.path)
    return dose


def _level(node: Node, start: dt.datetime) -> Level:
    node.only(*_KEYS["level"])
    value, analyte, use, reason = node["value"], node.get("analyte"), node.get("use"), node.get("reason")
    written = value.text.strip()
    below = written.startswith("<")
    return Level(
        time=_time(node["time"], start),
        value=_quantity(Node(value.path, written.removeprefix("<"))),
        analyte="" if analyte is None else analyte.text,
        below_limit=below,
        use=True if use is None else use.truth,
        reason="" if reason is None else reason.text,
    )


def _outcome(node: Node, start: dt.datetime) -> Outcome:
    node.only(*_KEYS["outcome"])
    kind, grade, value = node["kind"], node.get("grade"), node.get("value")
    if kind.text not in OUTCOME_KINDS:
        raise kind.error("choice_unknown", value=kind.text, choices=", ".join(OUTCOME_KINDS))
    if grade is not None and not 0 <= grade.whole_number <= WORST_GRADE:
        raise grade.error("grade_impossible", value=grade.whole_number, high=WORST_GRADE)
    return Outcome(
        time=_time(node["time"], start),
        kind=kind.text,
        name=node["name"].text,
        grade=None if grade is None else grade.whole_number,
        value="" if value is None else value.text,
    )


def _target(node: Node) -> Target:
    node.only(*_KEYS["target"])
    low, high = node.get("low"), node.get("high")
    return Target(
        kind=node["kind"].choice(TargetKind),
        low=None if low is None else _quantity(low),
        high=None if high is None else _quantity(high),
    )


def _quantity(node: Node) -> Quantity:
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        raise node.error("unit_missing", value=format_number(node.value))
    quantity = parse_quantity(node.text, node.path)
    _check_size(quantity.value, node)
    return quantity


def _bare_number(node: Node) -> float:
    value = parse_plain_number(node.text, node.path)
    _check_size(value, node)
    return value


def _check_size(value: float, node: Node) -> None:
    if abs(value) > LARGEST_NUMBER:
        raise node.error("number_too_large", value=node.text[:40], high=format_number(LARGEST_NUMBER))


def _time(node: Node, start: dt.datetime) -> float:
    """Hours after the start, from a number of hours or a clock time with its offset."""
    hours = (_moment(node) - start).total_seconds() / 3600.0 if isinstance(node.value, str) else node.number
    if abs(hours) > FURTHEST_TIME:
        raise node.error("time_impossible", value=format_number(hours), high=format_number(FURTHEST_TIME))
    return hours


def _moment(node: Node) -> dt.datetime:
    if _MOMENT.fullmatch(node.text) is None:
        raise node.error("moment_unreadable", value=node.text[:40])
    try:
        return dt.datetime.fromisoformat(node.text)
    except ValueError:
        raise node.error("moment_unreadable", value=node.text[:40]) from None


def _start(node: Node) -> dt.datetime:
    start = _moment(node)
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise node.error("moment_unreadable", value=node.text[:40])
    return start


def _day(node: Node) -> dt.date:
    if _DAY.fullmatch(node.text) is None:
        raise node.error("day_unreadable", value=node.text[:40])
    try:
        return dt.date.fromisoformat(node.text)
    except ValueError:
        raise node.error("day_unreadable", value=node.text[:40]) from None
