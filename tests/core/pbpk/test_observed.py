"""Theophylline in twelve subjects; every other reference compound stands in tests/core/qualify/pbpk."""

import csv

import numpy as np
import pytest

from core.clinic.patient import Sex
from core.engine.schedule import Input
from core.pbpk.individual import Traits, build_individual
from core.pbpk.shelf import shipped_compounds
from core.qualify.pbpk.curves import Curve, compare_curves
from core.qualify.pbpk.measures import Pair, accuracy
from tests.conftest import SHARED

TABLE = SHARED / "data" / "individual_pk" / "theophylline.csv"


def subjects_on_theophylline() -> list[Curve]:
    """Twelve subjects, one oral dose (Upton's data of Boeckmann 1994); heights taken for a body mass index of 23."""
    found = []
    with TABLE.open() as file:
        rows = list(csv.DictReader(file))
    for subject in sorted({row["Subject"] for row in rows}):
        own = [row for row in rows if row["Subject"] == subject and float(row["Time"]) > 0]
        weight = float(own[0]["Wt"])
        person = build_individual(Traits.of(Sex.MALE, 30.0, 100.0 * np.sqrt(weight / 23.0), weight))
        given = (Input(0.0, float(own[0]["Dose"]) * weight, "stomach_lumen"),)
        times, values = (np.array([float(row[column]) for row in own]) for column in ("Time", "conc"))
        name = f"subject {subject}"
        found.append(
            Curve(TABLE.name, name, name, "theophylline", "theophylline", "", given, person, False, times, values)
        )
    return found


@pytest.mark.skipif(not TABLE.exists(), reason="the table is not here")
def test_predictions_stay_within_the_bar() -> None:
    """Geometric mean fold error at most 1.5, at least 80 % of points within two-fold, fitted and held out together."""
    pairs: list[Pair] = []
    for _, result in compare_curves(subjects_on_theophylline(), shipped_compounds(), lambda _: None):
        assert isinstance(result, list)
        pairs += result
    found = accuracy(pairs)
    assert found.studies == 12
    assert found.gmfe <= 1.5
    assert found.within_two >= 0.8
