"""Effects that a drug brings about by changing how something is made or lost: the four indirect-response models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.pd.effect import sigmoid_emax
from core.pd.integrate import integrate

Array = NDArray[np.float64]


class Action(StrEnum):
    """What the drug does to the turnover, in the numbering I to IV of Dayneka et al."""

    INHIBIT_PRODUCTION = "inhibit_production"
    INHIBIT_LOSS = "inhibit_loss"
    STIMULATE_PRODUCTION = "stimulate_production"
    STIMULATE_LOSS = "stimulate_loss"


_FACTORS: Mapping[Action, Callable[[Array], tuple[Array | float, Array | float]]] = MappingProxyType(
    {
        Action.INHIBIT_PRODUCTION: lambda drug: (1.0 - drug, 1.0),
        Action.INHIBIT_LOSS: lambda drug: (1.0, 1.0 - drug),
        Action.STIMULATE_PRODUCTION: lambda drug: (1.0 + drug, 1.0),
        Action.STIMULATE_LOSS: lambda drug: (1.0, 1.0 + drug),
    }
)


def indirect_response(
    action: Action, concentration: Array, times: Array, parameters: Mapping[str, Array], tolerance: float = 1e-7
) -> Array:
    """Response R of an indirect-response model, `dR/dt = kin * a - kout * b * R`, at its baseline when it begins.

    One of a and b is `1 - Emax C^hill/(EC50^hill + C^hill)` (inhibition) or `1 + Emax ...` (stimulation), the other 1.

    Args:
        action: where the drug acts.
        concentration: (B, T) mg/L.
        times: (T,) h, not falling.
        parameters: each (B,): `baseline` (unit of the response, above 0), `kout` (1/h), `emax` (number, at most 1 for
            inhibition), `ec50` (mg/L), `hill` (number).
        tolerance: relative, of one step.

    Returns:
        (B, T) in the unit of `baseline`.

    Raises:
        ModelError: an inhibition beyond 100 %, or as `integrate`.

    Source: Dayneka, Garg and Jusko, J Pharmacokinet Biopharm 1993;21:457 (doi:10.1007/BF01061691).
    """
    p = parameters
    if action in (Action.INHIBIT_PRODUCTION, Action.INHIBIT_LOSS) and np.any(p["emax"] > 1):
        raise ModelError("a drug cannot inhibit by more than 100 %")
    factors = _FACTORS[action]

    def slopes(state: Array, level: Array) -> Array:
        made, lost = factors(sigmoid_emax(level, 0.0, p["emax"], p["ec50"], p["hill"]))
        return np.asarray(p["kout"] * (p["baseline"] * made - lost * state))

    start = np.broadcast_to(p["baseline"], concentration.shape[:1])[None, :]
    return np.asarray(integrate(slopes, start, concentration, times, tolerance)[0])
