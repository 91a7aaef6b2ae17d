"""What kind of law a rate follows, told from its values: first order, saturable or sigmoid."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

Array = NDArray[np.float64]

PROBES = np.logspace(-4.0, 4.0, 13)  # amounts at which a law is asked
_ALIKE = 1e-9
_FITTING = 1e-7


def recognise(rates: Array) -> dict[str, float] | None:
    """Constants of the law whose values at `PROBES` are given: `k`; `vmax`, `km`; or `vmax`, `km`, `hill`.

    None: it is none of these. Values are matched to 1e-7, so that a law that is only similar is not taken for one.
    """
    if not np.isfinite(rates).all() or (rates < 0).any():
        return None
    if (rates == 0).all():
        return {"k": 0.0}
    first = rates / PROBES
    if np.ptp(first) <= _ALIKE * first.max():
        return {"k": float(np.median(first))}
    if (rates == 0).any():
        return None
    return _saturable(rates) or _sigmoid(rates)


def _saturable(rates: Array) -> dict[str, float] | None:
    """1/v is a straight line in 1/amount (Lineweaver and Burk, J Am Chem Soc 1934;56:658)."""
    low, high = 2, -3
    slope = (1 / rates[low] - 1 / rates[high]) / (1 / PROBES[low] - 1 / PROBES[high])
    rest = 1 / rates[high] - slope / PROBES[high]
    if not (slope > 0 and rest > 0):
        return None
    vmax, km = float(1.0 / rest), float(slope / rest)
    alike = np.allclose(rates, vmax * PROBES / (km + PROBES), rtol=_FITTING, atol=0.0)
    return {"vmax": vmax, "km": km} if alike else None


def _sigmoid(rates: Array) -> dict[str, float] | None:
    wanted = np.log(rates)
    grid = np.log(PROBES)

    def misfit(p: Array) -> Array:
        return np.asarray(p[0] - np.logaddexp(0.0, -p[2] * (grid - p[1])) - wanted)

    starts = [np.array([wanted.max(), middle, 2.0]) for middle in (-4.0, 0.0, 4.0)]
    fits = [least_squares(misfit, start, xtol=1e-15, ftol=1e-15, gtol=1e-15) for start in starts]
    best = min(fits, key=lambda fit: float(fit.cost))
    if float(np.abs(best.fun).max()) > _FITTING or best.x[2] <= 0:
        return None
    return {"vmax": math.exp(best.x[0]), "km": math.exp(best.x[1]), "hill": float(best.x[2])}
