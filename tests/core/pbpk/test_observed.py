"""Every reference compound against the published curves it was fitted on and the ones held out."""

import csv
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from core.clinic.patient import Sex
from core.engine.schedule import Input
from core.pbpk.compound import load_compound
from core.pbpk.individual import Traits, build_individual
from core.pbpk.whole_body import build
from tests.core.pbpk.observed import FOLDER, SHARED, Experiment, experiments, log_ratios, summary

REFERENCE = Path(str(resources.files("resources") / "compounds" / "reference"))
SETS = {
    "midazolam": [("Midazolam-Model", "Midazolam")],
    "fluconazole": [("Fluconazole-Model", "Fluconazole")],
    "digoxin": [("Digoxin-Model", "Digoxin")],
    "vancomycin": [("Vancomycin", "Vancomycin"), ("CKD_Vancomycin_mod", "Vancomycin")],
    "s_warfarin": [("Warfarin-Model", "S-Warfarin")],
    "r_warfarin": [("Warfarin-Model", "R-Warfarin")],
    "dapagliflozin": [("Dapagliflozin-Model", "Dapagliflozin")],
    "carbamazepine": [("Carbamazepine-Model", "Carbamazepine")],
    "metformin": [("Metformin-Model", "Metformin")],
}


def in_venous_plasma(row: dict[str, str]) -> bool:
    return row["compartment"] in {"Plasma", ""} and row["organ"] in {"Peripheral Venous Blood", ""}


def subjects_on_theophylline() -> list[Experiment]:
    """Twelve subjects, one oral dose (Upton's data of Boeckmann 1994); heights taken for a body mass index of 23."""
    found = []
    with (SHARED / "data" / "individual_pk" / "theophylline.csv").open() as file:
        rows = list(csv.DictReader(file))
    for subject in sorted({row["Subject"] for row in rows}):
        own = [row for row in rows if row["Subject"] == subject and float(row["Time"]) > 0]
        weight = float(own[0]["Wt"])
        person = build_individual(Traits.of(Sex.MALE, 30.0, 100.0 * np.sqrt(weight / 23.0), weight))
        given = (Input(0.0, float(own[0]["Dose"]) * weight, "stomach_lumen"),)
        times, values = (np.array([float(row[column]) for row in own]) for column in ("Time", "conc"))
        found.append(Experiment(f"subject {subject}", subject, "po", "po", given, person, times, values))
    return found


@pytest.mark.skipif(not FOLDER.exists(), reason="observed concentrations are not here")
@pytest.mark.parametrize("name", sorted([*SETS, "theophylline"]))
def test_predictions_stay_within_the_bar(name: str) -> None:
    """Geometric mean fold error at most 1.5, at least 80 % of points within two-fold, fitted and held out together."""
    if name == "theophylline":
        items = subjects_on_theophylline()
    else:
        items = [item for folder, molecule in SETS[name] for item in experiments(folder, molecule, in_venous_plasma)]
    assert len(items) >= 5
    error, within = summary(log_ratios(build(load_compound(REFERENCE / f"{name}.yaml")), items))
    assert error <= 1.5
    assert within >= 0.8


def test_every_reference_compound_is_compared() -> None:
    by_joint_model = {"rifampicin"}  # induces its own clearance: tests/core/pbpk/test_joint.py
    assert {path.stem for path in REFERENCE.glob("*.yaml")} == {*SETS, "theophylline"} | by_joint_model
