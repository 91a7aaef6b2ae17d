"""What happened to the patient under the drug: response, toxicity with its grade, a laboratory value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from core.clinic.case_reader import OUTCOME_KINDS, WORST_GRADE
from desktop import texts
from desktop.case.draft import OutcomeRow
from desktop.case.field import ChoiceField, TextField
from desktop.case.rows import Cell, RowSection
from desktop.state import CaseState


class OutcomeTable(RowSection):
    """Rows of outcomes."""

    prefix = "outcome"
    attribute = "outcomes"

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.put("when", TextField("outcome.when"), 0, 0, 2)
        self.kind = ChoiceField("outcome.kind")
        self.put("kind", self.kind, 1, 0)
        self.put("name", TextField("outcome.name"), 1, 1)
        self.grade = ChoiceField("outcome.grade")
        self.put("grade", self.grade, 2, 0)
        self.put("value", TextField("outcome.value"), 2, 1)
        self.grid.setColumnStretch(0, 1)
        self.grid.setColumnStretch(1, 1)
        self.paste_button.hide()
        self.retranslate()

    def headers(self) -> Sequence[str]:
        """Titles of the columns."""
        return (self.tr("Seen"), self.tr("Kind"), self.tr("What"), self.tr("Grade"), self.tr("Value"))

    def cells(self, index: int, row: OutcomeRow) -> Sequence[Cell]:
        """One outcome at a glance."""
        hours, start = self.state.reading.times.get(f"outcome.{index}.when"), self.state.reading.start
        when = row.when if hours is None or start is None else texts.moment(start + dt.timedelta(hours=hours))
        shown = (when, texts.word("outcome_kind", row.kind), row.name, row.grade or "–", row.value or "–")
        return [Cell(text) for text in shown]

    def new_row(self) -> OutcomeRow:
        """An outcome of the kind of the one before."""
        last: OutcomeRow | None = self.rows[-1] if self.rows else None
        return OutcomeRow(kind=last.kind) if last is not None else OutcomeRow()

    def pasted_rows(self, text: str) -> Sequence[OutcomeRow]:
        """Outcomes are typed."""
        return ()

    def fill_form(self, row: OutcomeRow) -> None:
        """Show an outcome in the form."""
        super().fill_form(row)
        self.kind.set_items([(kind, texts.title("outcome_kind", kind)) for kind in OUTCOME_KINDS], row.kind)
        grades = [str(grade) for grade in range(WORST_GRADE + 1)]
        if row.grade and row.grade not in grades:  # of a draft: kept, and named as a fault
            grades.append(row.grade)
        self.grade.set_items([("", "–"), *((grade, grade) for grade in grades)], row.grade)

    def retranslate(self) -> None:
        """Write texts anew."""
        super().retranslate()
        self.title.setText(self.tr("Response, toxicity, laboratory"))
        self.add_button.setText(self.tr("+ Add outcome"))
        self.table.setAccessibleName(self.tr("Outcomes"))
        for attribute, title in (
            ("when", self.tr("Seen at: date time, 0730, t-2h or hours")),
            ("kind", self.tr("Kind")),
            ("name", self.tr("What happened or was measured")),
            ("grade", self.tr("Grade (CTCAE)")),
            ("value", self.tr("Value with its unit")),
        ):
            self.fields[attribute].set_title(title)
        self.refresh()
