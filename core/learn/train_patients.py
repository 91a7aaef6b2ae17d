"""From a table of real patients to a predictor: choice by sites held out, calibration by patients left out, one look at
those kept aside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.learn.card import Card, Scale
from core.learn.conformal import group_margins
from core.learn.domain import learn_region
from core.learn.learners import fit, to_onnx, versions
from core.learn.metrics import covered, errors, errors_with_intervals, gain
from core.learn.patient_recipe import PatientRecipe
from core.learn.patient_table import PatientTable, learn_imputation, split_in_strata
from core.learn.predictor import Graphs, Predictor
from core.learn.recipe import Candidate
from core.learn.train import Trained
from core.task import Task
from core.version import VERSION

Array = NDArray[np.float64]
Folds = list[NDArray[np.intp]]

_SCALE = Scale.SQRT
_SITE_FOLDS = 7
_BACKGROUND = 32
_GOLDEN = 24


def train_on_patients(recipe: PatientRecipe, table: PatientTable, task: Task | None = None) -> Trained:
    """Train every candidate, choose by sites held out, calibrate on patients left out, look once at those kept aside.

    The published formula and one dose for all stand beside every candidate; a predictor is promoted only when its
    error on patients left out is smaller than the published formula's beyond the bootstrap interval.

    Args:
        recipe: what to train.
        table: the patients.
        task: progress and cancel.

    Raises:
        InputError: too few patients in a group to calibrate on.
        Cancelled: on request.
    """
    used, aside = split_in_strata(table, recipe.id, (1.0 - recipe.kept_aside, recipe.kept_aside))
    own, kept = table.rows(used), table.rows(aside)
    by_site, by_patient = site_folds(own), patient_folds(own, recipe)
    tried: dict[str, _OutOfFold] = {}
    for done, candidate in enumerate(recipe.candidates):
        if task is not None:
            task.step(done / (len(recipe.candidates) + 1), "training_learners")
        tried[candidate.name] = _OutOfFold(
            left_out(candidate, own, by_site, recipe.seed), left_out(candidate, own, by_patient, recipe.seed)
        )
    best = min(recipe.candidates, key=lambda item: float(np.abs(tried[item.name].by_site - own.dose).mean()))
    onnx, card = _finish(recipe, best, own, tried[best.name].by_patient)
    predictor = Predictor.start(card, Graphs(onnx), "", recipe.id)
    predictor.reproduce_golden(recipe.id)
    report = _report(recipe, own, tried, best.name)
    report["by_group"] = _by_group(own, tried[best.name].by_patient)
    report["kept_aside"] = evaluate_on(predictor, kept, recipe.seed)
    promoted = report["gain_over_published"][best.name]["low"] > 0
    return Trained(Graphs(onnx), replace(card, report={**report, "promoted": promoted}), promoted)


@dataclass(frozen=True, eq=False)
class _OutOfFold:
    """Doses (N,) predicted for each patient by learners that have not seen the patient."""

    by_site: Array  # nor anybody of the same site's fold
    by_patient: Array


def site_folds(table: PatientTable) -> Folds:
    """Whole sites in up to seven parts of similar size, the largest sites first."""
    sites, counts = np.unique(table.site, return_counts=True)
    parts: list[list[int]] = [[] for _ in range(min(_SITE_FOLDS, len(sites)))]
    sizes = np.zeros(len(parts))
    for site in sites[np.argsort(-counts, kind="stable")]:
        smallest = int(np.argmin(sizes))
        members = np.flatnonzero(table.site == site)
        parts[smallest] += members.tolist()
        sizes[smallest] += len(members)
    return [np.array(sorted(part), dtype=np.intp) for part in parts]


def patient_folds(table: PatientTable, recipe: PatientRecipe) -> Folds:
    """Patients in parts of equal share of each site and group."""
    return split_in_strata(table, f"{recipe.id}:folds", (1.0 / recipe.folds,) * recipe.folds)


def left_out(candidate: Candidate, table: PatientTable, folds: Folds, seed: int) -> Array:
    """Dose (N,) of each patient predicted by a learner trained, gaps filled included, on the other folds."""
    predicted = np.zeros(len(table.dose))
    for train, test in _pairs(folds):
        filling = learn_imputation(table.features[train], table.key_columns)
        learner = fit(candidate, filling.fill(table.features[train]), _SCALE.of_dose(table.dose[train]), seed)
        predicted[test] = _SCALE.to_dose(learner.predict(filling.fill(table.features[test])))
    return predicted


def _pairs(folds: Folds) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    for place, fold in enumerate(folds):
        yield np.concatenate([other for number, other in enumerate(folds) if number != place]), fold


def _finish(recipe: PatientRecipe, best: Candidate, own: PatientTable, predicted: Array) -> tuple[bytes, Card]:
    """Fit the chosen learner to all patients but those kept aside; its interval comes from patients left out."""
    filling = learn_imputation(own.features, own.key_columns)
    full = filling.fill(own.features)
    learner = fit(best, full, _SCALE.of_dose(own.dose), recipe.seed)
    onnx = to_onnx(learner, len(own.names))
    away = _SCALE.of_dose(own.dose) - _SCALE.of_dose(predicted)
    golden = full[:_GOLDEN]
    return onnx, Card(
        id=recipe.id,
        drug=recipe.drug,
        models=(),
        probe_cases=(),
        probe={},
        target=("inr", "", ""),
        features=own.names,
        themes=own.themes,
        scale=_SCALE,
        unit=own.unit,
        group_by=own.group_by,
        every=168.0,
        coverage=recipe.coverage,
        margins=group_margins(away, own.group, recipe.coverage),
        agreement={},
        regions={
            int(group): learn_region(full[own.group == group], full[own.group == group], recipe.inside)
            for group in np.unique(own.group)
        },
        equivalence={},
        background=full[:_BACKGROUND],
        golden=golden,
        golden_dose=_SCALE.to_dose(learner.predict(golden)),
        onnx_hash=hashlib.sha256(onnx).hexdigest(),
        report={},
        imputation=filling,
    )


def evaluate_on(predictor: Predictor, table: PatientTable, seed: int) -> dict[str, Any]:
    """Errors, interval coverage and domain on patients never seen, by group, beside the published formula."""
    predicted = predictor.dose(table.features)
    intervals = [predictor.interval(row) for row in table.features]
    low, high = np.array([item.low for item in intervals]), np.array([item.high for item in intervals])
    known = np.isfinite(table.published)
    groups = {name: table.group == code for code, name in enumerate(table.group_names)}
    return {
        "patients": len(table.dose),
        "dose": errors_with_intervals(predicted, table.dose, seed),
        "squared_correlation": float(np.corrcoef(predicted, table.dose)[0, 1] ** 2),
        "published": errors(table.published[known], table.dose[known]),
        "gain_over_published": gain(predicted[known], table.published[known], table.dose[known], seed),
        "interval": covered(table.dose, low, high),
        "in_domain": float(np.mean([predictor.outside(row) is None for row in table.features])),
        "subgroups": {
            name: {
                **errors(predicted[chosen], table.dose[chosen]),
                "published_mae": errors(table.published[chosen & known], table.dose[chosen & known])["mae"],
                **covered(table.dose[chosen], low[chosen], high[chosen]),
            }
            for name, chosen in groups.items()
            if (chosen & known).sum() > 1
        },
    }


def _by_group(own: PatientTable, predicted: Array) -> dict[str, Any]:
    """Errors on patients left out, by group, beside the published formula's."""
    known = np.isfinite(own.published)
    found = {}
    for code, name in enumerate(own.group_names):
        chosen = known & (own.group == code)
        if chosen.any():
            published = errors(own.published[chosen], own.dose[chosen])["mae"]
            found[name] = {**errors(predicted[chosen], own.dose[chosen]), "published_mae": published}
    return found


