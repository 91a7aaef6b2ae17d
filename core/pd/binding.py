"""How much of its receptor a drug holds, when binding and release take time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.pd.integrate import integrate

Array = NDArray[np.float64]


def receptor_occupancy(
    concentration: Array, times: Array, parameters: Mapping[str, Array], tolerance: float = 1e-7
) -> Array:
    """Share of the receptors that are occupied, `dO/dt = kon * C * (1 - O) - koff * O`, in balance at the first time.

    The drug bound to receptors is taken to be too little to lower its concentration.

    Args:
        concentration: (B, T) mg/L, of the drug that can bind (unbound).
        times: (T,) h, not falling.
        parameters: each (B,): `kon` (L/mg/h) and `koff` (1/h), above 0; koff/kon is the dissociation constant.
        tolerance: relative, of one step.

    Returns:
        (B, T), between 0 and 1.

    Raises:
        ModelError: rate constants not above 0, or as `integrate`.

    Source: Shimada et al., J Pharmacobiodyn 1987;10:530; Danhof et al., Annu Rev Pharmacol Toxicol 2007;47:357
        (doi:10.1146/annurev.pharmtox.47.120505.105154).
    """
    kon, koff = parameters["kon"], parameters["koff"]
    if np.any(kon <= 0) or np.any(koff <= 0):
        raise ModelError("kon and koff must be above 0")

    def slopes(free: Array, level: Array) -> Array:
        return np.asarray(koff * (1.0 - free) - kon * level * free)

    # The free share is followed: it starts near 1 where the occupied one starts at 0, which suits a relative tolerance.
    free = koff / (koff + kon * concentration[:, 0])
    return np.asarray(1.0 - integrate(slopes, free[None, :], concentration, times, tolerance)[0])


def equilibrium_occupancy(concentration: Array, dissociation: Array | float) -> Array:
    """Share of the receptors occupied in balance, `C / (Kd + C)`; both in the same unit, Kd above 0."""
    return np.asarray(concentration / (dissociation + concentration))
