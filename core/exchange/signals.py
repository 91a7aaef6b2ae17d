"""Disproportionality of spontaneous reports: reporting and proportional ratios, information component, EBGM.

Background for a drug, never a patient's risk: reports have no denominator. Formulas: Rothman 2004, doi:10.1002/pds.1001
(ROR); Evans 2001, doi:10.1002/pds.677 (PRR, chi-squared); Norén 2013, doi:10.1177/0962280211403604 (IC with shrinkage);
Gould 2003, doi:10.1002/pds.836, and Norén 2006, doi:10.1002/sim.2473 (BCPNN, normal approximation); DuMouchel 1999,
doi:10.1080/00031305.1999.10474456 (EBGM).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import FitFailed, InputError

Array = NDArray[np.float64]

_Z = 1.96  # of the ratios' intervals, as published
_EXACT_Z = 1.959963984540054
_STARTS = (
    (0.2, 0.1, 2.0, 4.0, 1.0 / 3.0),
    (0.1, 0.1, 10.0, 10.0, 0.2),
    (0.5, 0.5, 3.0, 2.0, 0.1),
    (2.0, 0.5, 2.0, 2.0, 0.1),
)  # DuMouchel's own first
_LOG_RANGE = (-12.0, 12.0)
_NOWHERE = 1e300
FEWEST_PAIRS = 200  # a mixture of two distributions cannot be told from fewer
_MANY, _GRAIN = 50_000, 0.002


@dataclass(frozen=True)
class Table2x2:
    """Counts of unique reports: `a` drug and event, `b` drug without event, `c` event without drug, `d` neither."""

    a: int
    b: int
    c: int
    d: int

    def __post_init__(self) -> None:
        if min(self.a, self.b, self.c, self.d) < 0:
            raise InputError("reports", "negative", value=min(self.a, self.b, self.c, self.d))

    @property
    def total(self) -> int:
        """All reports."""
        return self.a + self.b + self.c + self.d

    @property
    def expected(self) -> float:
        """Reports of the pair if drug and event had nothing to do with each other."""
        return (self.a + self.b) * (self.a + self.c) / self.total if self.total else math.nan


@dataclass(frozen=True)
class Estimate:
    """A measure with its 95 % interval (EBGM: 90 %, EB05 to EB95); not a number where a count it divides by is 0."""

    value: float
    low: float
    high: float


NOTHING = Estimate(math.nan, math.nan, math.nan)


def reporting_odds_ratio(table: Table2x2) -> Estimate:
    """Ratio ad / bc with the interval of its logarithm."""
    a, b, c, d = table.a, table.b, table.c, table.d
    if min(a, b, c, d) == 0:
        return NOTHING
    return _log_interval(a * d / (b * c), math.sqrt(1 / a + 1 / b + 1 / c + 1 / d))


def proportional_ratio(table: Table2x2) -> Estimate:
    """[a / (a + b)] / [c / (c + d)] with the interval of its logarithm."""
    a, b, c, d = table.a, table.b, table.c, table.d
    if a == 0 or c == 0:
        return NOTHING
    return _log_interval((a / (a + b)) / (c / (c + d)), math.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)))


def _log_interval(value: float, error: float) -> Estimate:
    return Estimate(value, value * math.exp(-_Z * error), value * math.exp(_Z * error))


def chi_squared(table: Table2x2) -> float:
    """Yates's chi-squared; not a number where a margin is 0."""
    a, b, c, d, n = table.a, table.b, table.c, table.d, table.total
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    return n * (max(0.0, abs(a * d - b * c) - n / 2)) ** 2 / margins if margins else math.nan


def information_component(table: Table2x2) -> Estimate:
    """log2 of (a + 1/2) / (E + 1/2), the interval from the gamma distribution of a + 1/2."""
    from scipy.special import gammaincinv

    if not table.total:
        return NOTHING
    shape, rate = table.a + 0.5, table.expected + 0.5
    low, high = (float(gammaincinv(shape, share)) / rate for share in (0.025, 0.975))
    return Estimate(math.log2(shape / rate), math.log2(low) if low > 0 else -math.inf, math.log2(high))


def bcpnn(table: Table2x2) -> Estimate:
    """Mean and 95 % interval of the information component under beta priors, normal approximation."""
    from scipy.special import digamma, polygamma

    n11, n1, m1, n = table.a, table.a + table.b, table.a + table.c, table.total
    p1, p2, q1, q2, r1 = 1 + n1, 1 + n - n1, 1 + m1, 1 + n - m1, 1 + n11
    r2 = n - n11 - 1 + (2 + n) ** 2 / (q1 * p1)
    mean = digamma(r1) - digamma(r1 + r2) - (digamma(p1) - digamma(p1 + p2) + digamma(q1) - digamma(q1 + q2))
    variance = polygamma(1, r1) - polygamma(1, r1 + r2)
    variance += polygamma(1, p1) - polygamma(1, p1 + p2) + polygamma(1, q1) - polygamma(1, q1 + q2)
    middle, error = float(mean) / math.log(2), math.sqrt(float(variance)) / math.log(2)
    return Estimate(middle, middle - _EXACT_Z * error, middle + _EXACT_Z * error)


