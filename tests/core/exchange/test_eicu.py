"""A hand-made eICU folder: minutes from admission, ages above 89, free-text orders."""

from pathlib import Path

import pytest

from core.clinic.level import Level
from core.clinic.patient import Sex
from core.clinic.regimen import Dose, Route
from core.exchange.eicu import read_eicu
from core.exchange.hospital_files import HospitalSource
from core.exchange.sheet import Action, Sheet
from core.units import Quantity

FILES = {
    "patient.csv": """\
patientunitstayid,gender,age,ethnicity,admissionweight,admissionheight
1,Female,71,Caucasian,61.5,160
2,Male,> 89,Asian,,
3,,50,,70,170
""",
    "lab.csv": """\
patientunitstayid,labresultoffset,labname,labresult,labresulttext,labmeasurenamesystem
1,750,Vancomycin - trough,14.2,14.2,mcg/mL
1,2190,Vancomycin - random,,<1.7,mcg/mL
1,-30,creatinine,1.2,1.2,mg/dL
1,-30,sodium,140,140,mmol/L
2,60,Vancomycin - peak,30,30,mcg/mL
3,60,Vancomycin - peak,30,30,mcg/mL
""",
    "medication.csv": """\
patientunitstayid,drugordercancelled,drugstartoffset,drugstopoffset,drugname,dosage,routeadmin,frequency
1,No,60,1500,VANCOMYCIN 1 G ADDV,1000 mg,IVPB,Q12H
1,Yes,60,1500,VANCOMYCIN,1000 mg,IV,Q12H
1,No,60,1500,VANCOMYCIN,5 3,IV,Q12H
1,No,60,1500,VANCOMYCIN,1 g,IV,per pharmacy
1,No,60,1500,heparin,5000 units,SC,Q12H
""",
}  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, "utf-8")
    return tmp_path


def said(sheet: Sheet, action: Action) -> list[tuple[str, str]]:
    return [(item.row, item.reason) for item in sheet.remarks() if item.action is action]


def test_levels_and_covariates_stand_at_their_hours_from_admission(source: Path) -> None:
    sheet = Sheet()
    first, second = read_eicu(HospitalSource(source, "vancomycin"), sheet)
    assert (first.patient.sex, first.patient.age) == (Sex.FEMALE, 71.0)
    assert first.levels == (
        Level(12.5, Quantity(14.2, "ug/mL"), "vancomycin"),
        Level(36.5, Quantity(1.7, "ug/mL"), "vancomycin", below_limit=True),
    )
    assert {item.name: (item.time, round(item.number, 2)) for item in first.covariates} == {
        "serum_creatinine": (-0.5, 106.08),
        "weight": (0.0, 61.5),
        "height": (0.0, 160.0),
    }
    assert second.patient.age == 90.0
    assert said(sheet, Action.CHANGED) == [("patient.csv:3", "exchange_age_hidden")]
    assert said(sheet, Action.REJECTED) == [("patient.csv:4", "exchange_sex_missing")]


def test_an_order_is_no_dose_unless_the_user_says_so(source: Path) -> None:
    sheet = Sheet()
    first, _ = read_eicu(HospitalSource(source, "vancomycin"), sheet)
    assert first.doses == ()
    assert [reason for _, reason in said(sheet, Action.IGNORED)] == [
        "exchange_order_not_given",
        "exchange_order_over",
        "exchange_order_not_given",
        "exchange_order_not_given",
    ]
    sheet = Sheet()
    first, _ = read_eicu(HospitalSource(source, "vancomycin", orders_as_given=True), sheet)
    assert first.doses == (Dose(1.0, Quantity(1000.0, "mg"), Route.INTRAVENOUS, None, Quantity(12.0, "h"), 2),)
    refused = [row for row, reason in said(sheet, Action.REJECTED) if reason == "exchange_number"]
    assert refused == ["medication.csv:4", "medication.csv:5"]
