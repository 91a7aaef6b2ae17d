"""What is given to the body and when its rates change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Value = float | Array


class Side(Enum):
    """Whether a value at the very time of a dose is taken before it (bedside troughs) or after it."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Input:
    """An amount given into a state.

    `time` h, `amount` mg, `duration` h (0 is a bolus, else zero-order over that time), `lag` h, `fraction` the share
    that arrives. Amount, duration, lag and fraction: a float or an array (B,), one value per patient.
    `steady_state_every` h: at `time` the system is set to the periodic steady state of this input and everything given
    before is forgotten; this dose is then given too. Inputs at the same time with the same interval form one regimen.
    """

    time: float
    amount: Value
    state: str
    duration: Value = 0.0
    lag: Value = 0.0
    fraction: Value = 1.0
    steady_state_every: float | None = None


@dataclass(frozen=True)
class Segment:
    """Rates that hold from `start` (h) until the next segment; the first one also before its start.

    Values: a float or an array (B,), rates in 1/h.
    """

    start: float
    rates: Mapping[str, Value]
