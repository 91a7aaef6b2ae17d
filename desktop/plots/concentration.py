"""Predicted concentration with the target, the measured levels and the present."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QWidget

from desktop import theme
from desktop.plots.band import Array
from desktop.plots.curve_plot import CurvePlot
from desktop.plots.labels import Box, Wanted, place

_LEAST_WIDTH = 50.0
_FAR = 1.6  # times the highest curve; a target further up would flatten the curves


@dataclass(frozen=True)
class LevelMark:
    """A measured level in the plot's unit, with one standard deviation of the residual error."""

    time: float
    value: float
    deviation: float
    used: bool
    below_limit: bool


@dataclass(frozen=True)
class TargetBand:
    """The target in the plot's unit; an open end is None."""

    low: float | None
    high: float | None
    label: str


class ConcentrationPlot(CurvePlot):
    """The main plot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.levels: tuple[LevelMark, ...] = ()
        self.target: TargetBand | None = None
        self._placed_target: Box | None = None
        pen = pg.mkPen(theme.TARGET, width=1.4, style=Qt.PenStyle.DashLine)
        fill = QColor(theme.TARGET_FILL)
        self._region = pg.LinearRegionItem(orientation="horizontal", brush=fill, pen=pen, movable=False)
        self._region.setZValue(-20)
        for line in self._region.lines:
            line.setHoverPen(pen)
        self._region.hide()
        self._target_label = _text(theme.TARGET_TEXT)
        self._now_label = _text(theme.INK)
        self.next_level: float | None = None
        self._next_label = _text(theme.PRIMARY)
        self._next_line = pg.InfiniteLine(angle=90, pen=pg.mkPen(theme.PRIMARY, style=Qt.PenStyle.DashLine))
        self._next_line.hide()
        self._bars = pg.PlotCurveItem(pen=pg.mkPen(theme.INK, width=1.3), connect="pairs", antialias=True)
        self._used = pg.ScatterPlotItem(size=10, brush=pg.mkBrush(theme.INK), pen=pg.mkPen("w", width=1.6))
        self._excluded = pg.ScatterPlotItem(size=9, brush=pg.mkBrush("w"), pen=pg.mkPen(theme.INK, width=1.4))
        self._below = pg.ScatterPlotItem(size=11, symbol="t", brush=None, pen=pg.mkPen(theme.INK, width=1.6))
        for item, depth in ((self._bars, 9), (self._used, 10), (self._excluded, 10), (self._below, 10)):
            item.setZValue(depth)
            self.addItem(item, ignoreBounds=True)
        for item in (self._region, self._target_label, self._now_label, self._next_line, self._next_label):
            self.addItem(item, ignoreBounds=True)

    def set_levels(self, levels: Sequence[LevelMark]) -> None:
        """Show the measured levels."""
        if tuple(levels) != self.levels:
            self.levels = tuple(levels)
            self._draw_levels()

    def set_target(self, target: TargetBand | None) -> None:
        """Show the target, or none where it is not a concentration."""
        if target != self.target:
            self.target = target
            self._draw_target()
            self._label_timer.start()

    def set_next_level(self, hours: float | None) -> None:
        """Mark when the next level would be worth taking; None: not at all."""
        self.next_level = hours
        self._next_line.setVisible(hours is not None)
        if hours is not None:
            self._next_line.setPos(hours)

    def set_next_level_label(self, text: str) -> None:
        """Name that mark."""
        self._next_label.setText(text)

    def set_now_label(self, text: str) -> None:
        """Name the line of the present."""
        self._now_label.setText(text)

    def redraw_extras(self) -> None:
        """Levels and target on the new scale."""
        self._draw_levels()
        self._draw_target()

    def extra_values(self) -> list[float]:
        """Levels with their bars, and the target where it is not far above the curves."""
        values = [level.value + level.deviation for level in self.levels]
        tops = [float(np.nanmax(one.high)) for one in self.series if len(one.high)]
        ends = (self.target.low, self.target.high) if self.target is not None else ()
        near = [end for end in ends if end is not None and (not tops or end <= _FAR * max(tops))]
        return [*values, *(1.05 * end for end in near)]

    def _draw_levels(self) -> None:
        plain = [level for level in self.levels if level.used and not level.below_limit]
        self._used.setData([one.time for one in plain], self.scaled(np.array([one.value for one in plain])))
        put_aside = [level for level in self.levels if not level.used]
        self._excluded.setData([one.time for one in put_aside], self.scaled(np.array([one.value for one in put_aside])))
        below = [level for level in self.levels if level.used and level.below_limit]
        self._below.setData([one.time for one in below], self.scaled(np.array([one.value for one in below])))
        times = np.repeat([one.time for one in plain], 2)
        ends = [
            end
            for one in plain
            for end in (max(one.value - one.deviation, 0.02 * one.value), one.value + one.deviation)
        ]
        self._bars.setData(times, self.scaled(np.array(ends)))

    def _draw_target(self) -> None:
        target = self.target
        self._region.setVisible(target is not None)
        self._target_label.setVisible(target is not None)
        if target is None:
            return
        low = self.scaled(np.array([target.low if target.low is not None else 0.0]))[0]
        high = self.scaled(np.array([target.high if target.high is not None else 1e9]))[0]
        self._region.setRegion((low if np.isfinite(low) else -30.0, high))
        self._target_label.setText(target.label)

    def place_labels(self) -> None:
        """Target and present first, the curves around them."""
        vb = self.plotItem.vb
        rect = vb.sceneBoundingRect()
        for label, box in self._mark_boxes():
            label.setPos(vb.mapSceneToView(QPointF(box.left, box.top)))
        for time, label in self._marks():
            label.setVisible(time is not None and 0.02 < self._fraction(time) < 1)
        self._placed_target = None
        if self.target is not None and rect.width() > _LEAST_WIDTH:
            box = self._placed_target = self._target_box()
            self._target_label.setPos(vb.mapSceneToView(QPointF(box.left, box.top)))
        super().place_labels()

    def _fraction(self, time: float) -> float:
        left, right = self.plotItem.vb.viewRange()[0]
        return float((time - left) / (right - left))

    def _target_box(self) -> Box:
        """Beside an edge of the target, where it covers the least."""
        assert self.target is not None
        rect = self.plotItem.vb.sceneBoundingRect()
        area = Box(rect.left(), rect.top(), rect.width(), rect.height())
        bounds = self._target_label.boundingRect()
        x = np.linspace(rect.left() + bounds.width() / 2 + 4, rect.right() - bounds.width() / 2 - 4, 24)
        ends = [end for end in (self.target.high, self.target.low) if end is not None]
        edges = [np.full(24, self._y_pixel(end)) for end in ends]
        wanted = Wanted(bounds.width(), bounds.height(), x, edges[0], edges[-1] - 2 * bounds.height() - 6, edges[0])
        if len(ends) > 1:  # within the band, beneath its upper edge, or above it
            wanted = Wanted(bounds.width(), bounds.height(), x, edges[0], edges[0] - 4, edges[0] + 4)
        pixels = [self._in_pixels(one) for one in self.series if len(one.times) > 1]
        lines = [(px, median) for px, median, _, _ in pixels] + self._points_in_pixels()
        borders = [(px, edge) for px, _, low, high in pixels for edge in (low, high)]
        return place(wanted, area, lines, self._now_boxes(), borders)

    def _y_pixel(self, value: float) -> float:
        rect = self.plotItem.vb.sceneBoundingRect()
        low, high = self.plotItem.vb.viewRange()[1]
        y = float(self.scaled(np.array([value]))[0])
        return float(rect.bottom() - (y - low) / (high - low) * rect.height())

    def _taken_boxes(self) -> list[Box]:
        return ([self._placed_target] if self._placed_target is not None else []) + self._now_boxes()

    def _marks(self) -> list[tuple[float | None, pg.TextItem]]:
        return [(self.now, self._now_label), (self.next_level, self._next_label)]

    def _mark_boxes(self) -> list[tuple[pg.TextItem, Box]]:
        """Where the names of the marked times stand: to the left of their lines, each below the one before."""
        rect = self.plotItem.vb.sceneBoundingRect()
        found = []
        for row, (time, label) in enumerate(self._marks()):
            if time is not None:
                bounds = label.boundingRect()
                x = rect.left() + self._fraction(time) * rect.width()
                top = rect.top() + 1 + row * bounds.height()
                found.append((label, Box(x - bounds.width() - 3, top, bounds.width() + 6, bounds.height())))
        return found

    def _now_boxes(self) -> list[Box]:
        return [box for _, box in self._mark_boxes()]

    def _points_in_pixels(self) -> list[tuple[Array, Array]]:
        """Each level counts as much as a stretch of curve, so that no name covers it."""
        rect = self.plotItem.vb.sceneBoundingRect()
        points = []
        for level in self.levels:
            x = rect.left() + self._fraction(level.time) * rect.width()
            y = self._y_pixel(level.value)
            points.append((np.linspace(x - 8, x + 8, 40), np.full(40, y)))
        return points


def _text(colour: str) -> pg.TextItem:
    item = pg.TextItem("", color=colour, anchor=(0, 0))
    font = QFont(theme.FAMILY)
    font.setPixelSize(theme.LABEL)
    item.setFont(font)
    item.setZValue(20)
    return item
