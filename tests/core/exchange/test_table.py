"""Hospital tables: one mapping, every odd cell named with its row, nothing repaired in silence."""

import csv
import io
from pathlib import Path

import pytest

from core.clinic.case import Case
from core.clinic.level import Level
from core.clinic.regimen import Dose, Route
from core.errors import Cancelled, InputError
from core.exchange.mapping import TableMapping, parse_mapping
from core.exchange.sheet import Action, Sheet
from core.exchange.table import CleanRow, clean_csv, clean_rows
from core.exchange.table_case import read_table_cases
from core.task import Task
from core.units import Quantity

MAPPING = """
schema: dosewright.mapping/1
confirmed: yes
drug: vancomycin
start: 2026-01-01T00:00+08:00
moment_format: "%d.%m.%Y %H:%M"
routes: {default: intravenous}
columns:
  id: {column: Patient}
  sex: {column: Geschlecht, codes: {m: male, w: female}}
  age: {column: Alter, unit: year}
  weight: {column: kg, unit: kg}
  serum_creatinine: {column: Krea, unit_column: Einheit}
  moment: {column: Zeit}
  level: {column: Spiegel, unit: ug/mL}
  dose: {column: Dosis, unit: g}
  duration: {column: Dauer, unit: min}
"""
HEADING = "Patient;Geschlecht;Alter;kg;Krea;Einheit;Zeit;Spiegel;Dosis;Dauer"
ROWS = """A1;w;71;48;68;umol/L;05.01.2026 08:00;;1;60
A1;w;71;48;0.9;mg/dL;05.01.2026 19:30;9.5;;
A1;w;71;48;;;06.01.2026 19:30;<2;;
B2;m;50;80;88;umol/L;05.01.2026 08:00;;0.75;90
"""


def mapping(text: str = MAPPING) -> TableMapping:
    return parse_mapping(text, Path("m.yaml"))


def write(tmp_path: Path, rows: str = ROWS, heading: str = HEADING) -> Path:
    file = tmp_path / "ward.csv"
    file.write_text(f"{heading}\n{rows}", "utf-8")
    return file


def clean(tmp_path: Path, rows: str = ROWS, text: str = MAPPING) -> tuple[list[CleanRow], Sheet]:
    sheet = Sheet()
    return list(clean_rows(write(tmp_path, rows), mapping(text), sheet)), sheet


def cases(tmp_path: Path, rows: str = ROWS) -> tuple[list[Case], Sheet]:
    sheet = Sheet()
    return list(read_table_cases(write(tmp_path, rows), mapping(), sheet)), sheet


def said(sheet: Sheet, action: Action) -> list[tuple[str, str, str]]:
    return [(item.row, item.field, item.reason) for item in sheet.remarks() if item.action is action]


