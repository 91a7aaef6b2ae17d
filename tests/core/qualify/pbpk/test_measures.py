import math

import pytest

from core.qualify.pbpk.children import age_of
from core.qualify.pbpk.measures import Pair, accuracy, guest_limit, within_guest


def pair(observed: float, predicted: float, study: str = "a") -> Pair:
    return Pair("drug", study, study, False, 1.0, observed, predicted, "mg/L")


def test_fold_errors_count_alike_in_both_directions() -> None:
    found = accuracy([pair(1.0, 2.0), pair(2.0, 1.0), pair(1.0, 4.0, "b"), pair(3.0, 3.0)])
    assert found.gmfe == pytest.approx(2.0)  # 2^((1 + 1 + 2 + 0) / 4)
    assert found.within_two == 0.75
    assert (found.count, found.studies) == (4, 2)


def test_nothing_compared_gives_no_figure() -> None:
    assert math.isnan(accuracy([]).gmfe)


@pytest.mark.parametrize(
    ("observed", "limit"), [(1.0, 1.0), (1.25, 1.2), (2.0, 1.5), (0.5, 1.5), (5.0, 1.8), (0.1, 1.9)]
)
def test_guest_limits(observed: float, limit: float) -> None:
    """(1 + 2 (R - 1)) / R (Guest 2011): none at 1, two-fold for a very large effect, the same for an inverse ratio."""
    assert guest_limit(observed) == pytest.approx(limit)
    assert within_guest(pair(observed, observed * limit))
    assert within_guest(pair(observed, observed / limit))
    assert not within_guest(pair(observed, observed * limit * 1.01))


@pytest.mark.parametrize(
    ("group", "years"),
    [
        ("3y", 3.0),
        ("ID3- 3y8m", 3.0 + 8 / 12),
        ("ID4-1y,7m", 1.0 + 7 / 12),
        ("ID1-16m", 16 / 12),
        ("ID5-2w", 14 / 365.25),
        ("17d", 17 / 365.25),
        ("10.5y", 10.5),
        ("1.3-11m", 6.15 / 12),
        ("neonates", 14 / 365.25),
        ("Cohort 1", None),
        ("mean", None),
        ("100mg FCT MD", None),
        ("2y and 3y", None),
    ],
)
def test_ages_are_read_from_the_names_of_groups(group: str, years: float | None) -> None:
    assert age_of(group) == (None if years is None else pytest.approx(years))
