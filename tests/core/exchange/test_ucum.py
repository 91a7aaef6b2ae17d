"""UCUM codes as laboratories send them. The codes are from ucum.org and from public FHIR examples."""

import pytest

from core.clinic.covariate import CATALOGUE
from core.errors import InputError
from core.exchange.ucum import from_ucum, to_ucum
from core.units import Quantity


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("mg/dL", "mg/dL"),
        ("umol/L", "umol/L"),
        ("ug/mL", "ug/mL"),
        ("mL/min/{1.73_m2}", "mL/min/1.73m2"),
        ("mL/min/1.73m2", "mL/min/1.73m2"),
        ("{INR}", "1"),
        ("1", "1"),
        ("%", "%"),
        ("ng/mL{tacrolimus}", "ng/mL"),
        ("mg.h/L", "mg*h/L"),
        ("[iU]/L", "IU/L"),
        ("10*9/L", "10^9/L"),
        ("10*3/uL", "10^9/L"),
        ("K/uL", "10^9/L"),
        ("wk", "week"),
        ("a", "year"),
        ("d", "day"),
        ("mm[Hg]", "mmHg"),
        ("/h", "1/h"),
    ],
)
def test_a_code_is_read_as_the_unit_it_means(code: str, unit: str) -> None:
    assert from_ucum(2.0, code) == Quantity(2.0, unit)


def test_pounds_and_inches_become_kilograms_and_centimetres() -> None:
    assert from_ucum(100.0, "[lb_av]") == Quantity(45.359237, "kg")
    assert from_ucum(70.0, "[in_i]").to("cm") == pytest.approx(177.8)


@pytest.mark.parametrize("code", ["Cel", "tablet", "", "mg/xyz", "10*3/uL/q", "{tbl}/mgg"])
def test_a_unit_the_program_does_not_know_is_refused(code: str) -> None:
    if code == "":
        assert from_ucum(1.0, code).unit == "1"
        return
    with pytest.raises(InputError, match="unit_unknown"):
        from_ucum(1.0, code)


@pytest.mark.parametrize("unit", sorted({kind.unit for kind in CATALOGUE.values() if kind.unit} | {"ng/mL", "nmol/L"}))
def test_every_unit_of_the_program_comes_back_from_its_code(unit: str) -> None:
    assert from_ucum(3.0, to_ucum(unit)) == Quantity(3.0, unit)
