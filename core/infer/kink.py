"""An optimum on a kink: a level at the very end of a zero-order input or of a lag, where the objective has no slope.

There neither gradient nor Hessian can prove anything; the proof is that no direction leads down. Found by the simplex
search of Nelder and Mead, Comput J 1965;7:308, which asks for no derivative.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from core.infer.whitened import Whitened
from core.task import Task

Array = NDArray[np.float64]

_DIRECTIONS = 64  # random ones, beside the axes
_STEPS = (1e-4, 1e-3, 1e-2)  # standard deviations of the prior
_SEED = 97
_CLOSE = 1e-9
_ROUNDING, _INTEGRATED = 1e-10, 1e-7  # of the objective, relative
_MOST_ROUNDS = 4
_MOST_VALUES, _MOST_INTEGRATED = 8000, 1500  # of the objective, in closed form and from an integrator


def lowest_point(whitened: Whitened, start: Array, task: Task | None = None) -> Array | None:
    """A point (n,) near a start from which no direction leads down; None where there is none.

    Args:
        whitened: the objective in standard deviations of the prior.
        start: where a descent got stuck, (n,).
        task: progress and cancel.

    Raises:
        Cancelled: on request.
    """
    most = _MOST_VALUES if whitened.exact else _MOST_INTEGRATED
    asked = 0

    def value(z: Array) -> float:
        nonlocal asked
        asked += 1
        if task is not None:
            task.step(min(1.0, asked / most), "fitting")
        found = float(whitened.objective.value((z @ whitened.root.T)[None])[0])
        return found if np.isfinite(found) else np.inf

    point, lowest = start, value(start)
    if not np.isfinite(lowest):
        return None
    left = most
    for _ in range(_MOST_ROUNDS):  # a simplex that has collapsed too early opens again
        found = minimize(
            value,
            point,
            method="Nelder-Mead",
            options={"xatol": _CLOSE, "fatol": _CLOSE, "maxfev": min(left, 600 * len(start))},
        )
        left = most - asked
        gained = lowest - float(found.fun)
        if gained >= 0.0:
            point, lowest = np.asarray(found.x, dtype=float), float(found.fun)
        if gained < _CLOSE or left <= 0:
            break
    return point if _nothing_leads_down(whitened, point, lowest) else None


def _nothing_leads_down(whitened: Whitened, point: Array, lowest: float) -> bool:
    n = len(point)
    random = np.random.default_rng(_SEED).standard_normal((_DIRECTIONS, n))
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    directions = np.concatenate([np.eye(n), -np.eye(n), random])
    around = point + np.concatenate([step * directions for step in _STEPS])
    values = whitened.objective.value(around @ whitened.root.T)
    allowed = (_ROUNDING if whitened.exact else _INTEGRATED) * (1.0 + abs(lowest))
    return bool(np.all(np.isnan(values) | (values >= lowest - allowed)))
