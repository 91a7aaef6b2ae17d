"""A proposal for a mapping: what the names of the columns suggest, for a person to check, complete and confirm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from core.exchange.mapping import SCHEMA
from core.exchange.nonmem import read_heading
from core.exchange.text_table import Row, TextFormat, find_delimiter, open_text, read_rows
from core.exchange.workbook import is_workbook, read_workbook

_ROWS = 2000  # looked at for codes
_MOST_CODES = 12
_OPEN = "'?'"  # no unit and no code; the reader refuses it until somebody fills it in
_NAMES: dict[str, tuple[tuple[str, ...], str]] = {
    "sex": (("sex", "gender", "male", "female", "性别"), ""),
    "age": (("age", "alter", "年龄"), "year"),
    "weight": (("wt", "weight", "bw", "wgt", "kg", "体重"), "kg"),
    "height": (("ht", "height", "hgt", "身高"), "cm"),
    "serum_creatinine": (("scr", "creat", "creatinine", "crea", "cr", "肌酐"), _OPEN),
    "creatinine_clearance": (("crcl", "clcr", "crcln"), "mL/min"),
    "egfr": (("egfr", "gfr"), "mL/min/1.73m2"),
    "albumin": (("alb", "albumin", "白蛋白"), _OPEN),
    "bilirubin": (("bili", "bilirubin", "tbil", "胆红素"), _OPEN),
    "haematocrit": (("hct", "hematocrit", "haematocrit"), "'%'"),
    "inr": (("inr",), ""),
    "smoker": (("smoke", "smoker", "smk"), ""),
    "ethnicity": (("race", "ethnicity"), ""),
}
_EVENTS: dict[str, tuple[tuple[str, ...], str]] = {
    "id": (("id", "patient", "patient_id", "subject", "病人", "患者"), ""),
    "time": (("time", "hours", "tad"), "h"),
    "moment": (("datetime", "date", "timestamp", "moment", "时间"), ""),
    "level": (("level", "conc", "concentration", "dv", "浓度"), _OPEN),
    "dose": (("dose", "amt", "amount", "剂量"), _OPEN),
    "route": (("route", "途径"), ""),
    "drug": (("drug", "medication", "药物"), ""),
}
_CODED = ("sex", "smoker", "ethnicity")


@dataclass(frozen=True)
class Draft:
    """The text of a mapping that is not confirmed, and the columns nobody has explained."""

    text: str
    unexplained: tuple[str, ...]


def draft_mapping(path: Path, drug: str, *, nonmem: bool) -> Draft:
    """Propose a mapping for a table.

    Raises:
        InputError: the table cannot be read.
    """
    if nonmem:
        heading = read_heading(path)
        names = list(heading.others)
        rows = [cells for _, cells in islice(read_rows(path, heading.form), _ROWS)]
        places = heading.others
    else:
        rows = [cells for _, cells in islice(_rows(path), _ROWS)]
        names = [cell.strip() for cell in rows.pop(0)] if rows else []
        places = {name: place for place, name in enumerate(names)}
    lines_of = [f"schema: {SCHEMA}", "confirmed: no", f"drug: {drug or _OPEN}"]
    if nonmem:
        lines_of += [f"units: {{time: {_OPEN}, amount: {_OPEN}, level: {_OPEN}}}", "routes: {default: oral}"]
    else:
        lines_of += ["routes: {default: oral}"]
    lines_of.append("columns:")
    known = _NAMES if nonmem else {**_EVENTS, **_NAMES}
    explained: set[str] = set()
    for field, (words, unit) in known.items():
        column = next((name for name in names if name.lower() in words and name not in explained), None)
        if column is None:
            continue
        explained.add(column)
        seen = {cells[places[column]].strip() for cells in rows if len(cells) > places[column]}
        lines_of.append(f"  {field}: {{{', '.join(_parts(field, column, unit, seen))}}}")
    if not explained:
        lines_of.append("  age: {value: '?'}")
    return Draft("\n".join(lines_of) + "\n", tuple(name for name in names if name not in explained))


def _rows(path: Path) -> Iterator[Row]:
    if is_workbook(path):
        return read_workbook(path)
    with open_text(path) as lines:
        form = TextFormat(find_delimiter(lines.next_line()) or ",")
    return read_rows(path, form)


def _parts(field: str, column: str, unit: str, seen: set[str]) -> Iterator[str]:
    yield f"column: {_quoted(column)}"
    if unit:
        yield f"unit: {unit}"
    if field in _CODED:
        yield f"codes: {{{', '.join(_codes(sorted(seen - {'', '.', 'NA'})))}}}"


def _codes(seen: Sequence[str]) -> Iterator[str]:
    return (f"{_quoted(code)}: {_OPEN}" for code in seen[:_MOST_CODES])


def _quoted(written: str) -> str:
    return "'" + written.replace("'", "''") + "'"
