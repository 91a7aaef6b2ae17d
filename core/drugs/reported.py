"""What was published about another drug that no model describes: told, not reckoned with."""

from __future__ import annotations

from dataclasses import dataclass

from core.clinic.strict_yaml import Entry


@dataclass(frozen=True)
class ReportedChange:
    """By what factor another drug changed the exposure in published studies, from the least to the most."""

    drug: str
    low: float
    high: float
    source: str


def read_reported(entry: Entry) -> tuple[ReportedChange, ...]:
    """Read `reported_changes`; raises DrugFileError with the line."""
    found = [_change(item) for item in entry.items]
    for item, change in zip(entry.items, found, strict=True):
        if sum(other.drug == change.drug for other in found) > 1:
            raise item.error(f"'{change.drug}' stands twice")
    return tuple(found)


def _change(entry: Entry) -> ReportedChange:
    entry.only("with", "exposure", "source")
    ends = [item.number() for item in entry["exposure"].items]
    if len(ends) != 2 or not 0 < ends[0] <= ends[1]:
        raise entry["exposure"].error("two factors are wanted, above 0, the larger one second")
    return ReportedChange(entry["with"].text, ends[0], ends[1], entry["source"].text)
