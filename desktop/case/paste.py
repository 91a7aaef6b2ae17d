"""Tables copied from a spreadsheet, cell by cell as text; nothing is read as a number here."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from core.clinic.regimen import Route
from desktop.case.draft import DoseRow, LevelRow

_NUMBER_AND_UNIT = re.compile(r"([<>]?\s*[0-9.,]+)\s*([A-Za-zµμ%/]+.*)")
_MICRO = str.maketrans("µμ", "uu")
_DOSE_HEADERS = {
    "when": ("time", "date", "from", "given", "时间", "日期", "起始"),
    "amount": ("dose", "amount", "剂量"),
    "unit": ("unit", "单位"),
    "every": ("every", "interval", "间隔"),
    "route": ("route", "途径"),
    "count": ("count", "number", "repeat", "×", "次数"),
    "duration": ("duration", "infusion", "输注"),
}
_LEVEL_HEADERS = {
    "when": ("time", "date", "taken", "drawn", "时间", "日期"),
    "value": ("level", "value", "conc", "result", "浓度", "结果"),
    "unit": ("unit", "单位"),
}
_ROUTES = {"iv": Route.INTRAVENOUS, "po": Route.ORAL, "im": Route.INTRAMUSCULAR, "sc": Route.SUBCUTANEOUS}


def _table(text: str) -> list[list[str]]:
    separator = "\t" if "\t" in text else ";" if ";" in text else "\t"
    rows = csv.reader(io.StringIO(text.strip("\r\n")), delimiter=separator)
    return [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]


def _columns(table: list[list[str]], headers: dict[str, tuple[str, ...]]) -> tuple[list[str], list[list[str]]]:
    """Names of the columns, from the table's own header row when it has one, else in the order of the form."""
    if not table:
        return [], []
    first = table[0]
    named = [_header(cell, headers) for cell in first]
    if any(named) and not any(character.isdigit() for cell in first for character in cell):
        return named, table[1:]
    return list(headers), table


def _header(cell: str, headers: dict[str, tuple[str, ...]]) -> str:
    folded = cell.casefold()
    return next((name for name, words in headers.items() if any(word in folded for word in words)), "")


def _split(values: dict[str, str], number: str, unit: str) -> None:
    """`250 mg` in one cell becomes a number and a unit, both still text."""
    match = _NUMBER_AND_UNIT.fullmatch(values.get(number, ""))
    if match is not None and not values.get(unit):
        values[number], values[unit] = match[1], _unit(match[2])


def _unit(text: str) -> str:
    cleaned = text.strip().translate(_MICRO)
    return "ug" if cleaned == "mcg" else cleaned


def dose_rows(text: str) -> list[DoseRow]:
    """Read a pasted table of doses: time, dose, unit, every, route, count, infusion time."""
    names, table = _columns(_table(text), _DOSE_HEADERS)
    if (
        names == list(_DOSE_HEADERS)
        and table
        and not any(_unit(row[2]) in {"mg", "g", "ug"} for row in table if len(row) > 2)
    ):
        names = [name for name in names if name != "unit"]
    rows = []
    for cells in table:
        values = {name: cell for name, cell in zip(names, cells, strict=False) if name}
        _split(values, "amount", "unit")
        _split(values, "every", "every_unit")
        _split(values, "duration", "duration_unit")
        if "route" in values:
            values["route"] = _route(values["route"])
        if values.get("unit"):
            values["unit"] = _unit(values["unit"])
        filled: dict[str, Any] = {name: value for name, value in values.items() if value}
        rows.append(DoseRow(**filled))
    return rows


def _route(text: str) -> str:
    folded = text.casefold()
    found = _ROUTES.get(folded) or next((route for route in Route if folded and route.value.startswith(folded)), None)
    return found.value if found is not None else ""


def level_rows(text: str) -> list[LevelRow]:
    """Read a pasted table of levels: time, level, unit."""
    names, table = _columns(_table(text), _LEVEL_HEADERS)
    rows = []
    for cells in table:
        values = {name: cell for name, cell in zip(names, cells, strict=False) if name}
        _split(values, "value", "unit")
        if values.get("unit"):
            values["unit"] = _unit(values["unit"])
        rows.append(LevelRow(when=values.get("when", ""), value=values.get("value", ""), unit=values.get("unit", "")))
    return rows
