"""The regimens of a comparison side by side: what each gives, reaches and risks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.advise.recommendation import Interval, Option
from core.clinic.case import Target
from core.report.offer import exposure_said, per_day, percent
from desktop import texts
from desktop.advice.card import risk_name
from desktop.icons import icon
from desktop.language import LANGUAGE, Panel
from desktop.plots.series import Look

_ROW = 27


class CompareTable(Panel):
    """Regimens across, properties down."""

    removed = Signal(int)

    def __init__(self, looks: Sequence[Look], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._looks = looks
        self._options: tuple[Option, ...] = ()
        self._target: Target | None = None
        self.table = QTableWidget()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.verticalHeader().setDefaultSectionSize(_ROW)
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setIconSize(QSize(26, 12))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        self.retranslate()

    def show_options(self, options: Sequence[Option], target: Target | None) -> None:
        """Show these options."""
        self._options, self._target = tuple(options), target
        self._fill()

    def _fill(self) -> None:
        options = self._options
        self.setVisible(bool(options))
        if not options:
            return
        rows = self._rows()
        self.table.setRowCount(len(rows) + 1)
        self.table.setColumnCount(len(options))
        self.table.setVerticalHeaderLabels([*(name for name, _ in rows), ""])
        for column, look in enumerate(self._looks[: len(options)]):
            head = QTableWidgetItem(line_icon(look), str(column + 1))
            self.table.setHorizontalHeaderItem(column, head)
            for row, (_, values) in enumerate(rows):
                item = QTableWidgetItem(values[column])
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                item.setToolTip(values[column])
                self.table.setItem(row, column, item)
            self.table.setCellWidget(len(rows), column, self._remove_button(column))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.resizeRowsToContents()
        height = sum(self.table.rowHeight(row) for row in range(self.table.rowCount()))
        self.table.setFixedHeight(height + self.table.horizontalHeader().sizeHint().height() + 4)

    def _rows(self) -> list[tuple[str, list[str]]]:
        options = self._options
        rows = [
            (self.tr("Regimen"), [self._named(option) for option in options]),
            (self.tr("Per day"), [per_day(option.regimen) for option in options]),
            (self.tr("Within target"), [_chance(option.attainment) for option in options]),
            (self.tr("Below target"), [texts.chance(option.below_target) for option in options]),
            (self.tr("Above target"), [texts.chance(option.above_target) for option in options]),
        ]
        for index, risk in enumerate(options[0].risks):
            rows.append((risk_name(risk), [_chance(option.risks[index].chance) for option in options]))
        target = self._target
        if target is not None:
            said = [LANGUAGE.said(exposure_said(option.exposure, target)).replace("*", "·") for option in options]
            rows.append((self.tr("Exposure"), said))
        limits = ["\n".join(LANGUAGE.alert(alert) for alert in option.limits) or "–" for option in options]
        if any(option.limits for option in options):
            rows.append((self.tr("Limits"), limits))
        return rows

    @staticmethod
    def _named(option: Option) -> str:
        """The regimen; unequal doses in few words, for a column is narrow."""
        return texts.regimen(option.regimen, brief=bool(option.regimen.cycle))

    def _remove_button(self, column: int) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "link")
        button.setIcon(icon("remove"))
        button.setToolTip(self.tr("Remove from the comparison"))
        button.setAccessibleName(self.tr("Remove from the comparison"))
        button.clicked.connect(lambda: self.removed.emit(column))
        return button

    def retranslate(self) -> None:
        """Write texts anew."""
        self.table.setAccessibleName(self.tr("Comparison"))
        self._fill()


def _chance(chance: Interval) -> str:
    return f"{texts.chance(chance.value)} ({percent(chance.low)}–{percent(chance.high)})"


def line_icon(look: Look) -> QIcon:
    """The line of a curve as a small picture."""
    pixmap = QPixmap(26, 12)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setPen(QPen(QColor(look.colour), 2.4, look.line))
    painter.drawLine(QPointF(1, 6), QPointF(25, 6))
    painter.end()
    return QIcon(pixmap)
