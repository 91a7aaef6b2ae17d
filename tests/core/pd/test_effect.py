import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from core.errors import ModelError
from core.pd.effect import adapted_ec50, effect_compartment, emax, sigmoid_emax

POSITIVE = st.floats(1e-6, 1e6)


def test_half_of_the_change_is_reached_at_the_ec50_whatever_the_steepness() -> None:
    for hill in (0.3, 1.0, 4.99, 20.0, 200.0):
        assert sigmoid_emax(np.array([0.46]), 10.0, 60.0, 0.46, hill)[0] == pytest.approx(40.0, rel=1e-14)


def test_without_drug_the_effect_is_the_baseline_and_at_the_far_end_baseline_plus_maximum() -> None:
    assert emax(np.array([0.0, 1e300]), 5.0, 90.0, 0.01).tolist() == [5.0, 95.0]


def test_emax_equals_the_closed_form() -> None:
    concentration = np.array([[0.1, 1.0], [3.0, 30.0]])
    np.testing.assert_allclose(
        emax(concentration, 2.0, 50.0, 3.0), 2.0 + 50.0 * concentration / (3.0 + concentration), rtol=1e-14
    )


def test_a_lowering_drug_has_a_negative_maximum() -> None:
    assert emax(np.array([4.0]), 80.0, -60.0, 4.0)[0] == pytest.approx(50.0)


@given(
    st.lists(POSITIVE, min_size=2, max_size=20), POSITIVE, st.floats(0.1, 50.0), st.floats(-100, 100), st.floats(0, 1e3)
)
def test_the_effect_rises_with_the_concentration_and_stays_between_baseline_and_top(
    levels: list[float], ec50: float, hill: float, e0: float, maximum: float
) -> None:
    effect = sigmoid_emax(np.sort(np.array(levels)), e0, maximum, ec50, hill)
    assert np.all(np.diff(effect) >= 0)
    assert np.all(effect >= e0)
    assert np.all(effect <= e0 + maximum)


def test_an_impossible_parameter_or_level_is_refused() -> None:
    with pytest.raises(ModelError):
        emax(np.array([1.0]), 0.0, 1.0, 0.0)
    with pytest.raises(ModelError):
        sigmoid_emax(np.array([1.0]), 0.0, 1.0, 1.0, 0.0)
    with pytest.raises(ModelError):
        emax(np.array([-1e-9]), 0.0, 1.0, 1.0)


def test_the_effect_site_follows_a_ramp_by_the_closed_form_on_an_irregular_grid() -> None:
    # dCe/dt = k (a t - Ce), Ce(0) = 0 has the solution a (t - (1 - exp(-k t)) / k)
    times = np.array([0.0, 0.01, 0.5, 0.5, 3.0, 11.0, 11.5, 40.0])
    site = effect_compartment(np.stack([2.0 * times, 5.0 * times]), times, np.array([0.3, 1.7]))
    for row, (slope, rate) in enumerate([(2.0, 0.3), (5.0, 1.7)]):
        np.testing.assert_allclose(site[row], slope * (times + np.expm1(-rate * times) / rate), rtol=1e-12, atol=1e-14)


def test_a_constant_level_fills_the_effect_site_by_one_minus_an_exponential() -> None:
    times = np.array([0.0, 0.7, 5.0, 90.0])
    site = effect_compartment(np.full((1, 4), 8.0), times, 0.2, start=0.0)
    np.testing.assert_allclose(site[0], 8.0 * -np.expm1(-0.2 * times), rtol=1e-14)


def test_the_effect_site_equals_a_numerical_solution_for_any_broken_line() -> None:
    times = np.array([0.0, 1.0, 1.5, 4.0, 9.0, 12.0])
    levels = np.array([[0.0, 20.0, 12.0, 7.0, 1.0, 15.0]])
    oracle = solve_ivp(
        lambda t, y: 0.45 * (np.interp(t, times, levels[0]) - y), (0, 12), [0.0], t_eval=times, rtol=1e-10, atol=1e-12,
        max_step=0.05,
    )  # fmt: skip
    np.testing.assert_allclose(effect_compartment(levels, times, 0.45)[0], oracle.y[0], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("rate", [1e-9, 1e-3, 1.0, 1e3, 1e9])
def test_the_effect_site_stays_within_the_levels_seen_however_slow_or_fast(rate: float) -> None:
    levels = np.abs(np.sin(np.arange(50.0)))[None, :] * 30
    site = effect_compartment(levels, np.linspace(0, 24, 50), rate)
    assert np.all(site >= 0)
    assert np.all(site <= levels.max() * (1 + 1e-12))
    if rate == 1e9:
        np.testing.assert_allclose(site, levels, rtol=1e-6, atol=1e-6)


def test_the_effect_site_starts_in_balance_unless_told_otherwise() -> None:
    levels = np.full((2, 3), 6.0)
    np.testing.assert_allclose(effect_compartment(levels, np.array([0.0, 1.0, 2.0]), 0.1), levels)


def test_a_grid_that_runs_back_or_does_not_fit_is_refused() -> None:
    with pytest.raises(ModelError):
        effect_compartment(np.ones((1, 3)), np.array([0.0, 2.0, 1.0]), 0.1)
    with pytest.raises(ModelError):
        effect_compartment(np.ones((1, 3)), np.array([0.0, 1.0]), 0.1)
    with pytest.raises(ModelError):
        effect_compartment(np.ones((1, 2)), np.array([0.0, 1.0]), 0.0)
    with pytest.raises(ModelError):
        adapted_ec50(np.ones((1, 2)), np.array([1.0, 0.0]), 1.0, 1.0, 1.0)


def test_the_ec50_adapts_by_the_exposure_alone() -> None:
    # constant 10 mg/L over 5 h: AUC 50, share adapted 1 - exp(-0.034 * 50)
    times = np.array([0.0, 2.0, 5.0, 1000.0])
    ec50 = adapted_ec50(np.full((1, 4), 10.0), times, 0.46, 3.59, 0.034)[0]
    assert ec50[0] == 0.46
    assert ec50[2] == pytest.approx(0.46 * (1 + 3.59 * (1 - np.exp(-1.7))), rel=1e-14)
    assert ec50[3] == pytest.approx(0.46 * 4.59, rel=1e-12)
