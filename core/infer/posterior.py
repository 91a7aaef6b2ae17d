"""What is known of one patient after the levels: the result of a fit."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.clinic.regimen import Dose
from core.drugs.model import BoundModel
from core.infer.importance import ImportanceSample
from core.infer.steady_draws import draw_in_steady_state

Array = NDArray[np.float64]


class FitStatus(StrEnum):
    """Whether an optimum was proved."""

    PRIOR = "prior"  # no level to learn from
    CONVERGED = "converged"
    FAILED = "failed"


@dataclass(frozen=True)
class LevelFit:
    """One level beside what was expected of it, mg/L."""

    time: float
    observed: float
    below_limit: bool
    population: float
    individual: float
    percentile: float  # of the observed level among the predictions of the prior, 0-100
    low: float  # 90 % prior-predictive interval, mg/L
    high: float
    given_others: float = math.nan  # percentile among those who fit the other levels; NaN when they are too few to tell
    swap_ratio: float = 0.0  # how much likelier all levels are with this value and the next one's exchanged
    slip_ratio: float = 0.0  # how much likelier they are with this value times `slip_factor`, 10 or 1000 either way
    slip_factor: float = 1.0


@dataclass(frozen=True, eq=False)
class Posterior:
    """Mode and Laplace covariance of the etas of one model for one patient.

    `objective` is -2 log posterior without constants: sum of ln(var) + res^2/var, plus eta' Omega^-1 eta.
    """

    bound: BoundModel
    status: FitStatus
    eta: Array  # (n,)
    covariance: Array  # (n, n)
    objective: float
    gradient_norm: float
    levels: tuple[LevelFit, ...] = ()
    local_optima: tuple[float, ...] = field(default=())  # objectives of other optima the starts ended in
    weight: float = 1.0  # share in a model average
    on_kink: bool = False  # the optimum has no slope; it was proved by looking in every direction
    importance: ImportanceSample | None = None  # None: the Gaussian is exact, or nothing was fitted
    doses: tuple[Dose, ...] = ()  # what was given

    @property
    def model_id(self) -> str:
        """Id of the fitted model."""
        return self.bound.model.id

    @property
    def draws(self) -> Array | None:
        """Draws (m, n) from the posterior itself, made when first asked for; None: the Gaussian is used."""
        return None if self.importance is None else self.importance.drawn.etas

    @property
    def effective(self) -> float:
        """Effective share of the importance sample; 1 where the Gaussian is exact."""
        return 1.0 if self.importance is None else self.importance.drawn.effective

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw n rows of etas, (n, n_eta), from the posterior; fewer where hardly anybody could be in the steady state
        that was entered.

        Raises:
            NoSteadyState: nobody can.
        """
        draws = self.draws
        if draws is not None:
            return np.asarray(draws[rng.integers(len(draws), size=n)])
        root = np.linalg.cholesky(self.covariance + 1e-14 * np.eye(len(self.eta)))

        def gaussian(count: int) -> Array:
            return np.asarray(self.eta + rng.standard_normal((count, len(self.eta))) @ root.T)

        return draw_in_steady_state(self.bound, self.doses, n, gaussian)
