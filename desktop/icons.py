"""The window's few icons, each a small drawing of our own."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QLabel

from desktop.theme import icons_folder


def icon(name: str) -> QIcon:
    """An icon by name."""
    return QIcon(f"{icons_folder()}/{name}.svg")


def icon_label(name: str, size: int = 16) -> QLabel:
    """A label that shows an icon."""
    label = QLabel()
    label.setPixmap(icon(name).pixmap(QSize(size, size)))
    label.setFixedSize(size + 1, size + 2)
    return label
