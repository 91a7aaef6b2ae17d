"""The covariates this drug's models read: one field each, later values beneath."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QLabel, QToolButton, QWidget

from core.clinic.covariate import CATALOGUE, CovariateKind
from core.drugs.covariates import covariate_at, entered_covariates
from core.drugs.model import DrugModel
from core.errors import InputError
from core.units import Quantity, format_number
from desktop import texts
from desktop.button import Button
from desktop.case.draft import Draft, Entry
from desktop.case.field import ChoiceField, Field, TextField, hide_title
from desktop.case.focus import is_inside
from desktop.icons import icon
from desktop.language import Panel
from desktop.state import CaseState

COMPUTED = ("creatinine_clearance",)  # worked out where it is not entered


def form_covariates(models: Sequence[DrugModel]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Covariates a person enters for these models: those most of them must know, and the others."""
    used = [set(entered_covariates(model.covariates)) for model in models]
    asked = [names | set(entered_covariates(model.heeds)) for names, model in zip(used, models, strict=True)]
    needed = [set(entered_covariates(model.required)) - set(COMPUTED) for model in models]
    main = {name for name in CATALOGUE if sum(name in names for names in needed) * 2 > len(models)}
    if len(models) == 1:
        main = needed[0] | ((set(models[0].defaults) - set(COMPUTED)) & asked[0])
    if not main:  # none must be known: what most of the models use is offered at once
        main = {name for name in CATALOGUE if sum(name in names for names in used) * 2 > len(models)}
    main |= {name for model in models for name in model.effect_covariates}
    further = (name for name in CATALOGUE if any(name in names for names in asked) and name not in main)
    return tuple(name for name in CATALOGUE if name in main), tuple(further)


