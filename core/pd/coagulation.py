"""INR under warfarin: the synthesis of clotting factors is inhibited, and they vanish through two chains of stages."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.pd.effect import sigmoid_emax
from core.pd.integrate import integrate

Array = NDArray[np.float64]


def inr_by_product(
    concentration: Array, times: Array, parameters: Mapping[str, Array], tolerance: float = 1e-6
) -> Array:
    """INR by the model of 2007: `baseline + top (1 - F S)^exponent`, F and S the ends of a fast and a slow chain.

    The fast chain has six stages, each of mean time `mtt_fast`, the slow one a single stage of mean time `mtt_slow`.

    Args:
        concentration: (B, T) mg/L S-warfarin.
        times: (T,) h, not falling.
        parameters: each (B,): `baseline` and `top` (INR), `ec50` (mg/L), `hill` and `exponent` (number), `mtt_fast`
            and `mtt_slow` (h).
        tolerance: relative, of one step.

    Returns:
        (B, T), INR.

    Raises:
        ModelError: as `integrate`, or a transit time not above 0.

    Source: Hamberg et al., Clin Pharmacol Ther 2007;81:529 (doi:10.1038/sj.clpt.6100084), appendix.
    """
    p = parameters
    fast, slow = _chains(concentration, times, p, (6, 1), (p["mtt_fast"], p["mtt_slow"]), tolerance)
    inhibited = np.clip(1.0 - fast * slow, 0.0, None)  # a rounding of -1e-16 has no power
    return np.asarray(p["baseline"][:, None] + p["top"][:, None] * inhibited ** p["exponent"][:, None])


def inr_by_mean(concentration: Array, times: Array, parameters: Mapping[str, Array], tolerance: float = 1e-6) -> Array:
    """INR by the model of 2010: `baseline + top (1 - (F + S)/2)`, two chains of three stages.

    The whole fast chain takes `mtt_fast` on average, the whole slow chain `mtt_slow`. Arguments else, result and
    errors as in `inr_by_product`, without `exponent`.

    Source: Hamberg et al., Clin Pharmacol Ther 2010;87:727 (doi:10.1038/clpt.2010.37); Xia et al., Sci Rep
        2024;14:14894 (doi:10.1038/s41598-024-65048-7).
    """
    p = parameters
    fast, slow = _chains(concentration, times, p, (3, 3), (p["mtt_fast"] / 3.0, p["mtt_slow"] / 3.0), tolerance)
    return np.asarray(p["baseline"][:, None] + p["top"][:, None] * (1.0 - 0.5 * (fast + slow)))


def _chains(
    concentration: Array,
    times: Array,
    p: Mapping[str, Array],
    stages: tuple[int, int],
    stays: tuple[Array, Array],
    tolerance: float,
) -> tuple[Array, Array]:
    """The last stage of both chains, (B, T) each, 1 without drug; both are fed by the synthesis the drug leaves.

    `stays` are the mean times in a stage of the fast and of the slow chain.
    """
    if any(np.any(stay <= 0) for stay in stays):
        raise ModelError("mean transit times must be above 0")
    fast = stages[0]
    rate = 1.0 / np.concatenate([np.tile(stays[0], (fast, 1)), np.tile(stays[1], (stages[1], 1))])

    def slopes(state: Array, level: Array) -> Array:
        made = 1.0 - sigmoid_emax(level, 0.0, 1.0, p["ec50"], p["hill"])
        upstream = np.concatenate([made[None, :], state[: fast - 1], made[None, :], state[fast:-1]])
        return np.asarray(rate * (upstream - state))

    start = np.ones((sum(stages), concentration.shape[0]))
    solved = integrate(slopes, start, concentration, times, tolerance)
    return solved[fast - 1], solved[-1]
