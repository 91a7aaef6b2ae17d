"""The quick judge against the program's own fit and evaluation."""

from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.advise.evaluate import Evaluator
from core.advise.recommendation import Regimen
from core.advise.responses import Believer
from core.clinic.case import Case, Target, TargetKind
from core.clinic.case_file import load_case
from core.clinic.regimen import Route
from core.drugs.library import resources_folder
from core.errors import InputError
from core.infer.map_estimate import estimate_map
from core.learn.optimum import Belief, Course, Judge, believe, effective_size, spread_etas, with_truth
from core.population.sampling import sample_etas
from core.units import Quantity

CASES = resources_folder() / "examples"
VANCOMYCIN = replace(
    load_case(CASES / "vancomycin_falling_renal_function.case.json"),
    models=("vancomycin.goti2018", "vancomycin.thomson2009"),
)
GEFITINIB = load_case(CASES / "gefitinib_itraconazole.case.json")


def equal_beliefs(case: Case, count: int) -> tuple[Belief, ...]:
    bounds = session.bind_models(case)
    rng = np.random.default_rng(1)
    weight = np.full(count, 1 / (count * len(bounds)))
    return tuple(Belief(bound, sample_etas(bound.model, count, rng), weight) for bound in bounds)


@pytest.mark.parametrize(
    ("case", "regimens"),
    [
        (VANCOMYCIN, [(750.0, 12.0, 1.5), (1000.0, 24.0, 2.0), (1500.0, 48.0, 2.0), (250.0, 8.0, 1.0)]),
        (GEFITINIB, [(250.0, 24.0, 0.0), (250.0, 48.0, 0.0), (250.0, 72.0, 0.0)]),
    ],
    ids=["vancomycin", "gefitinib"],
)
def test_utilities_are_those_of_the_recommendation(case: Case, regimens: list[tuple[float, float, float]]) -> None:
    beliefs = equal_beliefs(case, 64)
    model = beliefs[0].bound.model
    target, route = model.targets[0].target, model.given_as[0].route
    judge = Judge(case, beliefs, target, model.harms)
    full = Evaluator(case, [Believer(item.bound, item.eta) for item in beliefs], target, model.harms)
    for amount, every, duration in regimens:
        own = judge.utilities(Course(every, route, duration), np.array([amount]))[0]
        assert own == pytest.approx(full.option(Regimen(amount, every, route, duration, case.now)).utility, abs=0.01)


def test_the_best_dose_of_a_known_patient_puts_the_area_within_the_harmless_part_of_the_target() -> None:
    case = replace(VANCOMYCIN, doses=(), levels=())
    bound = session.bind_models(case)[0]
    known = Belief(bound, np.zeros((1, len(bound.model.etas))), np.ones(1))
    model = bound.model
    judge = Judge(case, [known], model.targets[0].target, model.harms)
    daily = judge.best_daily(Course(12.0, Route.INTRAVENOUS, 1.0), np.geomspace(50.0, 4000.0, 400))
    option = Evaluator(case, [Believer(bound, known.eta)], model.targets[0].target, model.harms).option(
        Regimen(daily / 2.0, 12.0, Route.INTRAVENOUS, 1.0, case.now)
    )
    assert 400.0 < option.exposure["auc24"].value < 600.0
    course, grid = Course(12.0, Route.INTRAVENOUS, 1.0), np.geomspace(25.0, 2000.0, 400)
    assert option.utility == pytest.approx(judge.utilities(course, grid).max(), abs=0.02)


def test_weighing_points_finds_the_same_patient_as_the_fit() -> None:
    # importance sampling of the prior against the mode and Laplace covariance of core.infer
    for bound in session.bind_models(VANCOMYCIN):
        (belief,) = believe([bound], VANCOMYCIN, 4096, seed=3)
        fitted = estimate_map(bound, VANCOMYCIN.given_doses, VANCOMYCIN.used_levels)
        mean = belief.weight @ belief.eta
        spread = np.sqrt(belief.weight @ (belief.eta - mean) ** 2)
        deviation = np.sqrt(np.diag(fitted.covariance))
        assert np.all(np.abs(mean - fitted.eta) < 0.5 * deviation)
        assert spread == pytest.approx(deviation, rel=0.35)


def test_without_levels_every_point_weighs_the_same() -> None:
    case = replace(VANCOMYCIN, levels=())
    beliefs = believe(session.bind_models(case), case, 32, seed=1)
    assert effective_size(beliefs) == pytest.approx(64)


def test_points_have_the_covariance_of_the_prior() -> None:
    model = session.bind_models(VANCOMYCIN)[0].model
    points = spread_etas(model, 4096, seed=5)
    assert np.cov(points.T) == pytest.approx(model.omega, abs=0.01)
    assert np.array_equal(points, spread_etas(model, 4096, seed=5))


def test_the_truth_rides_along_without_weight() -> None:
    beliefs = equal_beliefs(VANCOMYCIN, 16)
    truth = Belief(beliefs[1].bound, np.array([[0.3, 0.0, 0.0, 0.0]]), np.ones(1))
    extended, known = with_truth(beliefs, truth)
    assert sum(item.weight.sum() for item in extended) == pytest.approx(1.0)
    assert known.sum() == 1.0
    model, grid = truth.bound.model, np.geomspace(100.0, 4000.0, 60)
    course = Course(12.0, Route.INTRAVENOUS, 1.0)
    alone = Judge(VANCOMYCIN, [truth], model.targets[0].target, model.harms)
    both = Judge(VANCOMYCIN, extended, model.targets[0].target, model.harms)
    assert both.best_daily(course, grid, known) == alone.best_daily(course, grid)


def test_a_target_that_does_not_superpose_is_refused() -> None:
    beliefs = equal_beliefs(VANCOMYCIN, 4)
    peak = Target(TargetKind.PEAK, Quantity(20.0, "mg/L"), Quantity(40.0, "mg/L"))
    with pytest.raises(InputError) as refusal:
        Judge(VANCOMYCIN, beliefs, peak, ())
    assert refusal.value.reason == "recipe_needs_superposition"
