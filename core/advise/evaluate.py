"""What a regimen would do to this patient: exposure, chance to be in the target, chance of harm, under all that is
uncertain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.advise.recommendation import Interval, Option, Regimen, Risk
from core.clinic.case import Case, Target, TargetKind
from core.clinic.regimen import Dose
from core.drugs.model import BoundModel, Harm, Window
from core.errors import InputError
from core.infer.posterior import FitStatus, Posterior

Array = NDArray[np.float64]
Hits = NDArray[np.bool_]

_GRID = 73
_Z90 = 1.6448536269514722
_LIGHT_MODEL = 0.05  # a model believed less does not widen the interval of a chance
_BETA_DRAWS = 4000


@dataclass(frozen=True, eq=False)
class Believer:
    """One model with draws from its posterior; together the draws of all carry the weights."""

    bound: BoundModel
    eta: Array  # (n, n_eta)


def draw(posteriors: Sequence[Posterior], samples: int, rng: np.random.Generator) -> tuple[Believer, ...]:
    """Draw etas from each model in proportion to its weight."""
    usable = [p for p in posteriors if p.status is not FitStatus.FAILED and p.weight * samples >= 1.0]
    return tuple(Believer(p.bound, p.sample(round(p.weight * samples), rng)) for p in usable)


def judged_window(regimen: Regimen, judged_after: float) -> Array:
    """Times (T,) of the window in which a regimen is judged: whole intervals, at least 24 h, ending when it has
    settled.
    """
    length = regimen.every * math.ceil(24.0 / regimen.every - 1e-9)
    end = regimen.every * math.ceil(max(judged_after, length) / regimen.every - 1e-9)
    start = regimen.first_dose + end - length
    stop = regimen.first_dose + end
    doses = np.arange(start, stop - 1e-9, regimen.every)
    return np.union1d(np.linspace(start, stop, _GRID), np.concatenate([doses, doses + regimen.duration]))


class Evaluator:
    """Evaluates regimens; for linear models one unit response per interval serves every dose."""

    def __init__(self, case: Case, believers: Sequence[Believer], target: Target, harms: Sequence[Harm]) -> None:
        self._case = case
        self._believers = believers
        self._target = target
        self._harms = harms
        self._windows: dict[tuple[float, ...], list[tuple[Window, Window]]] = {}
        self._mic = _mic(case, target)

    def option(self, regimen: Regimen, *, is_current: bool = False) -> Option:
        """Judge one regimen."""
        windows = self._respond(regimen)
        inside, below, above = (np.concatenate(part) for part in zip(*map(self._against_target, windows), strict=True))
        shares = [float(self._against_target(window)[0].mean()) for window in windows]
        sizes = [len(window.auc) for window in windows]
        total = sum(sizes)
        heard = [share for share, size in zip(shares, sizes, strict=True) if size / total >= _LIGHT_MODEL]
        attainment = _chance(inside, heard)
        risks = tuple(self._risk(harm, windows) for harm in self._harms)
        return Option(
            regimen=regimen,
            attainment=attainment,
            below_target=float(below.mean()),
            above_target=float(above.mean()),
            efficacy=_chance(~below, []),
            risks=risks,
            exposure=_exposures(windows),
            utility=attainment.value - sum(_excess(harm, risk) for harm, risk in zip(self._harms, risks, strict=True)),
            is_current=is_current,
        )

    def _respond(self, regimen: Regimen) -> list[Window]:
        times = judged_window(regimen, self._believers[0].bound.model.judged_after)
        if not all(believer.bound.model.linear for believer in self._believers):
            doses = (*self._case.given_doses, *regimen.doses(float(times[-1])))
            return [believer.bound.window(believer.eta, doses, times) for believer in self._believers]
        key = (regimen.every, regimen.duration, regimen.first_dose, float(hash(regimen.route)))
        if key not in self._windows:
            unit = Regimen(1.0, regimen.every, regimen.route, regimen.duration, regimen.first_dose).doses(
                float(times[-1])
            )
            self._windows[key] = [self._pair(believer, unit, times) for believer in self._believers]
        return [history.plus(response, regimen.amount) for history, response in self._windows[key]]

    def _pair(self, believer: Believer, unit: Sequence[Dose], times: Array) -> tuple[Window, Window]:
        bound, eta = believer.bound, believer.eta
        return bound.window(eta, self._case.given_doses, times), bound.window(eta, unit, times)

    def _against_target(self, window: Window) -> tuple[Hits, Hits, Hits]:
        value = target_metric(self._target.kind, window, self._mic)
        low, high = target_ends(self._target)
        below, above = value < low, value > high
        return ~(below | above), below, above

    def _risk(self, harm: Harm, windows: Sequence[Window]) -> Risk:
        limit = harm.threshold.to("mg*h/L" if harm.metric == "auc24" else "mg/L")
        exceeds = np.concatenate([np.asarray(getattr(window, harm.metric)) > limit for window in windows])
        chance = _chance(exceeds, [])
        if harm.below is not None and harm.above is not None:
            chance = _published_chance(harm, chance)
        return Risk(harm.name, chance, harm.evidence, harm.source, str(harm.threshold))


def target_metric(kind: TargetKind, window: Window, mic: float | None) -> Array:
    """The exposure a target is about, (B,): mg/L, mg*h/L, h for AUC24/MIC, % for time above the MIC."""
    match kind:
        case TargetKind.AUC24:
            return window.auc24
        case TargetKind.AUC24_MIC:
            assert mic is not None
            return window.auc24 / mic
        case TargetKind.TIME_ABOVE_MIC:
            assert mic is not None
            above = (window.concentration > mic).astype(float)
            return np.asarray(100.0 * np.trapezoid(above, window.times, axis=1) / window.hours)
        case TargetKind.TROUGH:
            return window.trough
        case TargetKind.PEAK:
            return window.peak
        case TargetKind.AVERAGE:
            return window.average


_UNITS = {TargetKind.AUC24: "mg*h/L", TargetKind.AUC24_MIC: "h", TargetKind.TIME_ABOVE_MIC: "%"}


def target_ends(target: Target) -> tuple[float, float]:
    """Ends of a target in the unit of its metric; an open end is infinite."""
    unit = _UNITS.get(target.kind, "mg/L")
    low = -math.inf if target.low is None else target.low.to(unit)
    high = math.inf if target.high is None else target.high.to(unit)
    if not low < high:
        raise InputError("target.low", "target_ends_swapped", low=str(target.low), high=str(target.high))
    return low, high


def _mic(case: Case, target: Target) -> float | None:
    if target.kind not in (TargetKind.AUC24_MIC, TargetKind.TIME_ABOVE_MIC):
        return None
    item = case.covariate("mic", case.now)
    if item is None:
        raise InputError("covariates.mic", "covariate_missing", model="mic")
    return item.number


def _chance(happens: Hits, per_model: Sequence[float]) -> Interval:
    """Share of draws with the Wilson 90 % interval of the sampling, widened to what single models say."""
    n, share = len(happens), float(happens.mean())
    spread = _Z90**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = _Z90 * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return Interval(share, min([middle - half, share, *per_model]), max([middle + half, share, *per_model]))


def _published_chance(harm: Harm, exceeds: Interval) -> Interval:
    """Chance of a toxicity from the published frequencies on both sides of a threshold, with their own uncertainty."""
    assert harm.below is not None
    assert harm.above is not None
    rng = np.random.default_rng(_BETA_DRAWS)
    below, above = (rng.beta(events + 0.5, of - events + 0.5, _BETA_DRAWS) for events, of in (harm.below, harm.above))
    share = exceeds.value
    draws = below + share * (above - below)
    rates = [events / of for events, of in (harm.below, harm.above)]
    return Interval(rates[0] + share * (rates[1] - rates[0]), *(float(x) for x in np.percentile(draws, [5, 95])))


def _excess(harm: Harm, risk: Risk) -> float:
    """Harm a regimen adds to what is seen at low exposure; only a published relation counts against the benefit."""
    if harm.below is None:
        return 0.0
    return max(0.0, risk.chance.value - harm.below[0] / harm.below[1])


def _exposures(windows: Sequence[Window]) -> dict[str, Interval]:
    found = {}
    for name in ("auc24", "peak", "trough", "average"):
        values = np.concatenate([np.asarray(getattr(window, name)) for window in windows])
        low, middle, high = np.percentile(values, [5, 50, 95])
        found[name] = Interval(float(middle), float(low), float(high))
    return found
