import numpy as np
import pytest

from core.clinic.mic import MicDistribution
from core.errors import InputError
from core.pd.attainment import (
    Index,
    PkPdTarget,
    cumulative_fraction_of_response,
    index_values,
    probability_of_target_attainment,
)

DAY = np.linspace(0, 24, 2401)
PATIENTS = np.array([8.0, 16.0, 32.0, 64.0])[:, None] * 0.5 ** (DAY / 6.0)[None, :]  # peaks, half-life 6 h


def test_the_three_indices_equal_their_closed_forms() -> None:
    # AUC0-24 = peak * 6/ln2 * (1 - 2^-4); time above MIC 2 of the first patient: 2 half-lives = 12 h
    auc = index_values(PkPdTarget(Index.AUC24_OVER_MIC, 400), PATIENTS, DAY, 2.0)
    np.testing.assert_allclose(auc, np.array([8, 16, 32, 64]) * 6 / np.log(2) * (1 - 1 / 16) / 2, rtol=1e-5)
    np.testing.assert_allclose(index_values(PkPdTarget(Index.PEAK_OVER_MIC, 8), PATIENTS, DAY, 2.0), [4, 8, 16, 32])
    above = index_values(PkPdTarget(Index.TIME_ABOVE_MIC, 0.5), PATIENTS, DAY, 2.0)
    np.testing.assert_allclose(above, [0.5, 0.75, 1.0, 1.0], atol=1e-3)


def test_only_the_unbound_part_counts_where_the_target_says_so() -> None:
    total = index_values(PkPdTarget(Index.TIME_ABOVE_MIC, 0.5), PATIENTS, DAY, 2.0)
    unbound = index_values(PkPdTarget(Index.TIME_ABOVE_MIC, 0.5, fraction_unbound=0.5), PATIENTS, DAY, 1.0)
    np.testing.assert_allclose(total, unbound)


def test_a_window_of_two_days_gives_the_mean_daily_area() -> None:
    times = np.linspace(0, 48, 97)
    auc = index_values(PkPdTarget(Index.AUC24_OVER_MIC, 400), np.full((1, 97), 20.0), times, 1.0)
    np.testing.assert_allclose(auc, 480.0)


def test_attainment_falls_as_the_mic_rises() -> None:
    attained = probability_of_target_attainment(PkPdTarget(Index.PEAK_OVER_MIC, 8), PATIENTS, DAY, (1, 2, 4, 8, 16))
    np.testing.assert_allclose(attained, [1.0, 0.75, 0.5, 0.25, 0.0])


def test_the_cumulative_fraction_weighs_each_mic_by_how_often_it_occurs() -> None:
    isolates = MicDistribution((1.0, 4.0, 16.0), (6, 3, 1))
    fraction = cumulative_fraction_of_response(PkPdTarget(Index.PEAK_OVER_MIC, 8), PATIENTS, DAY, isolates)
    assert fraction == pytest.approx(0.6 * 1.0 + 0.3 * 0.5)


def test_isolates_beyond_the_highest_mic_never_meet_the_target() -> None:
    isolates = MicDistribution((1.0, 4.0, 16.0), (6, 3, 0), beyond=1)
    fraction = cumulative_fraction_of_response(PkPdTarget(Index.PEAK_OVER_MIC, 8), PATIENTS, DAY, isolates)
    assert fraction == pytest.approx(0.6 * 1.0 + 0.3 * 0.5)


def test_a_mic_that_is_not_positive_is_refused() -> None:
    with pytest.raises(InputError):
        index_values(PkPdTarget(Index.PEAK_OVER_MIC, 8), PATIENTS, DAY, 0.0)
