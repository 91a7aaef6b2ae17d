"""The predictor against the program's own fit and ranking, patient by patient: not against the quick judge it learned
from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.advise.candidates import WAITS, limits_met
from core.advise.evaluate import Evaluator
from core.advise.responses import draw
from core.advise.target_metric import target_ends
from core.clinic.case import Target, TargetKind
from core.drugs.model import DrugModel
from core.infer.averaging import weigh
from core.infer.map_estimate import estimate_map
from core.infer.posterior import FitStatus
from core.learn.card import Card
from core.learn.dataset import judge_of, menu, purposes
from core.learn.features import feature_row, see
from core.learn.outlook import outlook
from core.learn.predictor import Graphs, Predictor
from core.learn.recipe import Recipe
from core.learn.trial import away_from_best, choose_learned, close_to_best, lost
from core.learn.virtual_course import VirtualPatient, limits_of, virtual_patient
from core.task import Task

Array = NDArray[np.float64]

_SAMPLES = 500


def verify(recipe: Recipe, models: Sequence[DrugModel], graphs: Graphs, card: Card, task: Task | None = None) -> Card:
    """Judge the predictor's regimens for some test patients by MAP, Laplace samples and `core.advise`.

    Args:
        recipe: `split.verify` says how many patients.
        models: the mechanistic models.
        graphs: the predictor's.
        card: its card.
        task: progress and cancel.

    Returns:
        The card, the comparison added to its report.

    Raises:
        Cancelled: on request.
    """
    predictor = Predictor.start(card, graphs, "", recipe.id)
    numbers = purposes(recipe)[recipe.split.train + recipe.split.calibrate :][: recipe.split.verify]
    utilities, places, failed = [], [], 0
    for done, number in enumerate(numbers):
        if task is not None:
            task.step(done / len(numbers), "verifying_predictor")
        patient = virtual_patient(recipe, models, int(number))
        utility = full_utilities(patient, models[0])
        if utility is None:
            failed += 1
            continue
        utilities.append(utility)
        row = feature_row(recipe.features, see(patient.case, patient.bounds))
        judge, _, _ = judge_of(recipe, patient)
        ahead = outlook(judge, patient.bounds[0].model, menu(models[0]))
        places.append(choose_learned(predictor, models[0], row, utility, ahead))
    worth, table = np.array(places, dtype=np.int64), np.array(utilities)
    found = {
        "patients": len(places),
        "fits_failed": failed,
        "utility_within_5_percent": float(close_to_best(table, worth).mean()) if places else 0.0,
        "utility_within_0.05": float(away_from_best(table, worth, 0.05).mean()) if places else 0.0,
        "utility_lost": lost(table, worth) if places else {},
    }
    return replace(card, report={**card.report, "against_full_recommendation": found})


def full_utilities(patient: VirtualPatient, model: DrugModel) -> Array | None:
    """Utility of each regimen of the menu by the program's own fit, (M,), NaN where the label forbids it; None when no
    fit holds.
    """
    case = patient.case
    posteriors = weigh([estimate_map(bound, case.given_doses, case.used_levels) for bound in patient.bounds])
    if all(posterior.status is FitStatus.FAILED for posterior in posteriors):
        return None
    believers = draw(case, posteriors, _SAMPLES, np.random.default_rng(1))
    evaluator = Evaluator(case, believers, model.targets[0].target, model.harms)
    limits = limits_of(model, case)
    waits = WAITS if case.given_doses and _covered(evaluator, model.targets[0].target) else WAITS[:1]
    return np.array(
        [
            np.nan
            if limits_met(regimen, limits) or regimen.first_dose not in waits
            else evaluator.option(replace(regimen, first_dose=case.now + regimen.first_dose)).utility
            for regimen in menu(model)
        ]
    )


def _covered(evaluator: Evaluator, target: Target) -> bool:
    """Whether waiting is an option, as in `core.advise.recommend`."""
    by_area = target.kind in (TargetKind.AUC24, TargetKind.AUC24_MIC)
    return by_area and evaluator.without_further_doses() >= target_ends(target)[0]
