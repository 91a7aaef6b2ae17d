"""Published clearances of children beside those of the growing body with the adult's compound file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.clinic.patient import Sex
from core.errors import CoreError
from core.pbpk.compound import Compound
from core.pbpk.individual import Individual, Traits, build_individual
from core.pbpk.kinetics import kinetics
from core.pbpk.physiology import reference_tables
from core.pbpk.whole_body import build
from core.qualify.pbpk.measures import Pair
from core.qualify.pbpk.study_files import CHILDREN, CannotRead, Row, StudyFolder, Unread, compound_key, number

_YEARS = {"y": 1.0, "m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25}
_AGE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)(?:\s*-\s*(\d+(?:\.\d+)?))?\s*([ymwd])(?:,?\s*(\d+)\s*m)?(?![a-z])")
_WORDS = {"neonates": 14 / 365.25, "infants": 6.5 / 12}  # the middle of the first 28 days, and of the rest of the year
_ADULT = 18.0
_PER_MINUTE = {"mL": 0.06, "ml": 0.06, "L": 60.0, "l": 60.0}  # to L/h
_UNIT = re.compile(r"^(mL|ml|L|l)/(min|h)(/kg)?$")


@dataclass(frozen=True)
class ChildStudy:
    """A clearance of a child or of a group of children."""

    source: str
    study: str
    label: str
    compound: str
    age: float  # year
    observed: float  # L/h, or L/h/kg
    per_kilogram: bool
    oral: bool  # clearance over bioavailability


def read_children(folder: StudyFolder, compounds: Mapping[str, Compound]) -> tuple[list[ChildStudy], list[Unread]]:
    """Every clearance whose drug and age are known; the rest with its reason."""
    found, unread = [], []
    for name, rows in folder.tables[CHILDREN]:
        for row in rows:
            label = f"{row['Study']} ({row['ID']}): {row['Analyte']}, {row['Grouping']}"
            try:
                found.append(_child(name, label, row, compounds))
            except CannotRead as error:
                unread.append(Unread(name, label, error.reason))
    return found, unread


def _child(name: str, label: str, row: Row, compounds: Mapping[str, Compound]) -> ChildStudy:
    key = compound_key(row["Analyte"])
    if key not in compounds:
        raise CannotRead("qualify_no_compound", name=row["Analyte"] or "–")
    if not row["CL Avg"].strip():
        raise CannotRead("qualify_no_clearance")
    if "DDI" in row["Grouping"]:
        raise CannotRead("qualify_other_drug")
    unit = _UNIT.match(row["CL AvgUnit"].strip())
    if unit is None:
        raise CannotRead("qualify_number", what="CL AvgUnit", value=row["CL AvgUnit"] or "–")
    scale = _PER_MINUTE[unit[1]] / (1.0 if unit[2] == "min" else 60.0)
    age = age_of(row["Grouping"])
    if age is None:
        raise CannotRead("qualify_no_age", name=row["Grouping"] or "–")
    if age >= _ADULT:
        raise CannotRead("qualify_not_a_child")
    kind = row["CL Type"].strip()
    if kind not in {"", "CLiv", "CL/F"}:
        raise CannotRead("qualify_number", what="CL Type", value=kind)
    observed = number(row["CL Avg"], "CL Avg", positive=True) * scale
    return ChildStudy(name, row["Study"], label, key, age, observed, unit[3] is not None, kind == "CL/F")


def age_of(text: str) -> float | None:
    """Age in year from a group's name: `3y8m`, `16m`, `2w`, `1.3-11m` (its middle), `neonates`; None if absent."""
    found = _AGE.findall(text)
    if len(found) > 1:
        return None
    if not found:
        words = [age for word, age in _WORDS.items() if re.search(rf"\b{word}\b", text.lower())]
        return words[0] if len(words) == 1 else None
    low, high, unit, months = found[0]
    middle = float(low) if not high else (float(low) + float(high)) / 2.0
    if months and unit != "y":
        return None
    return middle * _YEARS[unit] + (float(months) / 12.0 if months else 0.0)


def compare_children(
    studies: Sequence[ChildStudy], compounds: Mapping[str, Compound]
) -> Iterator[tuple[ChildStudy, Pair | CannotRead]]:
    """Predict each clearance in the reference boy of the age."""
    for study in studies:
        try:
            predicted = _clearance(compounds[study.compound], study)
        except CoreError as error:
            yield study, CannotRead("qualify_not_solved", why=str(error))
            continue
        unit = "L/h/kg" if study.per_kilogram else "L/h"
        yield study, Pair(study.compound, study.study, study.label, False, None, study.observed, predicted, unit)


def _clearance(compound: Compound, study: ChildStudy) -> float:
    body, child = build(compound), reference_child(study.age)
    known = kinetics(body, child, body.rates(child, {}, {}))
    clearance = float(known.clearance[0]) / (float(known.bioavailability[0]) if study.oral else 1.0)
    return clearance / float(child.traits.weight[0]) if study.per_kilogram else clearance


def reference_child(age: float) -> Individual:
    """The reference boy of an age in year."""
    reference = reference_tables().bodies[Sex.MALE]
    years = np.array([age])
    weight = sum(float(reference.at(years, masses)[0]) for masses in reference.mass.values())
    height = float(reference.at(years, reference.height)[0])
    return build_individual(Traits.of(Sex.MALE, age, height, weight))
