"""What this patient teaches: levels and measured effects that move the fit, outcomes that are kept with the case."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from core.clinic.covariate import CATALOGUE
from desktop.advice.estimate import Estimate
from desktop.case.covariates import CovariateGrid
from desktop.case.field import Field
from desktop.case.level_table import LevelTable
from desktop.case.rows import RowSection
from desktop.case.section import Section
from desktop.language import Panel
from desktop.learn.outcomes import OutcomeTable
from desktop.state import CaseState

_WIDTH = 560


class _Levels(LevelTable):
    """The levels without the number of the step they are on the case page."""

    def retranslate(self) -> None:
        super().retranslate()
        self.title.setText(self.tr("Levels measured"))


class _EffectGrid(CovariateGrid):
    """Only what the drug did to the patient, measured: an INR, a count."""

    def shows(self, name: str) -> bool:
        return CATALOGUE[name].response


class Effects(Section):
    """Measured effects with their times."""

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.grid = _EffectGrid(state)
        self.body.addWidget(self.grid)
        state.draft_changed.connect(self.refresh)
        self.retranslate()

    def refresh(self) -> None:
        """Show those the drug's models learn from, or that have been entered."""
        self.grid.use_models(self._state.models_in_use)
        self.setVisible(self.grid.is_used)

    def retranslate(self) -> None:
        """Write texts anew."""
        self.title.setText(self.tr("Measured effect"))
        self.refresh()


class PatientPage(Panel):
    """Entry to the left, the fit that follows from it to the right."""

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._head = QLabel()
        self._head.setProperty("role", "muted")
        self._head.setWordWrap(True)
        self.levels = _Levels(state)
        self.effects = Effects(state)
        self.outcomes = OutcomeTable(state)
        self.estimate = Estimate(state)
        self._waiting = QLabel()
        self._waiting.setWordWrap(True)
        self._note = QLabel()
        self._note.setProperty("role", "muted")
        self._note.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.addWidget(self._head)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addWidget(_scrolled(self.levels, self.effects, self.outcomes))
        columns.addWidget(_scrolled(self.estimate, self._waiting, self._note), 1)
        layout.addLayout(columns, 1)
        state.results_changed.connect(self.refresh)
        state.busy_changed.connect(self.refresh)
        self.retranslate()

    def refresh(self) -> None:
        """Show the fit, or why there is none yet."""
        self.estimate.refresh()
        fitted = self._state.results.individualisation is not None
        if self._state.case is None:
            self._waiting.setText(self.tr("Open or complete a case to enter what happened to the patient."))
        elif self._state.busy:
            self._waiting.setText(self.tr("Fitting this patient…"))
        else:
            self._waiting.setText("" if fitted else self.tr("There is no fit of this patient."))
        self._waiting.setVisible(bool(self._waiting.text()))

    def focus_on(self, where: str) -> None:
        """Bring the field of a fault into view and put the cursor there."""
        prefix, place, attribute = (*where.split("."), "", "")[:3]
        section: RowSection = self.outcomes if prefix == self.outcomes.prefix else self.levels
        section.open(int(place), attribute)
        field: Field | None = section.fields.get(attribute)
        if field is not None:
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def retranslate(self) -> None:
        """Write texts anew."""
        self._head.setText(
            self.tr("What happened to this patient is kept in the case and saved with it; each entry can be undone.")
        )
        self._note.setText(
            self.tr(
                "Levels and measured effects move the fit of this patient at once, and with it the recommendation. "
                "Response and toxicity grades are kept in the case and the report; no published model learns from "
                "them, so they move no number. Nothing entered here changes a model for other patients: that takes "
                "a change plan and a signature."
            )
        )
        self.refresh()


def _scrolled(*parts: QWidget) -> QScrollArea:
    inner = QWidget()
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 0, 8, 4)
    column.setSpacing(8)
    for part in parts:
        column.addWidget(part)
    column.addStretch(1)
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inner)
    area.setMinimumWidth(_WIDTH)
    return area
