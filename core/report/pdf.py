"""The report as a PDF: one A4 page where it fits, vector plot, text that can be searched and copied, equal bytes for
equal content.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

from core.report.content import ReportContent
from core.report.page import Layout
from core.report.phrase import Phrase, say
from core.report.typeface import REGULAR, register, runs
from core.report.wording import Wording

_MARGIN = 30.0
_FOOT = 26.0
_PLOT_HEIGHTS = (190.0, 160.0, 130.0, 105.0)


def make_pdf(content: ReportContent, wording: Wording, *, appendix: bool = False) -> bytes:
    """Typeset a report.

    Args:
        content: what is said.
        wording: the language.
        appendix: add parameters and fit check on a further page.

    Returns:
        The file. The plot gives way, within reason, so that the report fits one page.

    Raises:
        MissingText: a message the catalogue lacks.
    """
    register()
    height = next((one for one in _PLOT_HEIGHTS if _fits(content, wording, one)), _PLOT_HEIGHTS[0])
    layout = Layout(content, wording, _width(), height)
    return _typeset(content, wording, [*layout.front(), *layout.behind(appendix=appendix)])[1]


def _fits(content: ReportContent, wording: Wording, plot_height: float) -> bool:
    """Whether everything but the long lists and the appendix stands on one page."""
    return _typeset(content, wording, Layout(content, wording, _width(), plot_height).front())[0] == 1


def _width() -> float:
    from reportlab.lib.pagesizes import A4

    return float(A4[0]) - 2 * _MARGIN


def _typeset(content: ReportContent, wording: Wording, story: list[Any]) -> tuple[int, bytes]:
    """Number of pages, and the file."""
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

    stream = io.BytesIO()
    feet = _Feet(content, wording)
    document = BaseDocTemplate(
        stream,
        pagesize=A4,
        invariant=1,
        title=say(wording, Phrase("report_title")),
        author="Dosewright",
        subject=content.patient_id,
        lang="zh-CN" if wording.is_chinese else "en",
    )
    frame = Frame(_MARGIN, _MARGIN + _FOOT, _width(), A4[1] - 2 * _MARGIN - _FOOT, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate(frames=[frame]))
    document.build(story, canvasmaker=feet.canvas)
    return feet.pages, stream.getvalue()


class _Feet:
    """Writes the foot of every page once it is known how many there are."""

    def __init__(self, content: ReportContent, wording: Wording) -> None:
        self._content = content
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
                _stamp(self, feet._content.made)

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
        """Patient, page number, and that this is no certified device: on every page."""
        wording, content = self._wording, self._content
        left, right = _MARGIN, canvas._pagesize[0] - _MARGIN
        canvas.setStrokeColor("#52606D")
        canvas.setDash([])
        canvas.setLineWidth(0.4)
        canvas.line(left, _MARGIN + 18, right, _MARGIN + 18)
        record = f"{say(wording, Phrase('report_record'))} {content.patient_id}"
        gaps = {"page": str(number), "pages": str(self.pages)}
        _write(canvas, left, _MARGIN + 9, record)
        _write(canvas, right, _MARGIN + 9, say(wording, Phrase("report_page", gaps)), to_the_left=True)
        _write(canvas, left, _MARGIN, say(wording, Phrase("report_not_certified")))


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
