"""A folder of published studies: tables known by their columns, dosing protocols and people."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.report.phrase import Phrase

CURVES, RATIOS, CHILDREN = "curves", "ratios", "children"
_COLUMNS = {
    CURVES: (
        "dataset", "study_id", "molecule", "species", "organ", "compartment", "time_h", "value_mg_per_L", "protocols",
        "individual",
    ),
    RATIOS: (
        "ID", "Study ID", "Victim", "Perpetrator", "Route Victim", "Route Perpetrator", "Compartment", "AUCR Avg",
        "t_placebo_0", "t_placebo_end", "t_treatment_0", "t_treatment_end", "t Unit", "R Dose correction factor",
        "Comment", "Dose", "Dose Unit", "Times of Administration", "Times Unit",
    ),
    CHILDREN: ("ID", "Study", "Grouping", "Analyte", "CL Avg", "CL AvgUnit", "CL Type"),
}  # fmt: skip
PROTOCOLS, PEOPLE = "protocols.json", "people.json"
Row = Mapping[str, str]


@dataclass(frozen=True)
class Unread:
    """A study, or a part of one, that was not compared, and why."""

    source: str  # name of the file
    study: str
    reason: Phrase


class CannotRead(Exception):  # noqa: N818 says what it is
    """Carries the reason why a study is not compared."""

    def __init__(self, message: str, **values: str) -> None:
        super().__init__(message)
        self.reason = Phrase(message, values)


@dataclass(frozen=True)
class StudyFolder:
    """The tables of a folder by kind, each as (name of the file, rows), and what describes dosing and people."""

    tables: Mapping[str, Sequence[tuple[str, Sequence[Row]]]]
    protocols: Mapping[str, Any]  # set -> list of protocols
    people: Mapping[str, Any] | None  # set -> {"individuals": list}; None: nobody is described
    unread: Sequence[Unread] = field(default=())


def read_folder(folder: Path, people: Path | None = None) -> StudyFolder:
    """Read every `*.csv` that has the columns of a known kind, `protocols.json` and `people.json`.

    Args:
        folder: the user's copy of the studies.
        people: a file to take instead of `people.json` of the folder.

    Raises:
        InputError: no such folder, none of its tables is known, or a JSON file cannot be read.
    """
    if not folder.is_dir():
        raise InputError("DATA_FOLDER", "qualify_no_folder", path=str(folder))
    tables: dict[str, list[tuple[str, Sequence[Row]]]] = {kind: [] for kind in _COLUMNS}
    unread: list[Unread] = []
    for path in sorted(folder.glob("*.csv")):
        try:
            kind, rows = _table(path)
        except CannotRead as error:
            unread.append(Unread(path.name, "", error.reason))
        else:
            tables[kind].append((path.name, rows))
    if not any(tables.values()):
        raise InputError("DATA_FOLDER", "qualify_no_tables", path=str(folder))
    described = people if people is not None else folder / PEOPLE
    known = _json(described, "--people") if people is not None or described.exists() else None
    protocols = folder / PROTOCOLS
    return StudyFolder(tables, _json(protocols, "DATA_FOLDER") if protocols.exists() else {}, known, unread)


def _table(path: Path) -> tuple[str, Sequence[Row]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            names = reader.fieldnames or []
            kind = next((kind for kind, columns in _COLUMNS.items() if set(columns) <= set(names)), None)
            if kind is None:
                raise CannotRead("qualify_columns_unknown")
            if len(set(names)) != len(names):
                raise CannotRead("qualify_columns_twice")
            rows: list[dict[str, str]] = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CannotRead("qualify_file_unreadable", why=str(error)) from error
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise CannotRead("qualify_row_length", row=str(number))
    return kind, rows


def _json(path: Path, name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise InputError(name, "qualify_json_unreadable", path=str(path), why=str(error)) from error
    if not isinstance(found, dict):
        raise InputError(name, "qualify_json_unreadable", path=str(path), why="{}")
    return found


def number(text: str, what: str, *, positive: bool = False) -> float:
    """Read a plain number strictly; raises CannotRead naming `what`."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (positive and value <= 0):
        raise CannotRead("qualify_number", what=what, value=text[:40] or "–")
    return value


def compound_key(molecule: str) -> str:
    """The stem of a compound file for a molecule: `R-Warfarin` is `r_warfarin`."""
    return molecule.strip().lower().replace("-", "_").replace(" ", "_")
