"""A4 pages from flowables, with a foot on each; equal bytes for equal content."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.report.phrase import Phrase, say
from core.report.typeface import REGULAR, runs
from core.report.wording import Wording

_MARGIN = 30.0
_FOOT = 26.0


@dataclass(frozen=True)
class Paper:
    """What stands around the text."""

    title: str  # of the file
    subject: str
    left: str  # in the foot, beside the page number
    below: str  # in the foot's second line
    made: dt.datetime


def text_width() -> float:
    """Points between the margins."""
    from reportlab.lib.pagesizes import A4

    return float(A4[0]) - 2 * _MARGIN


def typeset(story: list[Any], paper: Paper, wording: Wording) -> tuple[int, bytes]:
    """Number of pages, and the PDF file."""
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

    stream = io.BytesIO()
    feet = _Feet(paper, wording)
    document = BaseDocTemplate(
        stream,
        pagesize=A4,
        invariant=1,
        title=paper.title,
        author="Dosewright",
        subject=paper.subject,
        lang="zh-CN" if wording.is_chinese else "en",
    )
    frame = Frame(_MARGIN, _MARGIN + _FOOT, text_width(), A4[1] - 2 * _MARGIN - _FOOT, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate(frames=[frame]))
    document.build(story, canvasmaker=feet.canvas)
    return feet.pages, stream.getvalue()


class _Feet:
    """Writes the foot of every page once it is known how many there are."""

    def __init__(self, paper: Paper, wording: Wording) -> None:
        self._paper = paper
        self._wording = wording
        self.pages = 0

    def canvas(self, *args: Any, **kwargs: Any) -> Any:
        """Make reportlab's canvas hold every page back until the last is known."""
        from reportlab.pdfgen.canvas import Canvas

        feet = self

        class HoldingCanvas(Canvas):  # type: ignore[misc]
            """Keeps the state of each page until the end."""

            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self._held: list[dict[str, Any]] = []
                _stamp(self, feet._paper.made)

            def showPage(self) -> None:  # noqa: N802 reportlab's name
                self._held.append(dict(self.__dict__))
                self._startPage()

            def save(self) -> None:
                feet.pages = len(self._held)
                for number, state in enumerate(self._held, 1):
                    self.__dict__.update(state)
                    feet.draw(self, number)
                    super().showPage()
                super().save()

        return HoldingCanvas(*args, **kwargs)

    def draw(self, canvas: Any, number: int) -> None:
        """What is said of the whole, and the page number: on every page."""
        wording, paper = self._wording, self._paper
        left, right = _MARGIN, canvas._pagesize[0] - _MARGIN
        canvas.setStrokeColor("#52606D")
        canvas.setDash([])
        canvas.setLineWidth(0.4)
        canvas.line(left, _MARGIN + 18, right, _MARGIN + 18)
        gaps = {"page": str(number), "pages": str(self.pages)}
        _write(canvas, left, _MARGIN + 9, paper.left)
        _write(canvas, right, _MARGIN + 9, say(wording, Phrase("report_page", gaps)), to_the_left=True)
        _write(canvas, left, _MARGIN, paper.below)


def _write(canvas: Any, x: float, y: float, text: str, *, to_the_left: bool = False) -> None:
    size = 6.5
    pieces: Sequence[tuple[str, str]] = runs(text)
    if to_the_left:
        x -= sum(canvas.stringWidth(part, font, size) for font, part in pieces)
    writer = canvas.beginText(x, y)
    writer.setFillColor("#1B2430")
    writer.setFont(REGULAR, size)
    for font, part in pieces:
        writer.setFont(font, size)
        writer.textOut(part)
    canvas.drawText(writer)


def _stamp(canvas: Any, made: dt.datetime) -> None:
    """Give the file the report's own date; reportlab's reproducible mode would write the year 2000."""
    moment = made.astimezone(dt.UTC)
    canvas._doc._timeStamp.YMDhms = moment.timetuple()[:6]
