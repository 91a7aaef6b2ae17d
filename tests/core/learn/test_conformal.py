import numpy as np
import pytest

from core.errors import InputError
from core.learn.conformal import group_margins, margins, quantile_of_distance


def test_nineteen_errors_give_their_ends_for_ninety_percent() -> None:
    # k = floor(20 * 0.05) = 1: smallest and largest (Lei 2018, doi:10.1080/01621459.2017.1307116)
    found = margins(np.arange(1.0, 20.0), 0.9)
    assert (found.low, found.high) == (1.0, 19.0)


@pytest.mark.parametrize(("n", "coverage"), [(39, 0.9), (99, 0.9), (199, 0.8), (57, 0.9)])
def test_leaving_each_patient_out_in_turn_covers_exactly_what_exchangeability_says(n: int, coverage: float) -> None:
    # of n + 1 exchangeable errors each is as likely the last: k of them fall below and k above
    errors = np.random.default_rng(3).standard_normal(n + 1)
    inside = 0
    for place in range(n + 1):
        margin = margins(np.delete(errors, place), coverage)
        inside += margin.low <= errors[place] <= margin.high
    k = int((n + 1) * (1 - coverage) / 2 + 1e-9)
    assert inside == n + 1 - 2 * k
    assert inside / (n + 1) >= coverage - 1e-12


def test_each_group_gets_its_own_margins() -> None:
    errors = np.concatenate([np.linspace(-1, 1, 99), np.linspace(-10, 10, 99)])
    found = group_margins(errors, np.repeat([0, 1], 99), 0.9)
    assert found[1].high == pytest.approx(10 * found[0].high)


def test_too_few_patients_are_refused_with_their_number() -> None:
    with pytest.raises(InputError) as refusal:
        margins(np.zeros(18), 0.9)
    assert refusal.value.reason == "too_few_to_calibrate"
    assert refusal.value.values == {"value": "18"}


def test_a_distance_is_the_rank_above_the_share() -> None:
    assert quantile_of_distance(np.arange(1.0, 100.0), 0.95) == 95.0
    with pytest.raises(InputError):
        quantile_of_distance(np.arange(10.0), 0.95)
