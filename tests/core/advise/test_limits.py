"""Limits layer by layer, each with what it tightens and why; nothing that is offered breaks one."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import session
from core.advise.candidates import candidates
from core.advise.limits import Layer, Limit, Measure, broken, label_limits, limits_of, rate_limits
from core.advise.recommend import nearest_misses, notes_on
from core.advise.recommendation import Outcome, Regimen
from core.clinic.case import Case, Target, TargetKind
from core.clinic.covariate import CovariateValue
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.drugs.model import GivenAs, Limits, off_label
from core.errors import DrugFileError
from core.units import parse_quantity


def case_of(drug: str, **covariates: str) -> Case:
    facts = tuple(CovariateValue(name, parse_quantity(value)) for name, value in covariates.items())
    start = dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC)
    return Case(Patient("P-1", Sex.MALE, age=60.0), drug, start, covariates=facts)


def test_a_limit_per_kilogram_keeps_the_labels_own_value() -> None:
    """Amikacin at most 30 mg/kg (EUCAST dosages, version 15.0): 1500 mg at 50 kg, 2500 mg for all."""
    case = case_of("amikacin", weight="50 kg", serum_creatinine="80 umol/L", height="170 cm")
    model = session.bind_models(case)[0].model
    alerts = broken(Regimen(2000.0, 24.0, Route.INTRAVENOUS, 1.0), limits_of(case, model, 0.0))
    assert {alert.id for alert in alerts} == {"dose_above_single_of_patient", "dose_above_daily_of_patient"}
    assert all(alert.values["limit"] == "1500 mg" and alert.values["original"] == "2500 mg" for alert in alerts)
    assert all(alert.values["layer"] == "patient" for alert in alerts)


def test_a_failing_kidney_lowers_the_limit_of_the_label() -> None:
    """Dabigatran 75 mg twice daily at 15-30 mL/min, 150 mg otherwise (US label)."""
    case = case_of("dabigatran", weight="70 kg", serum_creatinine="250 umol/L")
    model = session.library().models("dabigatran")[0]
    regimen = Regimen(150.0, 12.0, Route.ORAL)
    alert = broken(regimen, limits_of(case, model, 0.0))[0]
    assert (alert.id, alert.values["limit"], alert.values["original"]) == (
        "dose_above_single_of_patient", "75 mg", "150 mg",
    )  # fmt: skip
    healthy = case_of("dabigatran", weight="70 kg", serum_creatinine="80 umol/L")
    assert broken(regimen, limits_of(healthy, model, 0.0)) == ()


def test_a_site_may_tighten_a_limit_and_never_loosen_one(tmp_path: Path) -> None:
    file = tmp_path / "limits.yaml"
    file.write_text("schema: 1\nlimits:\n  vancomycin: {single: 1500 mg, daily: 9000 mg, reason: pump policy}\n")
    case = case_of("vancomycin", weight="70 kg", serum_creatinine="80 umol/L")
    limits = limits_of(case, session.library().model("vancomycin.goti2018"), 0.0, site=file)
    first = broken(Regimen(2000.0, 12.0, Route.INTRAVENOUS, 4.0), limits)
    assert [(a.id, a.values["limit"], a.values["original"]) for a in first] == [
        ("dose_above_single_of_site", "1500 mg", "2000 mg")
    ]
    assert first[0].values["source"] == "pump policy"
    assert [a.id for a in broken(Regimen(1500.0, 6.0, Route.INTRAVENOUS, 3.0), limits)] == ["dose_above_daily"]


def test_a_broken_site_file_is_never_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "limits.yaml"
    file.write_text("schema: 1\nlimits:\n  vancomycin: {single: 1500, reason: no unit}\n")
    case = case_of("vancomycin", weight="70 kg", serum_creatinine="80 umol/L")
    with pytest.raises(DrugFileError, match=r"limits\.yaml"):
        limits_of(case, session.library().model("vancomycin.goti2018"), 0.0, site=file)


def test_the_first_day_of_a_loading_dose_counts_against_the_daily_limit() -> None:
    limits = label_limits(Limits(2000.0, 4000.0, "label"))
    plain = Regimen(2000.0, 12.0, Route.INTRAVENOUS, 4.0)
    assert broken(plain, limits) == ()
    assert [a.id for a in broken(replace(plain, loading=2500.0), limits)] == ["dose_above_single", "dose_above_daily"]


def test_doses_given_in_the_last_day_count_against_the_daily_limit() -> None:
    case = case_of("vancomycin", weight="70 kg", serum_creatinine="80 umol/L")
    given = Dose(0.0, parse_quantity("2000 mg"), Route.INTRAVENOUS, parse_quantity("4 h"))
    case = replace(case, doses=(given, replace(given, time=8.0)))
    model = session.library().model("vancomycin.goti2018")
    plan = Regimen(1000.0, 12.0, Route.INTRAVENOUS, 2.0, first_dose=12.0)
    found = broken(plan, limits_of(case, model, 12.0))
    assert [alert.id for alert in found] == ["day_with_given_above"]
    assert (found[0].values["given"], found[0].values["value"]) == ("4000 mg", "5000 mg")
    # from 22 h after the first dose on only the second counts, and 3 g lie below the limit
    assert broken(replace(plan, first_dose=22.5, every=24.0), limits_of(case, model, 22.5)) == ()


def test_a_daily_dose_two_hours_early_is_not_one_too_many() -> None:
    label = label_limits(Limits(250.0, 250.0, "label"))
    given = ((0.0, 250.0), (24.0, 250.0))
    day = replace(label[-1], measure=Measure.DAY_WITH_GIVEN, given=given)
    assert broken(Regimen(250.0, 24.0, Route.ORAL, first_dose=46.0), [day]) == ()
    early = broken(Regimen(250.0, 24.0, Route.ORAL, first_dose=45.0), [day])
    assert [alert.values["given"] for alert in early] == ["250 mg"]


def test_after_a_single_dose_a_regimen_may_begin_one_interval_later() -> None:
    form = GivenAs(Route.ORAL, (100.0,), (12.0, 24.0))
    starts = {(item.every, item.first_dose) for item in candidates([form], 3.0, last_single=2.0)}
    assert starts == {(12.0, 3.0), (12.0, 14.0), (24.0, 3.0), (24.0, 26.0)}


def test_the_rate_limit_is_that_of_the_form_the_dose_comes_in() -> None:
    slow = GivenAs(Route.INTRAVENOUS, (1000.0,), (12.0,), (1.0,), fastest=600.0)
    quick = GivenAs(Route.INTRAVENOUS, (50.0,), (12.0,), (1.0,), fastest=3000.0)
    fast = Regimen(1000.0, 12.0, Route.INTRAVENOUS, 1.0)
    for forms in ([slow, quick], [quick, slow]):
        assert [a.id for a in broken(fast, rate_limits(forms, fast))] == ["infusion_too_fast"]


def test_an_infusion_neither_runs_too_fast_nor_into_the_next_one() -> None:
    form = GivenAs(Route.INTRAVENOUS, (1000.0,), (12.0,), (1.0, 2.0), fastest=600.0)
    fast = Regimen(1000.0, 12.0, Route.INTRAVENOUS, 1.0)
    assert [a.id for a in broken(fast, rate_limits([form], fast))] == ["infusion_too_fast"]
    assert broken(replace(fast, duration=2.0), rate_limits([form], fast)) == ()
    overlap = Limit(Layer.PHYSICAL, Measure.OVERLAP, 1.0, "")
    assert [a.id for a in broken(replace(fast, duration=13.0), [overlap])] == ["infusion_longer_than_interval"]


amounts = st.floats(1.0, 5000.0)


@given(
    st.lists(amounts, min_size=1, max_size=5), amounts, amounts, st.sampled_from([6.0, 12.0, 24.0, 48.0]), st.booleans()
)
@settings(max_examples=150, deadline=None)
def test_what_passes_is_within_every_limit_and_what_fails_says_which(
    doses: list[float], single: float, daily: float, every: float, loading: bool
) -> None:
    form = GivenAs(Route.INTRAVENOUS, tuple(doses), (every,), (1.0, 4.0), loading=tuple(2 * d for d in doses))
    limits = label_limits(Limits(single, daily, "label"))
    for regimen in candidates([form], 0.0, loading=loading):
        largest = max(regimen.amount, regimen.loading)
        per_day = max(regimen.amount * max(1.0, 24.0 / every), largest + regimen.amount * (24.0 / every - 1.0), largest)
        fits = largest <= single * (1 + 1e-9) and per_day <= daily * (1 + 1e-9)
        assert (broken(regimen, limits) == ()) is fits


def test_the_nearest_miss_breaks_its_limit_by_the_least() -> None:
    form = GivenAs(Route.ORAL, (100.0, 300.0, 500.0), (12.0, 24.0))
    limits = label_limits(Limits(50.0, 60.0, "label"))
    assert nearest_misses(candidates([form], 0.0), limits) == [Regimen(100.0, 24.0, Route.ORAL)]


def test_where_nothing_may_be_given_the_nearest_miss_and_its_limit_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "limits.yaml"
    file.write_text("schema: 1\nlimits:\n  vancomycin: {single: 100 mg, reason: shortage}\n")
    monkeypatch.setattr("core.advise.limits.site_limits_file", lambda: file)
    case = replace(case_of("vancomycin", weight="70 kg", serum_creatinine="80 umol/L"), models=("vancomycin.goti2018",))
    advice = session.recommend(case, session.individualise(case))
    assert advice.outcome is Outcome.NO_OPTION
    said = next(alert for alert in advice.alerts if alert.id == "no_regimen_within_limits")
    assert (said.values["value"], said.values["limit"], said.values["source"]) == ("250 mg", "100 mg", "shortage")
    assert advice.options[0].regimen.amount == 250.0


def test_a_treatment_may_begin_with_a_loading_dose_and_the_message_says_so() -> None:
    case = replace(
        case_of("vancomycin", weight="80 kg", serum_creatinine="180 umol/L"), models=("vancomycin.goti2018",)
    )
    target = Target(TargetKind.AUC24, parse_quantity("450 mg*h/L"), parse_quantity("600 mg*h/L"))
    case = replace(case, target=target)
    advice = session.recommend(case, session.individualise(case))
    loaded = [option for option in advice.options if option.regimen.loading]
    assert loaded
    first, *later = loaded[0].regimen.doses(72.0)
    assert first.milligrams == loaded[0].regimen.loading
    assert first.count == 1
    assert later[0].time == loaded[0].regimen.every
    assert later[0].milligrams == loaded[0].regimen.amount


def test_an_infusion_without_its_time_breaks_the_rate_limit() -> None:
    """Vancomycin at no more than 10 mg/min (US label): given at once it is faster than any limit."""
    model = session.library().model("vancomycin.goti2018")
    for regimen in (
        Regimen(2000.0, 12.0, Route.INTRAVENOUS),
        Regimen(500.0, 12.0, Route.INTRAVENOUS, 1.0, 0.0, 2000.0),
    ):
        alerts = broken(regimen, rate_limits(model.given_as, regimen))
        assert [(alert.id, alert.values["limit"]) for alert in alerts] == [("infusion_time_missing", "600 mg/h")]


def test_no_dose_of_apixaban_above_the_label_of_atrial_fibrillation_is_offered() -> None:
    """5 mg twice daily is the label's highest lasting dose; a fast clearance is no reason to double it."""
    forms = session.library().models("apixaban")[0].given_as
    assert max(dose for form in forms for dose in form.doses) == 5.0
    model = session.library().models("apixaban")[0]
    assert broken(Regimen(10.0, 12.0, Route.ORAL), label_limits(model.limits))


