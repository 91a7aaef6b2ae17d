"""From what was typed to a case: either everything can be used, or each fault is named beside its field."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from dataclasses import field as made
from typing import TypeVar

from core.clinic.case import Case, Target, TargetKind
from core.clinic.case_checks import LARGEST_NUMBER, check_consistent
from core.clinic.case_reader import WORST_GRADE
from core.clinic.covariate import CATALOGUE, CovariateValue, check_covariate
from core.clinic.level import CoMedication, Level, Outcome
from core.clinic.mic import MicDistribution, distribution_of, read_isolates
from core.clinic.patient import Ethnicity, Patient, Sex, check_age
from core.clinic.regimen import Dose, DoseStatus, Route, check_dose
from core.clinic.week_text import is_week
from core.errors import InputError
from core.units import Quantity, format_number, parse_typed_number
from desktop.case.draft import DoseRow, Draft, Entry, LevelRow, MedicationRow, MicsRow, OutcomeRow, TargetRow
from desktop.case.times import Moment, read_birth, read_hours, read_time
from desktop.case.week_rows import check_week_row

MOST_COUNT_DIGITS = 4
_ROW = re.compile(r"\$\.(covariates|co_medication|doses|levels|outcomes)\[(\d+)\]\.?(\w*)")
_FIELD_OF_KEY = {"time": "when", "from": "start", "analyte": "value"}  # where the form calls it otherwise
_FIELD_OF_PATH = {
    "$.patient.born": "birth",
    "$.target.low": "target.low",
    "$.harm_weight": "harm_weight",
    "$.target.high": "target.high",
    "$.doses": "dose.0.count",
}
T = TypeVar("T")


@dataclass(frozen=True)
class Problem:
    """One thing to correct: the field, the message id, the values that fill it."""

    field: str
    reason: str
    values: Mapping[str, object] = made(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """A draft as far as it could be read."""

    case: Case | None
    problems: tuple[Problem, ...]
    missing: tuple[str, ...]  # fields that are still empty and must not be
    start: dt.datetime | None
    times: Mapping[str, float] = made(default_factory=dict)  # hours of every time that could be read, by field


class _Collector:
    """Runs one reading step after the other and keeps every refusal instead of stopping at the first."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.times: dict[str, float] = {}

    def attempt(self, step: Callable[[], T], where: str = "") -> T | None:
        try:
            return step()
        except InputError as error:
            self.problems.append(Problem(where or error.field, error.reason, error.values))
            return None

    def time(self, text: str, moment: Moment, where: str) -> float | None:
        hours = self.attempt(lambda: read_hours(text, moment, where))
        if hours is not None:
            self.times[where] = hours
        return hours

    def consistent(self, case: Case, rows: Mapping[str, list[str]]) -> bool:
        """Whether the case holds what a case file may hold; `rows`: field of every row, by key of the file."""
        try:
            check_consistent(case)
        except InputError as error:
            self.problems.append(Problem(_field_of(error.field, rows), error.reason, error.values))
            return False
        return True


def read_draft(draft: Draft, now: dt.datetime, drugs: Collection[str]) -> Reading:
    """Read everything that was typed.

    Args:
        draft: the case as typed.
        now: the present, with its offset.
        drugs: names of the drugs in the library.
    """
    collector = _Collector()
    start = _start(draft, now)
    today = RowDays(start, now).moment()
    dose_days, level_days = RowDays(start, now), RowDays(start, now)
    patient = _patient(draft, collector, start or now)
    entries = [(where, entry) for where, entry in _places(draft) if entry.text.strip()]
    covariates = [_covariate(entry, where, collector, today) for where, entry in entries]
    places = _rows(draft)
    doses = [_dose(row, where, collector, dose_days) for where, row in places.doses]
    levels = [_level(row, where, collector, level_days) for where, row in places.levels]
    medications = [_medication(row, where, collector, today) for where, row in places.medications]
    outcomes = [_outcome(row, where, collector, today) for where, row in places.outcomes]
    target = _target(draft.target, collector) if draft.target is not None else None
    mics = None if draft.mics in (None, MicsRow()) else _mics(draft.mics, collector)
    harm_weight = collector.attempt(lambda: _number(draft.harm_weight, "harm_weight"))
    if draft.drug and draft.drug not in drugs:
        collector.problems.append(Problem("drug", "drug_not_in_library", {"name": draft.drug}))
    missing = _missing(draft, bool(doses))
    case = None
    if not collector.problems and not missing and patient is not None and start is not None:
        case = Case(
            patient=patient,
            drug=draft.drug,
            start=start,
            covariates=tuple(item for item in covariates if item is not None),
            co_medication=tuple(item for item in medications if item is not None),
            models=draft.models,
            doses=tuple(item for item in doses if item is not None),
            levels=tuple(item for item in levels if item is not None),
            outcomes=tuple(item for item in outcomes if item is not None),
            target=target,
            mics=mics,
            harm_weight=harm_weight or 0.0,
        )
        rows = {
            "covariates": [where for where, _ in entries],
            "doses": [where for where, _ in places.doses],
            "levels": [where for where, _ in places.levels],
            "outcomes": [where for where, _ in places.outcomes],
            "co_medication": [where for where, _ in places.medications],
        }
        if not collector.consistent(case, rows):
            case = None
    return Reading(case, tuple(collector.problems), missing, start, collector.times)


