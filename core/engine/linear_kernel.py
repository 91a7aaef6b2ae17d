"""A window of a linear system through the compiled kernel; `Linear` does the same in numpy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.engine import kernel
from core.engine.ladder import DEGREE, REACH, Ladder, poisson
from core.engine.layout import Layout
from core.engine.schedule import Array
from core.engine.steps import Steps
from core.engine.timeline import Window
from core.errors import ModelError

_FACTORS = np.array([REACH**power / math.factorial(power) * math.exp(-REACH) for power in range(DEGREE + 1)])


def run(
    layout: Layout,
    window: Window,
    steps: Steps,
    ladder: Ladder,
    now: Array,
    wanted: Sequence[int],
    weights: Array,
) -> tuple[Array, Array]:
    """Carry extended states `now` (n, B) through the window: the states at its end, and those wanted (S, T, B)."""
    order, batch = layout.order, now.shape[1]
    place = np.argsort(order.sequence)
    kept, integrals = len(layout.kept), len(layout.integrals)
    ports = [place[layout.at(state)] if state in layout.kept else -1 for state in layout.ports]
    drives = [place[kept + integrals + i] if layout.driven else -1 for i in range(len(layout.ports))]
    asked = wanted if len(steps.row) else ()
    times = len(steps.row) if asked else 0
    chance = ladder.chance[:, order.sequence[order.rows], order.sequence[order.columns]].T
    rest = np.array([part for _, part in steps.events], dtype=float)
    rest_weights = np.array([poisson(REACH * part / steps.h, DEGREE + 1) for part in rest]).reshape(-1, DEGREE + 1)
    width = window.bolus.shape[2]
    shape = [batch, layout.size, len(order.rows), len(window.time), len(rest), steps.rungs, len(asked), times]
    shape += [len(weights), len(steps.levels), weights.shape[1], steps.first_bit, len(ports), width, steps.most_rows]
    x = np.ascontiguousarray(now[order.sequence])
    out = np.zeros((len(wanted), len(steps.row), batch))
    arrays: list[NDArray[Any]] = [
        np.array(shape, dtype=np.int32),
        np.concatenate([order.rows, order.columns, order.first, order.last]).astype(np.int32),
        np.array([*ports, *drives, *(place[list(asked)] if asked else ())], dtype=np.int32),
        steps.flat_levels,
        steps.row.astype(np.int32),
        steps.anchor.astype(np.int32),
        np.array([whole for whole, _ in steps.events], dtype=np.int64),
        np.ascontiguousarray(chance),
        rest,
        np.ascontiguousarray(rest_weights),
        np.ascontiguousarray(weights),
        _FACTORS,
        np.ascontiguousarray(window.bolus),
        np.ascontiguousarray(window.rate),
        x,
        out,
    ]
    if kernel.call("dosewright_linear", arrays) != 0:
        raise ModelError("not enough memory for so many times")
    return x[place], out
