"""The trained predictors: what each is worth, what it was trained on, for whom."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QListWidgetItem, QWidget

from core.drugs.library import drug_of
from core.errors import InputError
from desktop.language import LANGUAGE
from desktop.learn.page import card_page
from desktop.list_page import ListPage


class PredictorsPage(ListPage):
    """Predictors to the left, the card of the chosen one to the right."""

    def __init__(self, files: Sequence[Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        for path in files:
            item = QListWidgetItem()
            item.setData(Qt.ItemDataRole.UserRole, str(path))
            self.list.addItem(item)
        self.retranslate()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 Qt's name
        """Read a predictor only once somebody looks: its runtime is heavy."""
        if self.list.currentRow() < 0:
            self.list.setCurrentRow(0)
        super().showEvent(event)

    def _show(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.page.setHtml(page_of(Path(str(item.data(Qt.ItemDataRole.UserRole)))))

    def retranslate(self) -> None:
        """Write texts anew."""
        self.list.setAccessibleName(self.tr("Predictors"))
        self.page.setAccessibleName(self.tr("Card of the predictor"))
        self._head.setText(
            self.tr("A predictor's second opinion stands beside the recommendation; it never changes it.")
        )
        for item in (self.list.item(row) for row in range(self.list.count())):
            drug = drug_of(Path(str(item.data(Qt.ItemDataRole.UserRole))).stem)
            item.setText(LANGUAGE.wording.drug(drug))
        self._show(self.list.currentItem())


def page_of(path: Path) -> str:
    """The card of a predictor's file as HTML, or why it cannot be used."""
    from html import escape

    from core.learn.second_opinion import predictor_at

    try:
        predictor = predictor_at(path)
    except InputError as error:
        return f"<p>{escape(LANGUAGE.error(error))}</p>"
    return card_page(predictor.card, predictor.file_hash)