def test_every_value_arrives_in_base_units_and_the_conversion_is_said_once(tmp_path: Path) -> None:
    rows, sheet = clean(tmp_path)
    person = {"id": "A1", "sex": "female", "age": 71.0, "weight": 48.0, "serum_creatinine": 68.0}
    assert rows[0].values == person | {"moment": "05.01.2026 08:00", "dose": 1000.0, "duration": 1.0}
    assert rows[1].values["serum_creatinine"] == pytest.approx(79.56, abs=0.01)  # 0.9 mg/dL x 88.4
    assert rows[1].values["level"] == 9.5
    assert (rows[2].values["level"], rows[2].censored) == (2.0, {"level": "<"})
    changed = said(sheet, Action.CHANGED)
    assert [(column, name) for column, name, _ in changed] == [
        ("Spiegel", "level"),
        ("Dosis", "dose"),
        ("Dauer", "duration"),
    ]
    assert {reason for _, _, reason in changed} == {"exchange_converted"}


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("A1;x;71;48;68;umol/L;;;;", "sex", "exchange_code"),
        ("A1;w;171;48;68;umol/L;;;;", "age", "age_impossible"),
        ("A1;w;71;4800;68;umol/L;;;;", "weight", "covariate_impossible"),
        ("A1;w;71;4,8;68;umol/L;;;;", "weight", "exchange_number"),
        ("A1;w;71;48;68;mg/L/h;;;;", "covariates.serum_creatinine", "unit_mismatch"),
        ("A1;w;71;48;68;stone;;;;", "covariates.serum_creatinine", "unit_unknown"),
        ("A1;w;71;48;68;umol/L;;1 2;;", "level", "exchange_number"),
        ("A1;w;71;48;68;umol/L;;1.234.5;;", "level", "exchange_number"),
        ("A1;w;71;48;68;umol/L;;１２;;", "level", "exchange_number"),
        ("A1;w;71;48;68;umol/L;;~5;;", "level", "exchange_number"),
        (";w;71;48;68;umol/L;;5;;", "id", "exchange_value_missing"),
        ("A1;w;71;48", "", "exchange_row_width"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(tmp_path: Path, row: str, field: str, reason: str) -> None:
    rows, sheet = clean(tmp_path, f"{row}\n")
    found = said(sheet, Action.REJECTED)
    assert [(line, why) for line, _, why in found] == [("2", reason)]
    assert found[0][1].endswith(field.rpartition(".")[2])
    assert all(field.rpartition(".")[2] not in item.values for item in rows)


def test_what_is_seldom_seen_is_kept_and_flagged_in_adults(tmp_path: Path) -> None:
    rows, sheet = clean(tmp_path, "A1;w;71;180;68;umol/L;;;;\nA2;w;5;18;25;umol/L;;;;\n")
    assert rows[0].values["weight"] == 180.0
    assert said(sheet, Action.FLAGGED) == [("2", "weight", "value_unusual")]


def test_a_row_that_stands_twice_is_taken_once(tmp_path: Path) -> None:
    rows, sheet = clean(tmp_path, ROWS + ROWS)
    assert len(rows) == 4
    assert [reason for _, _, reason in said(sheet, Action.REJECTED)] == ["exchange_row_twice"] * 4


def test_a_decimal_comma_is_read_where_the_mapping_says_so_and_a_point_is_not(tmp_path: Path) -> None:
    text = MAPPING.replace("drug:", 'decimal: ","\ndrug:')
    rows, sheet = clean(tmp_path, "A1;w;71;48,5;68;umol/L;;;;\nA1;w;71;48.5;68;umol/L;;;;\n", text)
    assert rows[0].values["weight"] == 48.5
    assert said(sheet, Action.REJECTED) == [("3", "weight", "exchange_number")]


def test_a_molar_level_needs_the_molar_mass(tmp_path: Path) -> None:
    text = MAPPING.replace("unit: ug/mL", "unit: umol/L")
    row = "A1;w;71;48;68;umol/L;;10;;\n"
    _, sheet = clean(tmp_path, row, text)
    assert [reason for _, _, reason in said(sheet, Action.REJECTED)] == ["unit_mismatch"]
    rows, _ = clean(tmp_path, row, text.replace("drug:", "molar_mass: 1449.3 g/mol\ndrug:"))
    assert rows[0].values["level"] == pytest.approx(14.493)


def test_cases_hold_doses_levels_and_covariates_at_their_clock_times(tmp_path: Path) -> None:
    (first, second), sheet = cases(tmp_path)
    assert first.start.isoformat() == "2026-01-05T08:00:00+08:00"
    assert first.doses == (Dose(0.0, Quantity(1000.0, "mg"), Route.INTRAVENOUS, Quantity(1.0, "h")),)
    assert first.levels == (
        Level(11.5, Quantity(9.5, "mg/L")),
        Level(35.5, Quantity(2.0, "mg/L"), below_limit=True),
    )
    assert [item.number for item in first.covariates if item.name == "weight"] == [48.0, 48.0, 48.0]
    assert second.doses[0].hours == 1.5
    assert sheet.rejected == 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A1;w;71;48;;;31.02.2026 08:00;5;;", "exchange_moment"),
        ("A1;w;71;48;;;;5;;", "exchange_value_missing"),
        ("A1;w;71;48;<20;umol/L;07.01.2026 08:00;;;", "exchange_covariate_limit"),
        ("A1;w;71;48;;;07.01.2026 08:00;>80;;", "exchange_above_range"),
        ("A1;w;71;48;;;07.01.2026 08:00;0;;", "level_not_positive"),
        ("A1;w;71;48;;;07.01.2026 08:00;;0;", "must_be_positive"),
        ("A1;w;71;48;;;07.01.2026 08:00;;-1;60", "must_be_positive"),
    ],
)
def test_an_event_no_case_can_hold_is_rejected_and_the_case_stays(tmp_path: Path, row: str, reason: str) -> None:
    (first, _), sheet = cases(tmp_path, f"{ROWS}{row}\n")
    assert [(line, why) for line, _, why in said(sheet, Action.REJECTED)] == [("6", reason)]
    assert (len(first.doses), len(first.levels)) == (1, 2)


def test_the_cleaned_table_can_be_read_by_anybody_and_runs_nothing(tmp_path: Path) -> None:
    rows = ROWS.replace("B2", "=cmd|' /C calc'!A0").replace("A1", '"A;1"""')
    found = clean_rows(write(tmp_path, rows), mapping(), Sheet())
    written = b"".join(clean_csv(found, mapping())).decode()
    table = list(csv.DictReader(io.StringIO(written)))
    assert table[3]["id"] == "'=cmd|' /C calc'!A0"
    assert table[0]["id"] == 'A;1"'
    assert table[0]["dose (mg)"] == "1000"
    assert (table[2]["level (mg/L)"], table[2]["censored"]) == ("2", "level<")


def test_a_missing_column_a_repeated_one_and_a_mapping_without_times_are_refused(tmp_path: Path) -> None:
    file = write(tmp_path)
    with pytest.raises(InputError, match="exchange_column_missing"):
        list(clean_rows(file, mapping(MAPPING.replace("column: kg", "column: lb")), Sheet()))
    with pytest.raises(InputError, match="exchange_column_twice"):
        list(clean_rows(write(tmp_path, heading=HEADING.replace("Alter", "kg")), mapping(), Sheet()))
    with pytest.raises(InputError, match="exchange_mapping_id_time"):
        list(read_table_cases(file, mapping(MAPPING.replace("  moment: {column: Zeit}\n", "")), Sheet()))


def test_another_encoding_is_read_when_named(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes("病人,体重\n甲,50\n".encode("gb18030"))
    text = """
schema: dosewright.mapping/1
confirmed: yes
drug: vancomycin
encoding: gb18030
columns:
  id: {column: 病人}
  weight: {column: 体重, unit: kg}
"""
    (row,) = clean_rows(file, mapping(text), Sheet())
    assert row.values == {"id": "甲", "weight": 50.0}
    with pytest.raises(InputError, match="exchange_encoding"):
        list(clean_rows(file, mapping(text.replace("gb18030", "utf-8")), Sheet()))


def test_reading_can_be_stopped(tmp_path: Path) -> None:
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        list(clean_rows(write(tmp_path, ROWS * 3000), mapping(), Sheet(), task))


def test_remarks_without_end_stay_in_order_and_out_of_memory(tmp_path: Path) -> None:
    _, sheet = clean(tmp_path, "A1;w;71;4800;68;umol/L;;;;\n" + ROWS * 15_000)
    lines = [int(item.row) for item in sheet.remarks() if item.action is Action.REJECTED]
    assert lines == [2, *range(7, 60_003)]
    assert sheet.rejected == len(lines)
