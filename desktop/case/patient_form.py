"""The patient, the drug, its model and target, and the covariates this drug uses."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from core.clinic.case import MIC_KINDS, Target, TargetKind
from core.clinic.patient import Ethnicity, Sex
from core.drugs.model import Harm
from core.errors import InputError
from core.units import format_number
from desktop import texts
from desktop.case.covariates import CovariateGrid
from desktop.case.draft import TargetRow
from desktop.case.field import ChoiceField, Field, SearchField, TextField
from desktop.case.isolates import IsolatesForm
from desktop.case.reading import Problem
from desktop.case.section import Section
from desktop.language import LANGUAGE
from desktop.state import CaseState

ALL_MODELS = "*"
_BETWEEN = "|"  # never part of a model's id
PUBLISHED, OWN = "published", "own"
_CONCENTRATIONS = ("mg/L", "ug/L", "ng/mL", "nmol/L")
TARGET_UNITS = {
    TargetKind.AUC24: ("mg*h/L",),
    TargetKind.AUC24_MIC: ("h",),
    TargetKind.TIME_ABOVE_MIC: ("%",),
    TargetKind.PEAK_MIC: ("1",),
    TargetKind.EFFECT: ("1", "10^9/L"),
}


class PatientForm(Section):
    """The first card of the input column."""

    def __init__(self, state: CaseState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.record, self.name = TextField("record"), TextField("name")
        self.drug, self.model = SearchField("drug"), ChoiceField("model")
        self.sex, self.birth = ChoiceField("sex"), TextField("birth")
        self.ethnicity, self.target = ChoiceField("ethnicity"), ChoiceField("target")
        self.harm_weight = ChoiceField("harm_weight")
        self.target_kind = ChoiceField("target.kind")
        self.target_unit = ChoiceField("target.unit")
        self.target_low, self.target_high = TextField("target.low"), TextField("target.high")
        self.covariates = CovariateGrid(state)
        self.isolates = IsolatesForm(state)
        self._own = (self.target_kind, self.target_unit, self.target_low, self.target_high)
        self._lay_out()
        self._connect()
        state.draft_changed.connect(self.refresh)
        state.results_changed.connect(self._refresh_target)
        self.retranslate()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(3)
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.record, 2)
        first.addWidget(self.drug, 3)
        self.body.addLayout(first)
        pairs: tuple[tuple[Field, ...], ...] = ((self.name, self.birth), (self.sex, self.ethnicity))
        for line, pair in enumerate(pairs):
            for column, field in enumerate(pair):
                grid.addWidget(field, line, column, Qt.AlignmentFlag.AlignTop)
        foot = QGridLayout()
        foot.setHorizontalSpacing(8)
        foot.setVerticalSpacing(3)
        for line, field in enumerate((self.model, self.target, self.harm_weight)):
            field.label_beside()
            foot.addWidget(field, line, 0, 1, 2)
        for place, field in enumerate(self._own):
            foot.addWidget(field, 3 + place // 2, place % 2, Qt.AlignmentFlag.AlignTop)
        foot.addWidget(self.isolates, 5, 0, 1, 2)
        for part in (grid, foot):
            part.setColumnStretch(0, 1)
            part.setColumnStretch(1, 1)
        self.body.addLayout(grid)
        self.body.addWidget(self.covariates)
        self.body.addLayout(foot)

    def _connect(self) -> None:
        for field, attribute in ((self.record, "record"), (self.name, "name"), (self.birth, "birth")):
            field.edited.connect(
                lambda text, name=attribute: self.state.edit(replace(self.state.draft, **{name: text}), name)
            )
            field.settled.connect(self.state.settle)
        self.sex.chosen.connect(lambda key: self.state.change(replace(self.state.draft, sex=key)))
        self.ethnicity.chosen.connect(lambda key: self.state.change(replace(self.state.draft, ethnicity=key)))
        self.drug.chosen.connect(self._choose_drug)
        self.model.chosen.connect(self._choose_model)
        self.target.chosen.connect(self._choose_target)
        self.harm_weight.chosen.connect(lambda key: self.state.change(replace(self.state.draft, harm_weight=key)))
        self.target_kind.chosen.connect(self._choose_kind)
        self.target_unit.chosen.connect(lambda key: self._change_target(unit=key))
        for field, attribute in ((self.target_low, "low"), (self.target_high, "high")):
            field.edited.connect(lambda text, name=attribute: self._edit_target(name, text))
            field.settled.connect(self.state.settle)

    def field(self, where: str) -> Field | None:
        """The field a problem is about."""
        own: dict[str, Field] = {
            field.where: field
            for field in (
                self.record,
                self.name,
                self.drug,
                self.model,
                self.sex,
                self.birth,
                self.ethnicity,
                self.target,
                self.harm_weight,
                *self._own,
                *self.isolates.fields,
            )
        }
        return own.get(where) or self.covariates.field(where)

    def _choose_drug(self, drug: str) -> None:
        self.state.change(replace(self.state.draft, drug=drug, models=(), target=None, mics=None))

    def _choose_model(self, key: str) -> None:
        self.state.change(replace(self.state.draft, models=() if key == ALL_MODELS else tuple(key.split(_BETWEEN))))

    def _choose_target(self, key: str) -> None:
        target = self._published()[int(key)] if key.isdigit() else None
        if key == OWN:
            first = self._published()[0] if self._published() else TargetRow(unit="mg/L")
            target = self.state.draft.target or first
            self._show_own = True
        else:
            self._show_own = False
        self.state.change(replace(self.state.draft, target=None if key == "0" else target))

    _show_own = False

    def _published(self) -> list[TargetRow]:
        rows = []
        for item in self._distinct():
            low, high = item.low, item.high
            rows.append(
                TargetRow(
                    item.kind.value,
                    "" if low is None else format_number(low.value),
                    "" if high is None else format_number(high.value),
                    (low or high).unit if (low or high) is not None else "",  # type: ignore[union-attr]
                )
            )
        return rows

    def _distinct(self) -> list[Target]:
        """The published targets, each once: models of an effect may share theirs."""
        models = self.state.models_in_use
        return list(dict.fromkeys(item.target for item in models[0].targets)) if models else []

    def _choose_kind(self, key: str) -> None:
        units = TARGET_UNITS.get(TargetKind(key), _CONCENTRATIONS)
        self._change_target(kind=key, unit=units[0], high_unit="")

    def _change_target(self, **values: str) -> None:
        row = self.state.draft.target or TargetRow()
        self.state.change(replace(self.state.draft, target=replace(row, **values)))

    def _edit_target(self, attribute: str, text: str) -> None:
        row = self.state.draft.target or TargetRow()
        draft = replace(self.state.draft, target=replace(row, **{attribute: text}))
        self.state.edit(draft, f"target.{attribute}")

    def refresh(self) -> None:
        """Show the draft and its faults."""
        draft, models = self.state.draft, self.state.models
        for field, text in ((self.record, draft.record), (self.name, draft.name), (self.birth, draft.birth)):
            field.set_value(text)
        self.sex.set_items([(item.value, texts.word("sex", item.value)) for item in Sex], draft.sex)
        self.ethnicity.set_items(
            [(item.value, texts.word("ethnicity", item.value)) for item in Ethnicity], draft.ethnicity
        )
        heeded = any("ethnicity" in (*model.read_covariates, *model.heeds) for model in models)
        self.ethnicity.setVisible(heeded or draft.ethnicity != "unknown")
        drugs = [(name, LANGUAGE.wording.drug(name)) for name in self.state.drugs]
        self.drug.set_items(drugs, draft.drug)
        self._refresh_models()
        self._refresh_target()
        problems = {problem.field: problem for problem in self.state.problems}
        marked: tuple[Field, ...] = (self.record, self.name, self.drug, self.sex, self.birth, *self._own)
        for one in marked:
            one.show_problem(problems.get(one.where))

    def _refresh_models(self) -> None:
        draft = self.state.draft
        known = self.state.known_models
        items = [
            (ALL_MODELS, self.tr("All that hold the patient, averaged")),
            *((model.id, model.id) for model in known),
        ]
        if len(known) == 1:
            items = [(known[0].id, known[0].id)]
        self.model.setVisible(len(known) > 1)
        if len(draft.models) > 1:  # a case file may name several
            items.append(
                (_BETWEEN.join(draft.models), " + ".join(name.removeprefix(f"{draft.drug}.") for name in draft.models))
            )
        chosen = _BETWEEN.join(draft.models) or items[0][0]
        self.model.set_items(items, chosen)

    def _refresh_target(self) -> None:
        models, target = self.state.models_in_use, self.state.draft.target
        published = self._published()
        items = [(str(i), texts.target(item)) for i, item in enumerate(self._distinct())]
        items.append((OWN, self.tr("own target…")))
        is_own = target is not None and (self._show_own or target not in published)
        chosen = OWN if is_own else "0" if target is None else str(published.index(target))
        self.target.set_items(items, chosen)
        self.target.setVisible(bool(models))
        self.target.show_problem(self._target_problem())
        weights = {"0.5": self.tr("half"), "1": self.tr("as much as benefit"), "2": self.tr("double"),
                   "4": self.tr("four times")}  # fmt: skip
        weight = self.state.draft.harm_weight
        self.harm_weight.set_items([(key, weights.get(key, key)) for key in dict.fromkeys([*weights, weight])], weight)
        self.harm_weight.setVisible(bool(models) and any(_counted(harm) for harm in models[0].harms))
        for field in self._own:
            field.setVisible(is_own)
        row = target or TargetRow()
        self.target_kind.set_items(
            [(kind.value, texts.word("target_kind", kind.value)) for kind in TargetKind], row.kind
        )
        units = TARGET_UNITS.get(TargetKind(row.kind), _CONCENTRATIONS)
        self.target_unit.set_items(
            [(unit, unit.replace("*", "·")) for unit in dict.fromkeys((*units, row.unit)) if unit], row.unit
        )
        by_mic = self._by_mic()
        self.covariates.use_models(self.state.models_in_use, ("mic",) if by_mic else ())
        self.isolates.refresh(wanted=by_mic)
        self.target_low.set_value(row.low)
        self.target_high.set_value(row.high)

    def _by_mic(self) -> bool:
        """Whether the case is judged by the MIC."""
        own, published = self.state.draft.target, self._distinct()
        kind = TargetKind(own.kind) if own is not None else published[0].kind if published else None
        return kind in MIC_KINDS

    def _target_problem(self) -> Problem | None:
        """A drug without a published target asks for the clinician's own."""
        failure = self.state.results.failure
        if isinstance(failure, InputError) and failure.reason == "target_needed":
            return Problem("target", failure.reason, failure.values)
        return None

    def retranslate(self) -> None:
        """Write texts anew."""
        self.title.setText(self.tr("1  Patient and drug"))
        for field, title in (
            (self.record, self.tr("Record no.")),
            (self.name, self.tr("Name")),
            (self.drug, self.tr("Drug")),
            (self.sex, self.tr("Sex")),
            (self.birth, self.tr("Born, or age in years")),
            (self.ethnicity, self.tr("Ancestry")),
            (self.model, self.tr("Model")),
            (self.target, self.tr("Target")),
            (self.harm_weight, self.tr("Harm counts")),
            (self.target_kind, self.tr("Target of")),
            (self.target_unit, self.tr("Unit")),
            (self.target_low, self.tr("From")),
            (self.target_high, self.tr("To")),
        ):
            field.set_title(title)
        self.birth.edit.setPlaceholderText("1955-05-03")
        self.refresh()


def _counted(harm: Harm) -> bool:
    """Whether a published relation lets a harm count against the benefit."""
    return harm.below is not None or bool(harm.effect)
