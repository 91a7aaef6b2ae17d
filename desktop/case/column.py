"""The input column: what is to be corrected first, then patient, doses, levels, other drugs."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop.button import Button
from desktop.case.co_medication import CoMedicationTable
from desktop.case.field import Field
from desktop.case.level_table import LevelTable
from desktop.case.patient_form import PatientForm
from desktop.case.regimen_editor import RegimenEditor
from desktop.case.rows import RowSection
from desktop.icons import icon_label
from desktop.language import Panel
from desktop.state import CaseState

WIDTH = 332


class FaultSummary(Panel):
    """`2 things to correct`, with a way to the first of them."""

    def __init__(self, column: InputColumn) -> None:
        super().__init__()
        self._column = column
        self._frame = QFrame()
        self._frame.setProperty("role", "faults")
        self._text = QLabel()
        self._go = Button()
        self._go.setProperty("role", "link")
        self._go.clicked.connect(self._to_first)
        row = QHBoxLayout(self._frame)
        row.setContentsMargins(8, 3, 6, 3)
        row.addWidget(icon_label("fault"))
        row.addWidget(self._text, 1)
        row.addWidget(self._go)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 2)
        outer.addWidget(self._frame)
        self.hide()

    def _to_first(self) -> None:
        problems = self._column.state.problems
        if problems:
            self._column.focus_on(problems[0].field)

    def refresh(self) -> None:
        """Count the faults."""
        count = len(self._column.state.problems)
        self.setVisible(count > 0)
        many = self.tr("%1 things to correct").replace("%1", str(count))
        self._text.setText(self.tr("1 thing to correct") if count == 1 else many)
        self._go.setText(self.tr("Go to it"))

    def retranslate(self) -> None:
        """Write texts anew."""
        self.refresh()


class InputColumn(QWidget):
    """All that is entered; the count of faults stays in view."""

    elsewhere = Signal(str)  # a fault of a field that stands on another page

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.setFixedWidth(WIDTH)
        self.faults = FaultSummary(self)
        self.patient = PatientForm(state)
        self.doses = RegimenEditor(state)
        self.levels = LevelTable(state)
        self.medications = CoMedicationTable(state)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 8, 4)
        column.setSpacing(8)
        for part in (self.patient, self.doses, self.levels, self.medications):
            column.addWidget(part)
        column.addStretch(1)
        self.scroll_area = QScrollArea()
        self.scroll_area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll_area.setWidgetResizable(True)
        self.scroll_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll_area.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.faults)
        layout.addWidget(self.scroll_area, 1)
        state.draft_changed.connect(self.faults.refresh)
        self.faults.refresh()

    def field(self, where: str) -> Field | None:
        """The field of a problem or of something still missing, its row opened."""
        section, index, attribute = self._row_of(where)
        if section is None:
            return self.patient.field(where)
        section.open(index, attribute)
        return section.fields.get(attribute)

    def _row_of(self, where: str) -> tuple[RowSection | None, int, str]:
        parts = where.split(".")
        sections = {section.prefix: section for section in (self.doses, self.levels, self.medications)}
        section = sections.get(parts[0])
        if section is None or len(parts) < 3:
            return None, -1, ""
        attribute = parts[2]
        if attribute not in section.fields:
            attribute = {"unit": "value" if parts[0] == "level" else "amount"}.get(
                attribute, attribute.removesuffix("_unit")
            )
        return section, int(parts[1]), attribute

    def focus_on(self, where: str) -> None:
        """Bring a field into view and put the cursor there; a missing dose or level begins a row."""
        if where == "dose":
            self.doses.add()
            return
        if where.startswith("outcome."):
            self.elsewhere.emit(where)
            return
        field = self.field(where)
        if field is not None:
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.scroll_area.ensureWidgetVisible(field, 0, 20)
