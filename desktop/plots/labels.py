"""Names written beside their curves: each where it hides the least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_GAP = 5.0
_PLACES = 18
_OUTSIDE = 1e6
_ON_LABEL = 1e4
_ON_BAND = 0.5


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels, y downwards."""

    left: float
    top: float
    width: float
    height: float

    def overlaps(self, other: Box) -> bool:
        """Whether two rectangles touch."""
        apart = (
            self.left > other.left + other.width
            or other.left > self.left + self.width
            or self.top > other.top + other.height
            or other.top > self.top + self.height
        )
        return not apart

    def hits(self, x: Array, y: Array) -> int:
        """How many points lie inside."""
        inside = (x >= self.left) & (x <= self.left + self.width) & (y >= self.top) & (y <= self.top + self.height)
        return int(inside.sum())


@dataclass(frozen=True, eq=False)
class Wanted:
    """A label to place: its size and its curve's median and edges in pixels."""

    width: float
    height: float
    x: Array
    median: Array
    low: Array
    high: Array


def place(
    wanted: Wanted,
    area: Box,
    lines: Sequence[tuple[Array, Array]],
    taken: Sequence[Box],
    own_lines: Sequence[tuple[Array, Array]],
) -> Box:
    """Find the place above or below the label's own band where it covers the fewest points and no other label.

    Args:
        wanted: the label.
        area: the plot.
        lines: every median and level as points in pixels.
        taken: boxes of labels already placed.
        own_lines: edges of bands, which weigh less.
    """
    if not len(wanted.x):
        return Box(area.left, area.top, wanted.width, wanted.height)
    best, best_cost = Box(area.left, area.top, wanted.width, wanted.height), np.inf
    for index in np.unique(np.linspace(0, len(wanted.x) - 1, _PLACES).astype(int)):
        left = float(wanted.x[index]) - wanted.width / 2
        for top in (float(wanted.high[index]) - wanted.height - _GAP, float(wanted.low[index]) + _GAP):
            box = Box(left, top, wanted.width, wanted.height)
            cost = _cost(box, area, lines, taken, own_lines)
            if cost < best_cost:
                best, best_cost = box, cost
    return best


def _cost(
    box: Box,
    area: Box,
    lines: Sequence[tuple[Array, Array]],
    taken: Sequence[Box],
    own_lines: Sequence[tuple[Array, Array]],
) -> float:
    cost = 0.0
    outside = (
        box.left < area.left
        or box.left + box.width > area.left + area.width
        or box.top < area.top
        or box.top + box.height > area.top + area.height
    )
    cost += _OUTSIDE if outside else 0.0
    cost += _ON_LABEL * sum(box.overlaps(other) for other in taken)
    cost += sum(box.hits(x, y) for x, y in lines)
    return cost + _ON_BAND * sum(box.hits(x, y) for x, y in own_lines)
