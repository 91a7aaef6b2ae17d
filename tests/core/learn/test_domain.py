import numpy as np
import pytest

from core.learn.domain import Outside, learn_region, why_outside

RNG = np.random.default_rng(8)
SIZE = RNG.normal(70, 12, 4000)
ROWS = np.stack([SIZE, 2.5 * SIZE + RNG.normal(0, 5, 4000)], axis=1)
REGION = learn_region(ROWS[:2000], ROWS[2000:], 0.99)
NAMES = ("weight", "height")


def test_a_patient_in_the_middle_is_inside() -> None:
    assert why_outside({0: REGION}, 0, ROWS[:2000].mean(axis=0), NAMES) is None


def test_a_value_beyond_all_seen_is_named_with_the_range() -> None:
    found = why_outside({0: REGION}, 0, np.array([250.0, 175.0]), NAMES)
    assert found == Outside("weight", 250.0, float(ROWS[:2000, 0].min()), float(ROWS[:2000, 0].max()))


def test_a_combination_nobody_had_is_outside_though_each_value_is_usual() -> None:
    assert why_outside({0: REGION}, 0, np.array([55.0, 210.0]), NAMES) == Outside("")


def test_the_share_of_like_patients_inside_is_the_one_asked_for() -> None:
    size = np.random.default_rng(9).normal(70, 12, 5000)
    fresh = np.stack([size, 2.5 * size + np.random.default_rng(10).normal(0, 5, 5000)], axis=1)
    assert 0.98 < REGION.holds(fresh).mean() < 0.999


def test_a_group_never_seen_is_outside() -> None:
    found = why_outside({0: REGION}, 3, ROWS[0], NAMES)
    assert found is not None
    assert found.feature == "levels_known"


def test_the_distance_is_mahalanobis() -> None:
    # against scipy, with the same small ridge on the standardised covariance
    from scipy.spatial.distance import mahalanobis

    z = (ROWS[5] - REGION.centre) / REGION.spread
    assert REGION.distance(ROWS[5:6])[0] == pytest.approx(mahalanobis(z, np.zeros(2), REGION.inverse))
