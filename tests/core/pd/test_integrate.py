import numpy as np
import pytest
from scipy.integrate import solve_ivp

from core.errors import ModelError
from core.pd.integrate import integrate


def test_exponential_decay_equals_the_closed_form() -> None:
    rates = np.array([0.1, 2.0, 30.0])
    times = np.array([0.0, 0.1, 0.1, 1.0, 7.0])
    solved = integrate(lambda y, _: -rates * y, np.full((1, 3), 5.0), np.zeros((3, 5)), times, 1e-9)
    np.testing.assert_allclose(solved[0], 5.0 * np.exp(-rates[:, None] * times), rtol=1e-7, atol=1e-8)


def test_a_nonlinear_system_under_a_broken_line_equals_an_independent_solver() -> None:
    times = np.array([0.0, 0.5, 2.0, 6.0, 6.5, 24.0])
    level = np.array([[0.0, 8.0, 3.0, 1.0, 9.0, 0.0]])

    def slopes(y: np.ndarray, c: np.ndarray) -> np.ndarray:
        return np.stack([1.0 - y[0] * (0.3 + c / (1 + c)), y[0] ** 1.5 - 0.7 * y[1]])

    oracle = solve_ivp(
        lambda t, y: slopes(y[:, None], np.interp(t, times, level[0]))[:, 0], (0, 24), [1.0, 0.2], "LSODA",
        t_eval=times, rtol=1e-11, atol=1e-12, max_step=0.05,
    )  # fmt: skip
    solved = integrate(slopes, np.array([[1.0], [0.2]]), level, times, 1e-9)
    np.testing.assert_allclose(solved[:, 0], oracle.y, rtol=1e-7)


def test_a_concentration_that_jumps_takes_effect_at_once() -> None:
    # y' = C - y: 0 until 1 h, then C jumps to 5 and y = 5 (1 - exp(-(t - 1)))
    times = np.array([0.0, 1.0, 1.0, 1.5, 4.0])
    level = np.array([[0.0, 0.0, 5.0, 5.0, 5.0]])
    solved = integrate(lambda y, c: c - y, np.zeros((1, 1)), level, times, 1e-9, smallest=1.0)[0, 0]
    np.testing.assert_allclose(solved, [0, 0, 0, 5 * (1 - np.exp(-0.5)), 5 * (1 - np.exp(-3))], atol=1e-7)


def test_each_patient_of_a_batch_is_solved_as_if_alone() -> None:
    times = np.linspace(0, 10, 11)
    level = np.abs(np.random.default_rng(1).normal(size=(4, 11)))

    def slopes(y: np.ndarray, c: np.ndarray) -> np.ndarray:
        return c - 0.4 * y * y

    together = integrate(slopes, np.ones((1, 4)), level, times, 1e-9)
    for row in range(4):
        alone = integrate(slopes, np.ones((1, 1)), level[row : row + 1], times, 1e-9)
        np.testing.assert_allclose(together[:, row], alone[:, 0], rtol=1e-7)


def test_a_system_too_fast_to_follow_is_refused_instead_of_hanging() -> None:
    with pytest.raises(ModelError, match="too fast"):
        integrate(lambda y, c: -1e9 * (y - c), np.ones((1, 1)), np.zeros((1, 2)), np.array([0.0, 1e3]))


def test_negative_levels_and_falling_times_are_refused() -> None:
    with pytest.raises(ModelError):
        integrate(lambda y, _: -y, np.ones((1, 1)), np.array([[0.0, -1.0]]), np.array([0.0, 1.0]))
    with pytest.raises(ModelError):
        integrate(lambda y, _: -y, np.ones((1, 1)), np.zeros((1, 2)), np.array([1.0, 0.0]))
    with pytest.raises(ModelError):
        integrate(lambda y, _: -y, np.ones((1, 2)), np.zeros((1, 2)), np.array([0.0, 1.0]))
