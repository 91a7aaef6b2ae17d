"""Whether a model has begun to err one way at a site: control charts on what each first level was expected to be.

CUSUM with reference value 0.5 and decision interval 5 (average run length 465 without a shift, 10.4 with one of a
standard deviation: Montgomery, Introduction to Statistical Quality Control, 7th edition, table 9.3), and EWMA with
weight 0.1 and limits at 2.814 (500 and 10.3: Lucas and Saccucci, Technometrics 1990;32:1-12).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from core.clinic.case import Case
from core.drugs.model import DrugModel
from core.infer.fit_check import check_levels

REFERENCE = 0.5
DECISION = 5.0
WEIGHT = 0.1
LIMIT = 2.814
_TAIL = 0.05  # percent; a percentile counted on a thousand draws is never 0 or 100 in truth


@dataclass(frozen=True)
class Score:
    """A patient's first level as a standard normal deviate among what the model expected of such a patient."""

    patient: str
    time: float  # h
    score: float


@dataclass(frozen=True)
class Chart:
    """The two charts after each score; `alarm` is the position of the first score at which one gives alarm."""

    high: tuple[float, ...]  # CUSUM of levels above what was expected
    low: tuple[float, ...]
    ewma: tuple[float, ...]
    limits: tuple[float, ...]  # of the EWMA, either way
    alarm: int | None


def scores_of(model: DrugModel, cases: Iterable[Case]) -> list[Score]:
    """Score the first measured level of each case, in the order of the moments they were drawn at.

    One level a patient, because those of one patient go together, and charts count on scores that do not.

    Raises:
        InputError: the model cannot be bound to a case.
    """
    found = []
    for case in cases:
        measured = [level for level in case.used_levels if not level.below_limit]
        if not measured:
            continue
        first = measured[0]
        bound = model.bind(case)
        (fit,) = check_levels(bound, case.given_doses, [first], np.zeros(len(bound.model.etas)))
        share = min(max(fit.percentile, _TAIL), 100.0 - _TAIL) / 100.0
        found.append((case.clock(first.time), Score(case.patient.id, first.time, float(ndtri(share)))))
    return [score for _, score in sorted(found, key=lambda item: item[0])]


def chart(scores: Sequence[float]) -> Chart:
    """Run both charts over scores, mean 0 and standard deviation 1 while the model holds."""
    high, low, ewma, limits = [0.0], [0.0], [0.0], [0.0]
    alarm = None
    for place, score in enumerate(scores):
        high.append(max(0.0, high[-1] + score - REFERENCE))
        low.append(max(0.0, low[-1] - score - REFERENCE))
        ewma.append(WEIGHT * score + (1.0 - WEIGHT) * ewma[-1])
        spread = math.sqrt(WEIGHT / (2.0 - WEIGHT) * (1.0 - (1.0 - WEIGHT) ** (2 * place + 2)))
        limits.append(LIMIT * spread)
        if alarm is None and (max(high[-1], low[-1]) > DECISION or abs(ewma[-1]) > limits[-1]):
            alarm = place
    return Chart(tuple(high[1:]), tuple(low[1:]), tuple(ewma[1:]), tuple(limits[1:]), alarm)
