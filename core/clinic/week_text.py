"""Doses that differ over the week as one text, Monday to Sunday: `5 / 2.5 / 5 / 2.5 / 5 / 2.5 / 2.5`."""

from __future__ import annotations

from core.errors import InputError
from core.units import format_number, parse_typed_number

DAYS = 7
_BETWEEN = "/"


def is_week(text: str) -> bool:
    """Whether a text is meant as the doses of a week."""
    return _BETWEEN in text


def number_of_doses(text: str) -> int:
    """How many doses a text tells."""
    return text.count(_BETWEEN) + 1


def read_week(text: str, where: str, number: int = DAYS) -> tuple[float, ...]:
    """The seven numbers of a text; 0 is a day without a dose.

    Args:
        text: as typed.
        where: the field it was typed into.
        number: of doses, of a round that is no week.

    Raises:
        InputError: naming the field: not seven, one that is no number or below zero, nothing but zeros.
    """
    parts = text.split(_BETWEEN)
    if len(parts) != number:
        raise InputError(where, "week_needs_seven", value=str(len(parts)))
    doses = tuple(parse_typed_number(part, where) for part in parts)
    if min(doses) < 0 or max(doses) == 0:
        raise InputError(where, "must_be_positive", value=text.strip()[:60])
    return doses


def week_text(doses: tuple[float, ...]) -> str:
    """The doses of a week, or of another round, as they are typed."""
    return f" {_BETWEEN} ".join(format_number(dose) for dose in doses)
