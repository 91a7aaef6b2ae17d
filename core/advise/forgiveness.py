"""What a late, missed or doubled dose does to a regimen, and what to do after one has happened."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.advise.evaluate import Course, Evaluator
from core.advise.judge import evaluator_of
from core.advise.limits import Measure, broken, limits_of
from core.advise.recommendation import Regimen
from core.clinic.case import Case
from core.clinic.regimen import Dose, expand
from core.infer.posterior import Posterior
from core.task import Task

Array = NDArray[np.float64]

_DAY = 24.0  # h
_ROUNDING = 1e-6  # h
_LATE = 0.5  # of an interval
_SPANS = 2  # looked at after a lapse or a remedy


@dataclass(frozen=True)
class Lapse:
    """One thing that goes wrong with one dose of the settled regimen, and the two days or intervals after it.

    `id` is a message id: lapse_none, lapse_late, lapse_missed, lapse_doubled.
    """

    id: str
    course: Course


@dataclass(frozen=True)
class Forgiveness:
    """How a regimen bears each lapse; `loss` is the largest loss of time within the target, 0-1."""

    regimen: Regimen
    lapses: tuple[Lapse, ...]  # as planned first

    @property
    def loss(self) -> float:
        """Largest loss of time within the target by one lapse."""
        planned = self.lapses[0].course.attainment
        return max(0.0, *(planned - lapse.course.attainment for lapse in self.lapses[1:]))


@dataclass(frozen=True)
class Remedy:
    """One way to go on after a lapse; `id` is a message id, `first_dose` the case time of the next dose, h."""

    id: str
    first_dose: float
    course: Course
    allowed: bool  # within every limit


def forgiveness(
    case: Case, posteriors: Sequence[Posterior], regimens: Sequence[Regimen], task: Task | None = None
) -> tuple[Forgiveness, ...]:
    """Let one dose of each settled regimen be half an interval late, left out, or taken twice.

    Raises:
        FitFailed: no model could be fitted.
        Cancelled: on request.
    """
    model, evaluator = evaluator_of(case, posteriors)
    found = []
    for done, regimen in enumerate(regimens):
        if task is not None:
            task.step(done / len(regimens), "judging_regimens")
        found.append(Forgiveness(regimen, _lapses(evaluator, regimen, model.judged_after)))
    return tuple(found)


def _lapses(evaluator: Evaluator, regimen: Regimen, settled_after: float) -> tuple[Lapse, ...]:
    before = max(1, math.ceil(settled_after / regimen.every - 1e-9))
    while regimen.amount_of(before) == 0.0:
        before += 1  # a day without a dose cannot be missed
    at = regimen.first_dose + before * regimen.every
    edges = _edges(at, regimen.every)
    count = before + math.ceil((edges[-1] - at) / regimen.every - 1e-9)
    row = _row(regimen, count)
    hit = next(dose for dose in row if dose.time > at - _ROUNDING)
    changed: dict[str, list[Dose]] = {
        "lapse_none": [hit],
        "lapse_late": [replace(hit, time=hit.time + _LATE * regimen.every)],
        "lapse_missed": [],
        "lapse_doubled": [hit, hit],
    }
    others = [dose for dose in row if dose is not hit]
    return tuple(Lapse(name, evaluator.course([*others, *doses], edges)) for name, doses in changed.items())


def after_missed(
    case: Case, posteriors: Sequence[Posterior], regimen: Regimen, hours_late: float
) -> tuple[Remedy, ...]:
    """Ways to go on when the first dose of a regimen was not given in time, the best first.

    Args:
        case: the patient; the regimen's first dose is the missed one.
        posteriors: one per model, weighted.
        regimen: what was planned.
        hours_late: since that dose was due, less than its interval.

    Raises:
        FitFailed: no model could be fitted.
    """
    now, due = regimen.first_dose + hours_late, regimen.first_dose
    ways = {
        "remedy_give_now": [replace(regimen, first_dose=now, loading=0.0)],
        "remedy_give_now_keep_times": [
            replace(regimen, first_dose=now, every=due + regimen.every - now, loading=0.0),
            regimen.later(1),
        ],
        "remedy_skip": [regimen.later(1)],
    }
    return _remedies(case, posteriors, ways, now, regimen.every)


def after_doubled(case: Case, posteriors: Sequence[Posterior], regimen: Regimen) -> tuple[Remedy, ...]:
    """Ways to go on when the last dose was taken twice (both doses entered as given), the best first.

    Args:
        case: the patient.
        posteriors: one per model, weighted.
        regimen: what is planned from its first dose on.

    Raises:
        FitFailed: no model could be fitted.
    """
    due, every = regimen.first_dose, regimen.every
    ways = {
        "remedy_go_on": [replace(regimen, loading=0.0)],
        "remedy_put_off": [replace(regimen, first_dose=due + every / 2.0, loading=0.0)],
        "remedy_skip": [regimen.later(1)],
    }
    return _remedies(case, posteriors, ways, due, every)


def _remedies(
    case: Case, posteriors: Sequence[Posterior], ways: dict[str, list[Regimen]], now: float, every: float
) -> tuple[Remedy, ...]:
    model, evaluator = evaluator_of(case, posteriors)
    edges = _edges(now, every)
    limits = limits_of(case, model, now)
    highest = min(limit.value for limit in limits if limit.measure is Measure.DAILY)
    found = []
    for name, parts in ways.items():
        ends = [part.first_dose for part in parts[1:]] + [float(edges[-1])]
        doses = [dose for part, end in zip(parts, ends, strict=True) for dose in part.doses(end)]
        daily = sum(dose.milligrams for dose in expand(doses) if now <= dose.time < now + _DAY)
        allowed = daily <= highest * (1 + 1e-9) and not broken(parts[-1], limits)
        found.append(Remedy(name, parts[0].first_dose, evaluator.course(doses, edges), allowed))
    return tuple(sorted(found, key=lambda remedy: (not remedy.allowed, -remedy.course.attainment, remedy.course.above)))


def _edges(start: float, every: float) -> Array:
    """Edges of the spans looked at: whole intervals of at least a day."""
    length = every * math.ceil(_DAY / every - 1e-9)
    return np.asarray(start + length * np.arange(_SPANS + 1, dtype=float))


def _row(regimen: Regimen, count: int) -> list[Dose]:
    return expand(regimen.doses(regimen.first_dose + count * regimen.every))
