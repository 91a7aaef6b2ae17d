"""What regimens do in one model: superposed from the response to a single dose, or simulated in full."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.advise.effect_course import PatientEffect, effects_in
from core.advise.recommendation import Regimen
from core.advise.spans import METRICS, Judged, Spans, peaks, times_above
from core.clinic.case import Case
from core.clinic.regimen import Route
from core.drugs.model import BoundModel, Window
from core.infer.posterior import FitStatus, Posterior

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_FINE, _COARSE = 0.5, 1.0  # h between points, up to ten days and beyond
_FINE_UNTIL = 240.0
_LEAST_REACH = 48.0  # h of the grid; a longer regimen lengthens it


@dataclass(frozen=True, eq=False)
class Believer:
    """One model with draws from its posterior; together the draws of all carry the weights."""

    bound: BoundModel
    eta: Array  # (n, n_eta)
    effects: Mapping[str, PatientEffect] = field(default_factory=dict)  # with as many draws, by id

    def first(self, count: int) -> Believer:
        """The same with the first of the draws only."""
        kept = {name: effect.of(slice(count)) for name, effect in self.effects.items()}
        return replace(self, eta=self.eta[:count], effects=kept)


def draw(case: Case, posteriors: Sequence[Posterior], samples: int, rng: np.random.Generator) -> tuple[Believer, ...]:
    """Draw etas from each model in proportion to its weight, and the effects its targets and harms are about.

    Raises:
        InputError: a fact without which an effect cannot be told is missing.
    """
    drawn = draw_etas(posteriors, samples, rng)
    return tuple(Believer(bound, *effects_in(case, bound, eta, rng)) for bound, eta in drawn)


def draw_etas(
    posteriors: Sequence[Posterior], samples: int, rng: np.random.Generator
) -> list[tuple[BoundModel, Array]]:
    """Draw etas (n, n_eta) from each model in proportion to its weight."""
    usable = [p for p in posteriors if p.status is not FitStatus.FAILED and p.weight * samples >= 1.0]
    return [(p.bound, p.sample(round(p.weight * samples), rng)) for p in usable]


@dataclass(frozen=True)
class Pattern:
    """What regimens that differ in their amounts only have in common, h."""

    route: Route
    every: float
    duration: float
    first_dose: float
    first_duration: float  # of the first dose, which may be a loading dose
    in_turn: int = 1  # doses of one round, where they differ

    @classmethod
    def of(cls, regimen: Regimen) -> Pattern:
        """The pattern of a regimen."""
        first = regimen.loading_duration if regimen.loading else regimen.duration
        return cls(regimen.route, regimen.every, regimen.duration, regimen.first_dose, first, len(regimen.amounts))


@dataclass(frozen=True, eq=False)
class _Single:
    """Response to one dose of 1 mg, (B, 1 + T), a zero before the first point of the grid: mg/L and mg*h/L per mg."""

    concentration: Array
    area: Array


class Responses:
    """Exposure under regimens that follow the doses given, for one model.

    When the model is linear and nothing about the patient changes after now, every regimen is the history plus shifted
    and scaled copies of the response to one dose, on one uniform grid; all else is simulated in full.
    """

    def __init__(self, case: Case, believer: Believer) -> None:
        self._case = case
        self._bound, self._eta = believer.bound, believer.eta
        self.linear = self._bound.model.linear and self._bound.constant_from <= case.now
        self._step = _FINE
        self._grid: Array = np.empty(0)
        self._history: Window | None = None
        self._past: Window | None = None  # the history at some points only
        self._past_at: Index = np.empty(0, dtype=np.intp)
        self._steps: dict[tuple[Route, bool], _Single] = {}
        self._single: dict[tuple[Route, float], _Single] = {}

    def expect(self, edges: Array) -> None:
        """Prepare for spans with these edges (case time, h): what was given is then looked at there only."""
        self.reach(float(edges.max()))
        steps = (edges - self._case.now) / self._step
        if self.linear and np.all(np.abs(steps - np.round(steps)) < 1e-9):
            points = np.unique(np.append(0, np.round(steps).astype(np.intp)))
            self._past = self._bound.window(self._eta, self._case.given_doses, self._grid[points])
            self._past_at = points

    def reach(self, until: float) -> None:
        """Make the common grid hold every time up to `until` (case time, h)."""
        if len(self._grid) and until <= self._grid[-1] + 1e-9:
            return
        span = max(_LEAST_REACH, until - self._case.now)
        self._step = _FINE if span <= _FINE_UNTIL else _COARSE
        self._grid = self._case.now + self._step * np.arange(math.ceil(span / self._step) + 1, dtype=float)
        self._history = None
        self._past_at = np.empty(0, dtype=np.intp)
        self._steps.clear()
        self._single.clear()

    def judge(self, regimens: Sequence[Regimen], cut: Spans, mics: Sequence[float] = (), *, curve: bool) -> Judged:
        """Exposure (D, B, W) under D regimens of one pattern.

        Args:
            regimens: all of the same pattern.
            cut: its spans.
            mics: mg/L, where time above them counts.
            curve: whether peak and time above the MICs are wanted; without it both are NaN where they cost time.
        """
        if not self.superposes(regimens[0], cut):
            return _stacked([self._simulated(regimen, cut, mics) for regimen in regimens])
        self.reach(float(cut.edges[-1]))
        at = np.round((cut.edges - self._case.now) / self._step).astype(np.intp)
        points = np.arange(at[0], at[-1] + 1) if curve else at
        base, rows, first = self._parts(Pattern.of(regimens[0]), points, int(at[-1]))
        firsts = np.array([regimen.amount_of(0) for regimen in regimens])[:, None, None]
        concentration, area = (past + firsts * start for past, start in zip(base, first, strict=True))
        for place, (more, more_area) in enumerate(rows):
            amounts = np.array([regimen.amounts[place] for regimen in regimens])[:, None, None]
            concentration += amounts * more
            area += amounts * more_area
        hours = np.diff(cut.edges)
        edges = at - at[0] if curve else np.arange(len(at))
        auc = np.diff(area[..., edges], axis=-1)
        trough = concentration[..., edges[1:]]
        nothing = np.broadcast_to(np.nan, trough.shape)
        peak = peaks(concentration, edges) if curve else nothing
        above = np.broadcast_to(np.nan, (*trough.shape, len(mics)))
        if curve:
            above = times_above(concentration, self._grid[points], edges, mics)
        return Judged(hours, 24.0 * auc / hours, peak, trough, auc / hours, above)

    def history(self) -> Window:
        """What the doses given still do, on the common grid."""
        self.reach(self._case.now + _LEAST_REACH)
        if self._history is None:
            self._history = self._bound.window(self._eta, self._case.given_doses, self._grid)
        return self._history

    def superposes(self, regimen: Regimen, cut: Spans) -> bool:
        """Whether a regimen may be had by superposition: a linear model, all times on the grid."""
        if not self.linear:
            return False
        self.reach(float(cut.edges[-1]))
        lags = (regimen.first_dose - self._case.now, regimen.every, regimen.duration, regimen.loading_duration)
        steps = np.array(lags) / self._step
        return bool(np.all(np.abs(steps - np.round(steps)) < 1e-9))

    def _simulated(self, regimen: Regimen, cut: Spans, mics: Sequence[float]) -> Judged:
        doses = (*self._case.given_doses, *regimen.doses(float(cut.times[-1])))
        return cut.judge(self._bound.window(self._eta, doses, cut.times), mics)

    def _parts(
        self, pattern: Pattern, points: Index, last: int
    ) -> tuple[tuple[Array, Array], list[tuple[Array, Array]], tuple[Array, Array]]:
        """Concentration and area (B, P) at grid points: of the past, per mg of each place of the round from the second
        dose on, and per mg of the first dose.
        """
        start, every = (round(x / self._step) for x in (pattern.first_dose - self._case.now, pattern.every))
        later = np.arange(start, last, every)
        size = pattern.in_turn
        single = self._of_one(pattern.route, pattern.duration)
        one = self._of_one(pattern.route, pattern.first_duration)
        return (
            self._history_at(points),
            [
                (_summed(single.concentration, points, starts), _summed(single.area, points, starts))
                for starts in (later[place or size :: size] for place in range(size))
            ],
            (_shifted(one.concentration, points, start), _shifted(one.area, points, start)),
        )

    def _history_at(self, points: Index) -> tuple[Array, Array]:
        """What the doses given still do at grid points, concentration and area (B, P)."""
        past, at = self._past, np.searchsorted(self._past_at, points)
        if past is None or not np.array_equal(self._past_at[at[at < len(self._past_at)]], points):
            past, at = self.history(), points
        return past.concentration[:, at], past.area[:, at]

    def _of_one(self, route: Route, duration: float) -> _Single:
        """Response to 1 mg; an infusion is a lasting one less the same one begun when the infusion ends."""
        key = (route, duration)
        if key not in self._single:
            lasting = self._lasting(route, infused=duration > 0)
            if duration > 0:
                begun = round(duration / self._step)
                lasting = _Single(*(_ended(whole, begun) / duration for whole in (lasting.concentration, lasting.area)))
            self._single[key] = lasting
        return self._single[key]

    def _lasting(self, route: Route, *, infused: bool) -> _Single:
        """Response to a dose of 1 mg, or to an infusion of 1 mg/h that lasts as long as the grid."""
        key = (route, infused)
        if key not in self._steps:
            span = float(self._grid[-1] - self._grid[0])
            regimen = Regimen(span if infused else 1.0, span, route, span if infused else 0.0, self._case.now)
            window = self._bound.window(self._eta, regimen.doses(float(self._grid[-1])), self._grid)
            zero = np.zeros((len(self._eta), 1))
            parts = (np.concatenate([zero, part], axis=1) for part in (window.concentration, window.area))
            self._steps[key] = _Single(*parts)
        return self._steps[key]


def _ended(whole: Array, steps: int) -> Array:
    found = whole.copy()
    found[:, steps:] -= whole[:, : whole.shape[1] - steps]
    return found


def _shifted(single: Array, points: Index, start: int) -> Array:
    """Response at grid points to a dose at grid point `start`; column 0 of `single` is the zero before it."""
    return np.asarray(single[:, np.maximum(points - start, -1) + 1])


def _summed(single: Array, points: Index, starts: Index) -> Array:
    found = np.zeros((len(single), len(points)))
    for start in starts:
        seen = int(np.searchsorted(points, start))
        found[:, seen:] += single[:, points[seen:] - start + 1]
    return found


def _stacked(parts: Sequence[Judged]) -> Judged:
    auc24, peak, trough, average, above = (np.stack([getattr(part, name) for part in parts]) for name in METRICS)
    return Judged(parts[0].hours, auc24, peak, trough, average, above)
