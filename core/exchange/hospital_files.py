"""The tables of a hospital data set in a folder, found whatever their case and packing, read by names of columns."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.clinic.covariate import CovariateValue, check_covariate
from core.errors import InputError
from core.exchange.course import Course, Time
from core.exchange.sheet import Sheet
from core.exchange.text_table import TextFormat, read_rows
from core.exchange.ucum import from_ucum
from core.exchange.written import read_number
from core.task import Task
from core.units import Quantity

Named = tuple[str, dict[str, str]]  # where the row stands (file:line), its cells by column

_ENDINGS = (".csv", ".csv.gz", ".txt", ".txt.gz")
_SPELLED = (
    *("mg/dL", "g/dL", "ug/mL", "ng/mL", "mg/L", "ug/L", "umol/L", "mmol/L", "nmol/L", "mEq/L", "g/L"),
    *("mg", "g", "ug"),
)
_UNITS = {unit.lower(): unit for unit in _SPELLED} | {
    "mcg/ml": "ug/mL",
    "mcg/l": "ug/L",
    "mcg": "ug",
    "gm": "g",
    "gram": "g",
    "ratio": "1",
    "": "1",
}
_LESS = re.compile(r"(?:<|less than)\s*([0-9]+(?:\.[0-9]+)?)\D*", re.IGNORECASE)
_MORE = re.compile(r"(?:>|greater than).*", re.IGNORECASE)


@dataclass(frozen=True)
class HospitalSource:
    """A folder, the drug wanted from it, and whether the user takes orders for doses given."""

    folder: Path
    drug: str
    orders_as_given: bool = False


def find_table(folder: Path, name: str) -> Path | None:
    """The file of a table in a folder or one level below it, None where there is none.

    Raises:
        InputError: the folder cannot be read.
    """
    try:
        places = [folder, *sorted(item for item in folder.iterdir() if item.is_dir())]
        for place in places:
            for file in sorted(place.iterdir()):
                if file.is_file() and file.name.lower() in {f"{name}{ending}" for ending in _ENDINGS}:
                    return file
    except OSError as error:
        raise InputError(str(folder), "file_not_read", path=folder, why=error.strerror or "") from error
    return None


def need_table(folder: Path, name: str) -> Path:
    """As `find_table`; raises InputError where there is none."""
    found = find_table(folder, name)
    if found is None:
        raise InputError(str(folder), "exchange_table_missing", path=folder, name=name)
    return found


def headings_of(path: Path) -> list[str]:
    """Names of the columns in lower case.

    Raises:
        InputError: the file cannot be read or is empty.
    """
    _, cells = next(read_rows(path, TextFormat()), (0, []))
    if not cells:
        raise InputError(str(path), "exchange_empty", path=path)
    return [cell.strip().lower() for cell in cells]


def read_named(
    path: Path, columns: Sequence[str], sheet: Sheet, task: Task | None = None, keep: re.Pattern[str] | None = None
) -> Iterator[Named]:
    """Rows of a table as cells by name; only lines in which `keep` is found are looked at.

    Raises:
        InputError: the file cannot be read, or lacks one of the columns.
        Cancelled: on request.
    """
    names = headings_of(path)
    for column in columns:
        if column not in names:
            raise InputError(str(path), "exchange_column_missing", name=column, known=", ".join(names)[:200])
    places = {name: names.index(name) for name in names}
    form = TextFormat(first_line=2, keep=keep)
    for line, cells in read_rows(path, form, task):
        sheet.read += 1
        if len(cells) != len(names):
            sheet.reject(f"{path.name}:{line}", "", "exchange_row_width", value=len(cells), wanted=len(names))
            continue
        yield f"{path.name}:{line}", {name: cells[place].strip() for name, place in places.items()}


def words_pattern(words: Sequence[str]) -> re.Pattern[str]:
    """A pattern that finds any of the words in a raw line, in any case."""
    return re.compile("|".join(rf"(?<![0-9a-z]){re.escape(word)}(?![0-9a-z])" for word in words), re.IGNORECASE)


def read_unit(written: str) -> str:
    """A unit as hospital systems write it, in the program's spelling; what is not known stays as it is."""
    return _UNITS.get(written.strip().lower(), written.strip())


def read_result(written: str, number: str, unit: str) -> tuple[Quantity, bool]:
    """A laboratory result and whether it is a limit it lies below.

    Args:
        written: the result as text, such as `<1.7`, `LESS THAN 1.7` or `12.5`.
        number: the result as a number, where the table has it.
        unit: as written.

    Raises:
        InputError: no number, a result above the range, or an unknown unit.
    """
    spelled = read_unit(unit)
    less = _LESS.fullmatch(written.strip())
    if less is not None:
        return from_ucum(read_number(less.group(1), "value"), spelled), True
    if _MORE.fullmatch(written.strip()):
        raise InputError("value", "exchange_above_range", value=written[:40])
    body = number or written
    if not body:
        raise InputError("value", "exchange_value_missing", name="value")
    return from_ucum(read_number(body, "value"), spelled), False


def add_covariate(course: Course, place: str, time: Time, name: str, result: tuple[Quantity, bool]) -> None:
    """Add a measured covariate.

    Raises:
        InputError: a limit is no value, or nobody can have it.
    """
    value, below = result
    if below:
        raise InputError(name, "exchange_covariate_limit", value=f"< {value}")
    check_covariate(CovariateValue(name, value), name)
    course.add_covariate(place, time, name, value)


def read_time(written: str) -> dt.datetime:
    """A time of the shifted calendar; the data set has no time zone, UTC stands for it.

    Raises:
        InputError: no such time.
    """
    try:
        return dt.datetime.fromisoformat(written).replace(tzinfo=dt.UTC)
    except ValueError:
        raise InputError("time", "exchange_moment", value=written[:40]) from None
