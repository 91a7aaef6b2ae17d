"""Numbers written into fields so that the strict parser of typed numbers reads the very same number again."""

from __future__ import annotations

from decimal import Decimal

_AMBIGUOUS_DECIMALS = 3


def number_text(value: float) -> str:
    """Write every digit that tells the number from its neighbours; never an exponent, never three lone decimals."""
    text = f"{Decimal(repr(float(value))):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    whole, _, decimals = text.partition(".")
    could_be_thousands = len(decimals) == _AMBIGUOUS_DECIMALS and whole.lstrip("-") != "0"
    return f"{text}0" if could_be_thousands else text
