"""What a site lays down before its own patients may change a predictor, or put another one in its place."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from core.clinic.strict_yaml import read_strict_yaml
from core.learn.change_plan import read_count

SCHEMA = "dosewright.predictor-plan/1"


@dataclass(frozen=True)
class PredictorPlan:
    """A plan as read from its file."""

    id: str
    drug: str  # whose predictor may change
    reason: str
    least_patients: int  # to learn the interval's ends from
    least_test_patients: int
    largest_silent: float  # share of patients about whom the predictor says nothing, beyond which a batch is refused
    largest_outside: float  # share of levels outside the models' 99.9 % band, beyond which a batch is refused
    largest_factor: float  # by which an end of the interval may move, either way
    role: str  # who must sign
    file_hash: str


def read_predictor_plan(path: Path) -> PredictorPlan:
    """Read a plan file.

    Raises:
        DrugFileError: with file and line.
    """
    root = read_strict_yaml(path)
    root.only("schema", "id", "drug", "reason", "data", "change", "sign_off")
    root["schema"].choice(SCHEMA)
    data, change, sign = root["data"], root["change"], root["sign_off"]
    data.only("least_patients", "least_test_patients", "largest_silent", "largest_outside")
    change.only("largest_factor")
    sign.only("role")
    shares = {name: data[name].number() for name in ("largest_silent", "largest_outside")}
    for name, value in shares.items():
        if not 0.0 < value < 1.0:
            raise data[name].error("must be a share between 0 and 1")
    factor = change["largest_factor"].number()
    if factor <= 1.0:
        raise change["largest_factor"].error("must be above 1")
    return PredictorPlan(
        id=root["id"].text,
        drug=root["drug"].text,
        reason=root["reason"].text,
        least_patients=read_count(data["least_patients"]),
        least_test_patients=read_count(data["least_test_patients"]),
        largest_silent=shares["largest_silent"],
        largest_outside=shares["largest_outside"],
        largest_factor=factor,
        role=sign["role"].text,
        file_hash=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
