"""Typing and waiting as a person does."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


def ready(qtbot, window):
    qtbot.waitUntil(lambda: window.state.results.proposed is not None and not window.state.busy, timeout=20000)


def receiver():
    """Where the system sends a key: a popup first."""
    return QApplication.activePopupWidget() or QApplication.focusWidget()


def key(window, *args):
    QTest.keyClick(receiver() or window, *args)


def type_text(text):
    if text.isascii():
        QTest.keyClicks(receiver(), text)
        return
    event = QInputMethodEvent()  # what a Chinese keyboard writes arrives as committed text
    event.setCommitString(text)
    QApplication.sendEvent(receiver(), event)
