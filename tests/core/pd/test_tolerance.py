import numpy as np
import pytest

from core.pd.tolerance import antagonist_tolerance

PARAMETERS = {
    name: np.array([value]) for name, value in {"e0": 60.0, "emax": 30.0, "ec50": 1.0, "a50": 2.0, "ktol": 0.7}.items()
}


def test_under_a_constant_level_the_effect_wears_off_to_the_share_the_antagonist_leaves() -> None:
    times = np.array([0.0, 1e-9, 1.0, 100.0])
    effect = antagonist_tolerance(np.array([[0.0, 4.0, 4.0, 4.0]]), times, PARAMETERS)[0]
    direct = 30 * 4 / 5
    assert effect[0] == 60
    assert effect[1] == pytest.approx(60 + direct, rel=1e-6)
    assert effect[2] == pytest.approx(60 + direct / (1 + 4 * (1 - np.exp(-0.7)) / 2), rel=1e-6)
    assert effect[3] == pytest.approx(60 + direct / 3, rel=1e-9)


def test_the_same_level_does_less_after_a_day_of_drug() -> None:
    times = np.linspace(0, 48, 49)
    effect = antagonist_tolerance(np.full((1, 49), 2.0) * (times > 0), times, PARAMETERS)[0]
    assert np.all(np.diff(effect[2:]) <= 0)
