"""A list to the left, the page of what is chosen to the right, a line of words above both."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QTextBrowser, QVBoxLayout, QWidget

from desktop.language import Panel


class ListPage(Panel):
    """The frame; what it lists and how a page reads is each one's own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._head = QLabel()
        self._head.setProperty("role", "muted")
        self._head.setWordWrap(True)
        self.list = QListWidget()
        self.list.setFixedWidth(300)
        self.page = QTextBrowser()
        self.page.document().setDocumentMargin(12)
        self.list.currentItemChanged.connect(self._show)
        columns = QHBoxLayout()
        columns.setSpacing(10)
        columns.addWidget(self.list)
        columns.addWidget(self.page, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.addWidget(self._head)
        layout.addLayout(columns, 1)

    def _show(self, item: QListWidgetItem | None) -> None:
        raise NotImplementedError
