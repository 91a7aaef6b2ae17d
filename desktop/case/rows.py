"""A table of rows and the form that fills one of them, in place: doses, levels, co-medication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop import theme
from desktop.button import Button
from desktop.case.draft import Draft
from desktop.case.field import ChoiceField, Field, TextField
from desktop.case.focus import is_inside
from desktop.case.section import Section
from desktop.icons import icon
from desktop.state import CaseState

ROW_HEIGHT = 25
MOST_VISIBLE_ROWS = 5


@dataclass(frozen=True)
class Cell:
    """One cell of the table: text, how it is written, what a screen reader and a tool tip say."""

    text: str
    muted: bool = False
    struck: bool = False
    colour: str = ""
    tip: str = ""


class RowTable(QTableWidget):
    """The rows at a glance; Enter opens one, Delete removes it, a spreadsheet can be pasted."""

    def __init__(self, section: RowSection) -> None:
        super().__init__(0, 0)
        self._section = section
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.cellClicked.connect(lambda row, _: section.open(row))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 Qt's name
        """Enter, Delete and paste."""
        if event.matches(QKeySequence.StandardKey.Paste):
            self._section.paste(QGuiApplication.clipboard().text())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2) and self.currentRow() >= 0:
            self._section.open(self.currentRow())
        elif event.key() == Qt.Key.Key_Delete and self.currentRow() >= 0:
            self._section.remove(self.currentRow())
        else:
            super().keyPressEvent(event)


class RowSection(Section):
    """One list of the draft with its form; subclasses name the fields and write the cells."""

    prefix = ""
    attribute = ""  # of Draft

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.shown = -1  # row in the form
        self._content: list[list[tuple[Cell, bool]]] = []
        self._begun: Any = None  # a row as it was begun; left untouched it goes away again
        self.fields: dict[str, Field] = {}
        self.table = RowTable(self)
        self.editor = QFrame()
        self.editor.setProperty("role", "note")
        self.grid = QGridLayout()
        self.grid.setHorizontalSpacing(8)
        self.grid.setVerticalSpacing(4)
        self.remove_button = Button()
        self.remove_button.setProperty("role", "link")
        self.remove_button.clicked.connect(lambda: self.remove(self.shown))
        self.done_button = Button()
        self.done_button.clicked.connect(self.done)
        self.add_button = Button()
        self.add_button.clicked.connect(self.add)
        self.paste_button = Button()
        self.paste_button.setProperty("role", "link")
        self.paste_button.clicked.connect(lambda: self.paste(QGuiApplication.clipboard().text()))
        self._lay_out()
        self.editor.hide()
        QApplication.instance().focusChanged.connect(self._focus_moved)  # type: ignore[union-attr]
        state.draft_changed.connect(self.refresh)

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.addWidget(self.remove_button)
        foot.addStretch(1)
        foot.addWidget(self.done_button)
        form = QVBoxLayout(self.editor)
        form.setContentsMargins(8, 6, 8, 6)
        form.setSpacing(4)
        form.addLayout(self.grid)
        form.addLayout(foot)
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        buttons.addWidget(self.add_button, 1)
        buttons.addWidget(self.paste_button)
        self.body.addWidget(self.table)
        self.body.addWidget(self.editor)
        self.body.addLayout(buttons)

    def headers(self) -> Sequence[str]:
        """Titles of the columns."""
        raise NotImplementedError

    def cells(self, index: int, row: Any) -> Sequence[Cell]:
        """The cells of one row."""
        raise NotImplementedError

    def new_row(self) -> Any:
        """A row to begin with."""
        raise NotImplementedError

    def pasted_rows(self, text: str) -> Sequence[Any]:
        """Rows of a pasted table."""
        raise NotImplementedError

    @property
    def rows(self) -> tuple[Any, ...]:
        """The rows of the draft."""
        rows: tuple[Any, ...] = getattr(self.state.draft, self.attribute)
        return rows

    def _with_rows(self, rows: Sequence[Any]) -> Draft:
        change: dict[str, Any] = {self.attribute: tuple(rows)}
        return replace(self.state.draft, **change)

    def put(self, attribute: str, field: Field, row: int, column: int, span: int = 1) -> None:
        """Place a field that edits one attribute of the shown row."""
        self.fields[attribute] = field
        self.grid.addWidget(field, row, column, 1, span)
        if isinstance(field, TextField):
            field.edited.connect(lambda text: self._edited(attribute, text))
            field.settled.connect(self.state.settle)
            field.edit.returnPressed.connect(self.done)
            if field.unit_box is not None:
                field.unit_changed.connect(lambda unit: self.change_shown(**{self.unit_attribute(attribute): unit}))
        elif isinstance(field, ChoiceField):
            field.chosen.connect(lambda key: self.change_shown(**{attribute: key}))

    def unit_attribute(self, attribute: str) -> str:
        """Attribute that holds the unit of another one."""
        return f"{attribute}_unit"

    def _edited(self, attribute: str, text: str) -> None:
        rows = list(self.rows)
        rows[self.shown] = replace(rows[self.shown], **{attribute: text})
        self.state.edit(self._with_rows(rows), f"{self.prefix}.{self.shown}.{attribute}")

    def change_shown(self, **values: object) -> None:
        """Change attributes of the shown row at once."""
        if not 0 <= self.shown < len(self.rows):
            return
        rows = list(self.rows)
        rows[self.shown] = replace(rows[self.shown], **values)
        self.state.change(self._with_rows(rows))

    def change_rows(self, index: int, found: Sequence[Any]) -> None:
        """Put rows in the place of one."""
        rows = list(self.rows)
        rows[index : index + 1] = found
        self.state.change(self._with_rows(rows))

    def add(self) -> None:
        """Begin a new row and go to its first field."""
        self._leave()
        self._begun = self.new_row()
        rows = [*self.rows, self._begun]
        self.state.open_row = f"{self.prefix}.{len(rows) - 1}"
        self.state.change(self._with_rows(rows))
        self.open(len(rows) - 1)

    def open(self, index: int, attribute: str = "") -> None:
        """Show a row in the form and go to a field."""
        if not 0 <= index < len(self.rows):
            return
        self.shown = index
        self.state.enter_row(f"{self.prefix}.{index}")
        self.editor.show()
        self.refresh()
        field = self.fields.get(attribute) or next(iter(self.fields.values()))
        field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if isinstance(field, TextField):
            field.edit.selectAll()
        self.ensure_visible(self.editor)

    def done(self) -> None:
        """Leave the row: its faults are shown now, and it closes when there are none."""
        self._leave()
        if self.shown < 0:
            self.add_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _leave(self) -> None:
        if self.shown < 0:
            return
        if self.rows[self.shown] == self._begun:
            self._drop_begun()
            return
        shown = f"{self.prefix}.{self.shown}."
        self.state.settle()
        if self.state.open_row == f"{self.prefix}.{self.shown}":
            self.state.enter_row("")
        if not any(problem.field.startswith(shown) for problem in self.state.problems):
            self.shown = -1
            self.editor.hide()
            self.refresh()

    def _drop_begun(self) -> None:
        rows = list(self.rows)
        del rows[self.shown]
        self.shown, self._begun = -1, None
        self.editor.hide()
        self.state.drop_row(self._with_rows(rows))

    def _focus_moved(self, old: QWidget | None, new: QWidget | None) -> None:
        if self.shown >= 0 and new is not None and is_inside(old, self.editor) and not is_inside(new, self.editor):
            self._leave()

    def remove(self, index: int) -> None:
        """Remove a row; undo brings it back."""
        rows = list(self.rows)
        if not 0 <= index < len(rows):
            return
        del rows[index]
        self.shown = -1
        self.editor.hide()
        self.state.open_row = ""
        self.state.change(self._with_rows(rows))
        self.add_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def paste(self, text: str) -> None:
        """Add the rows of a pasted table, word for word."""
        rows = self.pasted_rows(text)
        if rows:
            self.state.open_row = ""
            self.state.change(self._with_rows([*self.rows, *rows]), self.prefix)

    def refresh(self) -> None:
        """Show the draft."""
        if self.shown >= len(self.rows):
            self.shown = -1
            self.editor.hide()
        self._fill_table()
        if self.shown >= 0:
            self.fill_form(self.rows[self.shown])
            self._show_problems()

    def fill_form(self, row: Any) -> None:
        """Show a row in the form."""
        for attribute, field in self.fields.items():
            if isinstance(field, TextField):
                field.set_value(getattr(row, attribute), getattr(row, self.unit_attribute(attribute), ""))

    def _show_problems(self) -> None:
        shown = {problem.field: problem for problem in self.state.problems}
        for attribute, field in self.fields.items():
            where = f"{self.prefix}.{self.shown}.{attribute}"
            unit = f"{self.prefix}.{self.shown}.{self.unit_attribute(attribute)}"
            field.show_problem(shown.get(where) or shown.get(unit))

    def _fill_table(self) -> None:
        rows, headers = self.rows, self.headers()
        self.table.setVisible(bool(rows))
        self.table.setColumnCount(len(headers))
        self.table.setHorizontalHeaderLabels(list(headers))
        self.table.setRowCount(len(rows))
        faulty = {
            problem.field.split(".")[1]
            for problem in self.state.problems
            if problem.field.startswith(f"{self.prefix}.")
        }
        content = [
            [(cell, column == 0 and str(index) in faulty) for column, cell in enumerate(self.cells(index, row))]
            for index, row in enumerate(rows)
        ]
        if content != self._content:
            self._content = content
            for index, cells in enumerate(content):
                for column, (cell, fault) in enumerate(cells):
                    self.table.setItem(index, column, _item(cell, column, fault=fault))
        header = self.table.horizontalHeader()
        for column in range(len(headers)):
            mode = QHeaderView.ResizeMode.Stretch if column == 0 else QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(column, mode)
        header.setMinimumSectionSize(20)
        header.setSectionsClickable(False)
        header.setFixedHeight(ROW_HEIGHT)
        self.table.setFixedHeight(ROW_HEIGHT * (min(len(rows), MOST_VISIBLE_ROWS) + 1) + 4)
        if self.shown >= 0:
            self.table.selectRow(self.shown)
        else:
            self.table.clearSelection()

    def retranslate(self) -> None:
        """Write texts anew."""
        self.remove_button.setText(self.tr("Remove row"))
        self.done_button.setText(self.tr("Done (Enter)"))
        self.paste_button.setText(self.tr("Paste"))
        self.paste_button.setToolTip(self.tr("Adds the rows of a table copied from a spreadsheet"))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 Qt's name
        """Escape and Enter leave the row."""
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.shown >= 0:
            self.done()
        else:
            super().keyPressEvent(event)


def _item(cell: Cell, column: int, *, fault: bool) -> QTableWidgetItem:
    item = QTableWidgetItem(cell.text)
    if column > 0:
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    if cell.struck:
        font = QFont()
        font.setStrikeOut(True)
        item.setFont(font)
    if cell.colour or cell.muted:
        item.setForeground(QBrush(QColor(cell.colour or theme.MUTED)))
    if fault:
        item.setIcon(icon("fault"))
    item.setToolTip(cell.tip)
    return item
