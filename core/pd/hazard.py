"""When harm comes: the chance that an event has happened by a time, from its hazard."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.pd.exposure import cumulative_auc

Array = NDArray[np.float64]


def cumulative_incidence(hazard: Array, times: Array) -> Array:
    """Chance that the event has happened, `1 - exp(-integral of the hazard)`, exact for straight lines between times.

    Args:
        hazard: (B, T) 1/h, not negative.
        times: (T,) h, not falling.

    Returns:
        (B, T), 0 at the first time, rising.

    Raises:
        ModelError: a negative hazard, or shapes that do not fit.
    """
    if np.any(hazard < 0):
        raise ModelError("a hazard cannot be negative")
    return np.asarray(-np.expm1(-cumulative_auc(hazard, times)))


def step_chance(exposure: Array, threshold: Array | float, below: Array | float, above: Array | float) -> Array:
    """The published chance on the side of the threshold an exposure lies; on the threshold itself still `below`."""
    return np.asarray(np.where(np.asarray(exposure) > threshold, above, below), dtype=np.float64)


def incidence_by_bands(exposure: Array, times: Array, parameters: Mapping[str, Array]) -> Array:
    """Chance of an event in per cent under a hazard that is higher in two bands of exposure (proportional hazards).

    Args:
        exposure: (B, T).
        times: (T,) h, not falling, from the start of treatment.
        parameters: each (B,): `incidence` (%) that patients below `low` reach by the time `by` (h); the hazard ratios
            `ratio_between` from `low` to `high`, `ratio_above` beyond `high`, and `ratio` of everything else.

    Returns:
        (B, T) in per cent.

    Raises:
        ModelError: an incidence of 100 % or more, or shapes that do not fit.
    """
    p = {name: value[:, None] for name, value in parameters.items()}
    if np.any(p["incidence"] >= 100):
        raise ModelError("an incidence must be below 100 %")
    hazard = -np.log1p(-p["incidence"] / 100.0) / p["by"] * p["ratio"]
    band = np.where(exposure > p["high"], p["ratio_above"], np.where(exposure >= p["low"], p["ratio_between"], 1.0))
    return np.asarray(100.0 * cumulative_incidence(hazard * band, times))
