"""The case file's door: everything a Case holds, to and from `*.case.json`, without loss and without guessing."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.atomic_write import write_atomically
from core.clinic.case import Case, Target
from core.clinic.case_reader import SCHEMA, case_from
from core.clinic.covariate import CovariateValue
from core.clinic.level import CoMedication, Level, Outcome
from core.clinic.mic import distribution_to
from core.clinic.patient import Ethnicity, Patient
from core.clinic.regimen import Dose
from core.clinic.strict_json import parse_strict_json
from core.errors import InputError
from core.units import Quantity

LARGEST_FILE = 8_000_000  # bytes; a thousand times a usual case

_EXACT_WHOLE = 1e15


def load_case(path: Path | str) -> Case:
    """Read a case file.

    Raises:
        InputError: the file is absent, too large, not UTF-8, or one of `read_case`'s reasons; `field` is the JSON path.
    """
    file = Path(path)
    try:
        size = file.stat().st_size
        if size > LARGEST_FILE:
            raise InputError("$", "file_too_large", path=str(file), value=size, high=LARGEST_FILE)
        content = file.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise InputError("$", "file_not_read", path=str(file), why=why) from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError("$", "file_not_utf8", path=str(file), position=error.start) from error
    return read_case(text)


def read_case(text: str) -> Case:
    """Read the text of a case file.

    Raises:
        InputError: broken JSON, an unknown, missing or repeated key, a wrong type, unit or number, or a contradiction;
            `field` is the JSON path.
    """
    return case_from(parse_strict_json(text))


def write_case(case: Case) -> str:
    """Write a case as text that `read_case` turns into an equal case.

    Raises:
        InputError: the case holds something no case file may; `field` is the JSON path.
    """
    text = case_text(case)
    if read_case(text) != case:
        raise InputError("$", "case_not_kept")
    return text


def case_text(case: Case) -> str:
    """The text of a case without the proof that it reads back: to tell whether two cases are equal, not to keep one."""
    return _document(_case(case))


def save_case(case: Case, path: Path | str) -> None:
    """Save a case: the whole file or nothing, an older file stays until the new one is safe.

    Raises:
        InputError: as `write_case`, or the file cannot be written.
    """
    write_atomically(path, write_case(case).encode("utf-8"))


def _document(case: dict[str, Any]) -> str:
    """Lay the document out for people: one line per key, one per row of a list."""
    lines = []
    for key, value in case.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = ",\n".join(f"    {_compact(row)}" for row in value)
            lines.append(f"  {_compact(key)}: [\n{rows}\n  ]")
        else:
            lines.append(f"  {_compact(key)}: {_compact(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _compact(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise InputError("$", "number_not_finite", value="NaN") from None


def _case(case: Case) -> dict[str, Any]:
    return _without_absent(
        {
            "schema": SCHEMA,
            "patient": _patient(case.patient),
            "covariates": [_covariate(item) for item in case.covariates],
            "co_medication": [_co_medication(item) for item in case.co_medication],
            "drug": case.drug,
            "models": list(case.models),
            "start": _moment(case.start),
            "doses": [_dose(dose) for dose in case.doses],
            "levels": [_level(level) for level in case.levels],
            "outcomes": [_outcome(outcome) for outcome in case.outcomes],
            "target": None if case.target is None else _target(case.target),
            "mic_distribution": None if case.mics is None else distribution_to(case.mics),
            "harm_weight": None if case.harm_weight == 1.0 else _number(case.harm_weight),
        }
    )


def _patient(patient: Patient) -> dict[str, Any]:
    return _without_absent(
        {
            "id": patient.id,
            "name": patient.name,
            "sex": patient.sex.value,
            "born": None if patient.born is None else patient.born.isoformat(),
            "age": None if patient.age is None else f"{_plain(patient.age)} year",
            "ethnicity": None if patient.ethnicity is Ethnicity.UNKNOWN else patient.ethnicity.value,
        }
    )


def _covariate(item: CovariateValue) -> dict[str, Any]:
    value = item.value if isinstance(item.value, str) else _quantity(item.value)
    return {"name": item.name, "value": value, "time": _number(item.time)}


def _co_medication(item: CoMedication) -> dict[str, Any]:
    return _without_absent(
        {
            "drug": item.drug,
            "amount": _quantity(item.amount),
            "every": _quantity(item.every),
            "from": _number(item.start),
            "until": None if item.until is None else _number(item.until),
        }
    )


def _dose(dose: Dose) -> dict[str, Any]:
    return _without_absent(
        {
            "time": _number(dose.time),
            "amount": _quantity(dose.amount),
            "route": dose.route.value,
            "duration": _quantity(dose.duration),
            "every": _quantity(dose.every),
            "count": None if dose.count == 1 else dose.count,
            "status": dose.status.value,
            "steady_state": dose.steady_state or None,
        }
    )


def _level(level: Level) -> dict[str, Any]:
    return _without_absent(
        {
            "time": _number(level.time),
            "analyte": level.analyte,
            "value": f"{'<' if level.below_limit else ''}{_quantity(level.value)}",
            "use": None if level.use else False,
            "reason": level.reason,
        }
    )


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return _without_absent(
        {
            "time": _number(outcome.time),
            "kind": outcome.kind,
            "name": outcome.name,
            "grade": outcome.grade,
            "value": outcome.value,
        }
    )


def _target(target: Target) -> dict[str, Any]:
    return _without_absent({"kind": target.kind.value, "low": _quantity(target.low), "high": _quantity(target.high)})


def _without_absent(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not known; reading the file gives the same absence back."""
    return {key: value for key, value in fields.items() if value is not None and value not in ("", [])}


def _quantity(quantity: Quantity | None) -> str | None:
    return None if quantity is None else f"{_plain(quantity.value)} {quantity.unit}"


def _plain(value: float) -> str:
    """Every digit that tells this number from its neighbours, without exponent or needless decimals."""
    text = f"{Decimal(repr(float(value))):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(value: float) -> int | float:
    whole = abs(value) < _EXACT_WHOLE and value == int(value)
    return int(value) if whole else value


def _moment(moment: dt.datetime) -> str:
    on_the_minute = moment.second == 0 and moment.microsecond == 0
    return moment.isoformat(timespec="minutes" if on_the_minute else "auto")
