"""The workflow in a few verbs: all that the window and the command line call to compute."""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.advise.alerts import usual_doses
from core.advise.candidates import current_regimen
from core.advise.doubted_level import DoubtedLevel, doubted_level
from core.advise.doubted_level import advice_with_flat_prior as flat_prior_advice
from core.advise.effect_course import effect_curves
from core.advise.evaluate import Evaluator
from core.advise.forgiveness import Forgiveness, forgiveness
from core.advise.judge import DoseForTarget
from core.advise.judge import appraise as appraise_regimens
from core.advise.judge import dose_for_target as find_dose
from core.advise.judge import judge as judge_regimens
from core.advise.judge import objections as objections_to
from core.advise.mic_table import MicTable, mic_table
from core.advise.next_sample import NextSample
from core.advise.next_sample import next_sample as weigh_samples
from core.advise.recommend import SAMPLES, SAMPLES_IN_FULL, SEED, target_of
from core.advise.recommend import recommend as rank_regimens
from core.advise.recommendation import Basis, Option, Recommendation, Regimen
from core.advise.responses import draw, draw_etas
from core.clinic import questions
from core.clinic.alert import Alert, Severity
from core.clinic.case import Case, TargetKind
from core.clinic.case_file import case_text
from core.clinic.mic import MicDistribution
from core.clinic.regimen import Dose, expand
from core.drugs.library import Library, read_library, resources_folder, site_folder
from core.drugs.model import BoundModel, DrugTarget, effect_ids
from core.drugs.pbpk_model import BoundPbpkModel
from core.errors import FitFailed, InputError, ModelError, OutOfDomain
from core.infer.averaging import weigh
from core.infer.fit_check import check_levels
from core.infer.map_estimate import estimate_map
from core.infer.posterior import FitStatus, Posterior
from core.infer.predict import predict_curves
from core.infer.prediction import Prediction, PredictionSource
from core.infer.steady_draws import draw_in_steady_state
from core.learn.second_opinion import with_second_opinion
from core.pbpk.sensitivity import Sensitivity
from core.pd.library import EffectModel, load_effects
from core.population.sampling import sample_etas
from core.task import Task
from core.version import VERSION

Array = NDArray[np.float64]

_POINTS = 500
_STEPS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0)  # h
_CLOSE = (0.001, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 9.0)  # h after a dose or its infusion
_MOST_CLOSE = 16  # starts and ends of doses that get such points
_BAND = 500


@dataclass(frozen=True)
class Individualisation:
    """The posterior of each model that holds the patient, weights summing to one."""

    posteriors: tuple[Posterior, ...]

    @property
    def failed(self) -> bool:
        """No model could be fitted; nothing may be recommended."""
        return all(posterior.status is FitStatus.FAILED for posterior in self.posteriors)


@functools.cache
def library() -> Library:
    """The drug models shipped and the site's own."""
    root = resources_folder()
    return read_library(root / "drugs", root / "compounds", local=site_folder())


@functools.cache
def effects_of(drug: str) -> tuple[EffectModel, ...]:
    """The effect models shown with a drug."""
    return tuple(effect for effect in load_effects().values() if effect.drug == drug)


