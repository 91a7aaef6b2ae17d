"""What lies behind a recommendation, written out as one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QCoreApplication

from core.advise.doubted_level import DoubtedLevel
from core.advise.forgiveness import Forgiveness
from core.advise.mic_table import MicTable
from core.advise.next_sample import NextSample
from core.advise.recommendation import Reason, ReasonKind, Recommendation
from core.clinic.case import Case
from core.clinic.level import Level
from core.clinic.mic import MicDistribution
from core.pbpk.sensitivity import Sensitivity
from core.units import format_number
from desktop import texts, theme
from desktop.language import say

translate = QCoreApplication.translate
_BAR = 10  # blocks for all of it
_BLOCK = "\u2588"
_DRIVERS = 6
_MICS = 13  # side by side
_LEVEL = "level:"  # a link that chooses the level in doubt


@dataclass(frozen=True, eq=False)
class Closer:
    """What has been worked out so far; None: not yet, or it does not apply."""

    flat: tuple[DoubtedLevel, ...] | None = None
    forgiveness: tuple[Forgiveness, ...] | None = None
    doubts: tuple[DoubtedLevel, ...] | None = None
    mics: tuple[MicTable, ...] | None = None
    drivers: tuple[Sensitivity, ...] | None = None


def closer_page(
    case: Case, recommendation: Recommendation, sample: NextSample | None, found: Closer, doubted: int
) -> str:
    """The page as HTML; everything is escaped.

    Args:
        case: the patient.
        recommendation: what is explained.
        sample: when the next level would teach most; None: not known yet.
        found: what has been worked out so far.
        doubted: which of the levels used, in order of time, is doubted.
    """
    parts = [_reasons(recommendation.reasons)]
    if sample is not None:
        parts.append(_next_sample(case, sample))
    if found.doubts is not None:
        parts.append(_doubts(case, found.doubts, doubted))
    if found.flat:
        parts.append(_flat(case, found.flat))
    if found.forgiveness:
        parts.append(_forgiveness(found.forgiveness))
    if found.mics:
        parts.append(_mics(found.mics, recommendation.mics))
    if found.drivers:
        parts.append(_drivers(found.drivers))
    return f'<div style="color:{theme.INK}">{"".join(parts)}</div>'


def chosen_level(link: str) -> int | None:
    """Which level a link of the page chooses."""
    number = link.removeprefix(_LEVEL)
    return int(number) if link.startswith(_LEVEL) and number.isdigit() else None


def _head(text: str) -> str:
    return f'<h3 style="margin-bottom:4px">{escape(text)}</h3>'


def _text(text: str) -> str:
    return f'<p style="margin-top:2px; margin-bottom:4px">{escape(text)}</p>'


def _muted(html: str) -> str:
    return f'<p style="color:{theme.MUTED}; margin-top:0px; margin-bottom:2px">{html}</p>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells that are HTML already."""
    cell = '<td style="padding:2px 16px 2px 0px">'
    named = "".join(f'{cell}<span style="color:{theme.MUTED}">{escape(text)}</span></td>' for text in heads)
    lines = "".join("<tr>" + "".join(f"{cell}{part}</td>" for part in row) + "</tr>" for row in rows)
    head = f"<tr>{named}</tr>" if named else ""
    return f'<table cellspacing="0">{head}{lines}</table>'


def _bar(share: float, colour: str) -> str:
    """A chance as a bar with its number; the bar repeats the number and says nothing more."""
    full = round(_BAR * min(1.0, max(0.0, share)))
    bar = f'<span style="color:{colour}">{_BLOCK * full}</span>'
    rest = f'<span style="color:{theme.HAIRLINE}">{_BLOCK * (_BAR - full)}</span>'
    return f'<span style="white-space:nowrap">{bar}{rest}&nbsp;{escape(texts.chance(share))}</span>'


def _reasons(reasons: Sequence[Reason]) -> str:
    names = {
        ReasonKind.USED: translate("closer", "What it rests on"),
        ReasonKind.ASSUMED: translate("closer", "What was assumed"),
        ReasonKind.DRIVES: translate("closer", "What drives the dose"),
        ReasonKind.WOULD_CHANGE: translate("closer", "What would change it"),
        ReasonKind.NOT_KNOWN: translate("closer", "What is not known"),
    }
    rows = [(f"<b>{escape(names[item.kind])}</b>", escape(say(item.id, **item.values))) for item in reasons]
    shown: set[str] = set()
    lines = []
    for name, said in rows:
        lines.append(("" if name in shown else name, said))
        shown.add(name)
    return _head(translate("closer", "Why this recommendation")) + _table((), lines)


def _next_sample(case: Case, found: NextSample) -> str:
    message, values = found.said
    clock = texts.moment(case.clock(found.best.time))
    said = say(message, **{**values, "time": clock})
    return _head(translate("closer", "The next level")) + _text(said)


def _doubts(case: Case, found: Sequence[DoubtedLevel], doubted: int) -> str:
    links = [_level_link(case, level, index, chosen=index == doubted) for index, level in enumerate(case.used_levels)]
    label = escape(translate("closer", "Level in doubt:"))
    advised = {None if item.option is None else item.option.regimen for item in found}
    if len(advised) == 1 and None not in advised:
        verdict = translate("closer", "The advice stays the same in every case.")
    else:
        verdict = translate(
            "closer", "The advice depends on this level: check the time of the sample and of the dose before it."
        )
    hint = translate(
        "closer",
        "You decide: a level is left out in the table of levels, with a reason. Nothing is left out by itself.",
    )
    heads = (
        translate("closer", "The level"),
        translate("closer", "Best regimen then"),
        translate("closer", "Within target"),
    )
    return (
        _head(translate("closer", "If a level were wrong"))
        + _muted(f"{label} {' · '.join(links)}")
        + _table(heads, [_doubt(case, item) for item in found])
        + _text(verdict)
        + _muted(escape(hint))
    )


