"""Bacterial counts over time under an antibiotic, as in time-kill experiments."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.pd.effect import sigmoid_emax
from core.pd.integrate import integrate

Array = NDArray[np.float64]


def growing_and_resting(
    concentration: Array, times: Array, parameters: Mapping[str, Array], tolerance: float = 1e-6
) -> Array:
    """Decimal logarithm of the count of bacteria that grow, are killed, and come to rest as the culture fills.

    `dS/dt = (kgrowth - kdeath - kill - r) S`, `dR/dt = r S - kdeath R`, `r = (kgrowth - kdeath)(S + R)/largest`, where
    `kill = emax C^hill/(ec50^hill + C^hill)`. The drug does not reach the resting ones.

    Args:
        concentration: (B, T) mg/L unbound.
        times: (T,) h, not falling.
        parameters: each (B,): `kgrowth`, `kdeath`, `emax` (1/h), `ec50` (mg/L), `hill` (number), `inoculum` and
            `largest` (CFU/mL), `resting` (share of the inoculum, 0 to below 1).
        tolerance: relative, of one step.

    Returns:
        (B, T) log10 CFU/mL.

    Raises:
        ModelError: as `integrate`.

    Source: Nielsen et al., Antimicrob Agents Chemother 2007;51:128 (doi:10.1128/AAC.00604-06) and 2011;55:1571
        (doi:10.1128/AAC.01286-10).
    """
    p = parameters
    net = p["kgrowth"] - p["kdeath"]

    def slopes(state: Array, level: Array) -> Array:
        growing = np.exp(state[0])
        to_rest = net * (growing + state[1]) / p["largest"]
        kill = sigmoid_emax(level, 0.0, p["emax"], p["ec50"], p["hill"])
        return np.stack([net - kill - to_rest, to_rest * growing - p["kdeath"] * state[1]])

    start = np.stack([np.log(p["inoculum"] * (1.0 - p["resting"])), p["inoculum"] * p["resting"]])
    solved = integrate(slopes, start, concentration, times, tolerance, smallest=1.0)
    return _log10_count(solved[0], solved[1])


def _log10_count(log_growing: Array, resting: Array) -> Array:
    """log10(exp(log_growing) + resting), right also where the growing ones have all but vanished."""
    few = np.log(np.maximum(resting, np.finfo(np.float64).tiny))
    return np.asarray(np.logaddexp(log_growing, few) / np.log(10.0))
