"""Reading amounts and areas off the modes at any time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.engine import kernel
from core.engine.exponential import remaining
from core.engine.modes import Modes
from core.engine.responses import from_depot, from_depot_area, from_depot_second_area, one_integral, two_integrals
from core.engine.schedule import Array
from core.engine.timeline import Record, Window

Index = NDArray[np.intp]

# For so few patients one call over all times costs less than the loop over doses that saves exponentials.
_FEW = 6
_WORTH_A_CALL = 256
_APART = 1e-3  # from this product of rates' difference and time on, the difference of two exponentials keeps 13 digits


@dataclass(frozen=True)
class Anchors:
    """What holds just after each anchor of a window.

    `mode` (K, M, B) mg and `depot` (K, B) mg or None; `drive` (K, B) mg/h into the central state and `feed` (K, B)
    mg/h into the depot, None if nothing runs; `area` (K, M, B) and `depot_area` (K, B) mg*h since the window began.
    """

    mode: Array
    depot: Array | None
    drive: Array | None
    feed: Array | None
    area: Array | None = None
    depot_area: Array | None = None


def fill_amounts(modes: Modes, window: Window, anchors: Anchors, index: Index, record: Record, central: int) -> None:
    """Write the amounts asked for; `index` (T,) or (T, B) is the anchor each time belongs to."""
    for row, state in enumerate(record.states):
        if state != central:
            _fill_depot(modes, window, anchors, index, record, row)
        elif index.ndim == 1 and modes.decay.shape[1] > _FEW:
            _fill_central(modes, window, anchors, index, record.times, record.amounts[row])
        else:
            record.amounts[row] = _central_apart(modes, anchors, index, _since(window, index, record.times))


def _since(window: Window, index: Index, times: Array) -> Array:
    """Hours since the anchor: (T, 1) or (T, B)."""
    if index.ndim == 1:
        return np.asarray(np.maximum(times - window.time[index, 0], 0.0))[:, None]
    return np.maximum(times[:, None] - np.take_along_axis(window.time, index, axis=0), 0.0)


def _at(values: Array, index: Index) -> Array:
    """Values (K, B) at each time's anchor, (T, B)."""
    return np.asarray(values[index] if index.ndim == 1 else np.take_along_axis(values, index, axis=0))


def _fill_depot(modes: Modes, window: Window, anchors: Anchors, index: Index, record: Record, row: int) -> None:
    if anchors.depot is None or modes.absorption is None:
        return
    elapsed = _since(window, index, record.times)
    record.amounts[row] = _at(anchors.depot, index) * remaining(modes.absorption, elapsed)
    if anchors.feed is not None:
        record.amounts[row] += _at(anchors.feed, index) * one_integral(modes.absorption, elapsed)


def _fill_central(modes: Modes, window: Window, anchors: Anchors, index: Index, times: Array, filled: Array) -> None:
    """Where all patients share the anchors' times: block by block, and what equal spans have in common only once."""
    elapsed = _since(window, index, times)
    edges = np.flatnonzero(np.diff(index, prepend=-1)).tolist()
    blocks = list(zip(edges, [*edges[1:], len(times)], strict=True))
    # Spans that differ by rounding alone are the same span.
    scale = 8 * np.spacing(max(abs(times[-1]), abs(window.time[0, 0]), 1.0))
    table, position = None, index
    if len(blocks) > 1:
        unique, position = np.unique(np.round(elapsed[:, 0] / scale), return_inverse=True)
        if len(unique) <= 0.7 * len(times):
            table = _Responses(modes, anchors, (unique * scale)[:, None])
    if table is not None and _compiled_for(filled):
        _superpose(table.parts(anchors), position, index, filled)
        return
    for low, high in blocks:
        responses = table or _Responses(modes, anchors, elapsed[low:high])
        rows, k = (position[low:high] if table else np.arange(high - low)), int(index[low])
        parts = [(answers, weight[k : k + 1]) for answers, weight in responses.parts(anchors) if weight[k].any()]
        if _compiled_for(filled[low:high]):
            _superpose(parts, rows, np.zeros(high - low, dtype=np.intp), filled[low:high])
        else:
            _sum(parts, rows, filled[low:high])


def _compiled_for(out: Array) -> bool:
    """Whether the compiled sum can write to an array and is worth its call."""
    return kernel.available() and out.size >= _WORTH_A_CALL and out.strides[1] == out.itemsize


