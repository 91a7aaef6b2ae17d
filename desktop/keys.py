"""The window's own keys."""

from __future__ import annotations

from PySide6.QtGui import QKeyEvent, QKeySequence

NEW, OPEN, SAVE, SAVE_AS = "Ctrl+N", "Ctrl+O", "Ctrl+S", "Ctrl+Shift+S"
REPORT, DOSE, LEVEL, MEDICATION = "Ctrl+P", "Ctrl+D", "Ctrl+L", "Ctrl+M"
ACKNOWLEDGE, ACCEPT, TABLE, SPEAK = "Ctrl+K", "Ctrl+Return", "Ctrl+T", "Ctrl+Shift+L"
UNDO, REDO, REDO_TOO = "Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+Y"
TERMS, COMPUTE, PLOTS, STOP = "F1", "F5", "F6", "Escape"
_ALL = (
    NEW,
    OPEN,
    SAVE,
    SAVE_AS,
    REPORT,
    DOSE,
    LEVEL,
    MEDICATION,
    ACKNOWLEDGE,
    ACCEPT,
    TABLE,
    SPEAK,
    UNDO,
    REDO,
    REDO_TOO,
)


def is_window_key(event: QKeyEvent) -> bool:
    """Whether a key belongs to the window although a field would like it (Ctrl+D deletes, Ctrl+K cuts a line)."""
    return QKeySequence(event.keyCombination()) in [QKeySequence(keys) for keys in _ALL]
