"""The box that reads the curves at the cursor; it stands beside it and changes sides before it leaves the plot."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QLabel

from core.units import format_number
from desktop import theme
from desktop.plots.curve_plot import CurvePlot
from desktop.plots.series import Series

_GAP = 10
_LIGHT = {theme.PRIOR: "#C3CAD3", theme.INDIVIDUAL: "#8CCBF0", theme.PROPOSED: "#FFBE94"}
Line = tuple[Series, tuple[float, float, float], str]


class Readout(QLabel):
    """Time, and each curve's value with its 5-95 % band."""

    def __init__(self, plot: CurvePlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self.plain = ""
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setStyleSheet(f"background: {theme.BANNER}; color: white; border-radius: 4px; padding: 4px 8px;")
        self.hide()

    def show_at(self, time: float, lines: Sequence[Line], title: str) -> None:
        """Write the values and stand beside the cursor."""
        if not lines:
            self.hide()
            return
        rows, said = [], [title]
        for one, (median, low, high), unit in lines:
            shown = f"{_three(median)} ({_three(low)}–{_three(high)}) {unit}".strip()
            said.append(f"{one.label} {shown}".strip())
            colour = _LIGHT.get(one.look.colour, "white")
            value, rest = shown.split(" ", 1)
            rows.append(f'<span style="color:{colour}">■</span> {one.label} <b>{value}</b> {rest}')
        self.plain = ", ".join(said)
        self.setText("<br>".join([f"<b>{title}</b>", *rows]))
        self.adjustSize()
        view = self._plot.plotItem.vb
        x = self._plot.mapFromScene(view.mapViewToScene(QPointF(time, 0.0))).x()
        right = self._plot.mapFromScene(view.sceneBoundingRect().topRight()).x()
        left = x + _GAP if x + _GAP + self.width() <= right else x - _GAP - self.width()
        self.move(int(left), 14)
        self.show()
        self.raise_()


def _three(value: float) -> str:
    return format_number(value, max(3, len(str(abs(int(value))))))
