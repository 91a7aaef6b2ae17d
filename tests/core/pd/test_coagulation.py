import numpy as np
import pytest
from scipy.special import gammainc

from core.errors import InputError, ModelError
from core.pd.coagulation import inr_by_mean, inr_by_product
from core.pd.integrate import integrate
from core.pd.library import load_effects_on_request

TIMES = np.array([0.0, 1e-9, 12.0, 48.0, 120.0, 480.0, 3000.0])
LEVEL = np.array([[0.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]])


def _inhibition(level: float, ec50: float, hill: float) -> float:
    return level**hill / (ec50**hill + level**hill)


def test_after_a_step_the_chain_of_2010_follows_the_gamma_distribution() -> None:
    # n stages of rate r fed by 1 - E: the last one is 1 - E * P(n, r t), P the regularised incomplete gamma function
    p = {"baseline": 1.0, "top": 20.0, "ec50": 4.1, "hill": 1.15, "mtt_fast": 28.6, "mtt_slow": 118.3}
    held = _inhibition(0.5, 4.1, 1.15)
    fast, slow = (1 - held * gammainc(3, 3 / mtt * TIMES) for mtt in (28.6, 118.3))
    ours = inr_by_mean(LEVEL, TIMES, {k: np.array([v]) for k, v in p.items()})[0]
    np.testing.assert_allclose(ours, 1 + 20 * (1 - (fast + slow) / 2), rtol=1e-6)


def test_after_a_step_the_chains_of_2007_follow_the_gamma_distribution() -> None:
    p = {
        "baseline": 1.0,
        "top": 20.0,
        "ec50": 4.61,
        "hill": 0.424,
        "mtt_fast": 11.6,
        "mtt_slow": 120.0,
        "exponent": 3.61,
    }
    held = _inhibition(0.5, 4.61, 0.424)
    fast, slow = 1 - held * gammainc(6, TIMES / 11.6), 1 - held * gammainc(1, TIMES / 120.0)
    ours = inr_by_product(LEVEL, TIMES, {k: np.array([v]) for k, v in p.items()})[0]
    np.testing.assert_allclose(ours, 1 + 20 * (1 - fast * slow) ** 3.61, rtol=1e-6)


def test_an_aa_patient_needs_less_warfarin_than_a_gg_patient_in_every_model() -> None:
    times = np.linspace(0, 1500, 151)
    level = np.full((1, 151), 0.3) * (times > 0)
    for name in ("warfarin_inr_hamberg2007", "warfarin_inr_hamberg2010", "warfarin_inr_xia2024"):
        model = load_effects_on_request()[name]
        aa, ag, gg = (
            model.for_patient({"vkorc1_genotype": genotype}).evaluate(level, times)[0, -1]
            for genotype in ("AA", "AG", "GG")
        )
        assert aa > ag > gg > 1


def test_five_milligrams_a_day_bring_a_typical_old_patient_near_the_target() -> None:
    # Hamberg 2010: CL of S-warfarin 0.348 L/h (*1/*1, 71 years); half of the racemic dose is S-warfarin
    level = np.full((1, 2), 2.5 / 24 / 0.348)
    model = load_effects_on_request()["warfarin_inr_hamberg2010"]
    inr = [
        model.for_patient({"vkorc1_genotype": genotype}).evaluate(level, np.array([0.0, 5000.0]))[0, -1]
        for genotype in ("GG", "AA")
    ]
    assert inr[0] == pytest.approx(1 + 20 * _inhibition(level[0, 0], 4.1, 1.15), rel=1e-4)
    assert 1.7 < inr[0] < 2.3 < inr[1] < 4


def test_amiodarone_and_a_low_weight_raise_the_inr_in_the_model_of_han_patients() -> None:
    model = load_effects_on_request()["warfarin_inr_xia2024"]
    facts = {"vkorc1_genotype": "AA", "weight": 60.0}
    alone = model.for_patient(facts)
    assert alone.parameters["ec50"] == pytest.approx(2.28)
    assert model.for_patient({**facts, "amiodarone": "yes"}).parameters["ec50"] == pytest.approx(2.28 * 0.398)
    light = model.for_patient({**facts, "weight": 45.0})
    assert light.parameters["ec50"] == pytest.approx(2.28 * 0.75**1.34)
    assert model.assumed(facts) == ("amiodarone",)


def test_without_the_genotype_no_inr_is_told() -> None:
    with pytest.raises(InputError, match="vkorc1_genotype"):
        load_effects_on_request()["warfarin_inr_hamberg2010"].for_patient({})


def test_a_transit_time_of_nothing_is_refused() -> None:
    p = {"baseline": 1.0, "top": 20.0, "ec50": 4.1, "hill": 1.15, "mtt_fast": 0.0, "mtt_slow": 118.3}
    with pytest.raises(ModelError):
        inr_by_mean(LEVEL, TIMES, {k: np.array([v]) for k, v in p.items()})


@pytest.mark.parametrize(("hill", "close"), [(1.15, 2e-5), (0.424, 1e-3)])
def test_daily_doses_from_none_on_agree_with_the_equations_solved_step_by_step(hill: float, close: float) -> None:
    """The second exponent (2007) has no slope at 0 mg/L, where the first dose begins."""
    times = np.unique([24.0 * day + hour for day in range(10) for hour in (0.0, 0.5, 2.0, 6.0, 12.0, 18.0)])
    level = 0.3 * (1 - np.exp(-times / 40.0)) * (1 + 0.5 * np.exp(-((times % 24.0 - 2.0) ** 2) / 8.0)) * (times > 0)
    p = {"baseline": 1.0, "top": 20.0, "ec50": 2.0, "hill": hill, "mtt_fast": 28.6, "mtt_slow": 118.3}
    ours = inr_by_mean(level[None], times, {k: np.array([v]) for k, v in p.items()})[0]
    rate = np.repeat([3 / 28.6, 3 / 118.3], 3)[:, None]

    def slopes(state: np.ndarray, at: np.ndarray) -> np.ndarray:
        made = 1.0 - _inhibition(1.0, 2.0 / np.maximum(at, 1e-300), hill)
        return rate * (np.stack([made, state[0], state[1], made, state[3], state[4]]) - state)

    solved = integrate(slopes, np.ones((6, 1)), level[None], times, 1e-10)
    np.testing.assert_allclose(ours, 1 + 20 * (1 - (solved[2, 0] + solved[5, 0]) / 2), rtol=close)
