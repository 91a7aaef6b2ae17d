"""Draws against the posterior integrated on a grid, for a model with one eta."""

import datetime as dt
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
from core.infer.likelihood import Objective, observations
from core.infer.map_estimate import estimate_map
from core.units import Quantity

WIDE = load_population_model(Path(__file__).with_name("reference_models") / "oral1_combined.yaml")
MODEL = replace(
    WIDE, etas=("clearance",), omega=np.array([[0.8]])
)  # a wide prior and one vague level: a skewed posterior
DOSES = (Dose(0.0, Quantity(400.0, "mg"), Route.ORAL, every=Quantity(24.0, "h"), count=5),)
CASE = Case(
    Patient("virtual", Sex.MALE, age=50.0),
    "reference_oral1",
    dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    covariates=(CovariateValue("weight", Quantity(70.0, "kg")),),
    doses=DOSES,
)
LEVELS = [Level(95.5, Quantity(0.3, "mg/L"))]


def test_draws_have_the_quantiles_of_the_posterior_integrated_on_a_grid() -> None:
    bound = MODEL.bind(CASE)
    posterior = estimate_map(bound, DOSES, LEVELS)
    grid = np.linspace(-4.0, 5.0, 20001)
    objective = Objective(bound, DOSES, observations(LEVELS, 500.0), np.linalg.inv(MODEL.omega))
    density = np.exp(-0.5 * (objective.value(grid[:, None]) - posterior.objective))
    exact = np.interp([0.05, 0.5, 0.95], np.cumsum(density) / density.sum(), grid)
    assert posterior.draws is not None
    assert posterior.effective > 0.4
    drawn = np.quantile(posterior.draws[:, 0], [0.05, 0.5, 0.95])
    spread = exact[2] - exact[0]
    assert (
        np.abs(drawn - exact).max() < 0.12 * spread
    )  # about a thousand draws: the 95 % quantile of a long tail wanders this far
    gaussian = posterior.eta[0] + np.sqrt(posterior.covariance[0, 0]) * np.array([-1.645, 0.0, 1.645])
    assert np.abs(drawn - exact).max() < np.abs(gaussian - exact).max()


def test_draws_are_the_same_each_time() -> None:
    first, second = (estimate_map(MODEL.bind(CASE), DOSES, LEVELS) for _ in range(2))
    assert first.draws is not None
    assert second.draws is not None
    assert np.array_equal(first.draws, second.draws)


def test_without_levels_the_prior_is_exact_and_needs_no_draws() -> None:
    posterior = estimate_map(MODEL.bind(CASE), DOSES, [])
    assert posterior.draws is None
    drawn = posterior.sample(20000, np.random.default_rng(5))
    assert float(drawn.std()) == pytest.approx(np.sqrt(0.8), rel=0.02)
