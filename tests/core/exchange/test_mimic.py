"""Hand-made MIMIC folders of both editions, and the public demonstration files where they are at hand."""

import gzip
from pathlib import Path

import pytest

from core.clinic.level import Level
from core.clinic.patient import Ethnicity, Sex
from core.clinic.regimen import Dose, Route
from core.errors import InputError
from core.exchange.hospital_files import HospitalSource
from core.exchange.mimic import read_mimic
from core.exchange.sheet import Action, Sheet
from core.units import Quantity
from tests.conftest import SHARED

PUBLIC = SHARED / "data" / "mimic"

FOURTH = {
    "hosp/patients.csv": """\
subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod
10,F,60,2150,2014 - 2016,
11,M,91,2150,,
""",
    "hosp/admissions.csv": """\
subject_id,hadm_id,admittime,race
10,100,2153-05-01 10:00:00,ASIAN - CHINESE
11,110,2150-01-01 00:00:00,WHITE
99,990,2150-01-01 00:00:00,WHITE
""",
    "hosp/labevents.csv": """\
labevent_id,subject_id,hadm_id,itemid,charttime,value,valuenum,valueuom,comments
1,10,100,51009,2153-05-02 07:30:00,14.2,14.2,ug/mL,
2,10,100,51009,2153-05-03 07:30:00,___,,ug/mL,LESS THAN 1.7.
3,10,100,51009,2153-05-04 07:30:00,>80,,ug/mL,
4,10,100,50912,2153-05-01 11:00:00,1.2,1.2,mg/dL,
5,10,100,51237,2153-05-01 11:00:00,1.1,1.1,,
6,10,100,50986,2153-05-01 11:00:00,9.9,9.9,ng/mL,
7,10,,50912,2153-05-01 11:00:00,1.2,1.2,mg/dL,
8,11,110,51009,2150-01-02 00:00:00,5,5,ug/mL,
9,10,100,50862,2153-05-01 11:00:00,,,g/dL,
10,10,100,50912,2153-05-02 11:00:00,151009,151009,mg/dL,
""",
    "icu/d_items.csv": """\
itemid,label
225798,Vancomycin
221,NaCl
""",
    "icu/inputevents.csv": """\
subject_id,hadm_id,starttime,endtime,itemid,amount,amountuom,statusdescription
10,100,2153-05-01 12:00:00,2153-05-01 13:30:00,225798,1,grams,FinishedRunning
10,100,2153-05-02 00:00:00,2153-05-02 00:01:00,225798,750,mg,FinishedRunning
10,100,2153-05-02 12:00:00,2153-05-02 13:00:00,225798,500,mg,Rewritten
10,100,2153-05-02 12:00:00,2153-05-02 13:00:00,221,500,ml,FinishedRunning
""",
    "icu/chartevents.csv": """\
subject_id,hadm_id,charttime,itemid,valuenum
10,100,2153-05-01 10:30:00,226512,61.5
10,100,2153-05-01 10:30:00,226707,64
10,100,2153-05-01 10:30:00,226512,6150
""",
    "hosp/emar.csv": """\
emar_id,hadm_id,charttime,medication,event_txt
10-1,100,2153-05-01 12:30:00,Vancomycin,Administered
10-2,100,2153-05-04 12:00:00,Vancomycin,Administered
10-3,100,2153-05-05 12:00:00,Vancomycin,Not Given
10-4,100,2153-05-05 12:00:00,Furosemide,Administered
""",
    "hosp/emar_detail.csv": """\
emar_id,dose_given,dose_given_unit,route
10-1,1000,mg,IV
10-2,1000,mg,IV
10-2,,,
10-4,20,mg,IV
""",
    "hosp/prescriptions.csv": """\
subject_id,hadm_id,starttime,stoptime,drug,dose_val_rx,dose_unit_rx,doses_per_24_hrs,route
10,100,2153-05-10 08:00:00,2153-05-11 20:00:00,Vancomycin,1000,mg,2,IV
10,100,2153-05-12 08:00:00,2153-05-13 08:00:00,Vancomycin,1-2,g,2,IV
""",
}  # fmt: skip


def folder(tmp_path: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content.replace("grams", "g"), "utf-8")
    return tmp_path


def said(sheet: Sheet, action: Action) -> list[tuple[str, str]]:
    return [(item.row, item.reason) for item in sheet.remarks() if item.action is action]


def test_an_admission_of_the_fourth_edition_becomes_a_case(tmp_path: Path) -> None:
    sheet = Sheet()
    first, second = read_mimic(HospitalSource(folder(tmp_path, FOURTH), "vancomycin"), sheet)
    assert (first.patient.id, first.patient.sex, first.patient.age) == ("10-100", Sex.FEMALE, 63.0)
    assert first.patient.ethnicity is Ethnicity.EAST_ASIAN
    assert first.doses == (
        Dose(0.0, Quantity(1.0, "g"), Route.INTRAVENOUS, Quantity(1.5, "h")),
        Dose(12.0, Quantity(750.0, "mg"), Route.INTRAVENOUS),
        Dose(72.0, Quantity(1000.0, "mg"), Route.INTRAVENOUS),
    )
    assert first.levels == (
        Level(19.5, Quantity(14.2, "ug/mL"), "vancomycin"),
        Level(43.5, Quantity(1.7, "ug/mL"), "vancomycin", below_limit=True),
    )
    values = {item.name: item.number for item in first.covariates}
    assert values == pytest.approx({"serum_creatinine": 106.08, "inr": 1.1, "weight": 61.5, "height": 162.56}, rel=1e-3)
    assert (second.patient.age, len(second.levels)) == (90.0, 1)


