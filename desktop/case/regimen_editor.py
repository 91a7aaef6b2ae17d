"""The doses: what was given, is planned, was missed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QWidget

from core.clinic.regimen import DoseStatus, Route, rows_in_turn
from core.clinic.week_text import is_week
from core.errors import InputError
from core.units import format_dose, parse_typed_number
from desktop import texts, theme
from desktop.case.draft import DoseRow
from desktop.case.field import ChoiceField, TextField
from desktop.case.paste import dose_rows
from desktop.case.rows import Cell, RowSection
from desktop.case.times import write_time
from desktop.case.week_rows import week_rows
from desktop.state import CaseState

DOSE_UNITS = ("mg", "g", "ug")
TIME_UNITS = ("h", "min")
INTERVAL_UNITS = ("h", "day")


class RegimenEditor(RowSection):
    """Rows of doses: time, amount, interval, repeats, route, infusion, status."""

    prefix = "dose"
    attribute = "doses"

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.steady_state = QCheckBox()
        self.steady_state.setProperty("role", "label")
        self.steady_state.clicked.connect(lambda on: self.change_shown(steady_state=on))
        self.put("when", TextField("dose.when"), 0, 0, 2)
        self.put("amount", TextField("dose.amount", DOSE_UNITS), 1, 0)
        self.put("route", ChoiceField("dose.route"), 1, 1)
        self.put("every", TextField("dose.every", INTERVAL_UNITS), 2, 0)
        self.put("count", TextField("dose.count"), 2, 1)
        self.put("duration", TextField("dose.duration", TIME_UNITS), 3, 0)
        self.put("status", ChoiceField("dose.status"), 3, 1)
        self.grid.addWidget(self.steady_state, 4, 0, 1, 2)
        self.grid.setColumnStretch(0, 1)
        self.grid.setColumnStretch(1, 1)
        self.retranslate()

    def unit_attribute(self, attribute: str) -> str:
        """The amount's unit is `unit`, the others' are named after them."""
        return "unit" if attribute == "amount" else f"{attribute}_unit"

    def headers(self) -> Sequence[str]:
        """Titles of the columns."""
        return (self.tr("From"), self.tr("Dose"), self.tr("Every"), self.tr("Route"), "×")

    def cells(self, index: int, row: DoseRow) -> Sequence[Cell]:
        """One row of doses at a glance; what was missed is struck through, what is planned is orange."""
        struck = row.status == DoseStatus.MISSED
        colour = theme.PROPOSED if row.status == DoseStatus.PLANNED else ""
        route = self._short_route(row)
        every = f"{row.every} {texts.unit(row.every_unit)}" if row.every.strip() else "—"
        tip = (
            f"{texts.word('status', row.status)}, {texts.word('route', row.route)}"
            if row.route
            else texts.word("status", row.status)
        )
        shown = (self._when(index, row), dose_text(row), every, route, row.count)
        return [Cell(text, struck=struck, colour=colour, tip=tip) for text in shown]

    def _when(self, index: int, row: DoseRow) -> str:
        hours, start = self.state.reading.times.get(f"dose.{index}.when"), self.state.reading.start
        return row.when if hours is None or start is None else texts.moment(start + dt.timedelta(hours=hours))

    def _short_route(self, row: DoseRow) -> str:
        if row.route != Route.INTRAVENOUS:
            return texts.word("route", row.route) if row.route else "—"
        return f"IV {row.duration} {row.duration_unit}" if row.duration.strip() else "IV"

    def new_row(self) -> DoseRow:
        """The next dose due after the last row, or a first dose now."""
        now = write_time(self.state.clock())
        if not self.rows:
            return DoseRow(when=now, route=self._usual_route())
        index, due = self._next_due()
        row: DoseRow = self.rows[index]
        return replace(row, when=due or now, count="1", status=DoseStatus.GIVEN.value, steady_state=False)

    def _leave(self) -> None:
        """A week of unequal doses becomes a row for each day."""
        index = self.shown
        if 0 <= index < len(self.rows) and is_week(self.rows[index].amount):
            row: DoseRow = self.rows[index]
            hours, start = self.state.reading.times.get(f"dose.{index}.when"), self.state.reading.start
            try:
                found = (
                    []
                    if hours is None or start is None
                    else week_rows(row, f"dose.{index}", start + dt.timedelta(hours=hours))
                )
            except InputError:
                found = []  # what is wrong stands beside its field
            if found:
                self.change_rows(index, found)
        super()._leave()

    def _usual_route(self) -> str:
        model = self.state.model
        return model.given_as[0].route.value if model is not None and model.given_as else ""

    def _next_due(self) -> tuple[int, str]:
        """The row whose next dose comes after the last row, and when: its own, or the first of doses in turn."""
        case = self.state.case
        if case is None or not case.doses or case.doses[-1].interval is None:
            return -1, ""
        index, dose = -1, case.doses[-1]
        turns = rows_in_turn([one for one in case.given_doses if one.interval])
        if len(case.doses) == len(self.rows) and any(dose in place for place in turns):
            dose = turns[0][0]
            index = case.doses.index(dose)
        return index, write_time(case.clock(dose.last_time + (dose.interval or 0.0)))

    def pasted_rows(self, text: str) -> Sequence[DoseRow]:
        """Rows of a pasted table; the usual route stands where none is given."""
        return [replace(row, route=row.route or self._usual_route()) for row in dose_rows(text)]

    def fill_form(self, row: DoseRow) -> None:
        """Show a row in the form; only an intravenous dose has an infusion time."""
        super().fill_form(row)
        route, status = self.fields["route"], self.fields["status"]
        assert isinstance(route, ChoiceField)
        assert isinstance(status, ChoiceField)
        route.set_items([(item.value, texts.word("route", item.value)) for item in Route], row.route)
        status.set_items([(item.value, texts.word("status", item.value)) for item in DoseStatus], row.status)
        self.fields["duration"].setVisible(row.route == Route.INTRAVENOUS or bool(row.duration.strip()))
        self.steady_state.setChecked(row.steady_state)
        self.steady_state.setVisible(bool(row.every.strip()) or row.steady_state)

    def retranslate(self) -> None:
        """Write texts anew."""
        super().retranslate()
        self.title.setText(self.tr("2  Doses"))
        self.add_button.setText(self.tr("+ Add dose (Ctrl+D)"))
        self.table.setAccessibleName(self.tr("Doses"))
        for attribute, title in (
            ("when", self.tr("Given at: date time, 0730, t-2h or hours")),
            ("amount", self.tr("Dose")),
            ("route", self.tr("Route")),
            ("every", self.tr("Every (if repeated)")),
            ("count", self.tr("Number of doses")),
            ("duration", self.tr("Infused over")),
            ("status", self.tr("Status")),
        ):
            self.fields[attribute].set_title(title)
        self.steady_state.setText(self.tr("At steady state before this dose"))
        self.refresh()


def dose_text(row: DoseRow) -> str:
    """The dose as typed, written by the one dose formatter when it can be read."""
    try:
        return format_dose(parse_typed_number(row.amount), row.unit)
    except InputError:
        return f"{row.amount} {row.unit}".strip()
