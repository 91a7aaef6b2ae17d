"""The line above the effect plot: which effect, in which unit, and how far it may be trusted."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from core.pd.library import effect_by_id
from desktop import texts
from desktop.case.field import UnitBox
from desktop.language import Panel, say
from desktop.plots.scene import EffectOutput

_HEIGHT = 38  # two lines of evidence beside the name


class EffectHead(Panel):
    """Choice of the effect, its evidence beside it."""

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._effects: tuple[EffectOutput, ...] = ()
        self.box: QComboBox = UnitBox(())
        self.box.activated.connect(lambda _: self._write_evidence())
        self.box.activated.connect(lambda _: self.chosen.emit())
        self._name = QLabel()
        self._name.setProperty("role", "title")
        self._evidence = QLabel()
        self._evidence.setProperty("role", "muted")
        self._evidence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._evidence.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 2, 6, 1)
        row.setSpacing(10)
        row.addWidget(self._name)
        row.addWidget(self.box)
        row.addWidget(self._evidence, 1)
        self.setFixedHeight(_HEIGHT)

    @property
    def current(self) -> EffectOutput | None:
        """The effect shown."""
        index = self.box.currentIndex()
        return self._effects[index] if 0 <= index < len(self._effects) else None

    def set_effects(self, effects: Sequence[EffectOutput]) -> None:
        """Offer these effects."""
        if tuple(effects) == self._effects:
            return
        self._effects = tuple(effects)
        self._fill()

    def _fill(self) -> None:
        current = self.box.currentIndex()
        self.box.clear()
        for effect in self._effects:
            unit = f" ({effect.unit})" if effect.unit not in ("", "1") else ""
            self.box.addItem(say(f"effect_name_{effect.id}") + unit, effect.output)
        if self._effects:
            self.box.setCurrentIndex(current if 0 <= current < len(self._effects) else 0)
        self.box.setVisible(len(self._effects) > 1)
        self._name.setVisible(len(self._effects) == 1)
        self._name.setText(self.box.currentText())
        self._write_evidence()

    def _write_evidence(self) -> None:
        current = self.current
        if current is None:
            return
        model = effect_by_id(current.id)
        grade = texts.word("evidence", model.evidence) if model is not None else ""
        note = say(f"effect_note_{current.id}")
        self._evidence.setText(self.tr("Evidence: %1.").replace("%1", grade) + f" {note}")
        self._evidence.setToolTip(note)

    def retranslate(self) -> None:
        """Write texts anew."""
        self.box.setAccessibleName(self.tr("Effect shown"))
        self._fill()
