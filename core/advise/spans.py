"""The spans of time a regimen is judged by, and its exposure in each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.advise.recommendation import Regimen
from core.drugs.model import Window

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_POINTS_PER_SPAN = 48
METRICS = ("auc24", "peak", "trough", "average", "above")


@dataclass(frozen=True, eq=False)
class Judged:
    """Exposure in each of W spans of time regimens are judged by, (B, W) or (D, B, W); `hours` (W,) is their length.

    AUC per 24 h in mg*h/L, concentrations in mg/L; the trough is the concentration at the end of a span.
    """

    hours: Array
    auc24: Array
    peak: Array
    trough: Array
    average: Array
    above: Array  # share of each span above each of K MICs, %, (B, W, K) or (D, B, W, K)
    effects: Mapping[str, Array] = field(default_factory=dict)  # end, lowest and highest, (D, B, W, 3), by id

    def only(self, index: int) -> Judged:
        """The exposure under one of D regimens, (1, B, W)."""
        part = slice(index, index + 1)
        effects = {name: value[part] for name, value in self.effects.items()}
        return replace(self, effects=effects, **{name: getattr(self, name)[part] for name in METRICS})

    def each(self) -> Judged:
        """The exposure under a single regimen as that of one among many, (1, B, W)."""
        return replace(self, **{name: getattr(self, name)[None] for name in METRICS})


@dataclass(frozen=True, eq=False)
class Spans:
    """Times (T,) at which a regimen is simulated and the edges (W+1,) of the spans among them."""

    times: Array
    edges: Array

    def judge(self, window: Window, mics: Sequence[float] = ()) -> Judged:
        """Exposure in each span; the window's times must hold the edges."""
        at = np.searchsorted(window.times, self.edges - 1e-9)
        hours = np.diff(self.edges)
        auc = np.diff(window.area[:, at], axis=1)
        trough = window.concentration[:, at[1:]]
        above = times_above(window.concentration, window.times, at, mics)
        return Judged(hours, 24.0 * auc / hours, peaks(window.concentration, at), trough, auc / hours, above)


def peaks(concentration: Array, at: Index) -> Array:
    """Highest concentration (..., W) of each span, both ends included; `at` (W+1,) are its edges among the times."""
    inside = np.maximum.reduceat(concentration[..., : at[-1] + 1], at[:-1], axis=-1)
    return np.asarray(np.maximum(inside, concentration[..., at[1:]]))


def time_above(concentration: Array, times: Array, at: Index, level: float) -> Array:
    """Share (%) of each span spent above a level (..., W), exact for straight lines between the times.

    Args:
        concentration: (..., T) mg/L.
        times: (T,) h, ascending.
        at: (W+1,) edges of the spans among the times.
        level: mg/L.
    """
    over = concentration[..., at[0] : at[-1] + 1] - level
    first, last = over[..., :-1], over[..., 1:]
    higher, lower = np.maximum(first, last), np.minimum(first, last)
    width = np.where(higher > lower, higher - lower, 1.0)
    share = np.where(lower >= 0, np.where(higher > 0, 1.0, 0.0), np.clip(higher / width, 0.0, 1.0))
    steps = np.diff(times[at[0] : at[-1] + 1])
    spent = np.add.reduceat(share * steps, at[:-1] - at[0], axis=-1)
    return np.asarray(100.0 * spent / np.diff(times[at]))


def span_length(regimen: Regimen) -> float:
    """Whole intervals of at least 24 h, h; those of unequal doses are judged one by one, as equal ones are."""
    return regimen.every * math.ceil(24.0 / regimen.every - 1e-9)


def settled_spans(regimen: Regimen) -> int:
    """How many of the last spans show a regimen as it is when settled: one, or a round of unequal doses."""
    return math.ceil(len(regimen.amounts) * regimen.every / span_length(regimen) - 1e-9)


def times_above(concentration: Array, times: Array, at: Index, levels: Sequence[float]) -> Array:
    """`time_above` each of K levels, (..., W, K)."""
    if not levels:
        return np.empty((*concentration.shape[:-1], len(at) - 1, 0))
    return np.stack([time_above(concentration, times, at, level) for level in levels], axis=-1)


def spans(regimen: Regimen, now: float, judged_for: float, *, fine: bool = True) -> Spans:
    """Cut the time a regimen is judged for into spans of whole intervals, at least 24 h each, from its first dose.

    A round of unequal doses is never cut short. A wait before the first dose is a span of its own. Unless `fine`, the
    times are dense in the last round only, so that the peaks of the others are not seen.
    """
    length, last = span_length(regimen), settled_spans(regimen)
    count = max(last, round(judged_for / length))
    edges: Array = regimen.first_dose + length * np.arange(count + 1, dtype=float)
    if regimen.first_dose > now:
        edges = np.concatenate([[now], edges])
    dense = edges if fine else edges[-1 - last :]
    doses = np.arange(regimen.first_dose, edges[-1] - 1e-9, regimen.every)
    moments = np.concatenate([doses, doses + regimen.duration, [regimen.first_dose + regimen.loading_duration]])
    grid = np.linspace(dense[0], dense[-1], _POINTS_PER_SPAN * (len(dense) - 1) + 1)
    seen = moments[(moments >= dense[0]) & (moments <= dense[-1])]
    return Spans(np.unique(np.concatenate([grid, edges, seen])), edges)