@pytest.mark.parametrize(("prolonged", "marked", "plain"), [("no", {24.0}, {12.0}), ("yes", set(), {24.0})])
def test_each_form_of_tacrolimus_has_its_own_interval(prolonged: str, marked: set[float], plain: set[float]) -> None:
    """Immediate release twice a day; prolonged release once a day and never twice (labels of both)."""
    case = case_of("tacrolimus", weight="70 kg", haematocrit="35 %", height="170 cm")
    case = replace(case, covariates=(*case.covariates, CovariateValue("prolonged_release", prolonged)))
    model = session.library().model("tacrolimus.woillard2011").bind(case).model
    found = {(every, bool(off_label(model.given_as, Route.ORAL, every, 5.0))) for every in (12.0, 24.0)}
    offered = {one.every for one in candidates(model.given_as, 0.0)}
    assert offered == marked | plain
    assert {every for every, off in found if off} == marked


@pytest.mark.parametrize(
    ("indication", "age", "weight", "creatinine", "marked"),
    [
        ("atrial_fibrillation", 70.0, "80 kg", "80 umol/L", 2.5),
        ("atrial_fibrillation", 82.0, "80 kg", "90 umol/L", 2.5),  # one of the three only
        ("atrial_fibrillation", 80.0, "60 kg", "70 umol/L", 5.0),
        ("atrial_fibrillation", 60.0, "58 kg", "133 umol/L", 5.0),
        ("atrial_fibrillation", 79.0, "75 kg", "260 umol/L", 5.0),  # below 30 mL/min
        ("venous_thromboembolism", 85.0, "50 kg", "90 umol/L", None),
    ],
)
def test_apixaban_is_marked_where_the_label_of_atrial_fibrillation_gives_another_dose(
    indication: str, age: float, weight: str, creatinine: str, marked: float | None
) -> None:
    """2.5 mg twice daily with two of 80 years, 60 kg, 133 umol/L, or 15-29 mL/min (EU label, section 4.2)."""
    case = case_of("apixaban", weight=weight, serum_creatinine=creatinine)
    case = replace(
        case,
        patient=replace(case.patient, age=age),
        covariates=(*case.covariates, CovariateValue("indication", indication)),
    )
    model = session.library().models("apixaban")[0].bind(case).model
    notes = {dose: notes_on(Regimen(dose, 12.0, Route.ORAL), model, ()) for dose in (2.5, 5.0)}
    assert [dose for dose, alerts in notes.items() if alerts] == ([] if marked is None else [marked])
    assert all(alert.id == "dose_off_label" for alerts in notes.values() for alert in alerts)


def test_limits_per_kilogram_hold_for_a_whole_body_model_too() -> None:
    case = case_of("gefitinib", weight="50 kg", height="160 cm")
    model = session.library().model("gefitinib.pbpk")
    per_kg = replace(model, facts=replace(model.facts, limits=replace(model.limits, single_per_kg=4.0)))
    assert per_kg.bind(case).model.limits.single == 200.0
