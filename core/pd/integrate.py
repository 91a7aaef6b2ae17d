"""Effect systems without a closed form, solved for a batch of patients under a concentration given on a grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError

Array = NDArray[np.float64]
Slopes = Callable[[Array, Array], Array]

_MOST_STEPS = 200_000
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 5.0

# Dormand and Prince, J Comput Appl Math 1980;6:19 (doi:10.1016/0771-050X(80)90013-3): nodes, stages, error weights.
_NODES = (0.2, 0.3, 0.8, 8 / 9, 1.0, 1.0)
_STAGES = tuple(
    np.array(weights)
    for weights in (
        (0.2,),
        (3 / 40, 9 / 40),
        (44 / 45, -56 / 15, 32 / 9),
        (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
        (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
        (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
    )
)
_ERROR = np.array((71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40))


def integrate(
    slopes: Slopes,
    start: Array,
    concentration: Array,
    times: Array,
    tolerance: float = 1e-7,
    smallest: float | None = None,
) -> Array:
    """Solve `dy/dt = slopes(y, C(t))` where the concentration C runs in straight lines between the grid times.

    The step is shared by the batch and never crosses a grid time, where C has its corners.

    Args:
        slopes: takes the states (n, B) and the concentration (B,), gives the rates of change (n, B) per hour.
        start: (n, B) at the first time.
        concentration: (B, T), not negative.
        times: (T,) h, not falling.
        tolerance: error of one step relative to each state's size.
        smallest: size below which a state's error is no longer measured against the state; by default its start value.

    Returns:
        (n, B, T).

    Raises:
        ModelError: shapes that do not fit, falling times, negative concentrations, or a system too stiff to follow.
    """
    if start.shape[1:] != concentration.shape[:1]:
        raise ModelError("an effect over time needs start values (n, B)")
    check_course(concentration, times)
    floor = np.maximum(np.abs(start).max(axis=1, keepdims=True), 1e-9) if smallest is None else smallest
    states = np.empty((*start.shape, times.size))
    states[..., 0] = y = np.array(start, dtype=np.float64)
    slope = slopes(y, concentration[:, 0])
    ahead, used = np.inf, 0
    for here in range(times.size - 1):
        length = float(times[here + 1] - times[here])
        first, last = concentration[:, here], concentration[:, here + 1]
        done = 0.0
        if length == 0.0:  # two values at one time: the concentration jumps, and the slope with it
            slope = slopes(y, last)
        while done < length:
            used += 1
            step = min(ahead, length - done)
            if used > _MOST_STEPS or step < 1e-12 * length:
                raise ModelError("the effect changes too fast to be followed; check its rate constants")
            y_new, slope_new, error = _step(slopes, y, slope, step, _line(first, last, done / length, step / length))
            worst = float(np.max(np.abs(error) / (tolerance * np.maximum(floor, np.maximum(np.abs(y), np.abs(y_new))))))
            if worst <= 1.0:
                done = length if step >= length - done else done + step
                y, slope = y_new, slope_new
            factor = _GROW if worst == 0 else min(_GROW, max(_SHRINK, _SAFETY * worst**-0.2))
            # A step cut short by the grid says nothing against the longer one that was wanted.
            ahead = max(ahead, step * factor) if worst <= 1.0 and step < ahead else step * factor
        states[..., here + 1] = y
    return states


def check_course(concentration: Array, times: Array) -> None:
    """Refuse what drives no effect over time.

    Raises:
        ModelError: shapes other than (B, T) and (T,), falling times, negative concentrations.
    """
    if concentration.ndim != 2 or times.shape != concentration.shape[1:]:
        raise ModelError("an effect over time needs concentrations (B, T) and times (T,)")
    if np.any(np.diff(times) < 0):
        raise ModelError("an effect over time needs rising times")
    if not np.all(concentration >= 0):
        raise ModelError("a concentration cannot be negative")


def _line(first: Array, last: Array, share: float, step_share: float) -> Callable[[float], Array]:
    """The concentration inside the step, at a node between 0 and 1."""

    def at(node: float) -> Array:
        return np.asarray(first + (share + node * step_share) * (last - first))

    return at


def _step(
    slopes: Slopes, y: Array, slope: Array, step: float, level: Callable[[float], Array]
) -> tuple[Array, Array, Array]:
    """One Dormand-Prince step: the new state, its slope, and the estimated error."""
    known = np.empty((len(_ERROR), *y.shape))
    known[0] = slope
    y_new = y
    for stage, (node, weights) in enumerate(zip(_NODES, _STAGES, strict=True), start=1):
        y_new = y + np.tensordot(step * weights, known[:stage], axes=1)
        known[stage] = slopes(y_new, level(node))
    return y_new, known[-1].copy(), np.asarray(np.tensordot(step * _ERROR, known, axes=1))
