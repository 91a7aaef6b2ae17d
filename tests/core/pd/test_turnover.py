import numpy as np
import pytest

from core.errors import ModelError
from core.pd.turnover import Action, indirect_response

TIMES = np.array([0.0, 1.0, 5.0, 20.0, 400.0])
LEVEL = np.full((1, 5), 3.0)


def _parameters(emax: float) -> dict[str, np.ndarray]:
    return {
        name: np.array([value])
        for name, value in {"baseline": 80.0, "kout": 0.2, "emax": emax, "ec50": 1.0, "hill": 2.0}.items()
    }


@pytest.mark.parametrize(
    ("action", "emax", "made", "lost"),
    [
        (Action.INHIBIT_PRODUCTION, 0.8, 1 - 0.72, 1.0),
        (Action.INHIBIT_LOSS, 0.8, 1.0, 1 - 0.72),
        (Action.STIMULATE_PRODUCTION, 5.0, 1 + 4.5, 1.0),
        (Action.STIMULATE_LOSS, 5.0, 1.0, 1 + 4.5),
    ],
)
def test_under_a_constant_level_the_response_moves_to_its_new_balance_by_an_exponential(
    action: Action, emax: float, made: float, lost: float
) -> None:
    # 3 mg/L, EC50 1, hill 2: 0.9 of Emax. dR/dt = kout (R0 made - lost R) is linear
    balance = 80.0 * made / lost
    expected = balance + (80.0 - balance) * np.exp(-0.2 * lost * TIMES)
    response = indirect_response(action, LEVEL, TIMES, _parameters(emax), 1e-9)
    np.testing.assert_allclose(response[0], expected, rtol=1e-7)


@pytest.mark.parametrize("action", list(Action))
def test_without_drug_the_response_stays_at_its_baseline(action: Action) -> None:
    np.testing.assert_allclose(indirect_response(action, 0 * LEVEL, TIMES, _parameters(0.9)), 80.0, rtol=1e-12)


def test_the_response_goes_back_to_its_baseline_when_the_drug_is_gone() -> None:
    times = np.linspace(0, 500, 501)
    level = 50 * np.exp(-0.5 * times)[None, :]
    response = indirect_response(Action.INHIBIT_PRODUCTION, level, times, _parameters(1.0))[0]
    assert response.min() < 45
    assert response.argmin() > 5  # the nadir comes long after the peak at time 0
    assert response[-1] == pytest.approx(80, rel=1e-6)


def test_an_inhibition_beyond_all_is_refused() -> None:
    with pytest.raises(ModelError, match="100 %"):
        indirect_response(Action.INHIBIT_LOSS, LEVEL, TIMES, _parameters(1.1))
