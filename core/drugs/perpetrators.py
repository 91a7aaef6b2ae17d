"""Other drugs of a case that act on a whole-body compound's enzymes, each simulated in the patient's own body."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from core.clinic.alert import Alert, Severity
from core.clinic.case import Case
from core.clinic.level import CoMedication
from core.errors import InputError, OutOfDomain
from core.pbpk.compound import Compound, Perpetrator
from core.pbpk.enzyme_course import Stretch, Taken, stretches
from core.pbpk.individual import Individual, Traits
from core.pbpk.shelf import family
from core.units import Quantity, format_number

_KEPT = 64  # courses
_FROM_USUAL = 20.0  # fold: a dose further off is a slip of the pen
_INTERVALS = 4.0, 336.0  # h

Bodies = tuple[tuple[float, Individual], ...]


def enzyme_stretches(compound: Compound, case: Case, bodies: Bodies) -> tuple[Stretch, ...]:
    """Activity of the compound's enzymes beside the other drugs of a case; empty where none is simulated.

    Raises:
        InputError: an amount that is no mass.
        OutOfDomain: an amount or interval nobody takes the drug in.
        ModelError: the other drugs cannot be put into one body.
    """
    taken = tuple(item for known in compound.perpetrators for item in _taken(known, case.co_medication))
    if not taken:
        return ()
    since = min([0.0, *(dose.time for dose in case.doses)])
    return _stretches(taken, compound.activities, since, _Key(bodies))


def perpetrator_findings(compound: Compound, case: Case) -> list[Alert]:
    """What was taken for granted of the other drugs: a usual dose, or an effect nobody has measured."""
    found = []
    for known in compound.perpetrators:
        for item in case.co_medication:
            if item.drug != known.name:
                continue
            amount, every = _course(item, known)
            gaps = {"drug": known.name, "amount": f"{format_number(amount)} mg", "every": f"{format_number(every)} h"}
            if item.amount is None or item.every is None:
                found.append(Alert(Severity.NOTE, "perpetrator_usual_dose", gaps, "co_medication"))
            if known.predicted:
                found.append(Alert(Severity.CAUTION, "perpetrator_predicted", {"drug": known.name}, "co_medication"))
    return found


def _taken(known: Perpetrator, co_medication: Sequence[CoMedication]) -> list[Taken]:
    """The courses of one drug in order; where the next begins the one before is over."""
    rows = sorted((item for item in co_medication if item.drug == known.name), key=lambda item: item.start)
    courses = []
    for row, after in pairwise([*rows, None]):
        assert row is not None
        ends = [end for end in (row.until, None if after is None else after.start) if end is not None]
        until = min(ends) if ends else None
        if until is None or until > row.start:
            courses.append(Taken(known.name, *_course(row, known), row.start, until, known.potency))
    return courses


def _course(item: CoMedication, known: Perpetrator) -> tuple[float, float]:
    """Milligrams and hours between doses, as entered or as usual."""
    amount, every = known.usual
    taken = amount if item.amount is None else _milligrams(item.amount)
    interval = every if item.every is None else item.every.to("h")
    low, high = amount / _FROM_USUAL, amount * _FROM_USUAL
    if not low <= taken <= high:
        raise OutOfDomain(
            "co_medication.amount", str(item.amount), f"{format_number(low)} mg", f"{format_number(high)} mg"
        )
    if not _INTERVALS[0] <= interval <= _INTERVALS[1]:
        raise OutOfDomain("co_medication.every", str(item.every), *(f"{format_number(end)} h" for end in _INTERVALS))
    return taken, interval


def _milligrams(amount: Quantity) -> float:
    try:
        return amount.to("mg")
    except InputError as error:
        raise InputError("co_medication.amount", error.reason, **error.values) from None


class _Key:
    """Bodies that are equal where every number of theirs is."""

    def __init__(self, bodies: Bodies) -> None:
        self.bodies = bodies
        self._numbers = tuple((start, *_numbers(person)) for start, person in bodies)

    def __hash__(self) -> int:
        return hash(self._numbers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._numbers == other._numbers


def _numbers(value: object) -> tuple[float, ...]:
    if isinstance(value, (Individual, Traits)):
        return tuple(number for part in vars(value).values() for number in _numbers(part))
    if isinstance(value, Mapping):
        return tuple(number for part in value.values() for number in _numbers(part))
    if isinstance(value, (float, np.ndarray)):
        return tuple(np.ravel(value).tolist())
    return ()


@functools.lru_cache(maxsize=_KEPT)
def _stretches(taken: tuple[Taken, ...], activities: tuple[str, ...], since: float, key: _Key) -> tuple[Stretch, ...]:
    return stretches(taken, family(item.compound for item in taken), key.bodies, activities, since)
