import numpy as np
import pytest

from core.errors import ModelError
from core.pd.binding import equilibrium_occupancy, receptor_occupancy


def _constants(kon: float, koff: float) -> dict[str, np.ndarray]:
    return {"kon": np.array([kon]), "koff": np.array([koff])}


def test_binding_to_a_constant_level_follows_the_closed_form() -> None:
    # O(t) = C/(C+Kd) (1 - exp(-(kon C + koff) t)); the ramp at the start is a billionth of an hour
    times = np.array([0.0, 1e-9, 0.5, 2.0, 10.0])
    level = np.array([[0.0, 2.0, 2.0, 2.0, 2.0]])
    occupied = receptor_occupancy(level, times, _constants(0.3, 0.1), 1e-10)[0]
    np.testing.assert_allclose(occupied, 2 / (2 + 1 / 3) * -np.expm1(-0.7 * times), rtol=1e-6, atol=1e-8)


def test_release_after_the_drug_is_gone_has_the_half_life_of_koff() -> None:
    times = np.array([0.0, 1e-9, 10.0])
    occupied = receptor_occupancy(np.array([[5.0, 0.0, 0.0]]), times, _constants(1.0, np.log(2) / 10), 1e-10)[0]
    assert occupied[2] == pytest.approx(occupied[0] / 2, rel=1e-6)


def test_binding_begins_in_balance() -> None:
    times = np.array([0.0, 5.0])
    occupied = receptor_occupancy(np.full((1, 2), 4.0), times, _constants(0.5, 1.0))[0]
    np.testing.assert_allclose(occupied, equilibrium_occupancy(np.array([4.0]), 2.0)[0], rtol=1e-9)


def test_a_rate_that_is_not_positive_is_refused() -> None:
    with pytest.raises(ModelError):
        receptor_occupancy(np.ones((1, 2)), np.array([0.0, 1.0]), _constants(0.0, 1.0))
