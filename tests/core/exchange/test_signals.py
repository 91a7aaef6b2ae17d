"""Measures of disproportionality against published and independently computed values."""

import csv
import math
from collections import defaultdict

import pytest

from core.errors import FitFailed, InputError
from core.exchange.signals import (
    GammaPrior,
    Table2x2,
    bcpnn,
    chi_squared,
    empirical_bayes,
    fit_prior,
    information_component,
    proportional_ratio,
    reporting_odds_ratio,
)
from tests.conftest import SHARED

CAERS = SHARED / "data" / "faers" / "caers_counts.csv"

# Computed independently from the formulas of the R package PhViD (ROR, PRR, BCPNN) and Norén 2013 (IC).
TABLES = [
    (
        Table2x2(25, 175, 50, 9750),
        ((27.857143, 16.848396, 46.059009), (24.5, 15.478298, 38.780101)),
        362.583320,
        ((3.672425, 3.051450, 4.182215), (3.348102, 2.671934)),
    ),
    (
        Table2x2(3, 97, 100, 99800),
        ((30.865979, 9.622153, 99.012006), (29.97, 9.665930, 92.924415)),
        55.896023,
        ((2.537125, 0.486682, 3.730921), (1.682189, 0.124645)),
    ),
    (
        Table2x2(120, 880, 4000, 195000),
        ((6.647727, 5.479372, 8.065208), (5.97, 5.033533, 7.080693)),
        487.239156,
        ((2.513718, 2.243923, 2.760155), (2.479144, 2.203162)),
    ),
]

# openEBGM 0.9.1 (CRAN), vignette "Posterior calculation": hyperparameters of the CAERS data, N, E, EBGM, EB05, EB95.
PRIOR = GammaPrior(3.25379356, 0.39988854, 2.02612692, 1.90807970, 0.06534557)
SCORES = [
    (1, 0.0360548272, 2.23, 0.49, 13.85),
    (1, 0.0038736591, 2.58, 0.52, 15.78),
    (16, 0.40643623, 23.26, 15.68, 33.48),
    (19, 0.89690107, 16.78, 11.65, 23.55),
    (6, 0.07866508, 18.28, 10.16, 30.83),
    (8, 0.30482718, 15.25, 9.00, 24.52),
    (11, 0.56317044, 14.28, 8.98, 21.78),
]


@pytest.mark.parametrize(("table", "ratios", "chi", "components"), TABLES)
def test_the_ratios_and_components_are_those_computed_elsewhere(table, ratios, chi, components) -> None:
    for found, wanted in zip((reporting_odds_ratio(table), proportional_ratio(table)), ratios, strict=True):
        assert (found.value, found.low, found.high) == pytest.approx(wanted, rel=2e-7)
    assert chi_squared(table) == pytest.approx(chi, rel=1e-8)
    component = information_component(table)
    assert (component.value, component.low, component.high) == pytest.approx(components[0], abs=1e-6)
    assert (bcpnn(table).value, bcpnn(table).low) == pytest.approx(components[1], abs=1.5e-6)


@pytest.mark.parametrize(("count", "expected", "middle", "low", "high"), SCORES)
def test_the_bayes_score_is_the_one_openebgm_prints(count, expected, middle, low, high) -> None:
    found = empirical_bayes(count, expected, PRIOR)
    assert (found.value, found.low, found.high) == pytest.approx((middle, low, high), abs=0.0101)


def test_the_share_of_the_first_part_is_the_one_openebgm_prints() -> None:
    assert PRIOR.posterior_share(1, 0.0360548272) == pytest.approx(0.2819737, abs=1e-6)
    assert PRIOR.posterior_share(1, 0.0038736591) == pytest.approx(0.3409653, abs=1e-6)


def test_counts_far_from_the_expected_have_a_score_too() -> None:
    assert empirical_bayes(0, 5000.0, GammaPrior(3.0, 0.4, 2.0, 40.0, 0.06)).high < 0.01
    assert PRIOR.posterior_share(20_000, 10.0) == pytest.approx(1.0)


def test_a_pair_that_cannot_be_compared_has_no_ratio() -> None:
    assert math.isnan(reporting_odds_ratio(Table2x2(1, 0, 0, 22)).value)
    assert math.isnan(proportional_ratio(Table2x2(1, 0, 0, 22)).value)
    assert math.isnan(chi_squared(Table2x2(0, 0, 0, 0)))
    assert math.isnan(information_component(Table2x2(0, 0, 0, 0)).value)
    with pytest.raises(InputError):
        Table2x2(-1, 0, 0, 0)
    with pytest.raises(InputError):
        empirical_bayes(1, 0.0, PRIOR)


def test_one_report_among_few_is_no_prior() -> None:
    with pytest.raises(FitFailed):
        fit_prior([1, 1, 1], [0.1, 0.2, 0.3])
    with pytest.raises(FitFailed):
        fit_prior([1] * 30, [1.0] * 30)


@pytest.mark.skipif(not CAERS.exists(), reason="the public CAERS counts are not at hand")
def test_the_prior_fitted_to_the_caers_reports_is_the_one_openebgm_finds() -> None:
    """openEBGM squashes the data and prints 3.254, 0.400, 2.026, 1.908, 0.065; unsquashed the optimum is close by."""
    with CAERS.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    drugs, events, pairs = defaultdict(set), defaultdict(set), defaultdict(set)
    for row in rows:
        drugs[row["var1"]].add(row["id"])
        events[row["var2"]].add(row["id"])
        pairs[row["var1"], row["var2"]].add(row["id"])
    total = len({row["id"] for row in rows})
    expected = [len(drugs[drug]) * len(events[event]) / total for drug, event in pairs]
    found = fit_prior([len(ids) for ids in pairs.values()], expected)
    mine = (found.shape_1, found.rate_1, found.shape_2, found.rate_2, found.share)
    theirs = (PRIOR.shape_1, PRIOR.rate_1, PRIOR.shape_2, PRIOR.rate_2, PRIOR.share)
    if found.share > 0.5:  # the two parts may change places
        mine = (found.shape_2, found.rate_2, found.shape_1, found.rate_1, 1.0 - found.share)
    assert mine == pytest.approx(theirs, rel=0.01)
    for count, expected_count, middle, low, high in SCORES:
        score = empirical_bayes(count, expected_count, found)
        assert (score.value, score.low, score.high) == pytest.approx((middle, low, high), rel=0.01)
