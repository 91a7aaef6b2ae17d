"""A trained predictor beside the recommendation: it never changes it, and stays silent where it has no ground."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.advise.alerts import ordered
from core.advise.candidates import candidates, current_regimen, describe, limits_met, same_regimen
from core.advise.recommend import OWN_TARGET
from core.advise.recommendation import Outcome, Recommendation, Regimen, SecondOpinion
from core.clinic.alert import Alert, Severity
from core.clinic.case import Case, Target
from core.clinic.covariate import CATALOGUE
from core.drugs.covariates import PATIENT_FACTS
from core.drugs.model import BoundModel, DrugModel, Evidence, off_label
from core.errors import InputError
from core.learn.choice import best_regimen
from core.learn.domain import Outside
from core.learn.features import feature_kind, feature_row, see
from core.learn.model_file import load_predictor
from core.learn.optimum import Judge, believe_well
from core.learn.outlook import outlook
from core.learn.predictor import Predictor
from core.learn.probe import unchanged
from core.learn.site_predictors import predictor_file
from core.learn.virtual_course import limits_of
from core.units import format_dose, format_number

Array = NDArray[np.float64]

SUFFIX = ".dwm"
_WIDEST = math.log(1.5)  # a wider difference is said, however usual it is


def with_second_opinion(
    case: Case, bounds: Sequence[BoundModel], recommendation: Recommendation, folder: Path | None = None
) -> Recommendation:
    """The same recommendation with the predictor's opinion beside it, and a caution where the two differ widely.

    Args:
        case: the patient.
        bounds: the mechanistic models bound to the patient.
        recommendation: what they advise; nothing in it but alerts and opinion changes.
        folder: where predictors are; by default the site's signed one, else the program's own.
    """
    opinion = second_opinion(case, bounds, recommendation, folder)
    alerts = list(recommendation.alerts)
    if opinion.abstains == "predictor_broken":
        alerts.append(Alert(Severity.NOTE, "predictor_broken", {}, "second_opinion"))
    if not opinion.agrees:
        gaps = _both(opinion, recommendation)
        alerts.append(Alert(Severity.CAUTION, "second_opinion_disagrees", gaps, "second_opinion"))
    return replace(recommendation, second_opinion=opinion, alerts=ordered(alerts))


def second_opinion(
    case: Case, bounds: Sequence[BoundModel], recommendation: Recommendation, folder: Path | None = None
) -> SecondOpinion:
    """What the drug's predictor would give, or why it stays silent.

    It speaks only beside an option that may be given, for the target and by the models it was trained on, for a patient
    like those it has seen; its regimen is one that can be given within the label's limits. It `agrees` when its regimen
    has dose, interval and route of the best option, or when the two daily doses differ by no more than they do in 99 of
    100 virtual patients, by a factor of 1.25 at least and 1.5 at most, plus half the step to the nearest other dose
    that can be given.

    Args:
        case: the patient.
        bounds: the mechanistic models bound to the patient.
        recommendation: what they advise.
        folder: where predictors are; by default the site's signed one, else the program's own.
    """
    try:
        path = folder / f"{case.drug}{SUFFIX}" if folder is not None else predictor_file(case.drug)
        if not path.is_file():
            return _silent("", "", "predictor_none")
        predictor = predictor_at(path)
    except InputError:
        return _silent("", "", "predictor_broken")
    silence = _standing_reason(case, predictor, recommendation)
    if silence:
        return _silence_of(predictor, silence)
    near = [bound for bound in bounds if not any(alert.severity is not Severity.NOTE for alert in bound.findings)]
    if not near:
        return _silence_of(predictor, "predictor_outside_combination")
    if not all(unchanged(bound.model.as_read, predictor.card.probe_cases, predictor.card.probe) for bound in near):
        return _silence_of(predictor, "predictor_other_models")
    try:
        row = feature_row(predictor.card.features, see(case, near))
    except InputError as refusal:
        return _silence_of(predictor, refusal.reason, {name: str(value) for name, value in refusal.values.items()})
    outside = predictor.outside(row)
    if outside is not None:
        return _silence_of(predictor, *_why(outside))
    return _speak(case, near, recommendation, predictor, row)


def predictor_at(path: Path) -> Predictor:
    """The predictor of a file, loaded once as long as the file does not change.

    Raises:
        InputError: it cannot be used.
    """
    state = path.stat()
    return _loaded(path, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=16)
def _loaded(path: Path, _changed: int, _size: int) -> Predictor:
    return load_predictor(path)


def _silent(model_id: str, file_hash: str, why: str) -> SecondOpinion:
    return SecondOpinion(model_id, file_hash, abstains=why)


def _silence_of(predictor: Predictor, why: str, gaps: Mapping[str, str] | None = None) -> SecondOpinion:
    return SecondOpinion(predictor.card.id, predictor.file_hash, abstains=why, gaps=gaps or {})


def _standing_reason(case: Case, predictor: Predictor, recommendation: Recommendation) -> str:
    """Why the predictor has nothing to say whatever the patient; empty when it has."""
    if recommendation.outcome is not Outcome.OPTIONS:
        return "predictor_blocked"
    if predictor.card.target != described(recommendation.target):
        return "predictor_other_target"
    return "" if case.harm_weight == 1.0 else "predictor_other_weight"


def described(target: Target) -> tuple[str, str, str]:
    """Kind and ends of a target, as a card keeps them."""
    return target.kind.value, str(target.low or ""), str(target.high or "")


def _why(outside: Outside) -> tuple[str, Mapping[str, str]]:
    if outside.feature not in CATALOGUE and outside.feature not in PATIENT_FACTS:
        return "predictor_outside_combination", {}
    unit = feature_kind(outside.feature).unit
    shown = {name: f"{format_number(getattr(outside, name), 4)} {unit}" for name in ("value", "low", "high")}
    return "predictor_outside_range", {"covariate": outside.feature, **shown}


def _speak(
    case: Case, bounds: Sequence[BoundModel], recommendation: Recommendation, predictor: Predictor, row: Array
) -> SecondOpinion:
    bound = bounds[0]
    limits = limits_of(bound.model, case)
    interval = predictor.interval(row, limits.daily)
    waits = sorted({0.0, *(option.regimen.first_dose - case.now for option in recommendation.options)})
    regimens = candidates(bound.model.given_as, case.now, waits=waits)
    allowed = [regimen for regimen in regimens if not limits_met(regimen, limits)]
    given = _label_first(bound.model, recommendation, allowed)
    current = current_regimen(case)
    on_label = _on_label(bound.model)
    burdens = [(not on_label(regimen), not same_regimen(regimen, current)) for regimen in given]
    beliefs = believe_well(bounds, case, predictor.card.points, predictor.card.seed)
    judge = Judge(case, beliefs, recommendation.target, bound.model.harms)
    ahead = outlook(judge, bound.model, given, case.now)
    if not np.isfinite(ahead).all():  # no point of the prior explains the levels
        return _silence_of(predictor, "predictor_outside_combination")
    chosen = given[best_regimen(predictor.utilities(row, given, ahead, case.now), given, burdens)]
    best, first = _best(recommendation), recommendation.options[0].regimen
    alike = any(_same_but_for_the_time(chosen, regimen) for regimen in (first, best))
    reasons = sorted(predictor.reasons(row).items(), key=lambda item: -abs(item[1]))
    return SecondOpinion(
        model_id=predictor.card.id,
        file_hash=predictor.file_hash,
        abstains="",
        amount=chosen.amount,
        every=chosen.every,
        route=chosen.route,
        wait=chosen.first_dose - case.now,
        low=interval.low,
        high=interval.high,
        daily=interval.value,
        coverage=predictor.card.coverage,
        agrees=alike or _agrees(predictor, row, interval.value, best, allowed),
        reasons=tuple(reasons),
    )


def _on_label(model: DrugModel) -> Callable[[Regimen], bool]:
    return lambda regimen: off_label(model.given_as, regimen.route, regimen.every, regimen.amount) is None


def _label_first(model: DrugModel, recommendation: Recommendation, allowed: Sequence[Regimen]) -> Sequence[Regimen]:
    """Without a validated target only what the label knows, as in the recommendation; all that is allowed otherwise."""
    if recommendation.target_evidence is not Evidence.NONE or recommendation.target_source == OWN_TARGET:
        return allowed
    return [regimen for regimen in allowed if _on_label(model)(regimen)] or allowed


def _best(recommendation: Recommendation) -> Regimen:
    """The option of the highest utility: what the predictor has learned to find, whatever goes first by the label.

    It has learned regimens without a loading dose, so those are compared where there are any.
    """
    allowed = [option for option in recommendation.options if not option.limits_broken]
    allowed = [option for option in allowed if not option.regimen.loading] or allowed
    return max(allowed, key=lambda option: option.utility).regimen


def _same_but_for_the_time(one: Regimen, other: Regimen) -> bool:
    """Whether two marketed regimens give the same doses as often by the same route, whenever they begin."""
    return (one.amounts, one.every, one.route) == (other.amounts, other.every, other.route)


def _agrees(predictor: Predictor, row: Array, daily: float, best: Regimen, allowed: Sequence[Regimen]) -> bool:
    """Whether the two doses are as near as they usually are, or as the doses that can be given allow."""
    wanted = predictor.equivalent(best)
    steps = [abs(math.log(predictor.equivalent(regimen) / wanted)) for regimen in allowed]
    half_step = 0.5 * min((step for step in steps if step > 1e-9), default=0.0)
    usual = min(predictor.card.agreement[predictor.group(row)], _WIDEST)
    return abs(math.log(daily / wanted)) <= usual + half_step


def _both(opinion: SecondOpinion, recommendation: Recommendation) -> dict[str, str]:
    best = describe(recommendation.options[0].regimen)
    return {
        "dose": format_dose(opinion.amount),
        "every": f"{format_number(opinion.every)} h",
        "recommended_dose": best["dose"],
        "recommended_every": best["every"],
    }
