"""The measured levels: time, value with the laboratory's unit, used or put aside with a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from core.clinic.regimen import expand, given
from core.units import format_number
from desktop import texts
from desktop.case.draft import LevelRow
from desktop.case.field import TextField
from desktop.case.paste import level_rows
from desktop.case.rows import Cell, RowSection
from desktop.state import CaseState

LEVEL_UNITS = ("", "mg/L", "ug/mL", "ug/L", "ng/mL", "nmol/L", "umol/L")


class LevelTable(RowSection):
    """Rows of levels."""

    prefix = "level"
    attribute = "levels"

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.put("when", TextField("level.when"), 0, 0, 2)
        self.put("value", TextField("level.value", LEVEL_UNITS), 1, 0, 2)
        self.after = QLabel()
        self.after.setProperty("role", "muted")
        self.after.setWordWrap(True)
        self.below = QCheckBox()
        self.below.clicked.connect(lambda on: self.change_shown(below_limit=on))
        self.use = QCheckBox()
        self.use.clicked.connect(lambda on: self.change_shown(use=on))
        self.grid.addWidget(self.after, 2, 0, 1, 2)
        self.grid.addWidget(self.below, 3, 0, 1, 2)
        self.grid.addWidget(self.use, 4, 0, 1, 2)
        self.put("reason", TextField("level.reason"), 5, 0, 2)
        self.grid.setColumnStretch(0, 1)
        self.grid.setColumnStretch(1, 1)
        self.retranslate()

    def unit_attribute(self, attribute: str) -> str:
        """The value's unit is `unit`."""
        return "unit" if attribute == "value" else f"{attribute}_unit"

    def headers(self) -> Sequence[str]:
        """Titles of the columns."""
        return (self.tr("Taken"), self.tr("Level"), self.tr("After dose"), self.tr("Used"))

    def cells(self, index: int, row: LevelRow) -> Sequence[Cell]:
        """One level at a glance; what is put aside is muted and struck through."""
        hours, start = self.state.reading.times.get(f"level.{index}.when"), self.state.reading.start
        when = row.when if hours is None or start is None else texts.moment(start + dt.timedelta(hours=hours))
        value = f"{'<' if row.below_limit else ''}{row.value} {texts.unit(row.unit)}".strip()
        after = self.hours_after_dose(hours)
        shown = (when, value, "—" if after is None else texts.hours(round(after, 1)), "✓" if row.use else "–")
        return [Cell(text, struck=not row.use, muted=not row.use, tip=row.reason) for text in shown]

    def hours_after_dose(self, time: float | None) -> float | None:
        """Hours between a level and the last dose given before it; None when there is none."""
        case = self.state.case
        if time is None or case is None:
            return None
        before = [dose.time for dose in expand(given(case.doses)) if dose.time < time]
        return time - max(before) if before else None

    def new_row(self) -> LevelRow:
        """A level in the unit of the one before; the first has none, since laboratories differ."""
        last: LevelRow | None = self.rows[-1] if self.rows else None
        return LevelRow(unit=last.unit if last is not None else "")

    def pasted_rows(self, text: str) -> Sequence[LevelRow]:
        """Rows of a pasted table."""
        return level_rows(text)

    def fill_form(self, row: LevelRow) -> None:
        """Show a level in the form, with the hours after the last dose as a check of its time."""
        super().fill_form(row)
        hours = self.state.reading.times.get(f"level.{self.shown}.when")
        after = self.hours_after_dose(hours)
        if after is not None:
            self.after.setText(self.tr("%1 h after the last dose given").replace("%1", format_number(round(after, 2))))
        else:
            self.after.setText(
                self.tr("No dose given before this time") if hours is not None and self.state.case else ""
            )
        self.after.setVisible(bool(self.after.text()))
        self.below.setChecked(row.below_limit)
        self.below.setText(self._below_text(row))
        self.use.setChecked(row.use)
        self.fields["reason"].setVisible(not row.use)

    def _below_text(self, row: LevelRow) -> str:
        if row.below_limit and row.value:
            limit = f"{row.value} {texts.unit(row.unit)}".strip()
            return self.tr("Reported as below the limit of %1").replace("%1", limit)
        return self.tr("Reported as below the limit")

    def retranslate(self) -> None:
        """Write texts anew."""
        super().retranslate()
        self.title.setText(self.tr("3  Levels measured"))
        self.add_button.setText(self.tr("+ Add level (Ctrl+L)"))
        self.table.setAccessibleName(self.tr("Levels"))
        self.fields["when"].set_title(self.tr("Taken at: date time, 0730, t-2h or hours"))
        self.fields["value"].set_title(self.tr("Level and the laboratory's unit"))
        self.fields["reason"].set_title(self.tr("Why it is not used"))
        self.use.setText(self.tr("Use this level"))
        self.below.setText(self.tr("Reported as below the limit"))
        self.refresh()
