"""A Case as a NONMEM-style table: `$DATA file IGNORE=@` skips its heading and the mapping in its comments."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

from core.clinic.case import Case
from core.clinic.covariate import CATALOGUE, CovariateValue, value_at
from core.clinic.patient import Ethnicity, Sex
from core.clinic.regimen import Dose, DoseStatus, Route
from core.errors import InputError
from core.exchange.mapping import SCHEMA
from core.exchange.nonmem import NOTE
from core.exchange.sheet import Sheet

_COLUMNS = ("ID", "TIME", "EVID", "AMT", "RATE", "II", "ADDL", "SS", "CMT", "DV", "MDV", "BLQ")
_COMPARTMENTS = {
    Route.ORAL: 1,
    Route.INTRAVENOUS: 2,
    **{route: place for place, route in enumerate(list(Route)[2:], 3)},
}


def write_table(case: Case, sheet: Sheet, molar_mass: float | None = None) -> str:
    """The table of a case: mg, hours, and the unit of its first level; what the format cannot say is on the sheet.

    Args:
        case: what to write.
        sheet: takes a remark for each thing left out.
        molar_mass: g/mol of the analyte, where levels in mol/L and mg/L stand side by side.

    Raises:
        InputError: levels whose units cannot be brought together.
    """
    names = list(dict.fromkeys(item.name for item in case.covariates))
    unit = case.levels[0].value.unit if case.levels else "mg/L"
    rows = [*_dose_rows(case, sheet), *_level_rows(case, unit, molar_mass, sheet), *_change_rows(case)]
    rows.sort(key=lambda row: (row[0], row[1]))
    lines = [f"{NOTE}{line}" for line in _mapping(case, names, unit)]
    lines.append(",".join((*_COLUMNS, *(name.upper() for name in names))))
    for time, _, cells in rows:
        covariates = [_covariate(case.covariates, name, time) for name in names]
        lines.append(",".join(["1", _number(time), *cells, *covariates]))
    _left_out(case, sheet)
    return "\n".join(lines) + "\n"


_Line = tuple[float, int, list[str]]  # time, order among rows of one time, cells after TIME


def _dose_rows(case: Case, sheet: Sheet) -> list[_Line]:
    rows = []
    for index, dose in enumerate(case.doses):
        if dose.status is not DoseStatus.GIVEN:
            sheet.reject(f"$.doses[{index}]", "status", "exchange_not_given", status=dose.status.value)
            continue
        rows.append((dose.time, 2, _dose_cells(dose)))
    return rows


def _dose_cells(dose: Dose) -> list[str]:
    rate = dose.milligrams / dose.hours if dose.hours else 0.0
    steady = "1" if dose.steady_state else "0"
    every = _number(dose.interval or 0.0)
    place = str(_COMPARTMENTS[dose.route])
    return ["1", _number(dose.milligrams), _number(rate), every, str(dose.count - 1), steady, place, ".", "1", "0"]


def _level_rows(case: Case, unit: str, molar_mass: float | None, sheet: Sheet) -> list[_Line]:
    rows = []
    for index, level in enumerate(case.levels):
        if not level.use:
            sheet.flag(f"$.levels[{index}]", "use", "exchange_put_aside")
        try:
            value = level.value.to(unit, molar_mass)
        except InputError as error:
            raise InputError(f"$.levels[{index}].value", error.reason, **error.values) from None
        ends = [_number(value), "0" if level.use else "1", "1" if level.below_limit else "0"]
        rows.append((level.time, 1, ["0", "0", "0", "0", "0", "0", "0", *ends]))
    return rows


def _change_rows(case: Case) -> list[_Line]:
    """A row for each moment at which a covariate is entered."""
    times = sorted({item.time for item in case.covariates})
    return [(time, 0, ["2", "0", "0", "0", "0", "0", "0", ".", "1", "0"]) for time in times]


def _covariate(items: Sequence[CovariateValue], name: str, time: float) -> str:
    """The value in force, or missing before the first one."""
    item = value_at(items, name, time)
    if item is None or item.time > time:
        return "."
    kind = CATALOGUE[item.name]
    return str(kind.choices.index(str(item.value))) if kind.choices else _number(item.number)


def _mapping(case: Case, names: Sequence[str], unit: str) -> list[str]:
    """The mapping that reads the table back, in the lines of a mapping file."""
    patient = case.patient
    lines = [f"schema: {SCHEMA}", "confirmed: yes", f"drug: {_quoted(case.drug)}", f"start: {case.start.isoformat()}"]
    lines.append(f"units: {{time: h, amount: mg, level: {_quoted(unit)}}}")
    used = sorted({dose.route for dose in case.given_doses}, key=lambda route: _COMPARTMENTS[route])
    if used:
        lines.append("routes: {" + ", ".join(f"{_COMPARTMENTS[route]}: {route.value}" for route in used) + "}")
    lines.append("columns:")
    facts = {"id": patient.id, "name": patient.name, "sex": Sex(patient.sex).value}
    facts["born" if patient.born else "age"] = str(patient.born or f"{_number(patient.age or 0.0)} year")
    if patient.ethnicity is not Ethnicity.UNKNOWN:
        facts["ethnicity"] = patient.ethnicity.value
    lines += [f"  {name}: {{value: {_quoted(value)}}}" for name, value in facts.items() if value]
    for name in names:
        kind = CATALOGUE[name]
        codes = ", ".join(f'"{place}": {_quoted(choice)}' for place, choice in enumerate(kind.choices))
        meaning = f"codes: {{{codes}}}" if kind.choices else f"unit: {_quoted(kind.unit)}"
        lines.append(f"  {name}: {{column: {name.upper()}, {meaning}}}")
    return lines


def _left_out(case: Case, sheet: Sheet) -> None:
    for name in ("models", "co_medication", "outcomes", "target"):
        if getattr(case, name):
            sheet.reject(f"$.{name}", "", "exchange_no_place", part=name)


def _quoted(written: str) -> str:
    """A text without a sign that would part it into cells: none of its pieces can be taken for a formula."""
    quoted = json.dumps(written, ensure_ascii=False)
    return quoted.replace(",", "\\u002c").replace(";", "\\u003b")


def _number(value: float) -> str:
    """Every digit that tells this number from its neighbours, without exponent."""
    written = f"{Decimal(repr(float(value))):f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
