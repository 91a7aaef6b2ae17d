"""One quantity type, one strict number parser, one dose formatter: the only door for clinical numbers."""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

import pint

from core.errors import InputError

_TOKENS = {
    "kg": "kilogram", "g": "gram", "mg": "milligram", "ug": "microgram", "mcg": "microgram", "ng": "nanogram",
    "pg": "picogram", "mol": "mole", "mmol": "millimole", "umol": "micromole", "nmol": "nanomole", "pmol": "picomole",
    "L": "liter", "l": "liter", "dL": "deciliter", "mL": "milliliter", "ml": "milliliter", "uL": "microliter",
    "h": "hour", "min": "minute", "s": "second", "day": "day", "week": "week", "month": "month", "year": "year",
    "m": "meter", "cm": "centimeter", "mm": "millimeter", "m2": "meter**2", "cm2": "centimeter**2",
    "%": "percent", "U": "activity_unit", "IU": "activity_unit", "Da": "gram/mole", "1": "dimensionless",
    "1.73m2": "reference_surface", "1.73_m2": "reference_surface", "mmHg": "mmHg", "uM": "micromole/liter",
    "nM": "nanomole/liter", "mM": "millimole/liter", "kDa": "kilogram/mole", "10^9": "giga_count", "cell": "cell",
    "mEq": "milliequivalent",
}  # fmt: skip

_PLAIN = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")
_TYPED = re.compile(r"(0|[1-9][0-9]*)(?:[.,]([0-9]+))?")
_QUANTITY = re.compile(r"(-?\S+)\s+(\S.*)")
_THREE_DECIMALS = 3


@functools.cache
def _registry() -> pint.UnitRegistry[float]:
    registry: pint.UnitRegistry[float] = pint.UnitRegistry(cache_folder=None)
    registry.define("activity_unit = [activity]")
    registry.define("reference_surface = [reference_surface]")
    registry.define("cell = [cell]")
    registry.define("giga_count = 1e9 * cell")
    registry.define("milliequivalent = [equivalent]")
    return registry


@functools.cache
def _unit(text: str) -> pint.Unit:
    """Read a unit such as `mg/L`, `1/h`, `mL/min/1.73m2` or `mg*h/L`; every factor must be in the closed list."""
    cleaned = text.strip().replace("µ", "u").replace("μ", "u").replace("·", "*").replace("²", "2")
    built = _registry().Unit("dimensionless")
    parts = re.split(r"([*/])", cleaned)
    for position in range(0, len(parts), 2):
        factor = _TOKENS.get(parts[position].strip())
        if factor is None:
            raise InputError("unit", "unit_unknown", unit=text)
        unit = _registry().Unit(factor)
        built = built / unit if position and parts[position - 1] == "/" else built * unit
    return built


@functools.lru_cache(maxsize=4096)
def conversion_factor(unit: str, into: str) -> float:
    """Give the number that turns a value in `unit` into one in `into`.

    Raises:
        InputError: a unit is unknown, or the two measure different things.
    """
    try:
        return float(_registry().Quantity(1.0, _unit(unit)).to(_unit(into)).magnitude)
    except pint.DimensionalityError as error:
        raise InputError("unit", "unit_mismatch", unit=unit, wanted=into) from error


@dataclass(frozen=True)
class Quantity:
    """A number and its unit as a person or a file wrote them."""

    value: float
    unit: str

    def to(self, unit: str, molar_mass: float | None = None) -> float:
        """Give the value in another unit.

        Args:
            unit: the wanted unit.
            molar_mass: g/mol; needed only between mass and amount of substance.

        Raises:
            InputError: unknown unit, other dimension, or mass against mole without a molar mass.
        """
        try:
            return self.value * conversion_factor(self.unit, unit)
        except InputError as error:
            if error.reason != "unit_mismatch" or molar_mass is None:
                raise
        for step in ("g/mol", "mol/g"):
            factor = molar_mass if step == "g/mol" else 1.0 / molar_mass
            try:
                return self.value * factor * conversion_factor(f"{self.unit}*{step.replace('/', '*1/')}", unit)
            except InputError:
                continue
        raise InputError("unit", "unit_mismatch", unit=self.unit, wanted=unit)

    def __str__(self) -> str:
        return f"{format_number(self.value)} {self.unit}"


def parse_quantity(text: str, field: str = "") -> Quantity:
    """Read `48 kg` as files write it: digits, at most one decimal point, a space, a unit of the closed list.

    Raises:
        InputError: names `field`; missing unit, unknown unit, or a number written any other way.
    """
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise InputError(field, "unit_missing", value=text)
    number, unit = match.groups()
    value = parse_plain_number(number, field)
    try:
        _unit(unit)
    except InputError as error:
        raise InputError(field, error.reason, unit=unit) from None
    return Quantity(value, unit)


