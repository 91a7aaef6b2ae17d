"""INR under warfarin: the synthesis of clotting factors is inhibited, and they vanish through two chains of stages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.pd.effect import sigmoid_emax
from core.pd.integrate import check_course

Array = NDArray[np.float64]

# Gauss-Legendre on 0 to 1, for the integral of what enters a chain. The chains are linear, so that nothing else is
# approximated; within `_LONGEST` mean times in a stage five nodes leave an error below 1e-6 of an INR.
_NODES, _WEIGHTS = (
    (one + shift) / 2.0 for one, shift in zip(np.polynomial.legendre.leggauss(5), (1.0, 0.0), strict=True)
)
_LONGEST = 0.75


def inr_by_product(concentration: Array, times: Array, parameters: Mapping[str, Array]) -> Array:
    """INR by the model of 2007: `baseline + top (1 - F S)^exponent`, F and S the ends of a fast and a slow chain.

    The fast chain has six stages, each of mean time `mtt_fast`, the slow one a single stage of mean time `mtt_slow`.

    Args:
        concentration: (B, T) mg/L S-warfarin.
        times: (T,) h, not falling.
        parameters: each (B,): `baseline` and `top` (INR), `ec50` (mg/L), `hill` and `exponent` (number), `mtt_fast`
            and `mtt_slow` (h).

    Returns:
        (B, T), INR.

    Raises:
        ModelError: as `check_course`, or a transit time not above 0.

    Source: Hamberg et al., Clin Pharmacol Ther 2007;81:529 (doi:10.1038/sj.clpt.6100084), appendix.
    """
    p = parameters
    fast, slow = _chains(concentration, times, p, (6, 1), (p["mtt_fast"], p["mtt_slow"]))
    inhibited = np.clip(1.0 - fast * slow, 0.0, None)  # a rounding of -1e-16 has no power
    return np.asarray(p["baseline"][:, None] + p["top"][:, None] * inhibited ** p["exponent"][:, None])


def inr_by_mean(concentration: Array, times: Array, parameters: Mapping[str, Array]) -> Array:
    """INR by the model of 2010: `baseline + top (1 - (F + S)/2)`, two chains of three stages.

    The whole fast chain takes `mtt_fast` on average, the whole slow chain `mtt_slow`. Arguments else, result and
    errors as in `inr_by_product`, without `exponent`.

    Source: Hamberg et al., Clin Pharmacol Ther 2010;87:727 (doi:10.1038/clpt.2010.37); Xia et al., Sci Rep
        2024;14:14894 (doi:10.1038/s41598-024-65048-7).
    """
    p = parameters
    fast, slow = _chains(concentration, times, p, (3, 3), (p["mtt_fast"] / 3.0, p["mtt_slow"] / 3.0))
    return np.asarray(p["baseline"][:, None] + p["top"][:, None] * (1.0 - 0.5 * (fast + slow)))


def _chains(
    concentration: Array,
    times: Array,
    p: Mapping[str, Array],
    stages: tuple[int, int],
    stays: tuple[Array, Array],
) -> tuple[Array, Array]:
    """The last stage of both chains, (B, T) each, 1 without drug; both are fed by the synthesis the drug leaves.

    `stays` are the mean times in a stage of the fast and of the slow chain.
    """
    if any(np.any(stay <= 0) for stay in stays):
        raise ModelError("mean transit times must be above 0")
    check_course(concentration, times)
    rates = [1.0 / stay for stay in stays]
    states = [np.ones((count, concentration.shape[0])) for count in stages]
    ends = np.ones((2, *concentration.shape))
    kernels: dict[float, list[_Kernel]] = {}
    for here, whole in enumerate(np.diff(times)):
        first, last = concentration[:, here], concentration[:, here + 1]
        pieces = max(1, math.ceil(float(whole) * max(float(rate.max()) for rate in rates) / _LONGEST))
        length = round(float(whole) / pieces, 9)
        if length not in kernels:
            kernels[length] = [_kernel(rate, count, length) for rate, count in zip(rates, stages, strict=True)]
        for piece in range(pieces):
            share = (piece + _NODES[:, None]) / pieces
            made = 1.0 - sigmoid_emax(first + share * (last - first), 0.0, 1.0, p["ec50"], p["hill"])
            for place, kernel in enumerate(kernels[length]):
                states[place] = _carried(states[place], made, kernel)
        ends[:, :, here + 1] = states[0][-1], states[1][-1]
    return ends[0], ends[1]


@dataclass(frozen=True)
class _Kernel:
    """What a piece of time leaves of a chain: `kept` (n, B) of each stage so many stages on, `fed` (n, G, B) of what
    enters at the nodes.
    """

    kept: Array
    fed: Array


def _kernel(rate: Array, count: int, length: float) -> _Kernel:
    """A chain of equal stages passes on what is in it as a Poisson process passes events."""
    left = length * (1.0 - _NODES[:, None]) * rate
    kept = np.stack([_poisson(length * rate, number) for number in range(count)])
    fed = np.stack([_WEIGHTS[:, None] * length * rate * _poisson(left, number) for number in range(count)])
    return _Kernel(kept, fed)


def _poisson(mean: Array, number: int) -> Array:
    return np.asarray(np.exp(-mean) * mean**number / math.factorial(number))


def _carried(state: Array, made: Array, kernel: _Kernel) -> Array:
    """The stages (n, B) after a piece of time in which `made` (G, B) entered the first."""
    found = np.einsum("ngb,gb->nb", kernel.fed, made)
    for stage in range(len(state)):
        for behind in range(stage + 1):
            found[stage] += kernel.kept[stage - behind] * state[behind]
    return np.asarray(found)