def _doubt(case: Case, item: DoubtedLevel) -> tuple[str, str, str]:
    name = say(item.id)
    if item.minutes:
        minutes = translate("closer", "%1 min").replace("%1", format_number(abs(item.minutes)))
        name = f"{name} ({minutes})"
    if item.option is None:
        return escape(name), escape(translate("closer", "no fit holds, nothing may be recommended")), ""
    regimen = item.option.regimen
    start = translate("closer", "from %1").replace("%1", texts.moment(case.clock(regimen.first_dose)))
    best = f"<b>{escape(texts.regimen(regimen, brief=True))}</b> {escape(start)}"
    return escape(name), best, _bar(item.option.attainment.value, theme.INDIVIDUAL)


def _flat(case: Case, found: Sequence[DoubtedLevel]) -> str:
    note = translate(
        "closer",
        "The levels lie where few of the model's people do. With a wider prior they count for more. Weigh both.",
    )
    heads = (
        translate("closer", "The model's people"),
        translate("closer", "Best regimen then"),
        translate("closer", "Within target"),
    )
    title = _head(translate("closer", "If this patient is unlike the model's people"))
    return title + _table(heads, [_doubt(case, item) for item in found]) + _muted(escape(note))


def _level_link(case: Case, level: Level, index: int, *, chosen: bool) -> str:
    text = (
        f"{texts.moment(case.clock(level.time))} ({format_number(level.value.value, 4)} {texts.unit(level.value.unit)})"
    )
    return f"<b>{escape(text)}</b>" if chosen else f'<a href="{_LEVEL}{index}">{escape(text)}</a>'


def _forgiveness(found: Sequence[Forgiveness]) -> str:
    heads = [translate("closer", "Regimen"), *(say(lapse.id) for lapse in found[0].lapses)]
    rows = []
    for item in found:
        cells = [f"<b>{escape(texts.regimen(item.regimen, brief=True))}</b>"]
        cells += [_bar(lapse.course.attainment, theme.INDIVIDUAL) for lapse in item.lapses]
        rows.append(cells)
    note = _muted(
        escape(
            translate(
                "closer", "Share of time within the target in the two days after it, once the regimen has settled."
            )
        )
    )
    return _head(translate("closer", "If a dose is late, missed or taken twice")) + _table(heads, rows) + note


def _mics(found: Sequence[MicTable], isolates: MicDistribution | None) -> str:
    """Chances by MIC, some MICs to a table; over isolates first that of all of them, which ranks the regimens."""
    names = [format_number(mic, 4) for mic in found[0].mics]
    shares = [] if isolates is None else [share for _, share in isolates.present]
    chances = [[texts.chance(chance) for chance in item.chances] for item in found]
    if isolates is not None and isolates.beyond:
        names.append(f">{format_number(isolates.mics[-1], 4)}")
        shares.append(isolates.beyond / isolates.total)
        chances = [[*row, "0 %"] for row in chances]
    tables = []
    for start in range(0, len(names), _MICS):
        part = slice(start, start + _MICS)
        heads = [translate("closer", "Regimen"), *names[part]]
        rows = [
            [f"<b>{escape(texts.regimen(item.regimen, brief=True))}</b>", *map(escape, row[part])]
            for item, row in zip(found, chances, strict=True)
        ]
        if isolates is not None:
            share = [escape(texts.chance(one)) for one in shares[part]]
            named = escape(translate("closer", "Share of the isolates"))
            rows.insert(0, [f'<span style="color:{theme.MUTED}">{named}</span>', "", *share])
            heads.insert(1, translate("closer", "All isolates"))
            for row, item in zip(rows[1:], found, strict=True):
                row.insert(1, _bar(item.response or 0.0, theme.INDIVIDUAL))
        tables.append(_table(heads, rows))
    note = _muted(escape(translate("closer", "Chance of reaching the target by the MIC of the germ, mg/L.")))
    if isolates is not None:
        note += _muted(escape(texts.isolates(isolates)))
        ranked = translate(
            "closer", "The regimens are ranked by the chance over all isolates (cumulative fraction of response)."
        )
        note += _muted(escape(ranked))
    return _head(translate("closer", "By MIC")) + "".join(tables) + note


def _drivers(found: Sequence[Sensitivity]) -> str:
    rows = []
    for item in found[:_DRIVERS]:
        if abs(item.area) < 0.01 and abs(item.trough) < 0.01:
            continue
        rows.append((escape(texts.title("driver", item.parameter)), _signed(item.area), _signed(item.trough)))
    heads = (
        translate("closer", "10 % more of"),
        translate("closer", "area under the curve"),
        translate("closer", "trough"),
    )
    note = _muted(escape(translate("closer", "Worked out in this patient's body, one at a time.")))
    return _head(translate("closer", "What drives this patient's exposure")) + _table(heads, rows) + note


def _signed(slope: float) -> str:
    """What 10 % more of a parameter does, in percent, from the logarithmic slope."""
    change = round(100.0 * (1.1**slope - 1.0), 1)
    return escape(f"{change:+.1f} %".replace("-", "\u2212") if change else "0 %")
