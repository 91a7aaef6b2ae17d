import numpy as np
import pytest
from scipy.integrate import solve_ivp

from core.pd.library import load_effects_on_request

MODEL = load_effects_on_request()["vancomycin_streptococcus_count"]
UNBOUND = 0.722


def _one(**changed: float) -> dict[str, np.ndarray]:
    return {name: np.array([value]) for name, value in {**MODEL.parameters, **changed}.items()}


def test_a_thin_culture_grows_by_growth_less_death() -> None:
    times = np.array([0.0, 1.0, 2.0])
    count = MODEL.evaluate(np.zeros((1, 3)), times, _one(inoculum=1.0, resting=0.0))[0]
    np.testing.assert_allclose(count, (1.46 - 0.187) * times / np.log(10), rtol=1e-6, atol=1e-9)


def test_far_above_the_ec50_the_growing_ones_fall_by_the_largest_rate() -> None:
    times = np.array([0.0, 2.0, 8.0])
    count = MODEL.evaluate(np.full((1, 3), 20.0), times, _one(resting=0.0))[0]
    slope = (1.46 - 0.187 - 1.52) / np.log(10)
    assert count[0] == pytest.approx(6.0)
    assert count[1] == pytest.approx(6.0 + 2 * slope, abs=0.01)


def test_the_concentration_that_holds_the_count_lies_near_the_mic_of_the_strain() -> None:
    # kill = 1.273 1/h at 0.304 * (1.273/0.247)^(1/4.99) = 0.422 mg/L; the strain's MIC is 0.25 mg/L, one dilution below
    still = 0.304 * (1.273 / (1.52 - 1.273)) ** (1 / 4.99)
    times = np.array([0.0, 4.0])
    count = MODEL.evaluate(np.full((1, 2), still / UNBOUND), times, _one(resting=0.0, inoculum=1.0))[0]
    assert count[1] == pytest.approx(0.0, abs=1e-5)
    assert 0.25 < still < 0.5


def test_the_culture_with_drug_equals_an_independent_solution_of_the_published_equations() -> None:
    times = np.linspace(0, 48, 49)
    level = 3.0 * np.exp(-np.log(2) / 5.1 * times)[None, :]

    def published(t: float, y: np.ndarray) -> list[float]:
        growing, resting = y
        unbound = UNBOUND * np.interp(t, times, level[0])
        kill = 1.52 * unbound**4.99 / (0.304**4.99 + unbound**4.99)
        ksr = (1.46 - 0.187) / 5e8 * (growing + resting)
        return [(1.46 - 0.187 - kill - ksr) * growing, ksr * growing - 0.187 * resting]

    start = [1e6 * (1 - 0.007824), 1e6 * 0.007824]
    oracle = solve_ivp(published, (0, 48), start, "LSODA", t_eval=times, rtol=1e-11, atol=1e-8, max_step=0.1)
    ours = MODEL.evaluate(level, times)[0]
    np.testing.assert_allclose(ours, np.log10(oracle.y.sum(axis=0)), atol=1e-5)
    assert ours.min() < 5.5 < 8 < ours[-1]  # the culture falls, and grows again once the drug has gone


def test_an_old_culture_settles_at_its_largest_count() -> None:
    times = np.linspace(0, 400, 101)
    assert MODEL.evaluate(np.zeros((1, 101)), times)[0, -1] == pytest.approx(np.log10(5e8), abs=1e-3)


def test_resting_bacteria_outlive_the_drug() -> None:
    times = np.array([0.0, 24.0])
    with_resting = MODEL.evaluate(np.full((1, 2), 20.0), times)[0, 1]
    without = MODEL.evaluate(np.full((1, 2), 20.0), times, _one(resting=0.0))[0, 1]
    assert with_resting >= without
