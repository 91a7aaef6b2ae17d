"""Other drugs of a case that act on a whole-body compound's enzymes, each simulated in the patient's own body."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise

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
    """What was taken for granted of the other drugs: a usual dose, which of several rows counts, an effect nobody has
    measured.
    """
    found = []
    for known in compound.perpetrators:
        rows = [(index, item) for index, item in enumerate(case.co_medication) if item.drug == known.name]
        amount, every = (format_number(value) for value in known.usual)
        if any(item.amount is None or item.every is None for _, item in rows):
            gaps = {"drug": known.name, "amount": f"{amount} mg", "every": f"{every} h"}
            found.append(Alert(Severity.NOTE, "perpetrator_usual_dose", gaps, "co_medication"))
        if any(_overlap(one, other) for (_, one), (_, other) in combinations(rows, 2)):
            found.append(Alert(Severity.CAUTION, "perpetrator_rows_overlap", {"drug": known.name}, "co_medication"))
        if rows and known.predicted:
            found.append(Alert(Severity.CAUTION, "perpetrator_predicted", {"drug": known.name}, "co_medication"))
    return found


def _overlap(one: CoMedication, other: CoMedication) -> bool:
    return max(one.start, other.start) < min(_end(one), _end(other))


def _end(item: CoMedication) -> float:
    return math.inf if item.until is None else item.until


def _taken(known: Perpetrator, co_medication: Sequence[CoMedication]) -> list[Taken]:
    """The courses of one drug; of rows that overlap the one begun last counts, and the other goes on after it."""
    rows = [(index, item) for index, item in enumerate(co_medication) if item.drug == known.name]
    doses = {index: _course(item, known, index) for index, item in rows}
    ends = {item.until for _, item in rows if item.until is not None}
    courses: list[tuple[int, float, float]] = []
    for start, end in pairwise([*sorted({item.start for _, item in rows} | ends), math.inf]):
        beside = [(item.start, index) for index, item in rows if item.start <= start and _end(item) >= end]
        if not beside:
            continue
        index = max(beside)[1]
        if courses and courses[-1][0] == index and courses[-1][2] == start:
            courses[-1] = (index, courses[-1][1], end)
        else:
            courses.append((index, start, end))
    return [
        Taken(known.name, *doses[index], start, None if math.isinf(end) else end, known.potency)
        for index, start, end in courses
    ]


def _course(item: CoMedication, known: Perpetrator, index: int) -> tuple[float, float]:
    """Milligrams and hours between doses, as entered or as usual."""
    place, (amount, every) = f"$.co_medication[{index}]", known.usual
    taken = amount if item.amount is None else _milligrams(item.amount, f"{place}.amount")
    interval = every if item.every is None else item.every.to("h")
    if not _INTERVALS[0] <= interval <= _INTERVALS[1]:
        raise OutOfDomain(f"{place}.every", str(item.every), *(f"{format_number(end)} h" for end in _INTERVALS))
    usual = amount * interval / every  # as much a day
    low, high = min(amount, usual) / _FROM_USUAL, min(amount, usual) * _FROM_USUAL
    if not low <= taken <= high:
        ends = (f"{format_number(end, 3)} mg" for end in (low, high))
        raise OutOfDomain(f"{place}.amount", str(item.amount or item.every), *ends)
    return taken, interval


def _milligrams(amount: Quantity, field: str) -> float:
    try:
        return amount.to("mg")
    except InputError as error:
        raise InputError(field, error.reason, **error.values) from None


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
