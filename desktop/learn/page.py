"""The card of a predictor written out as a page: how good it is first, how it was made last."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from PySide6.QtCore import QCoreApplication

from core.errors import InputError
from core.learn.card import Card
from core.learn.features import TAKING, feature_kind
from core.learn.metrics import share_interval
from core.units import format_number
from desktop import texts, theme
from desktop.language import LANGUAGE

Rows = list[tuple[str, str]]
_HASH_SHOWN = 16
_GROUP = re.compile(r"(?P<name>\w+) (?P<sign><=|>|=) (?P<value>[0-9.]+)")
_YES_OR_NO = ("female", "east_asian", "dialysis", "icu", "smoker", "gist")
_SIGNS = {"<=": "≤", ">": ">", "=": "="}

translate = QCoreApplication.translate


def card_page(card: Card, file_hash: str) -> str:
    """The page as HTML; everything a card says is escaped."""
    report = card.report
    chosen = report["test"].get(report["learner"], {})
    first, *more = key_figure(card) or [""]
    parts = [
        f"<h2>{escape(LANGUAGE.wording.drug(card.drug))}</h2>",
        f'<p style="font-size:large"><b>{escape(first)}</b></p>',
        *(f"<p>{escape(line)}</p>" for line in more),
        f'<p style="background-color:{theme.CAUTION_FILL}; color:{theme.CAUTION}">{escape(_trained_on(card))}</p>',
    ]
    parts.append(_rows("", _about(card)))
    parts.append(_learners(report))
    parts.append(_subgroups(chosen.get("subgroups", {})))
    parts.append(_rows(translate("learn", "How it was made"), _made(card, file_hash)))
    return f'<div style="color:{theme.INK}">{"".join(parts)}</div>'


def key_figure(card: Card) -> list[str]:
    """What the predictor is worth: in how many unseen virtual patients its regimen is nearly as good as the best."""
    report = card.report
    choice = report.get("choice")
    if not isinstance(choice, Mapping):
        return []
    count = int(report["patients"]["test"])
    share = float(choice["utility_within_5_percent"])
    low, high = share_interval(round(share * count), count)
    first = translate(
        "learn",
        "In %1 of 100 virtual patients it had never seen, the regimen chosen was within 5 % of the best possible one.",
    )
    more = translate(
        "learn",
        "%1 of %2 patients; with 95 % confidence between %3 and %4 of 100. “Best” is by benefit less harm, as the "
        "recommendation counts them. One standard dose for everybody comes as near in %5 of 100.",
    )
    standard = float(report["comparator"]["utility_within_5_percent"])
    lines = [_filled(first, _of_100(share))]
    lines.append(_filled(more, str(round(share * count)), str(count), _of_100(low), _of_100(high), _of_100(standard)))
    full = report.get("against_full_recommendation")
    if isinstance(full, Mapping):
        checked = translate(
            "learn", "In %1 of them the program's full calculation was repeated: within 5 % of its best in %2 of 100."
        )
        lines.append(_filled(checked, str(full["patients"]), _of_100(float(full["utility_within_5_percent"]))))
    return lines


def _of_100(share: float) -> str:
    return format_number(100.0 * share, 3)


def _filled(text: str, *values: str) -> str:
    for place, value in enumerate(values, start=1):
        text = text.replace(f"%{place}", value, 1)
    return text


def _trained_on(card: Card) -> str:
    """On whom it was trained, in the window's language."""
    if card.models:
        return translate(
            "learn",
            "Trained on VIRTUAL PATIENTS of published models, not on real ones. It can be no better than those models.",
        )
    count = str(card.report.get("patients", {}).get("trained_and_calibrated_on", "–"))
    return translate("learn", "Trained on %1 real patients.").replace("%1", count)


def _about(card: Card) -> Rows:
    kind, low, high = card.target
    seen = translate("learn", ", ").join(feature_name(name) for name in card.features)
    daily = card.report.get("comparator", {}).get("daily")
    rows = [
        (
            translate("learn", "Gives"),
            translate("learn", "the daily dose, its interval and when to begin; a second opinion only"),
        ),
        (translate("learn", "For the target"), f"{texts.word('target_kind', kind)} {low or '–'} … {high or '–'}"),
        (translate("learn", "What it sees"), seen),
        (
            translate("learn", "Its interval"),
            translate("learn", "holds the best dose in %1 of patients").replace("%1", _percent(card.coverage)),
        ),
    ]
    if daily is not None:
        rows.append((translate("learn", "Standard dose it must beat"), f"{format_number(daily, 4)} mg"))
    return rows


def _learners(report: Mapping[str, Any]) -> str:
    """Every learner that was tried, and the standard dose for everybody, on the same virtual patients."""
    head = [
        translate("learn", "Tried"),
        translate("learn", "Mean error, mg per day"),
        translate("learn", "Dose within 20 %"),
        translate("learn", "Dose alone as good as the best"),
        translate("learn", "Interval holds"),
    ]
    lines = []
    for name, found in report["test"].items():
        interval = found.get("interval", {}).get("coverage")
        cells = [texts.word("learner", name), *_errors(found), "–" if interval is None else _percent(interval)]
        lines.append((cells, name == report["learner"]))
    standard = report.get("comparator")
    if standard is not None:
        lines.append(([translate("learn", "the standard dose for everybody"), *_errors(standard), "–"], False))
    note = translate(
        "learn", "Bold: the one in use, chosen by its error on patients left out. In brackets 95 % intervals."
    )
    return _table(translate("learn", "On virtual patients never seen"), head, lines, note)


