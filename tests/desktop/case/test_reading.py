import dataclasses
import datetime as dt

import pytest

from core.clinic.case import Target, TargetKind
from core.clinic.case_file import load_case
from core.clinic.covariate import CovariateValue
from core.clinic.level import CoMedication, Level
from core.clinic.regimen import Dose, DoseStatus, Route
from core.drugs.library import resources_folder
from core.units import Quantity
from desktop.case.draft import DoseRow, Draft, Entry, LevelRow, MedicationRow, TargetRow
from desktop.case.draft_file import draft_of, read_draft_text, write_draft
from desktop.case.reading import read_draft
from desktop.case.settle import settled

ZONE = dt.timezone(dt.timedelta(hours=8))
NOW = dt.datetime(2026, 7, 9, 9, 41, tzinfo=ZONE)
DRUGS = ("gefitinib", "vancomycin")
EXAMPLES = sorted((resources_folder() / "examples").glob("*.case.json"))
FULL = Draft(
    record="P-1", name="甲", sex="female", birth="1955-05-03", drug="vancomycin", start="2026-07-06T08:00:00+08:00",
    entries=(Entry("weight", "48", "kg"),),
    doses=(DoseRow(when="2026-07-06 08:00", amount="1000", route="intravenous", duration="1", every="12", count="3"),),
    levels=(LevelRow("2026-07-07 07:30", "12.4", "mg/L"),),
)  # fmt: skip


def read(draft):
    return read_draft(draft, NOW, DRUGS)


def reasons(draft):
    return {problem.field: problem.reason for problem in read(draft).problems}


def changed(**changes):
    return dataclasses.replace(FULL, **changes)


def with_dose(**changes):
    return dataclasses.replace(FULL, doses=(dataclasses.replace(FULL.doses[0], **changes),))


def with_level(**changes):
    return dataclasses.replace(FULL, levels=(dataclasses.replace(FULL.levels[0], **changes),))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_case_goes_through_the_form_without_loss(path):
    case = load_case(path)
    assert read_draft(draft_of(case), NOW, (case.drug,)).case == case


def test_everything_a_case_can_hold_goes_through_the_form_without_loss():
    case = read(FULL).case
    rich = dataclasses.replace(
        case,
        covariates=(
            CovariateValue("serum_creatinine", Quantity(1.234, "mg/dL"), 1 / 3), CovariateValue("icu", "yes", 0.0),
        ),
        co_medication=(CoMedication("itraconazole", 72.0, None, Quantity(200.0, "mg"), Quantity(1.0, "day")),),
        doses=(
            Dose(
                -2.5, Quantity(1.25, "g"), Route.INTRAVENOUS, Quantity(90.0, "min"), Quantity(12.0, "h"), 4,
                steady_state=True,
            ),
            Dose(60.123, Quantity(500.0, "ug"), Route.ORAL, status=DoseStatus.MISSED),
        ),
        levels=(
            Level(35.5, Quantity(0.125, "mg/L"), "vancomycin", below_limit=True),
            Level(40.0, Quantity(12345.678, "nmol/L"), use=False, reason="haemolysed"),
        ),
        target=Target(TargetKind.AUC24, Quantity(400.0, "mg*h/L"), Quantity(0.6, "g*h/L")),
    )  # fmt: skip
    assert read(draft_of(rich)).case == rich


def test_a_draft_survives_its_file_word_for_word():
    odd = dataclasses.replace(
        FULL, birth="7O", doses=(DoseRow(when="730", amount="1,500"),), levels=(LevelRow(value="<"),),
        medications=(MedicationRow("", "x"),), target=TargetRow("auc24", "1e3", "", "mg*h/L"),
    )  # fmt: skip
    assert read_draft_text(write_draft(odd)) == odd


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "dosewright.draft/1"}', '{"format": "other"}'])
def test_a_damaged_draft_file_is_told_apart(text):
    with pytest.raises(ValueError):  # noqa: PT011 json has its own words
        read_draft_text(text)


def test_an_empty_draft_says_what_is_missing_and_finds_no_fault():
    reading = read(Draft())
    assert reading.case is None
    assert reading.problems == ()
    assert reading.missing == ("drug", "sex", "birth", "dose")


def test_the_first_dose_of_a_new_case_is_its_start():
    draft = dataclasses.replace(FULL, start="", levels=(LevelRow("23.5 h", "12.4", "mg/L"),))
    case = read(draft).case
    assert case.start == dt.datetime(2026, 7, 6, 8, 0, tzinfo=ZONE)
    assert (case.doses[0].time, case.levels[0].time) == (0.0, 23.5)


def test_a_bare_clock_time_belongs_to_the_day_of_the_row_before():
    draft = dataclasses.replace(FULL, levels=(FULL.levels[0], LevelRow("1900", "20", "mg/L")))
    assert read(draft).times["level.1.when"] == 35.0


