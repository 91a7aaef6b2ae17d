"""When would the next level teach most, and would it change the regimen at all?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.advise.evaluate import Evaluator
from core.advise.recommendation import Regimen
from core.advise.responses import Believer
from core.clinic.case import Case
from core.clinic.regimen import describe_time
from core.drugs.model import Residual

Array = NDArray[np.float64]

_DRAWS = 300
_TIMES = 25
_WORTH = 0.02  # gain of time within the target below which no level is needed
_WRONG = 0.05  # loss of time within the target from which a regimen is the wrong one
_SEED = 17


@dataclass(frozen=True)
class SampleTime:
    """One possible time of the next level and what it would buy."""

    time: float  # case time, h
    narrowing: float  # share by which the variance of the coming day's area would shrink on average, 0-1
    gain: float  # expected gain in the share of time within the target, by choosing the regimen after the level
    wrong_now: float  # chance that another of the regimens would be clearly better, before the level
    wrong_then: float  # ... and after it, on average


@dataclass(frozen=True)
class NextSample:
    """All times looked at, the best one, and whether it is worth a needle."""

    times: tuple[SampleTime, ...]
    best: SampleTime
    needed: bool

    @property
    def said(self) -> tuple[str, Mapping[str, str]]:
        """The finding as a message id and values; `time` in hours after the start of the case."""
        gaps = {
            "time": describe_time(round(self.best.time, 1)),
            "narrowing": f"{100 * self.best.narrowing:.0f}",
            "gain": f"{100 * self.best.gain:.0f}",
            "wrong_now": f"{100 * self.best.wrong_now:.0f}",
            "wrong_then": f"{100 * self.best.wrong_then:.0f}",
        }
        return ("next_sample_worth" if self.needed else "next_sample_not_needed"), gaps


def next_sample(
    case: Case, believers: Sequence[Believer], evaluator: Evaluator, regimens: Sequence[Regimen]
) -> NextSample:
    """Weigh the times in the two intervals that follow, under the first of the regimens.

    Each draw of the posterior is in turn the truth; its level is simulated with the residual error, the draws are
    weighed by its likelihood, and the regimen that then looks best is chosen. The gain is what that choice adds, on
    average, to the choice made now.

    Args:
        case: the patient.
        believers: models with draws of the posterior; the model believed most is used.
        evaluator: judges regimens on the same draws.
        regimens: what is offered, the recommended one first.

    Source: value of sample information, Raiffa & Schlaifer 1961; the narrowing is the squared correlation of level and
    area, reduced by the residual error (linear Bayes).
    """
    chosen = max(range(len(believers)), key=lambda index: len(believers[index].eta))
    believer = believers[chosen]
    count = min(_DRAWS, len(believer.eta))
    eta = believer.eta[:count]
    first = regimens[0]
    until = first.first_dose + 2.0 * first.every
    doses = (*case.given_doses, *first.doses(until))
    times = np.linspace(case.now, until, _TIMES + 1)[1:]
    levels = believer.bound.concentrations(eta, doses, times)
    area = believer.bound.window(eta, doses, np.linspace(case.now, case.now + 24.0, 49)).area[:, -1]
    attained = np.stack([evaluator.attained(regimen)[chosen][:count] for regimen in regimens], axis=1)
    residual = believer.bound.model.residual
    noise = np.random.default_rng(_SEED).standard_normal(levels.shape)
    found = tuple(
        _value(float(time), levels[:, index], noise[:, index], area, attained, residual)
        for index, time in enumerate(times)
    )
    best = max(found, key=lambda item: (round(item.gain, 4), item.narrowing))
    return NextSample(found, best, best.gain >= _WORTH)


def _value(time: float, level: Array, noise: Array, area: Array, attained: Array, residual: Residual) -> SampleTime:
    deviation, position = _error_scale(level, residual)
    measured = position + deviation * noise
    log_weight = -0.5 * ((measured[:, None] - position[None]) / deviation[None]) ** 2 - np.log(deviation)[None]
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    now = attained.mean(axis=0)
    then = weight @ attained
    rows = np.arange(len(attained))
    choice = then.argmax(axis=1)
    better = attained.max(axis=1) > attained[:, now.argmax()] + _WRONG
    better_then = attained.max(axis=1) > attained[rows, choice] + _WRONG
    return SampleTime(
        time=time,
        narrowing=_narrowing(position, deviation, area),
        gain=max(0.0, float(attained[rows, choice].mean() - now.max())),
        wrong_now=float(better.mean()),
        wrong_then=float(better_then.mean()),
    )


def _error_scale(level: Array, residual: Residual) -> tuple[Array, Array]:
    """Standard deviation of the error and the level itself, on the scale the error is additive on."""
    if residual.log_additive is not None:
        return np.full_like(level, residual.log_additive), np.log(np.maximum(level, 1e-12))
    return np.sqrt(np.maximum(residual.variance(level), 1e-12)), level


def _narrowing(position: Array, deviation: Array, area: Array) -> float:
    if area.std() == 0 or position.std() == 0:
        return 0.0
    covariance = float(np.cov(position, area)[0, 1])
    spread = float(position.var(ddof=1) + np.mean(deviation**2))
    return covariance**2 / (spread * float(area.var(ddof=1)))
