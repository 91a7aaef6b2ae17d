"""The population fit against what drew the data and at its two limits; scores of foretold levels by hand."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.level import Level
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.drugs.library import resources_folder
from core.drugs.loader import load_population_model
from core.drugs.recentre import movable, recentred
from core.errors import InputError, ModelError
from core.infer.next_level import foretell, score
from core.infer.population_fit import fit_population
from core.units import Quantity

MODEL = load_population_model(resources_folder() / "retrospective" / "warfarin.model.yaml", to_dose=False)
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
TRUE_SHIFT = np.array([0.25, -0.15, 0.0])
TIMES = (1.0, 4.0, 24.0, 72.0, 120.0)


def person(number: int, levels: tuple[Level, ...] = ()) -> Case:
    dose = Dose(0.0, Quantity(100.0, "mg"), Route.ORAL)
    weight = CovariateValue("weight", Quantity(70.0, "kg"))
    return Case(
        Patient(f"P{number}", Sex.MALE, age=40.0),
        "warfarin",
        start=START,
        covariates=(weight,),
        doses=(dose,),
        levels=levels,
    )


@pytest.fixture(scope="module")
def drawn() -> list[Case]:
    """Sixty virtual people whose truth is the model with another centre."""
    truth = recentred(MODEL, TRUE_SHIFT, MODEL.omega, 1.0, "truth")
    rng = np.random.default_rng(11)
    cases = []
    for number in range(60):
        bound = truth.bind(person(number))
        eta = rng.multivariate_normal(np.zeros(3), truth.omega)[None]
        clean = bound.concentrations(eta, person(number).doses, np.array(TIMES))[0]
        noisy = clean + np.sqrt(truth.residual.variance(clean)) * rng.standard_normal(len(TIMES))
        levels = tuple(
            Level(time, Quantity(float(value), "mg/L")) for time, value in zip(TIMES, noisy, strict=True) if value > 0
        )
        cases.append(person(number, levels))
    return cases


def test_it_finds_the_centre_the_spread_and_the_error_the_data_were_drawn_with(drawn):
    fit = fit_population(MODEL, drawn)
    assert fit.settled
    assert not fit.left_out
    assert fit.patients == 60
    deviations = np.sqrt(np.diag(MODEL.omega) / 60)
    assert np.abs((fit.shift - TRUE_SHIFT) / deviations).max() < 3.0
    assert np.diag(fit.omega) / np.diag(MODEL.omega) == pytest.approx(
        np.ones(3), abs=0.6
    )  # 3 errors of a variance of 60
    assert fit.residual_factor == pytest.approx(1.0, abs=0.1)
    clearance = next(item for item in fit.model.parameters if item.name == "clearance")
    assert clearance.typical == pytest.approx(0.133 * np.exp(fit.shift[0]))


def test_a_strong_prior_keeps_the_published_numbers_and_a_weaker_one_lies_between(drawn):
    free, held, firm = (fit_population(MODEL, drawn, prior_patients=n).shift[0] for n in (0.0, 60.0, 1e6))
    assert abs(firm) < 1e-3
    assert 0.3 * free < held < 0.7 * free  # sixty people against sixty


def test_too_few_people_are_refused(drawn):
    with pytest.raises(InputError) as refusal:
        fit_population(MODEL, drawn[:5])
    assert refusal.value.reason == "population_fit_too_few"


def test_a_shifted_model_is_the_model_at_the_shifted_etas():
    case = person(1)
    moved = recentred(MODEL, TRUE_SHIFT, MODEL.omega, 2.0, "moved")
    times = np.array(TIMES)
    there = MODEL.bind(case).concentrations(TRUE_SHIFT[None], case.doses, times)
    assert moved.bind(case).concentrations(np.zeros((1, 3)), case.doses, times) == pytest.approx(there, rel=1e-12)
    assert moved.residual.proportional == 2.0 * MODEL.residual.proportional


def test_a_sum_is_not_moved():
    parameters = tuple(
        replace(item, relations=(), sum_of=("clearance_renal",)) if item.name == "clearance" else item
        for item in MODEL.parameters
    )
    model = replace(MODEL, parameters=parameters)
    assert movable(model).tolist() == [False, True, True]
    with pytest.raises(ModelError):
        recentred(model, TRUE_SHIFT, MODEL.omega, 1.0, "x")


def test_scores_against_figures_worked_by_hand():
    found = score([(11.0, 10.0), (7.0, 10.0), (12.5, 10.0)])
    assert (found.count, found.bias) == (3, pytest.approx((10.0 - 30.0 + 25.0) / 3.0))
    assert found.rmse == pytest.approx(np.sqrt((100.0 + 900.0 + 625.0) / 3.0))
    assert (found.within_20, found.within_30) == (pytest.approx(100 / 3), pytest.approx(100.0))


def test_levels_known_improve_what_is_foretold(drawn):
    told = [item for case in drawn for item in foretell(MODEL, case)[0]]
    after = [item for item in told if item.before == 3]
    own = score([(item.individual, item.observed) for item in after])
    typical = score([(item.typical, item.observed) for item in after])
    assert own.rmse < 0.7 * typical.rmse
