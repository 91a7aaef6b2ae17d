"""Unequal doses in turn in plain words: which dose on which days of the week."""

from __future__ import annotations

from collections.abc import Sequence

from core.advise.recommendation import Regimen
from core.report.phrase import Phrase, Said, Word
from core.units import format_dose, format_total

_DAYS = 7


def amounts_said(regimen: Regimen) -> Said:
    """The doses a regimen is made of, the largest first: `5 mg or 2.5 mg`."""
    doses = sorted({*regimen.amounts} - {0.0}, reverse=True)
    return _listed([format_dose(dose) for dose in doses], "report_either")


def schedule_said(regimen: Regimen, *, brief: bool = False) -> Said:
    """`5 mg on Monday, Wednesday, Friday; 2.5 mg on the other days (25 mg a week)`; brief: without the week's total.

    Where the doses do not go by the days of the week, which of a round of doses is which.
    """
    week = regimen.by_weekday
    doses = regimen.cycle if week is None else week
    groups = {dose: [place for place, one in enumerate(doses) if one == dose] for dose in doses}
    ordered = sorted(groups, key=lambda dose: (len(groups[dose]), -dose))
    kind = "_brief" if brief else ""
    parts: list[Said] = []
    for dose in ordered[:-1]:
        days = [_day(place, named=week is not None, brief=brief) for place in groups[dose]]
        listed = _listed(days, f"report_days{kind}" if week is not None else "report_days")
        name = ("report_on" if dose else "report_none_on") + (kind if week is not None else "_number")
        parts.append(Phrase(name, {"amount": format_dose(dose), "days": listed}))
    rest = ordered[-1]
    name = ("report_rest" if rest else "report_none_rest") + (kind if week is not None else "_number")
    parts.append(Phrase(name, {"amount": format_dose(rest), "count": str(len(doses))}))
    said = _listed(parts, f"report_clauses{kind}")
    if brief or week is None:
        return said
    return Phrase("report_week", {"doses": said, "amount": format_total(sum(week))})


def _day(place: int, *, named: bool, brief: bool) -> Said:
    if not named:
        return str(place + 1)
    return Word("weekday_brief" if brief else "weekday", str(place))


def _listed(items: Sequence[Said], phrase: str) -> Said:
    said = items[-1]
    for item in reversed(items[:-1]):
        said = Phrase(phrase, {"first": item, "rest": said})
    return said
