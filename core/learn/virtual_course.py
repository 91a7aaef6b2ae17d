"""The course of a virtual patient up to the decision: doses given, levels measured with error, what changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.advise.candidates import limits_met
from core.advise.recommendation import Regimen
from core.clinic.alert import Severity
from core.clinic.case import Case
from core.clinic.covariate import CATALOGUE, CovariateValue
from core.clinic.level import Level
from core.clinic.regimen import Dose
from core.drugs.model import BoundModel, DrugModel, GivenAs, Limits, Residual
from core.errors import OutOfDomain
from core.learn.optimum import Belief, Course, Judge
from core.learn.recipe import CoursePlan, Recipe
from core.population.sampling import sample_etas
from core.population.virtual_patients import sample_patient
from core.units import Quantity

Array = NDArray[np.float64]

_DIGITS = 4  # significant, of a level as a laboratory reports it
_MOST_TRIES = 1000


@dataclass(frozen=True, eq=False)
class VirtualPatient:
    """A case, the models that hold it, and the truth nobody at the bedside knows."""

    case: Case
    bounds: tuple[BoundModel, ...]
    truth: Belief


def virtual_patient(recipe: Recipe, models: Sequence[DrugModel], number: int) -> VirtualPatient:
    """Draw patient `number` of a recipe; the same number always gives the same patient.

    Covariates are drawn until at least one model holds the patient without a caution; one of those models, each as
    likely, is the truth; a patient with a level below the laboratory's limit is drawn anew.
    """
    rng = np.random.default_rng([recipe.seed, number])
    for _ in range(_MOST_TRIES):
        case = sample_patient(recipe.population, recipe.drug, number, rng)
        bounds = holding(models, case)
        if not bounds:
            continue
        true = bounds[int(rng.integers(len(bounds)))]
        eta = sample_etas(true.model, 1, rng)
        treated = _treat(recipe, case, bounds, rng)
        held = holding(models, treated)
        if true.model.id not in {bound.model.id for bound in held}:
            continue  # what changed on the way has left the domain of the true model
        true = next(bound for bound in held if bound.model.id == true.model.id)
        measured = _measure(recipe, treated, true, eta, rng)
        if measured is not None:
            return VirtualPatient(measured, held, Belief(true, eta, np.ones(1)))
    raise AssertionError("the recipe draws no patient any model holds")


def holding(models: Sequence[DrugModel], case: Case) -> tuple[BoundModel, ...]:
    """Bind the models whose domain holds the patient without stop or caution."""
    found = []
    for model in models:
        try:
            bound = model.bind(case)
        except OutOfDomain:
            continue
        if not any(alert.severity is not Severity.NOTE for alert in bound.findings):
            found.append(bound)
    return tuple(found)


def dose_grid(form: Sequence[GivenAs], highest: float, floor: float) -> Array:
    """Daily doses (D,) mg considered: from a share `floor` of the least that can be given to the label's limit."""
    least = min(min(item.doses) * 24.0 / max(item.every) for item in form)
    return np.geomspace(floor * least, highest, 241)


def daily_limit(model: DrugModel, case: Case) -> float:
    """The label's highest daily dose beside the other drugs, mg."""
    return limits_of(model, case).daily


def limits_of(model: DrugModel, case: Case) -> Limits:
    """The label's limits beside the other drugs taken at the next decision."""
    return model.limits.under(item.drug for item in case.co_medication if item.until is None or item.until > case.now)


