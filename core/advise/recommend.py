"""Ranks every regimen that can be given by its chance to be in the target less the harm it adds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.advise.alerts import (
    disagreement_alerts,
    effect_alerts,
    fit_alerts,
    level_alerts,
    mic_alerts,
    ordered,
    patient_alerts,
    target_alerts,
    timing_alerts,
)
from core.advise.candidates import (
    WAITS,
    candidates,
    current_regimen,
    describe,
    distinct,
    same_regimen,
    week_patterns,
)
from core.advise.evaluate import Evaluator
from core.advise.limits import Limit, broken, limits_of, rate_limits, unchecked_limits
from core.advise.reasons import Candidate, reasons, why
from core.advise.recommendation import Basis, ModelUse, Option, Outcome, Recommendation, Regimen
from core.advise.responses import draw
from core.advise.target_metric import CURVE_KINDS
from core.advise.ward_times import next_ward_time, ward_times
from core.clinic.alert import Alert, Severity
from core.clinic.case import Case, TargetKind
from core.drugs.model import Assumption, DrugModel, DrugTarget, Evidence, off_label
from core.errors import InputError
from core.infer.posterior import FitStatus, Posterior
from core.task import Task

SAMPLES = 500
SAMPLES_IN_FULL = 200  # where superposition does not hold
SEED = 1
OWN_TARGET = "case"  # source of a target the person set
_TIE = 0.02  # utilities closer than this are one; then the gentler change wins
_RISK_TIE = 0.1  # chance of a harm, or of the exposure seen with it, in which near-equals differ
_ROUNDING = 1e-9
_HARDLY = 0.2  # chance within target below which the best option says so
_HOPELESS = 0.01  # and below which nothing is offered: all utilities are alike, so the order would mean nothing


def samples_for(case: Case, posteriors: Sequence[Posterior], samples: int) -> int:
    """How many draws are judged: fewer where every regimen has to be simulated in full."""
    superposed = all(item.bound.model.linear and item.bound.constant_from <= case.now for item in posteriors)
    return samples if superposed else min(samples, SAMPLES_IN_FULL)


def target_of(case: Case, model: DrugModel) -> DrugTarget:
    """The case's own target, else the drug's default.

    Raises:
        InputError: the drug has no published target and the case none of its own.
    """
    if case.target is not None:
        alike = [target for target in model.targets if target.target.kind is case.target.kind]
        unbound = alike[0].fraction_unbound if alike else 1.0
        return DrugTarget(case.target, Evidence.NONE, OWN_TARGET, "target_of_case", unbound)
    if not model.targets:
        raise InputError("target", "target_needed", drug=model.drug.name)
    return model.targets[0]


def main_model(posteriors: Sequence[Posterior]) -> DrugModel:
    """The model believed most, whose targets, harms and limits hold for all of them."""
    believed = [posterior for posterior in posteriors if posterior.status is not FitStatus.FAILED]
    return max(believed or posteriors, key=lambda posterior: posterior.weight).bound.model


def recommend(
    case: Case,
    posteriors: Sequence[Posterior],
    questions: Sequence[Alert],
    basis: Basis,
    *,
    options: int = 5,
    task: Task | None = None,
) -> Recommendation:
    """Judge every regimen that can be given and rank them.

    Args:
        case: the patient; doses given count as history.
        posteriors: one per model, weighted.
        questions: doubts about the entries; a STOP among them blocks.
        basis: inputs' hash, program version, samples and seed.
        options: how many to offer, the current regimen besides.
        task: progress and cancel.

    Returns:
        A recommendation whose outcome is BLOCKED when a STOP stands, NO_OPTION when no regimen keeps the limits.
    """
    blank = unranked(case, posteriors, questions, basis)
    believed = [posterior for posterior in posteriors if posterior.status is not FitStatus.FAILED]
    if not believed or blank.has_stop:
        return blank
    model = main_model(believed)
    target = target_of(case, model)
    believers = draw(case, believed, samples_for(case, believed, basis.samples), np.random.default_rng(basis.seed))
    evaluator = Evaluator(case, believers, target.target, model.harms, target.fraction_unbound)
    blank = replace(blank, basis=replace(blank.basis, samples=evaluator.draws))
    alerts = ordered([*blank.alerts, *effect_alerts(believers)])
    blank = replace(blank, alerts=alerts, mics=case.mics if evaluator.by_isolates else None)
    judged = judge_all(case, model, target, evaluator, task)
    if not judged:
        return replace(blank, outcome=Outcome.NO_OPTION)
    return _offer(case, target, believed, evaluator, judged, blank, options)


def unranked(case: Case, posteriors: Sequence[Posterior], questions: Sequence[Alert], basis: Basis) -> Recommendation:
    """What is known before any regimen is judged: target, alerts and basis; its outcome is BLOCKED, it has no options.

    Args:
        case: the patient.
        posteriors: one per model, weighted.
        questions: doubts about the entries.
        basis: inputs' hash, program version, samples and seed.
    """
    target = target_of(case, main_model(posteriors))
    return Recommendation(
        outcome=Outcome.BLOCKED,
        options=(),
        target=target.target,
        target_evidence=target.evidence,
        target_source=target.source,
        alerts=ordered(_alerts(case, posteriors, questions, target)),
        basis=replace(basis, models=_models_used(posteriors), assumptions=_assumptions(posteriors)),
    )


def _offer(
    case: Case,
    target: DrugTarget,
    believed: Sequence[Posterior],
    evaluator: Evaluator,
    judged: Sequence[Candidate],
    blank: Recommendation,
    options: int,
) -> Recommendation:
    """Rank what was judged, and say what must be known of it; nothing is offered where nothing reaches the target."""
    model = main_model(believed)
    alerts = list(blank.alerts)
    label_first = target.evidence is Evidence.NONE and target.source != OWN_TARGET
    ranked = rank(judged, label_first=label_first)
    highest = max(item.score.attainment for item in ranked)
    gaps = {"percent": f"{100 * highest:.0f}" if highest > 0.005 else "<1"}
    if highest < _HOPELESS and not label_first:
        alerts.append(Alert(Severity.STOP, "target_hardly_reachable", gaps, "target"))
        return replace(blank, alerts=ordered(alerts))
    offered = mark_surpassed([item.option(evaluator) for item in _offered(ranked, options)])
    alerts += disagreement_alerts(evaluator.areas(offered[0].regimen))
    if highest < _HARDLY:
        alerts.append(Alert(Severity.CAUTION, "target_hardly_reachable", gaps, "target"))
    alerts += unchecked_limits(case, model)
    alerts += timing_alerts(case, offered[0].regimen)
    if offered[0].limits_broken:
        alerts.append(_nearest_miss(offered[0]))
    return replace(
        blank,
        outcome=Outcome.OPTIONS if not offered[0].limits_broken else Outcome.NO_OPTION,
        options=tuple(offered),
        alerts=ordered(alerts),
        judged_for=model.judged_after,
        why=why(case, believed, ranked, label_first=label_first),
        reasons=reasons(case, believed, evaluator, offered),
    )


def mark_surpassed(options: Sequence[Option]) -> list[Option]:
    """Mark the options outside the Pareto set of benefit and harms; the sampling error of a chance is no difference."""

    def beats(one: Option, other: Option) -> bool:
        gains = [one.attainment.value - other.attainment.value]
        gains += [worse.chance.value - risk.chance.value for risk, worse in zip(one.risks, other.risks, strict=True)]
        return min(gains) >= 0.0 and max(gains) > _TIE

    allowed = [option for option in options if not option.limits_broken]
    return [replace(option, surpassed=any(beats(other, option) for other in allowed)) for option in options]


def _assumptions(posteriors: Sequence[Posterior]) -> tuple[Assumption, ...]:
    """What any of the models assumed, each once."""
    return tuple(dict.fromkeys(item for posterior in posteriors for item in posterior.bound.assumptions))


def _nearest_miss(option: Option) -> Alert:
    """What comes nearest to a regimen that may be given, and what stands in its way."""
    against = next(alert for alert in option.limits if alert.severity is Severity.STOP)
    return Alert(
        Severity.CAUTION, "no_regimen_within_limits", describe(option.regimen) | dict(against.values), "regimen"
    )


def _alerts(case: Case, posteriors: Sequence[Posterior], questions: Sequence[Alert], target: DrugTarget) -> list[Alert]:
    model = posteriors[0].bound.model
    return [
        *questions,
        *patient_alerts(case, [posterior.bound.model for posterior in posteriors]),
        *fit_alerts(case, posteriors),
        *_of_rows(case, level_alerts(posteriors, model.analyte_unit, model.drug.molar_mass)),
        *target_alerts(target),
        *mic_alerts(case, target.target),
    ]


def _of_rows(case: Case, alerts: Sequence[Alert]) -> list[Alert]:
    """Alerts about the levels in use, in order of time, as alerts about the rows they were entered in."""
    rows = sorted((row for row, level in enumerate(case.levels) if level.use), key=lambda row: case.levels[row].time)
    places = {f"levels[{place}]": f"levels[{row}]" for place, row in enumerate(rows)}
    return [replace(alert, about=places.get(alert.about, alert.about)) for alert in alerts]


def _models_used(posteriors: Sequence[Posterior]) -> tuple[ModelUse, ...]:
    return tuple(
        ModelUse(p.model_id, p.bound.model.file_hash, p.weight, p.bound.model.source.citation, p.bound.model.local)
        for p in posteriors
    )


def judge_all(
    case: Case, model: DrugModel, target: DrugTarget, evaluator: Evaluator, task: Task | None = None
) -> list[Candidate]:
    """Judge what can be given, and the current regimen in any case; limits are attached, never hidden."""
    current = current_regimen(case)
    first = next_ward_time(case, current.first_dose if current is not None else case.now, ward_times())
    regimens = candidates(
        model.given_as,
        first,
        every_duration=target.target.kind in CURVE_KINDS,
        waits=WAITS if _covered(case, target, evaluator) else (0.0,),
        loading=not case.given_doses,
        last_single=_last_single(case),
    )
    regimens += week_patterns(model.given_as, case, first)
    limits = limits_of(case, model, first)
    allowed = [regimen for regimen in regimens if not broken(regimen, limits)]
    if not allowed and regimens:
        allowed = nearest_misses(regimens, limits)
    if current is not None:
        allowed.append(current)
    return [
        Candidate(score, same_regimen(score.regimen, current), notes_on(score.regimen, model, limits))
        for score in evaluator.best(distinct(allowed), always=current, task=task)
    ]


def _last_single(case: Case) -> float | None:
    """Time of the last dose where it was a single one."""
    last = max(case.given_doses, key=lambda dose: dose.last_time, default=None)
    return None if last is None or last.interval is not None else last.time


def nearest_misses(regimens: Sequence[Regimen], limits: Sequence[Limit]) -> list[Regimen]:
    """Those that break their gravest limit by the least; where nothing is allowed, what to show instead."""
    excess = [max(limit.excess(regimen) for limit in limits) for regimen in regimens]
    return [regimen for regimen, over in zip(regimens, excess, strict=True) if over <= min(excess) + _ROUNDING]


def notes_on(regimen: Regimen, model: DrugModel, limits: Sequence[Limit]) -> tuple[Alert, ...]:
    """What stands against a regimen: limits it breaks, an interval the label does not know, unequal doses of a drug
    that is not given so.
    """
    notes = list(broken(regimen, [*limits, *rate_limits(model.given_as, regimen)]))
    if regimen.cycle and not any(form.week_of for form in model.given_as if form.route is regimen.route):
        notes.append(Alert(Severity.CAUTION, "doses_in_turn_unusual", describe(regimen), "regimen"))
    way = off_label(model.given_as, regimen.route, regimen.every, regimen.amount)
    if way is not None and (way.where or way.unless):
        gaps = {**describe(regimen), "why": way.off_label}
        notes.append(Alert(Severity.CAUTION, "dose_off_label", gaps, "regimen"))
    elif way is not None:
        notes.append(Alert(Severity.CAUTION, "interval_off_label", describe(regimen), "regimen"))
    return tuple(notes)


def _covered(case: Case, target: DrugTarget, evaluator: Evaluator) -> bool:
    """Whether what was given still holds the area of the coming day at the target, so that waiting is an option."""
    if target.target.kind not in (TargetKind.AUC24, TargetKind.AUC24_MIC) or not case.given_doses:
        return False
    return evaluator.without_further_doses() >= evaluator.least_area


def rank(judged: Sequence[Candidate], *, label_first: bool = False) -> list[Candidate]:
    """Best first: within the limits, then utility; among near-equals the least chance of harm, then no change, then
    the evenest doses, then what comes closest to once a day. Unequal doses, which are more easily mixed up, must be
    better by more than near-equals differ.

    Args:
        judged: candidates to rank.
        label_first: no target is validated, so that a regimen the label knows goes before one it does not.
    """

    def key(item: Candidate) -> tuple[object, ...]:
        regimen = item.score.regimen
        return (
            item.limits_broken,
            label_first and bool(item.limits),
            -round((item.score.utility - (_TIE if regimen.cycle and not item.is_current else 0.0)) / _TIE),
            round(item.score.uncounted / _RISK_TIE),
            bool(item.limits),
            not item.is_current,
            1.0 - min(regimen.amounts) / max(regimen.amounts),
            regimen.loading > 0,
            abs(math.log(regimen.every / 24.0)),
            -item.score.utility,
        )

    return sorted(judged, key=key)


def _offered(ranked: Sequence[Candidate], count: int) -> list[Candidate]:
    """The best, then the best of each other interval, then the next best; the current regimen always."""
    chosen = [ranked[0]]
    for item in ranked[1:]:
        every = item.score.regimen.every
        if every not in {one.score.regimen.every for one in chosen} and not item.limits_broken:
            chosen.append(item)
    chosen += [item for item in ranked if item not in chosen and not item.limits_broken]
    offered = sorted(chosen[:count], key=ranked.index)
    offered += [item for item in ranked if item.is_current and item not in offered]
    return offered
