"""Would a classifier of patients weight the models of a drug better than counting each the same, before any level?

Each model in turn is the truth of virtual patients and no candidate for them. The classifier learns, on the patients of
all models but one, which candidate's typical patient comes nearest; it is judged on the patients of that one, which it
has met neither as truth nor as candidate. Its probabilities are the weights (Lee 2022, Pharmaceutics 14:1023, chooses
models that way; Uster 2021, Clin Pharmacol Ther, weights them by levels).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.drugs.model import DrugModel
from core.learn.exposure import area
from core.learn.features import feature_row, see
from core.learn.learners import classify
from core.learn.recipe import Candidate
from core.learn.virtual_course import holding, virtual_patient
from core.learn.weighting_recipe import WeightingRecipe
from core.task import Task

Array = NDArray[np.float64]

PLAIN, SINGLE = "plain_average", "best_single_model"
_RESAMPLES = 2000
_APART = 1_000_000  # numbers between the patients of one true model and those of the next


@dataclass(frozen=True, eq=False)
class WeightingTable:
    """Virtual patients: `truth` (N,) place of the true model, `features` (N, F), `areas` (N, M) mg*h/L of the typical
    patient of each model, NaN where it does not hold the patient or is the truth, `area` (N,) the true one.
    """

    truth: NDArray[np.int64]
    features: Array
    areas: Array
    area: Array


def make_weighting_table(
    recipe: WeightingRecipe, models: Sequence[DrugModel], task: Task | None = None
) -> WeightingTable:
    """Draw the patients of each model; only those whom two others hold can be weighted.

    Raises:
        Cancelled: on request.
    """
    rows: list[tuple[int, Array, Array, float]] = []
    for place, true in enumerate(models):
        number, kept = place * _APART, 0
        while kept < recipe.per_model:
            if task is not None:
                task.step((place + kept / recipe.per_model) / len(models), "drawing_virtual_patients")
            patient = virtual_patient(recipe.patients, [true], number)
            number += 1
            bounds = holding([model for model in models if model is not true], patient.case)
            if len(bounds) < 2:
                continue
            held = {bound.model.id: bound for bound in bounds}
            areas = [_typical(held[m.id], patient.case) if m.id in held else np.nan for m in models]
            features = feature_row(recipe.patients.features, see(patient.case, bounds))
            truth = float(area(patient.truth.bound, patient.truth.eta, patient.case)[0])
            rows.append((place, features, np.array(areas), truth))
            kept += 1
    truths, features_, areas_, area_ = zip(*rows, strict=True)
    return WeightingTable(np.array(truths), np.array(features_), np.array(areas_), np.array(area_))


def _typical(bound: Any, case: Any) -> float:
    return float(area(bound, np.zeros((1, len(bound.model.etas))), case)[0])


def weigh_by(table: WeightingTable, recipe: WeightingRecipe, task: Task | None = None) -> dict[str, Any]:
    """Judge every way of weighting on the patients of models it has not met.

    Returns:
        By way: bias, rrmse and log_error (mean |ln(predicted / true)|) of the area, and `gain`, by how much its log
        error is smaller than the plain average's, with a 95 % interval over models and their patients; `better` names
        the ways whose interval lies above 0 and whose rrmse is smaller too.
    """
    judged = _Judged([], {PLAIN: [], SINGLE: [], **{candidate.name: [] for candidate in recipe.candidates}})
    places = np.unique(table.truth)
    for done, left_out in enumerate(places):
        if task is not None:
            task.step(done / len(places), "training_learners")
        judged.add(_without(table, int(left_out)), recipe.candidates, recipe.seed)
    return judged.report(recipe.seed)


@dataclass(frozen=True, eq=False)
class _Fold:
    """Patients to learn from and, of the model left out, to judge on."""

    features: Array
    areas: Array
    area: Array
    new_features: Array
    new_areas: Array
    new_area: Array


def _without(table: WeightingTable, left_out: int) -> _Fold:
    areas = table.areas.copy()
    areas[:, left_out] = np.nan
    known = np.isfinite(areas).sum(axis=1) >= 2
    own, other = known & (table.truth != left_out), known & (table.truth == left_out)
    return _Fold(
        *(table.features[own], areas[own], table.area[own]),
        *(table.features[other], areas[other], table.area[other]),
    )


@dataclass(frozen=True, eq=False)
class _Judged:
    truths: list[Array]  # by fold, areas
    said: dict[str, list[Array]]  # by way of weighting and fold

    def add(self, fold: _Fold, candidates: Sequence[Candidate], seed: int) -> None:
        away = np.abs(np.log(fold.areas / fold.area[:, None]))
        nearest = np.nanargmin(np.where(np.isfinite(away), away, np.inf), axis=1)
        even = np.ones_like(fold.new_areas)
        self.truths.append(fold.new_area)
        self.said[PLAIN].append(averaged(fold.new_areas, even))
        self.said[SINGLE].append(averaged(fold.new_areas, _single(away, fold.new_areas)))
        for candidate in candidates:
            chances = classify(candidate, fold.features, nearest, seed)(fold.new_features, even.shape[1])
            self.said[candidate.name].append(averaged(fold.new_areas, chances))

    def report(self, seed: int) -> dict[str, Any]:
        errors = {way: [p / t - 1.0 for p, t in zip(said, self.truths, strict=True)] for way, said in self.said.items()}
        logs = {way: [np.abs(np.log1p(error)) for error in parts] for way, parts in errors.items()}
        ways: dict[str, dict[str, Any]] = {}
        for way, parts in errors.items():
            whole = np.concatenate(parts)
            gains = [plain - own for plain, own in zip(logs[PLAIN], logs[way], strict=True)]
            low, high = _interval(gains, seed)
            ways[way] = {
                "bias": float(whole.mean()),
                "rrmse": float(np.sqrt((whole**2).mean())),
                "log_error": float(np.concatenate(logs[way]).mean()),
                "gain": {"value": float(np.mean([part.mean() for part in gains])), "low": low, "high": high},
            }
        better = [
            way
            for way, found in ways.items()
            if way not in (PLAIN, SINGLE) and found["gain"]["low"] > 0.0 and found["rrmse"] < ways[PLAIN]["rrmse"]
        ]
        return {"n": sum(map(len, self.truths)), "models": len(self.truths), "ways": ways, "better": better}


def averaged(areas: Array, weights: Array) -> Array:
    """Weighted geometric mean (N,) over the models that hold a patient; all weight on none counts them the same.

    Args:
        areas: (N, M), NaN where a model does not hold the patient.
        weights: (N, M), not negative.
    """
    known = np.isfinite(areas)
    shares = np.where(known, weights, 0.0)
    whole = shares.sum(axis=1, keepdims=True)
    shares = np.where(whole > 0.0, shares / np.where(whole > 0.0, whole, 1.0), known / known.sum(axis=1, keepdims=True))
    return np.asarray(np.exp((shares * np.log(np.where(known, areas, 1.0))).sum(axis=1)))


def _single(away: Array, areas: Array) -> Array:
    """All weight (N, M) on that model of those holding a patient which comes nearest in the patients learned from."""
    seen = np.isfinite(away)
    mean = np.where(seen, away, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    ranked = np.where(np.isfinite(areas), np.where(seen.any(axis=0), mean, np.inf)[None, :], np.inf)
    weights = np.zeros_like(areas)
    weights[np.arange(len(areas)), ranked.argmin(axis=1)] = 1.0
    return weights


def _interval(parts: Sequence[Array], seed: int) -> tuple[float, float]:
    """95 % interval of the mean over models of their patients' mean: models are drawn, and patients within each."""
    rng = np.random.default_rng(seed)
    draw: Callable[[Array], float] = lambda part: float(part[rng.integers(len(part), size=len(part))].mean())  # noqa: E731
    means = [np.mean([draw(parts[i]) for i in rng.integers(len(parts), size=len(parts))]) for _ in range(_RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def figures(found: Mapping[str, Any]) -> dict[str, str]:
    """The figures of one way of weighting in percent, for a line of text."""
    gain = found["gain"]
    shown = {name: f"{100 * found[name]:.1f}" for name in ("bias", "rrmse", "log_error")}
    return shown | {"gain": f"{100 * gain['value']:.1f} % ({100 * gain['low']:.1f} to {100 * gain['high']:.1f})"}
