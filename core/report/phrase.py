"""What a report says before a language is chosen: message ids, words of the program's lists, moments, plain text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from core.clinic.alert import Alert
from core.report.wording import Wording

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Phrase:
    """A message of the catalogue; its values may be phrases themselves."""

    id: str
    values: Mapping[str, Said] = field(default_factory=dict)


@dataclass(frozen=True)
class Word:
    """A word of one of the program's own lists, such as a route; a name on no list stays as it is."""

    section: str
    name: str


@dataclass(frozen=True)
class DrugName:
    """A generic name, with its Chinese name where the drug file gives one."""

    name: str
    chinese: str = ""


@dataclass(frozen=True)
class Moment:
    """A clock time, or a day."""

    at: dt.datetime | dt.date


@dataclass(frozen=True)
class Joined:
    """Parts one after the other."""

    parts: tuple[Said, ...]
    between: str = ", "


@dataclass(frozen=True)
class Start:
    """The beginning of a line: the first letter large."""

    said: Said


Said: TypeAlias = "str | Phrase | Word | DrugName | Moment | Joined | Start | Alert"


def say(wording: Wording, said: Said) -> str:
    """Put what is said into words.

    Raises:
        MissingText: a message the catalogue lacks.
    """
    match said:
        case Phrase():
            return wording.text(said.id, {name: say(wording, value) for name, value in said.values.items()})
        case Word():
            return wording.word(said.section, said.name)
        case DrugName():
            return wording.drug(said.name, said.chinese)
        case Moment():
            return write_moment(said.at, chinese=wording.is_chinese)
        case Joined():
            return said.between.join(text for text in (say(wording, part) for part in said.parts) if text)
        case Start():
            text = say(wording, said.said)
            return text[:1].upper() + text[1:]
        case Alert():
            return wording.alert(said)
        case _:
            return said


def write_moment(at: dt.datetime | dt.date, *, chinese: bool) -> str:
    """Write a date, and the time of day of a moment: `13-Jul-2026 08:00`, in Chinese `2026-07-13 08:00`."""
    day = at.strftime("%Y-%m-%d") if chinese else f"{at.day:02d}-{_MONTHS[at.month - 1]}-{at.year:04d}"
    return f"{day} {at:%H:%M}" if isinstance(at, dt.datetime) else day
