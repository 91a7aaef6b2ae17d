"""The lines above and below the plots: what is shown, which curves, scale; time axis, plot or table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QWidget

from desktop import texts
from desktop.case.field import UnitBox
from desktop.language import LANGUAGE, Panel

_CURVES = ("prior", "individual", "proposed")


class PlotHead(Panel):
    """Title and switches."""

    changed = Signal()
    scale_changed = Signal(bool)
    tissue_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setProperty("role", "title")
        self.tissues: QComboBox = UnitBox(())
        self.tissues.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.tissues.setMinimumContentsLength(8)
        self.tissues.activated.connect(lambda _: self.tissue_chosen.emit(self.tissue))
        self.tissues.activated.connect(lambda _: self.changed.emit())
        self._unit = ""
        self.boxes = {key: QCheckBox() for key in _CURVES}
        self.log, self.clock, self.table = QCheckBox(), QCheckBox(), QCheckBox()
        self.clock.setChecked(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 6, 0)
        row.setSpacing(8)
        row.addWidget(self.tissues)
        row.addWidget(self.title)
        row.addStretch(1)
        for box in (*self.boxes.values(), self.log):
            row.addWidget(box)
        self.foot = QWidget()
        self.axis_title = QLabel()
        self.axis_title.setProperty("role", "muted")
        foot = QHBoxLayout(self.foot)
        foot.setContentsMargins(6, 0, 6, 0)
        foot.setSpacing(12)
        foot.addStretch(1)
        for widget in (self.axis_title, self.clock, self.table):
            foot.addWidget(widget)
        for box in self.boxes.values():
            box.setChecked(True)
            box.toggled.connect(lambda _: self.changed.emit())
        self.log.toggled.connect(self.scale_changed)
        for box in (self.clock, self.table):
            box.toggled.connect(lambda _: self.changed.emit())
        self.clock.toggled.connect(self._write_title)
        self.setFixedHeight(28)
        self.retranslate()

    @property
    def shown(self) -> set[str]:
        """Which curves are switched on."""
        return {key for key, box in self.boxes.items() if box.isChecked()}

    @property
    def tissue(self) -> str:
        """The output shown."""
        return str(self.tissues.currentData() or "plasma")

    @property
    def by_clock(self) -> bool:
        """Clock time instead of hours."""
        return self.clock.isChecked()

    @property
    def as_table(self) -> bool:
        """Table instead of plots."""
        return self.table.isChecked()

    def toggle_log(self) -> None:
        """Change the scale."""
        self.log.toggle()

    def toggle_clock(self) -> None:
        """Change the time axis."""
        self.clock.toggle()

    def toggle_table(self) -> None:
        """Change between plot and table."""
        self.table.toggle()

    def set_outputs(self, outputs: Sequence[str], unit: str) -> None:
        """Offer plasma and the tissues the model has; with plasma alone there is nothing to choose."""
        self._unit = texts.unit(unit)
        wanted = [(name, texts.title("output", name)) for name in outputs]
        shown = [(self.tissues.itemData(i), self.tissues.itemText(i)) for i in range(self.tissues.count())]
        if wanted != shown:
            current = self.tissue
            self.tissues.clear()
            for name, text in wanted:
                self.tissues.addItem(text, name)
            self.tissues.setCurrentIndex(max(0, self.tissues.findData(current)))
        self.tissues.setVisible(len(outputs) > 1)
        self._write_title()

    def _write_title(self) -> None:
        by_clock = self.by_clock
        self.axis_title.setText(self.tr("Clock time") if by_clock else self.tr("Hours after the first dose"))
        lone = self.tissues.count() <= 1
        title = self.tr("Concentration") if lone else self.tr("in")
        self.title.setText(f"{title} ({self._unit})" if lone and self._unit else f"{title} {self._unit}")

    def retranslate(self) -> None:
        """Write texts anew."""
        for key, box in self.boxes.items():
            box.setText(LANGUAGE.wording.word("curve", key))
        self.log.setText(self.tr("log"))
        self.log.setToolTip(self.tr("Logarithmic scale (L)"))
        self.clock.setText(self.tr("clock"))
        self.clock.setToolTip(self.tr("Clock time instead of hours after the first dose (T)"))
        self.table.setText(self.tr("table"))
        self.table.setToolTip(self.tr("The curves as a table (Ctrl+T)"))
        self.tissues.setAccessibleName(self.tr("Tissue shown"))
        self._write_title()
