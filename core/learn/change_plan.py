"""What a site lays down before its own patients may change a model: the data, when it is better, who signs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from core.clinic.strict_yaml import Entry, read_strict_yaml

SCHEMA = "dosewright.change-plan/1"


@dataclass(frozen=True)
class ChangePlan:
    """A plan as read from its file."""

    id: str
    model: str  # id of the model that may change
    reason: str
    least_patients: int  # with levels, to learn from
    least_levels: int
    least_test_patients: int
    prior_patients: float  # how many patients the numbers at hand weigh as
    largest_factor: float  # by which a typical value may change, either way
    largest_outside: (
        float  # share of levels outside the 99.9 % band of the model at hand, beyond which a batch is refused
    )
    role: str  # who must sign
    file_hash: str


def read_plan(path: Path) -> ChangePlan:
    """Read a plan file.

    Raises:
        DrugFileError: with file and line.
    """
    root = read_strict_yaml(path)
    root.only("schema", "id", "model", "reason", "data", "change", "sign_off")
    root["schema"].choice(SCHEMA)
    data, change, sign = root["data"], root["change"], root["sign_off"]
    data.only("least_patients", "least_levels", "least_test_patients", "largest_outside")
    change.only("prior_patients", "largest_factor")
    sign.only("role")
    factor = change["largest_factor"].number()
    if factor <= 1.0:
        raise change["largest_factor"].error("must be above 1")
    outside = data["largest_outside"].number()
    if not 0.0 < outside < 1.0:
        raise data["largest_outside"].error("must be a share between 0 and 1")
    prior = change["prior_patients"].number()
    if prior < 0.0:
        raise change["prior_patients"].error("must not be negative")
    return ChangePlan(
        id=root["id"].text,
        model=root["model"].text,
        reason=root["reason"].text,
        least_patients=read_count(data["least_patients"]),
        least_levels=read_count(data["least_levels"]),
        least_test_patients=read_count(data["least_test_patients"]),
        prior_patients=prior,
        largest_factor=factor,
        largest_outside=outside,
        role=sign["role"].text,
        file_hash=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def read_count(entry: Entry) -> int:
    """A count of at least one; raises DrugFileError for anything else."""
    number = entry.number()
    if number < 1 or number != int(number):
        raise entry.error("must be a whole number above 0")
    return int(number)