def _report(recipe: PatientRecipe, own: PatientTable, tried: Mapping[str, _OutOfFold], best: str) -> dict[str, Any]:
    known = np.isfinite(own.published)
    one_dose = np.full(len(own.dose), float(np.median(own.dose)))
    return {
        "trained_on": f"{len(own.dose)} real patients of the file given; see the file's own source for who they were",
        "program_version": VERSION,
        "versions": dict(versions()),
        "recipe_sha256": recipe.file_hash,
        "reader": recipe.reader,
        "data_sha256": own.hash,
        "seed": recipe.seed,
        "patients": {"trained_and_calibrated_on": len(own.dose)},
        "split": "kept aside and folds by SHA-256 of patient within site and group; the choice by whole sites",
        "interval": "cross-conformal on patients left out, by group",
        "learner": best,
        "test": {
            name: {
                "sites_held_out": errors_with_intervals(item.by_site, own.dose, recipe.seed),
                "dose": errors_with_intervals(item.by_patient, own.dose, recipe.seed),
            }
            for name, item in tried.items()
        },
        "published": errors_with_intervals(own.published[known], own.dose[known], recipe.seed),
        "comparator": {
            "daily": float(one_dose[0]) / 7.0,
            "dose": errors_with_intervals(one_dose, own.dose, recipe.seed),
        },
        "gain_over_published": {
            name: gain(item.by_patient[known], own.published[known], own.dose[known], recipe.seed)
            for name, item in tried.items()
        },
    }
