"""The curves as a table, for those who read better than they see."""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from core.units import format_number
from desktop import texts
from desktop.case.times import show_time
from desktop.language import LANGUAGE
from desktop.plots.scene import Scene

Index = QModelIndex | QPersistentModelIndex


class TableTwin(QTableView):
    """Times down, curves across, each value with its band."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _SceneTable()
        self.setModel(self._model)
        self.verticalHeader().hide()
        self.setAlternatingRowColors(True)

    def show_scene(self, scene: Scene, *, by_clock: bool) -> None:
        """Fill the table."""
        self._model.show_scene(scene, by_clock=by_clock)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)


class _SceneTable(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self._scene = Scene()
        self._times: list[float] = []
        self._by_clock = True

    def show_scene(self, scene: Scene, *, by_clock: bool) -> None:
        self.beginResetModel()
        self._scene, self._by_clock = scene, by_clock
        self._times = sorted({float(time) for one in scene.concentration for time in one.times})
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 Qt's name
        return len(self._times)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802 Qt's name
        return 1 + len(self._scene.concentration)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> str | None:  # noqa: N802 Qt's name
        if role != Qt.ItemDataRole.DisplayRole or orientation is not Qt.Orientation.Horizontal:
            return None
        if section == 0:
            return self.tr("Time") if self._by_clock else self.tr("Hours")
        return f"{self._scene.concentration[section - 1].label} ({texts.unit(self._scene.unit)})"

    def data(self, index: Index, role: int = 0) -> object:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignCenter)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        time = self._times[index.row()]
        if index.column() == 0:
            return self._time(time)
        value = self._scene.concentration[index.column() - 1].value_at(time)
        if value is None:
            return "—"
        median, low, high = (format_number(number, 3) for number in value)
        return f"{median} ({low}–{high})"

    def _time(self, time: float) -> str:
        if self._by_clock and self._scene.start is not None:
            return show_time(self._scene.start + dt.timedelta(hours=time), LANGUAGE.code, year=True)
        return format_number(round(time, 2))
