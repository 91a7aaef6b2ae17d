"""Each level beside what the population and the individual estimate expect, and how improbable it is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from core.clinic.level import Level
from core.clinic.regimen import Dose
from core.drugs.model import BoundModel
from core.infer.level_check import compare_levels
from core.infer.likelihood import observations
from core.infer.posterior import LevelFit
from core.infer.steady_draws import draw_in_steady_state
from core.population.sampling import sample_etas

Array = NDArray[np.float64]

_SAMPLES = 1000
_SEED = 7


def check_levels(bound: BoundModel, doses: Sequence[Dose], levels: Sequence[Level], eta: Array) -> tuple[LevelFit, ...]:
    """Compare levels with predictions.

    Args:
        bound: the model with the patient's covariates.
        doses: what was given.
        levels: those to compare, used or not.
        eta: individual estimate, (n,).
    """
    if not levels:
        return ()
    seen = observations(levels, bound.model.drug.molar_mass)
    rng = np.random.default_rng(_SEED)
    drawn = draw_in_steady_state(bound, doses, _SAMPLES, partial(sample_etas, bound.model, rng=rng))
    etas = np.concatenate([np.zeros((1, len(eta))), eta[None], drawn])
    predicted = bound.concentrations(etas, doses, seen.times)
    if not np.isfinite(predicted[0]).all():  # the typical patient cannot be in the steady state that was entered
        predicted[0] = np.median(predicted[2:], axis=0)
    simulated = _with_error(bound, predicted[2:], rng)
    low, high = np.percentile(simulated, [5, 95], axis=0)
    share = 100.0 * (simulated < seen.values).mean(axis=0)
    compared = compare_levels(bound.model.residual, predicted[2:], seen)
    return tuple(
        LevelFit(
            time=float(seen.times[i]),
            observed=float(seen.values[i]),
            below_limit=bool(seen.below[i]),
            population=float(predicted[0, i]),
            individual=float(predicted[1, i]),
            percentile=float(share[i]),
            low=float(low[i]),
            high=float(high[i]),
            given_others=float(compared.others[i]),
            swap_ratio=float(compared.swaps[i]),
            slip_ratio=float(compared.slips[i]),
            slip_factor=float(compared.factor[i]),
        )
        for i in range(len(levels))
    )


def _with_error(bound: BoundModel, predicted: Array, rng: np.random.Generator) -> Array:
    residual = bound.model.residual
    noise = rng.standard_normal(predicted.shape)
    if residual.log_additive is not None:
        return np.asarray(predicted * np.exp(residual.log_additive * noise))
    return np.asarray(predicted + np.sqrt(residual.variance(predicted)) * noise)
