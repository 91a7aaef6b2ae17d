"""One plot of curves with bands over case time: the concentration plot, the effect plot and the comparison share it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from desktop import theme
from desktop.plots.axes import TimeAxis, ValueAxis
from desktop.plots.band import Array, Band
from desktop.plots.labels import Box, Wanted, place
from desktop.plots.series import Look, Series

_DECADES = 3.0  # shown below the highest value on the log scale
_HEADROOM = 1.08
_LOG_MARGIN = 0.15  # decades
_LABELS_AFTER = 40  # ms; names find their places once the curves hold still


class CurvePlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Curves, bands, their names, the present, and what subclasses add; its ranges change only when told."""

    pointed = Signal(float)  # case time under the mouse
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self.time_axis, self.value_axis = TimeAxis(), ValueAxis()
        super().__init__(parent, axisItems={"bottom": self.time_axis, "left": self.value_axis}, background=theme.CARD)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setMouseEnabled(x=False, y=False)
        self.plotItem.disableAutoRange()
        self.plotItem.showGrid(x=True, y=True, alpha=0.10)
        self.plotItem.setContentsMargins(0, 6, 10, 0)
        self.logarithmic = False
        self._is_new_scale = False
        self.series: tuple[Series, ...] = ()
        self.now: float | None = None
        self._items: dict[str, _SeriesItems] = {}
        self._names: dict[str, pg.TextItem] = {}
        self._now_line = pg.InfiniteLine(angle=90, pen=pg.mkPen(theme.INK, style=Qt.PenStyle.DotLine))
        self._now_line.hide()
        self.addItem(self._now_line, ignoreBounds=True)
        self.cursor_line = pg.InfiniteLine(angle=90, pen=pg.mkPen(theme.BANNER, width=1))
        self.cursor_line.hide()
        self.addItem(self.cursor_line, ignoreBounds=True)
        self.scene().sigMouseMoved.connect(self._mouse_moved)
        self._label_timer = QTimer(self, singleShot=True, interval=_LABELS_AFTER)
        self._label_timer.timeout.connect(self.place_labels)
        self.plotItem.vb.sigResized.connect(lambda _: self._label_timer.start())

    def set_series(self, series: Sequence[Series]) -> None:
        """Show these curves and no others; curves that are shown already are not drawn again."""
        if not self._is_new_scale and same_series(self.series, series):
            return
        self._is_new_scale = False
        self.series = tuple(series)
        shown = {one.key for one in series}
        for key in [key for key in self._items if key not in shown]:
            self._items.pop(key).remove(self.plotItem)
            self.removeItem(self._names.pop(key))
        for one in series:
            if one.key in self._items and self._items[one.key].look != one.look:
                self._items.pop(one.key).remove(self.plotItem)
                self.removeItem(self._names.pop(one.key))
            if one.key not in self._items:
                self._items[one.key] = _SeriesItems(one.look, self.plotItem)
                self._names[one.key] = _label(one.look.colour)
                self.addItem(self._names[one.key], ignoreBounds=True)
            self._items[one.key].show(one, self.scaled)
            self._names[one.key].setText(one.label)
        self._label_timer.start()

    def set_now(self, hours: float | None) -> None:
        """Mark the present."""
        self.now = hours
        self._now_line.setVisible(hours is not None)
        if hours is not None:
            self._now_line.setPos(hours)

    def set_time(self, start: dt.datetime | None, *, by_clock: bool) -> None:
        """Choose what the time axis says."""
        self.time_axis.show_times(start, by_clock=by_clock)

    def set_logarithmic(self, on: bool) -> None:
        """Choose the scale; the range is made anew, since the old one means nothing on the other scale."""
        if on == self.logarithmic:
            return
        self.logarithmic = on
        self.value_axis.show_scale(logarithmic=on)
        self._is_new_scale = True
        self.set_series(self.series)
        self.redraw_extras()
        self.fit()

    def scaled(self, values: Array) -> Array:
        """Values as the plot's y: their logarithm on the log scale, where zero cannot be drawn."""
        if not self.logarithmic:
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(values > 0, np.log10(np.maximum(values, 1e-300)), np.nan)

    def redraw_extras(self) -> None:
        """Draw what a subclass adds; called when the scale changes."""

    def extra_values(self) -> list[float]:
        """Further values that must be seen: levels, ends of the target."""
        return []

    def extent(self) -> tuple[float, float]:
        """Latest time and highest value shown."""
        last = max((float(one.times[-1]) for one in self.series if len(one.times)), default=24.0)
        tops = [float(np.nanmax(one.high)) for one in self.series if len(one.high)]
        return last, max([*tops, *self.extra_values()], default=1.0) or 1.0

    def fit(self) -> None:
        """Set both ranges to what is shown."""
        self.setXRange(0.0, self.extent()[0], padding=0.012)
        self.fit_height()

    def fit_height(self) -> None:
        """Set the range of values alone; the time range of a linked plot is the other's."""
        top = self.extent()[1]
        if self.logarithmic:
            high = np.log10(top * _HEADROOM)
            self.setYRange(max(high - _DECADES, self._log_floor()), high, padding=0.02)
        else:
            self.setYRange(0.0, top * _HEADROOM, padding=0.0)
        self._label_timer.start()

    def _log_floor(self) -> float:
        """Logarithm a little below the lowest value after the rise of the first dose."""
        lows = [one.low[len(one.low) // 20 :] for one in self.series]
        seen = [float(values[values > 0].min()) for values in lows if (values > 0).any()]
        least = min([*seen, *(value for value in self.extra_values() if value > 0)], default=1.0)
        return float(np.log10(least)) - _LOG_MARGIN

    def holds(self) -> bool:
        """Whether the ranges still show all of the curves, without wasting most of the plot."""
        (left, right), (_, upper) = self.plotItem.vb.viewRange()
        last, top = self.extent()
        seen = 10.0**upper if self.logarithmic else upper
        return bool(left <= 0 and 0.5 * right <= last <= right * 1.001 and 0.2 * seen <= top <= seen * 1.001)

    def place_labels(self) -> None:
        """Write each name where it hides the least."""
        vb = self.plotItem.vb
        rect = vb.sceneBoundingRect()
        area = Box(rect.left(), rect.top(), rect.width(), rect.height())
        if area.width < 50 or area.height < 30:
            return
        pixels = {one.key: self._in_pixels(one) for one in self.series if len(one.times) > 1}
        medians = [(x, median) for x, median, _, _ in pixels.values()] + self._points_in_pixels()
        edges = [(x, edge) for x, _, low, high in pixels.values() for edge in (low, high)]
        taken = self._taken_boxes()
        for one in reversed(self.series):
            name = self._names[one.key]
            name.setVisible(one.key in pixels and bool(one.label))
            if one.key not in pixels or not one.label:
                continue
            bounds = name.boundingRect()
            x, median, low, high = pixels[one.key]
            box = place(Wanted(bounds.width(), bounds.height(), x, median, low, high), area, medians, taken, edges)
            taken.append(box)
            name.setPos(vb.mapSceneToView(QPointF(box.left, box.top)))

    def _in_pixels(self, one: Series) -> tuple[Array, Array, Array, Array]:
        rect = self.plotItem.vb.sceneBoundingRect()
        (left, right), (low, high) = self.plotItem.vb.viewRange()
        x = rect.left() + (one.times - left) / (right - left) * rect.width()

        def y(values: Array) -> Array:
            return np.asarray(rect.bottom() - (self.scaled(values) - low) / (high - low) * rect.height())

        inside = (x >= rect.left()) & (x <= rect.right())
        return x[inside], y(one.median)[inside], y(one.low)[inside], y(one.high)[inside]

    def _points_in_pixels(self) -> list[tuple[Array, Array]]:
        return []

    def _taken_boxes(self) -> list[Box]:
        return []

    def _mouse_moved(self, position: QPointF) -> None:
        if self.plotItem.vb.sceneBoundingRect().contains(position):
            self.pointed.emit(float(self.plotItem.vb.mapSceneToView(position).x()))

    def leaveEvent(self, event: object) -> None:  # noqa: N802 Qt's name
        """The mouse has gone."""
        self.left.emit()
        super().leaveEvent(event)

    def wheelEvent(self, event: object) -> None:  # noqa: N802 Qt's name
        """The wheel changes no range."""


def same_series(old: Sequence[Series], new: Sequence[Series]) -> bool:
    """Whether two lists of curves draw the same: cuts of one curve are made anew, so their numbers are compared."""
    return len(old) == len(new) and all(
        (one.key, one.label, one.look) == (other.key, other.label, other.look)
        and len(one.times) == len(other.times)
        and all(
            mine is its or np.array_equal(mine, its) for mine, its in zip(_arrays(one), _arrays(other), strict=True)
        )
        for one, other in zip(old, new, strict=True)
    )


def _arrays(one: Series) -> tuple[Array, ...]:
    return one.times, one.median, one.low, one.high


class _SeriesItems:
    """The graphics items of one curve."""

    def __init__(self, look: Look, plot: pg.PlotItem) -> None:
        self.look = look
        width = 1.6 if look.edges else 2.0
        self.median = pg.PlotCurveItem(pen=pg.mkPen(look.colour, width=width, style=look.line), antialias=True)
        self.items: list[pg.GraphicsObject] = [self.median]
        self.band = Band(look.colour, look.fill) if look.fill else None
        self.edges: list[pg.PlotCurveItem] = []
        if self.band is not None:
            self.items.append(self.band)
        if look.edges:
            pen = pg.mkPen(look.colour, width=1, style=Qt.PenStyle.DotLine)
            self.edges = [pg.PlotCurveItem(pen=pen, antialias=True) for _ in range(2)]
            self.items += self.edges
        for item in self.items:
            plot.addItem(item, ignoreBounds=True)

    def show(self, one: Series, scaled: object) -> None:
        """Draw the data."""
        assert callable(scaled)
        self.median.setData(one.times, scaled(one.median), connect="finite")
        if self.band is not None:
            self.band.set_data(one.times, scaled(one.low), scaled(one.high))
        for edge, values in zip(self.edges, (one.low, one.high), strict=False):
            edge.setData(one.times, scaled(values), connect="finite")

    def remove(self, plot: pg.PlotItem) -> None:
        """Take the items away."""
        for item in self.items:
            plot.removeItem(item)


def _label(colour: str) -> pg.TextItem:
    item = pg.TextItem("", color=colour, anchor=(0, 0))
    font = QFont(theme.FAMILY)
    font.setPixelSize(theme.LABEL)
    item.setFont(font)
    item.setZValue(20)
    return item
