"""Safety signals from a site's own copy of FAERS, kept for the drug's page: background, nobody's risk."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.atomic_write import write_atomically
from core.drugs.library import site_folder
from core.errors import InputError
from core.exchange.signals import Estimate

MOST_SHOWN = 10
_LARGEST = 50_000_000  # bytes


@dataclass(frozen=True)
class ShownSignal:
    """One event reported more often with the drug than with others: reports, and the reporting odds ratio."""

    event: str
    reports: int
    ror: Estimate


@dataclass(frozen=True)
class ShownSignals:
    """The strongest signals of a drug, and the unique reports they were counted in."""

    reports: int
    of_drug: int
    signals: tuple[ShownSignal, ...]


def signal_file(drug: str) -> Path:
    """Where the signals of a drug are kept."""
    return site_folder().parent / "signals" / f"{drug}.json"


def keep_signals(drug: str, document: str) -> Path:
    """Keep what `import faers` wrote, as JSON text."""
    place = signal_file(drug)
    place.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(place, document.encode())
    return place


def kept_signals(drug: str) -> ShownSignals | None:
    """The strongest signals kept of a drug: those a published rule marks, by the lower end of the odds ratio.

    Raises:
        InputError: the file is not what `import faers` writes; it is never passed over.
    """
    place = signal_file(drug)
    if not place.is_file():
        return None
    try:
        if place.stat().st_size > _LARGEST:
            raise InputError("signals", "file_too_large", path=place, value=place.stat().st_size, high=_LARGEST)
        document = json.loads(place.read_text(encoding="utf-8"))
        found = [_signal(item) for item in document["signals"] if item["rules"]]
        found.sort(key=lambda item: (-item.ror.low, item.event))
        return ShownSignals(int(document["reports"]), int(document["of_drug"]), tuple(found[:MOST_SHOWN]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("signals", "signals_unreadable", path=place) from error


def _signal(item: dict[str, Any]) -> ShownSignal:
    ends = [math.inf if item["ror"][name] is None else float(item["ror"][name]) for name in ("value", "low", "high")]
    return ShownSignal(str(item["event"]), int(item["a"]), Estimate(*ends))
