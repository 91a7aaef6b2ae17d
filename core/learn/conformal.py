"""Prediction intervals that hold without believing the predictor: split conformal, calibrated within groups.

Whatever the predictor, an interval made from the errors on patients it was not trained on covers a further patient of
the same kind with at least the nominal probability (Vovk 2005, doi:10.1007/b106715; Lei 2018,
doi:10.1080/01621459.2017.1307116). Calibrated within groups (Mondrian) it holds in each group.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Margins:
    """What is added to a prediction for the low and the high end of its interval."""

    low: float
    high: float


def margins(errors: Array, coverage: float) -> Margins:
    """Margins from signed errors, truth minus prediction, of n patients not trained on; each tail gets half.

    The ends are the k-th smallest error with k = floor((n+1) alpha/2) and the k-th largest, so that both tails together
    miss a further patient with probability at most alpha = 1 - coverage.

    Args:
        errors: (n,).
        coverage: nominal, such as 0.9.

    Raises:
        InputError: too few patients for this coverage.
    """
    ordered = np.sort(errors)
    count = math.floor((len(ordered) + 1) * (1.0 - coverage) / 2.0 + 1e-9)
    if count < 1:
        raise InputError("split.calibrate", "too_few_to_calibrate", value=str(len(ordered)))
    return Margins(float(ordered[count - 1]), float(ordered[-count]))


def group_margins(errors: Array, groups: NDArray[np.int64], coverage: float) -> Mapping[int, Margins]:
    """Margins of each group, from errors (n,) and group of each patient (n,).

    Raises:
        InputError: a group is too small.
    """
    return {int(group): margins(errors[groups == group], coverage) for group in np.unique(groups)}


def quantile_of_distance(distances: Array, share: float) -> float:
    """The distance a further patient exceeds with probability at most 1 - share: the ceil((n+1) share)-th smallest.

    Raises:
        InputError: too few patients for this share.
    """
    ordered = np.sort(distances)
    rank = math.ceil((len(ordered) + 1) * share - 1e-9)
    if rank > len(ordered):
        raise InputError("split.calibrate", "too_few_to_calibrate", value=str(len(ordered)))
    return float(ordered[rank - 1])
