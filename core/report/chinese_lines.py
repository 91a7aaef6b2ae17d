"""Line breaks for Chinese with Latin words in it: between Chinese characters or at spaces, never inside a word, never
between a number and its unit, before a closing mark or after an opening one.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_CHINESE = "\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef"
_PIECE = re.compile(rf" +|[{_CHINESE}]|[^ {_CHINESE}]+")
_NEVER_FIRST = set("，。；：、！？）】》”’,.;:!?)]%…–—")
_NEVER_LAST = set("（【《“‘([")


def break_lines(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Cut a text into lines no wider than `width`.

    Args:
        text: one paragraph; a no-break space holds its neighbours together.
        width: room for a line, in the unit of `measure`.
        measure: width of a piece of text.

    Returns:
        The lines; only what cannot be broken at all is wider.
    """
    lines, line = [], ""
    for piece in _pieces(text):
        if line and measure((line + piece).rstrip(" ")) > width:
            lines.append(line.rstrip(" "))
            line = piece.lstrip(" ")
        else:
            line += piece
    return [*lines, line.rstrip(" ")]


def _pieces(text: str) -> list[str]:
    """The smallest parts between which a line may break."""
    pieces: list[str] = []
    for piece in _PIECE.findall(text):
        if pieces and (piece[0] in _NEVER_FIRST or pieces[-1][-1] in _NEVER_LAST or piece[0] == " "):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces
