"""FAERS and AERS quarterly files (US FDA, 2004 to today): one report per case, deleted cases left out.

File layout: FDA's ASC_NTS documents. AERS (until 2012Q3) names reports ISR and cases CASE; FAERS primaryid and caseid.
Of the versions of a case the one with the latest FDA date counts, then the one with the highest number.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.exchange.sheet import Sheet
from core.exchange.text_table import TextFormat, read_rows
from core.task import Task

Numbers = NDArray[np.int64]

FORM = TextFormat("$", "latin-1", quoted=False)
_FILE = re.compile(
    r"(demo|drug|reac|outc|delete|dele)[a-z]*([0-9]{2})q([1-4])[a-z_]*\.(?:txt|csv)(?:\.gz)?", re.IGNORECASE
)
_NAMES = {"isr": "primaryid", "case": "caseid", "gndr_cod": "sex"}
_DIGITS = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True)
class Quarter:
    """The files of one quarter by kind (`demo`, `drug`, `reac`, `delete`)."""

    name: str  # 22Q4
    files: dict[str, Path]


@dataclass(frozen=True)
class Reports:
    """The reports that count: `keys` (N,) ascending, each twice the report's number, plus 1 for AERS."""

    keys: Numbers
    versions: int  # reports before older versions were left out
    deleted: int

    def holds(self, key: int) -> bool:
        """Whether a report counts."""
        place = int(np.searchsorted(self.keys, key))
        return place < len(self.keys) and int(self.keys[place]) == key


def find_quarters(folder: Path) -> list[Quarter]:
    """The quarters in a folder, however deep and in whatever case, in order of time.

    Raises:
        InputError: the folder cannot be read, holds no quarter, or one lacks a file.
    """
    found: dict[str, dict[str, Path]] = {}
    try:
        files = sorted(item for item in folder.rglob("*") if item.is_file())
    except OSError as error:
        raise InputError(str(folder), "file_not_read", path=folder, why=error.strerror or "") from error
    for file in files:
        match = _FILE.fullmatch(file.name)
        if match:
            kind = match.group(1).lower()
            found.setdefault(f"{match.group(2)}Q{match.group(3)}", {}).setdefault(kind, file)
    quarters = [Quarter(name, kinds) for name, kinds in sorted(found.items()) if set(kinds) != {"delete"}]
    if not quarters:
        raise InputError(str(folder), "exchange_table_missing", path=folder, name="DEMOyyQq.txt")
    for quarter in quarters:
        for kind in ("demo", "drug", "reac"):
            if kind not in quarter.files:
                wanted = f"{kind.upper()}{quarter.name}.txt"
                raise InputError(str(folder), "exchange_table_missing", path=folder, name=wanted)
    return quarters


def read_faers(
    path: Path, columns: Sequence[str], sheet: Sheet, task: Task | None = None
) -> Iterator[tuple[int, bool, list[str]]]:
    """Rows of one file: line, whether it is of the AERS era, and the cells of the named columns.

    A column the era does not have is empty. A row of another width is rejected; AERS ends its rows with an empty cell.

    Raises:
        InputError: the file cannot be read, or has no report numbers.
        Cancelled: on request.
    """
    rows = read_rows(path, FORM, task)
    _, heading = next(rows, (0, []))
    names = [name.strip().lstrip("\ufeffï»¿").lower() for name in heading]
    old = "isr" in names
    names = [_NAMES.get(name, name) for name in names]
    if "primaryid" not in names:
        raise InputError(str(path), "exchange_column_missing", name="primaryid", known=", ".join(names)[:200])
    width = len(names) - (1 if names[-1] == "" else 0)
    places = [names.index(name) if name in names else -1 for name in columns]
    for line, cells in rows:
        sheet.read += 1
        if len(cells) != width and not (len(cells) == width + 1 and not cells[-1].strip()):
            sheet.reject(f"{path.name}:{line}", "", "exchange_row_width", value=len(cells), wanted=width)
            continue
        yield line, old, [cells[place].strip() if place >= 0 else "" for place in places]


def key_of(number: str, old: bool) -> int | None:
    """The key of a report number, None where it is no number."""
    return int(number) * 2 + old if _DIGITS.fullmatch(number) else None


def latest_reports(quarters: Sequence[Quarter], sheet: Sheet, task: Task | None = None) -> Reports:
    """One report for each case that was not deleted.

    Raises:
        InputError: a file cannot be read.
        Cancelled: on request.
    """
    keys, cases, dates = array("q"), array("q"), array("q")
    for quarter in quarters:
        file = quarter.files["demo"]
        for line, old, (number, case, date) in read_faers(file, ("primaryid", "caseid", "fda_dt"), sheet, task):
            key = key_of(number, old)
            if key is None or not _DIGITS.fullmatch(case):
                sheet.reject(f"{file.name}:{line}", "primaryid", "exchange_number", value=(number or case)[:40])
                continue
            keys.append(key)
            cases.append(int(case))
            dates.append(_day(date))
    deleted = _deleted(quarters)
    report, patient, received = (np.frombuffer(items, dtype=np.int64) for items in (keys, cases, dates))
    if not len(report):
        return Reports(np.empty(0, dtype=np.int64), 0, len(deleted))
    order = np.lexsort((report, received, patient))
    last = np.append(patient[order][1:] != patient[order][:-1], True)
    kept = order[last]
    kept = kept[~np.isin(patient[kept], np.fromiter(deleted, dtype=np.int64, count=len(deleted)))]
    return Reports(np.unique(report[kept]), len(report), len(deleted))


def _day(written: str) -> int:
    """YYYYMMDD as a number; a month or year alone stands before its days."""
    return int(written.ljust(8, "0")) if _DIGITS.fullmatch(written) and len(written) <= 8 else 0


def _deleted(quarters: Sequence[Quarter]) -> set[int]:
    """Cases the FDA has withdrawn: bare numbers, one a line; the first line may be blank."""
    cases: set[int] = set()
    for quarter in quarters:
        file = quarter.files.get("delete")
        if file is not None:
            for _, cells in read_rows(file, FORM):
                body = cells[0].strip()
                if _DIGITS.fullmatch(body):
                    cases.add(int(body))
    return cases
