"""What the program must tell the person, as an id and values; the sentences live with the screen and the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much an alert weighs: STOP replaces the recommendation, CAUTION asks to be acknowledged, NOTE informs."""

    STOP = "stop"
    CAUTION = "caution"
    NOTE = "note"


@dataclass(frozen=True)
class Alert:
    """One message: its weight, its id in the wording catalogue, what fills its gaps, and the field it is about."""

    severity: Severity
    id: str
    values: Mapping[str, str] = field(default_factory=dict)
    about: str = ""