class CovariateGrid(Panel):
    """The fields of the covariates, two beside each other."""

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self._names: tuple[str, ...] = ()
        self._further: tuple[str, ...] = ()
        self._open = False
        self.fold = Button()
        self.fold.setProperty("role", "link")
        self.fold.clicked.connect(self._toggle)
        self._shape: tuple[tuple[str, int], ...] = ()
        self._fields: dict[str, Field] = {}
        self._later: dict[tuple[str, int], LaterValue] = {}
        self._defaults: Mapping[str, Quantity | str] = {}
        self._needed: set[str] = set()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        state.draft_changed.connect(self.refresh)

    def use_models(self, models: Sequence[DrugModel], also: Sequence[str] = ()) -> None:
        """Show the covariates of these models, and what else is asked for."""
        names, further = form_covariates(models)
        self._names = tuple(name for name in CATALOGUE if name in names or name in also)
        self._further = tuple(name for name in further if name not in also)
        self._defaults = {name: value for model in reversed(models) for name, value in model.defaults.items()}
        self._needed = {name for model in models for name in entered_covariates(model.required)}
        self.refresh()

    def shows(self, name: str) -> bool:
        """Whether a covariate belongs into this grid."""
        return True

    @property
    def is_used(self) -> bool:
        """Whether there is any field."""
        return bool(self._fields)

    def field(self, where: str) -> Field | None:
        """The field of a problem such as `entry.weight.0`."""
        parts = where.split(".")
        if len(parts) < 3 or parts[0] != "entry":
            return None
        if parts[1] in self._further and parts[1] not in self._fields:
            self._toggle()
        if parts[2] == "0":
            return self._fields.get(parts[1])
        later = self._later.get((parts[1], int(parts[2])))
        return None if later is None else later.when if where.endswith(".when") else later.value

    def refresh(self) -> None:
        """Show the draft."""
        draft = self.state.draft
        entered = [entry.name for entry in draft.entries if entry.text]
        further = [name for name in self._further if self._open or name in entered]
        in_hand = [name for name, field in self._fields.items() if is_inside(QApplication.focusWidget(), field)]
        names = [name for name in dict.fromkeys((*self._names, *further, *entered, *in_hand)) if self.shows(name)]
        shape = tuple((name, len(draft.history(name))) for name in names)
        if shape != self._shape:
            self._shape = shape
            self._arrange()
        self._write_fold([name for name in self._further if name not in entered and self.shows(name)])
        problems = {problem.field: problem for problem in self.state.problems}
        for name, field in self._fields.items():
            history = draft.history(name)
            self._fill(name, field, history[0] if history else Entry(name, unit=CATALOGUE[name].unit))
            field.show_problem(problems.get(f"entry.{name}.0") or problems.get(f"entry.{name}.0.when"))
        for (name, index), later in self._later.items():
            later.fill(draft.history(name)[index])
            later.when.show_problem(problems.get(f"entry.{name}.{index}.when"))
            later.value.show_problem(problems.get(f"entry.{name}.{index}"))

    def _arrange(self) -> None:
        shown = {name for name, _ in self._shape}
        for gone in [name for name in self._fields if name not in shown]:
            self._fields.pop(gone).deleteLater()
        for later in self._later.values():
            later.deleteLater()
        self._later = {}
        while self._grid.count():
            self._grid.takeAt(0)
        line = column = 0
        pending: list[LaterValue] = []
        for name, count in self._shape:
            if name not in self._fields:
                self._fields[name] = self._make(CATALOGUE[name])
            if column == 1 and count > 1 and pending:  # each one's later values stand right below it
                line = self._place(pending, line)
                pending, column = [], 0
            self._grid.addWidget(self._fields[name], line, column, Qt.AlignmentFlag.AlignTop)
            for index in range(1, count):
                later = self._later[name, index] = LaterValue(self, CATALOGUE[name], index)
                pending.append(later)
            if column == 1 or (name, count) == self._shape[-1]:
                line = self._place(pending, line)
                pending, column = [], 0
            else:
                column = 1
        self._grid.addWidget(self.fold, line + 1, 0, 1, 2)

    def _place(self, rows: Sequence[LaterValue], line: int) -> int:
        """Put later values below a line of fields; the next free line."""
        for number, row in enumerate(rows, start=line + 1):
            self._grid.addWidget(row, number, 0, 1, 2)
        return line + len(rows) + 1

    def _write_fold(self, names: Sequence[str]) -> None:
        """Name what is folded away, so that nobody misses it."""
        self.fold.setVisible(bool(names))
        listed = ", ".join(texts.word("covariate", name) for name in names)
        more = self.tr("More: %1").replace("%1", listed)
        width = max(self.width() - 30, 120)
        shown = self.fold.fontMetrics().elidedText(more, Qt.TextElideMode.ElideRight, width)
        fewer = self.tr("Fewer")
        self.fold.setText(f"▾ {fewer}" if self._open else f"▸ {shown}")
        self.fold.setToolTip("" if self._open else more)

    def _toggle(self) -> None:
        self._open = not self._open
        self.refresh()

    def _make(self, kind: CovariateKind) -> Field:
        where = f"entry.{kind.name}.0"
        if kind.choices:
            choice = ChoiceField(where)
            choice.chosen.connect(lambda key: self.state.change(self.with_text(kind.name, 0, key)))
            field: Field = choice
        else:
            text = TextField(where, (kind.unit, *kind.other_units))
            text.edited.connect(lambda typed: self.state.edit(self.with_text(kind.name, 0, typed), where))
            text.settled.connect(self.state.settle)
            text.unit_changed.connect(lambda unit: self.state.change(self.with_unit(kind.name, 0, unit)))
            field = text
        later = QToolButton()
        later.setProperty("role", "link")
        later.setIcon(icon("add"))
        later.setFixedSize(18, 16)
        later.setObjectName("later")
        later.clicked.connect(lambda: self.add_later(kind.name))
        field.head.addWidget(later)
        self._name(field, kind)
        return field

    def _name(self, field: Field, kind: CovariateKind) -> None:
        name = texts.title("covariate", kind.name)
        field.set_title(name)
        button = field.findChild(QToolButton, "later")
        assert isinstance(button, QToolButton)
        tip = self.tr("%1 at another time").replace("%1", name)
        button.setToolTip(tip)
        button.setAccessibleName(tip)

    def with_text(self, name: str, index: int, text: str) -> Draft:
        """The draft with another text of one value."""
        return self._changed(name, index, text=text)

    def with_unit(self, name: str, index: int, unit: str) -> Draft:
        """The draft with another unit of one value; the number stays as typed."""
        return self._changed(name, index, unit=unit)

    def _changed(self, name: str, index: int, **values: str) -> Draft:
        draft, kind = self.state.draft, CATALOGUE[name]
        history = draft.history(name)
        entry = history[index] if index < len(history) else Entry(name, unit=kind.unit)
        changed = replace(entry, **values)
        if index == 0 and len(history) == 1 and not changed.text.strip() and changed.unit == kind.unit:
            return draft.without_entry(name, 0)
        return draft.with_entry(name, index, changed)

    def add_later(self, name: str) -> None:
        """Begin a value of a covariate at another time and go to it."""
        draft, kind = self.state.draft, CATALOGUE[name]
        if not draft.history(name):
            draft = draft.with_entry(name, 0, Entry(name, unit=kind.unit))
        index = len(draft.history(name))
        unit = draft.history(name)[-1].unit
        self.state.change(draft.with_entry(name, index, Entry(name, "", unit, "")))
        self._later[name, index].when.setFocus()

    def _fill(self, name: str, field: Field, entry: Entry) -> None:
        default = self._defaults.get(name)
        if isinstance(field, ChoiceField):
            unset = (
                self.tr("%1 – not entered").replace("%1", texts.word("choice", str(default)))
                if default is not None
                else "—"
            )
            choices = [("", unset), *((key, texts.word("choice", key)) for key in CATALOGUE[name].choices)]
            field.set_items(choices, entry.text)
        elif isinstance(field, TextField):
            field.set_value(entry.text, entry.unit)
            field.edit.setPlaceholderText(self._computed(name) or self._placeholder(name, default))

    def _computed(self, name: str) -> str:
        """What the program works out from other entries when the field stays empty."""
        case = self.state.case
        if name not in COMPUTED or case is None or case.covariate(name) is not None:
            return ""
        try:
            value = covariate_at(case, name, case.now)
        except InputError:
            return ""
        shown = format_number(value, 3) if isinstance(value, float) else ""
        return self.tr("calc. %1").replace("%1", shown) if shown else ""

    def _placeholder(self, name: str, default: Quantity | str | None) -> str:
        if isinstance(default, Quantity):
            return self.tr("typical %1").replace(
                "%1", f"{format_number(default.value, 4)} {texts.unit(default.unit)}".strip()
            )
        return self.tr("needed") if name in self._needed else self.tr("if measured")

    def retranslate(self) -> None:
        """Write texts anew."""
        for name, field in self._fields.items():
            self._name(field, CATALOGUE[name])
        for later in self._later.values():
            later.retranslate()
        self.refresh()


