"""One cell of a mapped column read as what the mapping says it is."""

from __future__ import annotations

import datetime as dt

from core.clinic.covariate import CATALOGUE
from core.clinic.patient import Ethnicity, Sex
from core.errors import InputError
from core.exchange.course import Course
from core.exchange.mapping import Column
from core.exchange.written import read_number
from core.units import Quantity

Value = Quantity | str | float


def read_column(name: str, column: Column, body: str, unit: str = "") -> Value:
    """The value of a cell (or of the mapping's own value): a quantity for numbers, text for choices, years for age.

    Args:
        name: the field.
        column: its mapping.
        body: what stands in the cell.
        unit: the row's own unit, where a column names it.

    Raises:
        InputError: an unknown code, a number that cannot be read, or a unit that does not fit.
    """
    written = decode(name, column, body)
    kind = CATALOGUE.get(name)
    if name == "age":
        return quantity(name, column, written, unit).to("year")
    if kind is None or kind.choices:
        return written
    return quantity(name, column, written, unit)


def decode(name: str, column: Column, body: str) -> str:
    """What a code stands for; without codes the text itself.

    Raises:
        InputError: `exchange_code` for a text that is not among the codes.
    """
    if not column.codes or column.value:
        return body
    meaning = column.codes.get(body)
    if meaning is None:
        plain = _without_zero_decimals(body)
        meaning = next((value for key, value in column.codes.items() if _without_zero_decimals(key) == plain), None)
    if meaning is None:
        raise InputError(name, "exchange_code", value=body[:40], codes=", ".join(column.codes))
    return meaning


def _without_zero_decimals(body: str) -> str:
    """`1.0` and `1` are one code."""
    return body.rstrip("0").rstrip(".") if "." in body else body


def quantity(name: str, column: Column, body: str, unit: str = "") -> Quantity:
    """A number with the column's unit; the mapping's own value carries its unit (`70 kg`).

    Raises:
        InputError: naming the field.
    """
    number, _, own = body.partition(" ") if column.value else (body, "", "")
    used = own.strip() or unit or column.unit or _dimensionless(name)
    if not used:
        raise InputError(name, "unit_missing", value=body[:40])
    return Quantity(read_number(number.strip(), name), used)


def _dimensionless(name: str) -> str:
    kind = CATALOGUE.get(name)
    return "1" if kind is not None and kind.unit == "1" else ""


def set_patient_field(course: Course, name: str, value: Value) -> None:
    """Enter what a column says of the person.

    Raises:
        InputError: a text that is no sex, day or ancestry.
    """
    written = str(value)
    try:
        match name:
            case "sex":
                course.sex = Sex(written.lower())
            case "born":
                course.born = dt.date.fromisoformat(written)
            case "ethnicity":
                course.ethnicity = Ethnicity(written.lower())
            case "name":
                course.name = written
            case "age" if isinstance(value, float):
                course.age = value
    except ValueError:
        known = ", ".join(Sex if name == "sex" else Ethnicity)
        if name == "born":
            raise InputError(name, "day_unreadable", value=written[:40]) from None
        raise InputError(name, "choice_unknown", value=written[:40], choices=known) from None
