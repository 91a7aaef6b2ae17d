"""The plot of a report, drawn as vectors from the arrays the window draws; line shapes carry the meaning in grey."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.infer.prediction import Curve, PredictionSource
from core.report.phrase import Phrase, Said, Word
from core.report.picture import Dot, Picture
from core.report.typeface import runs
from core.units import format_dose, format_number

Array = NDArray[np.float64]
Speak = Callable[[Said], str]

INK, MUTED, GRID = "#1B2430", "#52606D", "#D5DADF"
TARGET_FILL, TARGET_EDGE, TARGET_TEXT = "#E3F3EC", "#009E73", "#00563F"
LINES = {
    PredictionSource.PRIOR: ("#6B7280", "", 0.9, (4, 2)),
    PredictionSource.INDIVIDUAL: ("#0072B2", "#CFE3F0", 1.3, ()),
    PredictionSource.PROPOSED: ("#B34700", "#F3DCCB", 1.3, (9, 1.5)),
}
_LEFT, _RIGHT, _TOP, _BOTTOM, _STRIP = 32.0, 6.0, 6.0, 24.0, 22.0
_SIZE = 6.5
_HOUR_STEPS = (
    1,
    2,
    3,
    4,
    6,
    12,
    24,
    48,
    72,
    96,
    120,
    168,
    240,
    336,
    504,
    672,
    1344,
    2688,
    5376,
    8760,
    17520,
    43800,
    87600,
)
_MOST_TICKS = 12


def nice_step(span: float, most: int) -> float:
    """The smallest 1-2-5 step that needs at most `most` ticks."""
    raw = span / most
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= raw * (1 - 1e-9))


@dataclass
class PlotDrawing:
    """Draws one picture into a box of a canvas."""

    picture: Picture
    speak: Speak
    canvas: Any
    width: float
    height: float
    _labels: list[tuple[float, float, float, float]] = field(default_factory=list)

    def draw(self) -> None:
        """Draw all of it, the target under the curves, the dots above them."""
        self._axes()
        self._inside(self._target)
        for curve in self.picture.curves:
            self._inside(lambda curve=curve: self._curve(curve))  # type: ignore[misc]
        self._present()
        self._name_target()
        for dot in self.picture.dots:
            self._dot(dot)
        self._name_curves()
        self._doses()

    @property
    def _start(self) -> float:
        return float(min(0.0, *(curve.times[0] for curve in self.picture.curves)))

    @property
    def _end(self) -> float:
        return float(max(self._start + 1.0, *(curve.times[-1] for curve in self.picture.curves)))

    @property
    def _peak(self) -> float:
        tops = [float(np.max(curve.high)) for curve in self.picture.curves]
        tops += [dot.value for dot in self.picture.dots] + [end for end in self.picture.band if end is not None]
        return max(tops) * 1.08 or 1.0

    def _x(self, time: Array | float) -> Array:
        share = (np.asarray(time, dtype=float) - self._start) / (self._end - self._start)
        return np.asarray(_LEFT + share * (self.width - _LEFT - _RIGHT))

    def _y(self, value: Array | float) -> Array:
        room = self.height - _BOTTOM - _STRIP - _TOP
        return np.asarray(_BOTTOM + _STRIP + np.asarray(value, dtype=float) / self._peak * room)

    def _inside(self, paint: Callable[[], None]) -> None:
        """Paint with everything outside the axes cut away."""
        canvas = self.canvas
        canvas.saveState()
        frame = canvas.beginPath()
        floor = float(self._y(0.0))
        frame.rect(_LEFT, floor, self.width - _LEFT - _RIGHT, self.height - _TOP - floor)
        canvas.clipPath(frame, stroke=0, fill=0)
        paint()
        canvas.restoreState()

    def _text(
        self, x: float, y: float, text: str, *, colour: str = MUTED, align: str = "left", bold: bool = False
    ) -> None:
        pieces = runs(text, bold=bold)
        total = sum(self.canvas.stringWidth(part, font, _SIZE) for font, part in pieces)
        x -= {"left": 0.0, "centre": total / 2, "right": total}[align]
        writer = self.canvas.beginText(x, y)
        writer.setFillColor(colour)
        for font, part in pieces:
            writer.setFont(font, _SIZE)
            writer.textOut(part)
        self.canvas.drawText(writer)

    def _line(
        self, x0: float, y0: float, x1: float, y1: float, colour: str, width: float, dash: tuple[float, ...] = ()
    ) -> None:
        self.canvas.setStrokeColor(colour)
        self.canvas.setLineWidth(width)
        self.canvas.setDash(list(dash))
        self.canvas.line(x0, y0, x1, y1)

    def _axes(self) -> None:
        right, floor = self.width - _RIGHT, float(self._y(0.0))
        step = nice_step(self._peak, 6)
        for index in range(int(self._peak / step) + 1):
            y = float(self._y(index * step))
            self._line(_LEFT, y, right, y, INK if index == 0 else GRID, 0.5)
            self._text(_LEFT - 3, y - 2.2, format_number(index * step, 4), align="right")
        hours = next((one for one in _HOUR_STEPS if (self._end - self._start) / one <= _MOST_TICKS), _HOUR_STEPS[-1])
        for tick in range(math.ceil(self._start / hours), int(self._end / hours) + 1):
            x = float(self._x(tick * hours))
            self._line(x, floor, x, self.height - _TOP, GRID, 0.4)
            self._text(x, _BOTTOM - 9, str(tick * hours), align="centre")
        self._line(_LEFT, floor, _LEFT, self.height - _TOP, INK, 0.5)
        self._text((_LEFT + right) / 2, 2, self.speak(self.picture.axis), align="centre")

    def _target(self) -> None:
        low, high = self.picture.band
        if low is None and high is None:
            return
        bottom = float(self._y(0.0 if low is None else low))
        top = float(self._y(self._peak if high is None else high))
        self.canvas.setFillColor(TARGET_FILL)
        self.canvas.rect(_LEFT, bottom, self.width - _LEFT - _RIGHT, top - bottom, stroke=0, fill=1)
        for end in self.picture.band:
            if end is not None:
                y = float(self._y(end))
                self._line(_LEFT, y, self.width - _RIGHT, y, TARGET_EDGE, 0.8, (3, 2))

    def _name_target(self) -> None:
        """Name the band on a light ground, so that curves behind do not cut the words."""
        ends = [end for end in self.picture.band if end is not None]
        if not ends:
            return
        text = self.speak(self.picture.band_text)
        width = sum(self.canvas.stringWidth(part, font, _SIZE) for font, part in runs(text))
        y = float(self._y(max(ends))) + 2
        self.canvas.setFillColor("#FFFFFF")
        self.canvas.rect(_LEFT + 2, y - 1.5, width + 2, 8, stroke=0, fill=1)
        self._place(_LEFT + 3, y, text, TARGET_TEXT)

    def _curve(self, curve: Curve) -> None:
        colour, fill, width, dash = LINES[curve.source]
        if fill:
            self.canvas.setFillColor(fill)
            edge_times = np.concatenate([curve.times, curve.times[::-1]])
            path = self._path(edge_times, np.concatenate([curve.high, curve.low[::-1]]))
            path.close()
            self.canvas.drawPath(path, stroke=0, fill=1)
        else:
            for edge in (curve.low, curve.high):
                self._stroke(self._path(curve.times, edge), colour, 0.6, (0.8, 1.6))
        self._stroke(self._path(curve.times, curve.median), colour, width, dash)

    def _path(self, times: Array, values: Array) -> Any:
        path = self.canvas.beginPath()
        points = list(zip(self._x(times).tolist(), self._y(values).tolist(), strict=True))
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        return path

    def _stroke(self, path: Any, colour: str, width: float, dash: tuple[float, ...]) -> None:
        self.canvas.setStrokeColor(colour)
        self.canvas.setLineWidth(width)
        self.canvas.setDash(list(dash))
        self.canvas.setLineJoin(1)
        self.canvas.drawPath(path, stroke=1, fill=0)

    def _present(self) -> None:
        x = float(self._x(self.picture.now))
        if x > self.width - _RIGHT:
            return
        self._line(x, _BOTTOM, x, self.height - _TOP, INK, 0.7, (1, 2))
        self._place(x + 2, self.height - _TOP - 7, self.speak(Phrase("report_plot_now")), INK)

    def _dot(self, dot: Dot) -> None:
        x, y = float(self._x(dot.time)), float(self._y(dot.value))
        self.canvas.setDash([])
        self.canvas.setLineWidth(0.8)
        self.canvas.setStrokeColor(INK if not dot.used or dot.below_limit else "#FFFFFF")
        self.canvas.setFillColor(INK if dot.used and not dot.below_limit else "#FFFFFF")
        if dot.below_limit:
            path = self.canvas.beginPath()
            path.moveTo(x - 2.6, y + 2.2)
            path.lineTo(x + 2.6, y + 2.2)
            path.lineTo(x, y - 2.4)
            path.close()
            self.canvas.drawPath(path, stroke=1, fill=1)
        else:
            self.canvas.circle(x, y, 2.6, stroke=1, fill=1)

    def _place(self, x: float, y: float, text: str, colour: str) -> None:
        """Write a name beside a curve; where another one stands, one line lower or higher."""
        width = sum(self.canvas.stringWidth(part, font, _SIZE) for font, part in runs(text))
        x = min(x, self.width - _RIGHT - width)
        floor, ceiling = float(self._y(0.0)) + 2, self.height - _TOP - 7
        spots = [min(max(y + shift * 8.0, floor), ceiling) for shift in (0, 1, -1, 2, -2, 3, -3, 4, -4)]
        spot = next((one for one in spots if not self._taken(x, one, width)), spots[0])
        self._labels.append((x, spot, width, 7.5))
        self._text(x, spot, text, colour=colour)

    def _taken(self, x: float, y: float, width: float) -> bool:
        return any(
            x < left + wide and left < x + width and y < low + tall and low < y + 7.5
            for left, low, wide, tall in self._labels
        )

    def _name_curves(self) -> None:
        for curve, share in zip(self.picture.curves, (0.04, 0.3, 0.78), strict=False):
            wanted = self._start + share * (self._end - self._start)
            index = int(np.argmin(np.abs(curve.times - wanted)))
            near = slice(index, index + max(2, len(curve.times) // 12))
            top = float(self._y(float(np.max(curve.high[near]))))
            name = self.speak(Word("curve", curve.source.value))
            self._place(float(self._x(curve.times[index])), top + 2, name, LINES[curve.source][0])

    def _doses(self) -> None:
        base = _BOTTOM
        self._line(_LEFT, base, self.width - _RIGHT, base, INK, 0.5)
        last: tuple[float, bool] | None = None
        free = _LEFT
        for bar in self.picture.bars:
            x = float(self._x(bar.time))
            wide = max(1.6, float(self._x(bar.time + bar.duration)) - x)
            colour = LINES[PredictionSource.PROPOSED][0] if bar.planned else MUTED
            self.canvas.setDash([])
            self.canvas.setLineWidth(0.6)
            self.canvas.setStrokeColor(colour)
            self.canvas.setFillColor("#FFFFFF" if bar.planned else colour)
            self.canvas.rect(x, base, wide, 8, stroke=1, fill=1)
            text = format_dose(bar.amount)
            if (bar.amount, bar.planned) != last and x >= free:
                self._text(x, base + 10, text, colour=colour)
                free = x + sum(self.canvas.stringWidth(part, font, _SIZE) for font, part in runs(text)) + 3
                last = (bar.amount, bar.planned)
