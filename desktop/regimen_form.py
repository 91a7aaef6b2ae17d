"""Four fields that make a regimen: dose, interval, route, infusion time."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from core.advise.recommendation import Regimen, doses_in_turn
from core.clinic.case import Case
from core.clinic.regimen import Route
from core.clinic.week_text import DAYS, is_week, number_of_doses, read_week, week_text
from core.errors import InputError
from core.units import parse_typed_number
from desktop import texts
from desktop.case.field import ChoiceField, TextField
from desktop.case.number_text import number_text
from desktop.case.reading import Problem
from desktop.language import Panel

_DAY = 24.0  # h


class RegimenForm(Panel):
    """The fields, and what they say as a regimen."""

    settled = Signal()
    entered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.amount, self.every = TextField("amount", ("mg",)), TextField("every", ("h",))
        self.route, self.duration = ChoiceField("route"), TextField("duration", ("h",))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.addWidget(self.amount, 0, 0, 1, 2, Qt.AlignmentFlag.AlignTop)  # room for the doses of a week
        for place, field in enumerate((self.every, self.route, self.duration)):
            grid.addWidget(field, 1 + place // 2, place % 2, Qt.AlignmentFlag.AlignTop)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        for field in (self.amount, self.every, self.duration):
            field.settled.connect(self.settled)
            field.edit.returnPressed.connect(self.entered)
        self.route.chosen.connect(self._route_chosen)
        self._base: Regimen | None = None
        self._case: Case | None = None
        self._by_week = False
        self.retranslate()

    def show_regimen(self, regimen: Regimen, case: Case | None, *, by_week: bool = False) -> None:
        """Begin with a regimen; the case knows which day of the week its first dose falls on.

        Args:
            regimen: to begin with.
            case: the patient.
            by_week: whether the drug is usually given in unequal doses over the week, so that this is offered.
        """
        self._base, self._case, self._by_week = regimen, case, by_week
        self.retranslate()
        doses = regimen.by_weekday or regimen.cycle
        self.amount.set_value(week_text(doses) if doses else number_text(regimen.amount))
        self.every.set_value(number_text(regimen.every))
        self.duration.set_value(number_text(regimen.duration) if regimen.duration else "")
        self._route_chosen(regimen.route.value)
        for field in (self.amount, self.every, self.duration):
            field.show_problem(None)

    def _route_chosen(self, key: str) -> None:
        self.route.box.setCurrentIndex(self.route.box.findData(key))
        self.duration.setVisible(key == Route.INTRAVENOUS)

    def regimen(self) -> Regimen | None:
        """The regimen typed; faults are shown beside their fields."""
        assert self._base is not None
        every = self._number(self.every)
        doses: tuple[float, ...] | None = ()
        as_shown = self._as_shown(every)
        if is_week(self.amount.edit.text()):
            doses = self._doses(len(self._base.cycle) if as_shown else DAYS)
            amount = max(doses) if doses else None
        else:
            amount = self._number(self.amount)
        duration: float | None = 0.0
        if self.route.value == Route.INTRAVENOUS and self.duration.edit.text().strip():
            duration = self._number(self.duration)
        else:
            self.duration.show_problem(None)
        if amount is None or every is None or duration is None:
            return None
        route = Route(self.route.value)
        base = self._base if route is self._base.route else replace(self._base, loading=0.0, loading_duration=0.0)
        plain = replace(base, cycle=(), weekday=None, amount=amount, every=every, route=route, duration=duration)
        if as_shown and doses:
            return doses_in_turn(doses, plain)
        return self._over_the_week(plain, doses) if doses else plain

    def _as_shown(self, every: float | None) -> bool:
        """Whether the doses are, as those the form began with, a round that does not go by the days of the week."""
        base, text = self._base, self.amount.edit.text()
        assert base is not None
        return base.by_weekday is None and every == base.every and number_of_doses(text) == len(base.cycle)

    def _over_the_week(self, plain: Regimen, week: tuple[float, ...]) -> Regimen | None:
        """Doses from Monday to Sunday, beginning on the day of the first dose."""
        if plain.every != _DAY or self._case is None:
            self.every.show_problem(Problem(self.every.where, "week_needs_days", {}))
            return None
        weekday = self._case.clock(plain.first_dose).weekday()
        return doses_in_turn([*week[weekday:], *week[:weekday]], plain, weekday)

    def _doses(self, number: int) -> tuple[float, ...] | None:
        field = self.amount
        try:
            doses = read_week(field.edit.text(), field.where, number)
        except InputError as error:
            field.show_problem(Problem(field.where, error.reason, error.values))
            return None
        field.show_problem(None)
        return doses

    @staticmethod
    def _number(field: TextField) -> float | None:
        text = field.edit.text()
        try:
            value = parse_typed_number(text, field.where)
        except InputError as error:
            field.show_problem(Problem(field.where, error.reason, error.values))
            return None
        field.show_problem(None if value > 0 else Problem(field.where, "must_be_positive", {"value": text}))
        return value if value > 0 else None

    def retranslate(self) -> None:
        """Write texts anew."""
        items = [(item.value, texts.word("route", item.value)) for item in Route]
        self.route.set_items(items, self.route.value)
        dose = self.tr("Dose (mg)")
        for field, title in (
            (self.amount, self.tr("Dose (mg), or seven, Monday to Sunday: 5 / 2.5 / 5 / …") if self._by_week else dose),
            (self.every, self.tr("Every (h)")),
            (self.route, self.tr("Route")),
            (self.duration, self.tr("Infused over (h)")),
        ):
            field.set_title(title)
