"""FHIR R4 and R5 documents: what is understood, what is refused and why, and the way there and back."""

import datetime as dt
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.clinic.covariate import CovariateValue
from core.clinic.level import CoMedication, Level
from core.clinic.patient import Ethnicity, Patient, Sex
from core.clinic.regimen import Dose, DoseStatus, Route
from core.errors import Cancelled, InputError
from core.exchange.fhir import read_cases
from core.exchange.fhir_write import write_bundle
from core.exchange.sheet import Action, Sheet
from core.task import Task
from core.units import Quantity
from tests.conftest import SHARED

EXAMPLES = Path(__file__).resolve().parents[3] / "resources" / "examples"
SYNTHETIC = SHARED / "data" / "fhir" / "carebundle_ckd3_seed7.json"
Json = dict[str, Any]

PATIENT: Json = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1961-06-03"}
WHO = {"reference": "Patient/p"}
LOINC = "http://loinc.org"
COMPARATOR, WHEN = "valueQuantity.comparator", "effectiveDateTime"


def observation(code: str, value: Json, when: str = "2026-03-01T08:00:00+01:00", **more: Any) -> Json:
    coded = {"coding": [{"system": LOINC, "code": code}]}
    base = {"resourceType": "Observation", "status": "final", "code": coded, "subject": WHO, "effectiveDateTime": when}
    return base | {"valueQuantity": value} | more


def administration(**more: Any) -> Json:
    return {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": {"text": "Vancomycin 1000 mg in NaCl 0.9 %"},
        "subject": WHO,
        "effectivePeriod": {"start": "2026-03-01T08:00:00+01:00", "end": "2026-03-01T10:00:00+01:00"},
        "dosage": {
            "route": {"coding": [{"system": "http://snomed.info/sct", "code": "47625008"}]},
            "dose": {"value": 1000, "unit": "mg", "code": "mg"},
        },
    } | more


NEWER = {  # R5: medication is a CodeableReference, the time is spelled occurence
    key: value
    for key, value in administration(
        medication={"concept": {"text": "VANCOMYCIN"}},
        occurencePeriod={"start": "2026-03-01T08:00:00+01:00", "end": "2026-03-01T10:00:00+01:00"},
    ).items()
    if key not in ("medicationCodeableConcept", "effectivePeriod")
}
REFERENCED = administration(medicationReference={"reference": "#m"}) | {
    "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "vancomycin hydrochloride"}}]
}
del REFERENCED["medicationCodeableConcept"]


def read(tmp_path: Path, *resources: Json, drug: str = "vancomycin") -> tuple[list[Case], Sheet]:
    file = tmp_path / "bundle.json"
    entries = [{"resource": resource} for resource in (PATIENT, *resources)]
    file.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}), "utf-8")
    sheet = Sheet()
    return list(read_cases(file, drug, sheet)), sheet


def said(sheet: Sheet, action: Action = Action.REJECTED) -> list[tuple[str, str]]:
    return [(remark.field, remark.reason) for remark in sheet.remarks() if remark.action is action]


@pytest.mark.parametrize("given", [administration(), NEWER, REFERENCED], ids=["R4", "R5", "R4 contained"])
def test_an_administration_is_a_dose_in_either_release(tmp_path: Path, given: Json) -> None:
    (case,), sheet = read(tmp_path, given)
    assert case.doses == (Dose(0.0, Quantity(1000.0, "mg"), Route.INTRAVENOUS, duration=Quantity(2.0, "h")),)
    assert case.start == dt.datetime.fromisoformat("2026-03-01T08:00:00+01:00")
    assert sheet.rejected == 0


def test_a_rate_gives_the_duration_and_neither_is_a_bolus_that_is_asked_about(tmp_path: Path) -> None:
    moment: Json = {"effectivePeriod": None, "effectiveDateTime": "2026-03-01T08:00:00Z"}
    dosage = administration()["dosage"]
    rate = {"rateQuantity": {"value": 10, "code": "mg/min"}}
    (case,), sheet = read(tmp_path, administration(**moment, dosage=dosage | rate))
    assert case.doses[0].hours == pytest.approx(1000 / 600)
    ratio = {"rateRatio": {"numerator": {"value": 500, "code": "mg"}, "denominator": {"value": 1, "code": "h"}}}
    (case,), sheet = read(tmp_path, administration(**moment, dosage=dosage | ratio))
    assert case.doses[0].hours == 2.0
    (case,), sheet = read(tmp_path, administration(**moment))
    assert case.doses[0].hours == 0.0
    assert ("dosage.rate", "exchange_no_duration") in said(sheet, Action.FLAGGED)


