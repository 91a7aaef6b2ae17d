"""Any linear compartment system: batched uniformised exponentials, shared by all doses and times of a window."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.engine import kernel, linear_kernel
from core.engine.ladder import REACH, Ladder, poisson
from core.engine.layout import Layout
from core.engine.schedule import Array
from core.engine.steps import Steps, split, steps_of
from core.engine.timeline import Record, Window, anchor_of
from core.errors import ModelError

Index = NDArray[np.intp]

_ROW_TERMS = 46  # Poisson(16 x 0.6), the longest sum over steps of the ladder, is below 1e-18 beyond this
_IMPLAUSIBLE = 1e13
_MOST_NUMBERS = 1_000_000  # times x states x rows kept at once for a patient; memory grows with it


class Linear:
    """Propagation of a batch of patients through segments of constant linear rates.

    Patients must share the times of their inputs (group them first where lag or duration differ).
    """

    def __init__(self, layout: Layout, rates: tuple[Array, ...], batch: int) -> None:
        self._layout = layout
        self._rates = rates
        self._batch = batch

    def run(self, window: Window, start: Array, area: Array, record: Record) -> tuple[Array, Array]:
        """Fill the record; amounts (n, B) and areas (I, B) at the start of the window in, those at its end out."""
        index = anchor_of(window, record.times, record.after)
        steps, ladder = self._prepare(window, record.times, index)
        layout, kept = self._layout, list(self._layout.kept)
        wanted = [layout.at(state) for state in record.states]
        wanted += [len(kept) + offset for offset in range(len(record.integrals))]
        extended, values = self._solve(window, steps, ladder, np.concatenate([start[kept], area]), wanted)
        record.amounts[:], record.areas[:] = values[: len(record.states)], values[len(record.states) :]
        end = np.zeros_like(start)
        end[kept] = extended[: len(kept)]
        return end, extended[len(kept) : len(kept) + len(area)]

    def _solve(
        self, window: Window, steps: Steps, ladder: Ladder, start: Array, wanted: list[int]
    ) -> tuple[Array, Array]:
        """Extended states (n, B) at the end of the window and the wanted ones at all times, (S, T, B)."""
        now = np.zeros((self._layout.size, self._batch))
        now[: len(start)] = start
        most = max(1, _MOST_NUMBERS // max(1, len(steps.row) * self._layout.size))
        parts = [wanted[low : low + most] for low in range(0, len(wanted), most)] or [[]]
        if kernel.available():
            weights = row_weights(steps)
            solved = [linear_kernel.run(self._layout, window, steps, ladder, now, part, weights) for part in parts]
            return solved[0][0], np.concatenate([values for _, values in solved])
        anchors, end = self._walk(window, steps, ladder, now)
        if not wanted or not len(steps.row):
            return end, np.zeros((len(wanted), len(steps.row), self._batch))
        return end, np.concatenate([self._read(part, steps, ladder, anchors) for part in parts])

    def rest(self, segment: int) -> Array:
        """Amounts (n, B) before anything is given: none."""
        return np.zeros((len(self._layout.graph.states), self._batch))

    def periodic(self, cycle: Window) -> Array:
        """Amounts (n, B) at the start of a cycle that repeats for ever, before its first dose.

        Raises:
            ModelError: something never leaves the body, so no steady state exists.
        """
        steps, ladder = self._prepare(cycle, np.empty(0), np.empty(0, dtype=np.intp))
        rest = self.rest(cycle.segment)
        kept = len(self._layout.kept)
        start = np.zeros((kept + len(self._layout.integrals), self._batch))
        end = self._solve(cycle, steps, ladder, start, [])[0][:kept].T[:, :, None]
        interval = cycle.end - float(cycle.time[0, 0])
        over = ladder.over(*split(interval, steps.h, exact=False))[:, :kept, :kept]
        try:
            balance = np.linalg.solve(np.eye(kept) - over, end)
        except np.linalg.LinAlgError:
            balance = np.full((self._batch, kept, 1), np.inf)
        if not np.all(balance <= _IMPLAUSIBLE * max(float(end.max()), 1e-300)):
            raise ModelError("no steady state: the drug never leaves the body")
        rest[list(self._layout.kept)] = np.maximum(balance[:, :, 0].T, 0.0)
        return rest

    def _prepare(self, window: Window, times: Array, index: Index) -> tuple[Steps, Ladder]:
        A = self._layout.matrix(self._rates[window.segment], self._batch)
        fastest = float(-A.reshape(self._batch, -1)[:, :: self._layout.size + 1].min())
        exponent = int(np.ceil(np.log2(max(fastest, 1e-6))))
        steps = steps_of(window.time[:, 0].tobytes(), window.end, times.tobytes(), index.tobytes(), exponent)
        return steps, Ladder(A, steps.h)

    def _walk(self, window: Window, steps: Steps, ladder: Ladder, start: Array) -> tuple[Array, Array]:
        """Extended states just after each anchor (B, n, K) and at the end of the window (n, B)."""
        layout = self._layout
        now = start.T[:, :, None].copy()
        anchors = np.empty((self._batch, layout.size, len(window.time)))
        drives = slice(len(layout.kept) + len(layout.integrals), layout.size)
        for k in range(len(window.time)):
            for port, state in enumerate(layout.ports):
                if state in layout.kept:
                    now[:, layout.at(state), 0] += window.bolus[k, port]
            if layout.driven:
                now[:, drives, 0] = window.rate[k].T
            anchors[:, :, k] = now[:, :, 0]
            if k < len(steps.events):
                now = ladder.step(now, *steps.events[k])
        return anchors, now[:, :, 0].T

    def _read(self, wanted: list[int], steps: Steps, ladder: Ladder, anchors: Array) -> Array:
        """Values of the wanted extended states at all times, (S, T, B)."""
        batch, size, kinds, used = self._batch, self._layout.size, len(wanted), anchors.shape[2]
        rows = self._rows(wanted, steps, ladder)
        count = rows.shape[1]
        if count * used <= 3 * len(steps.row):
            every = (rows.reshape(batch, count * kinds, size) @ anchors).reshape(batch, count, kinds, used)
            return np.asarray(every[:, steps.row, :, steps.anchor].transpose(2, 0, 1))
        values = np.empty((len(steps.row), batch, kinds))
        for k in np.unique(steps.anchor):
            here = steps.anchor == k
            product = rows[:, steps.row[here]].reshape(batch, -1, size) @ anchors[:, :, k, None]
            values[here] = product.reshape(batch, -1, kinds).transpose(1, 0, 2)
        return values.transpose(2, 0, 1)

    def _rows(self, wanted: list[int], steps: Steps, ladder: Ladder) -> Array:
        """Rows of e^(A t) for the wanted states at every distinct span, (B, U, S, n)."""
        batch, size, kinds = self._batch, self._layout.size, len(wanted)
        unit = np.zeros((batch, kinds, size))
        unit[:, np.arange(kinds), wanted] = 1.0
        if steps.starts.any():
            powers = np.empty((batch, _ROW_TERMS, kinds, size))
            powers[:, 0] = unit
            for term in range(1, _ROW_TERMS):
                np.matmul(powers[:, term - 1], ladder.chance, out=powers[:, term])
            weights = row_weights(steps)
            rows = (weights @ powers.reshape(batch, _ROW_TERMS, kinds * size)).reshape(batch, -1, kinds, size)
        else:
            rows = unit[:, None]
        for level, (same, multiplied) in enumerate(steps.levels):
            below = rows[:, multiplied].reshape(batch, -1, size) @ ladder.rung(steps.first_bit + level)
            rows = np.concatenate([rows[:, same], below.reshape(batch, -1, kinds, size)], axis=1)
        return rows


def row_weights(steps: Steps) -> Array:
    """How much each number of steps of the ladder counts for each fraction of the row step, (U, terms)."""
    if not steps.starts.any():
        return np.ones((1, 1))
    return np.array([poisson(REACH * start / steps.h, _ROW_TERMS) for start in steps.starts])
