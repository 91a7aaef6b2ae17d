"""Saturable elimination and a steady state that not everybody can be in: phenytoin, Vmax against the daily dose."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.level import Level
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.errors import InputError, NoSteadyState
from core.infer.posterior import FitStatus
from core.infer.steady_draws import in_steady_state
from core.population.sampling import sample_etas
from core.units import parse_quantity


def case_on(daily: float, *levels: str) -> Case:
    facts = tuple(CovariateValue(name, parse_quantity(value)) for name, value in FACTS.items())
    dose = Dose(0.0, parse_quantity(f"{daily / 2} mg"), Route.ORAL, every=parse_quantity("12 h"), count=14,
                steady_state=True)  # fmt: skip
    drawn = tuple(Level(time=167.0, analyte="phenytoin", value=parse_quantity(text)) for text in levels)
    start = dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC)
    patient = Patient("P-1", Sex.MALE, age=45.0)
    return Case(patient, "phenytoin", start, covariates=facts, doses=(dose,), levels=drawn)


FACTS = {"weight": "70 kg", "albumin": "40 g/L"}


def test_those_who_remove_less_than_is_given_are_the_ones_without_a_steady_state() -> None:
    """Michaelis-Menten: a steady state exists if and only if Vmax exceeds the dose rate (Gibaldi & Perrier 1982)."""
    case = case_on(300.0)
    bound = session.bind_models(case)[0]
    eta = sample_etas(bound.model, 300, np.random.default_rng(5))
    most = 24.0 * bound.parameters(eta, 0.0)["maximal_elimination_rate"]
    able = in_steady_state(bound, case.given_doses, eta)
    assert 0.5 < able.mean() < 0.95
    assert np.array_equal(able, most > 300.0)


def test_those_with_a_steady_state_keep_their_numbers_beside_those_without() -> None:
    """Cpss by Vmax and Km: the average input equals Vmax C / (Km + C), within the swing of a 12-h interval."""
    case = case_on(300.0)
    bound = session.bind_models(case)[0]
    eta = sample_etas(bound.model, 60, np.random.default_rng(6))
    times = np.linspace(0.0, 12.0, 49)
    together = bound.concentrations(eta, case.given_doses, times)
    able = np.isfinite(together).all(axis=1)
    assert np.allclose(together[able], bound.concentrations(eta[able], case.given_doses, times), rtol=2e-4)
    found = bound.parameters(eta[able], 0.0)
    removed = found["maximal_elimination_rate"][:, None] * together[able]
    removed /= found["michaelis_constant"][:, None] + together[able]
    assert np.allclose(np.trapezoid(removed, times, axis=1) / 12.0, 12.5, rtol=5e-3)


def test_a_level_near_saturation_is_fitted_and_said_to_be_conditional() -> None:
    case = case_on(300.0, "18 mg/L")
    fitted = session.individualise(case)
    assert fitted.posteriors[0].status is FitStatus.CONVERGED
    prior = session.predict_prior(case, np.linspace(0.0, 168.0, 20))
    assert all(np.isfinite(curve.low).all() and np.isfinite(curve.high).all() for curve in prior.curves)
    found = session.recommend(case, fitted)
    assert found.options
    (said,) = [alert for alert in found.alerts if alert.id == "steady_state_not_for_all"]
    assert 10.0 < float(said.values["percent"]) < 35.0


def test_a_dose_nobody_can_be_in_a_steady_state_on_is_refused_with_the_way_out() -> None:
    with pytest.raises(NoSteadyState) as refusal:
        session.predict_prior(case_on(3000.0))
    assert (refusal.value.field, refusal.value.reason) == ("doses", "no_steady_state")
    plain = case_on(3000.0)
    plain = replace(plain, doses=tuple(replace(dose, steady_state=False) for dose in plain.doses))
    assert np.isfinite(session.predict_prior(plain, np.array([24.0])).curves[0].median).all()


def test_without_a_level_a_recommendation_rests_on_those_who_can() -> None:
    case = case_on(300.0)
    found = session.recommend(case, session.individualise(case))
    assert found.options
    assert all(np.isfinite(option.attainment.value) for option in found.options)
    assert isinstance(NoSteadyState(), InputError)
