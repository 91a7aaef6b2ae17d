"""Alerts in three levels, each with icon, word, colour and place: STOP in front, CAUTION to acknowledge, NOTE folded away."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.clinic.alert import Alert, Severity
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
        self.acknowledge_button = QPushButton()
        self.acknowledge_button.clicked.connect(self._acknowledge)
        self.fold = QPushButton()
        self.fold.setProperty("role", "link")
        self.fold.clicked.connect(self._toggle)
        self._note_box = QWidget()
        self._note_box.setLayout(self._notes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        for part in (self._stops, self._cautions, self._notes):
            part.setContentsMargins(0, 0, 0, 0)
            part.setSpacing(5)
        layout.addLayout(self._stops)
        layout.addLayout(self._cautions)
        layout.addWidget(self.acknowledge_button)
        layout.addWidget(self.fold)
        layout.addWidget(self._note_box)
        self.refresh()

    def refresh(self) -> None:
        """Show the alerts of the state; only the first STOP comes forward."""
        alerts = self._state.alerts
        if alerts != self._shown or LANGUAGE.code != self._language:
            self._shown, self._language = alerts, LANGUAGE.code
            for part in (self._stops, self._cautions, self._notes):
                _clear(part)
            for alert in alerts:
                part = {Severity.STOP: self._stops, Severity.CAUTION: self._cautions, Severity.NOTE: self._notes}[
                    alert.severity
                ]
                part.addWidget(AlertBox(alert))
        waiting = self._state.unacknowledged
        cautions = [alert for alert in alerts if alert.severity is Severity.CAUTION]
        notes = [alert for alert in alerts if alert.severity is Severity.NOTE]
        self.acknowledge_button.setVisible(bool(cautions))
        self.acknowledge_button.setEnabled(bool(waiting))
        text = self.tr("Acknowledge (Ctrl+K)") if waiting else self.tr("✓ Acknowledged")
        self.acknowledge_button.setText(text)
        self.fold.setVisible(bool(notes))
        self._note_box.setVisible(self._open and bool(notes))
        arrow = "▾" if self._open else "▸"
        count = self.tr("1 note") if len(notes) == 1 else self.tr("%1 notes").replace("%1", str(len(notes)))
        self.fold.setText(f"{arrow} {count}")
        self.setVisible(bool(alerts))

    def _toggle(self) -> None:
        self._open = not self._open
        self.refresh()

    def _acknowledge(self) -> None:
        self._state.acknowledge()
        self.acknowledged.emit()

    def retranslate(self) -> None:
        """Write texts anew."""
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
        head = QHBoxLayout()
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


def _clear(layout: QVBoxLayout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()
