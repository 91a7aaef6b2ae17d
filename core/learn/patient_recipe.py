"""How a predictor is trained on real patients: read from a recipe of the kind `patients`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from core.clinic.strict_yaml import read_strict_yaml
from core.learn.recipe import Candidate, read_candidates, whole_number


@dataclass(frozen=True)
class PatientRecipe:
    """A predictor trained on a table of patients."""

    id: str
    drug: str
    reader: str  # which reader of `core.exchange` turns the file into features
    kept_aside: float  # share of each stratum never used to train, choose or calibrate
    folds: int
    candidates: tuple[Candidate, ...]
    coverage: float
    inside: float
    seed: int
    file_hash: str


def read_patient_recipe(path: Path) -> PatientRecipe:
    """Read a recipe of the kind `patients`.

    Raises:
        DrugFileError: with file and line.
    """
    root = read_strict_yaml(path)
    root.only(
        "schema", "kind", "id", "drug", "reader", "kept_aside", "folds", "candidates", "coverage", "inside", "seed"
    )
    return PatientRecipe(
        id=root["id"].text,
        drug=root["drug"].text,
        reader=root["reader"].choice("iwpc"),
        kept_aside=root["kept_aside"].number(),
        folds=whole_number(root["folds"]),
        candidates=read_candidates(root["candidates"]),
        coverage=root["coverage"].number(),
        inside=root["inside"].number(),
        seed=whole_number(root["seed"]),
        file_hash=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
