"""How well the next level is foretold from those before it, over many patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.clinic.case import Case
from core.drugs.model import DrugModel
from core.infer.likelihood import observations
from core.infer.map_estimate import estimate_map
from core.infer.posterior import FitStatus

MOST_BEFORE = 3


@dataclass(frozen=True)
class Foretold:
    """One level beside what was foretold of it, mg/L."""

    patient: str
    before: int  # levels that were known
    time: float  # h
    observed: float
    typical: float  # from the covariates alone
    individual: float  # with the levels before it


@dataclass(frozen=True)
class Failure:
    """A patient, or a level of one, that could not be foretold, and why."""

    patient: str
    before: int
    reason: str


@dataclass(frozen=True)
class Score:
    """How far predictions lie from the levels; errors are relative to the level, in percent."""

    count: int
    bias: float  # mean error
    rmse: float  # root of the mean squared error
    within_20: float  # percent of the levels
    within_30: float


def foretell(
    model: DrugModel, case: Case, most_before: int = MOST_BEFORE
) -> tuple[tuple[Foretold, ...], tuple[Failure, ...]]:
    """Foretell each level of a case from the ones before it, as long as these are not more than `most_before`.

    Levels below the limit of quantification teach, but are not foretold.

    Raises:
        InputError: the model cannot be bound to the case.
    """
    bound = model.bind(case)
    levels = sorted(case.used_levels, key=lambda level: level.time)
    molar_mass = model.drug.molar_mass
    found, failed = [], []
    for before, level in enumerate(levels[: most_before + 1]):
        if level.below_limit:
            continue
        known = [earlier for earlier in levels[:before] if earlier.time < level.time]
        if len(known) != before:
            continue  # drawn at the same time: not the next level
        posterior = estimate_map(bound, case.given_doses, known)
        if posterior.status is FitStatus.FAILED:
            failed.append(Failure(case.patient.id, before, "fit_failed"))
            continue
        seen = observations([level], molar_mass)
        etas = np.stack([np.zeros(len(posterior.eta)), posterior.eta])
        typical, individual = bound.concentrations(etas, case.given_doses, seen.times)[:, 0]
        found.append(
            Foretold(case.patient.id, before, level.time, float(seen.values[0]), float(typical), float(individual))
        )
    return tuple(found), tuple(failed)


def score(pairs: Sequence[tuple[float, float]]) -> Score:
    """Score pairs of predicted and observed, both positive and in one unit.

    Source of the measures: Sheiner and Beal, J Pharmacokinet Biopharm 1981;9:503-512.
    """
    predicted, observed = np.array(pairs, dtype=float).reshape(-1, 2).T
    if not len(observed):
        return Score(0, *[float("nan")] * 4)
    error = 100.0 * (predicted - observed) / observed
    return Score(
        len(error),
        float(error.mean()),
        float(np.sqrt((error**2).mean())),
        float(100.0 * (np.abs(error) <= 20.0).mean()),
        float(100.0 * (np.abs(error) <= 30.0).mean()),
    )
