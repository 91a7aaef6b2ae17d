"""Superposition by mode: exact propagation of one to three compartments, vectorised over patients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.engine.exponential import lost, remaining
from core.engine.graph import Graph
from core.engine.modal_record import Anchors, area_gained, fill_amounts, fill_areas
from core.engine.modes import Modes
from core.engine.responses import from_depot, from_depot_area, one_integral
from core.engine.schedule import Array
from core.engine.timeline import Record, Window, anchor_of
from core.errors import ModelError


class Modal:
    """Exact propagation of a batch of patients whose segments have closed-form modes.

    Inputs go into the central state or the depot; the record asks for these two only.
    """

    def __init__(self, graph: Graph, modes: list[Modes], ports: list[int], with_areas: bool) -> None:
        structure = graph.mammillary
        assert structure is not None
        self._modes = modes
        self._with_areas = with_areas
        self._central = graph.index(structure.central)
        self._depot = None if structure.depot is None else graph.index(structure.depot)
        self._outer = [graph.index(name) for name, _, _ in structure.peripherals]
        self._size = len(graph.states)
        self._into_central = ports.index(self._central) if self._central in ports else None
        self._into_depot = ports.index(self._depot) if self._depot in ports else None

    def run(self, window: Window, start: Array, area: Array, record: Record) -> tuple[Array, Array]:
        """Fill the record; amounts (n, B) and areas (I, B) at the start of the window in, those at its end out."""
        modes = self._modes[window.segment]
        anchors, end_mode, end_depot = self._advance(modes, window, start)
        if len(record.times):
            index = anchor_of(window, record.times, record.after)
            fill_amounts(modes, window, anchors, index, record, self._central)
            if self._with_areas:
                fill_areas(modes, window, anchors, index, record, self._central)
                record.areas[:] += area[:, None, :]
        if self._with_areas and np.isfinite(window.end):
            area = area + self._areas_at_end(modes, window, anchors, record)
        return self._amounts(modes, end_mode, end_depot), area

    def rest(self, segment: int) -> Array:
        """Amounts (n, B) before anything is given: none."""
        return np.zeros((self._size, self._modes[segment].decay.shape[1]))

    def periodic(self, cycle: Window) -> Array:
        """Amounts (n, B) at the start of a cycle that repeats for ever, before its first dose.

        Raises:
            ModelError: something never leaves the body, so no steady state exists.
        """
        modes = self._modes[cycle.segment]
        if np.any(modes.decay <= 0) or (self._into_depot is not None and np.any(modes.absorption == 0)):
            raise ModelError("no steady state: the drug never leaves the body")
        _, mode, depot = self._advance(modes, cycle, self.rest(cycle.segment))
        interval = cycle.end - cycle.time[0]
        if depot is not None and modes.absorption is not None:
            kept = np.where(modes.absorption > 0, -lost(modes.absorption, interval), 1.0)
            depot = depot / kept
            mode = mode + depot * from_depot(modes, interval[None, None])[0]
        return self._amounts(modes, mode / -lost(modes.decay, interval), depot)

    def _modes_at(self, modes: Modes, amounts: Array) -> Array:
        return np.asarray(
            modes.share * amounts[self._central] + np.einsum("pmb,pb->mb", modes.back, amounts[self._outer])
        )

    def _amounts(self, modes: Modes, mode: Array, depot: Array | None) -> Array:
        amounts = np.empty((self._size, mode.shape[1]))
        amounts[self._central] = mode.sum(axis=0)
        amounts[self._outer] = np.einsum("pmb,mb->pb", modes.outer, mode)
        if self._depot is not None:
            amounts[self._depot] = 0.0 if depot is None else depot
        return amounts

    def _advance(self, modes: Modes, window: Window, amounts: Array) -> tuple[Anchors, Array, Array | None]:
        """Follow modes and depot from anchor to anchor and to the end of the window (if it has one)."""
        elapsed = _spans(window)
        span, same = _distinct(elapsed)
        shrink = remaining(modes.decay, span)[same]
        drive = _running(window, self._into_central)
        feed = _running(window, self._into_depot)
        added = np.zeros(shrink.shape)
        if drive is not None:
            added += (drive[:, None] * modes.share) * one_integral(modes.decay, span)[same]
        depot = end_depot = None
        now = self._modes_at(modes, amounts)
        if self._depot is not None and modes.absorption is not None and self._into_depot is not None:
            bolus = window.bolus[:, self._into_depot]
            depot, end_depot = _depot(modes.absorption, elapsed[:, 0], bolus, feed, amounts[self._depot])
            added += depot[:, None] * from_depot(modes, span)[same]
            if feed is not None:
                added += feed[:, None] * from_depot_area(modes, span)[same]
        mode = np.empty(shrink.shape)
        boluses = None if self._into_central is None else window.bolus[:, self._into_central, None] * modes.share
        for k in range(len(shrink)):
            mode[k] = now if boluses is None else now + boluses[k]
            now = mode[k] * shrink[k] + added[k]
        anchors = Anchors(mode, depot, drive, feed)
        return (self._with_area(modes, elapsed, anchors) if self._with_areas else anchors), now, end_depot

    def _with_area(self, modes: Modes, elapsed: Array, anchors: Anchors) -> Anchors:
        gained, from_depot_gained = area_gained(
            modes, elapsed, anchors.mode, anchors.depot, anchors.drive, anchors.feed
        )
        depot_area = None if from_depot_gained is None else _so_far(from_depot_gained)
        return Anchors(anchors.mode, anchors.depot, anchors.drive, anchors.feed, _so_far(gained), depot_area)

    def _areas_at_end(self, modes: Modes, window: Window, anchors: Anchors, record: Record) -> Array:
        last = np.array([len(window.time) - 1])
        end = np.zeros((len(record.integrals), 1, modes.decay.shape[1]))
        index = last if window.time.shape[1] == 1 else np.broadcast_to(last[:, None], (1, window.time.shape[1]))
        final = Record(np.array([window.end]), record.after, [], record.integrals, end[:0], end)
        fill_areas(modes, window, anchors, index, final, self._central)
        return end[:, 0]


def _so_far(gained: Array) -> Array:
    total = np.zeros_like(gained)
    np.cumsum(gained[:-1], axis=0, out=total[1:])
    return total


def _spans(window: Window) -> Array:
    """From each anchor to the next, and from the last to the end of the window if it has one; (K, 1, W) h."""
    end = window.end if np.isfinite(window.end) else window.time[-1].max()
    edges = np.concatenate([window.time, np.full((1, window.time.shape[1]), end)])
    return np.diff(edges, axis=0)[:, None, :]


def _distinct(elapsed: Array) -> tuple[Array, NDArray[np.intp] | slice]:
    """Spans that differ, and where each of the K spans is among them: a regimen repeats one interval."""
    if elapsed.shape[2] > 1 or len(elapsed) < 4:
        return elapsed, slice(None)
    unique, same = np.unique(np.round(elapsed[:, 0, 0], 12), return_inverse=True)
    return unique[:, None, None], same


def _running(window: Window, port: int | None) -> Array | None:
    if port is None or not window.rate[:, port].any():
        return None
    return window.rate[:, port]


def _depot(ka: Array, elapsed: Array, bolus: Array, feed: Array | None, start: Array) -> tuple[Array, Array]:
    """Depot amounts just after each anchor (K, B) and at the end (B,)."""
    shrink = remaining(ka, elapsed)
    fed = None if feed is None else feed * one_integral(ka, elapsed)
    depot = np.empty(shrink.shape)
    now = start
    for k in range(len(shrink)):
        depot[k] = now + bolus[k]
        now = depot[k] * shrink[k]
        if fed is not None:
            now = now + fed[k]
    return depot, now