def _superpose(parts: list[tuple[Array, Array]], rows: Index, anchors: Index, out: Array) -> None:
    """Sum of table[rows] (t, B) times weight[anchors] (K, B) over the parts, written to `out` (t, B)."""
    shape = np.array([len(rows), len(parts), out.shape[1], out.strides[0] // out.itemsize], dtype=np.int32)
    tables = np.array([table.__array_interface__["data"][0] for table, _ in parts], dtype=np.uintp)
    weights = np.empty((max([1, *(len(weight) for _, weight in parts)]), len(parts), out.shape[1]))
    for j, (_, weight) in enumerate(parts):
        weights[:, j] = weight
    kernel.call("dosewright_superpose", [shape, tables, rows.astype(np.int32), anchors.astype(np.int32), weights, out])


def _sum(parts: list[tuple[Array, Array]], rows: Index, out: Array) -> None:
    """The same for weights (1, B) that hold at every time."""
    chosen = _as_slice(rows)
    # Sums are made where the cache is, and written once to the rows of all patients, which lie far apart.
    total = np.zeros(out.shape)
    for table, weight in parts:
        total += table[chosen] * weight
    out[:] = total


def _as_slice(rows: Index) -> slice | Index:
    """A slice where the rows follow one another, so that no copy is made."""
    if rows[-1] - rows[0] == len(rows) - 1 and (np.diff(rows) == 1).all():
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


class _Responses:
    """Answers of the central amount to 1 mg in each mode and in the depot at some spans (U, 1), each (U, B)."""

    def __init__(self, modes: Modes, anchors: Anchors, elapsed: Array) -> None:
        self._modes = modes
        self._elapsed = elapsed
        self.shrink = [remaining(decay, elapsed) for decay in modes.decay]
        self._depot: Array | None = None
        self._feed: Array | None = None
        self._drive: Array | None = None
        if anchors.depot is not None and anchors.depot.any():
            self._depot = self._of_depot()

    def _of_depot(self) -> Array:
        ka = self._modes.absorption
        assert ka is not None
        given = self._elapsed[self._elapsed > 0]
        first = given.min() if given.size else 0.0
        left: Array | None = None
        total: Array | None = None
        for share, decay, shrink in zip(self._modes.share, self._modes.decay, self.shrink, strict=True):
            gap = ka - decay
            if np.abs(gap).min() * first >= _APART:
                left = remaining(ka, self._elapsed) if left is None else left
                part = shrink - left
                part *= share * ka / gap
            else:
                slow = shrink if (gap >= 0).all() else remaining(np.minimum(ka, decay), self._elapsed)
                part = one_integral(np.abs(gap), self._elapsed)
                part *= share * ka
                part *= slow
            total = part if total is None else np.add(total, part, out=total)
        assert total is not None
        return total

    def parts(self, anchors: Anchors) -> list[tuple[Array, Array]]:
        """Tables (U, B), and the weights (K, B) that the state at each anchor gives them."""
        parts = [(shrink, anchors.mode[:, m]) for m, shrink in enumerate(self.shrink)]
        if self._depot is not None and anchors.depot is not None:
            parts.append((self._depot, anchors.depot))
        if anchors.drive is not None and anchors.drive.any():
            if self._drive is None:
                pairs = zip(self._modes.share, self._modes.decay, strict=True)
                self._drive = np.asarray(sum(share * one_integral(decay, self._elapsed) for share, decay in pairs))
            parts.append((self._drive, anchors.drive))
        if anchors.feed is not None and anchors.feed.any():
            if self._feed is None:
                self._feed = from_depot_area(self._modes, self._elapsed[:, None]).sum(axis=1)
            parts.append((self._feed, anchors.feed))
        return parts


def _central_apart(modes: Modes, anchors: Anchors, index: Index, elapsed: Array) -> Array:
    """Where lag or duration differ, so that every patient has anchors of its own; (T, B)."""
    total = np.zeros((len(elapsed), modes.decay.shape[1]))
    for m, decay in enumerate(modes.decay):
        total += _at(anchors.mode[:, m], index) * remaining(decay, elapsed)
    span = elapsed[:, None]
    if anchors.drive is not None:
        total += _at(anchors.drive, index) * (modes.share * one_integral(modes.decay, span)).sum(axis=1)
    if anchors.depot is not None and anchors.depot.any():
        total += _at(anchors.depot, index) * from_depot(modes, span).sum(axis=1)
    if anchors.feed is not None:
        total += _at(anchors.feed, index) * from_depot_area(modes, span).sum(axis=1)
    return total


def area_gained(
    modes: Modes, elapsed: Array, mode: Array, depot: Array | None, drive: Array | None, feed: Array | None
) -> tuple[Array, Array | None]:
    """Areas gained over `elapsed` (..., 1, B) h by the modes (..., M, B) and by the depot (..., B)."""
    gained = mode * one_integral(modes.decay, elapsed)
    if drive is not None:
        gained += drive[..., None, :] * modes.share * two_integrals(modes.decay, elapsed)
    if depot is None or modes.absorption is None:
        return gained, None
    span = elapsed[..., 0, :]
    gained += depot[..., None, :] * from_depot_area(modes, elapsed)
    depot_gained = depot * one_integral(modes.absorption, span)
    if feed is not None:
        gained += feed[..., None, :] * from_depot_second_area(modes, elapsed)
        depot_gained += feed * two_integrals(modes.absorption, span)
    return gained, depot_gained


def fill_areas(modes: Modes, window: Window, anchors: Anchors, index: Index, record: Record, central: int) -> None:
    """Write the integrals since the start of the window."""
    assert anchors.area is not None
    elapsed = _since(window, index, record.times)[:, None, :]
    if index.ndim == 1:
        mode, area = anchors.mode[index], anchors.area[index]
    else:
        mode = np.take_along_axis(anchors.mode, index[:, None, :], axis=0)
        area = np.take_along_axis(anchors.area, index[:, None, :], axis=0)
    depot, drive, feed = (
        None if values is None else _at(values, index) for values in (anchors.depot, anchors.drive, anchors.feed)
    )
    gained, depot_gained = area_gained(modes, elapsed, mode, depot, drive, feed)
    for row, state in enumerate(record.integrals):
        if state == central:
            record.areas[row] = (area + gained).sum(axis=1)
        elif depot_gained is not None and anchors.depot_area is not None:
            record.areas[row] = _at(anchors.depot_area, index) + depot_gained
