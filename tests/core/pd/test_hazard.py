import numpy as np
import pytest

from core.errors import ModelError
from core.pd.hazard import cumulative_incidence, step_chance
from core.pd.library import load_effects_on_request

DAYS_14 = np.linspace(0, 336, 337)
INCIDENCE = load_effects_on_request()["vancomycin_kidney_injury_incidence"]
STEP = load_effects_on_request()["vancomycin_kidney_injury_step"]


def test_a_constant_hazard_gives_the_exponential_distribution() -> None:
    times = np.array([0.0, 1.0, 10.0, 100.0])
    np.testing.assert_allclose(cumulative_incidence(np.full((1, 4), 0.02), times)[0], 1 - np.exp(-0.02 * times))


def test_a_rising_hazard_gives_a_weibull_distribution_of_shape_two() -> None:
    times = np.linspace(0, 50, 11)
    np.testing.assert_allclose(
        cumulative_incidence(2 * times[None, :] / 900, times)[0], 1 - np.exp(-((times / 30) ** 2))
    )


def test_a_negative_hazard_is_refused() -> None:
    with pytest.raises(ModelError):
        cumulative_incidence(np.array([[0.1, -0.1]]), np.array([0.0, 1.0]))


def test_the_step_gives_the_two_published_rates_and_nothing_between() -> None:
    # 12/107 up to 563 mg*h/L, 8/20 above: AAC 2017;61:e02535-16
    np.testing.assert_allclose(STEP.respond(np.array([100.0, 563.0, 563.1, 900.0])), [11.2, 11.2, 40.0, 40.0])
    assert step_chance(np.array([2.0]), 1.0, 0.1, 0.9)[0] == 0.9


def test_the_step_over_time_follows_the_area_of_the_last_day() -> None:
    level = np.where(DAYS_14 < 48, 20.0, 25.0)[None, :]  # 480, later 600 mg*h/L a day
    chance = STEP.evaluate(level, DAYS_14)[0]
    assert chance[40] == 11.2
    assert chance[-1] == 40.0


@pytest.mark.parametrize(
    ("level", "low", "high"), [(15.0, 4.9, 5.1), (22.9, 5, 20), (30.0, 18, 40)]
)  # Ishigo: bands of predicted incidence by day 14 with 0, 1 and 3 points
def test_the_incidence_by_day_14_lies_in_the_published_band(level: float, low: float, high: float) -> None:
    chance = INCIDENCE.for_patient({}).evaluate(np.full((1, 337), level), DAYS_14)[0]
    assert low < chance[-1] < high
    assert np.all(np.diff(chance) >= 0)


def test_piperacillin_tazobactam_multiplies_the_hazard_by_its_published_ratio() -> None:
    with_it = INCIDENCE.for_patient({"piperacillin_tazobactam": "yes"}).evaluate(np.full((1, 337), 15.0), DAYS_14)[
        0, -1
    ]
    assert with_it == pytest.approx(100 * (1 - 0.95**3.3), rel=1e-9)
    assert INCIDENCE.evidence == "ours"


def test_the_cefepime_curve_gives_back_the_cohort_it_was_made_from() -> None:
    # Boschung-Pasquier 2020: 23.2 % of 319; averaging the curve over both groups' troughs must give that share back
    model = load_effects_on_request()["cefepime_neurotoxicity_trough"]
    rng = np.random.default_rng(5)
    spread = np.sqrt(0.266)
    with_it = 21.6 * np.exp(spread * rng.standard_normal(74_000))
    without = 6.3 * np.exp(spread * rng.standard_normal(245_000))
    assert model.respond(np.concatenate([with_it, without])).mean() == pytest.approx(23.2, abs=0.5)
    assert model.evidence == "ours"


def test_a_relation_to_the_trough_has_no_course_in_time() -> None:
    with pytest.raises(ModelError, match="trough"):
        load_effects_on_request()["cefepime_neurotoxicity_trough"].evaluate(np.ones((1, 2)), np.array([0.0, 1.0]))


def test_an_incidence_of_all_is_refused() -> None:
    parameters = {name: np.array([v]) for name, v in {**INCIDENCE.parameters, "incidence": 100.0}.items()}
    with pytest.raises(ModelError):
        INCIDENCE.evaluate(np.ones((1, 2)), np.array([0.0, 1.0]), parameters)
