"""What one curve of a plot looks like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt

from core.infer.prediction import Curve
from desktop import theme

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """Colour and line; shape, not colour alone, tells the curves apart."""

    colour: str
    line: Qt.PenStyle = Qt.PenStyle.SolidLine
    fill: int = 60  # opacity of the band; 0: dotted edges instead
    edges: bool = False


PRIOR = Look(theme.PRIOR, Qt.PenStyle.DashLine, fill=0, edges=True)
INDIVIDUAL = Look(theme.INDIVIDUAL)
PROPOSED = Look(theme.PROPOSED)


@dataclass(frozen=True, eq=False)
class Series:
    """A named curve with its band."""

    key: str
    label: str
    look: Look
    times: Array
    median: Array
    low: Array
    high: Array

    def value_at(self, time: float) -> tuple[float, float, float] | None:
        """Median, low and high at a time; None outside the curve."""
        if not len(self.times) or not self.times[0] <= time <= self.times[-1]:
            return None
        median, low, high = (
            float(np.interp(time, self.times, values)) for values in (self.median, self.low, self.high)
        )
        return median, low, high


def series_of(
    curve: Curve, label: str, look: Look, *, after: float | None = None, before: float | None = None, key: str = ""
) -> Series:
    """Cut a curve to the times it speaks about."""
    keep = np.ones(len(curve.times), dtype=bool)
    if after is not None:
        keep &= curve.times >= after - 1e-9
    if before is not None:
        keep &= curve.times <= before + 1e-9
    parts = (curve.times[keep], curve.median[keep], curve.low[keep], curve.high[keep])
    return Series(key or curve.source.value, label, look, *parts)
