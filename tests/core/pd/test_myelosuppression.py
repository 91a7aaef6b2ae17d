import numpy as np
import pytest
from scipy.integrate import solve_ivp

from core.errors import ModelError
from core.pd.library import load_effects_on_request
from core.pd.myelosuppression import circulating_cells

PACLITAXEL = {
    name: np.array([v]) for name, v in {"baseline": 7.21, "mtt": 124, "slope": 33.84, "feedback": 0.239}.items()
}


def _grid() -> np.ndarray:
    return np.unique(np.concatenate([np.linspace(0, 30, 121), np.linspace(30, 504, 159)]))


def _paclitaxel_level(times: np.ndarray) -> np.ndarray:
    """Unbound mg/L after 379 umol (175 mg/m2) in 3 h, with the kinetics the model was made with: CL 285, Q 204 L/h."""

    def kinetics(t: float, y: np.ndarray) -> list[float]:
        given = 379 / 3 if t < 3 else 0.0
        return [given - (285 + 204) / 290 * y[0] + 204 / 995 * y[1], 204 / 290 * y[0] - 204 / 995 * y[1]]

    amounts = solve_ivp(kinetics, (0, times[-1]), [0, 0], t_eval=times, max_step=0.2, rtol=1e-8)
    return np.maximum(amounts.y[:1], 0) / 290 * 0.8539


def test_the_count_equals_an_independent_solution_of_the_published_equations() -> None:
    times = _grid()
    level = _paclitaxel_level(times)

    def published(t: float, y: np.ndarray) -> list[float]:
        prol, t1, t2, t3, circ = y
        k = 4 / 124
        drug = 33.84 * np.interp(t, times, level[0])
        return [
            k * prol * (1 - drug) * (7.21 / circ) ** 0.239 - k * prol,
            k * (prol - t1), k * (t1 - t2), k * (t2 - t3), k * (t3 - circ),
        ]  # fmt: skip

    oracle = solve_ivp(published, (0, 504), [7.21] * 5, "LSODA", t_eval=times, rtol=1e-10, atol=1e-12, max_step=0.2)
    ours = circulating_cells(level, times, PACLITAXEL, 1e-8)[0]
    np.testing.assert_allclose(ours, oracle.y[4], rtol=1e-5)
    nadir = times[ours.argmin()] / 24
    assert 7 < nadir < 12  # days; the white cells fall and come back within the three weeks of a cycle
    assert 2 < ours.min() < 4
    assert ours[-1] > 7.21


def test_the_slope_of_paclitaxel_belongs_to_the_unbound_concentration() -> None:
    times = _grid()
    model = load_effects_on_request()["paclitaxel_leukocytes"]
    total = _paclitaxel_level(times) / 0.05
    assert 2 < model.evaluate(total, times)[0].min() < 4
    assert circulating_cells(total, times, PACLITAXEL)[0].min() < 0.1  # taken for the total, no cell would be left


def test_without_drug_the_count_stays_where_it_was() -> None:
    times = np.linspace(0, 1000, 11)
    np.testing.assert_allclose(circulating_cells(np.zeros((1, 11)), times, PACLITAXEL), 7.21, rtol=1e-12)


def test_under_a_constant_level_the_count_settles_where_the_feedback_makes_up_for_the_drug() -> None:
    # (1 - slope C)(baseline/Circ)^feedback = 1, linezolid at 10 mg/L: 206 * (1 - 0.0566)^(1/0.187)
    model = load_effects_on_request()["linezolid_platelets"]
    times = np.linspace(0, 6000, 601)
    count = model.evaluate(np.full((1, 601), 10.0), times)[0]
    assert count[-1] == pytest.approx(206 * (1 - 0.0566) ** (1 / 0.187), rel=1e-4)


def test_a_bigger_dose_goes_deeper_and_stronger_binding_of_docetaxel_less_deep() -> None:
    times = _grid()
    docetaxel = load_effects_on_request()["docetaxel_neutrophils"]
    level = _paclitaxel_level(times)
    low, high = (docetaxel.evaluate(level * dose, times)[0].min() for dose in (1.0, 2.0))
    assert high < low < 5.2
    much = docetaxel.for_patient({"alpha1_acid_glycoprotein": 2.34})
    assert much.parameters["slope"] == pytest.approx(docetaxel.parameters["slope"] * (1 - 0.350693))
    assert much.evaluate(level, times)[0].min() > low


def test_even_an_overwhelming_dose_leaves_a_count_that_is_not_negative() -> None:
    times = _grid()
    count = circulating_cells(100 * _paclitaxel_level(times), times, PACLITAXEL)
    assert np.all(count >= 0)
    assert np.all(np.isfinite(count))


def test_a_baseline_that_is_not_positive_is_refused() -> None:
    with pytest.raises(ModelError):
        circulating_cells(np.zeros((1, 2)), np.array([0.0, 1.0]), {**PACLITAXEL, "baseline": np.array([0.0])})