def bind_models(case: Case) -> tuple[BoundModel, ...]:
    """Bind the models the case names, or all of the drug's whose domain holds the patient.

    A named model is bound even outside its domain (the alert says so); when no model holds the patient all are bound,
    so that the reasons can be shown.

    Raises:
        InputError: unknown drug or model, a model of another drug, or a needed covariate is missing.
    """
    models = [library().model(name) for name in case.models] or list(library().models(case.drug))
    for model in models:
        if model.drug.name != case.drug:
            raise InputError("models", "model_of_other_drug", name=model.id, drug=case.drug)
    bound: list[BoundModel] = []
    refusals: list[InputError] = []
    for model in models:
        wrong = next((i for i, dose in enumerate(case.doses) if dose.route not in model.routes), None)
        if wrong is not None:
            gaps = {"route": case.doses[wrong].route.value, "model": model.id}
            refusals.append(InputError(f"doses[{wrong}].route", "route_not_modelled", **gaps))
            continue
        try:
            bound.append(model.bind(case))
        except OutOfDomain as refusal:
            refusals.append(refusal)
        except InputError as refusal:
            if case.models or refusal.reason != "covariate_missing":
                raise
            refusals.append(refusal)  # another model of the drug may do without it
        except ModelError as fault:
            refusals.append(InputError("models", "model_does_not_hold", model=model.id, detail=str(fault)))
    holding = [item for item in bound if not any(alert.severity is Severity.STOP for alert in item.findings)]
    missing = next((refusal for refusal in refusals if refusal.reason == "covariate_missing"), None)
    if missing is not None and not holding:
        raise missing
    if not bound:
        raise refusals[0]
    return tuple(bound if case.models or not holding else holding)


def target(case: Case) -> DrugTarget:
    """The target the case is judged by: its own, else the drug's default."""
    return target_of(case, bind_models(case)[0].model)


def check_case(case: Case) -> tuple[Alert, ...]:
    """Doubts about what was entered, those about the kidney only where the drug's models need its function.

    Raises:
        InputError: unknown drug or model.
    """
    models = [library().model(name) for name in case.models] or list(library().models(case.drug))
    kidney = {"serum_creatinine", "creatinine_clearance", "egfr"}
    cleared = any(kidney & set(model.required) for model in models)
    return questions.check_case(case, cleared_by_kidney=cleared, usual=usual_doses(models))


