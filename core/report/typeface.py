"""The bundled typeface on paper: every character is drawn, in the bold cut, the regular one, or as its code point."""

from __future__ import annotations

import functools
import importlib.resources
import itertools
import re
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

REGULAR = "NotoSansSC-Regular"
BOLD = "NotoSansSC-Bold"
_NUMBER_AND_UNIT = re.compile(r"(?<=[0-9]) (?=[%A-Za-zµ])")
_STAND_INS = {"\u202f": "\u00a0"}  # the typeface has no narrow no-break space


def register() -> None:
    """Make both cuts known to reportlab, once in the life of the program."""
    _faces()


@functools.cache
def _faces() -> dict[str, Any]:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    folder = Path(str(importlib.resources.files("resources").joinpath("fonts")))
    faces = {name: TTFont(name, str(folder / f"{name}.ttf")) for name in (REGULAR, BOLD)}
    for face in faces.values():
        pdfmetrics.registerFont(face)
    return faces


def unbroken(text: str) -> str:
    """Keep a number and its unit on one line."""
    return _NUMBER_AND_UNIT.sub("\u00a0", text)


def runs(text: str, *, bold: bool = False) -> list[tuple[str, str]]:
    """Cut a text into (font, text) runs; a character neither cut has becomes `[U+1F600]`, never an empty box."""
    wanted = BOLD if bold else REGULAR
    pieces = [_piece(_STAND_INS.get(sign, sign), wanted) for sign in text]
    grouped = itertools.groupby(pieces, key=lambda piece: piece[0])
    return [(font, "".join(sign for _, sign in group)) for font, group in grouped]


def _piece(sign: str, wanted: str) -> tuple[str, str]:
    for font in (wanted, REGULAR):
        if ord(sign) in _faces()[font].face.charToGlyph:
            return font, sign
    return wanted, f"[U+{ord(sign):04X}]"


def markup(text: str, *, bold: bool = False) -> str:
    """The text as reportlab's paragraph markup, safe from being read as markup itself."""
    wanted = BOLD if bold else REGULAR
    return "".join(
        escape(part) if font == wanted else f'<font name="{font}">{escape(part)}</font>'
        for font, part in runs(unbroken(text), bold=bold)
    )
