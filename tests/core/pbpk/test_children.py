"""Clearance of digoxin in children, from the adult compound file and the growing body alone."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from core.clinic.patient import Sex
from core.pbpk.compound import load_compound
from core.pbpk.individual import Traits, build_individual
from core.pbpk.kinetics import kinetics
from core.pbpk.physiology import reference_tables
from core.pbpk.whole_body import build

BODY = build(load_compound(Path(str(resources.files("resources") / "compounds" / "reference" / "digoxin.yaml"))))
OBSERVED = [  # age in years, mL/min/kg
    (0.03, 3.0),  # Nyberg 1980, neonates
    (0.02, 1.8),  # Rane 1976, 3 to 9 days
    (0.51, 7.5),  # Rane 1976, 1.3 to 11 months
    (3.5, 11.1),  # Rane 1976, 2 to 5 years
    (1.0, 3.91),  # Ratnapalan 2003, single children without interacting drugs, and so on down
    (1.33, 3.66),
    (0.75, 5.79),
    (3.67, 13.7),
    (1.58, 3.76),
    (0.04, 3.91),
    (0.5, 3.85),
    (0.67, 5.94),
]


def predicted(age: float) -> float:
    """Plasma clearance of the reference boy of this age, mL/min/kg."""
    reference = reference_tables().bodies[Sex.MALE]
    years = np.array([age])
    weight = sum(float(reference.at(years, masses)[0]) for masses in reference.mass.values())
    height = float(reference.at(years, reference.height)[0])
    person = build_individual(Traits.of(Sex.MALE, age, height, weight))
    return float(kinetics(BODY, person, BODY.rates(person, {}, {})).clearance[0] * 1000.0 / 60.0 / weight)


def test_four_fifths_of_the_children_are_within_two_fold() -> None:
    folds = np.array([predicted(age) / seen for age, seen in OBSERVED])
    assert ((folds > 0.5) & (folds < 2.0)).mean() >= 0.8
    assert np.exp(np.log(folds).mean()) == pytest.approx(1.0, abs=0.3)


def test_clearance_per_kilogram_is_higher_in_the_young_child_than_in_the_adult() -> None:
    assert predicted(3.0) > 1.2 * predicted(40.0)
