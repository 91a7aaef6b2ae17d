"""The isolates that stand in for a MIC nobody measured: a table kept by the site, or one typed or pasted here."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from core.clinic.mic import MicDistribution, write_isolates
from core.errors import InputError
from core.exchange.mic_store import drop_isolates, keep_isolates, kept_isolates
from core.units import format_number
from desktop.button import Button
from desktop.case.draft import MicsRow
from desktop.case.field import AreaField, ChoiceField, Field, TextField
from desktop.case.reading import Problem
from desktop.language import Panel
from desktop.state import CaseState

OWN = "own"
_KEPT = "kept:"  # before the name of a table of the site


def mics_row(table: MicDistribution) -> MicsRow:
    """A table as its fields hold it."""
    return MicsRow(table.name, table.source, write_isolates(table))


class IsolatesForm(Panel):
    """The choice of a table, and the table itself once it is the case's own."""

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self._drug = ""
        self._kept: tuple[MicDistribution, ...] = ()
        self._refusal: Problem | None = None
        self.choice = ChoiceField("mics")
        self.name, self.source = TextField("mics.name"), TextField("mics.source")
        self.table = AreaField("mics.table")
        self.summary = QLabel()
        self.summary.setProperty("role", "muted")
        self.summary.setWordWrap(True)
        self.keep, self.drop = Button(), Button()
        for button in (self.keep, self.drop):
            button.setProperty("role", "link")
        self._lay_out()
        self.choice.chosen.connect(self._choose)
        for field, attribute in ((self.name, "name"), (self.source, "source"), (self.table, "table")):
            field.edited.connect(lambda text, key=attribute: self._edit(key, text))
            field.settled.connect(self.state.settle)
        self.keep.clicked.connect(self._keep_table)
        self.drop.clicked.connect(self._drop_table)
        self.retranslate()

    def _lay_out(self) -> None:
        self.choice.label_beside()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(3)
        grid.addWidget(self.choice, 0, 0, 1, 2)
        grid.addWidget(self.name, 1, 0)
        grid.addWidget(self.source, 1, 1)
        grid.addWidget(self.table, 2, 0, 1, 2)
        foot = QHBoxLayout()
        foot.addWidget(self.summary, 1)
        foot.addWidget(self.keep)
        foot.addWidget(self.drop)
        grid.addLayout(foot, 3, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields a problem may be about."""
        return (self.choice, self.name, self.source, self.table)

    def refresh(self, *, wanted: bool) -> None:
        """Show the draft.

        Args:
            wanted: the target goes by the MIC; a table the case holds is shown in any case.
        """
        draft = self.state.draft
        self.setVisible(wanted or draft.mics is not None)
        if draft.drug != self._drug:
            self._drug = draft.drug
            self._look()
        row = draft.mics
        kept = self._chosen()
        items = [("", self.tr("none – the MIC was measured"))]
        items += [(f"{_KEPT}{table.name}", table.name) for table in self._kept]
        items.append((OWN, self.tr("own table…")))
        self.choice.set_items(items, "" if row is None else OWN if kept is None else f"{_KEPT}{kept.name}")
        shown = row or MicsRow()
        self.name.set_value(shown.name)
        self.source.set_value(shown.source)
        self.table.set_value(shown.table)
        for field in (self.name, self.source, self.table):
            field.setVisible(row is not None and kept is None)
        table = None if self.state.case is None else self.state.case.mics
        self.keep.setVisible(table is not None and kept is None)
        self.drop.setVisible(kept is not None)
        self.summary.setVisible(table is not None)
        self.summary.setText("" if table is None else self._said(table))
        problems = {problem.field: problem for problem in self.state.problems}
        for each in self.fields:
            each.show_problem(problems.get(each.where))
        if self._refusal is not None:
            self.choice.show_problem(self._refusal)

    def _said(self, table: MicDistribution) -> str:
        low, high = (format_number(table.mics[place], 4) for place in (0, -1))
        said = self.tr("%1 isolates, MIC %2–%3 mg/L").replace("%1", str(table.total))
        return said.replace("%2", low).replace("%3", f"{high}+" if table.beyond else high)

    def _chosen(self) -> MicDistribution | None:
        """The kept table the case holds, word for word."""
        return next((table for table in self._kept if mics_row(table) == self.state.draft.mics), None)

    def _look(self) -> None:
        self._kept, self._refusal = (), None
        if self._drug in self.state.drugs:
            try:
                self._kept = kept_isolates(self._drug)
            except InputError as error:
                self._refusal = Problem("mics", error.reason, error.values)

    def _choose(self, key: str) -> None:
        kept = next((table for table in self._kept if key == f"{_KEPT}{table.name}"), None)
        row = mics_row(kept) if kept is not None else (self.state.draft.mics or MicsRow()) if key == OWN else None
        if key == OWN and self._chosen() is not None:
            row = replace(row or MicsRow(), name="")  # another table must not pass for the kept one
        self.state.change(replace(self.state.draft, mics=row))

    def _edit(self, attribute: str, text: str) -> None:
        row = replace(self.state.draft.mics or MicsRow(), **{attribute: text})
        self.state.edit(replace(self.state.draft, mics=row), f"mics.{attribute}")

    def _keep_table(self) -> None:
        table = None if self.state.case is None else self.state.case.mics
        if table is None:
            return
        try:
            keep_isolates(self._drug, table)
        except InputError as error:
            self._refusal = Problem("mics", error.reason, error.values)
            self.refresh(wanted=True)
            self._refusal = None  # said once: the next entry may have mended it
            return
        self._look()
        self.state.change(replace(self.state.draft, mics=mics_row(table)))

    def _drop_table(self) -> None:
        kept = self._chosen()
        if kept is None:
            return
        try:
            drop_isolates(self._drug, kept.name)
        except InputError as error:
            self._refusal = Problem("mics", error.reason, error.values)
        else:
            self._look()
        self.refresh(wanted=True)

    def retranslate(self) -> None:
        """Write texts anew."""
        for field, title in (
            (self.choice, self.tr("Isolates")),
            (self.name, self.tr("Germ, ward, year")),
            (self.source, self.tr("Source")),
            (self.table, self.tr("MIC in mg/L: number of isolates")),
        ):
            field.set_title(title)
        self.table.edit.setPlaceholderText("0.5: 31\n1: 22\n2: 14\n>16: 3")
        self.keep.setText(self.tr("Keep for this drug"))
        self.drop.setText(self.tr("Keep no longer"))
