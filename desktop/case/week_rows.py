"""A week of unequal doses typed into one row of given doses, written out as a row for each day."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

from core.clinic.regimen import WEEK
from core.clinic.week_text import DAYS, read_week
from core.errors import InputError
from core.units import format_number, parse_typed_number
from desktop.case.draft import DoseRow
from desktop.case.number_text import number_text
from desktop.case.times import write_time


def check_week_row(row: DoseRow, where: str) -> tuple[tuple[float, ...], int]:
    """The doses from Monday to Sunday and the number of days of a row.

    Args:
        row: as typed; its amount holds the doses.
        where: of the row.

    Raises:
        InputError: naming the part of the row that does not go with a week.
    """
    week = read_week(row.amount, f"{where}.amount")
    if row.every.strip() and (parse_typed_number(row.every, f"{where}.every"), row.every_unit) not in _DAILY:
        raise InputError(f"{where}.every", "week_needs_days")
    if row.steady_state:
        raise InputError(f"{where}.amount", "week_not_steady")
    count = parse_typed_number(row.count, f"{where}.count")
    if count < DAYS or count != int(count):
        raise InputError(f"{where}.count", "week_needs_count", value=row.count.strip())
    return week, int(count)


_DAILY = ((24.0, "h"), (1.0, "day"))


def week_rows(row: DoseRow, where: str, first: dt.datetime) -> list[DoseRow]:
    """One row for each day with a dose, each given again after seven days.

    Args:
        row: as typed, without a fault.
        where: of the row.
        first: when the first of the doses is given.

    Raises:
        InputError: as `check_week_row`.
    """
    week, count = check_week_row(row, where)
    rows = []
    for place in range(DAYS):
        dose = week[(first.weekday() + place) % DAYS]
        if dose:
            rows.append(
                replace(
                    row,
                    when=write_time(first + dt.timedelta(days=place)),
                    amount=number_text(dose),
                    every=format_number(WEEK / 24.0),
                    every_unit="day",
                    count=str(math.ceil((count - place) / DAYS)),
                )
            )
    return rows
