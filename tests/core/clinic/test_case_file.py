import contextlib
import copy
import datetime as dt
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clinic.case import Target, TargetKind
from core.clinic.case_file import load_case, read_case, write_case
from core.clinic.covariate import CATALOGUE, CovariateValue
from core.clinic.level import CoMedication, Level, Outcome
from core.clinic.patient import Ethnicity, Patient, Sex
from core.clinic.regimen import Dose, DoseStatus, Route
from core.errors import InputError
from core.units import _TOKENS, Quantity

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "resources/schema/case.schema.json").read_text(encoding="utf-8"))
EXAMPLES = sorted((ROOT / "resources/examples").glob("*.case.json"))

# The example of the published border description, which every later version must read.
WHOLE: dict[str, Any] = {
    "schema": "dosewright.case/1",
    "patient": {
        "id": "P-0042",
        "name": "DEMO, Patient",
        "sex": "female",
        "born": "1955-05-03",
        "ethnicity": "east_asian",
    },
    "covariates": [
        {"name": "weight", "value": "48 kg", "time": 0},
        {"name": "height", "value": "155 cm", "time": 0},
        {"name": "serum_creatinine", "value": "68 umol/L", "time": 0},
        {"name": "serum_creatinine", "value": "91 umol/L", "time": 48},
        {"name": "cyp2d6_phenotype", "value": "poor", "time": 0},
    ],
    "co_medication": [{"drug": "itraconazole", "amount": "200 mg", "every": "24 h", "from": 72, "until": 240}],
    "drug": "gefitinib",
    "models": ["gefitinib.pbpk"],
    "start": "2026-07-06T08:00+08:00",
    "doses": [
        {"time": 0, "amount": "250 mg", "route": "oral", "every": "24 h", "count": 7, "status": "given"},
        {"time": 168, "amount": "250 mg", "route": "oral", "status": "planned"},
    ],
    "levels": [
        {"time": 71.5, "analyte": "gefitinib", "value": "512 ng/mL"},
        {"time": 143.7, "value": "<5 ng/mL", "use": False, "reason": "haemolysed"},
    ],
    "outcomes": [{"time": 336, "kind": "toxicity", "name": "diarrhoea", "grade": 2}],
    "target": {"kind": "trough", "low": "200 ng/mL", "high": "500 ng/mL"},
}


def changed(*steps: tuple[str, Any]) -> dict[str, Any]:
    """WHOLE with values put under dotted paths; `...` takes a key away."""
    document = copy.deepcopy(WHOLE)
    for path, value in steps:
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place: Any = document
        for part in parents:
            place = place[part]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return document


def refusal(document: dict[str, Any] | str) -> InputError:
    with pytest.raises(InputError) as caught:
        read_case(document if isinstance(document, str) else json.dumps(document))
    return caught.value


def test_the_published_example_is_read_whole() -> None:
    case = read_case(json.dumps(WHOLE))
    assert case.patient == Patient(
        "P-0042", Sex.FEMALE, "DEMO, Patient", dt.date(1955, 5, 3), None, Ethnicity.EAST_ASIAN
    )
    assert case.start == dt.datetime(2026, 7, 6, tzinfo=dt.UTC)
    assert case.covariates[3] == CovariateValue("serum_creatinine", Quantity(91.0, "umol/L"), 48.0)
    assert case.covariates[4].value == "poor"
    assert case.co_medication == (
        CoMedication("itraconazole", 72.0, 240.0, Quantity(200.0, "mg"), Quantity(24.0, "h")),
    )
    assert case.doses[0] == Dose(0.0, Quantity(250.0, "mg"), Route.ORAL, None, Quantity(24.0, "h"), 7, DoseStatus.GIVEN)
    assert case.levels[1] == Level(143.7, Quantity(5.0, "ng/mL"), "", below_limit=True, use=False, reason="haemolysed")
    assert case.outcomes == (Outcome(336.0, "toxicity", "diarrhoea", 2),)
    assert case.target == Target(TargetKind.TROUGH, Quantity(200.0, "ng/mL"), Quantity(500.0, "ng/mL"))


def test_a_clock_time_counts_hours_across_offsets() -> None:
    case = read_case(json.dumps(changed(("levels.0.time", "2026-07-09T01:30+02:00"))))
    assert case.levels[0].time == 71.5


@pytest.mark.parametrize(
    ("age", "years"), [("71 year", 71.0), ("18 month", 1.5), ("26 week", 26 * 7 / 365.25), ("10 day", 10 / 365.25)]
)
def test_an_age_may_stand_in_place_of_the_date_of_birth(age: str, years: float) -> None:
    case = read_case(json.dumps(changed(("patient.born", ...), ("patient.age", age))))
    assert case.patient.born is None
    assert case.patient.age == pytest.approx(years, rel=1e-12)


