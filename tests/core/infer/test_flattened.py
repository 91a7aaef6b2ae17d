"""A flatter prior is asked for by patients unlike the model's people, hardly by others, and then foretells better."""

from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.clinic.level import Level
from core.infer.fit_check import check_levels
from core.infer.flattened import FLATTENING, flatter, pulled, with_flat_prior
from core.infer.map_estimate import estimate_map
from core.infer.posterior import FitStatus
from core.units import Quantity
from tests.core.infer.test_averaging import ROW, area_of, patient

MODEL = "vancomycin.thomson2009"
SAMPLES = (11.5, 23.5, 35.5)


def fitted(rng, number, far):
    """A virtual patient `far` standard deviations out in clearance (None: an ordinary one), and the fit."""
    case = patient(rng, number)
    bound = session.library().model(MODEL).bind(case)
    eta = rng.multivariate_normal(np.zeros(len(bound.model.etas)), bound.model.omega)
    if far is not None:
        eta[bound.model.etas.index("clearance")] = far * np.sqrt(bound.model.omega[0, 0])
    clean = bound.concentrations(eta[None], case.doses, np.array(SAMPLES))[0]
    noisy = clean + np.sqrt(bound.model.residual.variance(clean)) * rng.standard_normal(len(SAMPLES))
    levels = tuple(Level(t, Quantity(float(max(v, 0.3)), "mg/L")) for t, v in zip(SAMPLES, noisy, strict=True))
    case = replace(case, levels=levels)
    posterior = estimate_map(bound, case.doses, levels)
    return case, eta[None], replace(posterior, levels=check_levels(bound, (ROW,), levels, posterior.eta))


def test_ordinary_patients_hardly_ever_ask_for_it():
    rng = np.random.default_rng(3)
    asked = [pulled(fitted(rng, number, None)[2]) for number in range(200)]
    assert np.mean(asked) <= 0.05


def test_patients_unlike_the_models_people_ask_for_it_and_are_foretold_better():
    rng = np.random.default_rng(4)
    ordinary, flat, asked = [], [], 0
    for number in range(60):
        case, eta, posterior = fitted(rng, number, 3.5 if number % 2 else -3.5)
        if not pulled(posterior):
            continue
        asked += 1
        again = with_flat_prior(case, posterior)
        truth = np.log(area_of(posterior.bound, eta, case))
        ordinary.append(np.log(area_of(posterior.bound, posterior.eta[None], case)) - truth)
        flat.append(np.log(area_of(again.bound, again.eta[None], case)) - truth)
    assert asked >= 20
    assert np.sqrt(np.mean(np.square(flat))) < np.sqrt(np.mean(np.square(ordinary)))


def test_the_flatter_prior_is_four_times_as_wide_and_nothing_else_changes():
    case = patient(np.random.default_rng(1), 0)
    bound = session.library().model(MODEL).bind(case)
    wide = flatter(bound)
    assert wide.model.omega == pytest.approx(FLATTENING * bound.model.omega)
    times = np.array([5.0, 30.0])
    eta = np.full((1, len(bound.model.etas)), 0.1)
    assert np.array_equal(wide.concentrations(eta, (ROW,), times), bound.concentrations(eta, (ROW,), times))


def test_nothing_is_asked_without_levels_or_after_a_failed_fit():
    case, _, posterior = fitted(np.random.default_rng(4), 1, 3.5)
    assert pulled(posterior)
    assert not pulled(replace(posterior, status=FitStatus.FAILED))
    assert not pulled(replace(posterior, levels=posterior.levels[:1]))
    del case


def test_the_advice_of_both_stands_side_by_side():
    case, _, posterior = fitted(np.random.default_rng(4), 1, 3.5)
    case = replace(case, models=(MODEL,))
    found = session.advice_with_flat_prior(case, session.individualise(case))
    assert [item.id for item in found] == ["prior_as_published", "prior_flattened"]
    assert all(item.option is not None for item in found)
    alerts = session.recommend(case, session.individualise(case)).alerts
    assert "levels_pull_from_prior" in {alert.id for alert in alerts}
    ordinary, _, _ = fitted(np.random.default_rng(9), 1, None)
    ordinary = replace(ordinary, models=(MODEL,))
    assert session.advice_with_flat_prior(ordinary, session.individualise(ordinary)) == ()
    del posterior
