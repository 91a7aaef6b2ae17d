"""The regimens that can really be given, and the limits each must keep."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.advise.limits import broken, label_limits
from core.advise.recommendation import Regimen
from core.clinic.alert import Alert
from core.clinic.case import Case
from core.clinic.regimen import Dose, DoseStatus, describe_interval
from core.drugs.model import GivenAs, Limits
from core.units import Quantity, format_dose, format_total


def current_regimen(case: Case) -> Regimen | None:
    """The row of doses given last, carried on from the next dose due; None when no row repeats."""
    rows = [dose for dose in case.given_doses if dose.interval]
    if not rows:
        return None
    last = max(rows, key=lambda dose: dose.last_time)
    assert last.interval is not None
    return Regimen(last.milligrams, last.interval, last.route, last.hours, case.now)


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
    if not regimen.loading:
        return (_planned(regimen, regimen.first_dose, regimen.amount, regimen.duration, count),)
    first = _planned(regimen, regimen.first_dose, regimen.loading, regimen.loading_duration, 1)
    later = regimen.first_dose + regimen.every
    return (first, *([_planned(regimen, later, regimen.amount, regimen.duration, count - 1)] if count > 1 else []))


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
    """Values of a regimen for a message: dose, interval, total per day, loading dose."""
    daily = regimen.amount * 24.0 / regimen.every
    return {
        "dose": format_dose(regimen.amount),
        "every": describe_interval(regimen.every),
        "daily": format_total(daily),
        "loading": format_dose(regimen.loading),
    }


def same_regimen(one: Regimen, other: Regimen | None) -> bool:
    """Whether two regimens give the same dose as often by the same route, over as long, from the same time on."""
    return one == other


def distinct(regimens: Iterable[Regimen]) -> list[Regimen]:
    """Drop repeats, keeping the first."""
    return list(dict.fromkeys(regimens))
