"""Instead of curves: what is missing, each a way to its field; what must be corrected; why there is no result."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from desktop import texts
from desktop.button import Button
from desktop.language import Panel
from desktop.messages import error_text
from desktop.state import CaseState


class EmptyPlot(Panel):
    """A page that leads on."""

    wanted = Signal(str)

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.setObjectName("empty")
        self._title = QLabel()
        self._title.setProperty("role", "title")
        self._title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text = QLabel()
        self._text.setProperty("role", "muted")
        self._text.setWordWrap(True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._links = QVBoxLayout()
        self._links.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(60, 40, 60, 40)
        layout.setSpacing(10)
        layout.addStretch(2)
        layout.addWidget(self._title)
        layout.addWidget(self._text)
        layout.addLayout(self._links)
        layout.addStretch(3)

    def refresh(self) -> None:
        """Say what is missing."""
        state = self._state
        wanted = list(state.missing)
        self._text.clear()
        if wanted:
            self._title.setText(self.tr("Still needed for the first curve"))
        elif state.problems:
            self._title.setText(self.tr("No curves while something is to be corrected"))
        elif state.results.failure is not None:
            self._title.setText(self.tr("No curves"))
            self._text.setText(error_text(state.results.failure))
        else:
            self._title.setText(self.tr("Working out the first curves…"))
        self._fill_links(wanted)

    def _fill_links(self, wanted: list[str]) -> None:
        while self._links.count():
            item = self._links.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for where in wanted:
            button = Button(self.name_of(where))
            button.setProperty("role", "link")
            button.clicked.connect(lambda _=False, field=where: self.wanted.emit(field))
            self._links.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)

    def name_of(self, where: str) -> str:
        """What a missing field is called."""
        own = {
            "drug": self.tr("Drug"),
            "sex": self.tr("Sex"),
            "birth": self.tr("Date of birth or age"),
            "dose": self.tr("A dose (Ctrl+D)"),
        }
        return own.get(where) or texts.title("covariate", where.split(".")[1])

    def retranslate(self) -> None:
        """Write texts anew."""
        self.refresh()
