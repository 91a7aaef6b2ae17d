"""Points on logarithmic axes, drawn as vectors: filled where the study was fitted, open where it was held out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.report.typeface import runs
from core.units import format_number

_INK, _MUTED, _GRID, _FITTED, _HELD = "#1B2430", "#52606D", "#D5DADF", "#0072B2", "#B34700"
_LEFT, _RIGHT, _TOP, _BOTTOM, _SIZE, _DOT = 34.0, 6.0, 12.0, 24.0, 6.0, 1.5
_FOLDS = (0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Scatter:
    """Positive points (x, y, fitted) and their words; `diagonal`: the folds are of y over x, else of y itself."""

    points: Sequence[tuple[float, float, bool]]
    title: str
    x_label: str
    y_label: str
    diagonal: bool

    def draw(self, canvas: Any, width: float, height: float) -> None:
        """Draw into a box whose lower left corner is the canvas's origin."""
        box = _Box(canvas, width, height, *self._frame())
        box.axes(self.title, self.x_label, self.y_label)
        box.folds(diagonal=self.diagonal)
        for point in self.points:
            box.dot(*point)

    def _frame(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Whole decades that hold every point; both axes alike on a diagonal, else ten-fold either way at least."""
        xs, ys = ([point[axis] for point in self.points] for axis in (0, 1))
        if self.diagonal:
            return _decades([*xs, *ys]), _decades([*xs, *ys])
        return _decades(xs), _decades([*ys, 0.1, 10.0])


@dataclass(frozen=True)
class _Box:
    canvas: Any
    width: float
    height: float
    x_range: tuple[int, int]  # decades
    y_range: tuple[int, int]

    def x(self, value: float) -> float:
        low, high = self.x_range
        return _LEFT + (math.log10(value) - low) / (high - low) * (self.width - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        low, high = self.y_range
        return _BOTTOM + (math.log10(value) - low) / (high - low) * (self.height - _BOTTOM - _TOP)

    def axes(self, title: str, x_label: str, y_label: str) -> None:
        right, top = self.width - _RIGHT, self.height - _TOP
        self._pen(_GRID, 0.4)
        for decade in range(self.x_range[0], self.x_range[1] + 1):
            x = self.x(10.0**decade)
            self.canvas.line(x, _BOTTOM, x, top)
            self._text(x, _BOTTOM - 8, format_number(10.0**decade, 3), 0.5)
        for decade in range(self.y_range[0], self.y_range[1] + 1):
            y = self.y(10.0**decade)
            self.canvas.line(_LEFT, y, right, y)
            self._text(_LEFT - 3, y - 2, format_number(10.0**decade, 3), 1.0)
        self._text(_LEFT, top + 4, title, 0.0)
        self._text((_LEFT + right) / 2, 4, x_label, 0.5)
        self.canvas.saveState()
        self.canvas.rotate(90)
        self._text((_BOTTOM + top) / 2, -7, y_label, 0.5)
        self.canvas.restoreState()

    def folds(self, *, diagonal: bool) -> None:
        """Lines of equality and of two-fold error, cut to the box."""
        canvas = self.canvas
        canvas.saveState()
        frame = canvas.beginPath()
        frame.rect(_LEFT, _BOTTOM, self.width - _LEFT - _RIGHT, self.height - _TOP - _BOTTOM)
        canvas.clipPath(frame, stroke=0, fill=0)
        low, high = (10.0**decade for decade in self.x_range)
        for fold in _FOLDS:
            self._pen(_INK, 0.7 if fold == 1.0 else 0.5, () if fold == 1.0 else (3, 2))
            ends = (low * fold, high * fold) if diagonal else (fold, fold)
            canvas.line(self.x(low), self.y(ends[0]), self.x(high), self.y(ends[1]))
        canvas.restoreState()

    def dot(self, x: float, y: float, fitted: bool) -> None:
        self._pen(_FITTED if fitted else _HELD, 0.5)
        self.canvas.setFillColor(_FITTED)
        self.canvas.circle(self.x(x), self.y(y), _DOT, stroke=1, fill=int(fitted))

    def _pen(self, colour: str, width: float, dash: tuple[float, ...] = ()) -> None:
        self.canvas.setStrokeColor(colour)
        self.canvas.setLineWidth(width)
        self.canvas.setDash(list(dash))

    def _text(self, x: float, y: float, text: str, share_left: float) -> None:
        pieces = runs(text)
        x -= share_left * sum(self.canvas.stringWidth(part, font, _SIZE) for font, part in pieces)
        writer = self.canvas.beginText(x, y)
        writer.setFillColor(_MUTED)
        for font, part in pieces:
            writer.setFont(font, _SIZE)
            writer.textOut(part)
        self.canvas.drawText(writer)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)
