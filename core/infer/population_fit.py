"""Population numbers of a model from the levels of many patients; the published ones weigh as so many patients more.

Expectation-maximisation with a Gaussian at each patient's mode in the place of the exact expectation. Sources:
Dempster, Laird and Rubin, J R Stat Soc B 1977;39:1-38; for population models Walker, Biometrics 1996;52:934-944; the
prior is the conjugate one, counted in patients (Gelman et al., Bayesian Data Analysis, section 3.6).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.clinic.case import Case
from core.clinic.level import Level
from core.drugs.population_model import PopulationModel
from core.drugs.recentre import movable, recentred
from core.errors import FitFailed, InputError
from core.infer.likelihood import observations, on_error_scale
from core.infer.map_estimate import estimate_map
from core.infer.posterior import FitStatus, Posterior
from core.task import Task

Array = NDArray[np.float64]

_ROUNDS = 60
_STARTS = 3
_SETTLED = 2e-3  # of a standard deviation of the etas, of the omegas, of the residual error
_SMALLEST = 1e-4  # variance of an eta below which it is one value for all
_STEP = 1e-4


@dataclass(frozen=True, eq=False)
class PopulationFit:
    """What a fit ended with; `model` is the starting model with the new numbers."""

    model: PopulationModel
    shift: Array  # (n,), of the centre of each eta, from where the starting model has it
    omega: Array  # (n, n)
    residual_factor: float
    patients: int
    levels: int
    rounds: int
    settled: bool
    left_out: tuple[str, ...]  # patients whose levels no optimum explains


@dataclass(frozen=True, eq=False)
class _Round:
    """What one pass over the patients saw."""

    etas: Array  # (P, n)
    covariances: Array  # (P, n, n)
    squares: float  # expected squared residuals, each by its variance
    levels: int
    left_out: tuple[str, ...]


def fit_population(
    model: PopulationModel, cases: Sequence[Case], *, prior_patients: float = 0.0, task: Task | None = None
) -> PopulationFit:
    """Fit typical values, omega and residual error to the levels of many patients.

    Args:
        model: where to start, and what the prior is.
        cases: patients; those without a level teach nothing and are passed over.
        prior_patients: how many patients the model's own numbers weigh as; 0: they are the starting point only.
        task: progress and cancel.

    Raises:
        InputError: fewer patients with levels than two for each eta, or a covariate is missing.
        FitFailed: no patient's levels are explained by any etas.
        Cancelled: on request.
    """
    taught = [case for case in cases if case.used_levels]
    n = len(model.etas)
    if len(taught) < 2 * max(n, 1):
        raise InputError("cases", "population_fit_too_few", value=len(taught), wanted=2 * max(n, 1))
    shift, omega, factor = np.zeros(n), model.omega.copy(), 1.0
    free = movable(model)
    current, settled, done = model, False, 0
    while done < _ROUNDS and not settled:
        if task is not None:
            task.step(done / _ROUNDS, "fitting_population")
        seen = _expect(current, taught)
        total = len(seen.etas) + prior_patients
        step = np.where(free, seen.etas.sum(axis=0) - prior_patients * shift, 0.0) / total
        new_omega = _omega(seen, step, shift + step, model.omega, prior_patients)
        prior_levels = prior_patients * seen.levels / len(seen.etas)
        new_factor = factor * np.sqrt((seen.squares + prior_levels / factor**2) / (seen.levels + prior_levels))
        deviations = np.sqrt(np.diag(omega))
        change = max(
            float(np.abs(step / deviations).max(initial=0.0)),
            float(np.abs(np.diag(new_omega) / np.diag(omega) - 1.0).max(initial=0.0)),
            float(abs(new_factor / factor - 1.0)),
        )
        shift, omega, factor = shift + step, new_omega, float(new_factor)
        current = recentred(model, shift, omega, factor, _hash(model, shift, omega, factor))
        settled, done = change < _SETTLED, done + 1
    used = len(seen.etas)
    return PopulationFit(current, shift, omega, factor, used, seen.levels, done, settled, seen.left_out)


def _hash(model: PopulationModel, shift: Array, omega: Array, factor: float) -> str:
    numbers = np.concatenate([shift, omega.ravel(), [factor]]).tobytes()
    return hashlib.sha256(model.file_hash.encode() + numbers).hexdigest()


def _omega(seen: _Round, step: Array, shift: Array, published: Array, prior_patients: float) -> Array:
    """Covariance about the new centre; the published one weighs as so many patients, about its own centre."""
    off = seen.etas - step
    found = np.einsum("pi,pj->ij", off, off) + seen.covariances.sum(axis=0)
    found += prior_patients * (published + np.outer(shift, shift))
    found /= len(seen.etas) + prior_patients
    # what the published model holds uncorrelated stays so: a few patients would only invent it
    found = np.where(published != 0.0, found, 0.0)
    found[np.diag_indices_from(found)] = np.maximum(np.diag(found), _SMALLEST)
    if len(found) and np.linalg.eigvalsh(found)[0] <= 0:
        found = np.diag(np.diag(found))
    return np.asarray(found)


def _expect(model: PopulationModel, cases: Sequence[Case]) -> _Round:
    etas, covariances, left_out = [], [], []
    squares, levels = 0.0, 0
    for case in cases:
        posterior = estimate_map(model.bind(case), case.given_doses, case.used_levels, starts=_STARTS)
        if posterior.status is not FitStatus.CONVERGED:
            left_out.append(case.patient.id)
            continue
        own = model.between_patients
        etas.append(posterior.eta[:own])
        covariances.append(posterior.covariance[:own, :own])
        measured = [level for level in case.used_levels if not level.below_limit]
        squares += _squares(posterior, case, measured)
        levels += len(measured)
    if not etas:
        raise FitFailed(model.id)
    return _Round(np.array(etas), np.array(covariances), squares, levels, tuple(left_out))


def _squares(posterior: Posterior, case: Case, levels: Sequence[Level]) -> float:
    """Expected sum of squared residuals by their variance: at the mode, and what the spread of the etas adds."""
    if not levels:
        return 0.0
    bound = posterior.bound
    seen = observations(levels, bound.model.drug.molar_mass)
    steps = _STEP * np.sqrt(np.diag(posterior.covariance))
    moved = posterior.eta + np.concatenate([np.zeros((1, len(steps))), np.diag(steps), -np.diag(steps)])
    predicted = bound.concentrations(moved, case.given_doses, seen.times)
    compared, target, variance = on_error_scale(bound.model.residual, predicted, seen.values)
    n = len(steps)
    slope = (compared[1 : n + 1] - compared[n + 1 :]) / (2.0 * steps[:, None])  # (n, T)
    spread = np.einsum("it,ij,jt->t", slope, posterior.covariance, slope)
    return float((((target - compared[0]) ** 2 + spread) / variance[0]).sum())
