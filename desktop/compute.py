"""The order in which a case is worked out: curves first, then the patient, then the advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.advise.next_sample import NextSample
from core.advise.recommendation import Option, Outcome, Recommendation, Regimen
from core.clinic.case import Case, Target
from core.errors import CoreError, InputError
from core.infer.prediction import Prediction
from core.session import Individualisation
from core.task import Task
from desktop.tasks import Emit, Work
from desktop.verbs import Verbs


def first_look(verbs: Verbs, case: Case, tissues: Sequence[str]) -> Work:
    """Plausibility questions and the prior curves: what must follow the hand at once."""

    def work(task: Task, emit: Emit) -> None:
        emit("questions", verbs.check_case(case))
        emit("prior", verbs.predict_prior(case, tissues=tissues, task=task))
        emit("target", _target(verbs, case))
        outputs = [name for bound in verbs.bind_models(case) for name in bound.outputs]
        emit("outputs", tuple(dict.fromkeys(outputs)))

    return work


def _target(verbs: Verbs, case: Case) -> Target | None:
    """What the case is judged by; a drug without a published target asks for one, which the recommendation says."""
    try:
        return verbs.target(case).target
    except InputError:
        return None


def full_answer(verbs: Verbs, case: Case, tissues: Sequence[str]) -> Work:
    """The fit, the individual curves, the recommendation and the curve it would give."""

    def work(task: Task, emit: Emit) -> None:
        fitted = verbs.individualise(case, task=task)
        emit("individualisation", fitted)
        if fitted.failed or not case.used_levels:
            emit("individual", None)
        else:
            emit("individual", verbs.predict_individual(case, fitted, tissues=tissues, task=task))
        recommendation = verbs.recommend(case, fitted, task=task)
        emit("recommendation", recommendation)
        if recommendation.outcome is Outcome.OPTIONS:
            regimen = recommendation.options[0].regimen
            emit("proposed", (regimen, verbs.predict_proposed(case, fitted, regimen, tissues=tissues, task=task)))
            emit("next_sample", _next_sample(verbs, case, fitted, recommendation))

    return work


def _next_sample(
    verbs: Verbs, case: Case, fitted: Individualisation, recommendation: Recommendation
) -> NextSample | None:
    """When to draw next; that it cannot be told takes nothing from the recommendation."""
    try:
        return verbs.next_sample(case, fitted, recommendation)
    except CoreError:
        return None


def look_closer(verbs: Verbs, case: Case, fitted: Individualisation, recommendation: Recommendation) -> Work:
    """What lies behind a recommendation, each part as soon as it is there."""

    def work(task: Task, emit: Emit) -> None:
        if recommendation.outcome is Outcome.OPTIONS:
            regimens = [option.regimen for option in recommendation.options]
            emit("forgiveness", verbs.forgiveness_of(case, fitted, regimens, task=task))
            try:
                emit("mics", verbs.chances_by_mic(case, fitted, regimens))
            except InputError as refusal:
                if refusal.reason != "target_without_mic":
                    raise
        emit("flat", verbs.advice_with_flat_prior(case, fitted, task=task))
        emit("drivers", verbs.drivers(case, fitted))

    return work


def doubt_level(verbs: Verbs, case: Case, fitted: Individualisation, index: int) -> Work:
    """What would be best if one level were wrong."""

    def work(task: Task, emit: Emit) -> None:
        emit("doubts", (index, verbs.level_scenarios(case, fitted, index, task=task)))

    return work


def preview(verbs: Verbs, case: Case, fitted: Individualisation, regimen: Regimen, tissues: Sequence[str]) -> Work:
    """The curve one regimen would give, and its chances."""

    def work(task: Task, emit: Emit) -> None:
        emit("judged", verbs.judge(case, fitted, (regimen,))[0])
        emit("proposed", (regimen, verbs.predict_proposed(case, fitted, regimen, tissues=tissues, task=task)))

    return work


def dose_for(verbs: Verbs, case: Case, fitted: Individualisation, way: Regimen) -> Work:
    """The dose that puts the exposure on the target, given in one way."""

    def work(_task: Task, emit: Emit) -> None:
        emit("dose", verbs.dose_for_target(case, fitted, way))

    return work


def with_tissues(
    verbs: Verbs, case: Case, fitted: Individualisation | None, regimen: Regimen | None, tissues: Sequence[str]
) -> Work:
    """All curves once more, with a tissue beside plasma."""

    def work(task: Task, emit: Emit) -> None:
        emit("prior", verbs.predict_prior(case, tissues=tissues, task=task))
        if fitted is None or fitted.failed:
            return
        if case.used_levels:
            emit("individual", verbs.predict_individual(case, fitted, tissues=tissues, task=task))
        if regimen is not None:
            emit("proposed", (regimen, verbs.predict_proposed(case, fitted, regimen, tissues=tissues, task=task)))

    return work


@dataclass(frozen=True, eq=False)
class Comparison:
    """One regimen of a comparison: what it would do, and its curve."""

    option: Option
    prediction: Prediction


def compare(verbs: Verbs, case: Case, fitted: Individualisation, regimens: Sequence[Regimen]) -> Work:
    """Judge and predict several regimens on one time grid."""

    def work(task: Task, emit: Emit) -> None:
        options = verbs.judge(case, fitted, regimens)
        times = verbs.time_grid(case, *regimens)
        found = [
            Comparison(option, verbs.predict_proposed(case, fitted, option.regimen, times=times, task=task))
            for option in options
        ]
        emit("comparison", tuple(found))

    return work
