"""The report as a PDF: one A4 page where it fits, vector plot, text that can be searched and copied, equal bytes for
equal content.
"""

from __future__ import annotations

from typing import Any

from core.report.content import ReportContent
from core.report.page import Layout
from core.report.paper import Paper, text_width, typeset
from core.report.phrase import Phrase, say
from core.report.typeface import register
from core.report.wording import Wording

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
    layout = Layout(content, wording, text_width(), height)
    return _typeset(content, wording, [*layout.front(), *layout.behind(appendix=appendix)])[1]


def _fits(content: ReportContent, wording: Wording, plot_height: float) -> bool:
    """Whether everything but the long lists and the appendix stands on one page."""
    return _typeset(content, wording, Layout(content, wording, text_width(), plot_height).front())[0] == 1


def _typeset(content: ReportContent, wording: Wording, story: list[Any]) -> tuple[int, bytes]:
    """Number of pages, and the file."""
    record = f"{say(wording, Phrase('report_record'))} {content.patient_id}"
    title = say(wording, Phrase("report_title"))
    foot = say(wording, Phrase("report_not_certified"))
    return typeset(story, Paper(title, content.patient_id, record, foot, content.made), wording)
