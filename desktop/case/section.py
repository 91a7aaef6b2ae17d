"""A titled card of the input column."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop.language import Panel


class Section(Panel):
    """A title and, in a white card beneath it, the body."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setProperty("role", "title")
        card = QFrame()
        card.setProperty("role", "card")
        self.body = QVBoxLayout(card)
        self.body.setContentsMargins(9, 5, 9, 8)
        self.body.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.title)
        layout.addWidget(card)

    def ensure_visible(self, widget: QWidget) -> None:
        """Scroll the column so that a widget can be seen."""
        ancestor = self.parentWidget()
        while ancestor is not None and not isinstance(ancestor, QScrollArea):
            ancestor = ancestor.parentWidget()
        if ancestor is not None:  # the new size of the column is known only after it has been laid out
            QTimer.singleShot(0, widget, lambda: ancestor.ensureWidgetVisible(widget, 0, 12))
