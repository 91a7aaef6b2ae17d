"""The page of a report, from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.advise.recommendation import Outcome
from core.clinic.alert import Severity
from core.report.content import AlertLine, ReportContent
from core.report.inputs import Block
from core.report.offer import Headline, MicRows, OptionRow, chance_said
from core.report.phrase import Joined, Phrase, Said, Start, Word, say
from core.report.plot import PlotDrawing
from core.report.text_block import text_block, text_style
from core.report.typeface import markup
from core.report.wording import Wording

INK, MUTED, RULE, BANNER, PALE = "#1B2430", "#52606D", "#B8C1CA", "#16324F", "#F2F5F8"
_ALERT_LOOK = {
    Severity.STOP: ("■", "#9F1D1D", "#FFFFFF"),
    Severity.CAUTION: ("▲", "#FFF4DB", "#5C3B00"),
    Severity.NOTE: ("●", "#EAF2FA", INK),
}
_MOST_LINES = 6  # of one list on the first page; the whole of a longer one stands on the next
_MOST_INLINE = 24
_MOST_MICS = 13  # side by side in a table
_FIRST = 0.22  # of the width, for the regimen


class Layout:
    """Builds the flowables of one report in one language."""

    def __init__(self, content: ReportContent, wording: Wording, width: float, plot_height: float) -> None:
        self._content = content
        self._wording = wording
        self._width = width
        self._plot_height = plot_height

    def front(self) -> list[Any]:
        """Everything in order, long lists cut short."""
        content = self._content
        story = [*self._banner(), *self._recommendation(), *self._alerts()]
        if content.why:
            story += [self._heading("report_why"), self._lines(content.why, between=" ")]
        if content.picture is not None:
            title = say(self._wording, Joined((content.picture.title, Phrase("report_plot_band")), " — "))
            story += [self._heading(None, title), self._plot()]
        if content.options:
            story += [self._heading("report_options"), self._options(content.options)]
        if content.second_opinion:
            story += [self._heading("report_second_opinion"), self._lines(content.second_opinion, between=" ")]
        story += [self._heading("report_inputs"), self._inputs()]
        story += [self._heading("report_basis"), *(self._paragraph(line, size=6.5) for line in content.basis)]
        story.append(self._together([self._heading("report_decision"), self._decision()]))
        return story

    def _paragraph(self, said: Said, *, size: float = 7.5, colour: str = INK, bold: bool = False) -> Any:
        style = text_style(size, colour, bold=bold)
        return text_block(say(self._wording, said), style, chinese=self._wording.is_chinese)

    def _lines(self, lines: Sequence[Said], *, between: str) -> Any:
        sentences = [say(self._wording, Start(line)) for line in lines]
        return self._paragraph(("" if self._wording.is_chinese else between).join(sentences))

    def _heading(self, message: str | None, text: str = "") -> Any:
        words = text if message is None else say(self._wording, Phrase(message))
        style = text_style(8.5, BANNER, bold=True, heading=True)
        return text_block(words, style, chinese=self._wording.is_chinese)

    def _table(self, rows: Sequence[Sequence[Any]], widths: Sequence[float], style: Sequence[tuple[Any, ...]]) -> Any:
        from reportlab.platypus import Table

        padding: list[tuple[Any, ...]] = [("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 3)]
        padding += [("TOPPADDING", (0, 0), (-1, -1), 1.2), ("BOTTOMPADDING", (0, 0), (-1, -1), 1.6)]
        return Table(rows, colWidths=widths, style=[*padding, ("VALIGN", (0, 0), (-1, -1), "TOP"), *style])

    def _together(self, flowables: list[Any]) -> Any:
        from reportlab.platypus import KeepTogether

        return KeepTogether(flowables)

    def _banner(self) -> list[Any]:
        title = self._paragraph(Phrase("report_title"), size=10, colour="#FFFFFF", bold=True)
        cells = [
            [
                self._paragraph(label, size=6, colour="#FFFFFF"),
                self._paragraph(value, size=8, colour="#FFFFFF", bold=True),
            ]
            for label, value in self._content.banner
        ]
        shares = [1.5, 1.2, 1.5, 0.7] + [1.0] * (len(cells) - 6) + [1.6, 1.4]
        widths = [self._width * share / sum(shares) for share in shares]
        ground = [("BACKGROUND", (0, 0), (-1, -1), BANNER)]
        return [self._table([[title]], [self._width], ground), self._table([cells], widths, ground)]

    def _recommendation(self) -> list[Any]:
        headline = self._content.headline
        box = [("BOX", (0, 0), (-1, -1), 1.2, BANNER), ("BACKGROUND", (0, 0), (-1, -1), PALE)]
        heading = self._heading("report_recommendation")
        if headline is None or self._content.outcome is not Outcome.OPTIONS:
            why = "report_no_recommendation_why" if headline is None else "report_nothing_feasible"
            cells = [
                self._paragraph(Phrase("report_no_recommendation"), size=13, bold=True),
                self._paragraph(Phrase(why)),
            ]
            return [heading, self._table([[cells]], [self._width], box)]
        left, right = self._width * 0.42, self._width * 0.58
        row = [self._dose(headline), self._bars(headline, right - 6)]
        return [heading, self._table([row], [left, right], box)]

    def _dose(self, headline: Headline) -> list[Any]:
        from reportlab.platypus import Paragraph

        label = markup(say(self._wording, Phrase("report_dose")))
        amount = f'<font size="7">{label}</font> {markup(say(self._wording, headline.amount), bold=True)}'
        dose = Paragraph(amount, text_style(18, INK, bold=True))
        return [
            self._paragraph(headline.drug, size=11, bold=True),
            dose,
            self._paragraph(Start(headline.way), size=9),
            self._paragraph(headline.per_day),
            self._paragraph(Start(headline.first_dose)),
        ]

    def _bars(self, headline: Headline, width: float) -> Any:
        rows = []
        for bar in headline.bars:
            amount = [
                self._paragraph(chance_said(bar.chance), bold=True),
                self._paragraph(Start(bar.evidence), size=6, colour=MUTED),
            ]
            rows.append([self._paragraph(Start(bar.label)), chance_bar(bar.chance.value, width * 0.24), amount])
        return self._table(rows, [width * 0.4, width * 0.26, width * 0.34], [("VALIGN", (0, 0), (-1, -1), "MIDDLE")])

    def _alerts(self) -> list[Any]:
        alerts = self._content.alerts
        heading = self._heading("report_alerts")
        if not alerts:
            return [heading, self._paragraph(Phrase("report_no_alerts"))]
        grave = [alert for alert in alerts if alert.severity is not Severity.NOTE]
        rows = [self._alert_row(alert.severity, [alert]) for alert in grave]
        looks = [alert.severity for alert in grave]
        notes = [alert for alert in alerts if alert.severity is Severity.NOTE]
        if notes:
            rows.append(self._alert_row(Severity.NOTE, notes))
            looks.append(Severity.NOTE)
        style = [("BACKGROUND", (0, i), (0, i), _ALERT_LOOK[look][1]) for i, look in enumerate(looks)]
        style.append(("LINEBELOW", (0, 0), (-1, -1), 0.3, RULE))  # type: ignore[arg-type]
        return [heading, self._table(rows, [58, self._width - 58], style)]

    def _alert_row(self, severity: Severity, alerts: Sequence[AlertLine]) -> list[Any]:
        sign, _, colour = _ALERT_LOOK[severity]
        named = Joined((sign, Word("severity", severity.value)), " ")
        word = self._paragraph(named, size=7, colour=colour, bold=True)
        said: list[Any] = [self._lines([alert.text for alert in alerts], between=" ")]
        said += [self._paragraph(a.acknowledged, size=6.5, colour=MUTED) for a in alerts if a.acknowledged is not None]
        return [word, said]

    def _plot(self) -> Any:
        from reportlab.platypus import Flowable

        picture, wording = self._content.picture, self._wording
        assert picture is not None
        drawn = picture

        class Plot(Flowable):  # type: ignore[misc]
            """Lets the picture draw itself where the page has come to."""

            def draw(self) -> None:
                PlotDrawing(drawn, lambda said: say(wording, said), self.canv, self.width, self.height).draw()

        plot = Plot()
        plot.width, plot.height = self._width, self._plot_height
        return plot

    def _options(self, options: Sequence[OptionRow]) -> Any:
        labels = ("regimen_label", "total_label", "within_target", "benefit_label", "toxicity", "exposure_label")
        head = [self._paragraph(Phrase(f"report_{label}"), size=6.5, colour=MUTED) for label in labels]
        rows = [head]
        for option in options:
            regimen = [self._paragraph(option.regimen, size=7, bold=not option.is_current)]
            regimen += [self._paragraph(Start(note), size=6.5, colour=MUTED) for note in option.notes]
            toxicity = [self._paragraph(line, size=6.5) for line in option.toxicity] or self._paragraph("–")
            cells = [self._paragraph(said, size=7) for said in (option.per_day, option.within_target, option.benefit)]
            rows.append([regimen, *cells, toxicity, self._paragraph(option.exposure, size=7)])
        widths = [self._width * share for share in (0.22, 0.08, 0.125, 0.125, 0.27, 0.18)]
        return self._table(rows, widths, [("LINEBELOW", (0, 0), (-1, -1), 0.3, RULE)])

    def _by_mic(self, found: MicRows) -> list[Any]:
        """The chance of each option by MIC, some MICs to a table, the response over all isolates first."""
        story = [self._heading("report_by_mic_label"), self._paragraph(found.isolates)]
        for start in range(0, len(found.mics), _MOST_MICS):
            part = slice(start, start + _MOST_MICS)
            rows: list[list[Said]] = [[Phrase("report_mic_label"), Phrase("report_response_label"), *found.mics[part]]]
            rows.append([Phrase("report_isolates_label"), "100 %", *found.shares[part]])
            rows += [[name, response, *chances[part]] for name, chances, response in found.options]
            cells = [
                [
                    self._paragraph(said, size=6.5, colour=INK if line > 1 else MUTED, bold=line > 1 and place == 1)
                    for place, said in enumerate(row)
                ]
                for line, row in enumerate(rows)
            ]
            width = self._width * (1.0 - _FIRST) / (_MOST_MICS + 1.5)
            widths = [self._width * _FIRST, 1.5 * width, *[width] * (len(rows[0]) - 2)]
            table = self._table(cells, widths, [("LINEBELOW", (0, 0), (-1, -1), 0.3, RULE)])
            table.hAlign = "LEFT"
            story.append(table)
        return story

    def _inputs(self) -> Any:
        blocks = [self._block(block, short=True) for block in self._content.inputs]
        half = self._width / 2
        left, right = blocks[:2], blocks[2:]
        row = [[cell for block in side for cell in block] for side in (left, right)]
        return self._table([row], [half, half], [])

    def _block(self, block: Block, *, short: bool = False) -> list[Any]:
        """A titled list; `short` cuts it to what fits the first page and says how much is left."""
        shown = block.lines[: most_lines(block)] if short else block.lines
        cells = [self._paragraph(block.title, size=6.5, colour=MUTED)]
        if block.inline:
            cells.append(self._paragraph(Joined(shown, "；" if self._wording.is_chinese else "; "), size=7))
        else:
            cells += [self._paragraph(line, size=7) for line in shown]
        if len(shown) < len(block.lines):
            more = {"count": str(len(block.lines) - len(shown))}
            cells.append(self._paragraph(Phrase("report_more_on_next_page", more), size=6.5, colour=MUTED))
        return cells

    def _decision(self) -> Any:
        cells = [self._paragraph(line) for line in self._content.decision]
        return self._table([[cells]], [self._width], [("BOX", (0, 0), (-1, -1), 0.6, INK)])

    def behind(self, *, appendix: bool) -> list[Any]:
        """The whole of every list cut short on the first page, then the appendix."""
        from reportlab.platypus import PageBreak

        blocks = [block for block in self._content.inputs if len(block.lines) > most_lines(block)]
        story: list[Any] = []
        if self._content.by_mic is not None:
            story += [PageBreak(), *self._by_mic(self._content.by_mic)]
        if blocks:
            story += [PageBreak(), self._heading("report_inputs")]
        story += [cell for block in blocks for cell in self._block(block)]
        if appendix and self._content.appendix:
            story += [] if story else [PageBreak()]
            story.append(self._heading("report_appendix"))
            story += [cell for block in self._content.appendix for cell in self._block(block)]
        return story


def most_lines(block: Block) -> int:
    """How many lines of a list the first page takes."""
    return _MOST_INLINE if block.inline else _MOST_LINES


def chance_bar(value: float, width: float) -> Any:
    """A bar from 0 to 1 with its outline, readable in grey."""
    from reportlab.graphics.shapes import Drawing, Rect

    drawing = Drawing(width, 8)
    drawing.add(Rect(0, 0.5, width, 7, strokeColor=_colour(INK), strokeWidth=0.5, fillColor=None))
    drawing.add(Rect(0, 0.5, width * min(1.0, max(0.0, value)), 7, strokeColor=None, fillColor=_colour(MUTED)))
    return drawing


def _colour(text: str) -> Any:
    from reportlab.lib.colors import HexColor

    return HexColor(text)
