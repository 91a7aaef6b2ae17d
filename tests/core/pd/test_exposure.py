import numpy as np
import pytest

from core.errors import ModelError
from core.pd.exposure import cumulative_auc, share_of_time_above, trailing_auc

TIMES = np.array([0.0, 2.0, 2.0, 10.0, 30.0, 60.0])
LEVEL = np.array([[0.0, 20.0, 20.0, 12.0, 2.0, 2.0]])


def test_the_area_is_that_of_the_trapezoids() -> None:
    np.testing.assert_allclose(cumulative_auc(LEVEL, TIMES)[0], [0, 20, 20, 148, 288, 348])


def test_the_trailing_area_forgets_what_is_older_than_a_day() -> None:
    # at 30 h the window opens at 6 h: 288 - (20 + 4 h from 20 down to 16 = 72); at 60 h only the 2 mg/L are left
    np.testing.assert_allclose(trailing_auc(LEVEL, TIMES)[0], [0, 20, 20, 148, 288 - 92, 48])


def test_the_trailing_area_equals_the_difference_of_two_areas_on_a_fine_grid() -> None:
    times = np.sort(np.random.default_rng(3).uniform(0, 100, 400))
    level = np.abs(np.sin(times))[None, :] + 0.3 * times[None, :]
    area = cumulative_auc(level, times)[0]
    fine = np.linspace(times[0], times[-1], 2_000_001)
    fine_area = cumulative_auc(np.interp(fine, times, level[0])[None, :], fine)[0]
    expected = area - np.where(times - 24 > times[0], np.interp(times - 24, fine, fine_area), 0.0)
    np.testing.assert_allclose(trailing_auc(level, times)[0], expected, atol=1e-6)


def test_a_steady_level_has_24_hours_times_itself_as_daily_area() -> None:
    times = np.linspace(0, 72, 145)
    np.testing.assert_allclose(trailing_auc(np.full((2, 145), 20.0), times)[:, 48:], 480.0)


def test_the_time_above_a_level_is_read_at_the_crossings() -> None:
    # up through 10 at 1 h; down through 10 at 10 + 20 * 2/10 = 14 h
    assert share_of_time_above(LEVEL, TIMES, 10.0)[0] == pytest.approx(13.0 / 60.0)
    assert share_of_time_above(LEVEL, TIMES, np.array([0.5]))[0] == pytest.approx((60 - 0.05) / 60)


def test_a_level_that_is_only_touched_does_not_count_and_one_below_all_counts_in_full() -> None:
    times = np.array([0.0, 1.0, 2.0])
    assert share_of_time_above(np.full((1, 3), 2.0), times, 2.0)[0] == 0.0
    assert share_of_time_above(np.full((1, 3), 2.0), times, 1.0)[0] == 1.0
    assert share_of_time_above(np.array([[0.0, 2.0, 0.0]]), times, 2.0)[0] == 0.0


def test_an_exponential_decline_stays_above_the_mic_for_the_time_the_half_life_tells() -> None:
    # 32 mg/L with a half-life of 1 h is above 2 mg/L for 4 of 8 h
    times = np.linspace(0, 8, 4001)
    assert share_of_time_above(32 * 0.5 ** times[None, :], times, 2.0)[0] == pytest.approx(0.5, abs=1e-4)


def test_falling_times_and_wrong_shapes_are_refused() -> None:
    for shape, times in ((np.ones((1, 2)), np.array([1.0, 0.0])), (np.ones((1, 3)), np.array([0.0, 1.0]))):
        with pytest.raises(ModelError):
            cumulative_auc(shape, times)
        with pytest.raises(ModelError):
            share_of_time_above(shape, times, 1.0)
    with pytest.raises(ModelError):
        share_of_time_above(np.ones((1, 2)), np.array([1.0, 1.0]), 1.0)
