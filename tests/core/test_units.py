"""The door for clinical numbers: the acceptance table of typed numbers, conversions, and the way doses are written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.units import (
    Quantity,
    format_dose,
    format_number,
    format_quantity,
    format_total,
    parse_quantity,
    parse_typed_number,
)

ACCEPTED = {"1.5": 1.5, "1,5": 1.5, "0.5": 0.5, "0,5": 0.5, "0.125": 0.125, "1500": 1500.0, " 48 ": 48.0, "0": 0.0}
REFUSED = {
    "1,500": "number_ambiguous",
    "1.500": "number_ambiguous",
    "12.345": "number_ambiguous",
    ".5": "number_leading_zero_missing",
    "5.": "number_ends_in_separator",
    "05": "number_leading_zeros",
    "1 500": "number_grouped",
    "1'500": "number_grouped",
    "1,2,3": "number_grouped",
    "1.2.3": "number_grouped",
    "-5": "number_signed",
    "+5": "number_signed",
    "1e3": "number_exponent",
    "1_000": "number_unreadable",
    "0x10": "number_with_unit",
    "nan": "number_unreadable",
    "inf": "number_unreadable",
    "<0.5": "number_comparator",
    ">50": "number_comparator",
    "5 mg": "number_with_unit",
    "7O": "number_with_unit",
    "": "number_empty",
    "１２": "number_full_width",
    "٣": "number_unreadable",
}


@pytest.mark.parametrize(("typed", "value"), ACCEPTED.items())
def test_a_number_that_can_be_read_one_way_is_accepted(typed: str, value: float) -> None:
    assert parse_typed_number(typed) == value


@pytest.mark.parametrize(("typed", "reason"), REFUSED.items())
def test_a_number_that_could_be_misread_is_refused_with_the_cure(typed: str, reason: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse_typed_number(typed, "weight")
    assert refusal.value.reason == reason
    assert refusal.value.field == "weight"


def test_full_width_digits_are_offered_back_to_be_confirmed() -> None:
    with pytest.raises(InputError) as refusal:
        parse_typed_number("1２．5")
    assert refusal.value.values["ascii"] == "12.5"


@given(st.text(alphabet="0123456789.,-+eE<> '_xmg０１２", max_size=8))
def test_no_text_yields_another_number_than_a_person_reads(typed: str) -> None:
    try:
        value = parse_typed_number(typed)
    except InputError:
        return
    assert value == float(typed.strip().replace(",", "."))


@given(st.integers(0, 10**7).map(lambda n: n / 100))
def test_what_is_shown_can_be_typed_again(value: float) -> None:
    assert parse_typed_number(format_number(value)) == value


@pytest.mark.parametrize(
    "text", ["48", "48kg", "48 stone", "1e3 mg", "1,5 mg", "nan mg", " mg", "4 8 mg", "5 mg/", "05 mg"]
)
def test_a_quantity_in_a_file_has_one_form(text: str) -> None:
    with pytest.raises(InputError):
        parse_quantity(text, "doses[0].amount")


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("512 ng/mL", "mg/L", 0.512),
        ("14.3 L/h", "mL/min", 238.33333333333334),
        ("1 mg/dL", "mg/L", 10.0),
        ("0.5 day", "h", 12.0),
        ("10 mg/min", "mg/h", 600.0),
        ("1.5 g/dL", "g/L", 15.0),
        ("0.0154 min/mL", "1/mL*min", 0.0154),
    ],
)
def test_units_convert(text: str, unit: str, value: float) -> None:
    assert math.isclose(parse_quantity(text).to(unit), value, rel_tol=1e-12)


def test_mass_and_moles_convert_only_with_a_molar_mass() -> None:
    assert math.isclose(Quantity(1000.0, "nmol/L").to("ng/mL", 446.9), 446.9, rel_tol=1e-12)
    assert math.isclose(Quantity(446.9, "ng/mL").to("nmol/L", 446.9), 1000.0, rel_tol=1e-12)
    with pytest.raises(InputError, match="unit_mismatch"):
        Quantity(1.0, "nmol/L").to("mg/L")


def test_units_of_another_kind_are_refused() -> None:
    with pytest.raises(InputError, match="unit_mismatch"):
        parse_quantity("12 mg/dL").to("kg")
    with pytest.raises(InputError, match="unit_mismatch"):
        parse_quantity("60 mL/min").to("mL/min/1.73m2")


@pytest.mark.parametrize(
    ("amount", "unit", "written"),
    [(0.5, "mg", "0.5 mg"), (1.0, "mg", "1 mg"), (1500.0, "mg", "1500 mg"), (12500.0, "mg", "12\u202f500 mg"),
     (62.5, "ug", "62.5 mcg"), (250.0, "mg", "250 mg")],
)  # fmt: skip
def test_a_dose_is_written_so_that_it_cannot_be_misread(amount: float, unit: str, written: str) -> None:
    assert format_dose(amount, unit) == written


def test_shown_numbers_keep_whole_digits() -> None:
    assert format_quantity(1234.56, "mg") == "1235 mg"
    assert format_quantity(15.234, "L/h") == "15.2 L/h"
    assert format_number(1e-7) == "0.0000001"


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0.25, "0.25 mg"), (0.125, "0.125 mg"), (0.1875, "0.1875 mg"), (0.03125, "0.03125 mg"), (1166.6667, "1166.7 mg"),
     (2000.0, "2000 mg"), (8.0, "8 mg"), (0.0, "0 mg")],
)  # fmt: skip
def test_a_daily_total_is_never_rounded_to_another_dose(amount: float, text: str) -> None:
    """Digoxin 0.25 mg once a day is 0.25 mg per day, 0.0625 mg every other day 0.03125 mg."""
    assert format_total(amount) == text
