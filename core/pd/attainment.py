"""Antimicrobial exposure against the MIC: indices, target attainment, and the response over a MIC distribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.clinic.mic import MicDistribution
from core.errors import InputError
from core.pd.exposure import cumulative_auc, share_of_time_above

Array = NDArray[np.float64]


class Index(StrEnum):
    """The exposure that goes with effect, after Mouton et al. 2005."""

    TIME_ABOVE_MIC = "time_above_mic"  # share of the window, 0 to 1
    AUC24_OVER_MIC = "auc24_over_mic"  # hours: mean AUC of a day in the window, divided by the MIC
    PEAK_OVER_MIC = "peak_over_mic"


@dataclass(frozen=True)
class PkPdTarget:
    """What must be reached: `index >= threshold`, for the unbound concentration where `fraction_unbound` is given."""

    index: Index
    threshold: float
    fraction_unbound: float = 1.0


def index_values(target: PkPdTarget, concentration: Array, times: Array, mic: float) -> Array:
    """The index of each patient over the window of the times.

    Args:
        target: which index, and the fraction unbound.
        concentration: (B, T) mg/L total, over the window that counts (such as one day at steady state).
        times: (T,) h.
        mic: mg/L, above 0.

    Returns:
        (B,).

    Raises:
        InputError: a MIC not above 0.
        ModelError: shapes that do not fit.

    Source: Mouton et al., J Antimicrob Chemother 2005;55:601 (doi:10.1093/jac/dki079).
    """
    if not mic > 0:
        raise InputError("mic", "number_not_positive", value=mic)
    acting = target.fraction_unbound * concentration
    match target.index:
        case Index.TIME_ABOVE_MIC:
            return share_of_time_above(acting, times, mic)
        case Index.AUC24_OVER_MIC:
            days = (times[-1] - times[0]) / 24.0
            return np.asarray(cumulative_auc(acting, times)[:, -1] / days / mic)
        case Index.PEAK_OVER_MIC:
            return np.asarray(acting.max(axis=1) / mic)


def probability_of_target_attainment(
    target: PkPdTarget, concentration: Array, times: Array, mics: Sequence[float]
) -> Array:
    """Share of the patients that reach the target at each MIC; arguments as in `index_values`.

    Returns:
        (number of MICs,), between 0 and 1.
    """
    return np.array([np.mean(index_values(target, concentration, times, mic) >= target.threshold) for mic in mics])


def cumulative_fraction_of_response(
    target: PkPdTarget, concentration: Array, times: Array, distribution: MicDistribution
) -> float:
    """Share of patients and isolates that meet the target: the attainment weighted by how often each MIC occurs.

    Source: Mouton et al. 2005, as in `index_values`.
    """
    attained = probability_of_target_attainment(target, concentration, times, [mic for mic, _ in distribution.present])
    return float(attained @ np.array([share for _, share in distribution.present]))
