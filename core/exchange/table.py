"""Clinical tables under a confirmed mapping: each cell read, converted, doubted or rejected, as a stream of rows."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.clinic.covariate import CATALOGUE, CovariateKind, to_base
from core.clinic.patient import Ethnicity, Sex, check_age
from core.clinic.plausibility import Suspicion, unusual_value
from core.errors import InputError
from core.exchange.columns import decode
from core.exchange.mapping import Column, TableMapping, base_unit
from core.exchange.sheet import Sheet
from core.exchange.text_table import Row, TextFormat, find_delimiter, open_text, read_rows, safe_cell
from core.exchange.workbook import is_workbook, read_workbook
from core.exchange.written import read_number
from core.task import Task
from core.units import Quantity, format_number

_COMPARED = re.compile(r"(<=|>=|<|>|≤|≥)\s*(.*)")
_SAME_SIGN = {"≤": "<=", "≥": ">="}
_COMMA = re.compile(r"[+-]?[0-9]+(,[0-9]+)?")
_REMEMBERED = 50_000  # cells per column whose meaning is kept
_GROWN = 18.0  # year; unknown ages are taken as grown, as usual ranges exist for adults only
_TEXTS = ("id", "name", "route", "drug", "moment", "born")

Clean = float | str


@dataclass(frozen=True, slots=True)
class CleanRow:
    """What is left of a row: values by field in base units, and the comparator of those that are limits."""

    line: int
    values: dict[str, Clean]
    censored: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Cell:
    """The meaning of one text of one column."""

    value: Clean | None
    comparator: str = ""
    fault: InputError | None = None
    doubt: Suspicion | None = None  # in an adult


@dataclass
class _Field:
    """One field of the mapping, where it stands, and the meanings of texts seen before."""

    name: str
    column: Column
    place: int
    unit_place: int | None
    read: Callable[[str, str], _Cell]
    known: dict[tuple[str, str], _Cell] = field(default_factory=dict)

    def cell(self, cells: Sequence[str]) -> _Cell:
        body = cells[self.place].strip() if self.place >= 0 else self.column.value
        unit = cells[self.unit_place].strip() if self.unit_place is not None else ""
        found = self.known.get((body, unit))
        if found is None:
            if len(self.known) >= _REMEMBERED:
                self.known.clear()
            found = self.known[body, unit] = self.read(body, unit)
        return found


def clean_rows(path: Path, mapping: TableMapping, sheet: Sheet, task: Task | None = None) -> Iterator[CleanRow]:
    """Rows of a table in the fields and base units of the program.

    A row that stands twice is rejected; a value that is impossible or cannot be read is rejected and its row stays; a
    value seldom seen is flagged and stays.

    Raises:
        InputError: the file as a whole cannot be read, or lacks a mapped column.
        Cancelled: on request.
    """
    rows = _rows(path, mapping, task)
    heading = _heading(path, rows)
    fields = _fields(heading, mapping)
    _note_conversions(mapping, sheet)
    seen: set[bytes] = set()
    for line, cells in rows:
        sheet.read += 1
        if len(cells) != len(heading):
            sheet.reject(line, "", "exchange_row_width", value=len(cells), wanted=len(heading))
        elif _is_new(cells, seen):
            row = _row(line, cells, fields, sheet)
            if row is not None:
                yield row
        else:
            sheet.reject(line, "", "exchange_row_twice")


def clean_csv(rows: Iterator[CleanRow], mapping: TableMapping) -> Iterator[bytes]:
    """The cleaned table as CSV in pieces: units in the heading, censored fields named in the last column."""
    names = list(mapping.columns)
    headings = [f"{name} ({base_unit(name)})" if base_unit(name) not in ("", "1") else name for name in names]
    yield (",".join(["line", *headings, "censored"]) + "\r\n").encode()
    batch: list[str] = []
    for row in rows:
        cells = [_written(row.values.get(name)) for name in names]
        limits = ";".join(f"{name}{sign}" for name, sign in row.censored.items())
        batch.append(",".join([str(row.line), *cells, limits]))
        if len(batch) == 4096:
            yield ("\r\n".join(batch) + "\r\n").encode()
            batch = []
    if batch:
        yield ("\r\n".join(batch) + "\r\n").encode()


@functools.lru_cache(maxsize=_REMEMBERED)
def _written(value: Clean | None) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return format_number(value)
    safe = safe_cell(value)
    return '"' + safe.replace('"', '""') + '"' if any(sign in safe for sign in ',"\r\n') else safe


def _rows(path: Path, mapping: TableMapping, task: Task | None) -> Iterator[Row]:
    """Rows of the file with its heading first, whether text or workbook."""
    if is_workbook(path):
        yield from read_workbook(path, mapping.sheet, task)
        return
    with open_text(path, mapping.encoding) as lines:
        first = lines.next_line()
    yield from read_rows(path, TextFormat(mapping.delimiter or find_delimiter(first) or ",", mapping.encoding), task)


def _heading(path: Path, rows: Iterator[Row]) -> list[str]:
    _, cells = next(rows, (0, []))
    names = [cell.strip() for cell in cells]
    if not names:
        raise InputError(str(path), "exchange_empty", path=path)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(str(path), "exchange_column_twice", name=twice)
    return names


def _fields(heading: Sequence[str], mapping: TableMapping) -> list[_Field]:
    def place_of(name: str, column: str) -> int:
        if column not in heading:
            raise InputError(f"columns.{name}", "exchange_column_missing", name=column, known=", ".join(heading)[:200])
        return list(heading).index(column)

    fields = []
    for name, column in mapping.columns.items():
        place = place_of(name, column.name) if column.name else -1
        unit_place = place_of(name, column.unit_column) if column.unit_column else None
        fields.append(_Field(name, column, place, unit_place, _reader(name, column, mapping)))
    return fields


def _note_conversions(mapping: TableMapping, sheet: Sheet) -> None:
    """One remark per column whose unit is not the program's own; every cell of it is converted."""
    for name, column in mapping.columns.items():
        if column.unit and base_unit(name) and column.unit != base_unit(name):
            sheet.change(column.name, name, "exchange_converted", unit_from=column.unit, unit_into=base_unit(name))