def test_levels_and_covariates_keep_their_units_and_comparators(tmp_path: Path) -> None:
    (case,), sheet = read(
        tmp_path,
        administration(),
        observation("20578-1", {"value": 17.8, "code": "ug/mL"}, "2026-03-02T07:30:00+01:00"),
        observation("20578-1", {"value": 2, "code": "mg/L", "comparator": "<"}, "2026-03-05T08:00:00+01:00"),
        observation("2160-0", {"value": 1.53, "code": "mg/dL"}),
        observation("29463-7", {"value": 150, "code": "[lb_av]"}),
        observation("98979-8", {"value": 38, "code": "mL/min/{1.73_m2}"}, "2026-03-01"),
    )
    assert case.levels == (
        Level(23.5, Quantity(17.8, "ug/mL"), "vancomycin"),
        Level(96.0, Quantity(2.0, "mg/L"), "vancomycin", below_limit=True),
    )
    values = {item.name: item.number for item in case.covariates}
    assert values["serum_creatinine"] == pytest.approx(135.25, abs=0.01)  # 1.53 mg/dL x 88.4
    assert values["weight"] == pytest.approx(68.04, abs=0.01)
    assert values["egfr"] == 38.0
    assert said(sheet, Action.CHANGED) == [("effectiveDateTime", "exchange_day_begins")]


