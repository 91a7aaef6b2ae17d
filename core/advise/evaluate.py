"""What a regimen would do to this patient: exposure, chance to be in the target, chance of harm, under all that is
uncertain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.advise.recommendation import Interval, Option, Regimen, Risk
from core.advise.responses import Believer, Responses
from core.advise.spans import Judged, spans
from core.clinic.case import Case, Target, TargetKind
from core.drugs.model import Harm
from core.errors import InputError

Array = NDArray[np.float64]

_Z90 = 1.6448536269514722
_LIGHT_MODEL = 0.05  # a model believed less does not widen the interval of a chance
_BETA_DRAWS = 4000


class Evaluator:
    """Evaluates regimens against one target under the draws of all models that are believed."""

    def __init__(self, case: Case, believers: Sequence[Believer], target: Target, harms: Sequence[Harm]) -> None:
        self._case = case
        self._believers = believers
        self._target = target
        self._harms = harms
        self._responses = [Responses(case, believer) for believer in believers]
        self._mic = _mic(case, target)

    def option(self, regimen: Regimen, *, is_current: bool = False) -> Option:
        """Judge one regimen."""
        judged = self._judge(regimen)
        inside, below, above = (np.concatenate(part) for part in zip(*map(self._against_target, judged), strict=True))
        shares = [float(self._against_target(item)[0].mean()) for item in judged]
        sizes = [len(item.auc24) for item in judged]
        heard = [share for share, size in zip(shares, sizes, strict=True) if size / sum(sizes) >= _LIGHT_MODEL]
        attainment = _chance(inside, heard)
        risks = tuple(self._risk(harm, judged) for harm in self._harms)
        return Option(
            regimen=regimen,
            attainment=attainment,
            below_target=float(below.mean()),
            above_target=float(above.mean()),
            efficacy=_chance(1.0 - below, []),
            risks=risks,
            exposure=_exposures(judged),
            utility=attainment.value - sum(_excess(harm, risk) for harm, risk in zip(self._harms, risks, strict=True)),
            is_current=is_current,
        )

    def attained(self, regimen: Regimen) -> list[Array]:
        """Share of the judged time within the target for each draw, (B,) per believer in their order."""
        return [self._against_target(judged)[0] for judged in self._judge(regimen)]

    def without_further_doses(self) -> float:
        """Median area of the coming 24 h, mg*h/L, should no further dose be given."""
        windows = [response.history() for response in self._responses]
        day = np.searchsorted(windows[0].times, self._case.now + 24.0 - 1e-9)
        return float(np.median(np.concatenate([window.area[:, day] for window in windows])))

    def _judge(self, regimen: Regimen) -> list[Judged]:
        cut = spans(regimen, self._case.now, self._believers[0].bound.model.judged_after)
        return [cut.judge(response.window(regimen, cut), self._mic) for response in self._responses]

    def _against_target(self, judged: Judged) -> tuple[Array, Array, Array]:
        """Share of the judged time within, below and above the target, (B,) each."""
        value = target_metric(self._target.kind, judged, self._mic)
        low, high = target_ends(self._target)
        weight = judged.hours / judged.hours.sum()
        below, above = (value < low) @ weight, (value > high) @ weight
        return 1.0 - below - above, below, above

    def _risk(self, harm: Harm, judged: Sequence[Judged]) -> Risk:
        limit = harm.threshold.to("mg*h/L" if harm.metric == "auc24" else "mg/L")
        parts = [(np.asarray(getattr(item, harm.metric)) > limit) @ (item.hours / item.hours.sum()) for item in judged]
        chance = _chance(np.concatenate(parts), [])
        published = harm.below is not None and harm.above is not None
        if published:
            chance = _published_chance(harm, chance)
        return Risk(harm.name, chance, harm.evidence, harm.source, str(harm.threshold), of_toxicity=published)


def target_metric(kind: TargetKind, judged: Judged, mic: float | None) -> Array:
    """The exposure a target is about, (B, W): mg/L, mg*h/L, h for AUC24/MIC, % for time above the MIC."""
    match kind:
        case TargetKind.AUC24:
            return judged.auc24
        case TargetKind.AUC24_MIC:
            assert mic is not None
            return judged.auc24 / mic
        case TargetKind.TIME_ABOVE_MIC:
            return judged.above
        case TargetKind.TROUGH:
            return judged.trough
        case TargetKind.PEAK:
            return judged.peak
        case TargetKind.AVERAGE:
            return judged.average


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


def _chance(shares: Array, per_model: Sequence[float]) -> Interval:
    """Mean of shares (B,) of 0-1 with the Wilson 90 % interval of the sampling, widened to what single models say."""
    n, share = len(shares), float(np.clip(shares.mean(), 0.0, 1.0))
    spread = _Z90**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = _Z90 * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return Interval(
        share, max(0.0, min([middle - half, share, *per_model])), min(1.0, max([middle + half, share, *per_model]))
    )


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


def _exposures(judged: Sequence[Judged]) -> dict[str, Interval]:
    """Median and 5-95 % of the last span, when the regimen has settled."""
    found = {}
    for name in ("auc24", "peak", "trough", "average"):
        values = np.concatenate([np.asarray(getattr(item, name))[:, -1] for item in judged])
        low, middle, high = np.percentile(values, [5, 50, 95])
        found[name] = Interval(float(middle), float(low), float(high))
    return found
