import numpy as np
import pytest

from core.errors import ModelError
from core.pd.diuresis import excretion_rate, most_efficient_rate, share_of_largest_response
from core.pd.library import load_effects

MODEL = load_effects()["furosemide_natriuresis"]


def test_the_published_pair_of_rates_is_met() -> None:
    # Kaojarern 1982: half of the largest response at 69.8 ug/min, most efficient at 21.5 ug/min
    assert MODEL.parameters["ec50"] == pytest.approx(69.8 * 60 / 1000)
    assert MODEL.respond(np.array([4.188]))[0] == pytest.approx(50.0)
    efficient = most_efficient_rate(MODEL.parameters["ec50"], MODEL.parameters["hill"])
    assert efficient == pytest.approx(21.5 * 60 / 1000, rel=0.005)


def test_no_other_rate_is_more_efficient() -> None:
    rates = np.linspace(0.05, 20, 4000)
    efficiency = share_of_largest_response(rates, 4.188, 1.234) / rates
    assert rates[efficiency.argmax()] == pytest.approx(most_efficient_rate(4.188, 1.234), abs=0.01)


def test_the_same_amount_does_more_when_it_comes_slowly() -> None:
    # 20 mg in one hour against 20 mg over ten hours: why a tablet acts as well as an injection of twice as much
    fast = share_of_largest_response(np.array([20.0]), 4.188, 1.234)[0] * 1
    slow = share_of_largest_response(np.array([2.0]), 4.188, 1.234)[0] * 10
    assert slow > 3 * fast


def test_excretion_is_renal_clearance_times_concentration() -> None:
    np.testing.assert_allclose(
        excretion_rate(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([2.0, 5.0])), [[2, 4], [15, 20]]
    )
    np.testing.assert_allclose(excretion_rate(np.array([[1.0, 2.0]]), 3.0), [[3, 6]])


def test_impossible_values_are_refused() -> None:
    with pytest.raises(ModelError):
        excretion_rate(np.ones((1, 1)), -1.0)
    with pytest.raises(ModelError):
        most_efficient_rate(1.0, 1.0)


def test_a_clearance_that_changes_takes_its_part_at_each_time() -> None:
    plasma = np.array([[2.0, 2.0, 1.0]])
    assert excretion_rate(plasma, np.array([[3.0, 1.0, 1.0]])).tolist() == [[6.0, 2.0, 1.0]]
