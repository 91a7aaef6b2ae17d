"""Drafts in and out: from a case, to and from the file that survives a crash."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any

from core.atomic_write import write_atomically
from core.clinic.case import Case
from core.clinic.level import CoMedication, Level, Outcome
from core.clinic.mic import write_isolates
from core.clinic.regimen import Dose
from core.units import Quantity
from desktop.case.draft import DoseRow, Draft, Entry, LevelRow, MedicationRow, MicsRow, OutcomeRow, TargetRow
from desktop.case.number_text import number_text
from desktop.case.times import write_case_time

FORMAT = "dosewright.draft/1"


def draft_of(case: Case) -> Draft:
    """Write a case out as fields hold it, without losing anything."""
    patient = case.patient
    birth = patient.born.isoformat() if patient.born is not None else number_text(patient.age or 0.0)
    return Draft(
        record=patient.id,
        name=patient.name,
        sex=patient.sex.value,
        birth=birth,
        ethnicity=patient.ethnicity.value,
        drug=case.drug,
        models=case.models,
        start=case.start.isoformat(),
        entries=tuple(_entries(case)),
        doses=tuple(_dose(dose, case.start) for dose in case.doses),
        levels=tuple(_level(level, case.start) for level in case.levels),
        medications=tuple(_medication(item, case.start) for item in case.co_medication),
        target=_target(case),
        mics=None if case.mics is None else MicsRow(case.mics.name, case.mics.source, write_isolates(case.mics)),
        harm_weight=number_text(case.harm_weight),
        outcomes=tuple(_outcome(item, case.start) for item in case.outcomes),
    )


def _entries(case: Case) -> list[Entry]:
    entries = []
    for item in case.covariates:
        when = "" if item.time == 0 else write_case_time(item.time, case.start)
        if isinstance(item.value, str):
            entries.append(Entry(item.name, item.value, "", when))
        else:
            entries.append(Entry(item.name, number_text(item.value.value), item.value.unit, when))
    return entries


def _parts(quantity: Quantity | None, unit: str) -> tuple[str, str]:
    return ("", unit) if quantity is None else (number_text(quantity.value), quantity.unit)


def _dose(dose: Dose, start: dt.datetime) -> DoseRow:
    duration, duration_unit = _parts(dose.duration, "h")
    every, every_unit = _parts(dose.every, "h")
    return DoseRow(
        when=write_case_time(dose.time, start),
        amount=number_text(dose.amount.value),
        unit=dose.amount.unit,
        route=dose.route.value,
        duration=duration,
        duration_unit=duration_unit,
        every=every,
        every_unit=every_unit,
        count=str(dose.count),
        status=dose.status.value,
        steady_state=dose.steady_state,
    )


def _level(level: Level, start: dt.datetime) -> LevelRow:
    return LevelRow(
        when=write_case_time(level.time, start),
        value=number_text(level.value.value),
        unit=level.value.unit,
        analyte=level.analyte,
        below_limit=level.below_limit,
        use=level.use,
        reason=level.reason,
    )


def _medication(item: CoMedication, start: dt.datetime) -> MedicationRow:
    amount, unit = _parts(item.amount, "mg")
    every, every_unit = _parts(item.every, "h")
    until = "" if item.until is None else write_case_time(item.until, start)
    return MedicationRow(item.drug, write_case_time(item.start, start), until, amount, unit, every, every_unit)


def _outcome(item: Outcome, start: dt.datetime) -> OutcomeRow:
    grade = "" if item.grade is None else str(item.grade)
    return OutcomeRow(write_case_time(item.time, start), item.kind, item.name, grade, item.value)


def _target(case: Case) -> TargetRow | None:
    target = case.target
    if target is None:
        return None
    low, low_unit = _parts(target.low, "")
    high, high_unit = _parts(target.high, "")
    differs = high_unit if low_unit and high_unit and low_unit != high_unit else ""
    return TargetRow(target.kind.value, low, high, low_unit or high_unit, differs)


def write_draft(draft: Draft) -> str:
    """Write a draft as JSON."""
    return json.dumps({"format": FORMAT, **dataclasses.asdict(draft)}, ensure_ascii=False, indent=1)


def read_draft_text(text: str) -> Draft:
    """Read a draft back.

    Raises:
        ValueError: the text is not a draft of this format.
    """
    data: Any = json.loads(text)
    if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
        raise ValueError("not a draft")
    rows = {
        "entries": Entry, "doses": DoseRow, "levels": LevelRow, "medications": MedicationRow, "outcomes": OutcomeRow,
    }  # fmt: skip
    try:
        for name, kind in rows.items():
            data[name] = tuple(kind(**item) for item in data[name])
        data["target"] = None if data["target"] is None else TargetRow(**data["target"])
        data["mics"] = None if data.get("mics") is None else MicsRow(**data["mics"])
        data["models"] = tuple(data["models"])
        draft = Draft(**data)
        if draft.start and dt.datetime.fromisoformat(draft.start).tzinfo is None:
            raise ValueError("a start without an offset")
    except (TypeError, KeyError) as error:
        raise ValueError("not a draft") from error
    return draft


class DraftKeeper:
    """Keeps the draft in one private file after every edit, so that a crash loses nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self, draft: Draft) -> None:
        """Write the draft; an empty one removes the file.

        Raises:
            InputError: the file cannot be written.
        """
        if draft.is_empty:
            self.path.unlink(missing_ok=True)
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(self.path, write_draft(draft).encode())
        self.path.chmod(0o600)

    def forget(self) -> None:
        """Remove the draft: what it held is in a case file."""
        self.path.unlink(missing_ok=True)

    def put_aside(self) -> Path | None:
        """Give a draft left behind another name, out of the way of a new case; None when there is none."""
        if not self.path.exists():
            return None
        number = 1
        while (aside := self.path.with_name(f"{self.path.stem}-{number}.json")).exists():
            number += 1
        return self.path.replace(aside)

    def restore(self) -> Draft | None:
        """Give the draft left behind, or None; a damaged file is put aside under another name, never deleted."""
        try:
            return read_draft_text(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (ValueError, OSError):
            self.path.replace(self.path.with_suffix(".damaged"))
            return None
