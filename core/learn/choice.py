"""Which regimen: a second learner judges regimens as the mechanistic models do, so that the interval is learned too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.advise.recommendation import Regimen
from core.learn.learners import fit
from core.learn.outlook import OUTLOOK
from core.learn.recipe import Candidate

Array = NDArray[np.float64]

EXTRA = 4 + len(OUTLOOK)  # columns beside the features
NEAR_BEST = 0.005  # judged utilities closer than this are one; a quarter of what counts as one in `core.advise`


def regimen_rows(
    features: Array, log_dose: Array, regimens: Sequence[Regimen], ahead: Array, now: float = 0.0
) -> Array:
    """Rows (N*M, F+10): features beside a regimen's daily dose, interval, wait, distance from the prediction, outlook.

    Args:
        features: (N, F).
        log_dose: logarithm of the predicted daily dose, (N,).
        regimens: M of them.
        ahead: what is expected of each regimen in each patient, (N, M, 6).
        now: time of the decision, h.
    """
    daily = np.log([regimen.per_day for regimen in regimens])
    every = np.array([regimen.every for regimen in regimens])
    count, size = len(features), len(regimens)
    wait = np.array([regimen.first_dose - now for regimen in regimens])
    own = np.stack([np.tile(daily, count), np.tile(every, count), np.tile(wait, count)], axis=1)
    away = (daily[None, :] - log_dose[:, None]).reshape(-1, 1)
    rows = np.concatenate([np.repeat(features, size, axis=0), own, away, ahead.reshape(count * size, -1)], axis=1)
    return np.asarray(rows, dtype=np.float32).astype(np.float64)


def learn_choice(
    settings: Candidate,
    features: Array,
    log_dose: Array,
    regimens: Sequence[Regimen],
    ahead: Array,
    utility: Array,
    seed: int,
) -> Any:
    """Fit the judge of regimens.

    Args:
        settings: of gradient boosting.
        features: (N, F) of patients the dose was not learned from.
        log_dose: logarithm of the daily dose predicted for them, (N,).
        regimens: M of them.
        ahead: what is expected of each, (N, M, 6).
        utility: (N, M), NaN where the label forbids a regimen.
        seed: of the learner.
    """
    rows, values = regimen_rows(features, log_dose, regimens, ahead), utility.ravel()
    known = np.isfinite(values)
    return fit(settings, rows[known], values[known], seed)


def best_regimen(utilities: Array, regimens: Sequence[Regimen], burdens: Sequence[tuple[bool, ...]]) -> int:
    """Place of the regimen of the highest utility; among near-equals the least burden, then closest to once a day.

    Args:
        utilities: (M,) as judged.
        regimens: those that can be given.
        burdens: what speaks against each, compared in order (off label, a change from the current regimen).
    """
    highest = float(utilities.max())

    def key(place: int) -> tuple[object, ...]:
        value = float(utilities[place])
        away = math.floor((highest - value) / NEAR_BEST)
        return (away, burdens[place], abs(math.log(regimens[place].every / 24.0)), -value)

    return min(range(len(regimens)), key=key)
