"""Axes: hours after the first dose or clock times; values without prefixes that would rescale units."""

from __future__ import annotations

import datetime as dt
import math

import pyqtgraph as pg

from core.units import format_number
from desktop import theme
from desktop.case.times import MONTHS
from desktop.language import LANGUAGE

_STEPS = (0.25, 0.5, 1.0, 2.0, 4.0, 6.0, 12.0, 24.0, 48.0, 72.0, 168.0, 336.0, 672.0)
_PIXELS_PER_TICK = 74
_DAY = 24.0
LEFT_WIDTH = 54


class TimeAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Hours after the first dose, or the clock."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.start: dt.datetime | None = None
        self.by_clock = True
        self.enableAutoSIPrefix(False)
        _style(self)

    def show_times(self, start: dt.datetime | None, *, by_clock: bool) -> None:
        """Choose what the ticks say."""
        self.start, self.by_clock = start, by_clock
        self.picture = None
        self.update()

    @property
    def _clock(self) -> bool:
        return self.by_clock and self.start is not None

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:  # noqa: N802 pyqtgraph's name
        """Ticks at round hours, in clock mode at round hours of the day."""
        step = next((s for s in _STEPS if (maxVal - minVal) / s * _PIXELS_PER_TICK <= max(size, 1)), _STEPS[-1])
        offset = 0.0
        if self._clock:
            assert self.start is not None
            since_midnight = self.start.hour + self.start.minute / 60
            offset = -since_midnight % min(step, _DAY)
        first = math.ceil((minVal - offset) / step) * step + offset
        count = max(0, math.floor((maxVal - first) / step) + 1)
        return [(step, [first + i * step for i in range(count)])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802 pyqtgraph's name
        """Words of the ticks."""
        if not self._clock:
            return [format_number(round(value, 3)) for value in values]
        assert self.start is not None
        return [self._clock_text(self.start + dt.timedelta(hours=value), spacing) for value in values]

    @staticmethod
    def _clock_text(moment: dt.datetime, spacing: float) -> str:
        if (moment.hour == 0 and moment.minute == 0) or spacing >= _DAY:
            return f"{moment:%m-%d}" if LANGUAGE.is_chinese else f"{moment.day:02d}-{MONTHS[moment.month - 1]}"
        return f"{moment:%H:%M}"


class ValueAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Values in the unit named above the plot; on the log scale the powers of ten and their 2 and 5."""

    def __init__(self) -> None:
        super().__init__("left")
        self.logarithmic = False
        self.enableAutoSIPrefix(False)
        self.setWidth(LEFT_WIDTH)
        _style(self)

    def show_scale(self, *, logarithmic: bool) -> None:
        """Choose the scale."""
        self.logarithmic = logarithmic
        self.picture = None
        self.update()

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:  # noqa: N802 pyqtgraph's name
        """Round ticks."""
        if self.logarithmic:
            powers = range(math.floor(minVal), math.ceil(maxVal) + 1)
            ticks = [power + math.log10(part) for power in powers for part in (1, 2, 5)]
            return [(1.0, [tick for tick in ticks if minVal <= tick <= maxVal])]
        span = max(maxVal - minVal, 1e-300)
        raw = span / max(2, size / 44)
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
        first = math.ceil(minVal / step)
        return [(step, [i * step for i in range(first, math.floor(maxVal / step) + 1)])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802 pyqtgraph's name
        """Words of the ticks."""
        return [format_number(10.0**value if self.logarithmic else value, 6) for value in values]


def _style(axis: pg.AxisItem) -> None:
    axis.setPen(pg.mkPen(theme.FIELD_BORDER))
    axis.setTextPen(pg.mkPen(theme.MUTED))
    axis.setStyle(tickLength=-4, tickTextOffset=4)
