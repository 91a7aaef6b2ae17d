"""The band between two percentiles as one path; `FillBetweenItem` paints nothing over bare curves."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

Array = NDArray[np.float64]


class Band(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """A filled area between two curves over the same times."""

    def __init__(self, colour: str, alpha: int) -> None:
        super().__init__()
        fill = QColor(colour)
        fill.setAlpha(alpha)
        self._brush = QBrush(fill)
        self._path = QPainterPath()
        self.setZValue(-5)

    def set_data(self, times: Array, low: Array, high: Array) -> None:
        """Draw the area; times where an edge is not finite are left out."""
        keep = np.isfinite(low) & np.isfinite(high)
        self.prepareGeometryChange()
        if keep.sum() < 2:
            self._path = QPainterPath()
        else:
            x = np.concatenate([times[keep], times[keep][::-1]])
            y = np.concatenate([high[keep], low[keep][::-1]])
            self._path = pg.arrayToQPath(x, y)
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802 Qt's name
        """The rectangle the area lies in."""
        return self._path.boundingRect()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Fill the path."""
        painter.fillPath(self._path, self._brush)
