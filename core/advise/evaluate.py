"""What a regimen would do to this patient: exposure, chance to be in the target, chance of harm, under all that is
uncertain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.advise.effect_course import PatientEffect, effect_named
from core.advise.harm_chance import Beside, as_modelled, chance_of, excess, risk_of, share_harmed, share_of_draws
from core.advise.recommendation import Option, Regimen
from core.advise.responses import Believer, Pattern, Responses
from core.advise.settled import settled_exposures
from core.advise.spans import Judged, Spans, settled_spans, spans
from core.advise.target_metric import CURVE_KINDS, mics_of, target_ends, target_metric
from core.clinic.case import Case, Target, TargetKind
from core.clinic.regimen import Dose
from core.drugs.model import Harm
from core.errors import InputError
from core.task import Task

Array = NDArray[np.float64]

_LIGHT_MODEL = 0.05  # a model believed less does not widen the interval of a chance
_POINTS = 145  # in a course simulated in full
_AT_ONCE = 8  # regimens whose whole curves are held in memory together
_LONGEST_INTERVAL = 72.0  # h
_ROUNDING = 1e-9  # a target met exactly (100 % of the time) is met
_SCREENED_BY = 12  # draws per model; by the mode alone every chance would be 0 or 1
_SCREENED_BY_EFFECT = 60  # ... where only the effect has to be solved
_FINISHED = 6  # regimens judged by all draws after a screen
_FINISHED_OF_CYCLES = 4  # ... and of those with unequal doses in turn
_LOG_NEAR = math.log(1.5)  # of the ratio of their mean to the best equal dose, within which these are screened


@dataclass(frozen=True)
class Score:
    """What ranks a regimen; shares 0-1 of the judged time, averaged over all draws."""

    regimen: Regimen
    below: float
    above: float
    exceeded: tuple[float, ...]  # share above the threshold of each harm
    per_model: tuple[float, ...]  # share within the target by model
    utility: float
    uncounted: float = 0.0  # highest share above a threshold that no published relation counts against the benefit

    @property
    def attainment(self) -> float:
        """Share within the target."""
        return max(0.0, 1.0 - self.below - self.above)


@dataclass(frozen=True)
class Course:
    """What some doses do over a stretch of time: shares 0-1 below and above the target, medians in mg/L."""

    below: float
    above: float
    lowest: float  # of the concentrations at the ends of the spans
    highest: float

    @property
    def attainment(self) -> float:
        """Share within the target."""
        return max(0.0, 1.0 - self.below - self.above)


class Evaluator:
    """Evaluates regimens against one target under the draws of all models that are believed."""

    def __init__(
        self,
        case: Case,
        believers: Sequence[Believer],
        target: Target,
        harms: Sequence[Harm],
        fraction_unbound: float = 1.0,
    ) -> None:
        self._case = case
        self._believers = believers
        self._target = target
        self.ends = target_ends(target, believers[0].bound.model.drug.molar_mass)
        self._harms = harms
        self._own_harms = [[as_modelled(harm, believer) for harm in harms] for believer in believers]
        self._effects = [
            _effects_wanted(believer, target, own) for believer, own in zip(believers, self._own_harms, strict=True)
        ]
        self._responses = [Responses(case, believer) for believer in believers]
        self._sizes = np.array([len(believer.eta) for believer in believers], dtype=float)
        self._mics = mics_of(case, target)
        self._fraction_unbound = fraction_unbound
        present = () if self._mics is None else self._mics.present
        self._levels = tuple(mic / fraction_unbound for mic, _ in present)  # mg/L the total concentration must exceed
        self._above = self._levels if target.kind is TargetKind.TIME_ABOVE_MIC else ()
        self._curve = target.kind in CURVE_KINDS or any(harm.metric == "peak" for harm in harms)
        self._judged_for = believers[0].bound.model.judged_after
        self._kept: dict[Regimen, list[Judged]] = {}  # what was simulated in full

    @property
    def draws(self) -> int:
        """By how many draws of all models a regimen is judged."""
        return sum(len(item.eta) for item in self._believers)

    @property
    def superposes(self) -> bool:
        """Whether regimens are had by superposition, so that hundreds cost no more than a few."""
        return all(response.linear for response in self._responses)

    def scores(self, regimens: Sequence[Regimen], task: Task | None = None) -> list[Score]:
        """Score regimens, in their order; those of one pattern are judged together.

        Raises:
            Cancelled: on request.
        """
        if not regimens:
            return []
        groups: dict[Pattern, list[int]] = {}
        for index, regimen in enumerate(regimens):
            groups.setdefault(Pattern.of(regimen), []).append(index)
        chunk = _AT_ONCE if self._curve or not self.superposes else len(regimens)
        parts = [group[start : start + chunk] for group in groups.values() for start in range(0, len(group), chunk)]
        cuts = {pattern: self._cut(regimens[group[0]]) for pattern, group in groups.items()}
        edges = np.unique(np.concatenate([cut.edges for cut in cuts.values()]))
        for response in self._responses:
            if self._curve:
                response.reach(float(edges[-1]))
            else:
                response.expect(edges)
        found: dict[int, Score] = {}
        for done, part in enumerate(parts):
            if task is not None:
                task.step(done / len(parts), "judging_regimens")
            alike = [regimens[index] for index in part]
            judged = self._judged(alike, cuts[Pattern.of(alike[0])], curve=self._curve)
            found |= dict(zip(part, self._scored(alike, judged), strict=True))
        return [found[index] for index in range(len(regimens))]

    def best(
        self, regimens: Sequence[Regimen], *, always: Regimen | None = None, task: Task | None = None
    ) -> list[Score]:
        """Scores of all regimens; where each or its effect has to be simulated, of the best in a screen by a few draws.

        Args:
            regimens: those that can be given.
            always: one that is scored whatever the screen says.
            task: progress and cancel.

        Raises:
            Cancelled: on request.
        """
        cheap = self.superposes and not any(self._effects)
        if cheap or len(regimens) <= _FINISHED:
            return self.scores(regimens, task)
        draws = _SCREENED_BY_EFFECT if self.superposes else _SCREENED_BY
        few = [item.first(draws) for item in self._believers]
        screen = Evaluator(self._case, few, self._target, self._harms, self._fraction_unbound)
        kept = screen.highest([one for one in regimens if not one.cycle], _FINISHED, task)
        daily = kept[0].per_day if kept else math.nan
        near = [one for one in regimens if one.cycle and not (kept and abs(math.log(one.per_day / daily)) > _LOG_NEAR)]
        kept += screen.highest(near, _FINISHED_OF_CYCLES, task)
        names = {*kept, always}
        return self.scores([regimen for regimen in regimens if regimen in names], task)

    def highest(self, regimens: Sequence[Regimen], count: int, task: Task | None = None) -> list[Regimen]:
        """Those of the highest utility, the best first.

        Raises:
            Cancelled: on request.
        """
        return [one.regimen for one in sorted(self.scores(regimens, task), key=lambda one: -one.utility)[:count]]

    def option(self, regimen: Regimen, *, is_current: bool = False) -> Option:
        """Judge one regimen in full."""
        judged = self._judged([regimen], self._cut(regimen), curve=True)
        score = self._scored([regimen], judged)[0]
        drawn = int(self._sizes.sum())
        count = self._sample_size()
        heard = [
            share
            for share, size in zip(score.per_model, self._sizes, strict=True)
            if size / self._sizes.sum() >= _LIGHT_MODEL
        ]
        risks = (risk_of(harm, share, drawn) for harm, share in zip(self._harms, score.exceeded, strict=True))
        return Option(
            regimen=regimen,
            attainment=chance_of(score.attainment, count, heard),
            below_target=score.below,
            above_target=score.above,
            efficacy=chance_of(1.0 - score.below, count, []),
            risks=tuple(risks),
            exposure=settled_exposures(judged, settled_spans(regimen)),
            utility=score.utility,
            effect_unit=self._effect_unit,
            by_mic=self._by_mic(judged) if self.by_isolates else (),
            is_current=is_current,
        )

    @property
    def by_isolates(self) -> bool:
        """Whether a chance is one over patient and isolates: no MIC was measured."""
        return self._mics is not None and self._case.covariate("mic", self._case.now) is None

    @property
    def least_area(self) -> float:
        """The area of 24 h a target by area asks for, mg*h/L, at the lowest MIC that occurs."""
        return self.ends[0] * (self._levels[0] if self._levels else 1.0)

    def _sample_size(self) -> float:
        """How many draws a chance rests on; the isolates are a sample too, and each halves what the other can tell."""
        drawn = float(self._sizes.sum())
        return 1.0 / (1.0 / drawn + 1.0 / self._mics.total) if self._mics is not None and self.by_isolates else drawn

    def by_mic(self, regimen: Regimen) -> tuple[tuple[float, float], ...]:
        """MIC (mg/L) and chance (0-1) to be within the target in the judged time, for each MIC that occurs."""
        return self._by_mic(self._judged([regimen], self._cut(regimen), curve=self._curve))

    def _by_mic(self, judged: Sequence[Judged]) -> tuple[tuple[float, float], ...]:
        assert self._mics is not None
        found = []
        for place, (mic, _) in enumerate(self._mics.present):
            inside = [1.0 - _either(*self._beside(item, place)).mean(axis=1) @ _weight(item) for item in judged]
            found.append((mic, float(np.concatenate(inside) @ self._sizes / self._sizes.sum())))
        return tuple(found)

    @property
    def _effect_unit(self) -> str:
        name = next(iter(self._effects[0]), "")
        return self._believers[0].effects[name].effect.unit if name else ""

    def attained(self, regimen: Regimen) -> list[Array]:
        """Share of the judged time within the target for each draw, (B,) per believer in their order."""
        shares = []
        for judged in self._judged([regimen], self._cut(regimen), curve=self._curve):
            below, above = self._beside_target(judged)
            shares.append(1.0 - (_either(below, above) @ _weight(judged))[0])
        return shares

    def areas(self, regimen: Regimen) -> list[tuple[str, float]]:
        """Median area of 24 h once settled, mg*h/L, by model id."""
        judged = self._judged([regimen], self._cut(regimen), curve=False)
        names = [believer.bound.model.id for believer in self._believers]
        last = settled_spans(regimen)
        medians = [float(np.median(item.auc24[0, :, -last:].mean(axis=1))) for item in judged]
        return list(zip(names, medians, strict=True))

    def exposures(self, regimen: Regimen) -> Array:
        """The target's metric once settled for all draws (B,), in the unit of `ends`.

        Raises:
            InputError: no MIC was measured, so that the metric has no single value.
        """
        if self.by_isolates:
            raise InputError("covariates.mic", "dose_for_target_needs_mic")
        judged = self._judged([regimen], self._cut(regimen), curve=self._curve)
        last = settled_spans(regimen)
        values = [target_metric(self._target.kind, item, self._levels)[0, :, -last:] for item in judged]
        return np.concatenate([value.mean(axis=1) for value in values])

    def course(self, doses: Sequence[Dose], edges: Array) -> Course:
        """What doses other than a regular row would do, after those given; simulated in full.

        Args:
            doses: to come.
            edges: (W+1,) case times that cut the judged time into spans, h.
        """
        points = np.unique(np.concatenate([np.linspace(edges[0], edges[-1], _POINTS), edges]))
        cut = Spans(points, edges)
        given = (*self._case.given_doses, *doses)
        judged = [
            self._with_effects(
                cut.judge(believer.bound.window(believer.eta, given, points), self._above).each(), place, [doses], edges
            )
            for place, believer in enumerate(self._believers)
        ]
        sides = [tuple(side[0] @ _weight(item) for side in self._beside_target(item)) for item in judged]
        below, above = (float(np.concatenate([side[end] for side in sides]).mean()) for end in (0, 1))
        lowest = np.concatenate([item.trough[0].min(axis=1) for item in judged])
        highest = np.concatenate([item.peak[0].max(axis=1) for item in judged])
        return Course(below, above, float(np.median(lowest)), float(np.median(highest)))

    def without_further_doses(self) -> float:
        """Median area of the coming 24 h, mg*h/L, should no further dose be given."""
        for response in self._responses:
            response.reach(self._case.now + self._judged_for + _LONGEST_INTERVAL)
        windows = [response.history() for response in self._responses]
        day = np.searchsorted(windows[0].times, self._case.now + 24.0 - 1e-9)
        return float(np.median(np.concatenate([window.area[:, day] for window in windows])))

    def _cut(self, regimen: Regimen) -> Spans:
        return spans(regimen, self._case.now, self._judged_for, fine=self._curve)

    def _judged(self, alike: Sequence[Regimen], cut: Spans, *, curve: bool) -> list[Judged]:
        """Exposure (D, B, W) by model under regimens of one pattern."""
        if self.superposes and not any(self._effects):
            return [response.judge(alike, cut, self._above, curve=curve) for response in self._responses]
        if len(alike) == 1 and alike[0] in self._kept:
            return self._kept[alike[0]]
        judged = [
            self._with_effects(
                response.judge(alike, cut, self._above, curve=True),
                place,
                [regimen.doses(float(cut.edges[-1])) for regimen in alike],
                cut.edges,
            )
            for place, response in enumerate(self._responses)
        ]
        for index, regimen in enumerate(alike):
            self._kept[regimen] = [item.only(index) for item in judged]
        return judged

    def _with_effects(self, judged: Judged, place: int, rows: Sequence[Sequence[Dose]], edges: Array) -> Judged:
        """Add the effects a target and harms are about, in the model at a place, under D rows of doses."""
        believer = self._believers[place]
        found: dict[str, Array] = {}
        for name in self._effects[place]:
            effect = effect_named(name, believer.effects)
            if effect.effect.at_once:
                found[name] = _at_exposure(effect, judged)
                continue
            given = self._case.given_doses
            found[name] = effect.over(believer.bound, believer.eta, [(*given, *doses) for doses in rows], edges)
        return replace(judged, effects=found)

    def _beside_target(self, judged: Judged) -> tuple[Beside, Beside]:
        """Whether the target's metric lies below and above the target, or for what share of the isolates, (D, B, W)."""
        if self._mics is None or not self.by_isolates:
            return self._beside(judged)
        below = np.full(judged.auc24.shape, self._mics.beyond / self._mics.total)
        above = np.zeros(judged.auc24.shape)
        for place, (_, share) in enumerate(self._mics.present):
            under, over = self._beside(judged, place)
            below += share * under
            above += share * over
        return below, above

    def _beside(self, judged: Judged, place: int = 0) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether the target's metric lies below and above the target, by one of the MICs, (D, B, W) each."""
        value = target_metric(self._target.kind, judged, self._levels, place)
        low, high = self.ends
        return value < low * (1.0 - _ROUNDING), value > high * (1.0 + _ROUNDING)

    def _scored(self, alike: Sequence[Regimen], judged: Sequence[Judged]) -> list[Score]:
        sides = [self._beside_target(item) for item in judged]
        weights = [_weight(item) for item in judged]
        below, above = (
            np.stack([share_of_draws(side[end]) @ weight for side, weight in zip(sides, weights, strict=True)], axis=1)
            for end in (0, 1)
        )
        exceeded = np.zeros((len(alike), len(self._harms), len(judged)))
        for model, item in enumerate(judged):
            for place, harm in enumerate(self._own_harms[model]):
                exceeded[:, place, model] = share_harmed(harm, item, weights[model])
        share = self._sizes / self._sizes.sum()
        return [
            self._score(regimen, below[row], above[row], tuple(float(x) for x in exceeded[row] @ share), share)
            for row, regimen in enumerate(alike)
        ]

    def _score(self, regimen: Regimen, below: Array, above: Array, exceeded: tuple[float, ...], share: Array) -> Score:
        low, high = float(below @ share), float(above @ share)
        added = sum(excess(harm, part) for harm, part in zip(self._harms, exceeded, strict=True))
        added *= self._case.harm_weight
        inside = tuple(max(0.0, 1.0 - float(x) - float(y)) for x, y in zip(below, above, strict=True))
        pairs = zip(self._harms, exceeded, strict=True)
        uncounted = max((part for harm, part in pairs if harm.below is None and not harm.effect), default=0.0)
        return Score(regimen, low, high, exceeded, inside, max(0.0, 1.0 - low - high) - added, uncounted)