@pytest.mark.parametrize(
    ("draft", "field", "reason"),
    [
        (dataclasses.replace(FULL, birth="1800-01-01"), "birth", "age_impossible"),
        (dataclasses.replace(FULL, birth="200"), "birth", "age_impossible"),
        (dataclasses.replace(FULL, drug="aspirinol"), "drug", "drug_not_in_library"),
        (dataclasses.replace(FULL, entries=(Entry("weight", "12 mg/dL", "kg"),)), "entry.weight.0", "number_with_unit"),
        (dataclasses.replace(FULL, entries=(Entry("weight", "4800", "kg"),)), "entry.weight.0", "covariate_impossible"),
        (changed(entries=(Entry("weight", "48", "kg", "soon"),)), "entry.weight.0.when", "time_unreadable"),
        (with_dose(amount="1,500"), "dose.0.amount", "number_ambiguous"),
        (with_dose(amount="0"), "dose.0.amount", "must_be_positive"),
        (with_dose(count="2.5"), "dose.0.count", "count_unreadable"),
        (with_dose(count="0"), "dose.0.count", "count_impossible"),
        (with_dose(every=""), "dose.0.every", "interval_needed"),
        (with_dose(route=""), "dose.0.route", "route_needed"),
        (with_dose(route="oral"), "dose.0.duration", "duration_needs_intravenous"),
        (with_dose(when="730"), "dose.0.when", "time_ambiguous"),
        (with_level(value="1e3"), "level.0.value", "number_exponent"),
        (with_level(unit=""), "level.0.unit", "level_unit_needed"),
        (with_level(use=False), "level.0.reason", "exclusion_reason_needed"),
        (dataclasses.replace(FULL, medications=(MedicationRow("", "0 h"),)), "medication.0.drug", "medication_needed"),
        (changed(medications=(MedicationRow("x", "9 h", "3 h"),)), "medication.0.until", "ends_before_start"),
        (changed(target=TargetRow("auc24", "600", "400", "mg*h/L")), "target.high", "target_low_not_below"),
        (dataclasses.replace(FULL, target=TargetRow("auc24", "", "", "mg*h/L")), "target.low", "target_needs_an_end"),
    ],
)  # fmt: skip
def test_each_fault_is_named_at_its_field_and_gives_no_case(draft, field, reason):
    assert read(draft).case is None
    assert reasons(draft)[field] == reason


def test_all_faults_are_found_at_once():
    draft = dataclasses.replace(with_dose(amount="x", count="y"), birth="z")
    assert set(reasons(draft)) == {"birth", "dose.0.amount", "dose.0.count"}


def test_a_level_typed_as_below_a_limit_becomes_one():
    draft = with_level(value="<5")
    assert settled(draft, read(draft)).levels[0] == LevelRow("2026-07-07 07:30", "5", "mg/L", below_limit=True)


def test_a_left_time_field_shows_what_was_understood():
    draft = with_level(when="23.5")
    assert settled(draft, read(draft)).levels[0].when == "2026-07-07 07:30"


def test_a_time_nobody_understands_stays_as_typed():
    draft = with_level(when="tomorrow")
    assert settled(draft, read(draft)) == draft


@pytest.mark.parametrize(
    "typed", ["99999999999", "-99999999999 h", "5000000 d", "t+99999999999h", "9999-12-31 23:59", "1" * 400]
)
@pytest.mark.parametrize("build", [with_dose, with_level], ids=["dose", "level"])
def test_a_time_no_case_can_reach_is_refused_beside_its_field(build, typed):
    draft = build(when=typed)
    where = "dose.0.when" if build is with_dose else "level.0.when"
    assert read(draft).case is None
    assert reasons(draft)[where] in {"time_impossible", "date_impossible"}
    assert settled(draft, read(draft)) == draft


@pytest.mark.parametrize(
    ("draft", "field", "reason"),
    [
        (with_dose(amount="9999999999999"), "dose.0.amount", "number_too_large"),
        (with_dose(every="100000", count="4000"), "dose.0.count", "time_impossible"),
        (with_level(analyte="gefitinib"), "level.0.value", "analyte_not_the_drug"),
        (changed(entries=(Entry("weight", "48", "kg"), Entry("weight", "50", "kg", "0 h"))), "entry.weight.1",
         "covariate_twice"),
        (changed(medications=(MedicationRow(), MedicationRow("x", "0 h", amount="0"))), "medication.1.amount",
         "must_be_positive"),
        (changed(target=TargetRow("trough", "0", "", "mg/L")), "target.low", "must_be_positive"),
        (with_dose(when="1955-05-01 08:00"), "dose.0.when", "time_before_birth"),
    ],
)  # fmt: skip
def test_what_no_case_file_may_hold_is_refused_in_the_form_too(draft, field, reason):
    assert read(draft).case is None
    assert reasons(draft) == {field: reason}


@pytest.mark.parametrize("start", ["nonsense", "2026-07-06T08:00"])
def test_a_draft_whose_start_is_no_moment_is_told_apart(start):
    text = write_draft(Draft(start=start))
    with pytest.raises(ValueError, match=r"."):
        read_draft_text(text)