def _errors(found: Mapping[str, Any]) -> list[str]:
    dose = found.get("dose", {})
    utility = found.get("utility_within_5_percent")
    error, share = dose.get("mae"), dose.get("within_20_percent")
    return [
        "–" if error is None else f"{_number(error['value'])} ({_number(error['low'])}–{_number(error['high'])})",
        "–" if share is None else f"{_percent(share['value'])} ({_percent(share['low'])}–{_percent(share['high'])})",
        "–" if utility is None else _percent(utility),
    ]


def _subgroups(groups: Mapping[str, Mapping[str, float]]) -> str:
    if not groups:
        return ""
    head = [
        translate("learn", "Group"),
        translate("learn", "Patients"),
        translate("learn", "Mean error, mg per day"),
        translate("learn", "Dose within 20 %"),
        translate("learn", "Interval holds"),
    ]
    lines = [
        (
            [
                _group_name(name),
                _number(found["n"]),
                _number(found["mae"]),
                _percent(found["within_20_percent"]),
                _percent(found["coverage"]),
            ],
            False,
        )
        for name, found in groups.items()
    ]
    return _table(translate("learn", "By group"), head, lines, "")


def _group_name(key: str) -> str:
    """`age <= 59` in the words of the language, with its unit."""
    match = _GROUP.fullmatch(key)
    if match is None:
        return key
    name, value = match["name"], float(match["value"])
    word = feature_name(name)
    if name in _YES_OR_NO or name.startswith(TAKING):
        yes = match["sign"] == ">" or (match["sign"] == "=" and value > 0)
        answer = translate("learn", "yes") if yes else translate("learn", "no")
        return translate("learn", "%1: %2").replace("%1", word).replace("%2", answer)
    try:
        unit = feature_kind(name).unit
    except InputError:
        unit = "1"
    said = f"{word} {_SIGNS[match['sign']]} {format_number(value, 3)}"
    match unit:
        case "1":
            return said
        case "year":
            return translate("learn", "%1 years").replace("%1", said)
        case "mg/day":
            return translate("learn", "%1 mg per day").replace("%1", said)
        case _:
            return f"{said} {texts.unit(unit)}"


def feature_name(name: str) -> str:
    """A feature as people read it; one of a real patients' table is a covariate, or stays as it is."""
    if name.startswith(TAKING):
        drug = LANGUAGE.wording.drug(name.removeprefix(TAKING))
        return texts.word("feature", "taking").replace("%1", drug)
    found = texts.word("feature", name)
    return found if found != name.replace("_", " ") else texts.word("covariate", name)


def _made(card: Card, file_hash: str) -> Rows:
    report = card.report
    learned = "; ".join(f"{name} ({digest[:_HASH_SHOWN]}…)" for name, digest in card.models)
    patients = report.get("patients", {})
    rows = [(translate("learn", "Learned from"), learned)]
    if "train" in patients:
        counts = translate("learn", "%1 to learn from, %2 for the interval, %3 to test")
        for place, key in enumerate(("train", "calibrate", "test"), 1):
            counts = counts.replace(f"%{place}", str(patients[key]))
        rows.append((translate("learn", "Virtual patients"), counts))
    rows += [(translate("learn", "Population"), str(source)) for source in report.get("population", ())]
    scores = report.get("cross_validated_log_error", {})
    if scores:
        said = "; ".join(f"{texts.word('learner', name)} {_number(score)}" for name, score in scores.items())
        rows.append((translate("learn", "Error of the log dose, cross-validated"), said))
    versions = ", ".join(f"{name} {number}" for name, number in report.get("versions", {}).items())
    return [
        *rows,
        (translate("learn", "Seed"), str(report.get("seed", "–"))),
        (translate("learn", "Made with"), versions),
        (translate("learn", "Recipe"), f"SHA-256 {str(report.get('recipe_sha256', ''))[:_HASH_SHOWN]}…"),
        (translate("learn", "File"), f"SHA-256 {file_hash[:_HASH_SHOWN]}…"),
    ]


def _number(value: float) -> str:
    return format_number(float(value), 3 if abs(value) < 1000 else 4)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _rows(title: str, rows: Rows) -> str:
    head = _head(title)
    lines = [
        f'<tr><td width="220" style="color:{theme.MUTED}; padding:2px 14px 2px 0">{escape(name)}</td>'
        f'<td style="padding:2px 0">{escape(value)}</td></tr>'
        for name, value in rows
    ]
    return f'{head}<table cellspacing="0">{"".join(lines)}</table>'


def _table(title: str, head: list[str], lines: list[tuple[list[str], bool]], note: str) -> str:
    style = "padding:2px 18px 2px 0"
    top = "".join(f'<td style="color:{theme.MUTED}; {style}">{escape(text)}</td>' for text in head)
    body = ""
    for cells, bold in lines:
        weight = "; font-weight:bold" if bold else ""
        body += "<tr>" + "".join(f'<td style="{style}{weight}">{escape(text)}</td>' for text in cells) + "</tr>"
    muted = f'<p style="color:{theme.MUTED}; margin-top:2px">{escape(note)}</p>' if note else ""
    return f'{_head(title)}<table cellspacing="0"><tr>{top}</tr>{body}</table>{muted}'


def _head(title: str) -> str:
    return f'<h4 style="margin-bottom:2px">{escape(title)}</h4>' if title else ""
