"""What a predictor sees of a regimen, against counting the points and against a normal distribution by hand."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from core import session
from core.advise.recommendation import Regimen
from core.clinic.case_file import load_case
from core.clinic.regimen import Route
from core.drugs.library import resources_folder
from core.learn.optimum import Belief, Course, Judge, believe_well
from core.learn.outlook import OUTLOOK, by_course, outlook

CASE = load_case(resources_folder() / "examples" / "digoxin_heart_failure_kidney_disease.case.json")
MODEL = session.library().model("digoxin.hirai2022")
BOUND = MODEL.bind(CASE)


def judge_with(beliefs: tuple[Belief, ...]) -> Judge:
    return Judge(CASE, beliefs, MODEL.targets[0].target, MODEL.harms)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return judge_with(believe_well((BOUND,), CASE, 2048, 1))


def test_one_lognormal_exposure_is_judged_nearly_as_by_counting_points(judge: Judge) -> None:
    """Digoxin's only eta is a lognormal clearance; its trough is close to lognormal, so both ways must agree."""
    amounts = np.array([0.0625, 0.125, 0.1875, 0.25])
    course = Course(24.0, Route.ORAL)
    counted = judge.utilities(course, amounts)
    assert judge.outlook(course, amounts)[:, 0] == pytest.approx(counted, abs=0.03)


def test_a_single_point_is_certain() -> None:
    one = judge_with((Belief(BOUND, np.zeros((1, 1)), np.ones(1)),))
    seen = dict(zip(OUTLOOK, one.outlook(Course(24.0, Route.ORAL), np.array([0.125]))[0], strict=True))
    assert seen["last_spread"] == pytest.approx(0.0, abs=1e-9)
    assert seen["utility_if_normal"] == pytest.approx(one.utilities(Course(24.0, Route.ORAL), np.array([0.125]))[0])


def test_mean_and_spread_are_those_of_the_weighted_logarithms(judge: Judge) -> None:
    """Twice a dose adds less than ln 2 to the mean while earlier doses still act, and exactly ln 2 when they do not."""
    course = Course(24.0, Route.ORAL)
    seen = judge.outlook(course, np.array([0.125, 0.25]))
    gained = seen[1, OUTLOOK.index("last_mean_log")] - seen[0, OUTLOOK.index("last_mean_log")]
    assert gained == pytest.approx(math.log(2), abs=0.02)  # after two weeks, seven half-lives
    low, high = (math.log(end / math.sqrt(0.5 * 0.9)) for end in (0.5, 0.9))
    spread, mean = seen[0, OUTLOOK.index("last_spread")], seen[0, OUTLOOK.index("last_mean_log")]
    by_hand = norm.cdf((high - mean) / spread) - norm.cdf((low - mean) / spread)
    assert seen[0, OUTLOOK.index("in_target_if_normal")] == pytest.approx(
        by_hand, abs=0.15
    )  # of all spans, not the last


def test_regimens_that_share_a_course_are_taken_together() -> None:
    regimens = [Regimen(0.125, 24.0, Route.ORAL), Regimen(0.25, 48.0, Route.ORAL), Regimen(0.25, 24.0, Route.ORAL)]
    groups = by_course(MODEL, regimens)
    assert sorted(groups.values()) == [[0, 2], [1]]


def test_every_regimen_keeps_its_place(judge: Judge) -> None:
    regimens = [Regimen(dose, every, Route.ORAL, 0.0, CASE.now) for dose in (0.125, 0.25) for every in (24.0, 48.0)]
    together = outlook(judge, MODEL, regimens, CASE.now)
    for place, regimen in enumerate(regimens):
        assert together[place] == pytest.approx(outlook(judge, MODEL, [regimen], CASE.now)[0])