@pytest.mark.parametrize(
    ("resource", "field", "reason"),
    [
        (administration(status="entered-in-error"), "status", "exchange_status"),
        (administration(effectivePeriod={"start": "2026-03-01"}), "effectivePeriod.start", "exchange_no_time_of_day"),
        (administration(effectivePeriod={"start": "2026-03-01T08:00:00"}), "effectivePeriod.start", "exchange_moment"),
        (administration(dosage={}), "dosage.dose", "exchange_no_value"),
        (administration(dosage={"dose": {"value": 1}}), "dosage.dose", "unit_missing"),
        (administration(dosage={"dose": {"value": 1, "code": "{tbl}q"}}), "unit", "unit_unknown"),
        (administration(dosage={"dose": {"value": 1, "code": "mg"}}), "dosage.route", "exchange_route_word"),
        (administration(subject={"reference": "Patient/other"}), "subject", "exchange_patient_unknown"),
        (observation("20578-1", {"value": 40, "code": "mg/L", "comparator": ">"}), COMPARATOR, "exchange_above_range"),
        (observation("20578-1", {"code": "mg/L"}), "valueQuantity.value", "exchange_no_value"),
        (observation("20578-1", {"value": True, "code": "mg/L"}), "valueQuantity.value", "exchange_no_value"),
        (observation("20578-1", {"value": 5}), "valueQuantity.code", "unit_missing"),
        (observation("20578-1", {"value": 5, "code": "kg"}), "levels", "unit_mismatch"),
        (observation("20578-1", {"value": -5, "code": "mg/L"}), "levels", "level_not_positive"),
        (observation("20578-1", {"value": 5, "code": "mg/L"}, "2026-03-02"), WHEN, "exchange_no_time_of_day"),
        (observation("20578-1", {"value": 5, "code": "mg/L"}, status="cancelled"), "status", "exchange_status"),
        (observation("29463-7", {"value": 7000, "code": "kg"}), "value", "covariate_impossible"),
        (observation("2160-0", {"value": 1, "code": "g/L", "comparator": "<"}), COMPARATOR, "exchange_covariate_limit"),
        (observation("2160-0", {"value": 88, "code": "kg"}), "value", "unit_mismatch"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_by_its_element(tmp_path: Path, resource: Json, field: str, reason: str) -> None:
    (case,), sheet = read(tmp_path, resource, observation("8302-2", {"value": 160, "code": "cm"}))
    assert said(sheet) == [(field, reason)]
    assert (case.doses, case.levels) == ((), ())


def test_two_values_at_one_time_are_not_chosen_between(tmp_path: Path) -> None:
    weight = [observation("29463-7", {"value": value, "code": "kg"}) for value in (70, 71, 70)]
    (case,), sheet = read(tmp_path, administration(), *weight)
    assert [item.number for item in case.covariates] == [70.0]
    assert [reason for _, reason in said(sheet)] == ["exchange_two_values", "exchange_duplicate"]


def test_other_medication_and_other_observations_are_named(tmp_path: Path) -> None:
    (case,), sheet = read(
        tmp_path,
        administration(),
        {
            "resourceType": "MedicationStatement",
            "status": "active",
            "medicationCodeableConcept": {"text": "Furosemide"},
            "subject": WHO,
            "effectivePeriod": {"start": "2026-02-28T08:00:00+01:00", "end": "2026-03-03T08:00:00+01:00"},
        },
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "medicationCodeableConcept": {"text": "Vancomycin"},
            "subject": WHO,
        },
        observation("2951-2", {"value": 140, "code": "mmol/L"}),
        observation("10535-3", {"value": 1, "code": "ng/mL"}),
        {"resourceType": "Condition", "subject": WHO},
    )
    assert case.co_medication == (CoMedication("furosemide", -24.0, 48.0),)
    assert [reason for _, reason in said(sheet, Action.IGNORED)] == [
        "exchange_order_without_times",
        "exchange_other_observation",
        "exchange_other_drug",
        "exchange_other_resource",
    ]
    assert sheet.read == 7


def test_a_patient_of_unknown_sex_is_no_case_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    rows = [{"resource": PATIENT | {"gender": "unknown"}}, {"resource": administration()}]
    file.write_text(json.dumps({"resourceType": "Bundle", "entry": rows}), "utf-8")
    sheet = Sheet()
    assert list(read_cases(file, "vancomycin", sheet)) == []
    assert said(sheet) == [("sex", "exchange_sex_missing")]


def test_one_resource_per_line_is_a_document_too(tmp_path: Path) -> None:
    file = tmp_path / "all.ndjson"
    file.write_text("\n".join(json.dumps(item) for item in (PATIENT, administration())) + "\n", "utf-8")
    (case,) = read_cases(file, "vancomycin", Sheet())
    assert len(case.doses) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "exchange_empty"),
        (b"[1, 2]", "exchange_not_fhir"),
        (b'{"a": 1}', "exchange_not_fhir"),
        (b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Obs', "json_cut_off"),
        (b'{"resourceType": Bundle}', "json_broken"),
        (b'{"resourceType": "Patient", "x": NaN}', "exchange_not_fhir"),
        (b'{"resourceType": "Bundle", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "exchange_not_fhir"),
        (b'{"resourceType": "Bundle", "entry": []}', "exchange_empty"),
        (
            b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Observation"}}]}',
            "exchange_no_patient",
        ),
        ('{"resourceType": "Patient", "name": "é"}'.encode("latin-1"), "file_not_utf8"),
        (gzip.compress(json.dumps(PATIENT).encode())[:-12], "exchange_cut_off"),
        (b"PK\x03\x04zip", "exchange_not_text"),
    ],
)
def test_what_is_no_document_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "b.json"
    file.write_bytes(content)
    with pytest.raises(InputError) as refused:
        list(read_cases(file, "vancomycin", Sheet()))
    assert refused.value.reason == reason


@pytest.mark.parametrize("junk", [None, 5, "x", [], {}, [[]], {"coding": 5}, {"coding": [5]}, [{"a": 1}]])
def test_elements_of_a_wrong_shape_never_break_the_import(tmp_path: Path, junk: Any) -> None:
    for key in ("code", "subject", "valueQuantity", "effectiveDateTime", "status", "extension"):
        cases, sheet = read(tmp_path, observation("20578-1", {"value": 5, "code": "mg/L"}) | {key: junk})
        assert cases or list(sheet.remarks())  # taken over, or said why not
    for key in ("medicationCodeableConcept", "effectivePeriod", "dosage", "extension", "status"):
        cases, sheet = read(tmp_path, administration() | {key: junk})
        assert cases or list(sheet.remarks())


def test_reading_can_be_stopped(tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    file.write_text(json.dumps(PATIENT), "utf-8")
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        list(read_cases(file, "vancomycin", Sheet(), task))


FULL = Case(
    patient=Patient("P-0042", Sex.MALE, "DEMO, 患者", age=0.25, ethnicity=Ethnicity.EAST_ASIAN),
    drug="vancomycin",
    start=dt.datetime(2026, 7, 6, 8, tzinfo=dt.timezone(dt.timedelta(hours=8))),
    covariates=(
        CovariateValue("weight", Quantity(4.8, "kg"), 0.0),
        CovariateValue("serum_creatinine", Quantity(0.31, "mg/dL"), 0.0),
        CovariateValue("icu", "yes", 0.0),
        CovariateValue("gestational_age", Quantity(38.0, "week"), 0.0),
        CovariateValue("serum_creatinine", Quantity(31.0, "umol/L"), 24.0),
    ),
    co_medication=(CoMedication("furosemide", 2.0, 50.0, Quantity(5.0, "mg"), Quantity(12.0, "h")),),
    doses=(
        Dose(
            0.0, Quantity(60.0, "mg"), Route.INTRAVENOUS, Quantity(1.0, "h"), Quantity(8.0, "h"), 6, steady_state=True
        ),
        Dose(48.0, Quantity(50.0, "mg"), Route.INTRAVENOUS, Quantity(1.0, "h"), status=DoseStatus.MISSED),
        Dose(56.0, Quantity(50.0, "mg"), Route.INTRAVENOUS, Quantity(1.5, "h")),
        Dose(
            64.0, Quantity(50.0, "mg"), Route.INTRAVENOUS, Quantity(1.0, "h"), Quantity(8.0, "h"), 4, DoseStatus.PLANNED
        ),
    ),
    levels=(
        Level(7.75, Quantity(12.5, "mg/L"), "vancomycin"),
        Level(55.0, Quantity(2.0, "mg/L"), "vancomycin", below_limit=True),
        Level(56.0, Quantity(99.0, "mg/L"), "vancomycin", use=False, reason="溶血"),
    ),
)


def back_again(case: Case, tmp_path: Path) -> tuple[Case, Sheet, Sheet]:
    out, into = Sheet(), Sheet()
    file = tmp_path / "case.json"
    file.write_text(write_bundle(case, out, "J01XA01"), "utf-8")
    (back,) = read_cases(file, case.drug, into)
    return back, out, into


def test_a_case_goes_out_and_comes_back_the_same(tmp_path: Path) -> None:
    back, out, into = back_again(FULL, tmp_path)
    assert back == FULL
    assert out.rejected == into.rejected == 0


def one_by_one(doses: tuple[Dose, ...]) -> list[Dose]:
    """Given doses go out one by one and come back as rows from three alike on, so that a row of two comes as two."""
    return [
        replace(dose, time=dose.time + number * (dose.interval or 0.0), every=None, count=1)
        for dose in doses
        for number in range(dose.count)
    ]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.case.json")), ids=lambda path: path.name)
def test_the_example_cases_go_out_and_come_back(path: Path, tmp_path: Path) -> None:
    case = load_case(path)
    back, out, _ = back_again(case, tmp_path)
    ordered = tuple(sorted(case.covariates, key=lambda item: item.time))
    assert one_by_one(back.doses) == one_by_one(case.doses)
    assert back == replace(case, models=(), target=None, outcomes=(), covariates=ordered, doses=back.doses)
    left = {remark.values["part"] for remark in out.remarks()}
    assert left == {name for name in ("models", "target", "outcomes") if getattr(case, name)}


@pytest.mark.skipif(not SYNTHETIC.exists(), reason="the synthetic public bundle is not at hand")
def test_a_synthetic_record_of_another_program_gives_its_covariates() -> None:
    sheet = Sheet()
    (case,) = read_cases(SYNTHETIC, "vancomycin", sheet)
    assert case.patient == Patient("6D367230", Sex.FEMALE, "Dummett, Ives", born=dt.date(1961, 6, 3))
    values = {item.name: str(item.value) for item in case.covariates}
    assert values == {
        "albumin": "4.3 g/dL",
        "serum_creatinine": "1.53 mg/dL",
        "egfr": "38 mL/min/1.73m2",
        "bilirubin": "0.6 mg/dL",
        "haematocrit": "42.3 %",
        "height": "147 cm",
        "weight": "79.7 kg",
        "platelets": "283 10^9/L",
        "leukocytes": "8.7 10^9/L",
    }
    assert len(case.co_medication) == 2
    assert (sheet.read, sheet.rejected) == (48, 0)
