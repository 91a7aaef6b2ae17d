"""Case times as people type them, and as they are shown again."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from core.clinic.case_checks import FURTHEST_TIME
from core.clinic.case_reader import FIRST_YEAR, LAST_YEAR
from core.errors import InputError
from core.units import format_number, parse_typed_number
from desktop.case.number_text import number_text

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CLOCK = re.compile(r"(?P<h>\d{1,2}):(?P<m>\d{2})")
_FOUR_DIGITS = re.compile(r"(?P<h>\d{2})(?P<m>\d{2})")
_THREE_DIGITS = re.compile(r"\d{3}")
_BEFORE_NOW = re.compile(r"t\s*(?P<sign>[-+])\s*(?P<number>[0-9.,]+)\s*(?P<unit>h|min|d)", re.IGNORECASE)
_HOURS = re.compile(r"\+?(?P<number>-?[0-9.,]+)\s*(?P<unit>h|d)?", re.IGNORECASE)
_DATE = re.compile(
    r"(?:(?P<y>\d{4})[-/.](?P<mo>\d{1,2})[-/.](?P<d>\d{1,2})|(?P<d2>\d{1,2})-(?P<mon>[A-Za-z]{3})(?:-(?P<y2>\d{4}))?"
    r"|(?P<mo3>\d{1,2})-(?P<d3>\d{1,2}))(?:[ T]+(?P<time>\S+))?",
)
_HOURS_OF = {"h": 1.0, "min": 1.0 / 60.0, "d": 24.0}


@dataclass(frozen=True)
class Moment:
    """What a typed time is measured from: start of the case, the present, the day of a bare clock time."""

    start: dt.datetime | None
    now: dt.datetime
    day: dt.date

    @property
    def zone(self) -> dt.tzinfo | None:
        """Offset of every clock time of the case."""
        return (self.start or self.now).tzinfo


def read_hours(text: str, moment: Moment, field: str) -> float:
    """Read a typed time as hours after the start of the case, exactly as typed where hours were typed.

    Raises:
        InputError: names `field`.
    """
    when = read_time(text, moment, field)
    if isinstance(when, dt.datetime):
        if moment.start is None:
            raise InputError(field, "time_needs_first_dose", value=text)
        when = (when - moment.start) / dt.timedelta(hours=1)
    return _within_reach(when, field, text)


def _within_reach(hours: float, field: str, text: str) -> float:
    """Refuse a time further away than a case can reach, which the calendar may not even hold."""
    if abs(hours) > FURTHEST_TIME:
        raise InputError(field, "time_impossible", value=text.strip()[:40], high=f"{format_number(FURTHEST_TIME)} h")
    return hours


def read_time(text: str, moment: Moment, field: str) -> dt.datetime | float:
    """Read a time a person typed; a number of hours after the start of the case stays a number.

    Accepted: `0730`, `7:30`, `2026-07-09 07:30`, `9-Jul 7:30`, `t-2h`, `now`, `71.5 h`.

    Raises:
        InputError: names `field`; nothing is guessed, `730` may be half past seven or hours.
    """
    body = text.strip()
    if not body:
        raise InputError(field, "time_empty")
    if not body.isascii():
        raise InputError(field, "time_unreadable", value=body)
    if body.lower() in {"now", "t"}:
        return moment.now.replace(second=0, microsecond=0)
    relative = _BEFORE_NOW.fullmatch(body)
    if relative is not None:
        hours = parse_typed_number(relative["number"], field) * _HOURS_OF[relative["unit"].lower()]
        _within_reach(hours, field, body)
        shift = dt.timedelta(hours=-hours if relative["sign"] == "-" else hours)
        return (moment.now + shift).replace(second=0, microsecond=0)
    clock = _CLOCK.fullmatch(body) or _FOUR_DIGITS.fullmatch(body)
    if clock is not None:
        return _at(moment.day, clock, moment, field, body)
    if _THREE_DIGITS.fullmatch(body):
        raise InputError(field, "time_ambiguous", value=body, clock=f"{body[0]}:{body[1:]}", hours=f"{body} h")
    date = _DATE.fullmatch(body)
    if date is not None:
        return _on_date(date, moment, field, body)
    hours_match = _HOURS.fullmatch(body)
    if hours_match is not None:
        return _after_start(hours_match, moment, field, body)
    raise InputError(field, "time_unreadable", value=body)


def _at(day: dt.date, clock: re.Match[str], moment: Moment, field: str, body: str) -> dt.datetime:
    try:
        return dt.datetime(day.year, day.month, day.day, int(clock["h"]), int(clock["m"]), tzinfo=moment.zone)
    except ValueError:
        raise InputError(field, "time_unreadable", value=body) from None


def _on_date(match: re.Match[str], moment: Moment, field: str, body: str) -> dt.datetime:
    try:
        day = date_of(match, moment.day.year)
    except ValueError:
        raise InputError(field, "time_unreadable", value=body) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InputError(field, "date_impossible", value=body)
    if match["time"] is None:
        raise InputError(field, "time_needs_clock", value=body)
    clock = _CLOCK.fullmatch(match["time"]) or _FOUR_DIGITS.fullmatch(match["time"])
    if clock is None:
        try:
            full = dt.datetime.fromisoformat(body)
        except ValueError:
            raise InputError(field, "time_unreadable", value=body) from None
        return full if full.tzinfo is not None else full.replace(tzinfo=moment.zone)
    return _at(day, clock, moment, field, body)


def date_of(match: re.Match[str], year: int) -> dt.date:
    """Build the date a match of the date pattern names; without a year, `year` is meant.

    Raises:
        ValueError: no such day.
    """
    if match["y"]:
        return dt.date(int(match["y"]), int(match["mo"]), int(match["d"]))
    if match["mon"]:
        month = MONTHS.index(match["mon"].capitalize()) + 1
        return dt.date(int(match["y2"] or year), month, int(match["d2"]))
    return dt.date(year, int(match["mo3"]), int(match["d3"]))


def _after_start(match: re.Match[str], moment: Moment, field: str, body: str) -> float:
    if moment.start is None:
        raise InputError(field, "time_needs_first_dose", value=body)
    number = match["number"]
    sign = -1.0 if number.startswith("-") else 1.0
    return sign * parse_typed_number(number.removeprefix("-"), field) * _HOURS_OF[(match["unit"] or "h").lower()]


def read_birth(text: str, today: dt.date) -> dt.date | float:
    """Read a date of birth (`1955-05-03`, `03-May-1955`) or an age in years (`71`).

    Raises:
        InputError: of field `birth`.
    """
    body = text.strip()
    match = _DATE.fullmatch(body) if body.isascii() else None
    if match is None or match["time"] is not None or not (match["y"] or match["y2"]):
        age = re.fullmatch(r"([0-9.,]+)\s*(y|year|years|岁)?", body)
        return parse_typed_number(age[1] if age is not None else body, "birth")
    try:
        born = date_of(match, today.year)
    except ValueError:
        raise InputError("birth", "date_impossible", value=body) from None
    if born > today:
        raise InputError("birth", "born_in_future", value=body)
    return born


def write_time(moment: dt.datetime) -> str:
    """Write a time the way the fields keep it, to the second only when it has seconds."""
    return moment.strftime("%Y-%m-%d %H:%M" if moment.second == 0 else "%Y-%m-%d %H:%M:%S")


def write_case_time(hours: float, start: dt.datetime) -> str:
    """Write a case time for a field without losing anything: a clock time when it is whole minutes, else hours."""
    moment = start + dt.timedelta(hours=hours)
    exact = (moment - start) / dt.timedelta(hours=1)
    if exact == hours and moment.second == 0 and moment.microsecond == 0:
        return write_time(moment)
    return f"{number_text(hours)} h"


def show_time(moment: dt.datetime, language: str, *, year: bool = False) -> str:
    """Write a time for reading: `06-Jul 08:00`, in Chinese `07-06 08:00`."""
    if language.startswith("zh"):
        return moment.strftime("%Y-%m-%d %H:%M" if year else "%m-%d %H:%M")
    day = f"{moment.day:02d}-{MONTHS[moment.month - 1]}"
    return f"{day}{f'-{moment.year}' if year else ''} {moment:%H:%M}"


def show_date(day: dt.date, language: str) -> str:
    """Write a date for reading: `13-Jul-2026`, in Chinese `2026-07-13`."""
    return day.isoformat() if language.startswith("zh") else f"{day.day:02d}-{MONTHS[day.month - 1]}-{day.year}"
