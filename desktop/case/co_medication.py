"""Other drugs the patient takes, and between which dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from desktop import texts
from desktop.case.draft import MedicationRow
from desktop.case.field import TextField
from desktop.case.regimen_editor import DOSE_UNITS, INTERVAL_UNITS
from desktop.case.rows import Cell, RowSection
from desktop.state import CaseState


class CoMedicationTable(RowSection):
    """Rows of other drugs."""

    prefix = "medication"
    attribute = "medications"

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.put("drug", TextField("medication.drug"), 0, 0, 2)
        self.put("start", TextField("medication.start"), 1, 0)
        self.put("until", TextField("medication.until"), 1, 1)
        self.put("amount", TextField("medication.amount", DOSE_UNITS), 2, 0)
        self.put("every", TextField("medication.every", INTERVAL_UNITS), 2, 1)
        self.grid.setColumnStretch(0, 1)
        self.grid.setColumnStretch(1, 1)
        self.paste_button.hide()
        self.retranslate()

    def unit_attribute(self, attribute: str) -> str:
        """The amount's unit is `unit`."""
        return "unit" if attribute == "amount" else f"{attribute}_unit"

    def headers(self) -> Sequence[str]:
        """Titles of the columns."""
        return (self.tr("Drug"), self.tr("From"), self.tr("Until"))

    def cells(self, index: int, row: MedicationRow) -> Sequence[Cell]:
        """One drug at a glance."""
        return (
            Cell(row.drug),
            Cell(self._time(index, "start", row.start)),
            Cell(self._time(index, "until", row.until) or "…"),
        )

    def _time(self, index: int, attribute: str, text: str) -> str:
        hours, start = self.state.reading.times.get(f"medication.{index}.{attribute}"), self.state.reading.start
        return text if hours is None or start is None else texts.moment(start + dt.timedelta(hours=hours))

    def new_row(self) -> MedicationRow:
        """An empty row."""
        return MedicationRow()

    def pasted_rows(self, text: str) -> Sequence[MedicationRow]:
        """Co-medication is typed."""
        return ()

    def retranslate(self) -> None:
        """Write texts anew."""
        super().retranslate()
        self.title.setText(self.tr("4  Other drugs taken"))
        self.add_button.setText(self.tr("+ Add other drug (Ctrl+M)"))
        self.table.setAccessibleName(self.tr("Other drugs taken"))
        for attribute, title in (
            ("drug", self.tr("Drug (generic name)")),
            ("start", self.tr("From")),
            ("until", self.tr("Until (empty: still)")),
            ("amount", self.tr("Dose")),
            ("every", self.tr("Every")),
        ):
            self.fields[attribute].set_title(title)
        self.refresh()
