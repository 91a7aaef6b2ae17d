"""Tumour size under targeted drugs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.pd.integrate import integrate

Array = NDArray[np.float64]


def tumour_with_biomarkers(
    exposure: Array, times: Array, parameters: Mapping[str, Array], tolerance: float = 1e-7
) -> Array:
    """Tumour size under sunitinib, driven by exposure and by the fall of two soluble receptors, with resistance.

    `dy/dt = growth y - (kill E - kill_kit (s - u)/u - kill_vegfr3 (v - 1)) exp(-resistance t) y`. v and s are sVEGFR-3
    and sKIT relative to their baselines, whose production the drug inhibits by `E/(ec50 + E)`; u is the sKIT of an
    untreated patient, which rises by `progression` with time as s does.

    Args:
        exposure: (B, T) daily AUC in mg*h/L.
        times: (T,) h, not falling, the first at the start of treatment.
        parameters: each (B,): `baseline` (size), `growth`, `kill_kit`, `kill_vegfr3`, `resistance`, `progression`
            (1/h), `kill` (1/h per mg*h/L), `mrt_kit`, `mrt_vegfr3` (h), `ec50_kit`, `ec50_vegfr3` (mg*h/L).
        tolerance: relative, of one step.

    Returns:
        (B, T) in the unit of `baseline`.

    Raises:
        ModelError: as `integrate`, or a baseline not above 0.

    Source: Hansson et al., CPT Pharmacometrics Syst Pharmacol 2013;2:e84 (doi:10.1038/psp.2013.61). Without the
        biomarkers it is the model of Claret et al., J Clin Oncol 2009;27:4103 (doi:10.1200/JCO.2008.21.0807).
    """
    p = parameters
    if np.any(p["baseline"] <= 0):
        raise ModelError("the size at the start must be above 0")

    def slopes(state: Array, level: Array) -> Array:
        _, vegfr3, kit, untreated, clock = state
        kit_made = 1.0 + p["progression"] * clock
        shrinking = (
            p["kill"] * level - p["kill_kit"] * (kit - untreated) / untreated - p["kill_vegfr3"] * (vegfr3 - 1.0)
        )
        return np.stack(
            [
                p["growth"] - shrinking * np.exp(-p["resistance"] * clock),
                (1.0 - level / (p["ec50_vegfr3"] + level) - vegfr3) / p["mrt_vegfr3"],
                (kit_made * (1.0 - level / (p["ec50_kit"] + level)) - kit) / p["mrt_kit"],
                (kit_made - untreated) / p["mrt_kit"],
                np.ones_like(level),
            ]
        )

    start = np.repeat([[0.0], [1.0], [1.0], [1.0], [0.0]], exposure.shape[0], axis=1)
    logarithm = integrate(slopes, start, exposure, times, tolerance, smallest=1.0)[0]
    return np.asarray(p["baseline"][:, None] * np.exp(logarithm))