def usual_course(model: DrugModel, every: float) -> Course:
    """The way the drug is given at an interval; infusions take the shortest time that keeps the highest rate at the
    middle one of the doses.
    """
    form = next(item for item in model.given_as if every in item.every)
    return Course(every, form.route, shortest_infusion(form, sorted(form.doses)[len(form.doses) // 2]))


def shortest_infusion(form: GivenAs, amount: float) -> float:
    """Shortest allowed infusion time of an amount (mg), h; the longest where none keeps the highest rate."""
    allowed = [hours for hours in form.durations if form.fastest is None or amount <= form.fastest * hours * (1 + 1e-9)]
    return min(allowed, default=max(form.durations))


def _treat(recipe: Recipe, case: Case, bounds: Sequence[BoundModel], rng: np.random.Generator) -> Case:
    plan = recipe.course
    count = _pick_levels(plan, rng)
    if count == 0 and rng.random() < plan.untreated:
        return case
    every = plan.intervals[int(rng.integers(len(plan.intervals)))]
    form = next(item for item in bounds[0].model.given_as if every in item.every)
    doses = int(rng.integers(plan.doses[0], plan.doses[1] + 1))
    typical = [Belief(bound, np.zeros((1, len(bound.model.etas))), np.full(1, 1.0 / len(bounds))) for bound in bounds]
    model = bounds[0].model
    judge = Judge(case, typical, model.targets[0].target, model.harms)
    best = judge.best_daily(
        usual_course(model, every), dose_grid(model.given_as, daily_limit(model, case), recipe.floor)
    )
    wanted = best * math.exp(math.sqrt(math.log1p(plan.start_spread**2)) * float(rng.standard_normal())) * every / 24.0
    limits = model.limits.under(item.drug for item in case.co_medication)
    allowed = [dose for dose in form.doses if not limits_met(Regimen(dose, every, form.route), limits)]
    amount = min(allowed, key=lambda dose: abs(math.log(dose / wanted)))
    duration = shortest_infusion(form, amount)
    row = Dose(
        time=0.0,
        amount=Quantity(amount, "mg"),
        route=form.route,
        duration=Quantity(duration, "h") if duration else None,
        every=Quantity(every, "h"),
        count=doses,
    )
    levels = tuple(Level(time, Quantity(1.0, "mg/L")) for time in _sampling_times(plan, row, count, rng))
    treated = replace(case, doses=(row,), levels=levels)
    return _with_stop(plan, _with_change(plan, treated, rng), rng)


def _pick_levels(plan: CoursePlan, rng: np.random.Generator) -> int:
    names = list(plan.levels)
    return names[int(rng.choice(len(names), p=np.array(list(plan.levels.values()))))]


def _sampling_times(plan: CoursePlan, row: Dose, count: int, rng: np.random.Generator) -> list[float]:
    """Case times of the levels: each some time after a dose, a quarter of an hour apart, or both of one interval."""
    assert row.interval is not None
    times: list[float] = []
    if plan.peak is not None:
        last = row.time + row.interval * (row.count - 1)
        ends = row.hours + float(rng.uniform(*plan.peak)), row.interval - float(rng.uniform(0.0, 1.0))
        return [round((last + hours) * 4.0) / 4.0 for hours in ends]
    while len(times) < count:
        dose = row.time + row.interval * int(rng.integers(row.count))
        if rng.random() < plan.trough:
            after = row.interval - float(rng.uniform(0.0, 1.0))
        else:
            after = float(rng.uniform(row.hours + plan.earliest, row.interval))
        time = round((dose + after) * 4.0) / 4.0
        if all(abs(time - other) > 0.3 for other in times):  # hours; a quarter and its rounding
            times.append(time)
    return sorted(times)


def _with_change(plan: CoursePlan, case: Case, rng: np.random.Generator) -> Case:
    """Let some covariates change at one time between the first dose and the decision."""
    for name, (share, factor) in plan.changing.items():
        first = case.covariate(name)
        if first is None or rng.random() >= share:
            continue
        kind = CATALOGUE[name]
        value = round(min(max(first.number * factor.draw(rng), kind.low), kind.high))
        time = round(float(rng.uniform(0.0, case.now)))
        changed = CovariateValue(name, Quantity(float(value), kind.unit), float(time))
        case = replace(case, covariates=(*case.covariates, changed))
    return case


def _with_stop(plan: CoursePlan, case: Case, rng: np.random.Generator) -> Case:
    """Let another drug begin or end during the course or in the days after it, in some of those who take one."""
    if not case.co_medication or rng.random() >= plan.stopping:
        return case
    item = case.co_medication[0]
    time = round(float(rng.uniform(0.0, 2.0 * case.now)))
    moved = replace(item, start=float(time)) if rng.random() < 0.5 else replace(item, until=float(time))
    return replace(case, co_medication=(moved,))


def _measure(recipe: Recipe, case: Case, true: BoundModel, eta: Array, rng: np.random.Generator) -> Case | None:
    """Put measured values in place of the planned levels; None when one lies below the laboratory's limit."""
    if not case.levels:
        return case
    times = np.array([level.time for level in case.levels])
    exact = true.concentrations(eta, case.given_doses, times)[0]
    values = measured(true.model.residual, exact, rng)
    if (values < recipe.course.lower_limit).any():
        return None
    levels = [
        replace(level, value=Quantity(float(f"{value:.{_DIGITS}g}"), "mg/L"))
        for level, value in zip(case.levels, values, strict=True)
    ]
    return replace(case, levels=tuple(levels))


def measured(residual: Residual, exact: Array, rng: np.random.Generator) -> Array:
    """Concentrations as a laboratory would find them, same shape as `exact`, mg/L."""
    noise = rng.standard_normal(exact.shape)
    if residual.log_additive is not None:
        return np.asarray(exact * np.exp(residual.log_additive * noise))
    return np.asarray(exact + np.sqrt(residual.variance(exact)) * noise)
