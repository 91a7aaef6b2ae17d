"""Numbers and dates as other programs write them."""

from __future__ import annotations

import datetime as dt
import math
import re

from core.errors import InputError

MISSING = frozenset({"", ".", "na", "nan", "null"})  # in lower case
DATE_ORDER = {"DATE": "mdy", "DAT1": "dmy", "DAT2": "ymd", "DAT3": "ydm"}

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eEdD][+-]?[0-9]+)?")
_CENTURY_TURN = 50  # two-digit years below it are 20xx


def read_number(body: str, column: str) -> float:
    """A number as programs write it, exponent allowed (1.5E-3, also Fortran's D).

    Raises:
        InputError: naming the column.
    """
    if _NUMBER.fullmatch(body) is None:
        raise InputError(column, "exchange_number", value=body[:40])
    value = float(body.translate({68: "E", 100: "e"}))
    if not math.isfinite(value):
        raise InputError(column, "number_not_finite", value=body[:40])
    return value


def read_date(body: str, column: str) -> dt.date:
    """A date in the column's order: DATE month day year, DAT1 day month year, DAT2 year month day, DAT3 year day month.

    A day alone counts days from 1 January 2000; a date that begins with a four-digit year is year, month, day.

    Raises:
        InputError: naming the column.
    """
    parts = re.split(r"[/\-.]", body)
    try:
        if len(parts) == 1:
            return dt.date(2000, 1, 1) + dt.timedelta(days=int(read_number(body, column)))
        order = "ymd" if len(parts[0]) == 4 and column != "DAT3" else DATE_ORDER[column]
        named = {sign: int(part) for sign, part in zip(order, parts, strict=True)}  # ValueError unless three parts
        year = named["y"]
        if year < 100:
            year += 2000 if year < _CENTURY_TURN else 1900
        return dt.date(year, named["m"], named["d"])
    except (ValueError, OverflowError):
        raise InputError(column, "exchange_moment", value=body[:40]) from None
