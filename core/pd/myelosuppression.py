"""Blood cells under chemotherapy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.pd.integrate import integrate

Array = NDArray[np.float64]

_TRANSITS = 3
_LOWEST = 1e-6  # share of the baseline below which the feedback would divide by nothing


def circulating_cells(
    concentration: Array, times: Array, parameters: Mapping[str, Array], tolerance: float = 1e-6
) -> Array:
    """Circulating cells by the semi-mechanistic model of one proliferating, three maturing and one circulating stage.

    `dProl/dt = ktr Prol ((1 - slope C) (baseline/Circ)^feedback - 1)`, each stage flows into the next with
    `ktr = 4/mtt`; all stages begin at the baseline.

    Args:
        concentration: (B, T) mg/L, dense around the infusions.
        times: (T,) h, not falling.
        parameters: each (B,): `baseline` (unit of the count, above 0), `mtt` (h), `slope` (L/mg), `feedback` (number).
        tolerance: relative, of one step.

    Returns:
        (B, T) in the unit of `baseline`.

    Raises:
        ModelError: as `integrate`, or a baseline, transit time or feedback not above 0.

    Source: Friberg et al., J Clin Oncol 2002;20:4713 (doi:10.1200/JCO.2002.02.140).
    """
    p = parameters
    if any(np.any(p[name] <= 0) for name in ("baseline", "mtt", "feedback")):
        raise ModelError("baseline, mean transit time and feedback must be above 0")
    rate = (_TRANSITS + 1) / p["mtt"]

    def slopes(state: Array, level: Array) -> Array:
        # in shares of the baseline; the proliferating cells as a logarithm, because strong drug drives them near 0
        feedback = np.maximum(state[-1], _LOWEST) ** -p["feedback"]
        proliferating = (1.0 - p["slope"] * level) * feedback - 1.0
        upstream = np.concatenate([np.exp(state[:1]), state[1:-1]])
        return np.asarray(rate * np.concatenate([proliferating[None, :], upstream - state[1:]]))

    patients = concentration.shape[0]
    start = np.concatenate([np.zeros((1, patients)), np.ones((_TRANSITS + 1, patients))])
    shares = integrate(slopes, start, concentration, times, tolerance, smallest=1.0)
    return np.asarray(p["baseline"][:, None] * shares[-1])
