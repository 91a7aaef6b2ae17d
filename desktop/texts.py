"""Values written for reading: names of the program's own lists, drugs, regimens, targets, chances, times."""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import QCoreApplication

from core.advise.recommendation import Regimen
from core.clinic.case import Target
from core.clinic.mic import MicDistribution
from core.clinic.regimen import describe_interval
from core.drugs.model import Drug
from core.report.offer import every_said, isolates_said, percent, target_said
from core.report.week import amounts_said, schedule_said
from core.units import format_dose, format_number
from desktop.case.times import show_time
from desktop.language import LANGUAGE

_UNITS = {
    "ug": "mcg",  # a dose is never written with µ (ISMP)
    "umol/L": "µmol/L",
    "ug/L": "µg/L",
    "ug/mL": "µg/mL",
    "mL/min/1.73m2": "mL/min/1.73 m²",
    "1": "",
}


def unit(name: str) -> str:
    """A unit as people read it."""
    return _UNITS.get(name, name.replace("*", "·"))


def word(section: str, name: str) -> str:
    """A name of one of the program's lists, such as `route`, `oral`; without a word, the name itself."""
    found = LANGUAGE.wording.word(section, name)
    return name.replace("_", " ") if found == name else found


def title(section: str, name: str) -> str:
    """The same, as a label begins."""
    text = word(section, name)
    return text[:1].upper() + text[1:]


def drug_name(drug: Drug) -> str:
    """A drug's name: in Chinese the Chinese name first, the generic name beside it."""
    return LANGUAGE.wording.drug(drug.name, drug.zh)


def hours(value: float) -> str:
    """A number of hours."""
    return QCoreApplication.translate("texts", "%1 h").replace("%1", format_number(value, 4))


def interval(value: float) -> str:
    """How often: `every 12 hours`."""
    return LANGUAGE.said(every_said(value))


def infusion(duration: float) -> str:
    """Words for an infusion time."""
    return QCoreApplication.translate("texts", "over %1 h").replace("%1", format_number(duration, 3))


def regimen(plan: Regimen, *, brief: bool = False) -> str:
    """One line of a table: `250 mg every 48 h`, with the infusion time where that is not left out as `brief`.

    Of unequal doses it says which is given when.
    """
    if plan.cycle:
        text = schedule(plan, brief=brief)
    else:
        text = QCoreApplication.translate("texts", "%1 every %2")
        text = text.replace("%1", format_dose(plan.amount)).replace("%2", describe_interval(plan.every))
    text = f"{text}, {infusion(plan.duration)}" if plan.duration > 0 and not brief else text
    return f"{text}, {loading(plan)}" if plan.loading else text


def amounts(plan: Regimen) -> str:
    """The dose of a regimen, or each of unequal ones: `5 mg or 2.5 mg`."""
    return LANGUAGE.said(amounts_said(plan))


def schedule(plan: Regimen, *, brief: bool = False) -> str:
    """How often a regimen is given, or which of unequal doses on which days; those of another round with both."""
    said = LANGUAGE.said(schedule_said(plan, brief=brief)) if plan.cycle else ""
    return said if plan.by_weekday is not None else ", ".join([*([said] if said else []), interval(plan.every)])


def loading(plan: Regimen) -> str:
    """Words for the loading dose a regimen begins with."""
    gaps = {"amount": format_dose(plan.loading), "hours": format_number(plan.loading_duration, 3)}
    return LANGUAGE.say("report_loading_over" if plan.loading_duration else "report_loading", gaps)


def target(item: Target) -> str:
    """A target with its kind and unit: `trough 200–500 ng/mL`."""
    return LANGUAGE.said(target_said(item)).replace("*", "·")


def isolates(item: MicDistribution) -> str:
    """A table of isolates: its name, their number and its source."""
    return LANGUAGE.said(isolates_said(item))


def chance(share: float) -> str:
    """A chance as whole percent; what draws show as 0 or 1 is still no certainty."""
    return f"{percent(share)} %"


def moment(when: dt.datetime, *, year: bool = False) -> str:
    """A clock time in the window's language."""
    return show_time(when, LANGUAGE.code, year=year)
