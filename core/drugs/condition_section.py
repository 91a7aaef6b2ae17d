"""Conditions on a patient as a drug file writes them, and the covariates they name."""

from __future__ import annotations

import math

from core.clinic.covariate import CATALOGUE, kind_of
from core.clinic.patient import Ethnicity, Sex
from core.clinic.strict_yaml import Entry
from core.drugs.covariates import DERIVED_UNITS
from core.drugs.relations import CO_MEDICATION, Condition, Criterion
from core.errors import InputError

CONDITION_KEYS = ("is", "one_of", "any_of", "none_of", "from", "below")


def read_conditions(entry: Entry, key: str) -> tuple[Condition, ...]:
    """Read the list of conditions under a key, empty where it is missing; raises DrugFileError with the line."""
    if key not in entry:
        return ()
    found = []
    for item in entry[key].items:
        item.only("by", *CONDITION_KEYS)
        found.append(_stated(item))
    return tuple(found)


def read_criteria(entry: Entry, key: str) -> tuple[Criterion, ...]:
    """Read what a patient must be like, all of a list: conditions, or `enough` of several, of which one may count more.

    Raises:
        DrugFileError: with the line.
    """
    return tuple(_criterion(item) for item in entry[key].items) if key in entry else ()


def _criterion(item: Entry) -> Criterion:
    if "of" not in item:
        item.only("by", *CONDITION_KEYS)
        return Criterion(((_stated(item), 1),), 1)
    item.only("enough", "of")
    counted = []
    for one in item["of"].items:
        one.only("by", "counts", *CONDITION_KEYS)
        counted.append((_stated(one), int(one["counts"].number()) if "counts" in one else 1))
    enough = int(item["enough"].number())
    if not 1 <= enough <= sum(counts for _, counts in counted):
        raise item["enough"].error("can never be reached, or always is")
    return Criterion(tuple(counted), enough)


def _stated(entry: Entry) -> Condition:
    condition = read_condition(entry)
    assert condition is not None  # without `optional` a missing condition is an error
    return condition


def read_condition(entry: Entry, *, optional: bool = False) -> Condition | None:
    """Read one condition; with `optional` None when the entry states none of its own.

    Raises:
        DrugFileError: with the line.
    """
    by = entry["by"].text
    if by == CO_MEDICATION:
        taken, absent = (
            tuple(item.text for item in entry[name].items) if name in entry else () for name in ("any_of", "none_of")
        )
        if not taken and not absent and not optional:
            raise entry.error("'any_of' or 'none_of' names the other drugs")
        return Condition(by, one_of=taken, none_of=absent) if taken or absent else None
    if any(name in entry for name in ("is", "when", "one_of")):
        chosen = entry.get("is") or entry.get("when")
        listed = (chosen,) if chosen is not None else entry["one_of"].items
        for item in listed:
            check_choices(by, Entry(item.path, item.line, item.name, (item,)))
        return Condition(by, one_of=tuple(item.text for item in listed))
    if "from" not in entry and "below" not in entry:
        if optional:
            return None
        raise entry.error("'is', 'one_of', 'from' or 'below' states the condition")
    unit = covariate_unit(by, entry["by"])
    low, high = (in_unit(entry[name], unit) if name in entry else None for name in ("from", "below"))
    return Condition(by, low=-math.inf if low is None else low, high=math.inf if high is None else high)


def check_choices(name: str, choices: Entry) -> None:
    """Refuse choices a covariate does not have; raises DrugFileError."""
    known = {"sex": tuple(Sex), "ethnicity": tuple(Ethnicity)}.get(name) or getattr(CATALOGUE.get(name), "choices", ())
    if not known:
        raise choices.error(f"'{name}' is not a covariate with choices")
    for item in choices.items:
        item.choice(*known)


def covariate_unit(name: str, entry: Entry) -> str:
    """Base unit of a covariate a drug file names; raises DrugFileError when it is unknown."""
    if name in DERIVED_UNITS:
        return DERIVED_UNITS[name]
    try:
        return kind_of(name).unit
    except InputError:
        raise entry.error(f"unknown covariate '{name}'; known: {', '.join([*CATALOGUE, *DERIVED_UNITS])}") from None


def in_unit(entry: Entry, unit: str) -> float:
    """A number in a unit; a bare one where the unit is 1. Raises DrugFileError with the line."""
    return entry.number() if unit == "1" else entry.quantity(unit)
