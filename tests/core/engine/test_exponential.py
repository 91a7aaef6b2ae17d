"""First-order decay of large arrays against numpy's exponentials."""

import numpy as np
import pytest

from core.engine.exponential import lost, remaining

RANGES = {
    "all that does not vanish": -np.linspace(0.0, 700.0, 100_003),
    "tiny": -np.logspace(-300.0, 0.0, 5_001),
    "around zero": np.linspace(-1.0, 1.0, 9_999),
}


@pytest.mark.parametrize("name", RANGES)
def test_every_digit_but_the_last_is_numpys(name: str) -> None:
    x = RANGES[name]
    np.testing.assert_allclose(remaining(np.array(-1.0), x), np.exp(x), rtol=4.5e-16)
    np.testing.assert_allclose(lost(np.array(-1.0), x), np.expm1(x), rtol=6.7e-16)


def test_what_vanishes_is_zero_and_shapes_and_arguments_are_kept() -> None:
    rate, elapsed = np.ones((30, 1)), np.full((30, 40), 1e5)
    assert remaining(rate, elapsed).shape == (30, 40)
    assert remaining(rate, elapsed).max() == 0.0
    assert np.all(lost(rate, elapsed) == -1.0)
    np.testing.assert_array_equal(elapsed, np.full((30, 40), 1e5))
    np.testing.assert_array_equal(remaining(0 * rate, np.asfortranarray(elapsed)), np.ones((30, 40)))
