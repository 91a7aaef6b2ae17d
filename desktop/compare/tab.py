"""Up to four regimens over each other: their curves, and what each would do, in one table."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.advise.judge import DoseForTarget
from core.advise.recommendation import Option, Regimen
from core.infer.prediction import Prediction
from core.units import format_dose, format_total
from desktop import texts, theme
from desktop.button import Button
from desktop.compare.table import CompareTable
from desktop.compute import Comparison, compare, dose_for
from desktop.language import Panel
from desktop.messages import error_text
from desktop.plots.concentration import ConcentrationPlot
from desktop.plots.scene import scene_of
from desktop.plots.series import Look, Series, series_of
from desktop.regimen_form import RegimenForm
from desktop.state import CaseState
from desktop.tasks import Runner

MOST = 4
_LANE, _DOSE = "compare", "dose"
_LOOKS = (
    Look(theme.PROPOSED, Qt.PenStyle.SolidLine, fill=45),
    Look("#7A3E9D", Qt.PenStyle.DashLine, fill=35),
    Look("#00695C", Qt.PenStyle.DashDotLine, fill=30),
    Look(theme.INK, Qt.PenStyle.DotLine, fill=22),
)


class CompareTab(Panel):
    """The comparison; it starts with the recommended and the current regimen."""

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.regimens: list[Regimen] = []
        self._found: tuple[Comparison, ...] = ()
        self._ticket = 0
        self._base: object = None
        self.runner = Runner(self)
        self.runner.arrived.connect(self._arrived)
        self.runner.failed.connect(self._failed)
        self.hint = QLabel()
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        self.table = CompareTable(_LOOKS)
        self.table.removed.connect(self.remove)
        self.form_title = QLabel()
        self.form_title.setProperty("role", "title")
        self.form = RegimenForm()
        self.form.entered.connect(self.add)
        self.add_button = Button()
        self.add_button.clicked.connect(self.add)
        self.dose_button = Button()
        self.dose_button.clicked.connect(self.find_dose)
        self.answer = QLabel()
        self.answer.setWordWrap(True)
        self.answer.hide()
        self.plot_title = QLabel()
        self.plot_title.setProperty("role", "title")
        self.plot = ConcentrationPlot()
        self._lay_out()
        state.results_changed.connect(self.refresh)
        self.retranslate()

    def _lay_out(self) -> None:
        card = QFrame()
        card.setProperty("role", "card")
        inner = QVBoxLayout(card)
        inner.setContentsMargins(10, 8, 10, 10)
        inner.addWidget(self.form_title)
        inner.addWidget(self.form)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.add_button)
        buttons.addWidget(self.dose_button)
        inner.addLayout(buttons)
        inner.addWidget(self.answer)
        left = QWidget()
        left.setFixedWidth(500)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.hint)
        column.addWidget(self.table)
        column.addWidget(card)
        column.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(self.plot_title)
        right.addWidget(self.plot, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 8, 8, 8)
        row.setSpacing(10)
        row.addWidget(left)
        row.addLayout(right, 1)

    def refresh(self) -> None:
        """Start anew when there is a new recommendation; show nothing without one."""
        recommendation = self.state.results.recommendation
        options = recommendation.options if recommendation is not None else ()
        if recommendation is self._base:
            return
        self._base = recommendation
        self.runner.cancel()
        self.regimens = [option.regimen for option in options if option is options[0] or option.is_current][:MOST]
        self._found = ()
        self._answer("")
        if options:
            self.form.show_regimen(options[0].regimen, self.state.case, by_week=self.state.by_week)
        self._compute()

    @property
    def is_ready(self) -> bool:
        """Whether every regimen of the comparison has been worked out."""
        return [one.option.regimen for one in self._found] == self.regimens

    def add(self) -> None:
        """Compare one more regimen."""
        regimen = self.form.regimen() if self.regimens else None
        if regimen is not None and regimen not in self.regimens and len(self.regimens) < MOST:
            self.regimens.append(regimen)
            self._compute()

    def find_dose(self) -> None:
        """Find the dose that puts the exposure on the target, given as the form says; its own dose is not used."""
        case, fitted = self.state.case, self.state.results.individualisation
        way = self.form.regimen() if self.regimens else None
        if way is not None and case is not None and fitted is not None:
            self._answer(self.tr("Looking for the dose…"))
            self.runner.start(_DOSE, self._ticket, dose_for(self.state.verbs, case, fitted, way))

    def _answer(self, text: str) -> None:
        self.answer.setText(text)
        self.answer.setVisible(bool(text))

    def _show_dose(self, found: DoseForTarget) -> None:
        regimen, target = found.option.regimen, self.state.target
        said = self.tr("Exactly on the target (%1): %2. The nearest that can be given: %3.")
        said = said.replace("%1", texts.target(target) if target is not None else "")
        said = said.replace("%2", format_total(found.exact)).replace("%3", format_dose(regimen.amount))
        self._answer(said)
        self.form.show_regimen(regimen, self.state.case, by_week=self.state.by_week)

    def _failed(self, ticket: int, _key: str, error: object) -> None:
        if ticket == self._ticket and isinstance(error, Exception):
            self._answer(error_text(error))

    def remove(self, index: int) -> None:
        """Take a regimen out."""
        del self.regimens[index]
        self._compute()

    def _compute(self) -> None:
        self._ticket += 1
        case, fitted = self.state.case, self.state.results.individualisation
        if self.regimens and case is not None and fitted is not None:
            self.runner.start(_LANE, self._ticket, compare(self.state.verbs, case, fitted, tuple(self.regimens)))
        else:
            self._found = ()
        self._show()

    def _arrived(self, ticket: int, _key: str, value: object) -> None:
        if ticket == self._ticket and isinstance(value, DoseForTarget):
            self._show_dose(value)
        elif ticket == self._ticket:
            assert isinstance(value, tuple)
            self._found = value
            self._show()

    def _show(self) -> None:
        found = self._found if self.is_ready else ()
        self.table.show_options([one.option for one in found], self.state.target)
        for widget in (self.form, self.add_button, self.dose_button):
            widget.setEnabled(bool(found) and (len(self.regimens) < MOST or widget is self.dose_button))
        if not self.regimens:
            self.hint.setText(self.tr("Regimens can be compared once the case has a recommendation."))
        elif not found:
            self.hint.setText(self.tr("Working out the curves…"))
        else:
            self.hint.setText(self.tr("Up to four regimens from the individual estimate. Nothing here is a decision."))
        self.plot.setVisible(bool(found))
        self.plot_title.setVisible(bool(found))
        if found:
            self._draw(found)

    def _draw(self, found: tuple[Comparison, ...]) -> None:
        scene = scene_of(self.state, ("individual", "proposed"), "plasma")
        title = self.tr("Predicted concentration")
        self.plot_title.setText(f"{title} ({texts.unit(scene.unit)})")
        self.plot.set_time(scene.start, by_clock=True)
        self.plot.set_now(scene.now)
        self.plot.set_levels(scene.levels)
        self.plot.set_target(scene.target)
        past = [one for one in scene.concentration if one.key == "individual"]
        proposed = [self._series(i, one.option, one.prediction, scene.now) for i, one in enumerate(found)]
        self.plot.set_series([*past, *proposed])
        self.plot.fit()

    @staticmethod
    def _series(index: int, option: Option, prediction: Prediction, now: float | None) -> Series:
        curve = prediction.curve()
        assert curve is not None
        label = f"{index + 1}: {texts.regimen(option.regimen, brief=True)}"
        return series_of(curve, label, _LOOKS[index], after=now, key=str(index))

    def retranslate(self) -> None:
        """Write texts anew."""
        self.form_title.setText(self.tr("One more regimen"))
        self.add_button.setText(self.tr("+ Compare"))
        self.dose_button.setText(self.tr("Dose for the target"))
        self.plot.set_now_label(self.tr("now"))
        self.plot.setAccessibleName(self.tr("Comparison plot"))
        self._show()
