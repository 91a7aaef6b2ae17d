"""The qualification as a PDF: figures beside their bars, plots, tables, and what could not be compared."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from core.qualify.pbpk.measures import Accuracy, Pair, accuracy, guest_limit, within_guest
from core.qualify.pbpk.qualification import CURVE_GMFE, RATIO_GMFE, WITHIN_GUEST, WITHIN_TWO, Qualification
from core.qualify.pbpk.scatter import Scatter
from core.report.paper import Paper, text_width, typeset
from core.report.phrase import Moment, Phrase, Said, say
from core.report.text_block import text_block, text_style
from core.report.typeface import register
from core.report.wording import Wording
from core.units import format_number
from core.version import VERSION

_INK, _MUTED, _BANNER, _RULE = "#1B2430", "#52606D", "#16324F", "#B8C1CA"
_PLOT_HEIGHT = 175.0


def qualification_pdf(found: Qualification, folder: str, wording: Wording, made: dt.datetime) -> bytes:
    """Typeset a qualification.

    Args:
        found: what was compared.
        folder: name of the data folder, as printed.
        wording: the language.
        made: moment printed; two prints of one moment and content are equal bytes.

    Raises:
        MissingText: a message the catalogue lacks.
    """
    register()
    pages = _Pages(found, wording)
    title = pages.text("qualify_title")
    left = pages.say(Phrase("qualify_foot", {"version": VERSION, "moment": Moment(made)}))
    return typeset(pages.story(folder), Paper(title, folder, left, pages.text("report_not_certified"), made), wording)[
        1
    ]


class _Pages:
    def __init__(self, found: Qualification, wording: Wording) -> None:
        self._found = found
        self._wording = wording

    def say(self, said: Said) -> str:
        return say(self._wording, said)

    def text(self, message: str, **values: str) -> str:
        return self._wording.text(message, values)

    def _drug(self, key: str) -> str:
        return self._wording.drug(_name(key))

    def story(self, folder: str) -> list[Any]:
        """Everything in order."""
        found = self._found
        story = [self._heading("qualify_title", size=13), self._line(self.text("qualify_intro", folder=folder))]
        if found.assumed:
            story.append(self._line(self.text("qualify_assumed", count=str(found.assumed))))
        if found.curves:
            story += [self._heading("qualify_curves"), self._line(self.text("qualify_curves_bar")), self._drugs()]
            story += [self._line(self.text("qualify_plot_key"))]
            for drug in found.drugs:
                story.append(self._plots(drug))
        if found.ratios:
            story += [self._heading("qualify_ratios"), self._line(self._ratio_summary()), self._ratio_plot()]
            story.append(self._ratio_table())
        if found.children:
            story += [self._heading("qualify_children"), self._line(self._child_summary()), self._child_table()]
        if found.drugs:
            story += [self._heading("qualify_by_study"), self._studies()]
        if found.unread:
            story += [self._heading("qualify_unread"), self._line(self.text("qualify_unread_why")), self._unread()]
        return story

    def _heading(self, message: str, size: float = 10) -> Any:
        return self._block(self.text(message), size, _BANNER, bold=True, heading=True)

    def _line(self, text: str) -> Any:
        return self._block(text, 7.5)

    def _block(
        self, text: str, size: float = 6.8, colour: str = _INK, *, bold: bool = False, heading: bool = False
    ) -> Any:
        style = text_style(size, colour, bold=bold, heading=heading)
        return text_block(text, style, chinese=self._wording.is_chinese)

    def _table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], shares: Sequence[float]) -> Any:
        from reportlab.platypus import Table

        head = [self._block(self.text(f"qualify_column_{column}"), 6.5, _MUTED, bold=True) for column in columns]
        cells = [[self._block(cell) for cell in row] for row in rows]
        widths = [text_width() * share / sum(shares) for share in shares]
        style = [
            ("LINEBELOW", (0, 0), (-1, -1), 0.3, _RULE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 0.8),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1.2),
            ("LEFTPADDING", (0, 0), (-1, -1), 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), 2),
        ]
        return Table([head, *cells], colWidths=widths, style=style, repeatRows=1)

    def _verdict(self, *, met: bool) -> str:
        return self.text("qualify_met" if met else "qualify_not_met")

    def _drugs(self) -> Any:
        rows = []
        for drug in self._found.drugs:
            parts = [self._found.of(drug, fitted=fitted) for fitted in (True, False, None)]
            met = parts[2].gmfe <= CURVE_GMFE and parts[2].within_two >= WITHIN_TWO
            rows.append([self._drug(drug), *(_figures(part) for part in parts), self._verdict(met=met)])
        return self._table(("drug", "fitted", "held_out", "all", "bar"), rows, (1.2, 2, 2, 2, 0.9))

    def _plots(self, drug: str) -> Any:
        from reportlab.platypus import KeepTogether, Table

        pairs = [pair for pair in self._found.curves if pair.drug == drug]
        timed = [(pair.time, pair.fold, pair.fitted) for pair in pairs if pair.time is not None and pair.time > 0]
        title = self.text("qualify_plot_title", drug=_name(drug))
        against = [(pair.observed, pair.predicted, pair.fitted) for pair in pairs]
        seen, found = self.text("qualify_observed_mg"), self.text("qualify_predicted_mg")
        plots = [Scatter(against, title, seen, found, diagonal=True)]
        if timed:
            labels = self.text("qualify_hours"), self.text("qualify_fold")
            plots.append(Scatter(timed, self.text("qualify_fold_title", drug=_name(drug)), *labels, diagonal=False))
        width = text_width() / 2
        drawn = [_flowable(plot, width, _PLOT_HEIGHT) for plot in plots]
        return KeepTogether(Table([drawn], colWidths=[width] * len(drawn), style=_BARE, hAlign="LEFT"))

    def _ratio_summary(self) -> str:
        found = accuracy(self._found.ratios)
        share = self._found.guest_share
        met = found.gmfe <= RATIO_GMFE and share >= WITHIN_GUEST
        gaps = {"figures": _figures(found), "guest": _percent(share), "verdict": self._verdict(met=met)}
        return self.text("qualify_ratio_summary", **gaps)

    def _ratio_plot(self) -> Any:
        points = [(pair.observed, pair.predicted, pair.fitted) for pair in self._found.ratios]
        title, seen, found = (self.text(f"qualify_ratio_{name}") for name in ("title", "observed", "predicted"))
        return _flowable(Scatter(points, title, seen, found, diagonal=True), text_width() * 0.6, _PLOT_HEIGHT * 1.3)

    def _ratio_table(self) -> Any:
        rows = []
        for pair in self._found.ratios:
            limit = guest_limit(pair.observed)
            limits = f"{_number(pair.observed / limit)}–{_number(pair.observed * limit)}"
            rows.append([*self._pair(pair), limits, self._verdict(met=within_guest(pair))])
        columns = ("study", "observed", "predicted", "fold_error", "guest", "bar")
        return self._table(columns, rows, (4.2, 0.9, 0.9, 0.8, 1.2, 0.9))

    def _pair(self, pair: Pair) -> list[str]:
        note = f" ({self.text('qualify_column_fitted')})" if pair.fitted else ""
        return [f"{pair.dataset}{note}", _number(pair.observed), _number(pair.predicted), _number(pair.fold)]

    def _child_summary(self) -> str:
        found = accuracy(self._found.children)
        verdict = self._verdict(met=found.within_two >= WITHIN_TWO)
        return self.text("qualify_child_summary", figures=_figures(found), verdict=verdict)

    def _child_table(self) -> Any:
        rows = [
            [*self._pair(pair), pair.unit, self._verdict(met=0.5 <= pair.fold <= 2.0)] for pair in self._found.children
        ]
        return self._table(
            ("study", "observed", "predicted", "fold_error", "unit", "bar"), rows, (4.2, 0.9, 0.9, 0.8, 0.9, 0.9)
        )

    def _studies(self) -> Any:
        groups: dict[tuple[str, str, bool], list[Pair]] = {}
        for pair in self._found.curves:
            groups.setdefault((pair.drug, pair.study, pair.fitted), []).append(pair)
        rows = []
        for (drug, study, fitted), pairs in sorted(groups.items()):
            use = self.text("qualify_column_fitted" if fitted else "qualify_column_held_out")
            rows.append([self._drug(drug), study, use, _figures(accuracy(pairs), studies=False)])
        return self._table(("drug", "study", "use", "all"), rows, (1, 3, 1, 2))

    def _unread(self) -> Any:
        rows = [[item.source, item.study or "–", self.say(item.reason)] for item in self._found.unread]
        return self._table(("file", "study", "reason"), rows, (1.2, 3, 2.2))


_BARE = [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]


def _flowable(plot: Scatter, width: float, height: float) -> Any:
    from reportlab.platypus import Flowable

    class Drawn(Flowable):  # type: ignore[misc]
        """Lets the plot draw itself where the page has come to."""

        def draw(self) -> None:
            plot.draw(self.canv, self.width, self.height)

    drawn = Drawn()
    drawn.width, drawn.height = width, height
    return drawn


def _figures(found: Accuracy, *, studies: bool = True) -> str:
    if not found.count:
        return "–"
    inside = f"GMFE {found.gmfe:.2f}, {_percent(found.within_two)} ≤ 2×, n = {found.count}"
    return f"{inside} / {found.studies}" if studies else inside


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100.0 * share:.0f} %"


def _number(value: float) -> str:
    return format_number(value, 3)


def _name(key: str) -> str:
    return key.replace("_", "-")
