"""The spans of time a regimen is judged by, and its exposure in each."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.advise.recommendation import Regimen
from core.drugs.model import Window

Array = NDArray[np.float64]

_POINTS_PER_SPAN = 48


@dataclass(frozen=True, eq=False)
class Judged:
    """Exposure in each of W spans of time a regimen is judged by, (B, W); `hours` (W,) is their length.

    AUC per 24 h in mg*h/L, concentrations in mg/L; the trough is the concentration at the end of a span.
    """

    hours: Array
    auc24: Array
    peak: Array
    trough: Array
    average: Array
    above: Array  # share of each span above the MIC, %


@dataclass(frozen=True, eq=False)
class Spans:
    """Times (T,) at which a regimen is simulated and the edges (W+1,) of the spans among them."""

    times: Array
    edges: Array

    def judge(self, window: Window, mic: float | None) -> Judged:
        """Exposure in each span; the window's times must hold the edges."""
        at = np.searchsorted(window.times, self.edges - 1e-9)
        hours = np.diff(self.edges)
        auc = np.diff(window.area[:, at], axis=1)
        pieces = [slice(start, stop + 1) for start, stop in itertools.pairwise(at)]
        peak = np.stack([window.concentration[:, piece].max(axis=1) for piece in pieces], axis=1)
        return Judged(
            hours,
            24.0 * auc / hours,
            peak,
            window.concentration[:, at[1:]],
            auc / hours,
            self._above(window, pieces, mic),
        )

    @staticmethod
    def _above(window: Window, pieces: Sequence[slice], mic: float | None) -> Array:
        if mic is None:
            return np.zeros((len(window.area), len(pieces)))
        over = (window.concentration > mic).astype(float)
        shares = [
            np.trapezoid(over[:, piece], window.times[piece], axis=1)
            / (window.times[piece][-1] - window.times[piece][0])
            for piece in pieces
        ]
        return np.asarray(100.0 * np.stack(shares, axis=1))


def spans(regimen: Regimen, now: float, judged_for: float) -> Spans:
    """Cut the time a regimen is judged for into spans of whole intervals, at least 24 h each, from its first dose.

    A wait before the first dose is a span of its own.
    """
    length = regimen.every * math.ceil(24.0 / regimen.every - 1e-9)
    count = max(1, round(judged_for / length))
    edges: Array = regimen.first_dose + length * np.arange(count + 1, dtype=float)
    if regimen.first_dose > now:
        edges = np.concatenate([[now], edges])
    doses = np.arange(regimen.first_dose, edges[-1] - 1e-9, regimen.every)
    grid = np.linspace(edges[0], edges[-1], _POINTS_PER_SPAN * (len(edges) - 1) + 1)
    return Spans(np.unique(np.concatenate([grid, edges, doses, doses + regimen.duration])), edges)
