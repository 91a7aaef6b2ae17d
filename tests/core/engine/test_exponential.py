"""Exponentials of large arrays against numpy's."""

import numpy as np
import pytest

from core.engine.exponential import exp, expm1

RANGES = {
    "all that does not vanish": -np.linspace(0.0, 700.0, 100_003),
    "tiny": -np.logspace(-300.0, 0.0, 5_001),
    "around zero": np.linspace(-1.0, 1.0, 9_999),
}


@pytest.mark.parametrize("name", RANGES)
def test_every_digit_but_the_last_is_numpys(name: str) -> None:
    x = RANGES[name]
    np.testing.assert_allclose(exp(x), np.exp(x), rtol=4.5e-16)
    np.testing.assert_allclose(expm1(x), np.expm1(x), rtol=6.7e-16)


def test_what_vanishes_is_zero_and_shapes_are_kept() -> None:
    x = np.full((30, 40), -1e5)
    assert exp(x).shape == (30, 40)
    assert exp(x).max() == 0.0
    assert np.all(expm1(x) == -1.0)
    np.testing.assert_array_equal(exp(np.asfortranarray(x + 1e5)), np.ones((30, 40)))
