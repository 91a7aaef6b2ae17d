"""When the levels pull away from what a model's people are like: the same fit with a flatter prior, to stand beside it.

The rule is ours, in the spirit of Hughes and Keizer, CPT Pharmacometrics Syst Pharmacol 2021;10:1150
(doi:10.1002/psp4.12684), who flatten priors for the patients on whom a model has done badly. With two levels or more,
d = eta' Omega^-1 eta at the individual estimate is about chi-square in the model's own people, with as many degrees of
freedom as the levels inform: n - trace(Omega^-1 C), C the posterior covariance. A flatter prior is asked for where d
exceeds the 95 % quantile of it and the squared standardised residuals; where these are the larger, a level is in doubt
and not the prior. The variances are then taken four times as large. Never in the place of the ordinary fit: beside it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.stats import chi2

from core.clinic.case import Case
from core.drugs.bound_model import BoundPopulationModel
from core.drugs.model import BoundModel
from core.drugs.pbpk_model import BoundPbpkModel
from core.infer.fit_check import check_levels
from core.infer.likelihood import on_error_scale
from core.infer.map_estimate import estimate_map
from core.infer.posterior import FitStatus, Posterior
from core.task import Task

FLATTENING = 4.0  # of the variances: standard deviations twice as large
_LEAST_LEVELS = 2
_OUTER = 0.95


def pulled(posterior: Posterior) -> bool:
    """Whether the levels ask for a flatter prior."""
    if posterior.status is not FitStatus.CONVERGED:
        return False
    measured = [fit for fit in posterior.levels if not fit.below_limit]
    if len(measured) < _LEAST_LEVELS:
        return False
    predicted, observed = (np.array([getattr(fit, name) for fit in measured]) for name in ("individual", "observed"))
    compared, target, variance = on_error_scale(posterior.bound.model.residual, predicted, observed)
    residuals = float(((target - compared) ** 2 / variance).sum())
    omega = posterior.bound.model.omega
    distance = float(posterior.eta @ np.linalg.solve(omega, posterior.eta))
    informed = len(omega) - float(np.trace(np.linalg.solve(omega, posterior.covariance)))
    return distance > residuals and informed > 0 and distance > float(chi2.ppf(_OUTER, informed))


def with_flat_prior(case: Case, posterior: Posterior, task: Task | None = None) -> Posterior:
    """Fit once more with variances between patients `FLATTENING` times as large.

    Raises:
        Cancelled: on request.
    """
    bound = flatter(posterior.bound)
    again = estimate_map(bound, case.given_doses, case.used_levels, task=task)
    levels = check_levels(bound, case.given_doses, case.used_levels, again.eta)
    return replace(again, levels=levels, weight=posterior.weight)


def flatter(bound: BoundModel) -> BoundModel:
    """The bound model with a prior that is wider in every direction."""
    if isinstance(bound, BoundPopulationModel):
        return replace(bound, model=replace(bound.model, omega=FLATTENING * bound.model.omega))
    assert isinstance(bound, BoundPbpkModel)
    compound = replace(bound.model.compound, omega=FLATTENING * bound.model.compound.omega)
    body = replace(bound.model.body, compound=compound)
    return replace(bound, model=replace(bound.model, compound=compound, body=body))
