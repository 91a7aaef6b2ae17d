"""The value of the next level: bounds it must keep, a nested simulation it must agree with, and "no level needed"."""

from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.advise.evaluate import Evaluator
from core.advise.next_sample import NextSample, next_sample
from core.advise.responses import Believer, draw
from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.clinic.level import Level
from core.drugs.library import resources_folder
from core.infer.map_estimate import estimate_map
from core.units import Quantity


def first_day() -> Case:
    """The worked vancomycin case before its levels, with one model."""
    case = load_case(resources_folder() / "examples" / "vancomycin_falling_renal_function.case.json")
    return replace(case, levels=(), models=("vancomycin.goti2018",))


def weigh(case: Case, omega_scale: float = 1.0) -> tuple[NextSample, Believer]:
    individualisation = session.individualise(case)
    advice = session.recommend(case, individualisation)
    model = individualisation.posteriors[0].bound.model
    believers = draw(case, individualisation.posteriors, 400, np.random.default_rng(2))
    believers = tuple(Believer(item.bound, omega_scale * item.eta) for item in believers)
    evaluator = Evaluator(case, believers, model.targets[0].target, model.harms)
    return next_sample(case, believers, evaluator, [option.regimen for option in advice.options]), believers[0]


@pytest.fixture(scope="module")
def unsure() -> tuple[NextSample, Believer]:
    return weigh(first_day())


def test_a_level_never_makes_the_choice_worse_or_less_sure(unsure: tuple[NextSample, Believer]) -> None:
    for item in unsure[0].times:
        assert item.gain >= 0.0
        assert 0.0 <= item.narrowing <= 1.0
        assert item.wrong_then <= item.wrong_now + 0.05


def test_without_any_level_a_first_one_is_worth_it(unsure: tuple[NextSample, Believer]) -> None:
    sample = unsure[0]
    assert sample.needed
    assert sample.best.gain == max(item.gain for item in sample.times)


def test_when_the_patient_is_known_no_level_is_needed() -> None:
    sample, _ = weigh(first_day(), omega_scale=0.02)
    assert not sample.needed
    assert sample.best.gain < 0.02


def test_the_narrowing_is_that_of_refitted_virtual_patients(unsure: tuple[NextSample, Believer]) -> None:
    """Sixty draws as the truth, a level simulated at the best time, the variance of clearance after the fit."""
    sample, believer = unsure
    case = first_day()
    rng = np.random.default_rng(8)
    truths = believer.eta[:60]
    time = sample.best.time
    planned = session.recommend(case, session.individualise(case)).options[0].regimen.doses(time)
    doses = (*case.given_doses, *planned)
    curve = believer.bound.concentrations(truths, doses, np.array([time]))[:, 0]
    noisy = curve + np.sqrt(believer.bound.model.residual.variance(curve)) * rng.standard_normal(len(curve))
    after = [
        estimate_map(believer.bound, doses, [Level(time, Quantity(max(float(y), 0.5), "mg/L"))], starts=2).covariance[
            0, 0
        ]
        for y in noisy
    ]
    shrunk = 1.0 - float(np.mean(after)) / float(believer.bound.model.omega[0, 0])
    assert shrunk == pytest.approx(sample.best.narrowing, abs=0.25)
    assert shrunk > 0.2
