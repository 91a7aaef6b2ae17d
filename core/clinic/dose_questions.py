"""Doubts about doses and the times of levels: amounts that do not exist, rows entered twice, samples at odd moments."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from core.clinic.alert import Alert, Severity
from core.clinic.case import Case
from core.clinic.level import Level
from core.clinic.plausibility import ADULT_AGE
from core.clinic.regimen import Dose, DoseStatus, Route, describe_time, expand
from core.units import format_dose

_SAME_TIME = 10.0 / 60.0  # h; two equal entries closer than this are asked about (hazard H9)
_DISTRIBUTION = 0.5  # h after an infusion in which a level says little (hazard H6)
_LONG_AFTER = 2.5  # intervals after the last dose; later a dose was probably left out (hazard H8)
_AN_INTERVAL = 24.0  # h, where a row has none
_ROUNDING = 1e-9


_ABSURD = 20.0  # times the largest usual dose: a slip of the unit, not a dose (hazard H2)
_SHORTEST_INTERVAL = 1.0  # h


@dataclass(frozen=True)
class UsualDoses:
    """How a drug is given: routes, the smallest strength and the largest single dose, mg."""

    routes: tuple[Route, ...]
    least: float
    most: float


def level_questions(case: Case) -> list[Alert]:
    """Doubts about the time of each level in use, and about levels entered twice (hazards H6, H8, H9)."""
    doses = expand(case.given_doses)
    alerts = []
    for index, level in enumerate(case.levels):
        if not level.use:
            continue
        about = f"levels[{index}]"
        gaps = {"time": describe_time(level.time), "value": str(level.value)}
        alerts += [Alert(severity, name, gaps, about) for severity, name in _odd_time(level, doses)]
        twins = [other for other in case.levels[:index] if abs(other.time - level.time) <= _SAME_TIME]
        if any(other.value == level.value for other in twins):
            alerts.append(Alert(Severity.CAUTION, "level_entered_twice", gaps, about))
        elif twins:
            alerts.append(Alert(Severity.CAUTION, "levels_at_once", gaps, about))
    return alerts


def _odd_time(level: Level, doses: list[Dose]) -> Iterable[tuple[Severity, str]]:
    earlier = [dose for dose in doses if dose.time < level.time]
    if not earlier and any(dose.steady_state and dose.time == level.time for dose in doses):
        return  # the trough of a steady state that was reached long before
    if not earlier:
        yield Severity.STOP, "level_before_first_dose"
        return
    end = earlier[-1].time + earlier[-1].hours
    if level.time < end - _ROUNDING:
        yield Severity.CAUTION, "level_during_infusion"
    elif earlier[-1].route is Route.INTRAVENOUS and level.time < end + _DISTRIBUTION - _ROUNDING:
        yield Severity.CAUTION, "level_in_distribution"
    gap = (earlier[-1].time - earlier[-2].time) if len(earlier) > 1 else _AN_INTERVAL
    if level.time > earlier[-1].time + _LONG_AFTER * max(gap, _AN_INTERVAL / 2):
        yield Severity.CAUTION, "level_long_after_dose"


def dose_questions(case: Case, usual: UsualDoses | None) -> list[Alert]:
    """Doubts about amounts, routes, repeats and the status of doses (hazards H1, H2, H8, H9, H16, H17)."""
    return [*_repeats(case), *_forgotten(case), *_overdue(case), *([] if usual is None else _unusual(case, usual))]


def _repeats(case: Case) -> list[Alert]:
    for one, two in itertools.pairwise(expand(case.given_doses)):
        if two.time - one.time <= _SAME_TIME:
            gaps = {"time": describe_time(two.time), "dose": str(two.amount), "other": str(one.amount)}
            name = "dose_entered_twice" if one.amount == two.amount else "doses_at_once"
            return [Alert(Severity.CAUTION, name, gaps, "doses")]
    return []


def _forgotten(case: Case) -> list[Alert]:
    """A steady state is that of its own row; of a row that goes on beside it, the doses before would be forgotten."""
    rows = case.given_doses
    for row in (row for row in rows if row.steady_state):
        for other in rows:
            until = other.last_time + ((other.interval or 0.0) - 2 * _ROUNDING if other.steady_state else 0.0)
            if other.time < row.time - _ROUNDING <= until:
                gaps = {"time": describe_time(row.time), "dose": str(row.amount), "other": str(other.amount)}
                return [Alert(Severity.STOP, "steady_state_beside_other", gaps, "doses")]
    return []


def _overdue(case: Case) -> list[Alert]:
    """A planned dose before something that has happened since: was it given?"""
    past = max([level.time for level in case.levels] + [dose.last_time for dose in case.given_doses], default=0.0)
    planned = [dose for dose in case.doses if dose.status is DoseStatus.PLANNED and dose.time < past - _ROUNDING]
    return [
        Alert(
            Severity.CAUTION,
            "dose_planned_in_past",
            {"time": describe_time(dose.time), "dose": str(dose.amount)},
            "doses",
        )
        for dose in planned[:1]
    ]


def _unusual(case: Case, usual: UsualDoses) -> list[Alert]:
    least = usual.least if case.age_at(0.0) >= ADULT_AGE else 0.0
    gaps = {"low": format_dose(usual.least), "high": format_dose(usual.most)}
    amounts = {dose.milligrams for dose in case.given_doses}
    alerts = [
        Alert(
            Severity.STOP if amount > _ABSURD * usual.most else Severity.CAUTION,
            "dose_unusual",
            {"dose": format_dose(amount), **gaps},
            "doses",
        )
        for amount in sorted(amounts)
        if not least * (1 - _ROUNDING) <= amount <= usual.most * (1 + _ROUNDING)
    ]
    short = [dose for dose in case.given_doses if dose.interval is not None and dose.interval < _SHORTEST_INTERVAL]
    alerts += [
        Alert(
            Severity.STOP,
            "interval_too_short",
            {"every": str(dose.every), "low": describe_time(_SHORTEST_INTERVAL)},
            "doses",
        )
        for dose in short[:1]
    ]
    routes = {dose.route for dose in case.given_doses} - set(usual.routes)
    return alerts + [
        Alert(Severity.CAUTION, "route_unusual", {"route": route.value}, "doses") for route in sorted(routes)
    ]
