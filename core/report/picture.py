"""What the plot of a report shows: the curves the window shows, the levels, the doses and the target, in one unit."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.advise.recommendation import Outcome, Recommendation
from core.clinic.case import Case, Target, TargetKind
from core.clinic.level import Level
from core.clinic.regimen import DoseStatus, expand
from core.errors import InputError
from core.infer.posterior import Posterior
from core.infer.prediction import Curve, Prediction, PredictionSource
from core.report.offer import target_said
from core.report.phrase import Moment, Phrase, Said

CONCENTRATION_TARGETS = (TargetKind.TROUGH, TargetKind.PEAK, TargetKind.AVERAGE)


@dataclass(frozen=True)
class Dot:
    """A level in the plot's unit."""

    time: float
    value: float
    below_limit: bool
    used: bool


@dataclass(frozen=True)
class Bar:
    """A dose on the strip under the plot."""

    time: float
    duration: float  # h
    amount: float  # mg
    planned: bool


@dataclass(frozen=True, eq=False)
class Picture:
    """Everything the plot draws; times in hours after `start`."""

    title: Said
    axis: Said
    curves: tuple[Curve, ...]  # of plasma
    dots: tuple[Dot, ...]
    bars: tuple[Bar, ...]
    band: tuple[float | None, float | None]  # ends of a target that is a concentration
    band_text: Said
    now: float
    start: dt.datetime
    unit: str


def picture_of(
    case: Case, recommendation: Recommendation, predictions: Sequence[Prediction], posteriors: Sequence[Posterior]
) -> Picture | None:
    """The plot's content; None when nothing was predicted."""
    offered = recommendation.outcome is Outcome.OPTIONS
    found = [curve for prediction in predictions if (curve := prediction.curve()) is not None]
    found = [curve for curve in found if offered or curve.source is not PredictionSource.PROPOSED]
    if not found:
        return None
    curves = tuple(_without_overlap(found, case.now))
    unit = curves[0].unit
    molar_mass = posteriors[0].bound.model.drug.molar_mass if posteriors else None
    band = _band(recommendation.target, unit, molar_mass)
    return Picture(
        title=Phrase("report_plot", {"unit": unit}),
        axis=Phrase("report_plot_hours", {"moment": Moment(case.start)}),
        curves=curves,
        dots=tuple(dot for level in case.levels if (dot := _dot(level, unit, molar_mass)) is not None),
        bars=_bars(case, recommendation, float(max(curve.times[-1] for curve in curves))),
        band=band,
        band_text="" if band == (None, None) else target_said(recommendation.target),
        now=case.now,
        start=case.start,
        unit=unit,
    )


def _without_overlap(curves: Sequence[Curve], now: float) -> list[Curve]:
    """Where a proposed curve continues the individual one, each is shown on its own side of the present."""
    if not any(curve.source is PredictionSource.PROPOSED for curve in curves):
        return list(curves)
    sides = {PredictionSource.INDIVIDUAL: (-math.inf, now), PredictionSource.PROPOSED: (now, math.inf)}
    return [_between(curve, *sides.get(curve.source, (-math.inf, math.inf))) for curve in curves]


def _between(curve: Curve, start: float, end: float) -> Curve:
    kept = (curve.times >= start) & (curve.times <= end)
    if np.count_nonzero(kept) < 2:
        return curve
    parts = {name: getattr(curve, name)[kept] for name in ("times", "median", "low", "high")}
    return replace(curve, **parts)


def _band(target: Target, unit: str, molar_mass: float | None) -> tuple[float | None, float | None]:
    if target.kind not in CONCENTRATION_TARGETS:
        return None, None
    low = None if target.low is None else target.low.to(unit, molar_mass)
    return low, None if target.high is None else target.high.to(unit, molar_mass)


def _dot(level: Level, unit: str, molar_mass: float | None) -> Dot | None:
    try:
        value = level.value.to(unit, molar_mass)
    except InputError:
        return None  # a molar level of a drug without molar mass; the list of levels still shows it
    return Dot(level.time, value, level.below_limit, level.use)


def _bars(case: Case, recommendation: Recommendation, end: float) -> tuple[Bar, ...]:
    given = [Bar(d.time, d.hours, d.milligrams, planned=False) for d in expand(case.given_doses)]
    if recommendation.outcome is Outcome.OPTIONS:
        ahead = recommendation.options[0].regimen.doses(end)
    else:
        ahead = tuple(dose for dose in case.doses if dose.status is DoseStatus.PLANNED)
    planned = [Bar(d.time, d.hours, d.milligrams, planned=True) for d in expand(ahead) if d.time <= end]
    return tuple(given + planned)
