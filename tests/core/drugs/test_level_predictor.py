"""The closed form laid out once gives the engine's numbers for every way in, or steps aside."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.drugs.bound_model import BoundPopulationModel
from core.drugs.level_predictor import level_predictor
from core.drugs.loader import load_population_model
from core.units import Quantity

HEAD = """\
schema: 1
id: drug.test
drug: {name: drug, zh: 药, atc: V03AX, molar_mass: 400 g/mol}
source: {citation: "virtual", population: virtual, n: 1, evidence: none}
analyte: {unit: mg/L}
residual: {proportional: 0.1}
domain: {age: {between: [1 year, 100 year], outside: stop}}
given_as: [{route: oral, doses: [100 mg], every: [24 h]}]
targets: []
limits: {single: 1 mg, daily: 1 mg, source: none}
judged_after: 24 h
"""
ONE = """\
  clearance: {typical: 4 L/h, between_subject_variance: 0.1}
  volume: {typical: 70 L, between_subject_variance: 0.1}
"""
TWO = """\
  clearance: {typical: 4 L/h, between_subject_variance: 0.1}
  central_volume: {typical: 30 L, between_subject_variance: 0.1}
  peripheral_volume: {typical: 50 L}
  intercompartmental_clearance: {typical: 6 L/h, between_subject_variance: 0.1}
"""
THREE = TWO + "  peripheral_volume_2: {typical: 200 L}\n  intercompartmental_clearance_2: {typical: 2 L/h}\n"
KA = "  absorption_rate: {typical: 1.2 1/h, between_subject_variance: 0.1}\n"
LAG = "  lag_time: {typical: 0.7 h, between_subject_variance: 0.2}\n"
HOURS = "  absorption_duration: {typical: 2.5 h, between_subject_variance: 0.2}\n"
SHARE = "  first_depot_share: {typical: 0.4}\n"
MODELS = {
    "one_iv": ("structure: one_compartment_iv", ONE),
    "two_iv": ("structure: two_compartment_iv", TWO),
    "three_iv": ("structure: three_compartment_iv", THREE),
    "one_oral": ("structure: one_compartment_oral", ONE + KA + "  bioavailability: {typical: 0.6}\n"),
    "two_oral_lag": ("structure: two_compartment_oral", TWO + KA + LAG),
    "three_oral": ("structure: three_compartment_oral", THREE + KA + "  lag_time: {typical: 0.7 h}\n"),
    "zero_order": ("structure: one_compartment_oral, absorption: zero_order", ONE + HOURS),
    "zero_then_first": ("structure: two_compartment_oral, absorption: zero_then_first", TWO + KA + HOURS + LAG),
    "mixed": ("structure: one_compartment_oral, absorption: mixed", ONE + KA + HOURS + SHARE),
    "double": ("structure: one_compartment_oral, absorption: double",
               ONE + KA + SHARE + "  absorption_rate_2: {typical: 0.3 1/h}\n"),
}  # fmt: skip
TIMES = np.array([30.0, 0.5, 0.7, 2.0, 12.0, 12.6, 13.0, 100.0, 25.0])


def bound(name: str, folder: Path, doses: tuple[Dose, ...]) -> BoundPopulationModel:
    structure, parameters = MODELS[name]
    path = folder / "drug.test.yaml"
    path.write_text(f"{HEAD}model: {{{structure}}}\nparameters:\n{parameters}", encoding="utf-8")
    case = Case(
        Patient("x", Sex.MALE, age=50.0),
        "drug",
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        covariates=(CovariateValue("weight", Quantity(70.0, "kg")),),
        doses=doses,
    )
    return load_population_model(path).bind(case)


def doses_of(name: str) -> tuple[Dose, ...]:
    infused = (
        Dose(0.0, Quantity(500.0, "mg"), Route.INTRAVENOUS, Quantity(2.0, "h")),
        Dose(12.0, Quantity(250.0, "mg"), Route.INTRAVENOUS, Quantity(1.0, "h"), Quantity(12.0, "h"), 3),
        Dose(60.0, Quantity(100.0, "mg"), Route.INTRAVENOUS),
    )
    swallowed = Dose(0.0, Quantity(300.0, "mg"), Route.ORAL, every=Quantity(12.0, "h"), count=5)
    return infused if name.endswith("_iv") else (swallowed, *infused[1:])


@pytest.mark.parametrize("name", MODELS)
def test_it_gives_the_engines_numbers(name: str, tmp_path: Path) -> None:
    doses = doses_of(name)
    model = bound(name, tmp_path, doses)
    eta = 0.4 * np.random.default_rng(3).standard_normal((20, len(model.model.etas)))
    found = level_predictor(model, doses, TIMES)(eta)
    assert np.allclose(found, model.concentrations(eta, doses, TIMES), rtol=1e-9, atol=1e-12)


def test_it_steps_aside_where_absorption_is_as_fast_as_elimination(tmp_path: Path) -> None:
    doses = doses_of("one_oral")
    model = bound("one_oral", tmp_path, doses)
    names = model.model.etas
    eta = np.zeros((2, len(names)))
    eta[1, names.index("absorption_rate")] = np.log(4.0 / 70.0 / 1.2)
    found = level_predictor(model, doses, TIMES)(eta)
    assert np.allclose(found, model.concentrations(eta, doses, TIMES), rtol=1e-9, atol=1e-12)


def test_a_steady_state_dose_is_left_to_the_engine(tmp_path: Path) -> None:
    doses = (Dose(0.0, Quantity(300.0, "mg"), Route.ORAL, every=Quantity(12.0, "h"), steady_state=True),)
    model = bound("one_oral", tmp_path, doses)
    eta = np.zeros((1, len(model.model.etas)))
    found = level_predictor(model, doses, TIMES)(eta)
    assert np.array_equal(found, model.concentrations(eta, doses, TIMES))
    once = level_predictor(model, (replace(doses[0], steady_state=False),), TIMES)(eta)
    assert (found > once).all()
