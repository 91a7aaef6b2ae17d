"""Regimens nobody ranked: what the clinician's own would do, and which dose a target asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.advise.candidates import current_regimen, durations_of, same_regimen
from core.advise.evaluate import Evaluator
from core.advise.limits import limits_of
from core.advise.recommend import SAMPLES, SEED, main_model, mark_surpassed, notes_on, samples_for, target_of, unranked
from core.advise.recommendation import Basis, Option, Outcome, Recommendation, Regimen
from core.advise.responses import draw
from core.clinic.alert import Alert, Severity
from core.clinic.case import Case
from core.drugs.model import DrugModel
from core.errors import FitFailed, InputError
from core.infer.posterior import FitStatus, Posterior
from core.units import format_dose

_STEPS = 16  # halvings of the range of doses looked at, to a thousandth or less
_WIDER = 20.0  # how far beyond the doses of the drug it reaches


@dataclass(frozen=True)
class DoseForTarget:
    """The dose that puts the median exposure on the middle of the target, and the nearest that can be given."""

    exact: float  # mg
    option: Option  # of the nearest dose that can be given


def judge(case: Case, posteriors: Sequence[Posterior], regimens: Sequence[Regimen]) -> tuple[Option, ...]:
    """Judge regimens one by one on the draws a recommendation uses; limits they break are attached, never hidden.

    Raises:
        FitFailed: no model could be fitted.
    """
    return _judged(case, *evaluator_of(case, posteriors), regimens)


def _judged(case: Case, model: DrugModel, evaluator: Evaluator, regimens: Sequence[Regimen]) -> tuple[Option, ...]:
    current = current_regimen(case)
    options = []
    for regimen in regimens:
        option = evaluator.option(regimen, is_current=same_regimen(regimen, current))
        options.append(replace(option, limits=objections(case, model, regimen)))
    return tuple(mark_surpassed(options))


def appraise(
    case: Case, posteriors: Sequence[Posterior], regimens: Sequence[Regimen], questions: Sequence[Alert], basis: Basis
) -> Recommendation:
    """Judge regimens as `judge` does, with what else has to be known: target, alerts and basis.

    Args:
        case: the patient.
        posteriors: one per model, weighted.
        regimens: the clinician's own, in the order wanted.
        questions: doubts about the entries.
        basis: inputs' hash, program version, samples and seed.

    Returns:
        BLOCKED and without options where a recommendation would be.

    Raises:
        FitFailed: no model could be fitted.
    """
    blank = unranked(case, posteriors, questions, basis)
    if blank.has_stop:
        return blank
    model, evaluator = evaluator_of(case, posteriors)
    return replace(
        blank,
        outcome=Outcome.OPTIONS,
        options=_judged(case, model, evaluator, regimens),
        basis=replace(blank.basis, samples=evaluator.draws),
        judged_for=model.judged_after,
        mics=case.mics if evaluator.by_isolates else None,
    )


def dose_for_target(case: Case, posteriors: Sequence[Posterior], way: Regimen) -> DoseForTarget:
    """Find the dose of a given interval, route and infusion time that puts the median exposure, once settled, on the
    target: its geometric middle, or its only end.

    Args:
        case: the patient with the target, the drug's default where there is none.
        posteriors: one per model, weighted.
        way: how the dose is given; its amount is not used, and all doses are equal.

    Raises:
        FitFailed: no model could be fitted.
        InputError: no dose of the drug is given by this route; the target cannot be reached.
    """
    model, evaluator = evaluator_of(case, posteriors)
    strengths = sorted({dose for form in model.given_as if form.route is way.route for dose in form.doses})
    if not strengths:
        raise InputError("route", "route_not_of_drug", route=way.route.value, drug=model.drug.name)
    low, high = evaluator.ends
    ends = [end for end in (low, high) if np.isfinite(end)]
    wanted = float(np.exp(np.mean(np.log(ends))))

    def reached(amount: float) -> bool:
        return float(np.median(evaluator.exposures(replace(way, amount=amount, cycle=())))) >= wanted

    below, above = np.log(strengths[0] / _WIDER), np.log(strengths[-1] * _WIDER)
    if reached(float(np.exp(below))) or not reached(float(np.exp(above))):
        raise InputError("target", "target_by_no_dose")
    for _ in range(_STEPS):
        middle = (below + above) / 2.0
        below, above = (below, middle) if reached(float(np.exp(middle))) else (middle, above)
    exact = float(np.exp(above))
    given = min(strengths, key=lambda dose: abs(np.log(dose / exact)))
    return DoseForTarget(exact, _judged(case, model, evaluator, [replace(way, amount=given, cycle=())])[0])


def objections(case: Case, model: DrugModel, regimen: Regimen) -> tuple[Alert, ...]:
    """What stands against a regimen: every limit it breaks, and what the drug does not come in.

    Args:
        case: the patient.
        model: the drug's model, bound to the patient.
        regimen: what is meant to be given.
    """
    notes = notes_on(regimen, model, limits_of(case, model, regimen.first_dose))
    return (*notes, *not_givable(regimen, model))


def not_givable(regimen: Regimen, model: DrugModel) -> list[Alert]:
    """Say when an amount is none the drug comes in, with the nearest ones; nothing is rounded silently."""
    amounts = [*sorted({*regimen.amounts} - {0.0}), *([regimen.loading] if regimen.loading else [])]
    forms = [form for form in model.given_as if form.route is regimen.route]
    strengths = sorted({dose for form in forms for dose in (*form.doses, *form.loading)})
    alerts = []
    for amount in (amount for amount in amounts if strengths and not np.any(np.isclose(amount, strengths))):
        around = [dose for dose in strengths if dose < amount][-1:] + [dose for dose in strengths if dose > amount][:1]
        gaps = {"dose": format_dose(amount), "nearest": ", ".join(format_dose(dose) for dose in around)}
        alerts.append(Alert(Severity.CAUTION, "dose_not_givable", gaps, "regimen"))
    if regimen.duration and forms and not any(durations_of(form, regimen.amount) for form in forms):
        alerts.append(
            Alert(Severity.CAUTION, "infusion_time_unusual", {"dose": format_dose(regimen.amount)}, "regimen")
        )
    return alerts


def evaluator_of(case: Case, posteriors: Sequence[Posterior]) -> tuple[DrugModel, Evaluator]:
    """The drug's model and what judges regimens on the draws a recommendation uses.

    Raises:
        FitFailed: no model could be fitted.
    """
    believed = [posterior for posterior in posteriors if posterior.status is not FitStatus.FAILED]
    if not believed:
        raise FitFailed(", ".join(posterior.model_id for posterior in posteriors))
    model = main_model(believed)
    believers = draw(case, believed, samples_for(case, believed, SAMPLES), np.random.default_rng(SEED))
    target = target_of(case, model)
    return model, Evaluator(case, believers, target.target, model.harms, target.fraction_unbound)
