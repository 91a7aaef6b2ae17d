"""Counts from which a label lets the next dose be given."""

from __future__ import annotations

from dataclasses import dataclass

from core.clinic.covariate import CATALOGUE
from core.clinic.strict_yaml import Entry


@dataclass(frozen=True)
class TreatFrom:
    """The least value of what was measured of an effect at which the label gives the next dose, in its base unit."""

    covariate: str
    at_least: float
    source: str


def read_treat_from(entry: Entry) -> tuple[TreatFrom, ...]:
    """Read `treat_from`; raises DrugFileError with the line."""
    return tuple(_least(item) for item in entry.items)


def _least(entry: Entry) -> TreatFrom:
    entry.only("covariate", "at_least", "source")
    name = entry["covariate"].choice(*(kind.name for kind in CATALOGUE.values() if kind.response))
    return TreatFrom(name, entry["at_least"].quantity(CATALOGUE[name].unit), entry["source"].text)
