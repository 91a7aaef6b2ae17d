"""From a table to cases under a confirmed mapping, and from a case to a table that reads back as the same case."""

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import pytest

from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.clinic.covariate import CovariateValue
from core.clinic.level import Level
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, DoseStatus, Route
from core.errors import InputError
from core.exchange.mapping import parse_mapping
from core.exchange.nonmem_case import read_cases
from core.exchange.nonmem_write import write_table
from core.exchange.sheet import Sheet
from core.units import Quantity
from tests.conftest import SHARED

EXAMPLES = Path(__file__).resolve().parents[3] / "resources" / "examples"
PUBLIC = SHARED / "data" / "individual_pk"
MAPPING = """
schema: dosewright.mapping/1
confirmed: yes
drug: theophylline
start: 2026-01-01T08:00+00:00
units: {time: h, amount: mg, level: mg/L}
routes: {1: oral, 2: intravenous}
columns:
  weight: {column: WT, unit: kg}
  smoker: {column: SMOKE, codes: {0: no, 1: yes}}
  sex: {column: SEX, codes: {1: male, 2: female}}
  age: {value: 30 year}
"""
TABLE = """ID,TIME,AMT,RATE,II,ADDL,SS,CMT,EVID,DV,BLQ,WT,SMOKE,SEX
1,0,300,0,12,3,0,1,1,.,0,70,0,1
1,6,.,0,0,0,0,1,0,8.2,0,70,0,1
1,50,200,100,0,0,0,2,1,.,0,71.5,1.0,1
1,60,.,0,0,0,0,1,0,0.5,1,71.5,1,1
2,0,250,0,8,0,1,1,1,.,0,55,.,2
2,4,.,0,0,0,0,1,0,9,0,55,.,2
"""


def read(tmp_path: Path, table: str = TABLE, mapping: str = MAPPING) -> tuple[list[Case], Sheet]:
    file = tmp_path / "table.csv"
    file.write_text(table, "utf-8")
    sheet = Sheet()
    return list(read_cases(file, parse_mapping(mapping, Path("map.yaml")), sheet)), sheet


def test_rows_become_doses_levels_and_covariates_from_the_time_they_change(tmp_path: Path) -> None:
    (first, second), sheet = read(tmp_path)
    assert first.patient == Patient("1", Sex.MALE, age=30.0)
    assert first.start == dt.datetime(2026, 1, 1, 8, tzinfo=dt.UTC)
    assert first.doses == (
        Dose(0.0, Quantity(300.0, "mg"), Route.ORAL, every=Quantity(12.0, "h"), count=4),
        Dose(50.0, Quantity(200.0, "mg"), Route.INTRAVENOUS, duration=Quantity(2.0, "h")),
    )
    assert first.levels == (
        Level(6.0, Quantity(8.2, "mg/L")),
        Level(60.0, Quantity(0.5, "mg/L"), below_limit=True),
    )
    assert [(item.name, item.time) for item in first.covariates] == [
        ("weight", 0.0),
        ("smoker", 0.0),
        ("weight", 50.0),
        ("smoker", 50.0),
    ]
    assert second.patient.sex is Sex.FEMALE
    assert second.doses[0].steady_state
    assert (sheet.read, sheet.rejected) == (6, 0)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,55,100,-2,0,0,0,2,1,.,0,70,0,1", "exchange_modelled_rate"),
        ("1,55,100,0,12,0,2,1,1,.,0,70,0,1", "exchange_steady_on_top"),
        ("1,55,0,10,0,0,1,2,1,.,0,70,0,1", "exchange_constant_infusion"),
        ("1,55,100,0,0,0,0,3,1,.,0,70,0,1", "exchange_route_unknown"),
        ("1,55,.,0,0,0,0,1,0,0,0,70,0,1", "level_not_positive"),
        ("1,55,.,0,0,0,0,1,0,-1,0,70,0,1", "level_not_positive"),
        ("1,55,.,0,0,0,0,1,2,.,0,7000,0,1", "covariate_impossible"),
        ("1,55,.,0,0,0,0,1,2,.,0,70,3,1", "exchange_code"),
    ],
)
def test_what_a_case_cannot_hold_is_rejected_row_by_row(tmp_path: Path, row: str, reason: str) -> None:
    table = TABLE.replace("1,60,", f"{row}\n1,60,", 1)
    (first, _), sheet = read(tmp_path, table)
    assert [(remark.row, remark.reason) for remark in sheet.remarks() if remark.action == "rejected"] == [("5", reason)]
    assert len(first.levels) == 2
    assert len(first.doses) == 2


