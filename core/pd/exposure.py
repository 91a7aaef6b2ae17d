"""Exposure read off a concentration curve, exact for straight lines between the times: areas, time above a level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError

Array = NDArray[np.float64]


def cumulative_auc(concentration: Array, times: Array) -> Array:
    """Area under the curve from the first time on.

    Args:
        concentration: (B, T).
        times: (T,) h, not falling.

    Returns:
        (B, T), unit of the concentration times h; 0 at the first time.

    Raises:
        ModelError: shapes that do not fit or falling times.
    """
    if concentration.ndim != 2 or times.shape != concentration.shape[1:]:
        raise ModelError("an area needs concentrations (B, T) and times (T,)")
    steps = np.diff(times)
    if np.any(steps < 0):
        raise ModelError("an area needs rising times")
    area = np.zeros(concentration.shape)
    area[:, 1:] = np.cumsum(0.5 * steps * (concentration[:, 1:] + concentration[:, :-1]), axis=1)
    return area


def trailing_auc(concentration: Array, times: Array, window: float = 24.0) -> Array:
    """Area under the last `window` hours, the curve before the first time counted as 0.

    Args and errors as in `cumulative_auc`; `window` in h, above 0.

    Returns:
        (B, T).
    """
    area = cumulative_auc(concentration, times)
    before = times - window
    left = np.clip(np.searchsorted(times, before, side="right") - 1, 0, times.size - 2)
    width = np.where(times[left + 1] > times[left], times[left + 1] - times[left], 1.0)
    into = np.clip(before - times[left], 0.0, width)
    first, last = concentration[:, left], concentration[:, left + 1]
    begun = area[:, left] + into * (first + 0.5 * (last - first) * into / width)
    return np.asarray(area - np.where(before > times[0], begun, 0.0))


def share_of_time_above(concentration: Array, times: Array, level: Array | float) -> Array:
    """Share of the time between the first and the last time in which the concentration lies above a level.

    Args:
        concentration: (B, T).
        times: (T,) h, not falling, last above first.
        level: same unit, number or (B,).

    Returns:
        (B,), between 0 and 1.

    Raises:
        ModelError: shapes that do not fit, or no time between first and last.
    """
    if concentration.ndim != 2 or times.shape != concentration.shape[1:]:
        raise ModelError("time above a level needs concentrations (B, T) and times (T,)")
    steps = np.diff(times)
    if np.any(steps < 0) or times[-1] <= times[0]:
        raise ModelError("time above a level needs rising times")
    over = concentration - np.broadcast_to(np.asarray(level, dtype=np.float64), concentration.shape[:1])[:, None]
    first, last = over[:, :-1], over[:, 1:]
    higher, lower = np.maximum(first, last), np.minimum(first, last)
    crossing = np.divide(higher, higher - lower, out=np.zeros_like(higher), where=(higher > 0) & (lower < 0))
    share = np.where(lower >= 0, np.where(higher > 0, 1.0, 0.0), crossing)
    return np.asarray(share @ steps / (times[-1] - times[0]))
