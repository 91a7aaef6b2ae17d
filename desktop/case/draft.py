"""What the person has typed so far, word for word: it may be wrong or unfinished, nothing of it is lost."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Entry:
    """A covariate as typed; `when` empty: from the start of the case."""

    name: str
    text: str = ""
    unit: str = ""  # empty for a choice
    when: str = ""


@dataclass(frozen=True)
class DoseRow:
    """A row of doses as typed."""

    when: str = ""
    amount: str = ""
    unit: str = "mg"
    route: str = ""
    duration: str = ""
    duration_unit: str = "h"
    every: str = ""
    every_unit: str = "h"
    count: str = "1"
    status: str = "given"
    steady_state: bool = False


@dataclass(frozen=True)
class LevelRow:
    """A measured level as typed; the unit has no default, since laboratories differ a thousand-fold."""

    when: str = ""
    value: str = ""
    unit: str = ""
    analyte: str = ""
    below_limit: bool = False
    use: bool = True
    reason: str = ""


@dataclass(frozen=True)
class MedicationRow:
    """Another drug as typed."""

    drug: str = ""
    start: str = ""
    until: str = ""
    amount: str = ""
    unit: str = "mg"
    every: str = ""
    every_unit: str = "h"


@dataclass(frozen=True)
class OutcomeRow:
    """What happened to the patient, as typed; `grade` may stay empty."""

    when: str = ""
    kind: str = "response"
    name: str = ""
    grade: str = ""
    value: str = ""


@dataclass(frozen=True)
class TargetRow:
    """A target of the clinician's own."""

    kind: str = "trough"
    low: str = ""
    high: str = ""
    unit: str = ""
    high_unit: str = ""  # only where a case file gave the two ends in different units


@dataclass(frozen=True)
class MicsRow:
    """A table of isolates as typed, a row `MIC: number` to a line."""

    name: str = ""
    source: str = ""
    table: str = ""


@dataclass(frozen=True)
class Draft:
    """The whole case as typed."""

    record: str = ""
    name: str = ""
    sex: str = ""
    birth: str = ""  # a date or an age
    ethnicity: str = "unknown"
    drug: str = ""
    models: tuple[str, ...] = ()
    start: str = ""  # ISO 8601 with offset; empty until the first dose gives it
    entries: tuple[Entry, ...] = ()
    doses: tuple[DoseRow, ...] = ()
    levels: tuple[LevelRow, ...] = ()
    medications: tuple[MedicationRow, ...] = ()
    target: TargetRow | None = None
    mics: MicsRow | None = None
    harm_weight: str = "1"
    outcomes: tuple[OutcomeRow, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been typed yet."""
        return self == Draft()

    def history(self, name: str) -> tuple[Entry, ...]:
        """The values of one covariate in the order they were typed; the first is the one at the start."""
        return tuple(entry for entry in self.entries if entry.name == name)

    def with_entry(self, name: str, index: int, entry: Entry) -> Draft:
        """The same draft with the covariate's value number `index` set, or added when there is none yet."""
        rest = [item for item in self.entries if item.name != name]
        own = list(self.history(name))
        own[index : index + 1] = [entry]
        return replace(self, entries=tuple(rest + own))

    def without_entry(self, name: str, index: int) -> Draft:
        """The same draft without that value of the covariate."""
        own = list(self.history(name))
        del own[index]
        return replace(self, entries=tuple([item for item in self.entries if item.name != name] + own))
