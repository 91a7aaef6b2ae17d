"""The mapping a person confirms once: which column of a table means what, in which unit and which codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.clinic.covariate import CATALOGUE
from core.clinic.patient import Ethnicity, Sex
from core.clinic.regimen import Route
from core.clinic.strict_yaml import Entry, parse_strict_yaml
from core.errors import DrugFileError, InputError
from core.units import conversion_factor

SCHEMA = "dosewright.mapping/1"
PATIENT_FIELDS = ("id", "name", "sex", "age", "born", "ethnicity")
EVENT_FIELDS = ("time", "moment", "dose", "route", "duration", "every", "count", "level", "drug")
_BASE = {
    "time": "h",
    "dose": "mg",
    "amount": "mg",
    "duration": "h",
    "every": "h",
    "level": "mg/L",
    "age": "year",
}
_UNITLESS = {*PATIENT_FIELDS, "moment", "route", "count", "drug"} - {"age"}
_LARGEST = 1_000_000  # bytes
_DEFAULT_START = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Column:
    """Where a field comes from: a column with its unit and codes, or one value that holds for the whole table."""

    name: str = ""
    unit: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    value: str = ""
    unit_column: str = ""  # the column that names each row's unit


@dataclass(frozen=True)
class TableMapping:
    """A confirmed mapping."""

    drug: str
    columns: Mapping[str, Column]
    units: Mapping[str, str] = field(default_factory=dict)  # of a NONMEM table: time, amount, level
    routes: Mapping[str, Route] = field(default_factory=dict)  # by CMT; "default" for the others
    level_kinds: tuple[str, ...] = ()  # DVID of the drug's levels; empty: all
    start: dt.datetime = _DEFAULT_START  # clock time of hour 0 where the table has none
    encoding: str = "utf-8"
    delimiter: str = ""
    every_is_steady: bool = False  # a dose row with an interval stands for doses long given so
    occasion: str = ""  # of a NONMEM table: the column that numbers courses whose time begins anew
    sheet: str = ""  # of a workbook, where it has several
    molar_mass: float | None = None  # g/mol of the drug, where the table counts in moles
    decimal: str = "."  # "," where the table writes 1,5
    moment_format: str = ""  # strptime's; empty: ISO 8601
    missing: tuple[str, ...] = ("", ".", "NA", "NaN", "NULL", "null", "n/a", "N/A")

    def unit(self, name: str) -> str:
        """Unit of a NONMEM column: `time`, `amount` or `level`."""
        return self.units.get(name, _BASE[name])


def base_unit(name: str) -> str:
    """Unit a field is kept in; empty for text."""
    kind = CATALOGUE.get(name)
    return _BASE.get(name, "") if kind is None else kind.unit


def load_mapping(path: Path) -> TableMapping:
    """Read a mapping file.

    Raises:
        InputError: `exchange_mapping` with line and fault, or `exchange_mapping_unconfirmed`.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(str(path), "exchange_too_large", path=path, value=path.stat().st_size, high=_LARGEST)
        written = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), "file_not_read", path=path, why=getattr(error, "strerror", None) or error) from None
    return parse_mapping(written, path)


def parse_mapping(written: str, path: Path) -> TableMapping:
    """Read the text of a mapping; `path` names it in messages. Raises InputError as `load_mapping`."""
    try:
        root = parse_strict_yaml(written, path)
        return _mapping(root, path)
    except DrugFileError as error:
        raise InputError(str(path), "exchange_mapping", path=path, line=error.line, why=error.reason) from None


