"""Effects that wear off while the drug is still there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.pd.effect import effect_compartment, emax

Array = NDArray[np.float64]


def antagonist_tolerance(concentration: Array, times: Array, parameters: Mapping[str, Array]) -> Array:
    """Effect under tolerance by a hypothetical antagonist that follows the concentration.

    `E = e0 + emax * C / (ec50 + C) / (1 + A / a50)`, with A in an effect compartment of rate `ktol`, empty when
    the drug begins.

    Args:
        concentration: (B, T) mg/L.
        times: (T,) h, not falling.
        parameters: each (B,): `e0` and `emax` (unit of the effect), `ec50` and `a50` (mg/L), `ktol` (1/h).

    Returns:
        (B, T) in the unit of `emax`.

    Raises:
        ModelError: negative concentrations, shapes that do not fit, or constants not above 0.

    Source: Porchet, Benowitz and Sheiner, J Pharmacol Exp Ther 1988;244:231.
    """
    p = {name: np.asarray(value)[..., None] for name, value in parameters.items()}
    antagonist = effect_compartment(concentration, times, parameters["ktol"])
    direct = emax(concentration, 0.0, p["emax"], p["ec50"])
    return np.asarray(p["e0"] + direct / (1.0 + antagonist / p["a50"]))