def parse_plain_number(text: str, field: str = "") -> float:
    """Read a number as files write it: `0`, `12`, `-0.24`; no exponent, no grouping, a point for the decimals.

    Raises:
        InputError: names `field`.
    """
    body = text.strip()
    if _PLAIN.fullmatch(body.removeprefix("-")) is None:
        raise InputError(field, "number_unreadable", value=text)
    value = float(body)
    if not math.isfinite(value):
        raise InputError(field, "number_not_finite", value=body[:20])
    return value


def parse_typed_number(text: str, field: str = "") -> float:
    """Read a number a person typed, pasted or imported; nothing is repaired.

    One decimal sign, `.` or `,`, is accepted in every language; whatever could be read in two ways is refused with
    the cure.

    Raises:
        InputError: names `field`; the reason says what to write instead.
    """
    body = text.strip()
    if not body:
        raise InputError(field, "number_empty")
    if not body.isascii():
        _refuse_wide_digits(body, field)
    reason = _typed_fault(body)
    if reason is not None:
        raise InputError(field, reason, value=body)
    match = _TYPED.fullmatch(body)
    if match is None:
        raise InputError(field, "number_unreadable", value=body)
    whole, decimals = match.groups()
    if decimals is not None and len(decimals) == _THREE_DECIMALS and whole != "0":
        raise InputError(field, "number_ambiguous", value=body, small=f"{whole}.{decimals}0", large=whole + decimals)
    return float(whole if decimals is None else f"{whole}.{decimals}")


def _refuse_wide_digits(body: str, field: str) -> None:
    """Full-width digits of a Chinese keyboard are offered back in ASCII, to be confirmed by the person."""
    ascii_form = unicodedata.normalize("NFKC", body).replace("。", ".")
    if ascii_form.isascii() and _TYPED.fullmatch(ascii_form):
        raise InputError(field, "number_full_width", value=body, ascii=ascii_form)
    raise InputError(field, "number_unreadable", value=body)


_TYPED_FAULTS = (
    (re.compile(r"[<>≤≥].*"), "number_comparator"),
    (re.compile(r"[-+].*"), "number_signed"),
    (re.compile(r"[.,][0-9]+"), "number_leading_zero_missing"),
    (re.compile(r"[0-9]+[.,]"), "number_ends_in_separator"),
    (re.compile(r"0[0-9]+([.,][0-9]+)?"), "number_leading_zeros"),
    (re.compile(r"[0-9.,]+[eE][-+]?[0-9]+"), "number_exponent"),
    (re.compile(r"[0-9]+([.,' ][0-9]+){2,}|[0-9]+[' ][0-9 ']+"), "number_grouped"),
    (re.compile(r"[0-9]+([.,][0-9]+)?\s*[A-Za-zµ%/][A-Za-z0-9µ%/.²]*"), "number_with_unit"),
)


def _typed_fault(body: str) -> str | None:
    return next((reason for pattern, reason in _TYPED_FAULTS if pattern.fullmatch(body)), None)


def format_number(value: float, significant: int = 12) -> str:
    """Write a number with a leading zero, without trailing zeros, exponent or grouping.

    Raises:
        InputError: the number is not finite.
    """
    if not math.isfinite(value):
        raise InputError("", "number_not_finite", value=str(value))
    if value == 0:
        return "0"
    rounded = Decimal(f"{value:.{significant}g}")
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_quantity(value: float, unit: str, significant: int = 3) -> str:
    """Write a shown value and its unit, whole numbers in full: `15.2 L/h`, `1234 mg`."""
    digits = max(significant, len(str(abs(int(value)))))
    return f"{format_number(value, digits)} {unit}"


def format_total(amount: float, unit: str = "mg") -> str:
    """Write a computed amount, such as a daily total: to a tenth, and small ones to four digits."""
    digits = 4 if amount == 0 else max(4, math.floor(math.log10(abs(amount))) + 2)
    return format_dose(float(f"{amount:.{digits}g}"), unit)


def format_dose(amount: float, unit: str = "mg") -> str:
    """Write a dose: `0.5 mg`, `250 mg`, `12 500 mg`; never `.5`, `1.0` or `µg` (NHS CUI medication line, ISMP)."""
    text = format_number(amount)
    whole, _, decimals = text.partition(".")
    if len(whole) > 4:  # four digits stay together, as ISO 80000 allows
        whole = f"{int(whole):,}".replace(",", "\u202f")
    written = "mcg" if unit in {"ug", "µg", "μg"} else unit
    return f"{whole}{'.' + decimals if decimals else ''} {written}"
