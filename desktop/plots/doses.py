"""The strip of doses: given grey, proposed orange, missed hollow; an infusion is as wide as it is long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QWidget

from core.units import format_dose
from desktop import theme
from desktop.plots.curve_plot import CurvePlot

_TALLEST = 0.48
_LEAST_PIXELS = 4.0


@dataclass(frozen=True)
class DoseMark:
    """One dose as drawn."""

    time: float
    amount: float  # mg
    hours: float
    kind: str  # given | planned | missed | proposed


class DoseStrip(CurvePlot):
    """Bars on the same time axis as the curves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.doses: tuple[DoseMark, ...] = ()
        self._drawn: tuple[object, ...] = ()
        self.plotItem.showGrid(x=False, y=False)
        self.value_axis.setStyle(showValues=False, tickLength=0)
        self.setYRange(0.0, 1.0, padding=0.0)
        self._bars: list[pg.BarGraphItem] = []
        self._texts: list[pg.TextItem] = []

    def set_doses(self, doses: Sequence[DoseMark]) -> None:
        """Draw these doses; bars keep a least width in pixels, so that another range draws them anew."""
        drawn = (tuple(doses), *self.plotItem.vb.viewRange()[0], self.plotItem.vb.width())
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self.doses = tuple(doses)
        for item in (*self._bars, *self._texts):
            self.removeItem(item)
        self._bars, self._texts = [], []
        largest = max((dose.amount for dose in doses), default=1.0)
        for kind in ("given", "planned", "missed", "proposed"):
            own = [dose for dose in doses if dose.kind == kind]
            if own:
                self._draw(kind, own, largest)
        self._place_texts()

    def fit(self) -> None:
        """The height is fixed, the time range is linked."""

    def _draw(self, kind: str, doses: Sequence[DoseMark], largest: float) -> None:
        (left, right), _ = self.plotItem.vb.viewRange()
        width = max(self.plotItem.vb.sceneBoundingRect().width(), 1.0)
        least = _LEAST_PIXELS * (right - left) / width
        colour = QColor(theme.PROPOSED if kind in ("proposed", "planned") else theme.INK)
        hollow = kind in ("missed", "planned")
        bar = pg.BarGraphItem(
            x0=[dose.time for dose in doses],
            width=[max(dose.hours, least) for dose in doses],
            y0=0.0,
            height=[max(0.2, _TALLEST * dose.amount / largest) for dose in doses],
            brush=pg.mkBrush(None) if hollow else pg.mkBrush(colour),
            pen=pg.mkPen(colour, style=Qt.PenStyle.DotLine if kind == "missed" else Qt.PenStyle.SolidLine),
        )
        self.addItem(bar, ignoreBounds=True)
        self._bars.append(bar)
        last: DoseMark | None = None
        for index, dose in enumerate(doses):
            if last is None or dose.amount != last.amount:
                run = sum(1 for later in doses[index:] if later.amount == dose.amount)
                text = format_dose(dose.amount) + (f" × {run}" if run > 1 and kind != "proposed" else "")
                self._add_text(text, dose.time, colour)
            last = dose

    def _add_text(self, text: str, time: float, colour: QColor) -> None:
        item = pg.TextItem(text, color=colour, anchor=(0, 0))
        font = QFont(theme.FAMILY)
        font.setPixelSize(theme.LABEL)
        item.setFont(font)
        item.dose_time = time
        self.addItem(item, ignoreBounds=True)
        self._texts.append(item)

    def _place_texts(self) -> None:
        """Beside each other; one that would cover the one before it is left out, its bar still tells."""
        vb = self.plotItem.vb
        rect = vb.sceneBoundingRect()
        (left, right), _ = vb.viewRange()
        end = -1.0
        for item in sorted(self._texts, key=lambda one: one.dose_time):
            x = rect.left() + (item.dose_time - left) / (right - left) * rect.width()
            width = item.boundingRect().width()
            x = min(x, rect.right() - width)
            item.setVisible(x >= end)
            if item.isVisible():
                item.setPos(vb.mapSceneToView(QPointF(x - 3, rect.top() - 3)))
                end = x + width

    def place_labels(self) -> None:
        """Amounts instead of names."""
        self._place_texts()
