"""What the levels say of this patient: parameters beside the typical ones, and how well the fit holds."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from core.clinic.case import Case
from core.infer.posterior import FitStatus, Posterior
from core.report.appendix import appendix_blocks
from core.report.phrase import Phrase, Word
from desktop import texts
from desktop.language import Panel
from desktop.state import CaseState

_PLAIN = ("clearance", "volume", "central_volume")


def parameter_rows(case: Case, posterior: Posterior) -> list[tuple[str, str, str]]:
    """Name, typical value, this patient's value, as the report's appendix says them."""
    said = [line.values for line in appendix_blocks(case, [posterior])[0].lines if isinstance(line, Phrase)]
    return [
        (name.name, str(values["typical"]), str(values["individual"]))
        for values in said
        if isinstance(name := values["name"], Word)
    ]


class Estimate(Panel):
    """Two or three lines; the rest behind F1."""

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.technical = False
        self.title = QLabel()
        self.title.setProperty("role", "title")
        card = QFrame()
        card.setProperty("role", "card")
        self._grid = QGridLayout(card)
        self._grid.setContentsMargins(9, 6, 9, 7)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.title)
        layout.addWidget(card)
        self.retranslate()

    def refresh(self) -> None:
        """Show the model with the greatest weight."""
        fitted, case = self._state.results.individualisation, self._state.case
        self.setVisible(fitted is not None and case is not None and not self._state.busy)
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if fitted is None or case is None:
            return
        main = max(fitted.posteriors, key=lambda posterior: posterior.weight)
        self._add(0, "", self.tr("typical"), self.tr("this patient"), head=True)
        line = 1
        for name, typical, own in parameter_rows(case, main):
            if self.technical or name in _PLAIN:
                self._add(line, texts.title("parameter", name), typical, own)
                line += 1
        self._note(line, self._fit(main, case))
        if self.technical or len(fitted.posteriors) > 1:
            for posterior in sorted(fitted.posteriors, key=lambda one: -one.weight):
                line += 1
                self._note(line, self._model(posterior))

    def _fit(self, posterior: Posterior, case: Case) -> str:
        if posterior.status is FitStatus.FAILED:
            return self.tr("The fit failed; nothing may be read from it.")
        if not case.used_levels:
            return self.tr("No level yet: typical values for such a patient.")
        inside = sum(fit.low <= fit.observed <= fit.high for fit in posterior.levels)
        text = self.tr("%1 of %2 levels inside the 90 % band")
        return text.replace("%1", str(inside)).replace("%2", str(len(posterior.levels)))

    def _model(self, posterior: Posterior) -> str:
        text = self.tr("%1: weight %2")
        shown = text.replace("%1", posterior.model_id).replace("%2", texts.chance(posterior.weight))
        if not self.technical:
            return shown
        objective = self.tr("objective %1, %2").replace("%1", f"{posterior.objective:.2f}")
        return f"{shown}; {objective.replace('%2', texts.word('fit', posterior.status.value))}"

    def _add(self, line: int, name: str, typical: str, own: str, *, head: bool = False) -> None:
        for column, (text, role) in enumerate(((name, ""), (typical, "muted"), (own, "muted" if head else "number"))):
            label = QLabel(text)
            label.setProperty("role", role)
            self._grid.addWidget(label, line, column)

    def _note(self, line: int, text: str) -> None:
        label = QLabel(text)
        label.setProperty("role", "muted")
        label.setWordWrap(True)
        self._grid.addWidget(label, line, 0, 1, 3)

    def show_technical(self, *, on: bool) -> None:
        """All parameters and the numbers of the fit, or the plain ones."""
        self.technical = on
        self.retranslate()

    def retranslate(self) -> None:
        """Write texts anew."""
        self.title.setText(
            self.tr("Individual estimate (all terms: F1)")
            if not self.technical
            else self.tr("Individual estimate, all terms")
        )
        self.refresh()
