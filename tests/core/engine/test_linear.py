"""Limits of the linear class: many times of many states, very slow and very fast rates."""

import numpy as np
import pytest

from core.engine import kernel, linear
from core.engine.graph import Flow, Graph, Solver
from core.engine.schedule import Input, Segment
from core.engine.solve import simulate

CHAIN = Graph(tuple("abcdef"), tuple(Flow(s, t, f"k{s}") for s, t in zip("abcdef", [*"bcdef", None], strict=True)))


@pytest.mark.parametrize("compiled", [True, False])
def test_what_does_not_fit_in_memory_at_once_comes_out_the_same(
    compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if compiled and not kernel.available():
        pytest.skip("the compiled kernel was not built")
    if not compiled:
        monkeypatch.setattr(kernel, "available", lambda: False)
    rates = {flow.rate: np.array([0.4, 1.1, 3.0]) for flow in CHAIN.flows}
    times = np.sort(np.random.default_rng(1).uniform(0.0, 30.0, 50))
    dose = [Input(0.0, 10.0, "a")]
    whole = simulate(CHAIN, [Segment(0.0, rates)], dose, times, states=CHAIN.states, integrals=("f",))
    monkeypatch.setattr(linear, "_MOST_NUMBERS", 700)
    parts = simulate(CHAIN, [Segment(0.0, rates)], dose, times, states=CHAIN.states, integrals=("f",))
    np.testing.assert_allclose(whole.amounts, parts.amounts, rtol=1e-12)
    np.testing.assert_allclose(whole.integrals, parts.integrals, rtol=1e-12)


@pytest.mark.parametrize("speed", [1e-7, 1e-3, 1.0, 1e3, 1e5])
def test_equal_rates_give_the_gamma_density_at_any_speed(speed: float) -> None:
    # Amount in the k-th of equal transit states: (kt)^k e^(-kt) / k! (Savic et al. 2007, 10.1007/s10928-007-9066-0).
    assert CHAIN.solver is Solver.LINEAR
    times = np.array([0.1, 1.0, 2.7, 6.0, 20.0]) / speed
    rates = {flow.rate: speed for flow in CHAIN.flows}
    amounts = simulate(CHAIN, [Segment(0.0, rates)], [Input(0.0, 1.0, "a")], times, states=CHAIN.states).amounts[0]
    x = speed * times
    expected = np.stack([x**k * np.exp(-x) / np.prod(np.arange(1.0, k + 1.0)) for k in range(6)], axis=1)
    np.testing.assert_allclose(amounts, expected, rtol=1e-9)
