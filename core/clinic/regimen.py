"""Doses: what was given, what is planned, what was missed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.errors import InputError
from core.units import Quantity, format_number


class Route(StrEnum):
    """How a dose enters the body."""

    ORAL = "oral"
    INTRAVENOUS = "intravenous"
    INTRAMUSCULAR = "intramuscular"
    SUBCUTANEOUS = "subcutaneous"
    RECTAL = "rectal"
    INHALED = "inhaled"
    TRANSDERMAL = "transdermal"


class DoseStatus(StrEnum):
    """Whether a dose really entered the body."""

    GIVEN = "given"
    PLANNED = "planned"
    MISSED = "missed"


MOST_DOSES = 5000
MOST_IN_TURN = 28  # doses of one round
_DAYS = 7
_ROUNDING = 1e-6  # h
WEEK = 168.0  # h; from here on intervals are told in days


@dataclass(frozen=True)
class Dose:
    """One dose, or a row of equal doses at equal intervals."""

    time: float  # hours after the start of the case
    amount: Quantity
    route: Route
    duration: Quantity | None = None  # of an infusion
    every: Quantity | None = None
    count: int = 1
    status: DoseStatus = DoseStatus.GIVEN
    steady_state: bool = False

    @property
    def milligrams(self) -> float:
        """Amount of one dose, mg."""
        return self.amount.to("mg")

    @property
    def hours(self) -> float:
        """Duration of the infusion, h; 0 for anything else."""
        return 0.0 if self.duration is None else self.duration.to("h")

    @property
    def interval(self) -> float | None:
        """Hours between the doses of the row."""
        return None if self.every is None else self.every.to("h")

    @property
    def last_time(self) -> float:
        """Time of the last dose of the row, h."""
        return self.time + (self.count - 1) * (self.interval or 0.0)


def check_dose(dose: Dose, field: str) -> None:
    """Refuse a dose that cannot have been given.

    Raises:
        InputError: naming the part of `field`.
    """
    for name, quantity, unit in (
        ("amount", dose.amount, "mg"),
        ("duration", dose.duration, "h"),
        ("every", dose.every, "h"),
    ):
        if quantity is None:
            continue
        try:
            number = quantity.to(unit)
        except InputError as error:
            raise InputError(f"{field}.{name}", error.reason, **error.values) from None
        if number <= 0:
            raise InputError(f"{field}.{name}", "must_be_positive", value=str(quantity))
    if not 1 <= dose.count <= MOST_DOSES:
        raise InputError(f"{field}.count", "count_impossible", value=str(dose.count), high=str(MOST_DOSES))
    if dose.every is None and (dose.count > 1 or dose.steady_state):
        raise InputError(f"{field}.every", "interval_needed")
    if dose.duration is not None and dose.route is not Route.INTRAVENOUS:
        raise InputError(f"{field}.duration", "duration_needs_intravenous", route=dose.route.value)


def expand(doses: Iterable[Dose]) -> list[Dose]:
    """Write rows of doses out one by one, in order of time; missed doses are left out."""
    single = []
    for dose in doses:
        if dose.status is DoseStatus.MISSED:
            continue
        for index in range(dose.count):
            time = dose.time + index * (dose.interval or 0.0)
            steady = dose.steady_state and index == 0
            single.append(replace(dose, time=time, count=1, every=dose.every if steady else None, steady_state=steady))
    return sorted(single, key=lambda dose: dose.time)


def rows_in_turn(rows: Sequence[Dose]) -> tuple[tuple[Dose, ...], ...]:
    """The rows that make up unequal doses given in turn until last, by the places of a round, the next one due first;
    a place without a row is one without a dose. Empty where none do.

    Each row must have been repeated, or go on where one ended, lest a change of dose be taken for it; of a week's, also
    those are told that fill it, or that began together and are more than two: these replace what had ended before.

    Args:
        rows: of doses that entered the body, each with an interval.
    """
    last = max(rows, key=lambda dose: dose.last_time, default=None)
    if last is None or last.interval is None:
        return ()
    interval = last.interval
    alike = [
        dose
        for dose in rows
        if dose.interval == interval
        and (dose.route, dose.hours) == (last.route, last.hours)
        and dose.last_time > last.last_time - interval + _ROUNDING
    ]
    newest = max(dose.time for dose in alike)
    begun = [dose for dose in alike if dose.time > newest - interval + _ROUNDING]
    if len(begun) > 2 and not all(_goes_on(dose, rows, same=True) for dose in begun):
        alike = [dose for dose in alike if dose.last_time > min(one.time for one in begun) - _ROUNDING]
    week = interval == WEEK and (len(alike) == _DAYS or 2 < len(alike) == len(begun))
    if len(alike) < 2 or not (week or all(dose.count > 1 or _goes_on(dose, rows) for dose in alike)):
        return ()
    return _places(alike, interval)


def _goes_on(dose: Dose, rows: Sequence[Dose], *, same: bool = False) -> bool:
    """Whether a row begins when the next dose of another was due; `same`: with the same dose."""
    return any(
        other.interval == dose.interval
        and abs(other.last_time + (other.interval or 0.0) - dose.time) < _ROUNDING
        and not (same and other.milligrams != dose.milligrams)
        for other in rows
    )


def _places(rows: Sequence[Dose], interval: float) -> tuple[tuple[Dose, ...], ...]:
    """Rows by the fewest equal parts of their interval at whose starts all of them fall."""
    first = min(dose.last_time for dose in rows)
    for number in range(1, MOST_IN_TURN + 1):
        step = interval / number
        at = [round((dose.last_time - first) / step) for dose in rows]
        if all(
            abs(dose.last_time - first - place * step) < _ROUNDING for dose, place in zip(rows, at, strict=True)
        ) and all(place < number for place in at):
            places = range(number)
            return tuple(tuple(dose for dose, own in zip(rows, at, strict=True) if own == place) for place in places)
    return ()


def given(doses: Iterable[Dose]) -> list[Dose]:
    """Keep the rows that entered the body."""
    return [dose for dose in doses if dose.status is DoseStatus.GIVEN]


def describe_interval(hours: float) -> str:
    """An interval between doses as text for a message: `12 h`, from a week on in days: `21 d`."""
    return f"{format_number(hours / 24.0)} d" if hours >= WEEK and hours % 24.0 == 0.0 else f"{format_number(hours)} h"


def describe_time(hours: float) -> str:
    """Write a case time as text for a message: `71.5 h`."""
    return f"{format_number(hours, 6)} h"
