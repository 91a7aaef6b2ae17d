"""A closer look: reasons, the next level, a level in doubt, late and missed doses, MICs, what drives the exposure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QTextBrowser, QVBoxLayout, QWidget

from core.advise.recommendation import Outcome, Recommendation
from desktop.closer.page import Closer, chosen_level, closer_page
from desktop.compute import doubt_level, look_closer
from desktop.language import Panel
from desktop.messages import error_text
from desktop.state import CaseState
from desktop.tasks import Runner

_ALL, _DOUBT = "closer", "doubt"


class CloserTab(Panel):
    """Works its page out when somebody looks, and drops it with the recommendation it belongs to."""

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.found = Closer()
        self.doubted = 0
        self._base: Recommendation | None = None
        self._ticket = 0
        self._working: set[str] = set()
        self._started = False  # for this recommendation
        self.runner = Runner(self)
        self.runner.arrived.connect(self._arrived)
        self.runner.ended.connect(self._ended)
        self.runner.failed.connect(self._failed)
        self._head = QLabel()
        self._head.setProperty("role", "muted")
        self._head.setWordWrap(True)
        self.page = QTextBrowser()
        self.page.setOpenLinks(False)
        self.page.document().setDocumentMargin(12)
        self.page.anchorClicked.connect(self._chosen)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.addWidget(self._head)
        layout.addWidget(self.page, 1)
        state.results_changed.connect(self.refresh)
        self.retranslate()

    @property
    def is_ready(self) -> bool:
        """Whether all of the page has been worked out."""
        nothing_to_do = self._base is None or self._started
        return self._base is self._recommendation() and nothing_to_do and not self._working

    def _recommendation(self) -> Recommendation | None:
        """What can be explained now: a recommendation that belongs to what is on the screen."""
        recommendation = self.state.results.recommendation
        usable = recommendation is not None and not self.state.busy and recommendation.outcome is not Outcome.BLOCKED
        return recommendation if usable else None

    def refresh(self) -> None:
        """Drop what belongs to an older recommendation; work the new page out when it is looked at."""
        recommendation = self._recommendation()
        if recommendation is self._base:
            return
        self._base = recommendation
        self._ticket += 1
        self.runner.cancel()
        self._working.clear()
        self._started = False
        self.found = Closer()
        case = self.state.case
        self.doubted = max(0, len(case.used_levels) - 1) if case is not None else 0
        self._write()
        if self.isVisible():
            self._start()

    def _start(self) -> None:
        case, fitted = self.state.case, self.state.results.individualisation
        if self._base is None or case is None or fitted is None or self._started:
            return
        self._started = True
        self._working = {_ALL, _DOUBT} if case.used_levels else {_ALL}
        verbs = self.state.verbs
        self.runner.start(_ALL, self._ticket, look_closer(verbs, case, fitted, self._base))
        if case.used_levels:
            self.runner.start(_DOUBT, self._ticket, doubt_level(verbs, case, fitted, self.doubted))
        self._say()

    def _chosen(self, link: QUrl) -> None:
        index = chosen_level(link.toString())
        case, fitted = self.state.case, self.state.results.individualisation
        if index is None or self._base is None or case is None or fitted is None:
            return
        self.doubted = index
        self.found = replace(self.found, doubts=None)
        self._working.add(_DOUBT)
        self.runner.start(_DOUBT, self._ticket, doubt_level(self.state.verbs, case, fitted, index))
        self._say()

    def _arrived(self, ticket: int, key: str, value: Any) -> None:
        if ticket != self._ticket:
            return
        if key == "doubts":
            index, doubts = value
            if index != self.doubted:
                return
            value = doubts
        self.found = replace(self.found, **{key: value})
        self._write()

    def _ended(self, ticket: int, lane: str) -> None:
        if ticket == self._ticket:
            self._working.discard(lane)
            self._say()

    def _failed(self, ticket: int, _lane: str, error: Exception) -> None:
        if ticket == self._ticket:
            self.page.setPlainText(error_text(error))

    def _write(self) -> None:
        case = self.state.case
        self._say()
        if self._base is None or case is None:
            self.page.clear()
            return
        bar = self.page.verticalScrollBar()
        where = bar.value()
        self.page.setHtml(closer_page(case, self._base, self.state.results.next_sample, self.found, self.doubted))
        bar.setValue(where)

    def _say(self) -> None:
        if self._base is None:
            self._head.setText(self.tr("A closer look is possible once the case has a recommendation."))
        elif self._working:
            self._head.setText(self.tr("Working it out…"))
        else:
            self._head.setText(self.tr("What lies behind the recommendation. Nothing here is a decision."))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 Qt's name
        """Work the page out once somebody looks."""
        super().showEvent(event)
        self._start()

    def retranslate(self) -> None:
        """Write texts anew."""
        self.page.setAccessibleName(self.tr("Closer look"))
        self._write()