def test_every_row_left_out_is_named_with_its_reason(tmp_path: Path) -> None:
    sheet = Sheet()
    list(read_mimic(HospitalSource(folder(tmp_path, FOURTH), "vancomycin"), sheet))
    assert said(sheet, Action.REJECTED) == [
        ("admissions.csv:4", "exchange_patient_unknown"),
        ("emar.csv:2", "exchange_two_sources"),
        ("labevents.csv:4", "exchange_above_range"),
        ("labevents.csv:10", "exchange_value_missing"),
        ("labevents.csv:11", "covariate_impossible"),
        ("chartevents.csv:4", "covariate_impossible"),
    ]
    assert said(sheet, Action.IGNORED) == [
        ("inputevents.csv:4", "exchange_status"),
        ("emar.csv:4", "exchange_status"),
        ("prescriptions.csv:2", "exchange_order_not_given"),
        ("prescriptions.csv:3", "exchange_order_not_given"),
    ]
    assert ("admissions.csv:3", "exchange_age_hidden") in said(sheet, Action.CHANGED)


def test_orders_count_as_given_only_when_asked(tmp_path: Path) -> None:
    sheet = Sheet()
    first, _ = read_mimic(HospitalSource(folder(tmp_path, FOURTH), "vancomycin", orders_as_given=True), sheet)
    order = first.doses[-1]
    assert (order.milligrams, order.interval, order.count) == (1000.0, 12.0, 3)  # 36 h at two a day
    assert ("prescriptions.csv:3", "exchange_number") in said(sheet, Action.REJECTED)


THIRD = {
    "PATIENTS.csv": """\
ROW_ID,SUBJECT_ID,GENDER,DOB
1,5,M,2090-06-05 00:00:00
2,6,F,1850-01-01 00:00:00
""",
    "ADMISSIONS.csv": """\
ROW_ID,SUBJECT_ID,HADM_ID,ADMITTIME,ETHNICITY
1,5,50,2150-06-05 12:00:00,WHITE
2,6,60,2150-06-05 12:00:00,BLACK/AFRICAN AMERICAN
""",
    "D_ITEMS.csv": """\
ROW_ID,ITEMID,LABEL
1,225798,Vancomycin
""",
    "INPUTEVENTS_MV.csv": """\
ROW_ID,HADM_ID,STARTTIME,ENDTIME,ITEMID,AMOUNT,AMOUNTUOM,STATUSDESCRIPTION
1,50,2150-06-05 14:00:00,2150-06-05 15:00:00,225798,1000,mg,FinishedRunning
2,60,2150-06-05 14:00:00,2150-06-05 13:00:00,225798,1000,dose,FinishedRunning
""",
    "LABEVENTS.csv": """\
ROW_ID,HADM_ID,ITEMID,CHARTTIME,VALUE,VALUENUM,VALUEUOM
1,50,51009,2150-06-06 01:00:00,<1.7,,ug/mL
""",
}  # fmt: skip


def test_an_admission_of_the_third_edition_becomes_a_case_packed_or_not(tmp_path: Path) -> None:
    for name, content in THIRD.items():
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content.encode()))
    sheet = Sheet()
    (case,) = read_mimic(HospitalSource(tmp_path, "vancomycin"), sheet)
    assert case.patient.age == pytest.approx(60.0, abs=0.01)
    assert case.doses[0].hours == 1.0
    assert case.levels == (Level(11.0, Quantity(1.7, "ug/mL"), "vancomycin", below_limit=True),)
    assert said(sheet, Action.REJECTED) == [("INPUTEVENTS_MV.csv.gz:3", "unit_unknown")]


def test_a_folder_without_the_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exchange_table_missing"):
        list(read_mimic(HospitalSource(tmp_path, "vancomycin"), Sheet()))
    with pytest.raises(InputError, match="file_not_read"):
        list(read_mimic(HospitalSource(tmp_path / "none", "vancomycin"), Sheet()))
    folder(tmp_path, {"patients.csv": "subject_id,gender\n1,F\n", "admissions.csv": "a\n1\n"})
    with pytest.raises(InputError, match="exchange_column_missing"):
        list(read_mimic(HospitalSource(tmp_path, "vancomycin"), Sheet()))


@pytest.mark.skipif(not PUBLIC.exists(), reason="the public demonstration files are not at hand")
def test_the_public_demonstration_names_every_vancomycin_order() -> None:
    sheet = Sheet()
    assert list(read_mimic(HospitalSource(PUBLIC / "iii_demo", "vancomycin"), sheet)) == []
    assert (
        len(said(sheet, Action.IGNORED)) == 214
    )  # lines of the drug in PRESCRIPTIONS; no administrations are published
    assert sheet.rejected == 0
