"""The case: input, plots, advice beside each other."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.advice.column import AdviceColumn
from desktop.case.column import InputColumn
from desktop.plots.panel import PlotPanel
from desktop.state import CaseState


class CaseTab(QWidget):
    """Three columns."""

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.input = InputColumn(state)
        self.plots = PlotPanel(state)
        self.advice = AdviceColumn(state)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self.input)
        row.addWidget(self.plots, 1)
        row.addWidget(self.advice)
        self.plots.wanted.connect(self.input.focus_on)
        self.advice.card.wanted.connect(self.input.focus_on)
