"""Patients who change during a course: dialysis sessions, failing kidneys, weight; against piecewise exponentials."""

import datetime as dt

import numpy as np
import pytest

from core import session
from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.units import Quantity, parse_quantity

START = dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC)


def curve(
    model: str, facts: list[tuple[str, str, float]], dose: Dose, times: np.ndarray, age: float = 60.0
) -> np.ndarray:
    """Concentrations of the typical patient; facts are (name, value, from when)."""
    values = [
        CovariateValue(name, text if text[0].isalpha() else parse_quantity(text), time) for name, text, time in facts
    ]
    drug = session.library().model(model)
    who = Patient("P", Sex.MALE, age=age)
    bound = drug.bind(Case(who, drug.drug.name, START, covariates=tuple(values), doses=(dose,)))
    return bound.concentrations(np.zeros((1, len(bound.model.etas))), (dose,), times)[0]


def bolus(milligrams: float) -> Dose:
    return Dose(0.0, Quantity(milligrams, "mg"), Route.INTRAVENOUS)


def falling(first: float, rates: list[tuple[float, float]], times: np.ndarray) -> np.ndarray:
    """A concentration that falls with one rate constant (1/h) after another, each from a time on."""
    edges = [start for start, _ in rates] + [np.inf]
    spent = np.zeros_like(times)
    for (start, rate), end in zip(rates, edges[1:], strict=True):
        spent += rate * np.clip(times - start, 0.0, end - start)
    return first * np.exp(-spent)


def test_a_dialysis_session_takes_the_drug_out_while_it_runs():
    """Gentamicin after Veinstein 2013: 0.00723 L/h/kg between and 0.0645 L/h/kg during sessions, 0.201 L/kg."""
    facts = [
        ("weight", "70 kg", 0.0),
        ("dialysis", "yes", 0.0),
        ("dialysis_session", "no", 0.0),
        ("dialysis_session", "yes", 10.0),
        ("dialysis_session", "no", 14.0),
        ("dialysis_session", "yes", 58.0),
        ("dialysis_session", "no", 62.0),
    ]
    times = np.array([5.0, 10.0, 12.0, 14.0, 30.0, 57.0, 60.0, 70.0])
    off, on = 0.00723 / 0.201, (0.00723 + 0.0573) / 0.201
    expected = falling(420.0 / (0.201 * 70.0), [(0.0, off), (10.0, on), (14.0, off), (58.0, on), (62.0, off)], times)
    assert curve("gentamicin.veinstein2013", facts, bolus(420.0), times) == pytest.approx(expected, rel=1e-9)


def test_clearance_follows_a_creatinine_that_rises_and_falls_again():
    """Vancomycin after Adane 2015: clearance proportional to that of creatinine, 0.51 L/kg."""
    model = "vancomycin.adane2015"
    drug = session.library().model(model)
    clearances = [(0.0, 125.0), (24.0, 40.0), (48.0, 80.0)]
    facts = [("weight", "150 kg", 0.0), ("height", "175 cm", 0.0)]
    facts += [("creatinine_clearance", f"{value:g} mL/min", time) for time, value in clearances]
    times = np.array([6.0, 24.0, 36.0, 48.0, 60.0])
    found = curve(model, facts, bolus(2000.0), times, age=43.0)
    values = [CovariateValue(n, parse_quantity(t), at) for n, t, at in facts]
    bound = drug.bind(Case(Patient("P", Sex.MALE, age=43.0), "vancomycin", START, covariates=tuple(values)))
    zero = np.zeros((1, len(bound.model.etas)))
    own = [{k: float(v[0]) for k, v in bound.parameters(zero, time + 0.1).items()} for time, _ in clearances]
    volume = own[0]["volume"]
    rates = [(time, item["clearance"] / volume) for (time, _), item in zip(clearances, own, strict=True)]
    assert found == pytest.approx(falling(2000.0 / volume, rates, times), rel=1e-9)
    # proportional to the clearance of creatinine, as the paper has it
    assert own[1]["clearance"] / own[0]["clearance"] == pytest.approx(40.0 / 125.0)


def test_a_weight_that_changes_moves_volume_and_clearance_from_then_on():
    """One compartment with both per kilogram (Veinstein): the amount stays, the concentration jumps with the volume."""
    facts = [("weight", "70 kg", 0.0), ("weight", "80 kg", 24.0), ("dialysis", "yes", 0.0)]
    times = np.array([12.0, 23.9, 24.1, 48.0])
    found = curve("gentamicin.veinstein2013", facts, bolus(420.0), times)
    rate = 0.00723 / 0.201
    expected = 420.0 * np.exp(-rate * times) / (0.201 * np.where(times < 24.0, 70.0, 80.0))
    assert found == pytest.approx(expected, rel=1e-9)