def test_a_pure_number_covariate_needs_no_unit() -> None:
    case = read_case(json.dumps(changed(("covariates.0", {"name": "inr", "value": "2.3"}))))
    assert case.covariates[0].number == 2.3


def test_a_level_before_the_first_dose_is_a_question_for_the_person_and_no_file_error() -> None:
    assert read_case(json.dumps(changed(("levels.0.time", -2)))).levels[0].time == -2.0


BAD = [
    # keys and schema
    ([("schema", "dosewright.case/2")], "$.schema", "schema_unknown"),
    ([("schema", ...)], "$.schema", "key_missing"),
    ([("weight", "48 kg")], "$.weight", "key_unknown"),
    ([("doses.0.ammount", "250 mg")], "$.doses[0].ammount", "key_unknown"),
    ([("patient.date of birth", "1955")], '$.patient["date of birth"]', "key_unknown"),
    ([("doses.0.amount", ...)], "$.doses[0].amount", "key_missing"),
    ([("start", ...)], "$.start", "key_missing"),
    ([("drug", ...)], "$.drug", "key_missing"),
    ([("patient", ...)], "$.patient", "key_missing"),
    ([("patient.id", ...)], "$.patient.id", "key_missing"),
    ([("co_medication.0.from", ...)], "$.co_medication[0].from", "key_missing"),
    # types
    ([("drug", 7)], "$.drug", "text_needed"),
    ([("drug", "  ")], "$.drug", "text_empty"),
    ([("drug", "x" * 501)], "$.drug", "text_too_long"),
    ([("patient.name", "a\u0000b")], "$.patient.name", "text_unprintable"),
    ([("patient.name", "\ud800")], "$.patient.name", "text_unprintable"),
    ([("patient", [])], "$.patient", "object_needed"),
    ([("doses", {})], "$.doses", "list_needed"),
    ([("doses", None)], "$.doses", "list_needed"),
    ([("doses.0", "250 mg")], "$.doses[0]", "object_needed"),
    ([("doses.0.count", 7.5)], "$.doses[0].count", "whole_number_needed"),
    ([("doses.0.count", True)], "$.doses[0].count", "whole_number_needed"),
    ([("doses.0.count", 10**30)], "$.doses[0].count", "whole_number_needed"),
    ([("doses.0.time", True)], "$.doses[0].time", "number_needed"),
    ([("doses.0.steady_state", "yes")], "$.doses[0].steady_state", "truth_needed"),
    ([("levels.0.use", 1)], "$.levels[0].use", "truth_needed"),
    # numbers and units
    ([("covariates.0.value", "48")], "$.covariates[0].value", "unit_missing"),
    ([("covariates.0.value", 48)], "$.covariates[0].value", "text_needed"),
    ([("doses.0.amount", 250)], "$.doses[0].amount", "unit_missing"),
    ([("doses.0.amount", "1,5 mg")], "$.doses[0].amount", "number_unreadable"),
    ([("doses.0.amount", "1e3 mg")], "$.doses[0].amount", "number_unreadable"),
    ([("doses.0.amount", ".5 mg")], "$.doses[0].amount", "number_unreadable"),
    ([("doses.0.amount", "NaN mg")], "$.doses[0].amount", "number_unreadable"),
    ([("doses.0.amount", "２５０ mg")], "$.doses[0].amount", "number_unreadable"),
    ([("doses.0.amount", "9" * 400 + " mg")], "$.doses[0].amount", "number_not_finite"),
    ([("doses.0.amount", "9" * 40 + " mg")], "$.doses[0].amount", "number_too_large"),
    ([("doses.0.amount", "250 furlong")], "$.doses[0].amount", "unit_unknown"),
    ([("doses.0.amount", "250 mL")], "$.doses[0].amount", "unit_mismatch"),
    ([("doses.0.amount", "0 mg")], "$.doses[0].amount", "must_be_positive"),
    ([("doses.0.amount", "-250 mg")], "$.doses[0].amount", "must_be_positive"),
    ([("doses.0.every", "24 mg")], "$.doses[0].every", "unit_mismatch"),
    ([("doses.0.every", "0 h")], "$.doses[0].every", "must_be_positive"),
    ([("covariates.0.value", "12 mg/dL")], "$.covariates[0].value", "unit_mismatch"),
    ([("covariates.0.value", "4800 kg")], "$.covariates[0].value", "covariate_impossible"),
    ([("covariates.0.name", "wait")], "$.covariates[0].name", "covariate_unknown"),
    ([("covariates.4.value", "slow")], "$.covariates[4].value", "choice_unknown"),
    ([("covariates.3.time", 0)], "$.covariates[3]", "covariate_twice"),
    ([("levels.0.value", "512 mg")], "$.levels[0].value", "unit_mismatch"),
    ([("levels.0.value", "0 ng/mL")], "$.levels[0].value", "level_not_positive"),
    ([("levels.0.value", ">5 ng/mL")], "$.levels[0].value", "number_unreadable"),
    ([("co_medication.0.amount", "200 h")], "$.co_medication[0].amount", "unit_mismatch"),
    ([("co_medication.0.every", "24 mg")], "$.co_medication[0].every", "unit_mismatch"),
    # choices
    ([("patient.sex", "f")], "$.patient.sex", "choice_unknown"),
    ([("patient.ethnicity", "martian")], "$.patient.ethnicity", "choice_unknown"),
    ([("doses.0.route", "by mouth")], "$.doses[0].route", "choice_unknown"),
    ([("doses.0.status", "taken")], "$.doses[0].status", "choice_unknown"),
    ([("outcomes.0.kind", "rumour")], "$.outcomes[0].kind", "choice_unknown"),
    ([("outcomes.0.grade", 6)], "$.outcomes[0].grade", "grade_impossible"),
    ([("target.kind", "middle")], "$.target.kind", "choice_unknown"),
    # times
    ([("start", "9999-12-31T08:00+08:00")], "$.start", "moment_unreadable"),
    ([("start", "2026-07-06T08:00")], "$.start", "moment_unreadable"),
    ([("start", "2026-07-06")], "$.start", "moment_unreadable"),
    ([("start", "2026-02-30T08:00+08:00")], "$.start", "moment_unreadable"),
    ([("levels.0.time", "07:30")], "$.levels[0].time", "moment_unreadable"),
    ([("levels.0.time", 1e9)], "$.levels[0].time", "time_impossible"),
    ([("levels.0.time", "3000-01-01T00:00Z")], "$.levels[0].time", "time_impossible"),
    ([("doses.0.every", "900000 h")], "$.doses[0].count", "time_impossible"),
    ([("patient.born", "03.05.1955")], "$.patient.born", "day_unreadable"),
    ([("patient.born", "1955-13-03")], "$.patient.born", "day_unreadable"),
    # the person
    ([("patient.born", ...)], "$.patient.born", "birth_or_age_needed"),
    ([("patient.age", "71 year")], "$.patient.born", "birth_or_age_needed"),
    ([("patient.born", "2026-07-07")], "$.patient.born", "born_after_start"),
    ([("patient.born", "1826-07-06")], "$.patient.born", "age_impossible"),
    ([("patient.born", ...), ("patient.age", "200 year")], "$.patient.age", "age_impossible"),
    ([("patient.born", ...), ("patient.age", "-1 year")], "$.patient.age", "age_impossible"),
    ([("patient.born", ...), ("patient.age", 71)], "$.patient.age", "unit_missing"),
    ([("patient.born", ...), ("patient.age", "71 kg")], "$.patient.age", "unit_mismatch"),
    ([("patient.born", "2026-07-05"), ("levels.0.time", -72)], "$.levels[0].time", "time_before_birth"),
    # contradictions
    ([("doses.0.count", -1)], "$.doses[0].count", "count_impossible"),
    ([("doses.0.count", 0)], "$.doses[0].count", "count_impossible"),
    ([("doses.0.count", 5001)], "$.doses[0].count", "count_impossible"),
    ([("doses.0.every", ...)], "$.doses[0].every", "interval_needed"),
    ([("doses.1.steady_state", True)], "$.doses[1].every", "interval_needed"),
    ([("doses.0.duration", "1 h")], "$.doses[0].duration", "duration_needs_intravenous"),
    ([("levels.0.analyte", "imatinib")], "$.levels[0].analyte", "analyte_not_the_drug"),
    ([("co_medication.0.until", 71)], "$.co_medication[0].until", "period_backwards"),
    ([("models", ["a", "a"])], "$.models[1]", "listed_twice"),
    ([("target", {"kind": "trough"})], "$.target.low", "target_without_ends"),
    ([("target.high", "100 ng/mL")], "$.target.high", "target_ends_swapped"),
    ([("target.low", "200 mg")], "$.target.low", "unit_mismatch"),
    ([("target.low", "0 ng/mL")], "$.target.low", "must_be_positive"),
    ([("target.kind", "auc24")], "$.target.low", "unit_mismatch"),
]


