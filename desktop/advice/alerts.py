"""Alerts in three levels, each with icon, word, colour and place; STOP in front, CAUTION to acknowledge."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.clinic.alert import Alert, Severity
from desktop.button import Button
from desktop.icons import icon_label
from desktop.language import LANGUAGE, Panel
from desktop.state import CaseState

_ROLES = {Severity.STOP: "stop", Severity.CAUTION: "caution", Severity.NOTE: "note"}


class AlertList(Panel):
    """All alerts of the case."""

    acknowledged = Signal()

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._shown: tuple[Alert, ...] = ()
        self._language = ""
        self._open = False
        self._stops, self._cautions, self._notes = QVBoxLayout(), QVBoxLayout(), QVBoxLayout()
        self.acknowledge_button = Button(self)
        self.acknowledge_button.setProperty("role", "link")
        self.acknowledge_button.clicked.connect(self._acknowledge)
        self.fold = Button()
        self.fold.setProperty("role", "link")
        self.fold.clicked.connect(self._toggle)
        self.caution_fold = Button()
        self.caution_fold.setProperty("role", "link")
        self.caution_fold.clicked.connect(self._toggle_cautions)
        self._caution_box = QWidget()
        self._caution_box.setLayout(self._cautions)
        self._cautions_open = False
        self._note_box = QWidget()
        self._note_box.setLayout(self._notes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        for part in (self._stops, self._cautions, self._notes):
            part.setContentsMargins(0, 0, 0, 0)
            part.setSpacing(5)
        layout.addLayout(self._stops)
        layout.addWidget(self._caution_box)
        folds = QHBoxLayout()
        folds.setSpacing(12)
        folds.addWidget(self.caution_fold)
        folds.addWidget(self.fold)
        folds.addStretch(1)
        layout.addLayout(folds)
        layout.addWidget(self._note_box)
        self.retranslate()

    def refresh(self) -> None:
        """Show the alerts of the state; only the first STOP comes forward."""
        alerts = self._state.alerts
        if alerts != self._shown or LANGUAGE.code != self._language:
            self._shown, self._language = alerts, LANGUAGE.code
            self.acknowledge_button.setParent(self)
            for part in (self._stops, self._cautions, self._notes):
                _clear(part)
            for alert in alerts:
                part = {Severity.STOP: self._stops, Severity.CAUTION: self._cautions, Severity.NOTE: self._notes}[
                    alert.severity
                ]
                part.addWidget(AlertBox(alert))
            self._place_button()
        waiting = self._state.unacknowledged
        cautions = sum(alert.severity is Severity.CAUTION for alert in alerts)
        notes = sum(alert.severity is Severity.NOTE for alert in alerts)
        self.acknowledge_button.setVisible(bool(waiting))
        self._caution_box.setVisible(bool(waiting) or (cautions > 0 and self._cautions_open))
        self.caution_fold.setVisible(cautions > 0 and not waiting)
        self._note_box.setVisible(self._open and notes > 0)
        self.fold.setVisible(notes > 0)
        one, many = self.tr("1 caution acknowledged"), self.tr("%1 cautions acknowledged")
        self.caution_fold.setText(_folded(one, many, cautions, is_open=self._cautions_open))
        self.fold.setText(_folded(self.tr("1 note"), self.tr("%1 notes"), notes, is_open=self._open))
        self.setVisible(bool(alerts))

    def _place_button(self) -> None:
        """One key acknowledges all; it stands in the first caution."""
        item = self._cautions.itemAt(0)
        box = item.widget() if item is not None else None
        if isinstance(box, AlertBox):
            box.head.addWidget(self.acknowledge_button)

    def _toggle_cautions(self) -> None:
        self._cautions_open = not self._cautions_open
        self.refresh()

    def _toggle(self) -> None:
        self._open = not self._open
        self.refresh()

    def _acknowledge(self) -> None:
        self._state.acknowledge()
        self.acknowledged.emit()

    def retranslate(self) -> None:
        """Write texts anew."""
        self.acknowledge_button.setText(self.tr("Acknowledge (Ctrl+K)"))
        self.refresh()


class AlertBox(QFrame):
    """One alert."""

    def __init__(self, alert: Alert) -> None:
        super().__init__()
        role = _ROLES[alert.severity]
        self.setProperty("role", role)
        word = QLabel(LANGUAGE.wording.word("severity", role))
        word.setProperty("role", "title")
        text = QLabel(LANGUAGE.alert(alert))
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head = self.head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(icon_label(role))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(9, 5, 8, 6)
        layout.setSpacing(1)
        if alert.severity is Severity.NOTE:
            head.addWidget(text, 1)
            layout.addLayout(head)
        else:
            head.addWidget(word, 1)
            layout.addLayout(head)
            layout.addWidget(text)
        self.setAccessibleName(f"{word.text()}: {text.text()}")


def _folded(one: str, many: str, count: int, *, is_open: bool) -> str:
    text = one if count == 1 else many.replace("%1", str(count))
    return f"{'▾' if is_open else '▸'} {text}"


def _clear(layout: QVBoxLayout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()
