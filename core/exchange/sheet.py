"""The data sheet of an import: what was read, changed, doubted and rejected, row by row, in bounded memory."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.errors import InputError

_IN_MEMORY = 4_000_000  # bytes of remarks; more of them go to a temporary file


class Action(StrEnum):
    """What was done with a row or a value of it."""

    CHANGED = "changed"
    FLAGGED = "flagged"  # kept as it is, and doubted
    REJECTED = "rejected"
    IGNORED = "ignored"  # about something no case has a place for


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing said about one row; `reason` is a message id, `values` fill its gaps."""

    row: str  # a line number, or the path inside a document
    field: str
    action: Action
    reason: str
    values: Mapping[str, str]


class Sheet:
    """Collects remarks and counts while a source is read."""

    def __init__(self) -> None:
        self.read = 0
        self.skipped = 0  # comments, and what is about something else
        self._counts: Counter[Action] = Counter()
        self._reasons: Counter[tuple[Action, str]] = Counter()
        self._spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, mode="w+", encoding="utf-8")  # noqa: SIM115 lives as long as the sheet

    @property
    def changed(self) -> int:
        """Values that were converted or completed."""
        return self._counts[Action.CHANGED]

    @property
    def flagged(self) -> int:
        """Values that were kept and doubted."""
        return self._counts[Action.FLAGGED]

    @property
    def rejected(self) -> int:
        """Rows or values that were not taken over."""
        return self._counts[Action.REJECTED]

    @property
    def reasons(self) -> Mapping[tuple[Action, str], int]:
        """How often each reason was given."""
        return self._reasons

    def counts(self) -> dict[str, int]:
        """The totals by name."""
        return {
            "read": self.read,
            "skipped": self.skipped,
            "changed": self.changed,
            "flagged": self.flagged,
            "rejected": self.rejected,
        }

    def change(self, row: int | str, field: str, reason: str, **values: object) -> None:
        """Note a value that was converted or completed."""
        self._note(Action.CHANGED, row, field, reason, values)

    def flag(self, row: int | str, field: str, reason: str, **values: object) -> None:
        """Note a value that was kept and doubted."""
        self._note(Action.FLAGGED, row, field, reason, values)

    def reject(self, row: int | str, field: str, reason: str, **values: object) -> None:
        """Note a row or value that was not taken over."""
        self._note(Action.REJECTED, row, field, reason, values)

    def ignore(self, row: int | str, field: str, reason: str, **values: object) -> None:
        """Note a row or value about something no case has a place for."""
        self.skipped += 1
        self._note(Action.IGNORED, row, field, reason, values)

    def refuse(self, row: int | str, field: str, error: InputError) -> None:
        """Note a refusal of the clinical types as a rejected row."""
        self._note(Action.REJECTED, row, field, error.reason, error.values)

    def remarks(self) -> Iterator[Remark]:
        """Every remark in the order it was made."""
        self._spool.flush()
        self._spool.seek(0)
        try:
            for line in self._spool:
                row, field, action, reason, values = json.loads(line)
                yield Remark(row, field, Action(action), reason, values)
        finally:
            self._spool.seek(0, 2)

    def _note(self, action: Action, row: int | str, field: str, reason: str, values: Mapping[str, object]) -> None:
        self._counts[action] += 1
        self._reasons[action, reason] += 1
        shown = {name: str(value)[:200] for name, value in values.items()}
        self._spool.write(json.dumps([str(row), field, action.value, reason, shown]) + "\n")
