"""What one mode answers to a bolus, an infusion and an emptying depot, without cancellation."""

from __future__ import annotations

import numpy as np

from core.engine.exponential import lost, remaining
from core.engine.modes import Modes
from core.engine.schedule import Array

# Below this value of lambda*t the series of the second integral is more exact than its closed form.
_SMALL = 0.02


def one_integral(decay: Array, elapsed: Array) -> Array:
    """Integral of e^(-decay s) over `elapsed` h, exact for decay 0 and for tiny arguments (exprel)."""
    still = decay == 0
    if not still.any():
        gone = lost(decay, elapsed)
        gone /= -decay
        return gone
    return np.where(still, elapsed, lost(decay, elapsed) / np.where(still, 1.0, -decay))


def two_integrals(decay: Array, elapsed: Array) -> Array:
    """Integral of `one_integral` over `elapsed` h."""
    x = decay * elapsed
    series = 1 / 2 - x * (1 / 6 - x * (1 / 24 - x * (1 / 120 - x * (1 / 720 - x / 5040))))
    small = x < _SMALL
    closed = (elapsed - one_integral(decay, elapsed)) / np.where(decay == 0, 1.0, decay)
    return np.where(small, elapsed * elapsed * series, closed)


def from_depot(modes: Modes, elapsed: Array) -> Array:
    """What 1 mg in the depot has put into each mode after `elapsed` h, (..., M, B).

    share ka (e^(-lambda t) - e^(-ka t)) / (ka - lambda), written so that ka = lambda and short times lose no digit.
    """
    ka, decay = modes.absorption, modes.decay
    assert ka is not None
    slow = remaining(np.minimum(ka, decay), elapsed)
    return np.asarray(modes.share * ka * slow * one_integral(np.abs(ka - decay), elapsed))


def from_depot_area(modes: Modes, elapsed: Array) -> Array:
    """Integral of `from_depot` over `elapsed` h: also the answer to 1 mg/h into the depot."""
    ka, decay = modes.absorption, modes.decay
    assert ka is not None
    return np.asarray(modes.share * ka * (one_integral(decay, elapsed) - one_integral(ka, elapsed)) / (ka - decay))


def from_depot_second_area(modes: Modes, elapsed: Array) -> Array:
    """Integral of `from_depot_area` over `elapsed` h."""
    ka, decay = modes.absorption, modes.decay
    assert ka is not None
    return np.asarray(modes.share * ka * (two_integrals(decay, elapsed) - two_integrals(ka, elapsed)) / (ka - decay))
