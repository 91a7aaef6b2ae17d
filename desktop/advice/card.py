"""The recommendation, or why there is none; never a number of a failed or older computation."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.advise.recommendation import Interval, Option, Outcome, Recommendation, Risk
from core.clinic.alert import Severity
from core.drugs.model import Evidence
from core.errors import Cancelled, InputError
from core.report.decision import Decision
from core.report.offer import per_day_said
from desktop import texts, theme
from desktop.advice.bars import ChanceRows
from desktop.button import Button
from desktop.language import LANGUAGE, Panel, say
from desktop.messages import error_text
from desktop.state import CaseState

_BENEFIT = "#00795A"


class RecommendationCard(Panel):
    """The card at the top of the advice column."""

    wanted = Signal(str)  # a field to go to

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.option: Option | None = None
        frame = QFrame()
        frame.setProperty("role", "recommendation")
        self._kind = _label("label")
        self._drug = _label("drug")
        self._dose_label = _label("label")
        self._dose = _label("dose")
        self._way, self._start = _label(""), _label("muted")
        self._bars = ChanceRows()
        self._footnote = _label("muted")
        self._wait, self._text = _label("wait"), _label("")
        self._go = Button()
        self._go.setProperty("role", "link")
        self._go.clicked.connect(lambda: self.wanted.emit(self._where_to()))
        self._decided = _label("title")
        dose = QHBoxLayout()
        dose.setSpacing(6)
        dose.addWidget(self._dose_label, 0, Qt.AlignmentFlag.AlignVCenter)
        dose.addWidget(self._dose, 1)
        column = QVBoxLayout(frame)
        column.setContentsMargins(12, 8, 12, 9)
        column.setSpacing(1)
        above: tuple[QWidget, ...] = (self._kind, self._wait, self._text, self._go, self._drug)
        for one in above:
            column.addWidget(one)
        column.addLayout(dose)
        below: tuple[QWidget, ...] = (self._way, self._start, self._bars, self._footnote, self._decided)
        for part in below:
            column.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(frame)
        self._advice: tuple[QWidget, ...] = (
            self._drug,
            self._dose_label,
            self._dose,
            self._way,
            self._start,
            self._bars,
        )
        self.retranslate()

    def show_state(self, option: Option | None) -> None:
        """Show an option of the recommendation, or the state that stands in its way."""
        recommendation = self._state.results.recommendation
        offers = recommendation is not None and recommendation.outcome is Outcome.OPTIONS
        shown = offers and option is not None
        blocked = any(alert.severity is Severity.STOP for alert in self._state.alerts)
        self.option = option if shown and not blocked else None
        for widget in self._advice:
            widget.setVisible(self.option is not None)
        self._wait.setVisible(self.option is None)
        self._text.setVisible(self.option is None)
        self._decided.hide()
        self._footnote.hide()
        self._go.setVisible(self.option is None and bool(self._where_to()))
        if self.option is not None and recommendation is not None:
            self._show_option(self.option, recommendation)
        else:
            self._show_reason(recommendation)

    def _show_option(self, option: Option, recommendation: Recommendation) -> None:
        regimen, case = option.regimen, self._state.case
        is_first = option is recommendation.options[0]
        self._kind.setText(self.tr("Recommendation") if is_first else self.tr("Other option"))
        self._drug.setText(texts.drug_name(self._state.model.drug) if self._state.model is not None else "")
        self._dose.setText(texts.amounts(regimen))
        parts = [texts.word("route", regimen.route.value), texts.schedule(regimen)]
        if regimen.duration > 0:
            parts.insert(1, texts.infusion(regimen.duration))
        if regimen.loading:
            parts.append(texts.loading(regimen))
        self._way.setText(" — ".join(parts))
        daily = LANGUAGE.said(per_day_said(regimen))
        start = texts.moment(case.clock(regimen.first_dose), year=True) if case is not None else ""
        start_text = self.tr("from %1").replace("%1", start)
        self._start.setText(f"{start_text}  ·  {daily}")
        self._bars.show_rows(self._rows(option, recommendation))
        self._footnote.setVisible(any(not risk.of_toxicity for risk in option.risks))
        self._footnote.setText(self.tr("* exposure seen with it; no validated relation"))
        self._show_decision(self._state.decision)
        spoken = f"{self._drug.text()}, {self._dose.text()}, {self._way.text()}, {self._start.text()}"
        self.setAccessibleName(f"{self._kind.text()}: {spoken}")

    def _rows(self, option: Option, recommendation: Recommendation) -> list[tuple[str, Interval, str, str]]:
        graded = self.tr("Evidence for the target: %1").replace(
            "%1", texts.word("evidence", recommendation.target_evidence.value)
        )
        rows = [
            (
                self.tr("Within target"),
                option.attainment,
                theme.INDIVIDUAL,
                f"{graded}\n{recommendation.target_source}",
            ),
            (
                self.tr("Benefit"),
                option.efficacy,
                _BENEFIT,
                self.tr("Chance of reaching at least the low end of the target"),
            ),
        ]
        risks = [(risk_name(risk), risk.chance, theme.PROPOSED, self._risk_tip(risk)) for risk in option.risks]
        return [*rows, *risks]

    def _risk_tip(self, risk: Risk) -> str:
        limit = risk.threshold.replace("*", "·")
        about = self.tr("Chance of exposure above %1").replace("%1", limit)
        if risk.of_toxicity:
            about = self.tr("Chance of this toxicity; it was seen more often above %1").replace("%1", limit)
        if risk.by_effect:
            about = self.tr("Chance of this toxicity, from a model of it")
            about += f": {limit}" if limit else ""
        grade = texts.word("evidence", Evidence(risk.evidence).value)
        evidence = self.tr("Evidence: %1").replace("%1", grade)
        return f"{about}\n{evidence}\n{risk.source}"

    def _show_decision(self, decision: Decision | None) -> None:
        self._decided.setVisible(decision is not None)
        if decision is not None:
            when = texts.moment(decision.moment)
            self._decided.setText(f"✓ {texts.word('decision', decision.kind.value)}  {when}")

    def _show_reason(self, recommendation: Recommendation | None) -> None:
        state = self._state
        self._kind.setText(self.tr("Recommendation"))
        failure = state.results.failure
        if state.busy:
            self._wait.setText("…")
            self._text.setText(self.tr("Recalculating… the last recommendation is hidden until the fit is done."))
        elif state.missing or (state.case is None and not state.problems):
            self._wait.setText("–")
            unsaid = failure is None or state.results.prior is None
            text = self.tr("It follows once patient, drug and doses are entered.")
            self._text.setText(text if unsaid or failure is None else error_text(failure))
        elif state.problems or state.case is None:
            self._none(self.tr("Correct what is marked in the form first."))
        elif isinstance(failure, Cancelled):
            self._none(self.tr("The calculation was stopped. Press F5 to start it again."))
        elif failure is not None:
            self._none(error_text(failure))
        elif recommendation is not None and recommendation.outcome is Outcome.NO_OPTION:
            self._none(say("report_nothing_feasible"))
        else:
            self._none(self.tr("The reason stands below; nothing may be dosed from this case as it is."))
        self.setAccessibleName(f"{self._wait.text()} {self._text.text()}")

    def _where_to(self) -> str:
        """The field whose entry would bring a recommendation, when the reason names one."""
        failure, state = self._state.results.failure, self._state
        if state.busy or not isinstance(failure, InputError) or state.results.prior is None:
            return ""
        return "target" if failure.reason == "target_needed" else next(iter(state.missing), "")

    def _none(self, why: str) -> None:
        self._wait.setText(self.tr("No recommendation"))
        self._text.setText(why)

    def retranslate(self) -> None:
        """Write texts anew."""
        self._dose_label.setText(self.tr("DOSE"))
        self._go.setText(self.tr("Go to it"))
        self.show_state(self.option)


def risk_name(risk: Risk) -> str:
    """The toxicity; where no relation is published, that the number is of the exposure seen with it."""
    name = say(risk.name)
    name = name[:1].upper() + name[1:]
    return name if risk.of_toxicity else f"{name} *"


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setWordWrap(role in ("", "muted", "title"))
    return label
