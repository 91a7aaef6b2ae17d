"""One labelled field of a form and its fault beneath; the text is never touched by the program."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop import texts
from desktop.button import Button
from desktop.case.reading import Problem
from desktop.faults import fault_text
from desktop.icons import icon_label
from desktop.keys import is_window_key
from desktop.language import Panel

FIELD_HEIGHT = 24
_LEAST_WIDTH = 34
_AREA_HEIGHT = 112


class Field(Panel):
    """A label above an editor; subclasses say what the editor is."""

    edited = Signal(str)  # while typing
    settled = Signal()  # the field was left, or Enter was pressed

    def __init__(self, where: str, editor: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.where = where
        self._editor = editor
        self.label = QLabel()
        self.label.setProperty("role", "label")
        self.label.setBuddy(editor)
        self.label.setWordWrap(True)
        self.setFocusProxy(editor)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(0, 0, 0, 0)
        self.head.setSpacing(2)
        self.head.addWidget(self.label, 1)
        self.row = QHBoxLayout()
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(4)
        self.row.addWidget(editor, 1)
        self.fault = FaultLine()
        self.fault.accepted.connect(self._accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self.head)
        layout.addLayout(self.row)
        layout.addWidget(self.fault)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def label_beside(self) -> None:
        """Put the label to the left of the editor, where a long choice needs the width."""
        self.head.removeWidget(self.label)
        self.label.setFixedWidth(44)
        self.row.insertWidget(0, self.label)

    def set_title(self, title: str) -> None:
        """Name the field, for eyes and for screen readers."""
        self.label.setText(title)
        self._editor.setAccessibleName(title)

    def show_problem(self, problem: Problem | None) -> None:
        """Show or remove the fault; the text stays as typed."""
        self.fault.show_problem(problem)
        fault = "true" if problem is not None else "false"
        if self._editor.property("fault") != fault:
            self._editor.setProperty("fault", fault)
            self._editor.style().unpolish(self._editor)
            self._editor.style().polish(self._editor)
        self._editor.setAccessibleDescription(self.fault.text)

    def retranslate(self) -> None:
        """Write the fault in the new language."""
        self.fault.retranslate()

    def _accept(self, text: str) -> None:
        raise NotImplementedError


class FaultLine(Panel):
    """What is wrong and what to write instead; full-width digits are offered in ASCII, never taken."""

    accepted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._problem: Problem | None = None
        self._icon = icon_label("fault", 14)
        self._label = QLabel()
        self._label.setProperty("role", "error")
        self._label.setWordWrap(True)
        self._offer = Button()
        self._offer.setProperty("role", "link")
        self._offer.clicked.connect(self._take)
        row = QHBoxLayout()
        row.setContentsMargins(0, 1, 0, 2)
        row.setSpacing(4)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._label, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._offer)
        self.hide()

    @property
    def text(self) -> str:
        """The message shown, or nothing."""
        return self._label.text() if self._problem is not None else ""

    def show_problem(self, problem: Problem | None) -> None:
        """Show the fault, or nothing."""
        self._problem = problem
        self.retranslate()
        self.setVisible(problem is not None)

    def retranslate(self) -> None:
        """Write the message in the window's language."""
        problem = self._problem
        if problem is None:
            self._label.clear()
            self._offer.hide()
            return
        self._label.setText(fault_text(problem))
        ascii_form = str(problem.values.get("ascii", ""))
        self._offer.setVisible(bool(ascii_form))
        self._offer.setText(self.tr("Use %1").replace("%1", ascii_form))

    def _take(self) -> None:
        if self._problem is not None:
            self.accepted.emit(str(self._problem.values.get("ascii", "")))


