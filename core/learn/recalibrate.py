"""A site's own patients change a model's population numbers, if a plan made beforehand is kept at every point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.clinic.case import Case
from core.drugs.population_model import PopulationModel
from core.infer.likelihood import observations
from core.infer.next_level import Foretold, Score, foretell, score
from core.infer.population_fit import PopulationFit, fit_population
from core.learn.change_plan import ChangePlan
from core.population.sampling import sample_etas
from core.task import Task

Array = NDArray[np.float64]

_DRAWS = 1000
_SEED = 71
_BOOTSTRAP = 2000
_BAND = 0.0005  # in each tail
_SLIPS = (1000.0, 100.0, 10.0)
_NEAR_SLIP = 1.5  # a batch whose middle ratio lies within this factor of a slip is one


@dataclass(frozen=True)
class Objection:
    """A point of the plan that is not kept, as a message id and values."""

    id: str
    values: dict[str, str]


@dataclass(frozen=True)
class Side:
    """How a model does on the test patients."""

    before_levels: Score  # each first level, from covariates alone
    after_levels: Score  # levels foretold from those before
    every: Score


@dataclass(frozen=True, eq=False)
class Proposal:
    """What came of it: the new model where there is one, the comparison, and what stands against it."""

    plan: ChangePlan
    patients: int
    levels: int
    test_patients: int
    fit: PopulationFit | None
    before: Side | None
    after: Side | None
    gain: (
        tuple[float, float, float] | None
    )  # fall of the mean absolute log error on the test set, with its 95 % interval
    objections: tuple[Objection, ...]

    @property
    def accepted(self) -> bool:
        """Whether it may be put before the person who signs."""
        return self.fit is not None and not self.objections


def recalibrate(
    plan: ChangePlan, model: PopulationModel, cases: Sequence[Case], test: Sequence[Case], task: Task | None = None
) -> Proposal:
    """Fit the numbers to the site's patients and judge them on others, step by step as the plan says.

    Args:
        plan: made beforehand.
        model: the model in use.
        cases: patients to learn from.
        test: other patients, the same at every change; nobody may stand in both.
        task: progress and cancel.

    Raises:
        InputError: a case cannot be bound to the model.
        Cancelled: on request.
    """
    taught = [case for case in cases if case.used_levels]
    tested = [case for case in test if case.used_levels]
    levels = sum(len(case.used_levels) for case in taught)
    objections = _data_objections(plan, taught, tested, levels) + batch_objections(plan, model, taught)
    sizes = len(taught), levels, len(tested)
    if objections:
        return Proposal(plan, *sizes, None, None, None, None, tuple(objections))
    fit = fit_population(model, taught, prior_patients=plan.prior_patients, task=task)
    old = [item for case in tested for item in foretell(model, case)[0]]
    new = [item for case in tested for item in foretell(fit.model, case)[0]]
    gain = _gain(old, new)
    objections = _change_objections(plan, model, fit)
    if not gain[1] > 0.0:
        values = {"gain": f"{100 * gain[0]:.1f}", "low": f"{100 * gain[1]:.1f}", "high": f"{100 * gain[2]:.1f}"}
        objections.append(Objection("recalibration_not_better", values))
    return Proposal(plan, *sizes, fit, _side(old), _side(new), gain, tuple(objections))


def _data_objections(plan: ChangePlan, taught: Sequence[Case], tested: Sequence[Case], levels: int) -> list[Objection]:
    found = [
        Objection(name, {"value": str(value), "wanted": str(wanted)})
        for name, value, wanted in (
            ("recalibration_few_patients", len(taught), plan.least_patients),
            ("recalibration_few_levels", levels, plan.least_levels),
            ("recalibration_few_test_patients", len(tested), plan.least_test_patients),
        )
        if value < wanted
    ]
    both = sorted({case.patient.id for case in taught} & {case.patient.id for case in tested})
    if both:
        found.append(Objection("recalibration_in_both", {"patients": ", ".join(both[:5])}))
    return found


class Allowed(Protocol):
    """A plan that says how many of a batch's levels may lie outside a model's band."""

    @property
    def largest_outside(self) -> float:
        """A share."""
        ...


def batch_objections(plan: Allowed, model: PopulationModel, cases: Sequence[Case]) -> list[Objection]:
    """What speaks against a batch before anything is learnt: a unit slip of it all, or too many impossible levels."""
    if not cases:
        return []
    rng = np.random.default_rng(_SEED)
    outside, count, ratios = 0, 0, []
    for case in cases:
        bound = model.bind(case)
        seen = observations(case.used_levels, model.drug.molar_mass)
        eta = sample_etas(bound.model, _DRAWS, rng)
        clean = bound.concentrations(eta, case.given_doses, seen.times)
        drawn = clean + np.sqrt(_variance(model, clean)) * rng.standard_normal(clean.shape)
        low, high = np.quantile(drawn, [_BAND, 1.0 - _BAND], axis=0)
        measured = ~seen.below
        outside += int(((seen.values < low) | (seen.values > high))[measured].sum())
        count += int(measured.sum())
        ratios += list((seen.values / np.maximum(np.median(clean, axis=0), 1e-12))[measured])
    middle = float(np.median(ratios)) if ratios else 1.0
    slips = [factor for slip in _SLIPS for factor in (slip, 1.0 / slip)]
    near = any(factor / _NEAR_SLIP < middle < factor * _NEAR_SLIP for factor in slips)
    found = [Objection("recalibration_unit_slip", {"factor": f"{middle:.3g}"})] if near else []
    share = outside / max(count, 1)
    if share > plan.largest_outside:
        values = {"percent": f"{100 * share:.1f}", "allowed": f"{100 * plan.largest_outside:.1f}"}
        found.append(Objection("recalibration_batch_unlike", values))
    return found


def _variance(model: PopulationModel, clean: Array) -> Array:
    residual = model.residual
    if residual.log_additive is not None:
        return np.asarray((residual.log_additive * clean) ** 2)
    return residual.variance(clean)


def _change_objections(plan: ChangePlan, model: PopulationModel, fit: PopulationFit) -> list[Objection]:
    found = []
    if not fit.settled:
        found.append(Objection("recalibration_not_settled", {"rounds": str(fit.rounds)}))
    if fit.left_out:
        found.append(Objection("recalibration_left_out", {"patients": ", ".join(fit.left_out[:5])}))
    for old, new in zip(model.parameters, fit.model.parameters, strict=True):
        if old.typical > 0 and abs(math.log(new.typical / old.typical)) > math.log(plan.largest_factor):
            values = {"name": old.name, "factor": f"{new.typical / old.typical:.3g}"}
            found.append(Objection("recalibration_large_change", values | {"allowed": f"{plan.largest_factor:g}"}))
    return found


def _side(told: Sequence[Foretold]) -> Side:
    first = [(item.individual, item.observed) for item in told if item.before == 0]
    later = [(item.individual, item.observed) for item in told if item.before > 0]
    return Side(score(first), score(later), score(first + later))


def _gain(old: Sequence[Foretold], new: Sequence[Foretold]) -> tuple[float, float, float]:
    """By how much the mean absolute log error falls, with the 95 % interval of a bootstrap over patients.

    Levels that only one of the two models could foretell count for neither.
    """
    after = {(item.patient, item.before): item for item in new}
    pairs: dict[str, list[float]] = {}
    for item in old:
        other = after.get((item.patient, item.before))
        if other is not None:
            pairs.setdefault(item.patient, []).append(_error(item) - _error(other))
    sums = np.array([sum(values) for values in pairs.values()])
    counts = np.array([len(values) for values in pairs.values()], dtype=float)
    if not len(sums):
        return 0.0, -math.inf, math.inf
    picks = np.random.default_rng(_SEED).integers(len(sums), size=(_BOOTSTRAP, len(sums)))
    drawn = sums[picks].sum(axis=1) / counts[picks].sum(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(sums.sum() / counts.sum()), float(low), float(high)


def _error(item: Foretold) -> float:
    return abs(math.log(max(item.individual, 1e-12) / item.observed))