def _either(below: Beside, above: Beside) -> Beside:
    """Whether, or for what share, one of two holds that exclude each other."""
    return below + above  # of truths this is "or"


def _effects_wanted(believer: Believer, target: Target, harms: Sequence[Harm]) -> tuple[str, ...]:
    """Ids of the effects to follow in a model, that of the target first: each model has its own."""
    own = [item.effect for item in believer.bound.model.targets if item.effect]
    wanted = own[:1] if target.kind is TargetKind.EFFECT else []
    if target.kind is TargetKind.EFFECT:
        if not wanted:
            raise InputError("target", "target_without_effect")
        unit = effect_named(wanted[0], believer.effects).effect.unit
        for name, end in (("low", target.low), ("high", target.high)):
            if end is not None and end.unit != unit:
                raise InputError(f"target.{name}", "target_unit_of_effect", unit=end.unit, wanted=unit)
    return tuple(dict.fromkeys([*wanted, *(harm.effect for harm in harms if harm.effect)]))


def _at_exposure(effect: PatientEffect, judged: Judged) -> Array:
    """An effect that goes with an exposure, in each span, (D, B, W, 3)."""
    exposure = {"auc24": judged.auc24, "trough": judged.trough, "concentration": judged.average}
    drive = exposure[effect.effect.driver.exposure]
    draws = {name: np.broadcast_to(value[:, None], drive.shape).ravel() for name, value in effect.parameters.items()}
    values = effect.effect.respond(np.maximum(drive, 0.0).ravel(), draws).reshape(drive.shape)
    return np.stack([values] * 3, axis=-1)


def _weight(judged: Judged) -> Array:
    return np.asarray(judged.hours / judged.hours.sum())