@dataclass(frozen=True)
class _Rows:
    """The rows anything was typed into, each with the name of its field."""

    doses: list[tuple[str, DoseRow]]
    levels: list[tuple[str, LevelRow]]
    medications: list[tuple[str, MedicationRow]]
    outcomes: list[tuple[str, OutcomeRow]]


def _rows(draft: Draft) -> _Rows:
    return _Rows(
        [(f"dose.{i}", row) for i, row in enumerate(draft.doses) if not _untouched_dose(row)],
        [(f"level.{i}", row) for i, row in enumerate(draft.levels) if not _untouched_level(row)],
        [(f"medication.{i}", row) for i, row in enumerate(draft.medications) if row != MedicationRow()],
        [(f"outcome.{i}", row) for i, row in enumerate(draft.outcomes) if not _untouched_outcome(row)],
    )


def _places(draft: Draft) -> list[tuple[str, Entry]]:
    """Every covariate value with the name of its field."""
    counts: dict[str, int] = {}
    found = []
    for entry in draft.entries:
        index = counts[entry.name] = counts.get(entry.name, -1) + 1
        found.append((f"entry.{entry.name}.{index}", entry))
    return found


def _field_of(path: str, rows: Mapping[str, list[str]]) -> str:
    """The field of the form a JSON path is about."""
    match = _ROW.fullmatch(path)
    if match is None:
        return _FIELD_OF_PATH.get(path, "birth")
    row, key = rows[match[1]][int(match[2])], _FIELD_OF_KEY.get(match[3], match[3])
    return row if not key or (match[1] == "covariates" and key == "value") else f"{row}.{key}"


class RowDays:
    """The day a bare clock time belongs to: that of the row before it, for a first row today."""

    def __init__(self, start: dt.datetime | None, now: dt.datetime) -> None:
        self._start = start
        self._now = now
        self._day = now.date()

    def moment(self) -> Moment:
        """What the next time is measured from."""
        return Moment(self._start, self._now, self._day)

    def note(self, hours: float | None) -> None:
        """Remember the time of the row just read."""
        if hours is not None and self._start is not None:
            self._day = (self._start + dt.timedelta(hours=hours)).date()


def _start(draft: Draft, now: dt.datetime) -> dt.datetime | None:
    """Start of the case: as the file says, else the earliest dose that can be read."""
    if draft.start:
        return dt.datetime.fromisoformat(draft.start)
    moments = []
    for row in draft.doses:
        try:
            when = read_time(row.when, Moment(None, now, now.date()), "start")
        except InputError:
            continue
        if isinstance(when, dt.datetime):
            moments.append(when)
    return min(moments, default=None)


def _missing(draft: Draft, has_dose: bool) -> tuple[str, ...]:
    wanted = {"drug": draft.drug, "sex": draft.sex, "birth": draft.birth.strip(), "dose": has_dose}
    return tuple(name for name, value in wanted.items() if not value)


def _patient(draft: Draft, collector: _Collector, moment: dt.datetime) -> Patient | None:
    if not draft.birth.strip():
        return None
    birth = collector.attempt(lambda: read_birth(draft.birth, moment.date()), "birth")
    if birth is None or not draft.sex:
        return None
    born = birth if isinstance(birth, dt.date) else None
    age = None if isinstance(birth, dt.date) else birth

    def build() -> Patient:
        person = Patient(
            draft.record.strip(), Sex(draft.sex), draft.name.strip(), born, age, Ethnicity(draft.ethnicity)
        )
        check_age(person.age_at(moment), "birth")
        return person

    return collector.attempt(build, "birth")


def _covariate(entry: Entry, where: str, collector: _Collector, moment: Moment) -> CovariateValue | None:
    time = collector.time(entry.when, moment, f"{where}.when") if entry.when.strip() else 0.0
    kind = CATALOGUE.get(entry.name)

    def build() -> CovariateValue:
        is_choice = kind is not None and bool(kind.choices)
        value = entry.text if is_choice else Quantity(_number(entry.text, where), entry.unit)
        item = CovariateValue(entry.name, value, time or 0.0)
        check_covariate(item, where)
        return item

    return collector.attempt(build, where)


def _number(text: str, where: str) -> float:
    value = parse_typed_number(text, where)
    if value > LARGEST_NUMBER:
        raise InputError(where, "number_too_large", value=text.strip()[:40], high=format_number(LARGEST_NUMBER))
    return value


def _untouched_dose(row: DoseRow) -> bool:
    return not (row.when.strip() or row.amount.strip())


def _untouched_level(row: LevelRow) -> bool:
    return not (row.when.strip() or row.value.strip())


def _untouched_outcome(row: OutcomeRow) -> bool:
    return not (row.when.strip() or row.name.strip() or row.grade.strip() or row.value.strip())