@dataclass(frozen=True)
class GammaPrior:
    """Two gamma distributions of the relative reporting rate and the share of the first."""

    shape_1: float
    rate_1: float
    shape_2: float
    rate_2: float
    share: float

    def posterior_share(self, count: float, expected: float) -> float:
        """Probability that a pair belongs to the first distribution, given its count."""
        from scipy.special import expit

        first, second = self.log_parts(np.array([float(count)]), np.array([float(expected)]))
        return float(expit(first - second)[0])

    def log_parts(self, counts: Array, expected: Array) -> tuple[Array, Array]:
        """Logarithm of each part's weighted negative binomial probability, (N,)."""
        first = np.log(self.share) + _log_negative_binomial(counts, self.shape_1, self.rate_1, expected)
        second = np.log1p(-self.share) + _log_negative_binomial(counts, self.shape_2, self.rate_2, expected)
        return first, second


def _log_negative_binomial(counts: Array, shape: float, rate: float, expected: Array) -> Array:
    from scipy.special import gammaln

    size = gammaln(shape + counts) - gammaln(shape) - gammaln(counts + 1.0)
    result: Array = size + shape * np.log(rate / (rate + expected)) + counts * np.log(expected / (rate + expected))
    return result


def empirical_bayes(count: int, expected: float, prior: GammaPrior) -> Estimate:
    """EBGM with EB05 and EB95 of one pair.

    Raises:
        InputError: the expected count is not above zero.
    """
    from scipy.optimize import brentq
    from scipy.special import digamma, gammainc

    if not expected > 0:
        raise InputError("expected", "not_positive", value=expected)
    share = prior.posterior_share(count, expected)
    parts = [
        (share, prior.shape_1 + count, prior.rate_1 + expected),
        (1.0 - share, prior.shape_2 + count, prior.rate_2 + expected),
    ]
    middle = math.exp(sum(weight * (float(digamma(shape)) - math.log(rate)) for weight, shape, rate in parts))
    highest = max((shape + 40.0 * math.sqrt(shape) + 40.0) / rate for _, shape, rate in parts)

    def below(value: float, wanted: float) -> float:
        return sum(weight * float(gammainc(shape, rate * value)) for weight, shape, rate in parts) - wanted

    low, high = (float(brentq(below, 0.0, highest, args=(wanted,), xtol=1e-12, rtol=1e-12)) for wanted in (0.05, 0.95))
    return Estimate(middle, low, high)


def fit_prior(counts: Sequence[int], expected: Sequence[float]) -> GammaPrior:
    """The prior most likely behind all pairs that were reported at least once.

    Args:
        counts: (N,) reports of each pair, at least 1.
        expected: (N,) expected reports.

    Raises:
        FitFailed: too few pairs, or no start ends in an optimum inside the range of the parameters.
    """
    from scipy.optimize import minimize

    n, e = np.asarray(counts, dtype=float), np.asarray(expected, dtype=float)
    if len(n) < FEWEST_PAIRS or not np.all(n >= 1) or not np.all(e > 0):
        raise FitFailed("pairs")
    n, e, weight = _grouped(n, e)

    def loss(theta: Array) -> float:
        total = -float((weight * _log_truncated(_prior(theta), n, e)).sum())
        return total if math.isfinite(total) else _NOWHERE

    found = [
        minimize(loss, _theta(start), method="L-BFGS-B", bounds=[_LOG_RANGE] * 5, options={"maxiter": 500})
        for start in _STARTS
    ]
    good = [result for result in found if result.success and result.fun < _NOWHERE and _inside(result.x)]
    if not good:
        raise FitFailed("prior")
    return _prior(min(good, key=lambda result: float(result.fun)).x)


def _inside(theta: Array) -> bool:
    """An estimate at the edge of its range is none: too few pairs tell the two parts apart."""
    return bool(np.all(np.abs(theta) < _LOG_RANGE[1] - 0.01))


def _log_truncated(prior: GammaPrior, counts: Array, expected: Array) -> Array:
    """Log probability of counts known to be above 0, each part truncated by itself (DuMouchel & Pregibon 2001,
    doi:10.1145/502512.502526), which is what openEBGM maximises.
    """
    nothing = np.zeros_like(counts)
    none_1 = _log_negative_binomial(nothing, prior.shape_1, prior.rate_1, expected)
    none_2 = _log_negative_binomial(nothing, prior.shape_2, prior.rate_2, expected)
    first, second = prior.log_parts(counts, expected)
    with np.errstate(all="ignore"):  # far from the optimum a part may vanish; the caller steps back from there
        value: Array = np.logaddexp(first - np.log(-np.expm1(none_1)), second - np.log(-np.expm1(none_2)))
    return value


def _grouped(counts: Array, expected: Array) -> tuple[Array, Array, Array]:
    """Pairs with the same count and expectation weighed together; very many are grouped within 0.2 % of the latter."""
    if len(counts) > _MANY:
        expected = np.exp(np.round(np.log(expected) / _GRAIN) * _GRAIN)
    pairs, weight = np.unique(np.stack([counts, expected]), axis=1, return_counts=True)
    return pairs[0], pairs[1], weight.astype(float)


def _theta(start: Sequence[float]) -> Array:
    shape_1, rate_1, shape_2, rate_2, share = start
    return np.array([*np.log([shape_1, rate_1, shape_2, rate_2]), math.log(share / (1.0 - share))])


def _prior(theta: Array) -> GammaPrior:
    shape_1, rate_1, shape_2, rate_2 = (float(value) for value in np.exp(theta[:4]))
    return GammaPrior(shape_1, rate_1, shape_2, rate_2, float(1.0 / (1.0 + np.exp(-theta[4]))))
