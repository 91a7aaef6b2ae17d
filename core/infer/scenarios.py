"""Is the level wrong, and not the patient? The same fit with the level left out, drawn at another time, or swapped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.clinic.level import Level
from core.clinic.regimen import Dose, expand
from core.drugs.model import BoundModel
from core.infer.map_estimate import estimate_map
from core.infer.posterior import FitStatus, Posterior

SHIFTS = (-60.0, -30.0, 30.0, 60.0)  # min
SWAP_RATIO = 10.0  # likelihood of the swapped pair against that of the pair as entered (hazard H7)
_STARTS = 3


@dataclass(frozen=True)
class Scenario:
    """What the fit would be, were one level different from what was entered; `minutes` is the shift of its time."""

    id: str  # message id
    minutes: float
    posterior: Posterior


def level_scenarios(
    bound: BoundModel, doses: Sequence[Dose], levels: Sequence[Level], index: int
) -> tuple[Scenario, ...]:
    """Fit without one level, and as if it had been drawn 30 or 60 min earlier or later.

    A shift that would move the level over a dose or before the first one is left out: it would be another question.

    Args:
        bound: the model with the patient's covariates.
        doses: what was given.
        levels: those used, in order of time.
        index: the level in doubt.
    """
    level = levels[index]
    others = [item for i, item in enumerate(levels) if i != index]
    found = [Scenario("scenario_without_level", 0.0, _fit(bound, doses, others))]
    for minutes in SHIFTS:
        moved = replace(level, time=level.time + minutes / 60.0)
        if _last_dose(doses, moved.time) == _last_dose(doses, level.time):
            name = "scenario_level_drawn_later" if minutes > 0 else "scenario_level_drawn_earlier"
            found.append(Scenario(name, minutes, _fit(bound, doses, [*others, moved])))
    return tuple(found)


def _fit(bound: BoundModel, doses: Sequence[Dose], levels: Sequence[Level]) -> Posterior:
    return estimate_map(bound, doses, levels, starts=_STARTS)


def _last_dose(doses: Sequence[Dose], time: float) -> float:
    return max((dose.time for dose in expand(doses) if dose.time < time), default=-math.inf)


def swapped_pairs(
    bound: BoundModel, doses: Sequence[Dose], levels: Sequence[Level], fit: Posterior
) -> tuple[tuple[int, int], ...]:
    """Pairs of neighbouring levels whose values explain the patient more than ten times better when swapped.

    The ratio is that of the posterior densities at the two modes, which carry the likelihood and the prior.
    """
    if fit.status is not FitStatus.CONVERGED:
        return ()
    found = []
    for first, second in zip(range(len(levels) - 1), range(1, len(levels)), strict=True):
        exchanged = list(levels)
        exchanged[first] = replace(levels[first], value=levels[second].value, below_limit=levels[second].below_limit)
        exchanged[second] = replace(levels[second], value=levels[first].value, below_limit=levels[first].below_limit)
        other = _fit(bound, doses, exchanged)
        gain = 0.5 * (fit.objective - other.objective)
        if other.status is FitStatus.CONVERGED and gain > math.log(SWAP_RATIO):
            found.append((first, second))
    return tuple(found)
