"""One patient's course of one drug while it is gathered from somebody else's format, and the Case made of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from core.clinic.case import Case
from core.clinic.case_checks import CONCENTRATION_UNITS, check_consistent
from core.clinic.covariate import CovariateValue, check_covariate
from core.clinic.level import CoMedication, Level
from core.clinic.patient import Ethnicity, Patient, Sex
from core.clinic.questions import check_case
from core.clinic.regimen import Dose, check_dose
from core.errors import InputError
from core.exchange.sheet import Sheet
from core.units import Quantity

Time = float | dt.datetime  # hours after the start, or a moment with an offset
Place = int | str
_SHORTEST_ROW = 3
_Item = TypeVar("_Item", Dose, Level, CovariateValue)


@dataclass
class Course:
    """What a source says of one patient on one drug; every item keeps the row it came from."""

    id: str
    drug: str
    place: Place  # of the patient in the source
    name: str = ""
    sex: Sex | None = None
    born: dt.date | None = None
    age: float | None = None  # year
    ethnicity: Ethnicity = Ethnicity.UNKNOWN
    doses: list[tuple[Place, Time, Dose]] = field(default_factory=list)
    levels: list[tuple[Place, Time, Level]] = field(default_factory=list)
    covariates: list[tuple[Place, Time, CovariateValue]] = field(default_factory=list)
    co_medication: list[tuple[Place, Time, Time | None, CoMedication]] = field(default_factory=list)

    def add_dose(self, place: Place, time: Time, dose: Dose) -> None:
        """Add a dose; its own time is replaced."""
        self.doses.append((place, time, dose))

    def add_level(self, place: Place, time: Time, level: Level) -> None:
        """Add a level; its own time is replaced."""
        self.levels.append((place, time, level))

    def add_covariate(self, place: Place, time: Time, name: str, value: Quantity | str) -> None:
        """Add a covariate."""
        self.covariates.append((place, time, CovariateValue(name, value)))

    def add_co_medication(self, place: Place, start: Time, until: Time | None, item: CoMedication) -> None:
        """Add another drug; its own times are replaced."""
        self.co_medication.append((place, start, until, item))

    def build(self, sheet: Sheet, start: dt.datetime | None = None, *, untreated: bool = False) -> Case | None:
        """The Case; what cannot be used is rejected on the sheet, what is odd is flagged.

        Args:
            sheet: takes the remarks.
            start: time 0; None: the first dose, else the first level.
            untreated: a person without doses and levels is a case too, from the last covariate on.

        Returns:
            None where a person without doses and levels, without sex or without age is no case.
        """
        patient = self._patient(sheet)
        if patient is None:
            return None
        if not (self.doses or self.levels):
            if not untreated:
                sheet.reject(self.place, "", "exchange_nothing_of_drug", patient=self.id, drug=self.drug)
                return None
            sheet.flag(self.place, "", "exchange_nothing_of_drug", patient=self.id, drug=self.drug)
        start = start or self._first()
        if start is None:
            sheet.reject(self.place, "", "exchange_no_moment", patient=self.id)
            return None
        case = Case(
            patient=patient,
            drug=self.drug,
            start=start,
            covariates=_usable(self.covariates, start, sheet, "covariates", check_covariate, _same_covariate),
            co_medication=self._others(start, sheet),
            doses=rows_of(_usable(self.doses, start, sheet, "doses", check_dose, None)),
            levels=_usable(self.levels, start, sheet, "levels", _check_level, _same_level),
        )
        return self._checked(case, sheet)

    def _patient(self, sheet: Sheet) -> Patient | None:
        if self.sex is None:
            sheet.reject(self.place, "sex", "exchange_sex_missing", patient=self.id)
            return None
        try:
            age = None if self.born is not None else self.age
            return Patient(self.id, self.sex, self.name, self.born, age, self.ethnicity)
        except InputError as error:
            sheet.refuse(self.place, error.field, error)
            return None

    def _first(self) -> dt.datetime | None:
        for items in (self.doses, self.levels):
            moments = [time for _, time, _ in items if isinstance(time, dt.datetime)]
            if moments:
                return min(moments)
        moments = [time for _, time, _ in self.covariates if isinstance(time, dt.datetime)]
        return max(moments, default=None)

    def _others(self, start: dt.datetime, sheet: Sheet) -> tuple[CoMedication, ...]:
        kept = []
        for place, begin, until, item in self.co_medication:
            first = hours_after(start, begin)
            last = None if until is None else hours_after(start, until)
            if last is not None and last <= first:
                sheet.reject(place, "co_medication", "period_backwards", start=f"{first:g} h", until=f"{last:g} h")
                continue
            kept.append(replace(item, start=first, until=last))
        return tuple(kept)

    def _checked(self, case: Case, sheet: Sheet) -> Case | None:
        try:
            check_consistent(case)
            doubts = check_case(case)
        except InputError as error:
            sheet.refuse(self.place, error.field, error)
            return None
        for doubt in doubts:
            sheet.flag(self.place, doubt.about, doubt.id, **doubt.values)
        return case


def hours_after(start: dt.datetime, time: Time) -> float:
    """Hours from the start to a time."""
    return (time - start).total_seconds() / 3600.0 if isinstance(time, dt.datetime) else time


def rows_of(doses: Sequence[Dose]) -> tuple[Dose, ...]:
    """Three or more equal single doses at equal intervals written as one row; the others as they are."""
    rows: list[Dose] = []
    at = 0
    while at < len(doses):
        run = _run(doses, at)
        row = doses[at]
        if run >= _SHORTEST_ROW:
            row = replace(row, every=Quantity(_interval(doses[at], doses[at + 1]), "h"), count=run)
        rows += [row] if run >= _SHORTEST_ROW else doses[at : at + run]
        at += run
    return tuple(rows)


def _run(doses: Sequence[Dose], at: int) -> int:
    """How many single doses from `at` on follow each other like the first two."""
    first, run = doses[at], 1
    while at + run < len(doses):
        following = doses[at + run]
        alike = replace(following, time=first.time) == replace(first, every=None, steady_state=False)
        step = _interval(doses[at + run - 1], following)
        if first.count > 1 or not alike or step <= 0 or (run > 1 and step != _interval(first, doses[at + 1])):
            break
        if first.steady_state and first.interval != step:
            break
        run += 1
    return run


def _interval(one: Dose, two: Dose) -> float:
    return round(two.time - one.time, 9)


def _usable(
    items: Iterable[tuple[Place, Time, _Item]],
    start: dt.datetime,
    sheet: Sheet,
    name: str,
    check: Callable[[_Item, str], None],
    twin: Callable[[_Item, list[_Item], Sheet, Place], bool] | None,
) -> tuple[_Item, ...]:
    """The items that pass their check, in order of time, without those that stand twice."""
    placed = [(place, replace(item, time=hours_after(start, time))) for place, time, item in items]
    kept: list[_Item] = []
    same: list[_Item] = []
    for place, item in sorted(placed, key=lambda pair: pair[1].time):
        try:
            check(item, name)
        except InputError as error:
            sheet.refuse(place, error.field, error)
            continue
        if same and same[-1].time != item.time:
            same = []
        if twin is not None and twin(item, same, sheet, place):
            continue
        kept.append(item)
        same.append(item)
    return tuple(kept)


def _same_covariate(item: CovariateValue, others: list[CovariateValue], sheet: Sheet, place: Place) -> bool:
    """A value that stands twice is taken once; two values at one time are not chosen between, the first stays."""
    for other in others:
        if other.name == item.name:
            reason = "exchange_duplicate" if other.value == item.value else "exchange_two_values"
            sheet.reject(place, item.name, reason, value=item.value, first=other.value)
            return True
    return False


def _same_level(item: Level, others: list[Level], sheet: Sheet, place: Place) -> bool:
    for other in others:
        if other.value == item.value and other.below_limit == item.below_limit:
            sheet.reject(place, "level", "exchange_duplicate", value=item.value)
            return True
    return False


def _check_level(level: Level, name: str) -> None:
    for unit in CONCENTRATION_UNITS:
        try:
            level.value.to(unit)
        except InputError:
            continue
        break
    else:
        raise InputError(name, "unit_mismatch", unit=level.value.unit, wanted=CONCENTRATION_UNITS[0])
    if level.value.value <= 0:
        raise InputError(name, "level_not_positive", value=str(level.value))
