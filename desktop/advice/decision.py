"""Accept, modify or reject: the person decides, and gives a reason where the decision differs."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.advise.recommendation import Option, Regimen
from core.clinic.alert import Alert
from core.report.decision import Decision, DecisionKind
from desktop import texts
from desktop.advice.card import risk_name
from desktop.button import Button
from desktop.case.field import TextField
from desktop.case.reading import Problem
from desktop.language import LANGUAGE, Panel
from desktop.regimen_form import RegimenForm
from desktop.state import CaseState


class DecisionButtons(Panel):
    """The four answers at the foot of the advice column."""

    accept = Signal()
    modify = Signal()
    reject = Signal()
    report = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.accept_button, self.modify_button = Button(), Button()
        self.reject_button, self.report_button = Button(), Button()
        self.accept_button.setProperty("role", "primary")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        for button, signal in (
            (self.accept_button, self.accept),
            (self.modify_button, self.modify),
            (self.reject_button, self.reject),
            (self.report_button, self.report),
        ):
            row.addWidget(button, 1)
            button.clicked.connect(signal)
            button.setMinimumHeight(32)
            button.setAutoDefault(True)
        self.retranslate()

    def enable(self, *, decide: bool, report: bool) -> None:
        """Only what can be done now."""
        for button in (self.accept_button, self.modify_button, self.reject_button):
            button.setEnabled(decide)
        self.report_button.setEnabled(report)

    def retranslate(self) -> None:
        """Write texts anew."""
        self.accept_button.setText(self.tr("Accept"))
        self.modify_button.setText(self.tr("Modify"))
        self.reject_button.setText(self.tr("Reject"))
        self.report_button.setText(self.tr("Report"))
        self.report_button.setToolTip(self.tr("Writes PDF and CSV (Ctrl+P)"))


class DecisionPanel(Panel):
    """The regimen to be given instead and the reason; in place, no dialog."""

    decided = Signal(object)
    previewed = Signal(object)
    closed = Signal()

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._kind = DecisionKind.MODIFIED
        self._option: Option | None = None
        self._shown: Regimen | None = None  # the regimen last previewed
        self.title = QLabel()
        self.title.setProperty("role", "title")
        self.form = RegimenForm()
        self.reason = TextField("reason")
        self.limits = QLabel()
        self.limits.setProperty("role", "error")
        self.limits.setWordWrap(True)
        self.judged = QLabel()
        self.judged.setWordWrap(True)
        self.preview_button, self.confirm_button, self.cancel_button = Button(), Button(), Button()
        self.confirm_button.setProperty("role", "primary")
        self._lay_out()
        self.preview_button.clicked.connect(self._preview)
        self.confirm_button.clicked.connect(self._confirm)
        self.cancel_button.clicked.connect(self.close_panel)
        self.form.settled.connect(self._check)
        self.form.entered.connect(self._preview)
        self.reason.edit.returnPressed.connect(self._confirm)
        self.hide()
        self.retranslate()

    def _lay_out(self) -> None:
        card = QFrame()
        card.setProperty("role", "card")
        buttons = QHBoxLayout()
        for button in (self.confirm_button, self.preview_button, self.cancel_button):
            buttons.addWidget(button, 1)
        column = QVBoxLayout(card)
        column.setContentsMargins(9, 7, 9, 8)
        column.setSpacing(6)
        column.addWidget(self.title)
        column.addWidget(self.form)
        column.addWidget(self.reason)
        column.addWidget(self.judged)
        column.addWidget(self.limits)
        column.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(card)

    def open_for(self, kind: DecisionKind, option: Option, *, other: bool = False) -> None:
        """Ask for what is still needed: a regimen and reason, or a reason alone (`other`: the option as it stands)."""
        self._kind, self._option = kind, option
        edits = kind is DecisionKind.MODIFIED and not other
        self.form.show_regimen(option.regimen, self._state.case, by_week=self._state.by_week)
        self.form.setVisible(edits)
        self.preview_button.setVisible(edits)
        self.reason.set_value("")
        self.reason.show_problem(None)
        self.limits.hide()
        self.judged.hide()
        self.show()
        self.retranslate()
        (self.form.amount if edits else self.reason).setFocus(Qt.FocusReason.OtherFocusReason)

    def close_panel(self) -> None:
        """Leave without a decision."""
        self.hide()
        self.closed.emit()

    def _regimen(self) -> Regimen | None:
        assert self._option is not None
        return self.form.regimen() if self.form.isVisibleTo(self) else self._option.regimen

    def broken_limits(self, regimen: Regimen) -> tuple[Alert, ...]:
        """What stands against a regimen: limits of label, patient and site, infusion rate, amounts."""
        case = self._state.case
        return () if case is None else self._state.verbs.objections(case, regimen)

    def _check(self) -> Regimen | None:
        regimen = self._regimen()
        if regimen != self._shown:
            self.judged.hide()
        broken = self.broken_limits(regimen) if regimen is not None else ()
        self.limits.setText("\n".join(LANGUAGE.alert(alert) for alert in broken))
        self.limits.setVisible(bool(broken))
        return regimen

    def show_judged(self) -> None:
        """Say what the regimen in the form would do, once it has been worked out."""
        option = self._state.results.judged
        fits = self.isVisible() and option is not None and self.form.isVisibleTo(self) and option.regimen == self._shown
        self.judged.setVisible(fits)
        if not fits or option is None:
            return
        parts = [self.tr("Within target"), texts.chance(option.attainment.value)]
        for risk in option.risks:
            parts += ["·", risk_name(risk), texts.chance(risk.chance.value)]
        self.judged.setText(" ".join(parts))

    def _preview(self) -> None:
        regimen = self._check()
        self._shown = regimen
        if regimen is not None:
            self.previewed.emit(regimen)

    def _confirm(self) -> None:
        regimen = self._check()
        reason = self.reason.edit.text().strip()
        self.reason.show_problem(None if reason else Problem("reason", "decision_reason_needed"))
        if not reason:
            self.reason.setFocus(Qt.FocusReason.OtherFocusReason)
        if regimen is None or not reason:
            return
        chosen = None if self._kind is DecisionKind.REJECTED else regimen
        self.hide()
        self.decided.emit(Decision(self._kind, chosen, reason, self._state.clock()))

    def retranslate(self) -> None:
        """Write texts anew."""
        rejects = self._kind is DecisionKind.REJECTED
        self.title.setText(self.tr("Reject the recommendation") if rejects else self.tr("Give another regimen"))
        self.reason.set_title(self.tr("Reason"))
        self.preview_button.setText(self.tr("Show curve"))
        self.confirm_button.setText(self.tr("Reject") if rejects else self.tr("Confirm"))
        self.cancel_button.setText(self.tr("Back"))
