"""The drug library: each model with its paper, people, parameters, targets and limits."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QListWidgetItem, QWidget

from core.drugs.library import Library, drug_of
from core.errors import CoreError
from desktop.language import LANGUAGE
from desktop.library.page import model_page
from desktop.list_page import ListPage
from desktop.messages import error_text


class LibraryTab(ListPage):
    """Models to the left, the chosen one to the right."""

    def __init__(self, library: Library, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self.page.setOpenExternalLinks(False)
        self.retranslate()

    def _fill(self) -> None:
        row = max(self.list.currentRow(), 0)
        self.list.clear()
        for identifier in sorted(self._library.by_id):
            item = QListWidgetItem(f"{LANGUAGE.wording.drug(drug_of(identifier))}\n{identifier}")
            item.setData(Qt.ItemDataRole.UserRole, identifier)
            self.list.addItem(item)
        self.list.setCurrentRow(row)

    def _show(self, item: QListWidgetItem | None) -> None:
        if item is None or not self.isVisible():
            return
        try:
            model = self._library.model(str(item.data(Qt.ItemDataRole.UserRole)))
        except CoreError as error:
            self.page.setPlainText(error_text(error))
            return
        self.page.setHtml(model_page(model))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 Qt's name
        """Read a model's file only once somebody looks."""
        super().showEvent(event)
        self._show(self.list.currentItem())

    def retranslate(self) -> None:
        """Write texts anew."""
        self.list.setAccessibleName(self.tr("Models"))
        self.page.setAccessibleName(self.tr("Model"))
        count = len(self._library.by_id)
        text = self.tr(
            "%1 models, each a published model or a compound with its card; a result names the file's fingerprint."
        )
        self._head.setText(text.replace("%1", str(count)))
        self._fill()
