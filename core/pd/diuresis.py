"""Response to a loop diuretic, which acts from inside the tubule: it goes with the drug's excretion into the urine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.pd.effect import sigmoid_emax

Array = NDArray[np.float64]


def excretion_rate(concentration: Array, renal_clearance: Array | float) -> Array:
    """Excretion in urine (mg/h) at concentrations (B, T), mg/L, and a renal clearance (number, (B,), (B, T)), L/h.

    Raises:
        ModelError: a negative renal clearance.
    """
    clearance = np.asarray(renal_clearance, dtype=np.float64)
    if np.any(clearance < 0):
        raise ModelError("a clearance cannot be negative")
    return np.asarray(concentration * (clearance[:, None] if clearance.ndim == 1 else clearance))


def share_of_largest_response(excretion: Array, half: Array | float, hill: Array | float) -> Array:
    """Share (0 to 1) of the largest natriuresis at an excretion rate (mg/h); `half` (mg/h) brings half of it.

    Source: Kaojarern, Day and Brater, Kidney Int 1982;22:69 (doi:10.1038/ki.1982.134).
    """
    return sigmoid_emax(excretion, 0.0, 1.0, half, hill)


def most_efficient_rate(half: float, hill: float) -> float:
    """The excretion rate (unit of `half`) at which a unit of drug brings most: where response over rate is largest.

    `half (hill - 1)^(1/hill)`, from setting the derivative of `rate^(hill-1)/(half^hill + rate^hill)` to 0.

    Raises:
        ModelError: a steepness not above 1, where the first unit is the most efficient.
    """
    if hill <= 1:
        raise ModelError("only a curve steeper than 1 has a most efficient rate above 0")
    return float(half * (hill - 1.0) ** (1.0 / hill))
