"""Units as UCUM writes them (The Unified Code for Units of Measure, ucum.org), to the program's own and back."""

from __future__ import annotations

import re

from core.errors import InputError
from core.units import Quantity, conversion_factor

_ANNOTATION = re.compile(r"\{[^{}]*\}")
_OURS = {
    "d": "day",
    "wk": "week",
    "mo": "month",
    "a": "year",
    "[iU]": "IU",
    "[IU]": "IU",
    "10*9": "10^9",
    "meq": "mEq",
    "eq": "",
    "mm[Hg]": "mmHg",
    "1.73_m2": "1.73m2",
    "hr": "h",
    "mcg": "ug",
}
_UCUM = {
    "day": "d",
    "week": "wk",
    "month": "mo",
    "year": "a",
    "IU": "[iU]",
    "10^9": "10*9",
    "mEq": "meq",
    "mmHg": "mm[Hg]",
    "1.73m2": "{1.73_m2}",
    "1.73_m2": "{1.73_m2}",
    "mcg": "ug",
    "uM": "umol/L",
    "nM": "nmol/L",
    "mM": "mmol/L",
    "l": "L",
    "ml": "mL",
}
# Exact by definition (international yard and pound agreement, 1959); counts of blood cells as laboratories write them.
_FOREIGN = {
    "[lb_av]": (0.45359237, "kg"),
    "[in_i]": (2.54, "cm"),
    "[ft_i]": (30.48, "cm"),
    "[oz_av]": (28.349523125, "g"),
    "10*3/uL": (1.0, "10^9/L"),
    "K/uL": (1.0, "10^9/L"),
    "K/mcL": (1.0, "10^9/L"),
}
SURFACE = re.compile(r"(\{1\.73_m2\}|1\.73_?m2|\{1\.73m2\})")


def from_ucum(value: float, code: str) -> Quantity:
    """A value and its UCUM code as a quantity of the program; pounds and inches become kilograms and centimetres.

    Raises:
        InputError: `unit_unknown`.
    """
    body = code.strip()
    if body in _FOREIGN:
        factor, unit = _FOREIGN[body]
        return Quantity(value * factor, unit)
    unit = _unit(body)
    try:
        conversion_factor(unit, unit)
    except InputError:
        raise InputError("unit", "unit_unknown", unit=code[:40]) from None
    return Quantity(value, unit)


def _unit(code: str) -> str:
    """Annotations mean nothing in UCUM, but `{1.73_m2}` is written for the reference surface."""
    marked = SURFACE.sub("@", code)
    bare = _ANNOTATION.sub("", marked).replace("@", "1.73m2").strip()
    parts = re.split(r"([/.*](?![0-9]))", bare) if "10*" not in bare else re.split(r"([/.])", bare)
    words = [("*" if part == "." else part) if place % 2 else _OURS.get(part, part) for place, part in enumerate(parts)]
    if words and not words[0]:
        words[0] = "1"
    return "".join(words) or "1"


def to_ucum(unit: str) -> str:
    """The UCUM code of a unit of the program."""
    parts = re.split(r"([*/])", unit)
    words = [_UCUM.get(part, part) if place % 2 == 0 else part for place, part in enumerate(parts)]
    return "".join("." if word == "*" else word for word in words)
