"""Why a prediction is what it is: exact Shapley values of groups of features, whatever the predictor."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError

Array = NDArray[np.float64]

MOST_GROUPS = 10


def shapley(
    predict: Callable[[Array], Array], row: Array, background: Array, groups: Sequence[str]
) -> dict[str, float]:
    """Contribution of each group of features, adding up to the prediction less its mean over the background.

    The value of a coalition is the mean prediction when its features are the patient's and all others are those of the
    background (interventional); every coalition is evaluated, so nothing is sampled (Shapley 1953; Lundberg 2020,
    doi:10.1038/s42256-019-0138-9).

    Args:
        predict: rows (N, F) to predictions (N,).
        row: the patient, (F,).
        background: typical patients, (K, F).
        groups: name of the group of each feature, F of them.

    Raises:
        ModelError: more groups than can be enumerated.
    """
    names = list(dict.fromkeys(groups))
    if len(names) > MOST_GROUPS:
        raise ModelError(f"{len(names)} groups of features are too many to enumerate")
    member = np.array([[group == name for group in groups] for name in names])
    coalitions = np.array([[bool(number >> bit & 1) for bit in range(len(names))] for number in range(2 ** len(names))])
    own = coalitions @ member.astype(int) > 0
    rows = np.where(own[:, None, :], row[None, None, :], background[None, :, :])
    value = predict(rows.reshape(-1, len(row))).reshape(len(coalitions), len(background)).mean(axis=1)
    size = coalitions.sum(axis=1)
    found = {}
    for bit, name in enumerate(names):
        without = np.flatnonzero(~coalitions[:, bit])
        weight = np.array([_weight(int(size[number]), len(names)) for number in without])
        found[name] = float(weight @ (value[without | 1 << bit] - value[without]))
    return found


def _weight(size: int, players: int) -> float:
    return math.factorial(size) * math.factorial(players - size - 1) / math.factorial(players)
