"""The sentences: a message id and its values become text in the reader's language."""

from __future__ import annotations

import functools
import importlib.resources
import re
from collections.abc import Mapping
from pathlib import Path

from core.clinic.alert import Alert
from core.clinic.covariate import CATALOGUE
from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.errors import CoreError, InputError

LANGUAGES = ("en", "zh_CN")

_GAP = re.compile(r"\{([a-z0-9_]+)\}")
# Values that are names of the program's own lists: shown as words. A gap not named here is shown as it is.
_WORDS = {
    "covariate": "covariate",
    "route": "route",
    "drug": "drug",
    "status": "status",
    "toxicity": "",
    "grade": "evidence",
    "decision": "decision",
    "assumed": "choice",
}


class MissingText(CoreError):  # noqa: N818 says what is wrong, as its siblings do
    """The catalogue lacks a message, or a message was given too few values: a fault of the program."""


class Wording:
    """The texts of one language, from `resources/lang/messages.<language>.yaml`."""

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise InputError("language", "choice_unknown", value=language, choices=", ".join(LANGUAGES))
        self.language = language
        self._texts = _catalogue(language)

    @property
    def is_chinese(self) -> bool:
        """Whether this is Chinese."""
        return self.language == "zh_CN"

    def has(self, message: str) -> bool:
        """Whether the catalogue holds a message."""
        return message in self._texts

    def gaps(self, message: str) -> set[str]:
        """Names of the values a message needs."""
        return set(_GAP.findall(self._texts[message]))

    def text(self, message: str, values: Mapping[str, object] | None = None) -> str:
        """Fill the gaps of a message.

        Args:
            message: its id.
            values: by gap name; what has no gap is left out.

        Raises:
            MissingText: no such message, or a gap without a value.
        """
        pattern = self._texts.get(message)
        if pattern is None:
            raise MissingText(f"no text for the message id {message!r} in messages.{self.language}.yaml")
        given = values or {}

        def fill(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in given:
                raise MissingText(f"the message {message!r} needs a value for {name!r}; given: {', '.join(given)}")
            return self._value(name, str(given[name]))

        return _GAP.sub(fill, pattern)

    def _value(self, gap: str, value: str) -> str:
        section = _WORDS.get(gap)
        if section is None:
            return value
        if section == "drug":
            return self.drug(value)
        if section == "covariate":
            return ("、" if self.is_chinese else ", ").join(self.word(section, name) for name in value.split(", "))
        return self.word(section, value)

    def word(self, section: str, name: str) -> str:
        """A word of the program's own lists, such as `route`, `oral`; a name that is on no list stays as it is."""
        return self._texts.get(f"{section}.{name}" if section else name, name)

    def drug(self, name: str, chinese: str = "") -> str:
        """A generic name: in Chinese the Chinese name first, then the Latin one.

        Args:
            name: the generic name.
            chinese: its Chinese name where the drug file gives one.
        """
        if not self.is_chinese:
            return name
        own = chinese or self._texts.get(f"drug.{name}", "")
        return f"{own} {name}" if own and own != name else name

    def error(self, error: InputError) -> str:
        """What is wrong with an input and what to do, without the name of the field.

        Raises:
            MissingText: the reason has no text.
        """
        about = error.field.rpartition(".")[2]
        return self.text(error.reason, {"field": error.field, "covariate": about, **error.values})

    def alert(self, alert: Alert) -> str:
        """The sentence of an alert; `covariate` and `unit` come from what it is about.

        Raises:
            MissingText: its id has no text, or it carries too few values.
        """
        values = {"covariate": alert.about, **alert.values}
        kind = CATALOGUE.get(alert.about)
        if kind is not None:
            values.setdefault("unit", "" if kind.unit == "1" else kind.unit)
            values |= {
                gap: self._choices(values[gap]) for gap in ("value", "choices") if kind.choices and gap in values
            }
        return self.text(alert.id, values)

    def _choices(self, listed: str) -> str:
        return ", ".join(self.word("choice", choice) for choice in listed.split(", "))


@functools.cache
def _catalogue(language: str) -> Mapping[str, str]:
    path = Path(str(importlib.resources.files("resources").joinpath(f"lang/messages.{language}.yaml")))
    return dict(_flat(read_strict_yaml(path)))


def _flat(entry: Entry) -> list[tuple[str, str]]:
    """Every text with its dotted key."""
    if isinstance(entry.value, str):
        return [(entry.name, entry.value)]
    return [pair for child in entry.fields.values() for pair in _flat(child)]
