"""The card of a predictor written out as a page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from PySide6.QtCore import QCoreApplication

from core.learn.card import Card
from core.units import format_number
from desktop import texts, theme

Rows = list[tuple[str, str]]
_HASH_SHOWN = 16


def card_page(card: Card, file_hash: str) -> str:
    """The page as HTML; everything a card says is escaped."""
    translate = QCoreApplication.translate
    report = dict(card.report)
    trained_on = str(report.pop("trained_on", ""))
    parts = [
        f"<h2>{escape(card.id)}</h2>",
        f'<p style="background-color:{theme.CAUTION_FILL}; color:{theme.CAUTION}">{escape(trained_on)}</p>',
        _table("", _about(card, file_hash)),
    ]
    titles = {
        "patients": translate("learn", "Virtual patients"),
        "cross_validated_log_error": translate("learn", "Choice of the learner: cross-validated error of the log dose"),
        "test": translate("learn", "On virtual patients never seen"),
        "comparator": translate("learn", "The standard dose for everybody, on the same patients"),
        "gain_over_comparator": translate("learn", "Gain over the standard dose"),
        "against_full_recommendation": translate("learn", "Against the full recommendation"),
    }
    for key, title in titles.items():
        found = report.pop(key, None)
        if isinstance(found, Mapping):
            parts.append(_table(title, _flat(found)))
    parts.append(_table(translate("learn", "How it was made"), _flat(report)))
    return f'<div style="color:{theme.INK}">{"".join(parts)}</div>'


def _about(card: Card, file_hash: str) -> Rows:
    translate = QCoreApplication.translate
    kind, low, high = card.target
    learned = "; ".join(f"{name} ({digest[:_HASH_SHOWN]}…)" for name, digest in card.models)
    return [
        (translate("learn", "Drug"), texts.word("drug", card.drug)),
        (translate("learn", "Learned from"), learned),
        (translate("learn", "For the target"), f"{texts.word('target_kind', kind)} {low or '–'} … {high or '–'}"),
        (translate("learn", "What it sees"), ", ".join(name.replace("_", " ") for name in card.features)),
        (translate("learn", "Interval"), f"{format_number(100 * card.coverage, 3)} %"),
        (translate("learn", "File"), f"SHA-256 {file_hash[:_HASH_SHOWN]}…"),
    ]


def _flat(found: Mapping[str, Any], before: str = "") -> Rows:
    """Nested figures as lines: `forest, within 20 percent`."""
    rows: Rows = []
    for key, value in found.items():
        name = f"{before}{key.replace('_', ' ')}"
        if isinstance(value, Mapping) and set(value) == {"value", "low", "high"}:
            rows.append((name, f"{_shown(value['value'])} ({_shown(value['low'])} – {_shown(value['high'])})"))
        elif isinstance(value, Mapping):
            rows += _flat(value, f"{name}, ")
        elif isinstance(value, list | tuple):
            rows.append((name, ", ".join(_shown(item) for item in value)))
        else:
            rows.append((name, _shown(value)))
    return rows


def _shown(value: object) -> str:
    return format_number(value, 4) if isinstance(value, float) else str(value)


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
