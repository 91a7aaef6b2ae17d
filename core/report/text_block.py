"""A paragraph on paper, with line breaks by the rules of its language."""

from __future__ import annotations

import functools
from typing import Any

from core.report.chinese_lines import break_lines
from core.report.typeface import BOLD, REGULAR, markup, runs, unbroken

_LEADING = 1.32
_SLACK = 1.0  # pt; so that a line that just fits is not broken again


def text_style(size: float, colour: str, *, bold: bool = False, heading: bool = False) -> Any:
    """The look of a paragraph; a heading keeps its distance, and stays with what follows."""
    from reportlab.lib.styles import ParagraphStyle

    return ParagraphStyle(
        "text",
        fontName=BOLD if bold else REGULAR,
        fontSize=size,
        leading=size * _LEADING,
        textColor=colour,
        splitLongWords=1,
        spaceBefore=5 if heading else 0,
        spaceAfter=1 if heading else 0,
        keepWithNext=1 if heading else 0,
    )


def text_block(text: str, style: Any, *, chinese: bool) -> Any:
    """A flowable paragraph."""
    from reportlab.platypus import Paragraph

    bold = style.fontName == BOLD
    return _chinese_block()(text, style) if chinese else Paragraph(markup(text, bold=bold), style)


@functools.cache
def _chinese_block() -> Any:
    """The class of Chinese paragraphs; made late, so that reportlab is imported only when a report is."""
    from reportlab.pdfbase.pdfmetrics import stringWidth
    from reportlab.platypus import Flowable, Paragraph

    class ChineseBlock(Flowable):  # type: ignore[misc]
        """Breaks its lines itself when the room is known: reportlab would part a number from its unit."""

        def __init__(self, text: str, style: Any) -> None:
            super().__init__()
            self.style = style
            self._text = unbroken(text)
            self._bold = style.fontName == BOLD
            self._inner: Any = None

        def _measure(self, text: str) -> float:
            pieces = runs(text, bold=self._bold)
            return float(sum(stringWidth(part, font, self.style.fontSize) for font, part in pieces))

        def wrap(self, width: float, height: float) -> tuple[float, float]:
            lines = break_lines(self._text, width, self._measure)
            self._inner = Paragraph("<br/>".join(markup(line, bold=self._bold) for line in lines), self.style)
            self.width, self.height = self._inner.wrap(width + _SLACK, height)
            return self.width, self.height

        def split(self, width: float, height: float) -> list[Any]:
            self.wrap(width, height)
            return list(self._inner.split(width + _SLACK, height))

        def draw(self) -> None:
            self._inner.drawOn(self.canv, 0, 0)

    return ChineseBlock
