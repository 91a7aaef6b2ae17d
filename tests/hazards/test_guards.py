"""One guard per hazard of dosing calculators; each test bears the hazard's id and `trace.yaml` joins them."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.advise.candidates import describe
from core.advise.limits import Measure, limits_of
from core.advise.recommendation import Outcome, Recommendation, Regimen
from core.clinic.alert import Alert, Severity
from core.clinic.case import Case
from core.clinic.case_file import read_case, write_case
from core.clinic.covariate import CovariateValue
from core.clinic.level import CoMedication, Level
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, DoseStatus, Route
from core.errors import InputError, OutOfDomain
from core.infer.posterior import FitStatus
from core.report.wording import Wording
from core.units import Quantity, format_dose, parse_quantity, parse_typed_number

START = dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC)
CASE = Case(
    Patient("P-1", Sex.MALE, age=62.0),
    "vancomycin",
    START,
    covariates=(
        CovariateValue("weight", parse_quantity("78 kg")),
        CovariateValue("height", parse_quantity("175 cm")),
        CovariateValue("serum_creatinine", parse_quantity("88 umol/L"), 0.0),
        CovariateValue("serum_creatinine", parse_quantity("92 umol/L"), 24.0),
        CovariateValue("dialysis", "no"),
    ),
    models=("vancomycin.goti2018",),
    doses=(Dose(0.0, parse_quantity("1000 mg"), Route.INTRAVENOUS, parse_quantity("2 h"), parse_quantity("12 h"), 4),),
    levels=(Level(27.0, parse_quantity("29 mg/L")), Level(35.5, parse_quantity("15 mg/L"))),
)


def advice_on(case: Case) -> Recommendation:
    return session.recommend(case, session.individualise(case))


def asked(case: Case) -> dict[str, Severity]:
    return {alert.id: alert.severity for alert in session.check_case(case)}


def said(case: Case) -> dict[str, Alert]:
    return {alert.id: alert for alert in advice_on(case).alerts}


def with_level(time: float, value: str) -> Case:
    return replace(CASE, levels=(Level(time, parse_quantity(value)),))


def with_covariate(name: str, value: str, time: float = 0.0) -> Case:
    kept = tuple(item for item in CASE.covariates if item.name != name)
    known = value if value in {"yes", "no", "cvvh"} else parse_quantity(value)
    return replace(CASE, covariates=(*kept, CovariateValue(name, known, time)))


@pytest.fixture(scope="module")
def advice() -> Recommendation:
    return advice_on(CASE)


def test_the_case_all_slips_are_made_in_is_asked_nothing(advice: Recommendation) -> None:
    assert session.check_case(CASE) == ()
    assert not [alert for alert in advice.alerts if alert.severity is Severity.STOP]


@pytest.mark.parametrize("text", ["1,500", "1.500", ".5", "5.", "1e3", "-5", "7O", "1.2.3", "1 500", "nan", "<0.5"])
def test_h01_a_number_two_people_could_read_differently_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_typed_number(text)


def test_h01_doses_are_written_with_a_leading_and_without_a_trailing_zero() -> None:
    assert [format_dose(0.5), format_dose(5.0), format_dose(12500.0)] == ["0.5 mg", "5 mg", "12\u202f500 mg"]


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_h02_a_dose_a_thousand_times_off_is_asked_about(factor: float) -> None:
    row = replace(CASE.doses[0], amount=Quantity(1000.0 * factor, "mg"))
    assert "dose_unusual" in asked(replace(CASE, doses=(row,)))
    assert format_dose(5.0, "ug") == "5 mcg"


def test_h03_a_level_in_another_unit_is_improbable_and_the_unit_is_named() -> None:
    slipped = said(with_level(35.5, "15000 mg/L"))
    assert {"level_maybe_decimal", "level_improbable", "level_improbable_unit"} & set(slipped)
    with pytest.raises(InputError, match="unit_missing"):
        parse_quantity("15")


def test_h04_creatinine_in_the_other_unit_is_asked_about() -> None:
    assert "creatinine_maybe_mg_dl" in asked(with_covariate("serum_creatinine", "10 umol/L", 24.0))
    assert "creatinine_maybe_umol_l" in asked(with_covariate("serum_creatinine", "28 mg/dL", 24.0))


def test_h05_pounds_inches_grams_and_a_leap_of_weight_are_asked_about() -> None:
    assert "weight_maybe_pounds" in asked(with_covariate("weight", "172 kg"))
    assert "height_maybe_inches" in asked(with_covariate("height", "69 cm"))
    leap = replace(CASE, covariates=(*CASE.covariates, CovariateValue("weight", parse_quantity("95 kg"), 24.0)))
    assert "weight_leap" in asked(leap)


@pytest.mark.parametrize(
    ("time", "question"),
    [
        (0.0, "level_before_first_dose"),
        (25.0, "level_during_infusion"),
        (26.2, "level_in_distribution"),
        (90.0, "level_long_after_dose"),
    ],
)
def test_h06_a_level_at_an_odd_time_is_asked_about(time: float, question: str) -> None:
    assert question in asked(with_level(time, "15 mg/L"))


def test_h06_the_advice_is_shown_for_other_times_of_the_sample() -> None:
    minutes = {story.minutes for story in session.level_scenarios(CASE, session.individualise(CASE), 1)}
    assert minutes >= {-60.0, -30.0, 0.0, 30.0}


def test_h07_a_peak_and_a_trough_exchanged_are_asked_about() -> None:
    one, two = CASE.levels
    swapped = replace(CASE, levels=(replace(one, value=two.value), replace(two, value=one.value)))
    assert "levels_maybe_swapped" in said(swapped)
    assert "levels_maybe_swapped" not in said(CASE)


def test_h08_only_doses_given_count_and_an_overdue_plan_is_asked_about() -> None:
    planned = replace(CASE.doses[0], time=18.0, every=None, count=1, status=DoseStatus.PLANNED)
    case = replace(CASE, doses=(*CASE.doses, planned))
    assert "dose_planned_in_past" in asked(case)
    planned_too, given_only = (session.individualise(one).posteriors[0].eta for one in (case, CASE))
    assert np.allclose(planned_too, given_only)


def test_h09_a_dose_or_a_level_entered_twice_is_asked_about() -> None:
    again = replace(CASE.doses[0], time=0.1, every=None, count=1)
    assert "dose_entered_twice" in asked(replace(CASE, doses=(*CASE.doses, again)))
    assert "doses_at_once" in asked(replace(CASE, doses=(*CASE.doses, replace(again, amount=Quantity(500.0, "mg")))))
    assert "level_entered_twice" in asked(replace(CASE, levels=(*CASE.levels, CASE.levels[1])))
    other = replace(CASE.levels[1], value=parse_quantity("16 mg/L"))
    assert "levels_at_once" in asked(replace(CASE, levels=(*CASE.levels, other)))


def test_h10_outside_the_population_nothing_or_a_warning_is_given() -> None:
    with pytest.raises(OutOfDomain):
        advice_on(replace(CASE, patient=Patient("P-2", Sex.MALE, born=dt.date(2019, 1, 1))))
    imatinib = replace(
        with_covariate("gist", "no"), drug="imatinib", models=("imatinib.gotta2012",), doses=(), levels=()
    )
    blocked = advice_on(replace(imatinib, patient=Patient("P-2", Sex.MALE, age=95.0)))
    assert (blocked.outcome, blocked.options) == (Outcome.BLOCKED, ())
    heavy = replace(imatinib, covariates=(CovariateValue("weight", parse_quantity("125 kg")), *imatinib.covariates[1:]))
    outside = {alert.id: alert.severity for alert in advice_on(heavy).alerts}
    assert outside["covariate_outside_studied_range"] is Severity.CAUTION


def test_h11_old_values_and_a_changing_kidney_are_said() -> None:
    assert "creatinine_old" in asked(with_covariate("serum_creatinine", "90 umol/L", -30.0))
    assert "covariate_old" in asked(with_covariate("weight", "78 kg", -1000.0))
    assert "kidney_function_changing" in asked(
        replace(
            CASE, covariates=(*CASE.covariates, CovariateValue("serum_creatinine", Quantity(180.0, "umol/L"), 36.0))
        )
    )
    in_icu = replace(CASE, covariates=(*CASE.covariates[:3], CovariateValue("icu", "yes")))
    assert "creatinine_old" in asked(in_icu)


def test_h12_a_default_is_never_used_silently() -> None:
    case = replace(CASE, covariates=tuple(item for item in CASE.covariates if item.name != "dialysis"))
    advice = advice_on(case)
    assumed = {item.covariate for item in advice.basis.assumptions}
    assert assumed == {alert.about for alert in advice.alerts if alert.id == "covariate_assumed"}
    assert "dialysis" in assumed
    assert {reason.values["covariate"] for reason in advice.reasons if reason.id == "why_assumed"} == assumed


def test_h14_any_edit_changes_the_hash_a_result_carries(advice: Recommendation) -> None:
    assert advice.basis.inputs_hash == session.inputs_hash(CASE)
    for edited in (with_covariate("weight", "79 kg"), with_level(35.5, "15.1 mg/L"), CASE.with_doses(())):
        assert session.inputs_hash(edited) != advice.basis.inputs_hash


def test_h15_a_missing_covariate_is_refused_with_its_field() -> None:
    case = replace(CASE, covariates=CASE.covariates[:2])
    with pytest.raises(InputError, match="serum_creatinine: covariate_missing"):
        session.individualise(case)


def test_h16_a_route_the_drug_does_not_know_is_asked_about() -> None:
    row = replace(CASE.doses[0], route=Route.INTRAMUSCULAR, duration=None)
    assert "route_unusual" in asked(replace(CASE, doses=(row,)))


@pytest.mark.parametrize("drug", ["vancomycin", "gentamicin", "imatinib", "dabigatran"])
def test_h17_nothing_offered_exceeds_any_limit(drug: str) -> None:
    case = replace(CASE, drug=drug, models=(), doses=(), levels=())
    case = replace(case, covariates=(*case.covariates, CovariateValue("mic", parse_quantity("1 mg/L"))))
    fitted = session.individualise(case)
    model = fitted.posteriors[0].bound.model
    limits = {
        m: min(x.value for x in limits_of(case, model, 0.0) if x.measure is m)
        for m in Measure
        if m in ("single", "daily")
    }
    for option in session.recommend(case, fitted).options:
        regimen = option.regimen
        assert max(regimen.amount, regimen.loading) <= limits[Measure.SINGLE] * (1 + 1e-9)
        assert regimen.amount * max(1.0, 24.0 / regimen.every) <= limits[Measure.DAILY] * (1 + 1e-9)


def test_h18_dose_interval_and_total_per_day_stand_together() -> None:
    text = describe(Regimen(750.0, 8.0, Route.INTRAVENOUS))
    assert (text["dose"], text["every"], text["daily"]) == ("750 mg", "8 h", "2250 mg")


def test_h19_a_fit_without_a_proved_optimum_gives_no_number() -> None:
    fitted = session.individualise(CASE)
    failed = tuple(replace(item, status=FitStatus.FAILED, weight=0.0) for item in fitted.posteriors)
    blocked = session.recommend(CASE, session.Individualisation(failed))
    assert (blocked.outcome, blocked.options) == (Outcome.BLOCKED, ())


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_h20_an_improbable_level_comes_with_its_causes(language: str) -> None:
    alerts = said(with_level(35.5, "95 mg/L"))
    name = next(name for name in alerts if name in {"level_improbable", "level_improbable_unit", "level_maybe_decimal"})
    assert Wording(language).alert(alerts[name])
    causes = Wording("en").text("level_improbable", {"value": "", "time": "", "low": "", "high": "", "percentile": ""})
    assert all(cause in causes for cause in ("time", "line contamination", "haemolysis", "unit", "doses"))


def test_h20_the_advice_is_given_with_and_without_the_level() -> None:
    case = with_level(35.5, "60 mg/L")
    stories = session.level_scenarios(case, session.individualise(case), 0)
    options = {story.id: story.option for story in stories}
    with_it, without = options["scenario_as_entered"], options["scenario_without_level"]
    assert with_it is not None
    assert without is not None
    assert with_it.regimen.amount / with_it.regimen.every < without.regimen.amount / without.regimen.every


def test_h21_another_drug_no_model_knows_or_begun_after_the_levels_is_said() -> None:
    case = replace(CASE, co_medication=(CoMedication("furosemide", 40.0),))
    alerts = said(case)
    assert "co_medication_not_modelled" in alerts
    assert "co_medication_after_levels" in alerts
    before = said(replace(CASE, co_medication=(CoMedication("furosemide", -100.0),)))
    assert "co_medication_after_levels" not in before


@pytest.mark.parametrize(
    ("drug", "name", "value", "alert"),
    [
        ("imatinib", "dialysis", "yes", "dialysis_not_modelled"),
        ("imatinib", "pregnant", "yes", "pregnant_not_modelled"),
        ("imatinib", "renal_replacement", "cvvh", "renal_replacement_not_modelled"),
    ],
)
def test_h22_a_state_no_model_knows_blocks(drug: str, name: str, value: str, alert: str) -> None:
    case = replace(with_covariate(name, value), drug=drug, models=("imatinib.gotta2012",), doses=(), levels=())
    blocked = advice_on(case)
    assert blocked.outcome is Outcome.BLOCKED
    assert alert in {item.id for item in blocked.alerts}


def test_h23_a_time_without_an_offset_is_refused_and_summer_time_adds_no_hour() -> None:
    text = write_case(CASE)
    with pytest.raises(InputError, match="moment_unreadable"):
        read_case(text.replace(START.isoformat(timespec="minutes"), "2026-07-06T08:00"))
    before = replace(CASE, start=dt.datetime(2026, 3, 28, 20, tzinfo=dt.timezone(dt.timedelta(hours=1))))
    assert (before.clock(12.0) - before.clock(0.0)) == dt.timedelta(hours=12)


def test_h24_a_result_carries_what_it_rests_on(advice: Recommendation) -> None:
    basis = advice.basis
    assert len(basis.inputs_hash) == 64
    assert basis.program_version
    assert all(len(use.file_hash) == 64 for use in basis.models)


def test_h25_options_are_offered_side_by_side_and_own_doses_judged(advice: Recommendation) -> None:
    assert len(advice.options) >= 3
    assert all(option.attainment.low <= option.attainment.value <= option.attainment.high for option in advice.options)
    own = session.judge(CASE, session.individualise(CASE), [Regimen(1250.0, 12.0, Route.INTRAVENOUS, 2.5, CASE.now)])
    assert own[0].exposure["auc24"].low < own[0].exposure["auc24"].high


@pytest.mark.parametrize(("age", "severity"), [(1.0, Severity.STOP), (7.0, Severity.CAUTION)])
def test_h29_a_child_needs_a_date_of_birth(age: float, severity: Severity) -> None:
    child = replace(CASE, patient=Patient("P-3", Sex.FEMALE, age=age))
    assert asked(child)["child_needs_birth_date"] is severity
    dated = replace(CASE, patient=Patient("P-3", Sex.FEMALE, born=dt.date(2019, 7, 1)))
    assert "child_needs_birth_date" not in asked(dated)


def test_h30_a_level_below_the_limit_is_no_level_at_the_limit() -> None:
    with pytest.raises(InputError, match="number_comparator"):
        parse_typed_number("<5")
    limit = Level(47.5, parse_quantity("5 mg/L"))
    at, below = (
        session.individualise(replace(CASE, levels=(replace(limit, below_limit=flag),))).posteriors[0].objective
        for flag in (False, True)
    )
    assert at != pytest.approx(below)
