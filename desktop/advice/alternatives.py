"""The options beside the recommendation, the current regimen among them; choosing one draws what it would do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.advise.recommendation import Option
from core.units import format_number
from desktop import texts, theme
from desktop.language import LANGUAGE, Panel
from desktop.state import CaseState

_ROW = 25


class Alternatives(Panel):
    """One line per option."""

    chosen = Signal(object)

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.title = QLabel()
        self.title.setProperty("role", "title")
        self.table = QTableWidget(0, 3)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setMinimumSectionSize(_ROW)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.verticalHeader().sectionResized.connect(self._fit)  # unequal doses may take two lines
        self.table.horizontalHeader().sectionResized.connect(self.table.resizeRowsToContents)
        self.table.currentCellChanged.connect(self._moved)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.title)
        layout.addWidget(self.table)
        self._options: tuple[Option, ...] = ()
        self._language = ""
        self.retranslate()

    def show_options(self, options: tuple[Option, ...], selected: int) -> None:
        """List the options and mark the one shown on the card."""
        self.setVisible(bool(options))
        self.table.blockSignals(True)
        if options != self._options:
            self._options = options
            self._fill()
        if options:
            self.table.setCurrentCell(selected, 0)
        self.table.blockSignals(False)

    def _tip(self, option: Option) -> str:
        text = texts.regimen(option.regimen)
        worse = self.tr("Another option gives no less benefit and no more harm.")
        return f"{text}\n{worse}" if option.surpassed else text

    def _fill(self) -> None:
        self.table.setRowCount(len(self._options))
        for row, option in enumerate(self._options):
            name = texts.regimen(option.regimen, brief=True).replace(" mg", "\u00a0mg")  # a unit stays with its dose
            if not self._is_unique(option) and option.regimen.duration:
                over = {"hours": format_number(option.regimen.duration)}
                name += f"\n{LANGUAGE.wording.text('report_over', over)}"  # the whole text would be cut off
            if option.is_current:
                name += "  " + self.tr("(now)")
            worst = max(option.risks, key=lambda risk: risk.chance.value, default=None)
            cells = (
                name,
                texts.chance(option.attainment.value),
                "–" if worst is None else texts.chance(worst.chance.value),
            )
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                item.setToolTip(self._tip(option))
                if option.surpassed:
                    item.setForeground(QColor(theme.MUTED))
                self.table.setItem(row, column, item)
        header = self.table.horizontalHeader()
        header.setSectionsClickable(False)
        header.setFixedHeight(_ROW)
        for column in range(3):
            stretch = QHeaderView.ResizeMode.Stretch if column == 0 else QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(column, stretch)
        self._fit()

    def _fit(self) -> None:
        self.table.setFixedHeight(self.table.verticalHeader().length() + _ROW + 4)

    def _is_unique(self, option: Option) -> bool:
        """Whether dose and interval alone tell the option from the others."""
        own = (option.regimen.amounts, option.regimen.every)
        return sum((one.regimen.amounts, one.regimen.every) == own for one in self._options) == 1

    def _moved(self, row: int, _column: int, old_row: int, _old_column: int) -> None:
        if 0 <= row < len(self._options) and row != old_row:
            self.chosen.emit(self._options[row])

    def retranslate(self) -> None:
        """Write texts anew."""
        self.title.setText(self.tr("Options (choose one to see its curve)"))
        self.table.setAccessibleName(self.tr("Options"))
        self.table.setHorizontalHeaderLabels([self.tr("Regimen"), self.tr("In target"), self.tr("Toxicity")])
        self.table.blockSignals(True)
        self._fill()
        self.table.blockSignals(False)
