"""From a recipe to a predictor's file: virtual patients, candidates, choice, calibration, test, card."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.advise.recommendation import Regimen
from core.drugs.model import DrugModel
from core.errors import InputError
from core.learn import probe as probed
from core.learn.card import Card, Scale
from core.learn.choice import EXTRA, learn_choice
from core.learn.conformal import group_margins, quantile_of_distance
from core.learn.dataset import Table, data_hash, intervals, known_levels, menu, purposes
from core.learn.domain import learn_region
from core.learn.features import LEVELS_KNOWN, feature_kind
from core.learn.learners import fit, to_onnx, versions
from core.learn.predictor import Graphs, Predictor
from core.learn.recipe import Candidate, Recipe
from core.learn.trial import choice_trial, comparator_trial, try_out
from core.learn.virtual_course import virtual_patient
from core.task import Task
from core.version import VERSION

Array = NDArray[np.float64]

_FOLDS = 5
_BACKGROUND = 32
_GOLDEN = 24
_SMALLEST_THRESHOLD = math.log(1.25)
_DIGITS = 7


@dataclass(frozen=True, eq=False)
class Trained:
    """A predictor ready to be written: its graphs and its card. `promoted`: it beat the comparator beyond doubt."""

    graphs: Graphs
    card: Card
    promoted: bool


def train(recipe: Recipe, models: Sequence[DrugModel], table: Table, task: Task | None = None) -> Trained:
    """Train every candidate, choose one by cross-validation on the training patients, judge it on unseen ones.

    Args:
        recipe: what to train.
        models: the mechanistic models the table was made from.
        table: of `core.learn.dataset.make_table`.
        task: progress and cancel.

    Raises:
        InputError: too few patients to calibrate on.
        Cancelled: on request.
    """
    training = table.rows(slice(0, recipe.split.train))
    calibration = table.rows(slice(recipe.split.train, recipe.split.train + recipe.split.calibrate))
    test = table.rows(slice(recipe.split.train + recipe.split.calibrate, recipe.split.total))
    scores = {}
    for done, candidate in enumerate(recipe.candidates):
        if task is not None:
            task.step(done / (len(recipe.candidates) + 1), "training_learners")
        scores[candidate.name] = cross_validated(candidate, training, recipe.seed)
    best = min(recipe.candidates, key=lambda candidate: scores[candidate.name])
    ready = {
        candidate.name: _ready(recipe, models, candidate, training, calibration) for candidate in recipe.candidates
    }
    tried = {name: try_out(recipe, models, predictor, test) for name, (_, predictor) in ready.items()}
    comparator = comparator_trial(recipe, models, test)
    onnx, dosing = ready[best.name]
    choice = _choice(recipe, models[0], dosing, calibration)
    report = _report(recipe, models, table, scores, tried, comparator, best.name)
    promoted = report["gain_over_comparator"][best.name]["low"] > 0
    graphs = Graphs(onnx, choice)
    card = replace(dosing.card, choice_hash=hashlib.sha256(choice).hexdigest())
    predictor = Predictor.start(card, graphs, "", recipe.id)
    report["choice"] = choice_trial(recipe, models[0], predictor, test)
    golden = test.features[:_GOLDEN]
    card = replace(
        card,
        golden=golden,
        golden_dose=predictor.dose(golden),
        golden_choice=_golden_choice(predictor, test.rows(slice(0, _GOLDEN)), menu(models[0])),
        report={**report, "promoted": promoted},
    )
    return Trained(graphs, card, promoted)


def _choice(recipe: Recipe, model: DrugModel, dosing: Predictor, calibration: Table) -> bytes:
    """The graph that judges regimens, learned on patients the dose was not learned from."""
    log_dose = np.log(dosing.dose(calibration.features))
    regimens = menu(model)
    learner = learn_choice(
        recipe.choice,
        calibration.features,
        log_dose,
        regimens,
        calibration.outlook,
        calibration.utility,
        recipe.seed,
    )
    return to_onnx(learner, len(recipe.features) + EXTRA)


def _golden_choice(predictor: Predictor, golden: Table, regimens: Sequence[Regimen]) -> tuple[tuple[float, ...], ...]:
    """One allowed regimen of the menu for each golden patient, in turn, its utility and what is expected of it."""
    found = []
    for turn, row in enumerate(golden.features):
        allowed = np.flatnonzero(np.isfinite(golden.utility[turn]))
        place = int(allowed[turn % len(allowed)])
        regimen, ahead = regimens[place], golden.outlook[turn, place]
        judged = float(predictor.utilities(row, [regimen], ahead[None])[0])
        found.append((regimen.amount, regimen.every, regimen.first_dose, judged, *ahead.tolist()))
    return tuple(found)


def cross_validated(candidate: Candidate, training: Table, seed: int) -> float:
    """Mean absolute difference of logarithms on patients left out, five folds of whole patients."""
    return cross_validated_error(candidate, training.features, np.log(training.best), seed)


def cross_validated_error(candidate: Candidate, features: Array, wanted: Array, seed: int) -> float:
    """Mean absolute error on patients left out, of features (N, F) and what is wanted (N,), in five folds."""
    folds = np.arange(len(wanted)) % _FOLDS  # the patients stand in the order of a hash, or of chance, already
    away = []
    for fold in range(_FOLDS):
        learner = fit(candidate, features[folds != fold], wanted[folds != fold], seed)
        away.append(np.abs(learner.predict(features[folds == fold]) - wanted[folds == fold]))
    return float(np.concatenate(away).mean())


def _ready(
    recipe: Recipe, models: Sequence[DrugModel], candidate: Candidate, training: Table, calibration: Table
) -> tuple[bytes, Predictor]:
    """Fit on the training patients, convert, calibrate on others."""
    learner = fit(candidate, training.features, np.log(training.best), recipe.seed)
    onnx = to_onnx(learner, len(recipe.features))
    predicted = np.asarray(learner.predict(calibration.features))
    card = _card(recipe, models, onnx, training, calibration, predicted)
    golden = calibration.features[:_GOLDEN]
    card = replace(card, golden=golden, golden_dose=np.exp(np.asarray(learner.predict(golden))))
    predictor = Predictor.start(card, Graphs(onnx), "", recipe.id)
    predictor.reproduce_golden(recipe.id)  # the graph computes what the learner computes
    return onnx, predictor


def _card(
    recipe: Recipe,
    models: Sequence[DrugModel],
    onnx: bytes,
    training: Table,
    calibration: Table,
    predicted: Array,
) -> Card:
    groups, learned = known_levels(recipe, calibration.features), known_levels(recipe, training.features)
    need = np.log(calibration.need) - predicted
    best = np.abs(np.log(calibration.best) - predicted)
    target = models[0].targets[0].target
    numbers = [int(number) for number in purposes(recipe)[: probed.CASES]]
    cases = tuple(probed.probe_case(virtual_patient(recipe, models, number).case) for number in numbers)
    return Card(
        id=recipe.id,
        drug=recipe.drug,
        models=tuple((model.id, model.file_hash) for model in models),
        probe_cases=cases,
        probe={model.id: probed.probe(model, cases) for model in models},
        target=(target.kind.value, str(target.low or ""), str(target.high or "")),
        features=recipe.features,
        themes=tuple(feature_kind(name).group for name in recipe.features),
        scale=Scale.LOG,
        unit="mg/day",
        group_by={LEVELS_KNOWN: 1},
        every=recipe.reference_every,
        coverage=recipe.coverage,
        margins=group_margins(need, groups, recipe.coverage),
        agreement={
            int(group): max(_SMALLEST_THRESHOLD, quantile_of_distance(best[groups == group], recipe.agreeing))
            for group in np.unique(groups)
        },
        regions={
            int(group): learn_region(
                training.features[learned == group], calibration.features[groups == group], recipe.inside
            )
            for group in np.unique(groups)
        },
        equivalence=_equivalence(recipe, models[0], calibration),
        background=training.features[:_BACKGROUND],
        golden=np.zeros((0, len(recipe.features))),
        golden_dose=np.zeros(0),
        onnx_hash=hashlib.sha256(onnx).hexdigest(),
        report={},
        points=recipe.points,
        seed=recipe.seed,
    )


def _equivalence(recipe: Recipe, model: DrugModel, calibration: Table) -> Mapping[float, float]:
    """Factor on a daily dose at each interval that makes it one at the reference interval: median over patients."""
    every = intervals(model)
    reference = calibration.by_interval[:, every.index(recipe.reference_every)]
    ratios = np.median(reference[:, None] / calibration.by_interval, axis=0)
    return {hours: float(f"{ratio:.{_DIGITS}g}") for hours, ratio in zip(every, ratios, strict=True)}


def _report(
    recipe: Recipe,
    models: Sequence[DrugModel],
    table: Table,
    scores: Mapping[str, float],
    tried: Mapping[str, Any],
    comparator: Mapping[str, Any],
    best: str,
) -> dict[str, Any]:
    return {
        "trained_on": "VIRTUAL PATIENTS of published models, not real ones. It can be no better than those models.",
        "population": list(recipe.population.sources),
        "program_version": VERSION,
        "versions": dict(versions()),
        "recipe_sha256": recipe.file_hash,
        "data_sha256": table.hash,
        "made_from_sha256": data_hash(recipe, models),
        "seed": recipe.seed,
        "patients": {"train": recipe.split.train, "calibrate": recipe.split.calibrate, "test": recipe.split.test},
        "split": "whole virtual patients, by SHA-256 of recipe and number",
        "target": "mechanistic optimum of the daily dose under what is known of the patient, log scale",
        "interval": "split conformal by number of levels known; covers the best dose under the patient's own truth",
        "cross_validated_log_error": dict(scores),
        "learner": best,
        "test": {name: trial.report for name, trial in tried.items()},
        "comparator": comparator["report"],
        "gain_over_comparator": {
            name: trial.gain(comparator["predicted"], recipe.seed) for name, trial in tried.items()
        },
    }


def check_promoted(trained: Trained) -> None:
    """Refuse a predictor that does not beat 'everybody gets the standard dose' beyond its bootstrap interval.

    Raises:
        InputError: with the interval.
    """
    if not trained.promoted:
        gain = trained.card.report["gain_over_comparator"][trained.card.report["learner"]]
        raise InputError("recipe", "predictor_no_better", low=f"{gain['low']:.3g}", high=f"{gain['high']:.3g}")