class Entry(QLineEdit):
    """A line to type in that leaves the window's own keys to the window: undo is of the case, not of one field."""

    def event(self, event: QEvent) -> bool:
        """Do not claim the window's keys."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and is_window_key(event):
            event.ignore()
            return False
        return super().event(event)


class TextField(Field):
    """A field a person types into, with an optional unit or choice of units."""

    unit_changed = Signal(str)

    def __init__(self, where: str, units: Sequence[str] = (), parent: QWidget | None = None) -> None:
        self.edit = Entry()
        super().__init__(where, self.edit, parent)
        self.edit.setFixedHeight(FIELD_HEIGHT)
        self.edit.setMinimumWidth(_LEAST_WIDTH)
        self.units = list(units)
        self.unit_box: QComboBox | None = None
        if len(self.units) > 1:
            self.unit_box = UnitBox(self.units)
            self.unit_box.activated.connect(lambda _: self.unit_changed.emit(self.unit))
            self.row.addWidget(self.unit_box)
        self.suffix = QLabel(texts.unit(self.unit)) if len(self.units) == 1 else None
        if self.suffix is not None:
            self.suffix.setProperty("role", "muted")
            self.row.addWidget(self.suffix)
        self.edit.textEdited.connect(self.edited)
        self.edit.editingFinished.connect(self.settled)

    @property
    def unit(self) -> str:
        """The chosen unit."""
        if self.unit_box is not None:
            return str(self.unit_box.currentData() or "")
        return self.units[0] if self.units else ""

    def set_value(self, text: str, unit: str = "") -> None:
        """Show a text; the cursor stays where it is when nothing changes."""
        if self.edit.text() != text:
            self.edit.setText(text)
            self.edit.setCursorPosition(len(text) if self.edit.hasFocus() else 0)
        if self.unit_box is not None:
            if unit and self.unit_box.findData(unit) < 0:
                self.unit_box.addItem(texts.unit(unit), unit)
            self.unit_box.setCurrentIndex(self.unit_box.findData(unit))

    def _accept(self, text: str) -> None:
        self.edit.setText(text)
        self.edited.emit(text)
        self.settled.emit()


class Area(QPlainTextEdit):
    """Lines to type in; leaves the window's own keys to the window, and Tab goes on to the next field."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)

    def event(self, event: QEvent) -> bool:
        """Do not claim the window's keys."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and is_window_key(event):
            event.ignore()
            return False
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 Qt's name
        """Say that the field was left."""
        super().focusOutEvent(event)
        self.left.emit()


class AreaField(Field):
    """A field of several lines."""

    def __init__(self, where: str, parent: QWidget | None = None) -> None:
        self.edit = Area()
        super().__init__(where, self.edit, parent)
        self.edit.setFixedHeight(_AREA_HEIGHT)
        self.edit.textChanged.connect(self._typed)
        self.edit.left.connect(self.settled)
        self._shown = ""

    def set_value(self, text: str) -> None:
        """Show a text; the cursor stays where it is when nothing changes."""
        self._shown = text
        if self.edit.toPlainText() != text:
            self.edit.setPlainText(text)

    def _typed(self) -> None:
        text = self.edit.toPlainText()
        if text != self._shown:
            self._shown = text
            self.edited.emit(text)

    def _accept(self, text: str) -> None:
        self.edit.setPlainText(text)


def hide_title(field: Field) -> None:
    """Leave the visible label away where a row says it once; screen readers keep the name."""
    field.label.hide()


class UnitBox(QComboBox):
    """A choice of units; the wheel does not change it by accident."""

    def __init__(self, units: Sequence[str]) -> None:
        super().__init__()
        self.setProperty("role", "unit")
        self.setFixedHeight(FIELD_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for unit in units:
            self.addItem(texts.unit(unit), unit)
        self.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 Qt's name
        """Ignore the wheel."""
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class ChoiceField(Field):
    """A field with a closed list; the first entry may stand for 'not entered'."""

    chosen = Signal(str)

    def __init__(self, where: str, parent: QWidget | None = None) -> None:
        self.box = UnitBox(())
        self.box.setProperty("role", "")
        super().__init__(where, self.box, parent)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(3)
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.box.activated.connect(lambda _: self.chosen.emit(self.value))

    @property
    def value(self) -> str:
        """The chosen key."""
        return str(self.box.currentData() or "")

    def set_items(self, items: Sequence[tuple[str, str]], value: str) -> None:
        """Fill the list with (key, text) and choose a key."""
        shown = [(self.box.itemData(i), self.box.itemText(i)) for i in range(self.box.count())]
        if shown != list(items):
            self.box.clear()
            for key, text in items:
                self.box.addItem(text, key)
        self.box.setCurrentIndex(self.box.findData(value))

    def _accept(self, text: str) -> None:
        self.chosen.emit(text)


class SearchField(ChoiceField):
    """A closed list to type into: a name, or any part that only one name has; what fits none stays as typed."""

    def __init__(self, where: str, parent: QWidget | None = None) -> None:
        super().__init__(where, parent)
        self._value = ""
        self.box.setEditable(True)
        self.box.setLineEdit(Entry())
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        completer = self.box.completer()
        assert completer is not None
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        line = self.box.lineEdit()
        assert line is not None
        line.editingFinished.connect(self._typed)

    def set_items(self, items: Sequence[tuple[str, str]], value: str) -> None:
        """Fill the list; a value that is not in it is shown as typed."""
        super().set_items(items, value)
        self._value = value
        if self.box.currentIndex() < 0:
            self.box.setEditText(value)
        line = self.box.lineEdit()
        if line is not None and not line.hasFocus():
            line.setCursorPosition(0)

    def _typed(self) -> None:
        typed = self.box.currentText().strip()
        names = [self.box.itemText(i).casefold() for i in range(self.box.count())]
        exact = [i for i, name in enumerate(names) if name == typed.casefold()]
        hits = exact or [i for i, name in enumerate(names) if typed and typed.casefold() in name]
        value = str(self.box.itemData(hits[0])) if len(hits) == 1 else typed
        if value != self._value:
            self._value = value
            self.chosen.emit(value)
        elif len(hits) == 1:
            self.box.setCurrentIndex(hits[0])
