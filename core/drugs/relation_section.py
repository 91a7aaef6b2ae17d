"""Covariate relations as a drug file writes them."""

from __future__ import annotations

from dataclasses import replace

from core.clinic.strict_yaml import Entry
from core.drugs.condition_section import CONDITION_KEYS, covariate_unit, in_unit, read_condition, read_conditions
from core.drugs.relations import CONDITIONAL, Condition, Form, Relation
from core.errors import DrugFileError

_KEYS = ("by", "form", "centre", "exponent", "slope", "factor", "amount", "share", "rate", "half", "hill", "scale",
         "in", "after", "scaled", "at_least", "at_most", "where", "when", "note")  # fmt: skip
_NONZERO = (Form.POWER, Form.PROPORTIONAL, Form.SIGMOID, Form.LOG_POWER, Form.SATURATING_LOSS)
_NEEDED = {
    Form.POWER: ("centre", "exponent"),
    Form.LINEAR: ("centre", "slope"),
    Form.ADDITIVE: ("centre", "slope"),
    Form.EXPONENTIAL: ("centre", "slope"),
    Form.PROPORTIONAL: ("centre",),
    Form.LOG_POWER: ("centre", "exponent", "in"),
    Form.SIGMOID: ("half", "hill"),
    Form.APPROACH: ("share", "rate"),
    Form.EXCESS_LOSS: ("centre", "share", "scale", "exponent"),
    Form.SATURATING_LOSS: ("share", "half"),
    Form.FACTOR: ("factor",),
    Form.SHIFT: ("amount",),
}


def read_relation(entry: Entry, parameter_unit: str, *, may_vanish: bool = False) -> Relation:
    """Read one relation; a parameter that `may_vanish` can have the factor zero. Raises DrugFileError with the line."""
    entry.only(*_KEYS, *CONDITION_KEYS)
    by, form = entry["by"].text, Form(entry["form"].choice(*(item.value for item in Form)))
    for name in _NEEDED[form]:
        entry[name]  # a missing key is an error with its line
    where = read_conditions(entry, "where")
    if form in CONDITIONAL:
        own = read_condition(entry, optional=bool(where))
        amount = entry["factor"].number() if form is Form.FACTOR else in_unit(entry["amount"], parameter_unit)
        if form is Form.FACTOR and not (amount > 0 or (may_vanish and amount == 0)):
            raise entry["factor"].error("must be positive")
        return Relation(by, form, coefficient=amount, where=(*((own,) if own else ()), *where))
    if any(name in entry for name in (*CONDITION_KEYS, "when")):
        raise entry.error(f"a condition belongs under 'where' for the form '{form.value}'")
    return _numeric(entry, by, form, parameter_unit, where)


def _numeric(entry: Entry, by: str, form: Form, parameter_unit: str, where: tuple[Condition, ...]) -> Relation:
    unit = covariate_unit(by, entry["by"])
    if not unit:
        raise entry["by"].error(f"'{by}' is a choice, not a number")
    scaled = entry.get("scaled")
    if scaled is not None:
        scaled.choice("by_centre")
    low, high = (in_unit(entry[name], unit) if name in entry else None for name in ("at_least", "at_most"))
    centre = entry.get("half") or entry.get("centre")
    relation = Relation(
        by=by,
        form=form,
        centre=0.0 if centre is None else centre.number() if form is Form.LOG_POWER else in_unit(centre, unit),
        coefficient=_coefficient(entry, form, unit, parameter_unit, by_centre=scaled is not None),
        shape=_shape(entry, form, unit),
        scale=_scale(entry, form, unit),
        scaled_by_centre=scaled is not None,
        at_least=low,
        at_most=high,
        where=where,
    )
    if relation.centre == 0 and form in _NONZERO:
        assert centre is not None
        raise centre.error("must not be zero")
    return relation


def _coefficient(entry: Entry, form: Form, unit: str, parameter_unit: str, *, by_centre: bool) -> float:
    match form:
        case Form.PROPORTIONAL | Form.SIGMOID:
            return 1.0
        case Form.POWER | Form.LOG_POWER:
            return entry["exponent"].number()
        case Form.APPROACH | Form.EXCESS_LOSS | Form.SATURATING_LOSS:
            return entry["share"].number()
        case Form.LINEAR if by_centre:
            return entry["slope"].quantity(parameter_unit)
        case Form.ADDITIVE:
            return _slope(entry["slope"], parameter_unit, unit)
        case _:
            return entry["slope"].number() if unit == "1" else _slope(entry["slope"], "1", unit)


def _slope(entry: Entry, parameter_unit: str, unit: str) -> float:
    """A slope, written `0.0423 L/h per mL/min` or, as one unit read from left to right, `0.0423 L/h/mL*min`."""
    wanted = _per(parameter_unit, unit)
    head, per, divisor = entry.text.partition(" per ")
    if not per:
        return entry.quantity(wanted)
    number, _, own = head.partition(" ")
    try:
        return replace(entry, value=f"{number} {_per(own or '1', divisor)}").quantity(wanted)
    except DrugFileError:
        raise entry.error(f"'{entry.text}' cannot be read in {parameter_unit} per {unit}") from None


def _shape(entry: Entry, form: Form, unit: str) -> float:
    match form:
        case Form.SIGMOID:
            return entry["hill"].number()
        case Form.APPROACH:
            return entry["rate"].quantity(_per("1", unit))
        case Form.EXCESS_LOSS:
            return entry["exponent"].number()
        case _:
            return 1.0


def _scale(entry: Entry, form: Form, unit: str) -> float:
    if form is Form.EXCESS_LOSS:
        return in_unit(entry["scale"], unit)
    if form is Form.SATURATING_LOSS:
        return in_unit(entry["after"], unit) if "after" in entry else 0.0
    return entry["in"].quantity(unit) if form is Form.LOG_POWER else 1.0


def _per(unit: str, divisor: str) -> str:
    """Unit divided by another: `L/h` per `mL/min` becomes `L/h/mL*min`, read from left to right."""
    return f"{unit}/{divisor.replace('/', '*')}"