class LaterValue(Panel):
    """One value of a covariate from a later time on."""

    def __init__(self, grid: CovariateGrid, kind: CovariateKind, index: int) -> None:
        super().__init__()
        self._kind = kind
        self._grid = grid
        where = f"entry.{kind.name}.{index}"
        self.when = TextField(f"{where}.when")
        self.value: Field
        if kind.choices:
            choice = ChoiceField(where)
            choice.chosen.connect(lambda key: grid.state.change(grid.with_text(kind.name, index, key)))
            self.value = choice
        else:
            text = TextField(where, (kind.unit, *kind.other_units))
            text.edited.connect(lambda typed: grid.state.edit(grid.with_text(kind.name, index, typed), where))
            text.settled.connect(grid.state.settle)
            text.unit_changed.connect(lambda unit: grid.state.change(grid.with_unit(kind.name, index, unit)))
            self.value = text
        self.when.edited.connect(self._edit_time)
        self.when.settled.connect(grid.state.settle)
        self._index = index
        self._remove = QToolButton()
        self._remove.setProperty("role", "link")
        self._remove.setIcon(icon("remove"))
        self._remove.clicked.connect(lambda: grid.state.change(grid.state.draft.without_entry(kind.name, index)))
        self._mark = QLabel("↳")
        for field in (self.when, self.value):
            hide_title(field)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        row.addWidget(self._mark)
        row.addWidget(self.when, 13)
        row.addWidget(self.value, 12)
        row.addWidget(self._remove)
        self.retranslate()

    def _edit_time(self, text: str) -> None:
        draft = self._grid.state.draft
        entry = replace(draft.history(self._kind.name)[self._index], when=text)
        self._grid.state.edit(draft.with_entry(self._kind.name, self._index, entry), self.when.where)

    def fill(self, entry: Entry) -> None:
        """Show the value."""
        self.when.set_value(entry.when)
        if isinstance(self.value, ChoiceField):
            self.value.set_items([(key, texts.word("choice", key)) for key in self._kind.choices], entry.text)
        elif isinstance(self.value, TextField):
            self.value.set_value(entry.text, entry.unit)

    def retranslate(self) -> None:
        """Write texts anew."""
        name = texts.title("covariate", self._kind.name)
        self.when.set_title(self.tr("%1 from (time)").replace("%1", name))
        self.value.set_title(name)
        self.when.edit.setPlaceholderText(self.tr("time"))
        self._remove.setToolTip(self.tr("Remove this value"))
        self._remove.setAccessibleName(self.tr("Remove this value"))
