import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import ModelError
from core.learn.contributions import shapley

Array = NDArray[np.float64]
RNG = np.random.default_rng(5)
BACKGROUND = RNG.standard_normal((16, 5))
ROW = np.array([1.0, -2.0, 0.5, 3.0, -1.0])


def bent(rows: Array) -> Array:
    return np.asarray(np.exp(0.3 * rows[:, 0] * rows[:, 1]) + np.abs(rows[:, 2] - rows[:, 3]) + rows[:, 4])


def test_a_straight_line_gives_weight_times_distance_from_the_mean() -> None:
    weight = np.array([1.0, 2.0, -3.0, 0.5, 0.0])
    found = shapley(lambda rows: rows @ weight, ROW, BACKGROUND, list("abcde"))
    assert list(found.values()) == pytest.approx(list(weight * (ROW - BACKGROUND.mean(axis=0))))


def test_contributions_add_up_to_the_prediction_less_the_base() -> None:
    found = shapley(bent, ROW, BACKGROUND, ["one", "two", "two", "three", "one"])
    assert sum(found.values()) == pytest.approx(bent(ROW[None])[0] - bent(BACKGROUND).mean(), abs=1e-12)


def test_they_are_the_mean_over_all_orders_of_entering() -> None:
    # the definition itself (Shapley 1953), by brute force over the 120 orders of five players
    def value(members: set[int]) -> float:
        rows = BACKGROUND.copy()
        rows[:, list(members)] = ROW[list(members)]
        return float(bent(rows).mean())

    expected = np.zeros(5)
    orders = list(itertools.permutations(range(5)))
    for order in orders:
        for place, player in enumerate(order):
            expected[player] += value(set(order[: place + 1])) - value(set(order[:place]))
    found = shapley(bent, ROW, BACKGROUND, list("abcde"))
    assert list(found.values()) == pytest.approx(list(expected / len(orders)))


def test_what_the_prediction_ignores_contributes_nothing() -> None:
    found = shapley(lambda rows: rows[:, 0] ** 2, ROW, BACKGROUND, list("abcde"))
    assert [found[name] for name in "bcde"] == pytest.approx([0, 0, 0, 0], abs=1e-14)


def test_too_many_groups_are_refused() -> None:
    with pytest.raises(ModelError):
        shapley(bent, np.zeros(11), np.zeros((2, 11)), [str(place) for place in range(11)])