def predict_prior(
    case: Case,
    times: Array | None = None,
    samples: int = _BAND,
    seed: int = SEED,
    tissues: Sequence[str] = (),
    task: Task | None = None,
) -> Prediction:
    """Predict from covariates alone, all doses of the case that were given or are planned."""
    bound = bind_models(case)
    rng = np.random.default_rng(seed)
    share = max(1, samples // len(bound))
    draws = [
        (item, draw_in_steady_state(item, case.doses, share, functools.partial(sample_etas, item.model, rng=rng)))
        for item in bound
    ]
    return _prediction(case, draws, case.doses, times, PredictionSource.PRIOR, tissues, task)


def individualise(case: Case, task: Task | None = None) -> Individualisation:
    """Estimate the patient's own parameters in each model and weigh the models."""
    posteriors = []
    for bound in bind_models(case):
        posterior = estimate_map(bound, case.given_doses, case.used_levels, task=task)
        fits = check_levels(bound, case.given_doses, case.used_levels, posterior.eta)
        posteriors.append(replace(posterior, levels=fits))
    return Individualisation(weigh(posteriors))


def predict_individual(
    case: Case,
    individualisation: Individualisation,
    times: Array | None = None,
    samples: int = _BAND,
    seed: int = SEED,
    tissues: Sequence[str] = (),
    task: Task | None = None,
) -> Prediction:
    """Predict from the individual estimate, the doses given only.

    Raises:
        FitFailed: no model could be fitted.
    """
    draws = _posterior_draws(individualisation, samples, seed)
    return _prediction(case, draws, case.given_doses, times, PredictionSource.INDIVIDUAL, tissues, task)


def predict_proposed(
    case: Case,
    individualisation: Individualisation,
    regimen: Regimen,
    times: Array | None = None,
    samples: int = _BAND,
    seed: int = SEED,
    tissues: Sequence[str] = (),
    task: Task | None = None,
) -> Prediction:
    """Predict the doses given, then a regimen, from the individual estimate.

    Raises:
        FitFailed: no model could be fitted.
    """
    grid = time_grid(case, regimen) if times is None else times
    doses = (*case.given_doses, *regimen.doses(float(grid[-1])))
    draws = _posterior_draws(individualisation, samples, seed)
    return _prediction(case, draws, doses, grid, PredictionSource.PROPOSED, tissues, task)


def _posterior_draws(individualisation: Individualisation, samples: int, seed: int) -> list[tuple[BoundModel, Array]]:
    if individualisation.failed:
        raise FitFailed(", ".join(posterior.model_id for posterior in individualisation.posteriors))
    return draw_etas(individualisation.posteriors, samples, np.random.default_rng(seed))


def _prediction(
    case: Case,
    draws: Sequence[tuple[BoundModel, Array]],
    doses: Sequence[Dose],
    times: Array | None,
    source: PredictionSource,
    tissues: Sequence[str],
    task: Task | None,
) -> Prediction:
    if task is not None:
        task.step(0.0, "predicting")
    grid = time_grid(case) if times is None else np.asarray(times, dtype=float)
    curves = predict_curves(draws, doses, grid, source=source, tissues=tissues, effects=effects_of(case.drug))
    curves += effect_curves(case, draws, doses, grid, source, np.random.default_rng(SEED))
    return Prediction(curves, inputs_hash(case), tuple(item.model.id for item, _ in draws))


def recommend(
    case: Case, individualisation: Individualisation, options: int = 5, task: Task | None = None
) -> Recommendation:
    """Rank every regimen that can be given, with the trained predictor's second opinion beside it."""
    basis = Basis(inputs_hash(case), VERSION, (), (), SAMPLES, SEED)
    ranked = rank_regimens(case, individualisation.posteriors, check_case(case), basis, options=options, task=task)
    return with_second_opinion(case, [posterior.bound for posterior in individualisation.posteriors], ranked)


def objections(case: Case, regimen: Regimen) -> tuple[Alert, ...]:
    """What stands against a regimen of the clinician's own: limits of label, patient and site, rate, amounts.

    Raises:
        InputError: no model holds the case.
        DrugFileError: the site's file of limits is broken.
    """
    return objections_to(case, bind_models(case)[0].model, regimen)


def judge(case: Case, individualisation: Individualisation, regimens: Sequence[Regimen]) -> tuple[Option, ...]:
    """Judge regimens of the clinician's own, one option each, in their order.

    Raises:
        FitFailed: no model could be fitted.
    """
    return judge_regimens(case, individualisation.posteriors, regimens)


def appraise(case: Case, individualisation: Individualisation, regimens: Sequence[Regimen]) -> Recommendation:
    """Judge regimens of the clinician's own, with target, alerts and basis; blocked where a recommendation would be.

    Raises:
        FitFailed: no model could be fitted.
    """
    basis = Basis(inputs_hash(case), VERSION, (), (), SAMPLES, SEED)
    return appraise_regimens(case, individualisation.posteriors, regimens, check_case(case), basis)


def dose_for_target(case: Case, individualisation: Individualisation, way: Regimen) -> DoseForTarget:
    """The dose that puts the median exposure on the target, given like `way`, and the nearest one that can be given.

    Raises:
        FitFailed: no model could be fitted.
        InputError: the drug is not given by this route, or no dose reaches the target.
    """
    return find_dose(case, individualisation.posteriors, way)


def next_sample(case: Case, individualisation: Individualisation, recommendation: Recommendation) -> NextSample:
    """When the next level would teach most, and whether it is worth taking; `.said` is its message.

    Raises:
        FitFailed: no model could be fitted.
        InputError: nothing is recommended, so no level can change it.
    """
    if not recommendation.options:
        raise InputError("levels", "next_sample_without_option")
    if recommendation.target.kind is TargetKind.EFFECT:
        raise InputError("levels", "next_sample_of_effect")
    if individualisation.failed:
        raise FitFailed(", ".join(posterior.model_id for posterior in individualisation.posteriors))
    believers = draw(case, individualisation.posteriors, SAMPLES_IN_FULL, np.random.default_rng(SEED))
    model = believers[0].bound.model
    unbound = target_of(case, model).fraction_unbound
    evaluator = Evaluator(case, believers, recommendation.target, model.harms, unbound)
    return weigh_samples(case, believers, evaluator, [option.regimen for option in recommendation.options])


def level_scenarios(
    case: Case, individualisation: Individualisation, index: int, task: Task | None = None
) -> tuple[DoubtedLevel, ...]:
    """The best option as entered, without one of the levels used, and were that one drawn 30 or 60 min off.

    Raises:
        FitFailed: no model could be fitted.
        InputError: there is no such level.
    """
    return doubted_level(case, individualisation.posteriors, index, task)


def advice_with_flat_prior(
    case: Case, individualisation: Individualisation, task: Task | None = None
) -> tuple[DoubtedLevel, ...]:
    """The best option as fitted and with a flatter prior, where the levels ask for one (`core/infer/flattened.py`).

    Raises:
        FitFailed: no model could be fitted.
    """
    return flat_prior_advice(case, individualisation.posteriors, task)


def forgiveness_of(
    case: Case, individualisation: Individualisation, regimens: Sequence[Regimen], task: Task | None = None
) -> tuple[Forgiveness, ...]:
    """What a late, missed or doubled dose does to each regimen once it has settled.

    Raises:
        FitFailed: no model could be fitted.
    """
    return forgiveness(case, individualisation.posteriors, regimens, task)


def chances_by_mic(
    case: Case,
    individualisation: Individualisation,
    regimens: Sequence[Regimen],
    mics: Sequence[float] | MicDistribution | None = None,
) -> tuple[MicTable, ...]:
    """How each regimen fares over a range of MICs (mg/L) or a distribution of isolates, by default that of the case.

    Raises:
        FitFailed: no model could be fitted.
        InputError: the target does not go by the MIC.
    """
    return mic_table(case, individualisation.posteriors, regimens, mics)


def drivers(case: Case, individualisation: Individualisation) -> tuple[Sensitivity, ...]:
    """Which parameters of this patient's body drive the exposure, the strongest first; empty without a whole body."""
    bound = max(individualisation.posteriors, key=lambda posterior: posterior.weight).bound
    if not isinstance(bound, BoundPbpkModel):
        return ()
    running = current_regimen(case)
    if not bound.model.given_as:
        return ()
    form = bound.model.given_as[0]
    route, every = (form.route, form.every[0]) if running is None else (running.route, running.every)
    return bound.drivers(route, every)


def inputs_hash(case: Case) -> str:
    """SHA-256 of the case as its file would be written; a result whose inputs have changed is never shown."""
    return hashlib.sha256(case_text(case).encode()).hexdigest()


def time_grid(case: Case, *regimens: Regimen) -> Array:
    """Times (T,) for drawing: the course so far and some intervals ahead, every event included.

    The step is a whole part or multiple of an hour, so that usual dose times lie on the grid; where it is too wide for
    what follows a dose, there are points of their own, so that no peak is cut off.
    """
    doses = expand(case.doses)
    end = max([24.0, case.now, *(dose.time + (dose.interval or 0.0) for dose in doses)])
    intervals = [dose.interval for dose in case.doses if dose.interval] + [regimen.every for regimen in regimens]
    ahead = max([48.0, *(4.0 * every for every in intervals)])
    for model in library().models(case.drug)[:1] if case.drug in library().drugs() else ():
        ahead = model.judged_after if effect_ids(model.targets, model.harms) else ahead  # as far as it is judged
    stop = max(end, case.now + ahead)
    doses += [dose for regimen in regimens for dose in expand(regimen.doses(stop))]
    step = next((step for step in _STEPS if stop / step <= _POINTS), stop / _POINTS)
    grid = step * np.arange(math.ceil(stop / step) + 1)
    events = [moment for dose in doses for moment in (dose.time, dose.time + dose.hours)]
    if len(set(events)) <= _MOST_CLOSE:
        events += [moment + close for moment in events for close in _CLOSE if close < step]
    return np.union1d(grid, [time for time in events if 0 <= time <= grid[-1]])
