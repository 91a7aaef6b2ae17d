"""The warfarin patients of the International Warfarin Pharmacogenetics Consortium, from the user's own copy.

Cohort, codes and imputation of VKORC1 after the paper and its supplementary appendix (N Engl J Med 2009;360:753,
doi:10.1056/NEJMoa0809329). Nothing of the data comes with the program.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.clinic.formulas.warfarin import IwpcPatient, IwpcRace, iwpc_pharmacogenetic_dose
from core.clinic.genotype import Vkorc1
from core.errors import InputError
from core.learn.patient_table import PatientTable, learn_imputation

Array = NDArray[np.float64]

RACES = (IwpcRace.WHITE, IwpcRace.ASIAN, IwpcRace.BLACK, IwpcRace.MISSING_OR_MIXED)
HIGHEST_DOSE = 300.0  # mg a week; one patient of the file takes more
_RACE_WORDS = {"White": 0, "Asian": 1, "Black or African American": 2}
_DIPLOTYPES = ("*1/*2", "*1/*3", "*2/*2", "*2/*3", "*3/*3")
_INDICATIONS = range(1, 9)
_FLAGS = {
    "amiodarone": "Amiodarone (Cordarone)",
    "smoker": "Current Smoker",
    "aspirin": "Aspirin",
    "simvastatin": "Simvastatin (Zocor)",
    "atorvastatin": "Atorvastatin (Lipitor)",
    "pravastatin": "Pravastatin (Pravachol)",
    "diabetes": "Diabetes",
    "heart_failure": "Congestive Heart Failure and/or Cardiomyopathy",
    "valve_replacement": "Valve Replacement",
    "sulfonamide": "Sulfonamide Antibiotics",
    "macrolide": "Macrolide Antibiotics",
    "azole": "Anti-fungal Azoles",
}
_INDUCERS = ("Carbamazepine (Tegretol)", "Phenytoin (Dilantin)", "Rifampin or Rifampicin")
_NEEDED = ("PharmGKB Subject ID", "Project Site", "Gender", "Race (OMB)", "Age", "Therapeutic Dose of Warfarin")

BASE = (
    "age_decade", "height", "weight", "vkorc1_ag", "vkorc1_aa", "vkorc1_unknown",
    *(f"cyp2c9_{name.replace('*', '').replace('/', '')}" for name in _DIPLOTYPES), "cyp2c9_other",
    "race_asian", "race_black", "race_missing_or_mixed", "enzyme_inducer", "amiodarone",
)  # fmt: skip
FURTHER = (
    "female", "target_inr", *(f"indication_{number}" for number in _INDICATIONS),
    *(name for name in _FLAGS if name != "amiodarone"),
)  # fmt: skip
NAMES = (*BASE, *FURTHER)
KEYS = (
    "female",
    "race_asian",
    "race_black",
    "race_missing_or_mixed",
)  # means of height and weight differ between these


def read_iwpc(path: Path) -> PatientTable:
    """Read the consortium's table: stable dose known, age known, dose at most 300 mg a week.

    Raises:
        InputError: the file cannot be read, or columns are missing.
    """
    rows = _rows(path)
    kept, rejected = [], []
    for row in rows:
        reason = _unusable(row)
        if reason:
            rejected.append((row["PharmGKB Subject ID"], reason))
        else:
            kept.append(row)
    if not kept:
        raise InputError(str(path), "table_without_patients")
    features = np.array([_features(row) for row in kept])
    keys = tuple(NAMES.index(name) for name in KEYS)
    filled = learn_imputation(features, keys).fill(features)
    return PatientTable(
        ids=tuple(row["PharmGKB Subject ID"] for row in kept),
        names=NAMES,
        features=features,
        dose=np.array([float(row["Therapeutic Dose of Warfarin"]) for row in kept]),
        unit="mg/week",
        published=np.array([_published(row, full) for row, full in zip(kept, filled, strict=True)]),
        group=np.array([_race(row) for row in kept], dtype=np.int64),
        group_names=tuple(race.value for race in RACES),
        group_by={name: code for code, name in enumerate(KEYS[1:], 1)},
        themes=tuple(_theme(name) for name in NAMES),
        key_columns=keys,
        site=np.array([int(row["Project Site"]) for row in kept], dtype=np.int64),
        rejected=tuple(rejected),
    )


def _theme(name: str) -> str:
    """The message id under which a feature is explained."""
    themes = {
        "feature_age_and_sex": ("age_decade", "female"),
        "feature_body_size": ("height", "weight"),
        "feature_genes": tuple(other for other in BASE if other.startswith(("vkorc1", "cyp2c9"))),
        "feature_ancestry": KEYS[1:],
        "feature_indication": ("target_inr", *(f"indication_{number}" for number in _INDICATIONS)),
        "feature_comorbidity": ("smoker", "diabetes", "heart_failure", "valve_replacement"),
    }
    return next((theme for theme, names in themes.items() if name in names), "feature_other_drugs")


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(str(path), "columns_missing", names=", ".join(missing))
            return list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(str(path), "file_not_read", path=str(path), why=type(error).__name__) from error


def _unusable(row: Mapping[str, str]) -> str:
    if row.get("Subject Reached Stable Dose of Warfarin") not in ("1", "1.0"):
        return "no stable dose"
    dose = _number(row["Therapeutic Dose of Warfarin"])
    if not dose > 0:
        return "dose not recorded"
    if dose > HIGHEST_DOSE:
        return f"dose above {HIGHEST_DOSE:g} mg a week"
    return "" if re.match(r"\d0", row["Age"]) else "age not recorded"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _race(row: Mapping[str, str]) -> int:
    return _RACE_WORDS.get(row["Race (OMB)"], RACES.index(IwpcRace.MISSING_OR_MIXED))


def vkorc1_of(row: Mapping[str, str]) -> Vkorc1 | None:
    """The -1639 genotype, else what neighbouring variants imply (appendix S4: 2255 and 1542 not in Black or mixed)."""
    own = {"G/G": Vkorc1.GG, "A/G": Vkorc1.AG, "A/A": Vkorc1.AA}.get(row.get("VKORC1 -1639 consensus", ""))
    if own is not None:
        return own
    linked = _race(row) < RACES.index(IwpcRace.BLACK)
    by_1173 = {"C/C": Vkorc1.GG, "C/T": Vkorc1.AG, "T/T": Vkorc1.AA}
    by_1542 = {"G/G": Vkorc1.GG, "C/G": Vkorc1.AG, "C/C": Vkorc1.AA}
    implied = [
        by_1173.get(row.get("VKORC1 2255 consensus", "")) if linked else None,
        by_1173.get(row.get("VKORC1 1173 consensus", "")),
        by_1542.get(row.get("VKORC1 1542 consensus", "")) if linked else None,
    ]
    return next((item for item in implied if item is not None), None)


def _features(row: Mapping[str, str]) -> list[float]:
    vkorc1, cyp2c9, race = vkorc1_of(row), row.get("CYP2C9 consensus", ""), _race(row)
    inducers = [_number(row.get(name, "")) for name in _INDUCERS]
    indication = set(re.findall(r"\d", row.get("Indication for Warfarin Treatment", "")))
    flags = {name: np.nan_to_num(_number(row.get(column, ""))) for name, column in _FLAGS.items()}
    sex = {"female": 1.0, "male": 0.0}.get(row["Gender"], math.nan)
    values = [
        float(row["Age"][0]),
        _number(row.get("Height (cm)", "")),
        _number(row.get("Weight (kg)", "")),
        float(vkorc1 is Vkorc1.AG),
        float(vkorc1 is Vkorc1.AA),
        float(vkorc1 is None),
        *(float(cyp2c9 == name) for name in _DIPLOTYPES),
        float(cyp2c9 not in ("*1/*1", *_DIPLOTYPES)),
        *(float(race == code) for code in range(1, len(RACES))),
        float(any(value == 1.0 for value in inducers)),
        flags["amiodarone"],
        sex,
        _target_inr(row),
        *(float(str(number) in indication) for number in _INDICATIONS),
        *(flags[name] for name in _FLAGS if name != "amiodarone"),
    ]
    return [float(value) for value in values]


def _target_inr(row: Mapping[str, str]) -> float:
    """The target, else the middle of the range estimated from the indication."""
    own = _number(row.get("Target INR", ""))
    ends = re.findall(r"\d+(?:\.\d+)?", row.get("Estimated Target INR Range Based on Indication", ""))
    if not math.isnan(own) or len(ends) != 2:
        return own
    return (float(ends[0]) + float(ends[1])) / 2.0


def _published(row: Mapping[str, str], full: Array) -> float:
    """The consortium's pharmacogenetic equation, height and weight imputed, mg a week; NaN where it does not hold."""
    value = dict(zip(NAMES, full.tolist(), strict=True))
    cyp2c9 = row.get("CYP2C9 consensus", "")
    patient = IwpcPatient(
        age=max(18.0, 10.0 * value["age_decade"] + 5.0),
        height=value["height"],
        weight=value["weight"],
        race=RACES[_race(row)],
        amiodarone=value["amiodarone"] > 0,
        enzyme_inducer=value["enzyme_inducer"] > 0,
    )
    try:
        return iwpc_pharmacogenetic_dose(patient, vkorc1_of(row), cyp2c9 if cyp2c9 in ("*1/*1", *_DIPLOTYPES) else None)
    except InputError:
        return math.nan
