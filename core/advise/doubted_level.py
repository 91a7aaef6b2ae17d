"""What the advice would be, were one level wrong: left out, drawn at another time, or exchanged with its neighbour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.advise.evaluate import Evaluator
from core.advise.recommend import OWN_TARGET, SAMPLES, SEED, judge_all, rank, samples_for, target_of
from core.advise.recommendation import Option
from core.advise.responses import draw
from core.clinic.case import Case
from core.drugs.model import Evidence
from core.errors import FitFailed, InputError
from core.infer.flattened import pulled, with_flat_prior
from core.infer.posterior import FitStatus, Posterior
from core.infer.scenarios import level_scenarios, swapped_pairs
from core.task import Task


@dataclass(frozen=True)
class DoubtedLevel:
    """One story about a level: `id` a message id, the shift of its time, and the best option then.

    `option` is None where no fit holds.
    """

    id: str
    minutes: float
    option: Option | None


def doubted_level(
    case: Case, posteriors: Sequence[Posterior], index: int, task: Task | None = None
) -> tuple[DoubtedLevel, ...]:
    """The best option as entered, without the level, and as if it had been drawn 30 or 60 min off (hazards H6, H20).

    The model believed most speaks for all.

    Args:
        case: the patient.
        posteriors: one per model, weighted.
        index: of the level among those used, in order of time.
        task: progress and cancel.

    Raises:
        FitFailed: no model could be fitted.
        InputError: there is no such level.
        Cancelled: on request.
    """
    main = main_of(posteriors)
    if not 0 <= index < len(case.used_levels):
        raise InputError("levels", "level_not_there", value=str(index))
    scenarios = level_scenarios(main.bound, case.given_doses, case.used_levels, index)
    stories = [("scenario_as_entered", 0.0, main), *((one.id, one.minutes, one.posterior) for one in scenarios)]
    found = []
    for done, (name, minutes, posterior) in enumerate(stories):
        if task is not None:
            task.step(done / len(stories), "judging_regimens")
        found.append(DoubtedLevel(name, minutes, _best(case, posterior)))
    return tuple(found)


def exchanged_levels(case: Case, posteriors: Sequence[Posterior]) -> tuple[tuple[int, int], ...]:
    """Pairs of neighbouring levels a refit explains more than ten times better when exchanged (hazard H7)."""
    main = main_of(posteriors)
    return swapped_pairs(main.bound, case.given_doses, case.used_levels, main)


def main_of(posteriors: Sequence[Posterior]) -> Posterior:
    """The posterior believed most.

    Raises:
        FitFailed: no model could be fitted.
    """
    believed = [posterior for posterior in posteriors if posterior.status is not FitStatus.FAILED]
    if not believed:
        raise FitFailed(", ".join(posterior.model_id for posterior in posteriors))
    return max(believed, key=lambda posterior: posterior.weight)


def advice_with_flat_prior(
    case: Case, posteriors: Sequence[Posterior], task: Task | None = None
) -> tuple[DoubtedLevel, ...]:
    """The best option as fitted and with a flatter prior, where the levels ask for one; empty where they do not.

    Raises:
        FitFailed: no model could be fitted.
        Cancelled: on request.
    """
    main = main_of(posteriors)
    if not pulled(main):
        return ()
    flat = with_flat_prior(case, main, task)
    stories = (("prior_as_published", main), ("prior_flattened", flat))
    return tuple(DoubtedLevel(name, 0.0, _best(case, posterior)) for name, posterior in stories)


def _best(case: Case, posterior: Posterior) -> Option | None:
    if posterior.status is FitStatus.FAILED:
        return None
    model = posterior.bound.model
    target = target_of(case, model)
    whole = [posterior] if posterior.weight == 1.0 else [replace(posterior, weight=1.0)]
    believers = draw(case, whole, samples_for(case, whole, SAMPLES), np.random.default_rng(SEED))
    evaluator = Evaluator(case, believers, target.target, model.harms, target.fraction_unbound)
    label_first = target.evidence is Evidence.NONE and target.source != OWN_TARGET
    judged = rank(judge_all(case, model, target, evaluator), label_first=label_first)
    return judged[0].option(evaluator) if judged else None
