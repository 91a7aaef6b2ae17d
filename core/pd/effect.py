"""Direct effects of a concentration, and the delay of an effect compartment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.pd.exposure import cumulative_auc

Array = NDArray[np.float64]


def emax(concentration: Array, e0: Array | float, maximum: Array | float, ec50: Array | float) -> Array:
    """Effect of a concentration by the Emax model, `e0 + maximum * C / (ec50 + C)`.

    Args:
        concentration: any shape, in the unit of `ec50`, not negative.
        e0: effect without drug.
        maximum: largest change the drug can bring; negative where it lowers the effect.
        ec50: concentration of half the change, above 0.

    Raises:
        ModelError: a negative concentration or an `ec50` not above 0.

    Source: Holford and Sheiner, Clin Pharmacokinet 1981;6:429 (doi:10.2165/00003088-198106060-00002).
    """
    return sigmoid_emax(concentration, e0, maximum, ec50, 1.0)


def sigmoid_emax(
    concentration: Array, e0: Array | float, maximum: Array | float, ec50: Array | float, hill: Array | float
) -> Array:
    """Effect of a concentration by the sigmoid Emax model, `e0 + maximum * C^hill / (ec50^hill + C^hill)`.

    Arguments, errors and source as in `emax`; `hill` is the dimensionless steepness, above 0.
    """
    drive = np.asarray(concentration, dtype=np.float64)
    if np.any(np.asarray(ec50) <= 0) or np.any(np.asarray(hill) <= 0):
        raise ModelError("EC50 and Hill exponent must be above 0")
    if np.any(drive < 0):
        raise ModelError("a concentration cannot be negative")
    from scipy.special import expit

    # The log keeps C^hill from overflowing where killing curves are steep (hill 20); log 0 gives the baseline.
    with np.errstate(divide="ignore"):
        ratio = hill * (np.log(drive) - np.log(ec50))
    return np.asarray(e0 + maximum * expit(ratio))


def effect_compartment(
    concentration: Array, times: Array, ke0: Array | float, start: Array | float | None = None
) -> Array:
    """Concentration in an effect compartment that follows the given one with the rate constant `ke0`.

    Exact for a concentration that runs in straight lines between the grid times; the grid may be irregular.

    Args:
        concentration: (B, T).
        times: (T,) h, not falling.
        ke0: 1/h, above 0, number or (B,).
        start: concentration in the compartment at the first time; if not given it is in balance with `concentration`
            there, which is right before any drug was given (both 0) and at a slow steady state.

    Returns:
        (B, T), same unit as `concentration`.

    Raises:
        ModelError: shapes that do not fit, falling times, or a `ke0` not above 0.

    Source: Sheiner et al., Clin Pharmacol Ther 1979;25:358 (doi:10.1002/cpt1979253358); the step is the solution of
        dCe/dt = ke0 (C - Ce) for a linear C.
    """
    if concentration.ndim != 2 or times.shape != concentration.shape[1:]:
        raise ModelError("the effect compartment needs concentrations (B, T) and times (T,)")
    steps = np.diff(times)
    rate = np.atleast_1d(np.asarray(ke0, dtype=np.float64))  # (1,) or (B,)
    if np.any(steps < 0) or np.any(rate <= 0):
        raise ModelError("the effect compartment needs rising times and a ke0 above 0")
    x = steps[:, None] * rate  # time runs along rows: each step below works on neighbours in memory
    kept = np.exp(-x)
    mean_kept = np.divide(-np.expm1(-x), x, out=np.ones_like(x), where=x > 0)
    drive = concentration.T
    entered = (mean_kept - kept) * drive[:-1] + (1.0 - mean_kept) * drive[1:]
    site = np.empty(drive.shape)
    site[0] = drive[0] if start is None else start
    for step in range(len(steps)):
        site[step + 1] = kept[step] * site[step] + entered[step]
    return site.T


def adapted_ec50(
    concentration: Array, times: Array, ec50: Array | float, gain: Array | float, rate: Array | float
) -> Array:
    """EC50 that rises with the exposure since the first time: the target gets used to the drug.

    With A the share adapted, dA/dt = rate * C * (1 - A) and EC50(t) = ec50 * (1 + gain * A); so A = 1 - exp(-rate *
    AUC(t)), exact for a concentration that runs in straight lines between the grid times.

    Args:
        concentration: (B, T) mg/L.
        times: (T,) h, not falling.
        ec50: mg/L before any exposure; this and the next are numbers or (B, 1).
        gain: largest relative rise, number.
        rate: L/mg/h.

    Returns:
        (B, T) mg/L.

    Raises:
        ModelError: falling times.

    Source: Wicha et al., CPT Pharmacometrics Syst Pharmacol 2017;6:512 (doi:10.1002/psp4.12197), equations 5-7.
    """
    area = cumulative_auc(concentration, times)
    return np.asarray(ec50 * (1.0 - gain * np.expm1(-rate * area)))
