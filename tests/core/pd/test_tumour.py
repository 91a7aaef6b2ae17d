import numpy as np
import pytest
from scipy.integrate import solve_ivp

from core.errors import ModelError
from core.pd.library import load_effects_on_request
from core.pd.tumour import tumour_with_biomarkers

WEEK = 168.0
TIMES = np.linspace(0, 60 * WEEK, 181)


def _parameters(**changed: float) -> dict[str, np.ndarray]:
    typical = dict(load_effects_on_request()["sunitinib_tumour"].parameters)
    return {name: np.array([value]) for name, value in {**typical, **changed}.items()}


def test_without_drug_the_tumour_grows_by_the_published_rate() -> None:
    size = tumour_with_biomarkers(np.zeros((1, TIMES.size)), TIMES, _parameters())[0]
    np.testing.assert_allclose(size, 194 * np.exp(0.0118 * TIMES / WEEK), rtol=1e-6)  # Hansson 2013, table 3


def test_without_the_biomarkers_growth_under_constant_exposure_has_the_closed_form_of_claret() -> None:
    # ln y = growth t - kill E (1 - exp(-resistance t)) / resistance
    exposure = np.full((1, TIMES.size), 5.0)
    size = tumour_with_biomarkers(exposure, TIMES, _parameters(kill_kit=0.0, kill_vegfr3=0.0), 1e-9)[0]
    weeks = TIMES / WEEK
    logarithm = 0.0118 * weeks - 0.00503 * 5 * (1 - np.exp(-0.0217 * weeks)) / 0.0217
    np.testing.assert_allclose(size, 194 * np.exp(logarithm), rtol=1e-6)
    # it shrinks until resistance has taken what growth leaves: ln(0.00503 * 5 / 0.0118) / 0.0217 = 34.9 weeks
    assert weeks[size.argmin()] == pytest.approx(34.9, abs=0.4)


def test_the_whole_model_equals_an_independent_solution() -> None:
    # 50 mg/day over a clearance of 34.5 L/h
    exposure = 50 / 34.5

    def published(t: float, y: np.ndarray) -> list[float]:
        tumour, vegfr3, kit, untreated = y
        dps = 1 + 0.0261 / 730.485 * t
        effect = exposure / (1 + exposure)
        drive = (
            0.00503 / WEEK * exposure - 0.00282 / WEEK * (kit - untreated) / untreated - 0.0371 / WEEK * (vegfr3 - 1)
        )
        return [
            (0.0118 / WEEK - drive * np.exp(-0.0217 / WEEK * t)) * tumour,
            ((1 - effect) - vegfr3) / (16.7 * 24),
            (dps * (1 - effect) - kit) / (101 * 24),
            (dps - untreated) / (101 * 24),
        ]

    oracle = solve_ivp(published, (0, TIMES[-1]), [194, 1, 1, 1], "LSODA", t_eval=TIMES, rtol=1e-10, atol=1e-10)
    ours = tumour_with_biomarkers(np.full((1, TIMES.size), exposure), TIMES, _parameters(), 1e-9)[0]
    np.testing.assert_allclose(ours, oracle.y[0], rtol=1e-6)
    assert ours.min() < 0.9 * 194


def test_a_tumour_of_no_size_is_refused() -> None:
    with pytest.raises(ModelError):
        tumour_with_biomarkers(np.zeros((1, 2)), np.array([0.0, 1.0]), _parameters(baseline=0.0))
