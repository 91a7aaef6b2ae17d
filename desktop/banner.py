"""The patient, always in view; unknown values are words, not marks."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from core.clinic.case import Case
from core.units import format_number, format_quantity
from desktop import texts
from desktop.case.times import show_date
from desktop.language import LANGUAGE, LANGUAGES, Panel
from desktop.state import CaseState

HEIGHT = 46


class Banner(Panel):
    """Name, birth, sex, record number, weight; to the right drug, model and target."""

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.setObjectName("banner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self._name = QLabel()
        self._name.setProperty("role", "name")
        self._pairs = {key: (QLabel(), QLabel()) for key in ("born", "sex", "record", "weight", "model", "target")}
        self.language = QToolButton()
        self.language.clicked.connect(self._switch)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(5)
        row.addWidget(self._name)
        for key, (label, value) in self._pairs.items():
            label.setProperty("role", "label")
            value.setProperty("role", "value")
            if key == "model":
                row.addStretch(1)
            else:
                row.addSpacing(10)
            row.addWidget(label)
            row.addWidget(value)
        row.addSpacing(10)
        row.addWidget(self.language)
        state.draft_changed.connect(self.refresh)
        state.results_changed.connect(self.refresh)
        self.retranslate()

    def _switch(self) -> None:
        codes = list(LANGUAGES)
        LANGUAGE.use(codes[(codes.index(LANGUAGE.code) + 1) % len(codes)])

    def refresh(self) -> None:
        """Show the case, or what is known of it."""
        draft, case = self._state.draft, self._state.case
        unknown = self.tr("not entered")
        self._name.setText(draft.name or self.tr("Unnamed patient"))
        target = self._state.target
        models = self._state.models_in_use
        model = (
            models[0].id
            if len(models) == 1
            else self.tr("%1, %2 models").replace("%1", draft.drug).replace("%2", str(len(models)))
        )
        self._show("born", self._born(case) if case is not None else draft.birth or unknown)
        by_age = case is not None and case.patient.born is None
        self._pairs["born"][0].setText(self.tr("Age") if by_age else self.tr("Born"))
        self._show("sex", texts.word("sex", draft.sex) if draft.sex else unknown)
        self._show("record", draft.record or unknown)
        self._show("weight", self._weight(case) or unknown)
        self._show("model", model if models else unknown)
        self._show("target", texts.target(target) if target is not None else unknown)
        star = "● " if self._state.is_dirty and not draft.is_empty else ""
        self._name.setText(star + self._name.text())
        self._name.setToolTip(self.tr("● not yet saved to a case file") if star else "")

    def _show(self, key: str, text: str) -> None:
        self._pairs[key][1].setText(text)

    def _born(self, case: Case) -> str:
        years = format_number(int(case.age_at(case.now)))
        if case.patient.born is None:
            return self.tr("%1 y").replace("%1", years)
        day = show_date(case.patient.born, LANGUAGE.code)
        return self.tr("%1 (%2 y)").replace("%1", day).replace("%2", years)

    @staticmethod
    def _weight(case: Case | None) -> str:
        item = case.covariate("weight", case.now) if case is not None else None
        return "" if item is None else format_quantity(item.number, "kg")

    def retranslate(self) -> None:
        """Write texts anew."""
        for key, text in (
            ("sex", self.tr("Sex")),
            ("record", self.tr("Record no.")),
            ("weight", self.tr("Weight")),
            ("model", self.tr("Model")),
            ("target", self.tr("Target")),
        ):
            self._pairs[key][0].setText(text)
        codes = list(LANGUAGES)
        other = codes[(codes.index(LANGUAGE.code) + 1) % len(codes)]
        self.language.setText(LANGUAGES[other])
        self.language.setToolTip(self.tr("Change the language (Ctrl+Shift+L)"))
        self.language.setAccessibleName(self.tr("Language"))
        self.refresh()