def _mapping(root: Entry, path: Path) -> TableMapping:
    root.only(
        *("schema", "confirmed", "drug", "columns", "units", "routes", "level_kinds", "start", "encoding"),
        *("delimiter", "moment_format", "missing", "occasion", "decimal", "molar_mass", "sheet", "every_means"),
    )
    root["schema"].choice(SCHEMA)
    if root["confirmed"].choice("yes", "no") != "yes":
        raise InputError(str(path), "exchange_mapping_unconfirmed", path=path)
    columns = root.get("columns")
    units = root.get("units")
    routes = root.get("routes")
    kinds, missing = root.get("level_kinds"), root.get("missing")
    more = {} if missing is None else {"missing": ("", *(entry.text for entry in missing.items))}
    return TableMapping(
        drug=root["drug"].text,
        columns={} if columns is None else {name: _column(name, entry) for name, entry in columns.fields.items()},
        units={} if units is None else {name: _unit(name, entry) for name, entry in units.fields.items()},
        routes={} if routes is None else {key: Route(entry.choice(*Route)) for key, entry in routes.fields.items()},
        level_kinds=() if kinds is None else tuple(entry.text for entry in kinds.items),
        start=_start(root.get("start")),
        encoding=_plain(root, "encoding", "utf-8"),
        delimiter=_plain(root, "delimiter", "").replace("\\t", "\t"),
        moment_format=_plain(root, "moment_format", ""),
        sheet=_plain(root, "sheet", ""),
        molar_mass=root["molar_mass"].quantity("g/mol") if "molar_mass" in root else None,
        decimal=root["decimal"].choice(".", ",") if "decimal" in root else ".",
        every_is_steady="every_means" in root
        and root["every_means"].choice("repeats", "steady_state") == "steady_state",
        occasion=_plain(root, "occasion", ""),
        **more,
    )


def _plain(root: Entry, key: str, default: str) -> str:
    entry = root.get(key)
    return default if entry is None else entry.text


def _start(entry: Entry | None) -> dt.datetime:
    if entry is None:
        return _DEFAULT_START
    try:
        start = dt.datetime.fromisoformat(entry.text)
    except ValueError:
        raise entry.error(f"'{entry.text}' is no moment such as 2026-07-06T08:00+08:00") from None
    if start.tzinfo is None:
        raise entry.error("the offset from UTC is missing, such as +08:00")
    return start


def _column(name: str, entry: Entry) -> Column:
    if (
        name not in CATALOGUE
        and name not in PATIENT_FIELDS
        and name not in EVENT_FIELDS
        and not name.startswith("other_")
    ):
        raise entry.error(f"'{name}' is neither a covariate nor one of {', '.join((*PATIENT_FIELDS, *EVENT_FIELDS))}")
    entry.only("column", "unit", "unit_column", "codes", "value")
    parts = {key: entry[key].text if key in entry else "" for key in ("column", "unit", "unit_column", "value")}
    if bool(parts["column"]) == bool(parts["value"]):
        raise entry.error("give either the column or one value for all rows")
    codes = entry.get("codes")
    numeric = base_unit(name) not in ("", "1") and not name.startswith("other_")
    if numeric and parts["column"] and not (parts["unit"] or parts["unit_column"]):
        raise entry.error(f"the unit of the column is missing, such as {base_unit(name)}")
    if parts["unit"]:
        _unit(name, entry["unit"])
    given = {} if codes is None else {key: item.text for key, item in codes.fields.items()}
    _check_codes(name, given, entry)
    return Column(parts["column"], parts["unit"], given, parts["value"], parts["unit_column"])


def _check_codes(name: str, codes: Mapping[str, str], entry: Entry) -> None:
    kind = CATALOGUE.get(name)
    allowed: Iterable[str] = kind.choices if kind is not None else ()
    if name in ("sex", "ethnicity", "route"):
        allowed = {"sex": tuple(Sex), "ethnicity": tuple(Ethnicity), "route": tuple(Route)}[name]
    wrong = [value for value in codes.values() if allowed and value not in allowed]
    if wrong:
        raise entry.error(f"'{wrong[0]}' is not one of {', '.join(allowed)}")


def _unit(name: str, entry: Entry) -> str:
    """A unit the program knows; whether it can be converted shows only with the molar mass or the covariate's own."""
    if name in _UNITLESS:
        raise entry.error("this field has no unit")
    try:
        conversion_factor(entry.text, entry.text)
    except InputError:
        raise entry.error(f"the unit '{entry.text}' is not known") from None
    return entry.text
