"""The card of a predictor written out as a page: what it is worth first, in plain words, then every figure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from PySide6.QtCore import QCoreApplication

from core.learn.card import Card
from core.learn.features import TAKING
from core.learn.metrics import share_interval
from core.units import format_number
from desktop import texts, theme
from desktop.language import LANGUAGE

Rows = list[tuple[str, str]]
_HASH_SHOWN = 16
_HIDDEN = ("trained_on", "learner", "promoted")  # said elsewhere on the page


def card_page(card: Card, file_hash: str) -> str:
    """The page as HTML; everything a card says is escaped."""
    translate = QCoreApplication.translate
    report = {name: value for name, value in card.report.items() if name not in _HIDDEN}
    parts = [
        f"<h2>{escape(LANGUAGE.wording.drug(card.drug))}</h2>",
        *(f'<p style="font-size:large"><b>{escape(line)}</b></p>' for line in key_figure(card)[:1]),
        *(f"<p>{escape(line)}</p>" for line in key_figure(card)[1:]),
        f'<p style="background-color:{theme.CAUTION_FILL}; color:{theme.CAUTION}">{escape(_trained_on(card))}</p>',
        _table("", _about(card, file_hash)),
    ]
    titles = {
        "choice": translate("learn", "The regimens it chooses for virtual patients never seen"),
        "against_full_recommendation": translate("learn", "Against the full recommendation"),
        "patients": translate("learn", "Virtual patients") if card.models else translate("learn", "Patients"),
        "cross_validated_log_error": translate("learn", "Choice of the learner: cross-validated error of the log dose"),
        "test": translate("learn", "The dose, on patients never seen"),
        "comparator": translate("learn", "The standard dose for everybody, on the same patients"),
        "gain_over_comparator": translate("learn", "Gain over the standard dose"),
    }
    for key, title in titles.items():
        found = report.pop(key, None)
        if isinstance(found, Mapping):
            parts.append(_table(title, _flat(found)))
    parts.append(_table(translate("learn", "How it was made"), _flat(report)))
    return f'<div style="color:{theme.INK}">{"".join(parts)}</div>'


def key_figure(card: Card) -> list[str]:
    """What the predictor is worth: in how many unseen virtual patients its regimen is nearly as good as the best."""
    translate, report = QCoreApplication.translate, card.report
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
    translate = QCoreApplication.translate
    if card.models:
        return translate(
            "learn",
            "Trained on VIRTUAL PATIENTS of published models, not on real ones. It can be no better than those models.",
        )
    count = str(card.report.get("patients", {}).get("trained_and_calibrated_on", "–"))
    return translate("learn", "Trained on %1 real patients.").replace("%1", count)


def _sentence(text: str) -> str:
    """A sentence every card of ours carries, in the window's language; any other as it stands."""
    translate = QCoreApplication.translate
    known = {
        "whole virtual patients, by SHA-256 of recipe and number": translate(
            "learn", "whole virtual patients, by SHA-256 of recipe and number"
        ),
        "mechanistic optimum of the daily dose under what is known of the patient, log scale": translate(
            "learn", "mechanistic optimum of the daily dose under what is known of the patient, log scale"
        ),
        "split conformal by number of levels known; covers the best dose under the patient's own truth": translate(
            "learn",
            "split conformal by number of levels known; covers the best dose under the patient's own truth",
        ),
        "kept aside and folds by SHA-256 of patient within site and group; the choice by whole sites": translate(
            "learn", "kept aside and folds by SHA-256 of patient within site and group; the choice by whole sites"
        ),
        "cross-conformal on patients left out, by group": translate(
            "learn", "cross-conformal on patients left out, by group"
        ),
    }
    return known.get(text, text)


def _about(card: Card, file_hash: str) -> Rows:
    translate = QCoreApplication.translate
    kind, low, high = card.target
    learned = "; ".join(f"{name} ({digest[:_HASH_SHOWN]}…)" for name, digest in card.models)
    learner = str(card.report.get("learner", ""))
    return [
        (translate("learn", "Predictor"), card.id),
        (translate("learn", "Learned from"), learned or "–"),
        (translate("learn", "Learner chosen"), texts.word("learner", learner)),
        (translate("learn", "For the target"), f"{texts.word('target_kind', kind)} {low or '–'} … {high or '–'}"),
        (translate("learn", "What it sees"), ", ".join(feature_name(name) for name in card.features)),
        (translate("learn", "Interval"), f"{format_number(100 * card.coverage, 3)} %"),
        (translate("learn", "File"), f"SHA-256 {file_hash[:_HASH_SHOWN]}…"),
    ]


def feature_name(name: str) -> str:
    """A feature as people read it; one of a real patients' table is a covariate, or stays as it is."""
    if name.startswith(TAKING):
        drug = LANGUAGE.wording.drug(name.removeprefix(TAKING))
        return texts.word("feature", "taking").replace("%1", drug)
    found = texts.word("feature", name)
    return found if found != name.replace("_", " ") else texts.word("covariate", name)


def _figure_name(name: str) -> str:
    """A key of a report: a figure, a learner, or a subgroup such as `age <= 59`."""
    feature, sign, value = _parted(name)
    if sign:
        return f"{feature_name(feature)} {sign} {value}"
    for section in ("figure", "learner"):
        found = texts.word(section, name)
        if found != name.replace("_", " "):
            return found
    return name.replace("_", " ")


def _parted(name: str) -> tuple[str, str, str]:
    for sign, shown in ((" <= ", "≤"), (" > ", ">"), (" = ", "=")):
        feature, found, value = name.partition(sign)
        if found:
            return feature, shown, value
    return name, "", ""


def _flat(found: Mapping[str, Any], before: str = "") -> Rows:
    """Nested figures as lines: `random forest, share within 20 %`."""
    rows: Rows = []
    for key, value in found.items():
        name = f"{before}{_figure_name(key)}"
        if isinstance(value, Mapping) and set(value) == {"value", "low", "high"}:
            rows.append((name, f"{_shown(value['value'])} ({_shown(value['low'])} – {_shown(value['high'])})"))
        elif isinstance(value, Mapping):
            joint = QCoreApplication.translate("learn", "%1, ").replace("%1", name)
            rows += _flat(value, joint)
        elif isinstance(value, list | tuple):
            rows.append((name, ", ".join(_shown(item) for item in value)))
        else:
            rows.append((name, _shown(value)))
    return rows


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return texts.word("choice", "yes" if value else "no")
    return format_number(value, 4) if isinstance(value, float) else _sentence(str(value))


def _table(title: str, rows: Rows) -> str:
    if not rows:
        return ""
    head = f'<h4 style="margin-bottom:2px">{escape(title)}</h4>' if title else ""
    lines = [
        f'<tr><td width="320" style="color:{theme.MUTED}; padding:2px 14px 2px 0">{escape(name)}</td>'
        f'<td style="padding:2px 0">{escape(value)}</td></tr>'
        for name, value in rows
    ]
    return f'{head}<table cellspacing="0">{"".join(lines)}</table>'
