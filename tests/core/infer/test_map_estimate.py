"""Properties every estimate must have, whatever the numbers."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.level import Level
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.drugs.loader import load_population_model
from core.drugs.model import BoundModel, Residual
from core.infer.averaging import weigh
from core.infer.fit_check import check_levels
from core.infer.likelihood import Objective, observations
from core.infer.map_estimate import estimate_map
from core.infer.posterior import FitStatus, Posterior
from core.population.sampling import sample_etas
from core.units import Quantity

MODEL = load_population_model(Path(__file__).with_name("reference_models") / "oral1_combined.yaml")
DOSES = (Dose(0.0, Quantity(400.0, "mg"), Route.ORAL, every=Quantity(24.0, "h"), count=5),)
CASE = Case(
    Patient("virtual", Sex.MALE, age=50.0),
    "reference_oral1",
    dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    covariates=(CovariateValue("weight", Quantity(70.0, "kg")),),
    doses=DOSES,
)


def bound(residual: Residual | None = None) -> BoundModel:
    model = MODEL if residual is None else replace(MODEL, residual=residual)
    return model.bind(CASE)


def level(time: float, value: float, *, below: bool = False) -> Level:
    return Level(time, Quantity(value, "mg/L"), below_limit=below)


def fit(levels: Sequence[Level], model: BoundModel | None = None, starts: int = 8) -> Posterior:
    return estimate_map(model or bound(), DOSES, levels, starts=starts)


LEVELS = [level(3.0, 5.2), level(47.5, 3.1), level(71.0, 3.4)]


def test_no_levels_gives_back_the_typical_patient() -> None:
    posterior = fit([])
    assert posterior.status is FitStatus.PRIOR
    assert np.array_equal(posterior.eta, np.zeros(3))
    assert np.array_equal(posterior.covariance, MODEL.omega)


def test_the_gradient_vanishes_and_no_nearby_point_is_better() -> None:
    posterior = fit(LEVELS)
    objective = Objective(bound(), DOSES, observations(LEVELS, 500.0), np.linalg.inv(MODEL.omega))
    assert posterior.gradient_norm < 1e-4
    around = posterior.eta + 0.02 * np.random.default_rng(0).standard_normal((200, 3))
    assert (objective.value(around) >= posterior.objective).all()
    assert posterior.objective <= float(objective.value(np.zeros((1, 3)))[0])


def test_one_start_and_twenty_end_in_the_same_optimum() -> None:
    assert np.allclose(fit(LEVELS, starts=1).eta, fit(LEVELS, starts=20).eta, atol=1e-6)


def test_the_order_of_levels_does_not_count() -> None:
    assert np.allclose(fit(LEVELS).eta, fit(LEVELS[::-1]).eta, atol=1e-7)


def test_a_level_twice_with_twice_the_variance_is_one_level() -> None:
    sharp, blunt = Residual(additive=0.3), Residual(additive=0.3 * np.sqrt(2.0))
    once = fit(LEVELS, bound(sharp))
    twice = fit([*LEVELS, *LEVELS], bound(blunt))
    assert np.allclose(once.eta, twice.eta, atol=1e-6)
    assert np.allclose(once.covariance, twice.covariance, rtol=1e-4, atol=1e-7)


def test_levels_without_weight_leave_the_prior() -> None:
    posterior = fit(LEVELS, bound(Residual(additive=1e4)))
    assert np.abs(posterior.eta).max() < 1e-5
    assert np.allclose(posterior.covariance, MODEL.omega, atol=1e-5)


def test_many_precise_levels_find_the_truth() -> None:
    truth = np.array([0.3, -0.2, 0.4])
    times = np.linspace(0.5, 96.0, 60)
    model = bound(Residual(proportional=0.001))
    curve = model.concentrations(truth[None], DOSES, times)[0]
    levels = [level(float(time), float(value)) for time, value in zip(times, curve, strict=True)]
    posterior = fit(levels, model)
    assert posterior.status is FitStatus.CONVERGED
    assert np.abs(posterior.eta - truth).max() < 1e-3


def test_the_covariance_is_that_of_a_numerical_hessian() -> None:
    posterior = fit(LEVELS)
    objective = Objective(bound(), DOSES, observations(LEVELS, 500.0), np.linalg.inv(MODEL.omega))
    step, n = 1e-3, 3
    hessian = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            e, f = step * np.eye(n)[i], step * np.eye(n)[j]
            points = np.stack(
                [posterior.eta + e + f, posterior.eta + e - f, posterior.eta - e + f, posterior.eta - e - f]
            )
            a, b, c, d = objective.value(points)
            hessian[i, j] = (a - b - c + d) / (4.0 * step**2)
    assert np.allclose(posterior.covariance, 2.0 * np.linalg.inv(hessian), rtol=1e-3, atol=1e-6)


def test_a_level_below_the_limit_pulls_the_estimate_down_but_not_to_the_limit() -> None:
    without = fit(LEVELS[:2])
    below = fit([*LEVELS[:2], level(71.0, 2.0, below=True)])
    as_measured = fit([*LEVELS[:2], level(71.0, 2.0)])
    assert below.eta[0] > without.eta[0]
    assert below.status is FitStatus.CONVERGED
    assert not np.allclose(below.eta, as_measured.eta, atol=1e-3)


def test_a_fit_on_numbers_that_are_none_has_failed() -> None:
    assert fit([level(3.0, float("nan"))]).status is FitStatus.FAILED


def test_intervals_cover_what_they_promise() -> None:
    """Simulation-based: of 150 patients drawn from the prior, the 90 % interval of clearance holds about 90 %."""
    rng = np.random.default_rng(11)
    model = bound()
    etas = sample_etas(MODEL, 150, rng)
    times = np.array([26.0, 47.5, 95.5])
    curves = model.concentrations(etas, DOSES, times)
    noisy = curves + np.sqrt(MODEL.residual.variance(curves)) * rng.standard_normal(curves.shape)
    held = 0
    for truth, values in zip(etas, np.maximum(noisy, 0.01), strict=True):
        posterior = fit([level(float(t), float(v)) for t, v in zip(times, values, strict=True)], model, starts=3)
        half = 1.645 * np.sqrt(posterior.covariance[0, 0])
        held += abs(posterior.eta[0] - truth[0]) <= half
    assert 0.83 <= held / 150 <= 0.96  # three binomial standard errors around 0.90


def test_weights_follow_the_evidence_and_a_failed_fit_gets_none() -> None:
    good = fit(LEVELS)
    bad = replace(good, objective=good.objective + 4.0)
    failed = replace(good, status=FitStatus.FAILED)
    weights = [posterior.weight for posterior in weigh([good, bad, failed])]
    assert weights[0] / weights[1] == pytest.approx(np.exp(2.0))
    assert weights[2] == 0.0
    assert sum(weights) == pytest.approx(1.0)


def test_models_are_believed_alike_before_any_level() -> None:
    assert [posterior.weight for posterior in weigh([fit([]), fit([])])] == [0.5, 0.5]


def test_a_level_far_off_has_an_extreme_percentile() -> None:
    fits = check_levels(bound(), DOSES, [level(47.5, 3.0), level(47.5, 60.0)], np.zeros(3))
    assert 5.0 < fits[0].percentile < 95.0
    assert fits[1].percentile > 99.0
    assert fits[0].low < fits[0].population < fits[0].high


def test_a_model_on_the_log_scale_is_weighed_by_the_density_of_the_level_itself() -> None:
    """An error of 3 % is the same on both scales, so that equal models are believed alike (change of variables)."""
    both = []
    for residual in (Residual(proportional=0.03), Residual(log_additive=0.03)):
        model = bound(residual)
        posterior = estimate_map(model, DOSES, LEVELS[1:])
        fits = check_levels(model, DOSES, LEVELS[1:], posterior.eta)
        both.append(replace(posterior, levels=fits))
    assert [posterior.weight for posterior in weigh(both)] == pytest.approx([0.5, 0.5], abs=0.03)
