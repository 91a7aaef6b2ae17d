"""What a predictor would have said before a patient's last level, and the dose all levels together show to be best."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.clinic.alert import Severity
from core.clinic.case import Case
from core.drugs.model import BoundModel, DrugModel
from core.errors import InputError
from core.learn.features import feature_row, see
from core.learn.optimum import Judge, believe_well
from core.learn.predictor import Predictor
from core.learn.probe import unchanged
from core.learn.virtual_course import daily_limit, dose_grid, holding, usual_course

Array = NDArray[np.float64]

DRAWS = 16
_POINTS, _SEED = 256, 29
_FLOOR = 0.25  # of the least that can be given: low enough that no patient's best dose lies on the edge of the grid


@dataclass(frozen=True, eq=False)
class Lesson:
    """One patient: what the predictor saw before the last level, and the dose that proved best."""

    case: Case  # all of it
    model: DrugModel  # the first that holds the patient
    patient: str
    row: Array  # (F,) features
    needs: Array  # (DRAWS,) mg per day, at the predictor's interval


def lessons_of(
    predictor: Predictor, models: Sequence[DrugModel], cases: Sequence[Case]
) -> tuple[tuple[Lesson, ...], tuple[str, ...]]:
    """Lessons of the patients with two levels or more, and those about whom the predictor has nothing to say.

    What proved best is judged under all levels, also the last, which the predictor does not see. They do not tell the
    truth either: it is drawn, several times, from what they leave possible. One estimate of it would lie nearer to the
    prediction than the truth does, and an interval learned from it would be too narrow. Doses and facts after the
    decision are hidden from the predictor.

    Args:
        predictor: whose features and interval count.
        models: the drug's models in use.
        cases: patients; those with fewer than two levels teach nothing and are left out.

    Raises:
        InputError: the drug's target does not superpose.
    """
    lessons, silent = [], []
    for case in cases:
        if len(case.used_levels) < 2:
            continue
        found = _lesson(predictor, models, case)
        if found is None:
            silent.append(case.patient.id)
        else:
            lessons.append(found)
    return tuple(lessons), tuple(silent)


def _lesson(predictor: Predictor, models: Sequence[DrugModel], case: Case) -> Lesson | None:
    before = until(case, case.used_levels[-2].time)
    known = [bound for bound in holding(models, before) if _is_known(predictor, bound)]
    later = [bound for bound in holding(models, case) if _is_known(predictor, bound)]
    if not known or not later:
        return None
    try:
        row = feature_row(predictor.card.features, see(before, known))
    except InputError:
        return None
    if predictor.outside(row) is not None:
        return None
    model = later[0].model
    beliefs = believe_well(later, case, _POINTS, _SEED)
    judge = Judge(before, beliefs, model.targets[0].target, model.harms)
    course = usual_course(model, predictor.card.every)
    grid = dose_grid(model.given_as, daily_limit(model, before), _FLOOR)
    weight = np.concatenate([belief.weight for belief in beliefs])
    rng = np.random.default_rng([_SEED, *hashlib.sha256(case.patient.id.encode()).digest()])
    drawn = rng.choice(len(weight), size=DRAWS, p=weight / weight.sum())
    needs = [judge.best_daily(course, grid, (np.arange(len(weight)) == point).astype(float)) for point in drawn]
    return Lesson(case, model, case.patient.id, row, np.array(needs))


def _is_known(predictor: Predictor, bound: BoundModel) -> bool:
    """Whether a model says what it said when the predictor learned, and holds the patient."""
    held = not any(alert.severity is not Severity.NOTE for alert in bound.findings)
    return held and unchanged(bound.model.as_read, predictor.card.probe_cases, predictor.card.probe)


def until(case: Case, time: float) -> Case:
    """The case as it stood at a time (h): later doses, levels, facts and outcomes are gone."""
    doses = []
    for dose in case.doses:
        if dose.time > time:
            continue
        every = dose.interval
        past = dose.count if every is None else min(dose.count, 1 + math.floor((time - dose.time) / every + 1e-9))
        doses.append(replace(dose, count=past))
    return replace(
        case,
        doses=tuple(doses),
        levels=tuple(level for level in case.levels if level.time <= time),
        covariates=tuple(item for item in case.covariates if item.time <= time),
        co_medication=tuple(item for item in case.co_medication if item.start <= time),
        outcomes=(),
    )
