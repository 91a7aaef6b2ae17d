"""The advice column: the card and the buttons stay, what stands between them scrolls."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from core.advise.recommendation import Option, Outcome, Regimen
from core.clinic.alert import Severity
from core.report.decision import Decision, DecisionKind
from core.report.offer import second_opinion_lines
from desktop.advice.alerts import AlertBox, AlertList
from desktop.advice.alternatives import Alternatives
from desktop.advice.card import RecommendationCard
from desktop.advice.decision import DecisionButtons, DecisionPanel
from desktop.advice.estimate import Estimate
from desktop.language import LANGUAGE, Panel
from desktop.state import CaseState

WIDTH = 318


class AdviceColumn(Panel):
    """Everything the program has to say."""

    report_wanted = Signal()
    said = Signal(str)  # a line for the status bar

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.selected = 0
        self.setFixedWidth(WIDTH)
        self.motto = QLabel()
        self.motto.setProperty("role", "muted")
        self.card = RecommendationCard(state)
        self.limits = QVBoxLayout()
        self.alerts = AlertList(state)
        self.alternatives = Alternatives(state)
        self.estimate = Estimate(state)
        self.why, self.opinion = TextCard(), TextCard()
        self.panel = DecisionPanel(state)
        self.buttons = DecisionButtons()
        self._lay_out()
        self._connect()
        self.retranslate()

    def _lay_out(self) -> None:
        inner = QWidget()
        middle = QVBoxLayout(inner)
        middle.setContentsMargins(0, 0, 8, 0)
        middle.setSpacing(7)
        self.limits.setSpacing(5)
        middle.addLayout(self.limits)
        for part in (self.alerts, self.panel, self.alternatives, self.estimate, self.opinion, self.why):
            middle.addWidget(part)
        middle.addStretch(1)
        self.middle = QScrollArea()
        self.middle.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.middle.setWidgetResizable(True)
        self.middle.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.middle.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addWidget(self.motto)
        layout.addWidget(self.card)
        layout.addWidget(self.middle, 1)
        layout.addWidget(self.buttons)

    def _connect(self) -> None:
        self.state.results_changed.connect(self.refresh)
        self.state.draft_changed.connect(self.refresh)
        self.alternatives.chosen.connect(self.show_option)
        self.buttons.accept.connect(self.accept)
        self.buttons.modify.connect(lambda: self._ask(DecisionKind.MODIFIED))
        self.buttons.reject.connect(lambda: self._ask(DecisionKind.REJECTED))
        self.buttons.report.connect(self.report_wanted)
        self.panel.decided.connect(self._decide)
        self.panel.previewed.connect(self.state.show_regimen)

    @property
    def options(self) -> tuple[Option, ...]:
        """The options that may be shown now."""
        recommendation = self.state.results.recommendation
        offers = recommendation is not None and recommendation.outcome is Outcome.OPTIONS
        return recommendation.options if offers and recommendation is not None else ()

    @property
    def option(self) -> Option | None:
        """The option on the card."""
        return self.options[self.selected] if self.selected < len(self.options) else None

    def refresh(self) -> None:
        """Show the results of the state."""
        if not self.options:
            self.selected = 0
            self.panel.hide()
        self.card.show_state(self.option)
        self.alerts.refresh()
        shown = self.options if self.card.option is not None else ()
        self.alternatives.show_options(shown, self.selected)
        self.estimate.refresh()
        self.panel.show_judged()
        self._show_limits()
        self._show_words()
        decide = self.state.can_decide and self.card.option is not None
        self.buttons.enable(decide=decide, report=self.state.results.recommendation is not None)

    def _show_limits(self) -> None:
        while self.limits.count():
            item = self.limits.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for alert in self.card.option.limits if self.card.option is not None else ():
            self.limits.addWidget(AlertBox(alert))

    def _show_words(self) -> None:
        recommendation = self.state.results.recommendation if self.card.option is not None else None
        why = (
            [] if recommendation is None else [LANGUAGE.say(message, values) for message, values in recommendation.why]
        )
        self.why.show_lines(self.tr("Why"), why)
        opinion = recommendation.second_opinion if recommendation is not None else None
        lines = [] if opinion is None else [LANGUAGE.said(line) for line in second_opinion_lines(opinion)]
        self.opinion.show_lines(self.tr("Second opinion of the trained predictor"), lines)

    def show_option(self, option: Option) -> None:
        """Put an option on the card and draw it."""
        self.selected = self.options.index(option)
        self.refresh()
        self.state.show_regimen(option.regimen)

    def accept(self) -> None:
        """Accept what the card shows; cautions are acknowledged first, another option needs a reason."""
        option = self.card.option
        if option is None or not self.state.can_decide:
            return
        if any(alert.severity is Severity.STOP for alert in option.limits):
            self.said.emit(self.tr("This option is above a limit; modify it or choose another."))
            return
        if self.state.unacknowledged:
            self.alerts.acknowledge_button.setFocus(Qt.FocusReason.OtherFocusReason)
            self.middle.ensureWidgetVisible(self.alerts.acknowledge_button)
            self.said.emit(self.tr("Read and acknowledge the cautions first (Ctrl+K)."))
            return
        if self.selected:
            self.panel.open_for(DecisionKind.MODIFIED, option, other=True)
            self.middle.ensureWidgetVisible(self.panel)
            return
        self._decide(Decision(DecisionKind.ACCEPTED, option.regimen, "", self.state.clock()))

    def _ask(self, kind: DecisionKind) -> None:
        if self.card.option is not None:
            self.panel.open_for(kind, self.card.option)
            self.middle.ensureWidgetVisible(self.panel)

    def _decide(self, decision: Decision) -> None:
        cautions = [alert for alert in self.state.alerts if alert.severity is Severity.CAUTION]
        seen = tuple(alert.id for alert in cautions if alert not in self.state.unacknowledged)
        decision = replace(decision, acknowledged=seen)
        self.state.decide(decision)
        if decision.regimen is not None and self._differs(decision.regimen):
            self.state.show_regimen(decision.regimen)
        self.said.emit(self.tr("Decision recorded. Report: Ctrl+P"))
        self.buttons.report_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _differs(self, regimen: Regimen) -> bool:
        return regimen != self.state.results.proposed_regimen

    def retranslate(self) -> None:
        """Write texts anew."""
        self.motto.setText(self.tr("The clinician decides. This is decision support."))
        self.refresh()


class TextCard(QWidget):
    """A title and some sentences."""

    def __init__(self) -> None:
        super().__init__()
        self._title, self._text = QLabel(), QLabel()
        self._title.setProperty("role", "title")
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        card = QFrame()
        card.setProperty("role", "card")
        inner = QVBoxLayout(card)
        inner.setContentsMargins(9, 6, 9, 7)
        inner.addWidget(self._text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self._title)
        layout.addWidget(card)
        self.hide()

    def show_lines(self, title: str, lines: list[str]) -> None:
        """Show the sentences; without any the card is away."""
        self._title.setText(title)
        self._text.setText("\n".join(lines))
        self.setVisible(bool(lines))
