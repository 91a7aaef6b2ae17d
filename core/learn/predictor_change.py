"""A site's own patients move a predictor's interval, or judge another predictor, under a plan made beforehand.

The point prediction of a calibrated predictor stays as trained; only the conformal ends move, group by group.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.clinic.case import Case
from core.drugs.model import DrugModel
from core.drugs.population_model import PopulationModel
from core.errors import InputError
from core.learn.card import Scale
from core.learn.conformal import Margins, margins
from core.learn.hindsight import Lesson, lessons_of
from core.learn.metrics import bootstrap
from core.learn.predictor import Predictor
from core.learn.predictor_plan import PredictorPlan
from core.learn.recalibrate import Objection, batch_objections

Array = NDArray[np.float64]

_SEED = 71


@dataclass(frozen=True)
class PredictorSide:
    """How a predictor does on the test patients."""

    coverage: float  # share of them whose dose lies in its interval
    median_ratio: float  # high over low end
    log_error: float  # mean absolute, of the dose
    interval_score: float  # mean, of the logarithm of the dose


@dataclass(frozen=True, eq=False)
class PredictorProposal:
    """What came of it; `margins` are the new ends, empty for another predictor."""

    plan: PredictorPlan
    kind: str  # "calibration" | "candidate"
    patients: int
    test_patients: int
    margins: Mapping[int, Margins]
    before: PredictorSide | None
    after: PredictorSide | None
    gain: tuple[float, float, float] | None  # fall of the interval score, or of the log error, with its 95 % interval
    objections: tuple[Objection, ...]

    @property
    def accepted(self) -> bool:
        """Whether it may be put before the person who signs."""
        return self.gain is not None and not self.objections


def calibrate(
    plan: PredictorPlan,
    predictor: Predictor,
    models: Sequence[DrugModel],
    cases: Sequence[Case],
    test: Sequence[Case],
) -> PredictorProposal:
    """Learn the ends of the interval from the site's patients and judge them on others, by the interval score.

    Args:
        plan: made beforehand.
        predictor: in use; on the logarithmic scale.
        models: the drug's models in use.
        cases: patients to learn from.
        test: other patients, the same at every change.

    Raises:
        InputError: the drug's target does not superpose, or the predictor was not learned from models.
    """
    _check_kind(predictor)
    taught, silent = lessons_of(predictor, models, cases)
    tested, silent_too = lessons_of(predictor, models, test)
    unsaid = max(_share(silent, taught), _share(silent_too, tested))
    objections = _data_objections(plan, taught, tested, unsaid)
    if len(taught) < plan.least_patients:
        gaps = {"value": str(len(taught)), "wanted": str(plan.least_patients)}
        objections.append(Objection("recalibration_few_patients", gaps))
    both = sorted({case.patient.id for case in cases} & {case.patient.id for case in test})
    if both:
        objections.append(Objection("recalibration_in_both", {"patients": ", ".join(both[:5])}))
    if objections:
        return PredictorProposal(plan, "calibration", len(taught), len(tested), {}, None, None, None, tuple(objections))
    learned = site_margins(predictor, taught)
    after = with_margins(predictor, learned)
    gain = _gain(tested, _scores(predictor, tested), _scores(after, tested))
    objections = _margin_objections(plan, predictor, learned)
    if not gain[1] > 0.0:
        objections.append(Objection("predictor_interval_not_better", _said(gain)))
    sides = _side(predictor, tested), _side(after, tested)
    return PredictorProposal(plan, "calibration", len(taught), len(tested), learned, *sides, gain, tuple(objections))


def propose(
    plan: PredictorPlan,
    predictor: Predictor,
    candidate: Predictor,
    models: Sequence[DrugModel],
    test: Sequence[Case],
) -> PredictorProposal:
    """Judge another predictor against the one in use on the site's test patients, by the error of the dose.

    Patients about whom either of them is silent count for neither. Its interval must not score worse either.

    Args:
        plan: made beforehand.
        predictor: in use.
        candidate: trained anew.
        models: the drug's models in use.
        test: patients, the same at every change.

    Raises:
        InputError: not a predictor of this drug, or one of another interval or target.
    """
    _check_kind(predictor)
    _check_kind(candidate)
    one, other = predictor.card, candidate.card
    if (one.drug, one.every, one.target) != (other.drug, other.every, other.target):
        raise InputError("CANDIDATE", "predictor_of_another", wanted=one.drug)
    tested, silent = lessons_of(predictor, models, test)
    anew, silent_too = lessons_of(candidate, models, test)
    unsaid = max(_share(silent, tested), _share(silent_too, anew))
    common = {lesson.patient for lesson in tested} & {lesson.patient for lesson in anew}
    tested = tuple(lesson for lesson in tested if lesson.patient in common)
    anew = tuple(lesson for lesson in anew if lesson.patient in common)
    objections = _data_objections(plan, (), tested, unsaid)
    if objections:
        return PredictorProposal(plan, "candidate", 0, len(tested), {}, None, None, None, tuple(objections))
    sides = _side(predictor, tested), _side(candidate, anew)
    gain = _gain(tested, _errors(predictor, tested), _errors(candidate, anew))
    if not gain[1] > 0.0:
        objections.append(Objection("predictor_dose_not_better", _said(gain)))
    if sides[1].interval_score > sides[0].interval_score:
        objections.append(Objection("predictor_interval_worse", {}))
    return PredictorProposal(plan, "candidate", 0, len(tested), {}, *sides, gain, tuple(objections))


def site_margins(predictor: Predictor, lessons: Sequence[Lesson]) -> dict[int, Margins]:
    """Ends of the interval from a site's patients, by group: the mean of those each draw of what was needed gives.

    A group too small for them is left out.
    """
    found = {}
    need, predicted, _, _ = _logs(predictor, lessons)
    groups = np.array([predictor.group(lesson.row) for lesson in lessons])
    for group in np.unique(groups):
        away = (need - predicted[:, None])[groups == group]
        try:
            drawn = [margins(column, predictor.card.coverage) for column in away.T]
        except InputError:
            continue  # too few patients of the group: its ends stay as they are
        found[int(group)] = Margins(
            float(np.mean([item.low for item in drawn])), float(np.mean([item.high for item in drawn]))
        )
    return found


def with_margins(predictor: Predictor, learned: Mapping[int, Margins]) -> Predictor:
    """The same predictor with other ends of the interval in some groups."""
    return replace(predictor, card=replace(predictor.card, margins={**predictor.card.margins, **learned}))


def interval_score(truth: Array, low: Array, high: Array, coverage: float) -> Array:
    """Width of each interval and what is charged when the truth lies beyond it, same shape; lower is better.

    Source: Gneiting and Raftery, J Am Stat Assoc 2007;102:359-378, doi:10.1198/016214506000001437.
    """
    charge = 2.0 / (1.0 - coverage)
    beyond = np.maximum(low - truth, 0.0) + np.maximum(truth - high, 0.0)
    return np.asarray(high - low + charge * beyond)


def _check_kind(predictor: Predictor) -> None:
    if predictor.card.scale is not Scale.LOG or not predictor.card.models:
        raise InputError("PREDICTOR", "predictor_not_of_models", name=predictor.card.id)


def _share(silent: Sequence[str], lessons: Sequence[Lesson]) -> float:
    return len(silent) / max(len(silent) + len(lessons), 1)


def _data_objections(
    plan: PredictorPlan, taught: Sequence[Lesson], tested: Sequence[Lesson], unsaid: float
) -> list[Objection]:
    found = []
    if len(tested) < plan.least_test_patients:
        gaps = {"value": str(len(tested)), "wanted": str(plan.least_test_patients)}
        found.append(Objection("recalibration_few_test_patients", gaps))
    if unsaid > plan.largest_silent:
        gaps = {"percent": f"{100 * unsaid:.1f}", "allowed": f"{100 * plan.largest_silent:.1f}"}
        found.append(Objection("predictor_change_silent", gaps))
    by_model: dict[str, list[Lesson]] = {}
    for lesson in taught:
        by_model.setdefault(lesson.model.id, []).append(lesson)
    for lessons in by_model.values():
        model = lessons[0].model
        if isinstance(model, PopulationModel):
            found += batch_objections(plan, model, [lesson.case for lesson in lessons])
    return list({item.id: item for item in found}.values())


def _margin_objections(plan: PredictorPlan, predictor: Predictor, learned: Mapping[int, Margins]) -> list[Objection]:
    if not learned:
        return [Objection("predictor_groups_small", {})]
    moved = [
        abs(new - old)
        for group, item in learned.items()
        for new, old in (
            (item.low, predictor.card.margins[group].low),
            (item.high, predictor.card.margins[group].high),
        )
    ]
    if max(moved) <= math.log(plan.largest_factor):
        return []
    gaps = {"factor": f"{math.exp(max(moved)):.3g}", "allowed": f"{plan.largest_factor:g}"}
    return [Objection("predictor_large_change", gaps)]


def _logs(predictor: Predictor, lessons: Sequence[Lesson]) -> tuple[Array, Array, Array, Array]:
    """Logarithms of the doses that may have been needed (N, DRAWS), of the one predicted and of both ends, (N,)."""
    ends = [predictor.card.margins[predictor.group(lesson.row)] for lesson in lessons]
    predicted = np.log(predictor.dose(np.stack([lesson.row for lesson in lessons])))
    need = np.log(np.stack([lesson.needs for lesson in lessons]))
    low, high = (predicted + np.array([getattr(item, end) for item in ends]) for end in ("low", "high"))
    return need, predicted, low, high


def _errors(predictor: Predictor, lessons: Sequence[Lesson]) -> Array:
    """Mean over the draws of the absolute error of the logarithm, (N,)."""
    need, predicted, _, _ = _logs(predictor, lessons)
    return np.asarray(np.abs(need - predicted[:, None]).mean(axis=1))


def _scores(predictor: Predictor, lessons: Sequence[Lesson]) -> Array:
    """Mean over the draws of the interval score, (N,)."""
    need, _, low, high = _logs(predictor, lessons)
    return np.asarray(interval_score(need, low[:, None], high[:, None], predictor.card.coverage).mean(axis=1))


def _side(predictor: Predictor, lessons: Sequence[Lesson]) -> PredictorSide:
    need, _, low, high = _logs(predictor, lessons)
    return PredictorSide(
        coverage=float(((need >= low[:, None]) & (need <= high[:, None])).mean()),
        median_ratio=float(np.exp(np.median(high - low))),
        log_error=float(_errors(predictor, lessons).mean()),
        interval_score=float(_scores(predictor, lessons).mean()),
    )


def _gain(lessons: Sequence[Lesson], before: Array, after: Array) -> tuple[float, float, float]:
    """By how much a measure falls, with the 95 % interval of a bootstrap over patients."""
    fall = before - after
    low, high = bootstrap(lambda places: float(fall[places].mean()), len(lessons), _SEED)
    return float(fall.mean()), low, high


def _said(gain: tuple[float, float, float]) -> dict[str, str]:
    return {name: f"{value:.3f}" for name, value in zip(("gain", "low", "high"), gain, strict=True)}


def proposal_facts(proposal: PredictorProposal) -> dict[str, Any]:
    """What a proposal says, but for its plan and files, as JSON values."""
    return {
        "kind": proposal.kind,
        "accepted": proposal.accepted,
        "objections": [{"id": item.id, **item.values} for item in proposal.objections],
        "patients": proposal.patients,
        "test_patients": proposal.test_patients,
        "margins": {str(group): [item.low, item.high] for group, item in proposal.margins.items()},
        "before": None if proposal.before is None else vars(proposal.before),
        "after": None if proposal.after is None else vars(proposal.after),
        "gain": None if proposal.gain is None else list(proposal.gain),
    }