@pytest.mark.parametrize(("steps", "field", "reason"), BAD, ids=[f"{field}-{reason}" for _, field, reason in BAD])
def test_what_cannot_be_used_is_refused_with_its_path(steps: list[tuple[str, Any]], field: str, reason: str) -> None:
    caught = refusal(changed(*steps))
    assert (caught.field, caught.reason) == (field, reason)


def test_a_key_that_stands_twice_is_refused_with_its_path() -> None:
    text = json.dumps(WHOLE).replace(
        '"amount": "250 mg", "route"', '"amount": "250 mg", "amount": "500 mg", "route"', 1
    )
    caught = refusal(text)
    assert (caught.field, caught.reason) == ("$.doses[0].amount", "key_twice")


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 5000])
def test_a_number_that_is_none_is_refused_with_its_path(constant: str) -> None:
    caught = refusal(json.dumps(WHOLE).replace("71.5", constant))
    assert (caught.field, caught.reason) == ("$.levels[0].time", "number_not_finite")


def test_a_file_cut_off_anywhere_is_refused_and_never_half_read() -> None:
    text = json.dumps(WHOLE)
    for end in range(len(text)):
        assert refusal(text[:end]).field == "$"
    assert refusal(text[:500]).reason == "json_cut_off"


def test_broken_json_names_line_and_column() -> None:
    caught = refusal('{\n  "schema": "dosewright.case/1",\n  "patient": }\n')
    assert (caught.reason, caught.values) == ("json_broken", {"line": 3, "column": 14})


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("[" * 100_000, "json_too_deep"),
        ('{"schema": ' + "[" * 20 + "]" * 20 + "}", "json_too_deep"),
        (json.dumps(changed(("models", ["m"] * 10_001))), "list_too_long"),
        (json.dumps(changed(("doses", [changed()["doses"][0] | {"count": 5000}] * 3))), "doses_too_many"),
        ("\ufeff" + json.dumps(WHOLE), "file_has_bom"),
        ("", "json_cut_off"),
        ("null", "object_needed"),
        ("[]", "object_needed"),
    ],
)
def test_absurd_documents_are_refused(document: str, reason: str) -> None:
    assert refusal(document).reason == reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (json.dumps(WHOLE).encode("utf-16"), "file_not_utf8"),
        (json.dumps(WHOLE).replace("DEMO", "Müller").encode("latin-1"), "file_not_utf8"),
        (b"\xef\xbb\xbf" + json.dumps(WHOLE).encode(), "file_has_bom"),
        (b" " * 8_000_001, "file_too_large"),
    ],
)
def test_files_of_another_encoding_or_size_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "x.case.json").write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_case(tmp_path / "x.case.json")
    assert (caught.value.field, caught.value.reason) == ("$", reason)


