"""Exposure from few samples: the area under the last 24 h, relative to that of typical patients of the models.

The graph gives the logarithm of a ratio, so that dose and schedule, which every model knows, need not be learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.clinic.case import Case
from core.drugs.model import BoundModel
from core.errors import InputError
from core.infer.averaging import weigh
from core.infer.map_estimate import estimate_map
from core.infer.posterior import FitStatus
from core.learn.domain import Outside
from core.learn.features import feature_row, see
from core.learn.predictor import Predictor

Array = NDArray[np.float64]

HOURS = 24.0
UNIT = "ratio to the typical area"


@dataclass(frozen=True)
class Exposure:
    """An area under the last 24 h with its conformal interval, mg*h/L; `outside` says why there is none."""

    value: float
    low: float
    high: float
    outside: Outside | None = None


def area(bound: BoundModel, eta: Array, case: Case) -> Array:
    """Area under the 24 h before the decision, mg*h/L, of etas (B, n), (B,)."""
    window = bound.window(eta, case.given_doses, np.array([case.now - HOURS, case.now]))
    return np.asarray(window.area[:, -1])


def typical_area(bounds: Sequence[BoundModel], case: Case) -> float:
    """Geometric mean over the models of the area of a typical patient, mg*h/L.

    Raises:
        InputError: there is none.
    """
    found = np.array([area(bound, np.zeros((1, len(bound.model.etas))), case)[0] for bound in bounds])
    if not len(found) or (found <= 0).any():
        raise InputError("levels", "predictor_level_before_dose")
    return float(np.exp(np.log(found).mean()))


def exposure_row(names: Sequence[str], bounds: Sequence[BoundModel], case: Case) -> Array:
    """The features (F,) of one patient.

    Raises:
        InputError: no level, or a covariate that is needed was not entered.
    """
    if not case.used_levels:
        raise InputError("levels", "exposure_needs_level")
    return feature_row(names, see(case, bounds))


def exposure_of(predictor: Predictor, bounds: Sequence[BoundModel], case: Case) -> Exposure:
    """The exposure of one patient, or why nothing is said.

    Args:
        predictor: of the exposure.
        bounds: the models it learned from that hold the patient.
        case: doses given, at least one level.

    Raises:
        InputError: another kind of predictor, no level, or a covariate that is needed was not entered.
    """
    if predictor.card.unit != UNIT:
        raise InputError("MODEL", "predictor_not_of_exposure", name=predictor.card.id)
    row = exposure_row(predictor.card.features, bounds, case)
    outside = predictor.outside(row)
    if outside is not None:
        return Exposure(0.0, 0.0, 0.0, outside)
    typical, ratio = typical_area(bounds, case), predictor.interval(row)
    return Exposure(typical * ratio.value, typical * ratio.low, typical * ratio.high)


def bayesian_area(bounds: Sequence[BoundModel], case: Case) -> float:
    """The MAP-Bayesian estimate, averaged over the models by how well they explain the levels, mg*h/L; NaN for none."""
    posteriors = weigh([estimate_map(bound, case.given_doses, case.used_levels) for bound in bounds])
    usable = [item for item in posteriors if item.status is not FitStatus.FAILED]
    if not usable:
        return float("nan")
    return float(sum(item.weight * area(item.bound, item.eta[None], case)[0] for item in usable))