def test_a_subject_whose_sex_nobody_gave_is_no_case(tmp_path: Path) -> None:
    cases, sheet = read(tmp_path, TABLE.replace(",55,.,2", ",55,.,."))
    assert [case.patient.id for case in cases] == ["1"]
    assert [(remark.row, remark.reason) for remark in sheet.remarks() if remark.action == "rejected"] == [
        ("6", "exchange_sex_missing")
    ]


def test_a_reset_begins_a_new_course(tmp_path: Path) -> None:
    table = TABLE.replace("1,50,200,100,0,0,0,2,1", "1,50,200,100,0,0,0,2,4")
    cases, sheet = read(tmp_path, table)
    assert [case.patient.id for case in cases] == ["1-1", "1-2", "2"]
    assert "exchange_reset_new_case" in [remark.reason for remark in sheet.remarks()]


def test_units_of_the_mapping_reach_the_case(tmp_path: Path) -> None:
    mapping = MAPPING.replace("{time: h, amount: mg, level: mg/L}", "{time: day, amount: ug, level: ng/mL}")
    (first, _), _ = read(tmp_path, TABLE.replace(",8.2,", ",8200,"), mapping)
    assert first.levels[0] == Level(144.0, Quantity(8200.0, "ng/mL"))
    assert first.doses[0].milligrams == pytest.approx(0.3)
    assert first.doses[0].interval == 12 * 24.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("confirmed: yes", "confirmed: no"), "exchange_mapping_unconfirmed"),
        (("unit: kg", "unit: kilo"), "'kilo' is not known"),
        (("weight: {column: WT, unit: kg}", "weight: {column: WT}"), "the unit of the column is missing"),
        (("1: male", "1: man"), "'man' is not one of female, male"),
        (("  smoker:", "  smokes:"), "'smokes' is neither"),
        (("routes:", "route:"), "unknown key"),
        (("+00:00", ""), "offset"),
        (("drug: theophylline", "drug: a\ndrug: b"), "stands twice"),
    ],
)
def test_a_mapping_that_is_not_right_is_refused_with_its_line(change: tuple[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_mapping(MAPPING.replace(*change), Path("map.yaml"))


def test_a_table_without_a_mapping_says_which_columns_need_one(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text(TABLE, "utf-8")
    with pytest.raises(InputError, match="exchange_mapping_needed") as refused:
        list(read_cases(file, None, Sheet()))
    assert refused.value.values["columns"] == "WT, SMOKE, SEX"


def test_a_column_the_table_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exchange_column_missing"):
        read(tmp_path, mapping=MAPPING.replace("column: WT", "column: WEIGHT"))


def round_trip(case: Case, tmp_path: Path) -> tuple[Case, Sheet]:
    sheet = Sheet()
    file = tmp_path / "out.csv"
    file.write_text(write_table(case, sheet, 446.9), "utf-8")
    (back,) = read_cases(file, None, Sheet())
    return back, sheet


CASE = Case(
    patient=Patient("O'Neil: =1+1 #7", Sex.FEMALE, "DEMO, 患者", born=dt.date(1955, 5, 3)),
    drug="gefitinib",
    start=dt.datetime(2026, 7, 6, 8, tzinfo=dt.timezone(dt.timedelta(hours=8))),
    covariates=(
        CovariateValue("weight", Quantity(48.3, "kg"), 0.0),
        CovariateValue("cyp2d6_phenotype", "poor", 0.0),
        CovariateValue("weight", Quantity(47.0, "kg"), 30.0),
        CovariateValue("inr", Quantity(1.1, "1"), 31.0),
    ),
    doses=(
        Dose(0.0, Quantity(250.0, "mg"), Route.ORAL, every=Quantity(24.0, "h"), count=7, steady_state=True),
        Dose(170.1, Quantity(33.3, "mg"), Route.INTRAVENOUS, duration=Quantity(0.7, "h")),
        Dose(180.0, Quantity(1.0, "mg"), Route.SUBCUTANEOUS),
    ),
    levels=(
        Level(71.5, Quantity(512.0, "ng/mL")),
        Level(143.7, Quantity(5.0, "ng/mL"), below_limit=True),
        Level(1.0 / 3.0, Quantity(1.1, "ng/mL")),
    ),
)


def test_a_case_written_as_a_table_reads_back_the_same(tmp_path: Path) -> None:
    back, sheet = round_trip(CASE, tmp_path)
    assert back == replace(CASE, levels=tuple(sorted(CASE.levels, key=lambda level: level.time)))
    assert sheet.rejected == 0


def test_no_cell_of_a_written_table_can_be_taken_for_a_formula_and_no_text_is_lost(tmp_path: Path) -> None:
    name = "X, =cmd|' /C calc'!A0; +1 \\ \"q\" 'a': {b}"
    case = replace(CASE, patient=replace(CASE.patient, id="=1+1,@SUM(A1)", name=name))
    back, _ = round_trip(case, tmp_path)
    assert back.patient == case.patient
    for line in (tmp_path / "out.csv").read_text("utf-8").splitlines():
        assert not [cell for cell in re.split("[,;\t]", line) if cell.strip().startswith(("=", "+", "@"))]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.case.json")), ids=lambda path: path.name)
def test_the_example_cases_keep_doses_levels_and_covariates(path: Path, tmp_path: Path) -> None:
    case = load_case(path)
    back, sheet = round_trip(case, tmp_path)
    given = [dose for dose in case.doses if dose.status is DoseStatus.GIVEN]
    assert [(dose.time, dose.count, dose.route, dose.hours) for dose in back.doses] == [
        (dose.time, dose.count, dose.route, dose.hours) for dose in sorted(given, key=lambda dose: dose.time)
    ]
    assert [dose.milligrams for dose in back.doses] == [dose.milligrams for dose in given]
    assert len(back.covariates) == len(case.covariates)
    assert [level.value.to("mg/L", 446.9) for level in back.levels] == pytest.approx(
        [level.value.to("mg/L", 446.9) for level in case.used_levels]
    )
    lost = {remark.values.get("part") for remark in sheet.remarks() if remark.reason == "exchange_no_place"}
    assert lost == {name for name in ("models", "co_medication", "outcomes", "target") if getattr(case, name)}


def test_planned_doses_and_levels_put_aside_are_named_as_left_out() -> None:
    sheet = Sheet()
    doses = (*CASE.doses, Dose(200.0, Quantity(1.0, "mg"), Route.ORAL, status=DoseStatus.PLANNED))
    levels = (*CASE.levels, Level(150.0, Quantity(9.0, "ng/mL"), use=False, reason="haemolysed"))
    written = write_table(replace(CASE, doses=doses, levels=levels), sheet)
    assert {remark.reason for remark in sheet.remarks()} == {"exchange_not_given", "exchange_put_aside"}
    assert "200," not in written.split("columns:")[1]


@pytest.mark.skipif(not PUBLIC.exists(), reason="the public data sets are not at hand")
def test_warfarin_concentrations_come_through_and_effects_are_left_out() -> None:
    mapping = """
schema: dosewright.mapping/1
confirmed: yes
drug: warfarin
routes: {default: oral}
level_kinds: [cp]
columns:
  weight: {column: wt, unit: kg}
  age: {column: age, unit: year}
  sex: {column: sex}
"""
    sheet = Sheet()
    cases = list(read_cases(PUBLIC / "warfarin_pkpd.csv", parse_mapping(mapping, Path("m")), sheet))
    assert len(cases) == 19
    assert sum(len(case.levels) for case in cases) == 143  # of 146 cp rows three are 0
    assert {remark.reason for remark in sheet.remarks() if remark.action == "rejected"} == {"level_not_positive"}