def _optional(text: str, unit: str, where: str, collector: _Collector) -> Quantity | None:
    if not text.strip():
        return None
    number = collector.attempt(lambda: _number(text, where))
    return None if number is None else Quantity(number, unit)


def _dose(row: DoseRow, where: str, collector: _Collector, days: RowDays) -> Dose | None:
    time = collector.time(row.when, days.moment(), f"{where}.when")
    days.note(time)
    if is_week(row.amount):
        if collector.attempt(lambda: check_week_row(row, where)) is not None:
            collector.problems.append(Problem(f"{where}.amount", "week_as_rows"))
        return None
    amount = collector.attempt(lambda: Quantity(_number(row.amount, f"{where}.amount"), row.unit))
    duration = _optional(row.duration, row.duration_unit, f"{where}.duration", collector)
    every = _optional(row.every, row.every_unit, f"{where}.every", collector)
    count = collector.attempt(lambda: _whole(row.count, f"{where}.count"))
    route = collector.attempt(lambda: _route(row.route, f"{where}.route"))
    if time is None or amount is None or count is None or route is None:
        return None
    dose = Dose(time, amount, route, duration, every, count, DoseStatus(row.status), row.steady_state)
    return collector.attempt(lambda: _checked(dose, where))


def _checked(dose: Dose, where: str) -> Dose:
    check_dose(dose, where)
    return dose


def _route(text: str, where: str) -> Route:
    if not text:
        raise InputError(where, "route_needed")
    return Route(text)


def _whole(text: str, where: str) -> int:
    body = text.strip()
    if not (body.isascii() and body.isdigit() and len(body) <= MOST_COUNT_DIGITS):
        raise InputError(where, "count_unreadable", value=body)
    return int(body)


def _level(row: LevelRow, where: str, collector: _Collector, days: RowDays) -> Level | None:
    time = collector.time(row.when, days.moment(), f"{where}.when")
    days.note(time)
    number = collector.attempt(lambda: _number(row.value, f"{where}.value"))
    if number is not None and not row.unit:
        collector.problems.append(Problem(f"{where}.unit", "level_unit_needed"))
    if not row.use and not row.reason.strip():
        collector.problems.append(Problem(f"{where}.reason", "exclusion_reason_needed"))
    if number == 0:
        collector.problems.append(Problem(f"{where}.value", "level_not_positive", {"value": row.value.strip()}))
    if time is None or number is None or not row.unit:
        return None
    value = Quantity(number, row.unit)
    return Level(time, value, row.analyte, row.below_limit, row.use, row.reason.strip())


def _medication(row: MedicationRow, where: str, collector: _Collector, moment: Moment) -> CoMedication | None:
    if not row.drug.strip():
        collector.problems.append(Problem(f"{where}.drug", "medication_needed"))
    start = collector.time(row.start, moment, f"{where}.start")
    until = collector.time(row.until, moment, f"{where}.until") if row.until.strip() else None
    amount = _optional(row.amount, row.unit, f"{where}.amount", collector)
    every = _optional(row.every, row.every_unit, f"{where}.every", collector)
    if start is None or not row.drug.strip():
        return None
    if until is not None and until <= start:
        collector.problems.append(Problem(f"{where}.until", "ends_before_start"))
        return None
    return CoMedication(row.drug.strip(), start, until, amount, every)


def _mics(row: MicsRow, collector: _Collector) -> MicDistribution | None:
    if not row.name.strip():
        collector.problems.append(Problem("mics.name", "mic_table_unnamed"))
    try:
        return distribution_of(read_isolates(row.table), row.name.strip(), row.source.strip(), "mics")
    except InputError as error:
        where = error.field if error.field in ("mics.name", "mics.source") else "mics.table"
        collector.problems.append(Problem(where, error.reason, error.values))
        return None


def _outcome(row: OutcomeRow, where: str, collector: _Collector, moment: Moment) -> Outcome | None:
    time = collector.time(row.when, moment, f"{where}.when")
    grade = collector.attempt(lambda: _grade(row.grade, f"{where}.grade")) if row.grade.strip() else None
    if not row.name.strip():
        collector.problems.append(Problem(f"{where}.name", "outcome_needed"))
    if time is None or not row.name.strip():
        return None
    return Outcome(time, row.kind, row.name.strip(), grade, row.value.strip())


def _grade(text: str, where: str) -> int:
    number = _whole(text, where)
    if number > WORST_GRADE:
        raise InputError(where, "grade_impossible", value=number, high=WORST_GRADE)
    return number


def _target(row: TargetRow, collector: _Collector) -> Target | None:
    low = _optional(row.low, row.unit, "target.low", collector)
    high = _optional(row.high, row.high_unit or row.unit, "target.high", collector)
    if low is None and high is None:
        if not (row.low.strip() or row.high.strip()):
            collector.problems.append(Problem("target.low", "target_needs_an_end"))
        return None
    if low is not None and high is not None and low.unit == high.unit and low.value >= high.value:
        collector.problems.append(Problem("target.high", "target_low_not_below"))
        return None
    return Target(TargetKind(row.kind), low, high)
