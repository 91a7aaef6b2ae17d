"""What the person who decides made of the recommendation."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from core.advise.recommendation import Regimen


class DecisionKind(StrEnum):
    """The three answers to a recommendation."""

    ACCEPTED = "accepted"
    MODIFIED = "modified"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Decision:
    """The answer, the regimen to be given, the reason where it differs, when, the alerts acknowledged, by whom."""

    kind: DecisionKind
    regimen: Regimen | None
    reason: str
    moment: dt.datetime
    acknowledged: tuple[str, ...] = ()  # ids of alerts
    signed_by: str = ""
