"""The regimens that can really be given, and the limits each must keep."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.advise.limits import broken, label_limits
from core.advise.recommendation import Regimen, doses_in_turn
from core.clinic.alert import Alert
from core.clinic.case import Case
from core.clinic.regimen import Dose, DoseStatus, describe_interval, rows_in_turn
from core.drugs.model import GivenAs, Limits
from core.units import Quantity, format_dose, format_total

_DAY = 24.0  # h
_ROUNDING = 1e-9
# Days of the week, 0 a Monday, of the dose given on fewer of them, as far apart as they can be.
_DAYS_OF_FEWER = {1: (0,), 2: (0, 3), 3: (0, 2, 4)}


def current_regimen(case: Case) -> Regimen | None:
    """The row of doses given last, carried on from the next dose due; None when no row repeats."""
    rows = [dose for dose in case.given_doses if dose.interval]
    if not rows:
        return None
    turns = rows_in_turn(rows)
    if turns:
        return _carried_on(turns, case)
    last = max(rows, key=lambda dose: dose.last_time)
    assert last.interval is not None
    return Regimen(last.milligrams, last.interval, last.route, last.hours, case.now)


def _carried_on(turns: Sequence[Sequence[Dose]], case: Case) -> Regimen:
    """Doses in turn from now on; when the next one due is passed by days or places, with the one that now comes."""
    first = turns[0][0]
    assert first.interval is not None
    every, due = first.interval / len(turns), first.last_time + first.interval
    by_days = every == _DAY
    passed = (
        (case.clock(case.now).date() - case.clock(due).date()).days
        if by_days
        else math.floor((case.now - due) / every + _ROUNDING)
    )
    place = passed % len(turns)
    amounts = [math.fsum(dose.milligrams for dose in rows) for rows in (*turns[place:], *turns[:place])]
    plain = Regimen(max(amounts), every, first.route, first.hours, case.now)
    return doses_in_turn(amounts, plain, case.clock(case.now).weekday() if by_days else None)


WAITS = (0.0, 12.0, 24.0)  # h; how long the next dose may be put off while the drug still covers the patient


def candidates(
    given_as: Sequence[GivenAs],
    first_dose: float,
    *,
    every_duration: bool = False,
    waits: Sequence[float] = (0.0,),
    loading: bool = False,
    last_single: float | None = None,
) -> list[Regimen]:
    """Every regimen the drug comes in: strengths, intervals, routes, infusion times that keep the highest rate.

    Args:
        given_as: how the drug is given.
        first_dose: case time of the next dose, h.
        every_duration: all allowed infusion times instead of the shortest; where the peak or the time above a limit
            counts.
        waits: hours the first dose may be put off.
        loading: whether the treatment may begin with a larger dose, where the drug knows one.
        last_single: case time of the last dose, h, where it has no interval of its own: the regimen may then also begin
            one of its intervals later.
    """
    found = []
    for form in given_as:
        for amount in form.doses:
            allowed = durations_of(form, amount)
            for duration in allowed if every_duration else allowed[:1]:
                plain = [
                    Regimen(amount, every, form.route, duration, first_dose + wait)
                    for every in form.every
                    for wait in _waits(waits, last_single, every, first_dose)
                ]
                found += plain
                if loading:
                    found += [item for one in plain for item in _loaded(form, one)]
    return found


def week_patterns(given_as: Sequence[GivenAs], case: Case, first_dose: float) -> list[Regimen]:
    """Unequal doses over a week where the drug is given so: two neighbouring numbers of half tablets of one strength,
    up to two tablets, spread evenly over fixed days of the week.

    Args:
        given_as: how the drug is given.
        case: the patient, for the calendar.
        first_dose: case time of the next dose, h.
    """
    weekday = case.clock(first_dose).weekday()
    found = []
    for form in given_as:
        pairs = [
            (number * tablet / 2.0, (number + 1) * tablet / 2.0) for tablet in form.week_of for number in range(1, 4)
        ]
        known = [pair for pair in pairs if all(any(math.isclose(one, dose) for dose in form.doses) for one in pair)]
        for low, high in dict.fromkeys(known):
            plain = Regimen(high, _DAY, form.route, first_dose=first_dose)
            for few, many in ((high, low), (low, high)):
                weeks = [[few if day in days else many for day in range(7)] for days in _DAYS_OF_FEWER.values()]
                found += [doses_in_turn([*week[weekday:], *week[:weekday]], plain, weekday) for week in weeks]
    return found


def _waits(waits: Sequence[float], last_single: float | None, every: float, first_dose: float) -> list[float]:
    due = 0.0 if last_single is None else last_single + every - first_dose
    return [*waits, due] if due > 0 and due not in waits else [*waits]


def _loaded(form: GivenAs, regimen: Regimen) -> list[Regimen]:
    """The same regimen begun with each larger first dose, infused no faster than allowed."""
    return [
        replace(regimen, loading=load, loading_duration=max(regimen.duration, durations_of(form, load)[0]))
        for load in form.loading
        if load > regimen.amount and durations_of(form, load)
    ]


def durations_of(form: GivenAs, amount: float) -> list[float]:
    """Infusion times (h) of a dose (mg) that keep the highest rate, the shortest first."""
    return sorted(
        hours for hours in form.durations if form.fastest is None or amount <= form.fastest * hours * (1 + 1e-9)
    )


def planned_doses(regimen: Regimen, until: float) -> tuple[Dose, ...]:
    """The planned doses from the first one up to, but not at, a case time: a loading dose, then the row."""
    if until <= regimen.first_dose:
        return ()
    count = max(1, math.ceil((until - regimen.first_dose) / regimen.every - 1e-9))
    if regimen.cycle:
        return _in_turn(regimen, count)
    if not regimen.loading:
        return (_planned(regimen, regimen.first_dose, regimen.amount, regimen.duration, count),)
    first = _planned(regimen, regimen.first_dose, regimen.loading, regimen.loading_duration, 1)
    later = regimen.first_dose + regimen.every
    return (first, *([_planned(regimen, later, regimen.amount, regimen.duration, count - 1)] if count > 1 else []))


def _in_turn(regimen: Regimen, count: int) -> tuple[Dose, ...]:
    """Unequal doses: a row for each place of the round."""
    size = len(regimen.cycle)
    rows = []
    for place, amount in enumerate(regimen.cycle[:count]):
        if amount:
            time = regimen.first_dose + place * regimen.every
            row = _planned(regimen, time, amount, regimen.duration, math.ceil((count - place) / size))
            rows.append(replace(row, every=Quantity(regimen.every * size, "h")))
    return tuple(rows)


def _planned(regimen: Regimen, time: float, amount: float, duration: float, count: int) -> Dose:
    return Dose(
        time=time,
        amount=Quantity(amount, "mg"),
        route=regimen.route,
        duration=Quantity(duration, "h") if duration else None,
        every=Quantity(regimen.every, "h"),
        count=count,
        status=DoseStatus.PLANNED,
    )


def limits_met(regimen: Regimen, limits: Limits) -> tuple[Alert, ...]:
    """Which of the label's limits the regimen breaks, each with the value and its source."""
    return broken(regimen, label_limits(limits))


def describe(regimen: Regimen) -> dict[str, str]:
    """Values of a regimen for a message: dose, interval, total per day, loading dose; unequal doses from Monday to
    Sunday, as they are typed, else in turn.
    """
    turns = [format_dose(amount).removesuffix(" mg") for amount in regimen.by_weekday or regimen.cycle]
    return {
        "dose": f"{' / '.join(turns)} mg" if turns else format_dose(regimen.amount),
        "every": describe_interval(regimen.every),
        "daily": format_total(regimen.per_day),
        "loading": format_dose(regimen.loading),
    }


def same_regimen(one: Regimen, other: Regimen | None) -> bool:
    """Whether two regimens give the same dose as often by the same route, over as long, from the same time on."""
    return one == other


def distinct(regimens: Iterable[Regimen]) -> list[Regimen]:
    """Drop repeats, keeping the first."""
    return list(dict.fromkeys(regimens))
