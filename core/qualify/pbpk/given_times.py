"""When a drug was given in a study, from the short notation of interaction tables.

`0-24-48` (or `;`, `,`, `+`, `/` between the times) are hours; `S0-T24-R9` starts at hour 0 and repeats every 24 h
nine times; `S0-(S0-T6-R3)-T24-R14` repeats an inner course; `400: 0, 200: 24-48` and `S0-T24-R18 (10 mg)` name doses.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

_NUMBER = r"\d+(?:\.\d+)?"
_TOKEN = re.compile(rf"\s*(?:([STR])\s*-?\s*({_NUMBER})|({_NUMBER})|([()])|[-;,+/]+)\s*")
_LABEL = re.compile(rf"({_NUMBER})\s*(?:mg)?\s*:")
_SUFFIX = re.compile(rf"\(\s*({_NUMBER})\s*mg\s*\)\s*[,;]?")
_MOST = 2000  # doses of one course


class UnreadableTimes(ValueError):  # noqa: N818 named for what it says
    """The notation cannot be read without guessing."""


def read_course(times: str, doses: str) -> list[tuple[float, float]]:
    """Read times of administration and doses.

    Args:
        times: the notation, in hours.
        doses: one number for all, or several that `times` names or separates by `/`.

    Returns:
        (time in h, dose) in order of time.

    Raises:
        UnreadableTimes: anything that would have to be guessed.
    """
    amounts = [float(number) for number in re.findall(_NUMBER, doses)]
    if not amounts or min(amounts) <= 0:
        raise UnreadableTimes(doses)
    course = [(time, dose) for dose, part in _parts(times, amounts) for time in _times(part)]
    if not course or len(course) > _MOST:
        raise UnreadableTimes(times)
    return sorted(course)


def _parts(times: str, amounts: list[float]) -> list[tuple[float, str]]:
    for pattern, before in ((_LABEL, True), (_SUFFIX, False)):
        labels = list(pattern.finditer(times))
        if labels:
            named = [float(label[1]) for label in labels]
            if not set(named) <= set(amounts):
                raise UnreadableTimes(times)
            return list(zip(named, _between(times, labels, before=before), strict=True))
    if len(set(amounts)) == 1:
        return [(amounts[0], times)]
    pieces = times.split("/")
    if len(pieces) != len(amounts):
        raise UnreadableTimes(times)
    return list(zip(amounts, pieces, strict=True))


def _between(times: str, labels: list[re.Match[str]], *, before: bool) -> list[str]:
    """What each label speaks of: the text after it, or the text before it."""
    if before:
        if times[: labels[0].start()].strip():
            raise UnreadableTimes(times)
        ends = [*(label.start() for label in labels[1:]), len(times)]
        return [times[label.end() : end] for label, end in zip(labels, ends, strict=True)]
    if times[labels[-1].end() :].strip():
        raise UnreadableTimes(times)
    starts = [0, *(label.end() for label in labels[:-1])]
    return [times[start : label.start()] for start, label in zip(starts, labels, strict=True)]


@dataclass
class _Series:
    start: float
    every: float | None = None
    inner: list[float] = field(default_factory=lambda: [0.0])


def _times(text: str) -> list[float]:
    tokens: list[tuple[str, float]] = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None or found.end() == position:
            raise UnreadableTimes(text)
        position = found.end()
        if found[1]:
            tokens.append((found[1], float(found[2])))
        elif found[3]:
            tokens.append(("number", float(found[3])))
        elif found[4]:
            tokens.append((found[4], 0.0))
    found_times, rest = _sequence(tokens, text)
    if rest:
        raise UnreadableTimes(text)
    return found_times


def _sequence(tokens: list[tuple[str, float]], text: str) -> tuple[list[float], list[tuple[str, float]]]:
    times: list[float] = []
    series: _Series | None = None
    while tokens:
        (kind, value), tokens = tokens[0], tokens[1:]
        match kind, series:
            case ")", None:
                return times, [(")", 0.0), *tokens]
            case "(", _:
                inner, tokens = _sequence(tokens, text)
                if not tokens or tokens[0][0] != ")":
                    raise UnreadableTimes(text)
                tokens = tokens[1:]
                if series is None:
                    times += inner
                else:
                    series.inner = inner
            case "number", None:
                times.append(value)
            case "S", None:
                series = _Series(value)
            case "T", _Series(every=None):
                series.every = value
            case "R", _Series():
                times += _repeated(series, value, text)
                series = None
            case _:
                raise UnreadableTimes(text)
    if series is not None:
        raise UnreadableTimes(text)
    return times, []


def _repeated(series: _Series, repeats: float, text: str) -> list[float]:
    count = int(repeats)
    if count != repeats or not 1 <= count <= _MOST or (series.every is None and count > 1):
        raise UnreadableTimes(text)
    starts = (series.start + number * (series.every or 0.0) for number in range(count))
    return [start + inner for start, inner in itertools.product(starts, series.inner)]
