"""The status bar: of fixed height, so that nothing moves when work begins."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QWidget

from core.version import VERSION
from desktop.button import Button
from desktop.language import Panel
from desktop.messages import progress_text
from desktop.state import CaseState

HEIGHT = 30


class StatusBar(Panel):
    """What is going on, how far it is, and a way to stop it."""

    cancelled = Signal()

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self._state = state
        self._said = ""
        self.text = QLabel()
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(200, 12)
        self.stop = Button()
        self.stop.setFixedHeight(24)
        self.stop.setStyleSheet("min-height: 16px; padding: 1px 8px;")
        self.stop.clicked.connect(self.cancelled)
        self._version = QLabel()
        self._version.setProperty("role", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 10, 0)
        row.setSpacing(8)
        row.addWidget(self.text, 1)
        row.addWidget(self.bar)
        row.addWidget(self.stop)
        row.addWidget(self._version)
        state.busy_changed.connect(self._busy)
        state.progressed.connect(self._progress)
        state.results_changed.connect(self._refresh)
        state.draft_changed.connect(self._forget)
        self._busy(False)
        self.retranslate()

    def say(self, text: str) -> None:
        """Say something that stays until the case changes."""
        self._said = text
        self._refresh()

    def _forget(self) -> None:
        if self._state.busy:
            self._said = ""

    def _busy(self, busy: bool) -> None:
        self.bar.setVisible(busy)
        self.stop.setVisible(busy)
        self.bar.setRange(0, 0)
        self._refresh()

    def _progress(self, fraction: float, message: str) -> None:
        if not self._state.busy:
            return
        self.bar.setRange(0, 100 if fraction > 0 else 0)
        self.bar.setValue(round(100 * fraction))
        self.text.setText(progress_text(message))

    def _refresh(self) -> None:
        state = self._state
        if state.busy:
            if not self.text.text():
                self.text.setText(progress_text(""))
            return
        if self._said:
            self.text.setText(self._said)
        elif state.case is None:
            self.text.setText(self.tr("Waiting for entries"))
        else:
            self.text.setText(self.tr("Ready"))

    def retranslate(self) -> None:
        """Write texts anew."""
        self.stop.setText(self.tr("Stop (Esc)"))
        self.bar.setAccessibleName(self.tr("Progress"))
        not_certified = self.tr("not a certified medical device")
        self._version.setText(f"Dosewright {VERSION}  ·  {not_certified}")
        self._refresh()
