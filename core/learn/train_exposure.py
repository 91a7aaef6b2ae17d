"""From a recipe of the kind `exposure` to a predictor's file.

It is judged beside the Bayesian fit on patients of a model that neither of them knows.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.drugs.model import DrugModel
from core.errors import InputError
from core.learn import probe as probed
from core.learn.card import Card, Scale
from core.learn.conformal import group_margins
from core.learn.domain import learn_region
from core.learn.exposure import HOURS, UNIT, area, bayesian_area, exposure_row, typical_area
from core.learn.exposure_recipe import ExposureRecipe
from core.learn.features import LEVELS_KNOWN, feature_kind
from core.learn.learners import fit, to_onnx, versions
from core.learn.metrics import bootstrap, covered, subgroups
from core.learn.predictor import Graphs, Predictor
from core.learn.train import Trained, cross_validated_error
from core.learn.virtual_course import VirtualPatient, holding, virtual_patient
from core.task import Task
from core.version import VERSION

Array = NDArray[np.float64]

_BACKGROUND = 32
_GOLDEN = 24
_NEAR = (0.8, 1.25)  # the range of bioequivalence, in which published work counts its hits
_EXTERNAL_FROM = 1_000_000  # numbers of the patients of the external model; no other patient has one of them


@dataclass(frozen=True, eq=False)
class ExposureTable:
    """Virtual patients: `features` (N, F); `typical`, `truth`, `bayesian` (N,) mg*h/L, the last NaN where not asked."""

    features: Array
    typical: Array
    truth: Array
    bayesian: Array

    def rows(self, chosen: slice) -> ExposureTable:
        """Some of the patients."""
        return ExposureTable(*(value[chosen] for value in vars(self).values()))


def make_exposure_tables(
    recipe: ExposureRecipe, models: Sequence[DrugModel], external: DrugModel, task: Task | None = None
) -> tuple[ExposureTable, ExposureTable]:
    """Virtual patients of the models learned from, in the order train, calibrate, test, and those of the other model.

    Raises:
        Cancelled: on request.
    """
    total, judged = sum(recipe.split.values()), recipe.split["train"] + recipe.split["calibrate"]
    own: list[tuple[Array, float, float, float]] = []
    for number in range(total - recipe.split["external"]):
        if task is not None:
            task.step(number / total, "drawing_virtual_patients")
        patient = virtual_patient(recipe.patients, models, number)
        own.append(_row(recipe, models, patient, compared=number >= judged))
    foreign: list[tuple[Array, float, float, float]] = []
    number = _EXTERNAL_FROM
    while len(foreign) < recipe.split["external"]:
        if task is not None:
            task.step((len(own) + len(foreign)) / total, "drawing_virtual_patients")
        patient = virtual_patient(recipe.patients, [external], number)
        number += 1
        try:
            foreign.append(_row(recipe, models, patient, compared=True))
        except InputError:
            continue  # none of the models learned from holds this patient
    return _table(own), _table(foreign)


def _row(
    recipe: ExposureRecipe, models: Sequence[DrugModel], patient: VirtualPatient, *, compared: bool
) -> tuple[Array, float, float, float]:
    bounds = holding(models, patient.case)
    typical = typical_area(bounds, patient.case)
    row = exposure_row(recipe.patients.features, bounds, patient.case)
    truth = float(area(patient.truth.bound, patient.truth.eta, patient.case)[0])
    bayesian = bayesian_area(bounds, patient.case) if compared else float("nan")
    return row, typical, truth, bayesian


def _table(rows: Sequence[tuple[Array, float, float, float]]) -> ExposureTable:
    return ExposureTable(*(np.array(column, dtype=float) for column in zip(*rows, strict=True)))


def train_exposure(
    recipe: ExposureRecipe,
    models: Sequence[DrugModel],
    tables: tuple[ExposureTable, ExposureTable],
    task: Task | None = None,
) -> Trained:
    """Choose a learner by cross-validation, calibrate it, judge it once on unseen patients of both kinds.

    It is promoted when on patients of the external model its bias and rRMSE keep the bars and its absolute relative
    error is smaller than the Bayesian estimate's beyond the 95 % interval.

    Args:
        recipe: what to train.
        models: learned from.
        tables: of `make_exposure_tables`.
        task: progress and cancel.

    Raises:
        InputError: too few patients to calibrate on.
        Cancelled: on request.
    """
    own, foreign = tables
    cut, end = recipe.split["train"], recipe.split["train"] + recipe.split["calibrate"]
    training, calibration, test = own.rows(slice(0, cut)), own.rows(slice(cut, end)), own.rows(slice(end, None))
    log_ratio = np.log(training.truth / training.typical)
    scores = {}
    for done, candidate in enumerate(recipe.candidates):
        if task is not None:
            task.step(done / (len(recipe.candidates) + 1), "training_learners")
        scores[candidate.name] = cross_validated_error(candidate, training.features, log_ratio, recipe.seed)
    best = min(recipe.candidates, key=lambda candidate: scores[candidate.name])
    learner = fit(best, training.features, log_ratio, recipe.seed)
    onnx = to_onnx(learner, len(recipe.patients.features))
    card = _card(recipe, models, onnx, training, calibration, np.asarray(learner.predict(calibration.features)))
    golden = test.features[:_GOLDEN]
    card = replace(card, golden=golden, golden_dose=np.exp(np.asarray(learner.predict(golden))))
    predictor = Predictor.start(card, Graphs(onnx), "", recipe.id)
    predictor.reproduce_golden(recipe.id)
    report = _report(recipe, scores, best.name)
    report["test"] = {best.name: judged(recipe, predictor, test)}
    report["external"] = judged(recipe, predictor, foreign)
    promoted = not refusals(recipe, report["external"])
    return Trained(Graphs(onnx), replace(card, report={**report, "promoted": promoted}), promoted)


def refusals(recipe: ExposureRecipe, external: Mapping[str, Any]) -> list[str]:
    """Which bars are not kept on patients of the external model: bias, rrmse, bayesian."""
    own = external["predictor"]
    found = []
    if abs(own["bias"]["value"]) >= recipe.bias:
        found.append("bias")
    if own["rrmse"]["value"] > recipe.rrmse:
        found.append("rrmse")
    if not external["gain_over_bayesian"]["low"] > 0.0:
        found.append("bayesian")
    return found


def judged(recipe: ExposureRecipe, predictor: Predictor, table: ExposureTable) -> dict[str, Any]:
    """Errors of the predictor and of the Bayesian estimate on the same patients, coverage, domain, subgroups."""
    ratio = predictor.dose(table.features)
    intervals = [predictor.interval(row) for row in table.features]
    low, high = np.array([item.low for item in intervals]), np.array([item.high for item in intervals])
    inside = np.array([predictor.outside(row) is None for row in table.features])
    usable = inside & np.isfinite(table.bayesian)  # where either says nothing, neither is judged
    own, other = (ratio * table.typical / table.truth - 1.0), (table.bayesian / table.truth - 1.0)
    true_ratio = table.truth / table.typical
    difference = (np.abs(other) - np.abs(own))[usable]
    ends = bootstrap(lambda places: float(difference[places].mean()), len(difference), recipe.seed)
    return {
        "n": int(usable.sum()),
        "in_domain": float(inside.mean()),
        "bayesian_failed": int((~np.isfinite(table.bayesian)).sum()),
        "predictor": _errors(own[usable], recipe.seed),
        "bayesian": _errors(other[usable], recipe.seed),
        "gain_over_bayesian": {"value": float(difference.mean()), "low": ends[0], "high": ends[1]},
        "interval": covered(true_ratio[usable], low[usable], high[usable]),
        "subgroups": {
            name: _in_subgroup(own[both], other[both], covered(true_ratio[both], low[both], high[both]))
            for name, chosen in subgroups(recipe.patients.features, table.features).items()
            if (both := usable & chosen).any()
        },
    }


def _in_subgroup(own: Array, other: Array, coverage: Mapping[str, float]) -> dict[str, float]:
    rrmse = {name: float(np.sqrt((part**2).mean())) for name, part in (("rrmse", own), ("bayesian_rrmse", other))}
    return {"n": float(len(own)), **rrmse, "coverage": coverage["coverage"]}


def _errors(relative: Array, seed: int) -> dict[str, dict[str, float]]:
    """Mean and root mean square of relative errors (N,), and the share within 80 to 125 %, each with its interval."""
    measures: dict[str, Callable[[Array], float]] = {
        "bias": lambda part: float(part.mean()),
        "rrmse": lambda part: float(np.sqrt((part**2).mean())),
        "within_80_125": lambda part: float(((part + 1.0 >= _NEAR[0]) & (part + 1.0 <= _NEAR[1])).mean()),
    }
    found = {}
    for name, measure in measures.items():
        low, high = bootstrap(functools.partial(_drawn, measure, relative), len(relative), seed)
        found[name] = {"value": measure(relative), "low": low, "high": high}
    return found


def _drawn(measure: Callable[[Array], float], relative: Array, places: NDArray[np.int64]) -> float:
    return measure(relative[places])


def _card(
    recipe: ExposureRecipe,
    models: Sequence[DrugModel],
    onnx: bytes,
    training: ExposureTable,
    calibration: ExposureTable,
    predicted: Array,
) -> Card:
    names = recipe.patients.features
    place = names.index(LEVELS_KNOWN)
    groups, learned = (part.features[:, place].astype(np.int64) for part in (calibration, training))
    away = np.log(calibration.truth / calibration.typical) - predicted
    cases = tuple(
        probed.probe_case(virtual_patient(recipe.patients, models, number).case) for number in range(probed.CASES)
    )
    return Card(
        id=recipe.id,
        drug=recipe.patients.drug,
        models=tuple((model.id, model.file_hash) for model in models),
        probe_cases=cases,
        probe={model.id: probed.probe(model, cases) for model in models},
        target=("auc24", "", ""),
        features=names,
        themes=tuple(feature_kind(name).group for name in names),
        scale=Scale.LOG,
        unit=UNIT,
        group_by={LEVELS_KNOWN: 1},
        every=HOURS,
        coverage=recipe.coverage,
        margins=group_margins(away, groups, recipe.coverage),
        agreement={},
        regions={
            int(group): learn_region(
                training.features[learned == group], calibration.features[groups == group], recipe.inside
            )
            for group in np.unique(groups)
        },
        equivalence={},
        background=training.features[:_BACKGROUND],
        golden=np.zeros((0, len(names))),
        golden_dose=np.zeros(0),
        onnx_hash=hashlib.sha256(onnx).hexdigest(),
        report={},
    )


def _report(recipe: ExposureRecipe, scores: Mapping[str, float], best: str) -> dict[str, Any]:
    return {
        "trained_on": "VIRTUAL PATIENTS of published models, not real ones. It can be no better than those models.",
        "population": list(recipe.patients.population.sources),
        "program_version": VERSION,
        "versions": dict(versions()),
        "recipe_sha256": recipe.file_hash,
        "seed": recipe.seed,
        "patients": dict(recipe.split),
        "external_model": recipe.external,
        "bars": {"bias": recipe.bias, "rrmse": recipe.rrmse},
        "cross_validated_log_error": dict(scores),
        "learner": best,
    }
