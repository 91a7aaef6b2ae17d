"""Matrix exponentials of compartment systems by uniformisation: every term is non-negative, so nothing cancels."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.engine.schedule import Array

# Uniformised step: (largest exit rate) x (smallest step). Degree 16 leaves 0.6^17/17! = 5e-19 of the sum.
REACH = 0.6
DEGREE = 16
_FACTORIALS = np.array([1.0 / math.factorial(power) for power in range(DEGREE + 1)])


class Ladder:
    """e^(A h 2^k) for k = 0, 1, ... of a batch of matrices, each rung the square of the one below.

    A (B, n, n) 1/h has non-negative entries off the diagonal. `h` must satisfy max(-diagonal) * h <= REACH.
    Source: Jensen (1953), Skandinavisk Aktuarietidskrift 36:87-91 (uniformisation); Higham (2005),
    doi:10.1137/04061101X (scaling and squaring); Paterson & Stockmeyer (1973), doi:10.1137/0202007.
    """

    def __init__(self, A: Array, h: float) -> None:
        self.h = h
        self._A = A
        self._rungs: list[Array] = []
        self._chance: Array | None = None

    def rung(self, k: int) -> Array:
        """e^(A h 2^k), (B, n, n), all entries >= 0."""
        if not self._rungs:
            self._rungs.append(self._first())
        while len(self._rungs) <= k:
            self._rungs.append(self._rungs[-1] @ self._rungs[-1])
        return self._rungs[k]

    @property
    def chance(self) -> Array:
        """The uniformised matrix I + A h / REACH, (B, n, n), all entries >= 0."""
        if self._chance is None:
            self._chance = self._A * (self.h / REACH)
            _add_to_diagonal(self._chance, 1.0)
            np.maximum(self._chance, 0.0, out=self._chance)
        return self._chance

    def _first(self) -> Array:
        batch, n, _ = self._A.shape
        powers = np.empty((4, batch, n, n))
        np.multiply(self.chance, REACH, out=powers[0])
        for lower in range(3):
            np.matmul(powers[lower], powers[0], out=powers[lower + 1])
        scaled = _FACTORIALS * math.exp(-REACH)
        # Rows: coefficients of N..N^4 in the four Horner blocks; the top block reaches N^16.
        blocks = np.zeros((4, 4))
        blocks[:, :3] = scaled[[[1, 2, 3], [5, 6, 7], [9, 10, 11], [13, 14, 15]]]
        blocks[3, 3] = scaled[16]
        parts = (blocks @ powers.reshape(4, -1)).reshape(4, batch, n, n)
        for block in range(4):
            _add_to_diagonal(parts[block], scaled[4 * block])
        total = parts[3]
        for block in (2, 1, 0):
            total = powers[3] @ total
            total += parts[block]
        return np.asarray(total)

    def step(self, amounts: Array, whole: int, rest: float) -> Array:
        """Carry amounts (B, n, 1) over `whole` times h plus `rest` < h hours."""
        k = 0
        while whole:
            if whole & 1:
                amounts = self.rung(k) @ amounts
            whole >>= 1
            k += 1
        if rest <= 0.0:
            return amounts
        weights = poisson(REACH * rest / self.h, DEGREE + 1)
        total: Array = weights[0] * amounts
        for weight in weights[1:]:
            amounts = self.chance @ amounts
            total += weight * amounts
        return total

    def over(self, whole: int, rest: float) -> Array:
        """e^(A (whole h + rest)) as matrices (B, n, n)."""
        n = self._A.shape[-1]
        identity = np.broadcast_to(np.eye(n), self._A.shape)
        return self.step(identity, whole, rest)


def _add_to_diagonal(matrices: Array, value: float) -> None:
    n = matrices.shape[-1]
    matrices.reshape(len(matrices), n * n)[:, :: n + 1] += value


@lru_cache(maxsize=512)
def poisson(mean: float, terms: int) -> NDArray[np.float64]:
    """Poisson probabilities of 0..terms-1 events, (terms,)."""
    weights = np.empty(terms)
    weights[0] = math.exp(-mean)
    for count in range(1, terms):
        weights[count] = weights[count - 1] * mean / count
    return weights


def common_step(spans: Array, smallest: float, tolerance: float) -> float | None:
    """The largest step (h) of which all spans (> 0) are whole multiples within `tolerance`, unless below `smallest`."""
    if len(spans) == 0:
        return None
    step = float(spans.min())
    while step >= smallest:
        rest = np.abs(spans - step * np.round(spans / step))
        rest = rest[rest > tolerance]
        if len(rest) == 0:
            longest = float(spans.max())
            step = longest / round(longest / step)
            fits = np.abs(spans - step * np.round(spans / step)).max() <= tolerance
            return step if fits else None
        step = float(rest.min())
    return None