@pytest.mark.parametrize("name", ["absent.case.json", ".", "a\0b"])
def test_a_path_that_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        load_case(tmp_path / name)
    assert caught.value.reason == "file_not_read"


# --- the schema -------------------------------------------------------------------------------------------------------


def schema_accepts(document: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(document))


def test_the_schema_is_itself_valid_and_accepts_the_good_files() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for document in (WHOLE, *(json.loads(path.read_text(encoding="utf-8")) for path in EXAMPLES)):
        jsonschema.Draft202012Validator(SCHEMA).validate(document)


def test_whatever_the_schema_refuses_the_loader_refuses_too() -> None:
    refused = [document for document in (changed(*steps) for steps, _, _ in BAD) if not schema_accepts(document)]
    assert len(refused) > 40
    for document in refused:
        refusal(document)


MUTANTS = [
    None,
    True,
    0,
    -1,
    7.5,
    1e308,
    "",
    " ",
    "x",
    "48 kg",
    "-3 mg",
    "1,5 mg",
    "12..34 kg",
    "2026-07-06T08:00Z",
    [],
    {},
]


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_mutated_file_refused_by_the_schema_is_never_loaded(data: st.DataObject) -> None:
    document = copy.deepcopy(WHOLE)
    place: Any = document
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if isinstance(place[key], dict | list) and data.draw(st.booleans()):
            place = place[key]
            continue
        break
    place[key] = data.draw(st.sampled_from(MUTANTS))
    text = json.dumps(document)
    if schema_accepts(document):
        with contextlib.suppress(InputError):
            assert read_case(write_case(read_case(text))) == read_case(text)
    else:
        assert refusal(text).field.startswith("$")


def test_the_schema_knows_the_same_names_as_the_program() -> None:
    properties = SCHEMA["properties"]
    assert properties["covariates"]["items"]["properties"]["name"]["enum"] == list(CATALOGUE)
    assert properties["patient"]["properties"]["sex"]["enum"] == list(Sex)
    assert properties["patient"]["properties"]["ethnicity"]["enum"] == list(Ethnicity)
    dose = properties["doses"]["items"]["properties"]
    assert dose["route"]["enum"] == list(Route)
    assert dose["status"]["enum"] == list(DoseStatus)
    assert properties["target"]["properties"]["kind"]["enum"] == list(TargetKind)


@pytest.mark.parametrize("unit", sorted(_TOKENS))
def test_the_schema_takes_every_unit_the_program_knows(unit: str) -> None:
    assert schema_accepts(changed(("doses.0.amount", f"1.5 {unit}")))
