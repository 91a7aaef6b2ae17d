"""Numbers of a compound file, each with the range it must keep."""

from __future__ import annotations

from core.clinic.strict_yaml import Entry


def positive(entry: Entry) -> float:
    """A number above 0; raises DrugFileError with the line."""
    number = entry.number()
    if number <= 0:
        raise entry.error(f"must be positive, is {entry.text}")
    return number


def positive_rate(entry: Entry) -> float:
    """A rate above 0, 1/h; raises DrugFileError with the line."""
    number = entry.quantity("1/h")
    if number <= 0:
        raise entry.error(f"must be positive, is {entry.text}")
    return number


def between(entry: Entry, low: float, high: float) -> float:
    """A number from `low` to `high`; raises DrugFileError with the line."""
    number = entry.number()
    if not low <= number <= high:
        raise entry.error(f"must lie between {low:g} and {high:g}, is {entry.text}")
    return number


def optional_clearance(entry: Entry | None) -> float:
    """A clearance in L/h, 0 where none is given; raises DrugFileError with the line."""
    if entry is None:
        return 0.0
    number = entry.quantity("L/h")
    if number < 0:
        raise entry.error("a clearance cannot be negative: it would make drug out of nothing")
    return number


def pathways(entry: Entry) -> dict[str, float]:
    """Clearances by enzyme, L/h; raises DrugFileError with the line."""
    return {enzyme: optional_clearance(value) for enzyme, value in entry.fields.items()}
