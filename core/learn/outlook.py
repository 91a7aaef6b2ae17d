"""What is expected of a regimen, in few numbers: what the graph that judges regimens sees beside the patient.

The numbers are moments of the exposure's logarithm under what is known of the patient (`core.learn.optimum`), and what
they would mean for the target and for harm if the logarithm were normal. They are not the utility itself: where several
models disagree or levels have cut the spread, the graph has learned how far that falls short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.advise.recommendation import Regimen
from core.drugs.model import DrugModel
from core.learn.optimum import Course, Judge
from core.learn.virtual_course import usual_course

Array = NDArray[np.float64]

OUTLOOK = ("utility_if_normal", "in_target_if_normal", "mean_log", "last_mean_log", "last_spread", "last_skewness")


def outlook(judge: Judge, model: DrugModel, regimens: Sequence[Regimen], now: float = 0.0) -> Array:
    """The numbers of OUTLOOK for each regimen, (M, 6), single-precision numbers held in double precision.

    Args:
        judge: of the patient.
        model: how the drug is given.
        regimens: M of them.
        now: time of the decision their first doses are counted from, h.
    """
    found = np.empty((len(regimens), len(OUTLOOK)))
    for course, places in by_course(model, regimens, now).items():
        found[places] = judge.outlook(course, np.array([regimens[place].amount for place in places]))
    return found.astype(np.float32).astype(np.float64)


def by_course(model: DrugModel, regimens: Sequence[Regimen], now: float = 0.0) -> dict[Course, list[int]]:
    """Places of the regimens that differ in the amount only, under the course they share."""
    groups: dict[Course, list[int]] = {}
    for place, regimen in enumerate(regimens):
        course = replace(usual_course(model, regimen.every), wait=regimen.first_dose - now)
        groups.setdefault(course, []).append(place)
    return groups
