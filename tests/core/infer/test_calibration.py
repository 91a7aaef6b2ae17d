"""Simulation-based calibration: 90 % intervals from the draws hold 90 % of true parameters, for twelve structures.

Patients and levels are drawn from each model itself; ranks of the truth among the draws must be uniform (Talts et al.
2018, arXiv:1804.06788). Held are the etas and the next trough.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.level import Level
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.drugs.loader import load_population_model
from core.drugs.model import BoundModel, Residual
from core.infer.map_estimate import estimate_map
from core.infer.posterior import FitStatus
from core.population.sampling import sample_etas
from core.units import Quantity

Array = NDArray[np.float64]

HEAD = """\
schema: 1
id: drug.test
drug: {name: drug, zh: 药, atc: V03AX, molar_mass: 400 g/mol}
source: {citation: "virtual", population: virtual, n: 1, evidence: none}
analyte: {unit: mg/L}
domain: {age: {between: [1 year, 100 year], outside: stop}}
given_as: [{route: oral, doses: [100 mg], every: [24 h]}]
targets: []
limits: {single: 1 mg, daily: 1 mg, source: none}
judged_after: 24 h
"""
ONE = """\
  clearance: {typical: 4 L/h, between_subject_variance: 0.12}
  volume: {typical: 60 L, between_subject_variance: 0.06}
"""
TWO = """\
  clearance: {typical: 4 L/h, between_subject_variance: 0.12}
  central_volume: {typical: 30 L, between_subject_variance: 0.06}
  peripheral_volume: {typical: 50 L, between_subject_variance: 0.1}
  intercompartmental_clearance: {typical: 6 L/h}
"""
THREE = TWO + "  peripheral_volume_2: {typical: 200 L}\n  intercompartmental_clearance_2: {typical: 2 L/h}\n"
KA = "  absorption_rate: {typical: 1.0 1/h, between_subject_variance: 0.2}\n"
SATURABLE = """\
  maximal_elimination_rate: {typical: 40 mg/h, between_subject_variance: 0.06}
  michaelis_constant: {typical: 5 mg/L, between_subject_variance: 0.1}
  volume: {typical: 50 L, between_subject_variance: 0.04}
  absorption_rate: {typical: 0.8 1/h}
"""
RESIDUAL = "residual: {proportional: 0.15, additive: 0.1 mg/L}\n"
BLOCK = "correlations: [{between: [clearance, central_volume], value: 0.6}]\n"
STRUCTURES = {
    "one compartment, infused": ("structure: one_compartment_iv", ONE + RESIDUAL),
    "two compartments, infused": ("structure: two_compartment_iv", TWO + RESIDUAL),
    "three compartments, infused": ("structure: three_compartment_iv", THREE + RESIDUAL),
    "one compartment, oral": ("structure: one_compartment_oral", ONE + KA + RESIDUAL),
    "two compartments, oral": ("structure: two_compartment_oral", TWO + KA + RESIDUAL),
    "lag": ("structure: one_compartment_oral",
            ONE + KA + "  lag_time: {typical: 0.5 h, between_subject_variance: 0.04}\n" + RESIDUAL),
    "transit": ("structure: one_compartment_oral, absorption: transit, steps: 3",
                ONE + "  transit_rate: {typical: 2 1/h, between_subject_variance: 0.1}\n" + RESIDUAL),
    "zero-order absorption": (
        "structure: one_compartment_oral, absorption: zero_order",
        ONE + "  absorption_duration: {typical: 3 h, between_subject_variance: 0.1}\n" + RESIDUAL),
    "Michaelis-Menten": ("structure: one_compartment_oral, elimination: saturable", SATURABLE + RESIDUAL),
    "block omega": ("structure: two_compartment_iv", TWO + BLOCK + RESIDUAL),
    "error on the log scale": ("structure: one_compartment_oral", ONE + KA + "residual: {log_additive: 0.2}\n"),
    "wide Box-Cox eta": ("structure: one_compartment_iv",
                         ONE.replace("0.12}", "0.5, eta: {kind: box_cox, shape: 0.4}}") + RESIDUAL),
}  # fmt: skip
PATIENTS = 900
TIMES = np.array([25.5, 47.5, 54.0])
NEXT = 95.5


@dataclass(frozen=True)
class Held:
    """Shares of the truth inside the 90 % interval: pooled over etas, and of the next level's prediction."""

    etas: float
    trough: float


def bound(name: str, folder: Path) -> tuple[BoundModel, tuple[Dose, ...]]:
    structure, rest = STRUCTURES[name]
    path = folder / "drug.test.yaml"
    path.write_text(f"{HEAD}model: {{{structure}}}\nparameters:\n{rest}", encoding="utf-8")
    oral = "oral" in structure
    doses = (
        Dose(
            0.0,
            Quantity(400.0, "mg"),
            Route.ORAL if oral else Route.INTRAVENOUS,
            None if oral else Quantity(1.0, "h"),
            Quantity(24.0, "h"),
            4,
        ),
    )
    case = Case(
        Patient("x", Sex.MALE, age=50.0),
        "drug",
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        covariates=(CovariateValue("weight", Quantity(70.0, "kg")),),
        doses=doses,
    )
    return load_population_model(path).bind(case), doses


def noisy(residual: Residual, predicted: Array, rng: np.random.Generator) -> Array:
    noise = rng.standard_normal(predicted.shape)
    if residual.log_additive is not None:
        return np.asarray(predicted * np.exp(residual.log_additive * noise))
    return np.asarray(predicted + np.sqrt(residual.variance(predicted)) * noise)


def coverage(name: str, folder: Path, patients: int, seed: int) -> Held:
    model, doses = bound(name, folder)
    rng = np.random.default_rng(seed)
    truth = sample_etas(model.model, patients, rng)
    curves = model.concentrations(truth, doses, np.append(TIMES, NEXT))
    levels = noisy(model.model.residual, curves[:, :-1], rng)
    inside, ahead = [], []
    for eta, values, coming in zip(truth, levels, curves[:, -1], strict=True):
        taken = [Level(float(t), Quantity(float(v), "mg/L")) for t, v in zip(TIMES, values, strict=True) if v > 0]
        posterior = estimate_map(model, doses, taken)
        assert posterior.status is FitStatus.CONVERGED
        draws = posterior.sample(500, rng)
        low, high = np.quantile(draws, [0.05, 0.95], axis=0)
        inside.append((low <= eta) & (eta <= high))
        predicted = model.concentrations(draws[:250], doses, np.array([NEXT]))[:, 0]
        low, high = np.quantile(predicted, [0.05, 0.95])
        ahead.append(low <= coming <= high)
    return Held(float(np.mean(inside)), float(np.mean(ahead)))


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", STRUCTURES)
def test_90_percent_intervals_hold_88_to_92_percent(name: str, tmp_path: Path) -> None:
    held = coverage(name, tmp_path, PATIENTS, seed=17)
    assert 0.88 <= held.etas <= 0.92
    assert 0.87 <= held.trough <= 0.93  # three standard errors of 900 trials


@pytest.mark.parametrize("name", ["two compartments, oral", "block omega", "wide Box-Cox eta"])
def test_intervals_hold_what_they_promise_in_a_small_sample(name: str, tmp_path: Path) -> None:
    held = coverage(name, tmp_path, 100, seed=5)
    assert 0.84 <= held.etas <= 0.96  # three standard errors of about 250 partly dependent trials
    assert 0.80 <= held.trough <= 0.99
