"""A chance as a bar with its number and interval."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from core.advise.recommendation import Interval
from desktop import texts, theme

_BAR = "#E4E9EE"


class ChanceBar(QWidget):
    """The bar alone: filled to the value, a bracket over the interval."""

    def __init__(self, colour: str) -> None:
        super().__init__()
        self._colour = QColor(colour)
        self._chance = Interval(0.0, 0.0, 0.0)
        self.setFixedHeight(12)
        self.setMinimumWidth(44)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_chance(self, chance: Interval) -> None:
        """Draw this chance."""
        self._chance = chance
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        """Draw bar and interval."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(0.5, 1.5, self.width() - 1.0, self.height() - 3.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(_BAR))
        painter.drawRoundedRect(box, 2, 2)
        filled = QRectF(box)
        filled.setWidth(box.width() * min(max(self._chance.value, 0.0), 1.0))
        painter.setBrush(self._colour)
        painter.drawRoundedRect(filled, 2, 2)
        painter.setPen(QColor(theme.INK))
        low, high = (
            box.left() + box.width() * min(max(end, 0.0), 1.0) for end in (self._chance.low, self._chance.high)
        )
        middle = box.center().y()
        painter.drawLine(int(low), int(middle), int(high), int(middle))
        for end in (low, high):
            painter.drawLine(int(end), int(middle) - 3, int(end), int(middle) + 3)


class ChanceRows(QWidget):
    """Several chances beneath each other, labels, bars and numbers aligned."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 2, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)

    def show_rows(self, rows: list[tuple[str, Interval, str, str]]) -> None:
        """Show (label, chance, colour, tool tip)."""
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for line, (label, chance, colour, tip) in enumerate(rows):
            name = QLabel(label)
            bar = ChanceBar(colour)
            bar.show_chance(chance)
            number = QLabel(texts.chance(chance.value))
            number.setProperty("role", "number")
            number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            span = QLabel(f"{_whole(chance.low)}–{_whole(chance.high)}")
            span.setProperty("role", "muted")
            for column, widget in enumerate((name, bar, number, span)):
                widget.setToolTip(tip)
                self._grid.addWidget(widget, line, column)


def _whole(share: float) -> str:
    return str(round(100 * min(max(share, 0.0), 1.0)))