def _is_new(cells: Sequence[str], seen: set[bytes]) -> bool:
    key = hashlib.blake2b("\x1f".join(cells).encode(), digest_size=16).digest()
    if key in seen:
        return False
    seen.add(key)
    return True


def _row(line: int, cells: Sequence[str], fields: Sequence[_Field], sheet: Sheet) -> CleanRow | None:
    values: dict[str, Clean] = {}
    censored: dict[str, str] = {}
    doubts: list[Suspicion] = []
    for item in fields:
        cell = item.cell(cells)
        if cell.fault is not None:
            sheet.refuse(line, item.name, cell.fault)
        elif cell.value is not None:
            values[item.name] = cell.value
            if cell.comparator:
                censored[item.name] = cell.comparator
            if cell.doubt is not None:
                doubts.append(cell.doubt)
    if "id" not in values and any(item.name == "id" for item in fields):
        sheet.reject(line, "id", "exchange_value_missing", name="id")
        return None
    age = values.get("age", _GROWN)
    for doubt in doubts if isinstance(age, float) and age >= _GROWN else ():
        sheet.flag(line, doubt.about, doubt.id, **{key: format_number(one, 6) for key, one in doubt.values.items()})
    return CleanRow(line, values, censored)


def _reader(name: str, column: Column, mapping: TableMapping) -> Callable[[str, str], _Cell]:
    """What reads a cell of a field: text, choice or number."""

    def read(body: str, unit: str) -> _Cell:
        if body in mapping.missing and not column.value:
            return _Cell(None)
        try:
            return _meaning(name, column, mapping, decode(name, column, body), unit)
        except InputError as error:
            return _Cell(None, "", error)

    return read


def _meaning(name: str, column: Column, mapping: TableMapping, body: str, unit: str) -> _Cell:
    kind = CATALOGUE.get(name)
    if name in _TEXTS or (name.startswith("other_") and not column.unit):
        return _Cell(body)
    if name in ("sex", "ethnicity") or (kind is not None and kind.choices):
        known: Sequence[str] = {"sex": tuple(Sex), "ethnicity": tuple(Ethnicity)}.get(name) or (
            kind.choices if kind else ()
        )
        if body.lower() in known and name in ("sex", "ethnicity"):
            return _Cell(body.lower())
        if body not in known:
            raise InputError(name, "choice_unknown", value=body[:40], choices=", ".join(known))
        return _Cell(body)
    return _number(name, column, mapping, body, unit, kind)


def _number(
    name: str, column: Column, mapping: TableMapping, body: str, unit: str, kind: CovariateKind | None
) -> _Cell:
    """A number in base units, with its comparator if it is a limit; raises InputError for what nobody can have."""
    compared = _COMPARED.fullmatch(body)
    sign, bare = compared.groups() if compared else ("", body)
    if column.value and " " in bare:
        bare, _, unit = bare.partition(" ")
    if mapping.decimal == ",":
        if _COMMA.fullmatch(bare) is None:
            raise InputError(name, "exchange_number", value=body[:40])
        bare = bare.replace(",", ".")
    quantity = Quantity(read_number(bare, name), unit or column.unit or base_unit(name) or "1")
    value = to_base(kind, quantity) if kind is not None else _plain(name, quantity, mapping.molar_mass)
    if kind is not None and not kind.low <= value <= kind.high:
        low, high = f"{format_number(kind.low)} {kind.unit}", f"{format_number(kind.high)} {kind.unit}"
        raise InputError(name, "covariate_impossible", value=body[:40], low=low, high=high)
    if name == "age":
        check_age(value, "age")
    doubt = unusual_value(name, value, _GROWN) if kind is not None else None
    return _Cell(value, _SAME_SIGN.get(sign, sign), None, doubt)


def _plain(name: str, quantity: Quantity, molar_mass: float | None) -> float:
    """A number that is no covariate, in the unit of its field; `other_` fields keep the unit they have."""
    unit = base_unit(name)
    return quantity.to(unit, molar_mass) if unit else quantity.value


def read_moment(body: str, mapping: TableMapping) -> dt.datetime:
    """A clock time as the mapping writes it; without an offset it has the one of the mapping's start.

    Raises:
        InputError: another form, or no such moment.
    """
    try:
        if mapping.moment_format:
            moment = dt.datetime.strptime(body, mapping.moment_format)
        else:
            moment = dt.datetime.fromisoformat(body)
    except ValueError:
        raise InputError("moment", "exchange_moment", value=body[:40]) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=mapping.start.tzinfo)
