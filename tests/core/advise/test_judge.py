"""The clinician's own regimen, and the dose a target asks for."""

import datetime as dt
from dataclasses import replace

import pytest

from core import session
from core.advise.judge import dose_for_target, judge
from core.advise.recommendation import Regimen
from core.clinic.case import Case, Target, TargetKind
from core.clinic.case_file import load_case
from core.clinic.covariate import CovariateValue
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Route
from core.drugs.library import resources_folder
from core.errors import InputError
from core.units import parse_quantity


def example() -> Case:
    case = load_case(resources_folder() / "examples" / "vancomycin_falling_renal_function.case.json")
    return replace(case, models=("vancomycin.goti2018",))


CASE = example()
FITTED = session.individualise(CASE)
WAY = Regimen(1.0, 24.0, Route.INTRAVENOUS, 2.0, CASE.now)


def test_own_regimens_are_judged_as_a_recommendation_judges_them() -> None:
    advice = session.recommend(CASE, FITTED)
    judged = judge(CASE, FITTED.posteriors, [option.regimen for option in advice.options])
    assert judged == advice.options


def test_the_target_and_limits_are_those_of_the_model_believed_most() -> None:
    """For an infant three models hold, and only the last of them aims at 400-650 mg*h/L and allows 20 mg/kg a dose."""
    facts = {"weight": "5.2 kg", "gestational_age": "38 week", "serum_creatinine": "25 umol/L"}
    covariates = [CovariateValue(name, parse_quantity(value)) for name, value in facts.items()]
    covariates.append(CovariateValue("dialysis", "no"))
    start = dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC)
    case = Case(Patient("P-1", Sex.MALE, born=dt.date(2026, 3, 1)), "vancomycin", start, tuple(covariates))
    fitted = session.individualise(case)
    weights = {"vancomycin.le2014": 0.8}
    posteriors = [replace(one, weight=weights.get(one.model_id, 0.1)) for one in fitted.posteriors]
    assert [one.model_id for one in posteriors][2:] == ["vancomycin.le2014"]
    advice = session.recommend(case, replace(fitted, posteriors=tuple(posteriors)))
    judged = judge(case, posteriors, [option.regimen for option in advice.options])
    assert advice.target.high == parse_quantity("650 mg*h/L")
    assert [option.attainment for option in judged] == [option.attainment for option in advice.options]
    assert [option.limits for option in judged] == [option.limits for option in advice.options]


def test_a_dose_nobody_makes_is_said_and_not_rounded() -> None:
    option = judge(CASE, FITTED.posteriors, [replace(WAY, amount=620.0)])[0]
    assert option.regimen.amount == 620.0
    said = next(alert for alert in option.limits if alert.id == "dose_not_givable")
    assert said.values["nearest"] == "500 mg, 750 mg"


def test_the_dose_for_a_target_puts_the_median_on_it() -> None:
    found = dose_for_target(CASE, FITTED.posteriors, WAY)
    exact = judge(CASE, FITTED.posteriors, [replace(WAY, amount=found.exact)])[0]
    assert exact.exposure["auc24"].value == pytest.approx((400.0 * 600.0) ** 0.5, rel=0.01)
    assert found.option.regimen.amount in {250.0, 500.0, 750.0, 1000.0}


def test_a_higher_target_asks_for_a_higher_dose() -> None:
    doses = []
    for low in ("300 mg*h/L", "450 mg*h/L", "600 mg*h/L"):
        case = replace(CASE, target=Target(TargetKind.AUC24, parse_quantity(low)))
        doses.append(dose_for_target(case, FITTED.posteriors, WAY).exact)
    assert doses == sorted(doses)


def test_a_target_no_dose_reaches_and_a_foreign_route_are_refused() -> None:
    beyond = replace(CASE, target=Target(TargetKind.AUC24, parse_quantity("9000000 mg*h/L")))
    with pytest.raises(InputError, match="target_by_no_dose"):
        dose_for_target(beyond, FITTED.posteriors, WAY)
    with pytest.raises(InputError, match="route_not_of_drug"):
        dose_for_target(CASE, FITTED.posteriors, replace(WAY, route=Route.RECTAL, duration=0.0))


def test_a_regimen_of_ones_own_is_held_against_every_limit() -> None:
    """Amikacin at most 30 mg/kg (EUCAST dosages, version 15.0), 1500 mg at 50 kg; vancomycin at most 10 mg/min."""
    facts = (("weight", "50 kg"), ("height", "170 cm"), ("serum_creatinine", "80 umol/L"))
    covariates = tuple(CovariateValue(name, parse_quantity(value)) for name, value in facts)
    start = dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC)
    amikacin = Case(Patient("P-1", Sex.MALE, age=60.0), "amikacin", start, covariates)
    found = session.objections(amikacin, Regimen(2000.0, 24.0, Route.INTRAVENOUS, 1.0))
    assert {alert.id for alert in found} == {"dose_above_single_of_patient", "dose_above_daily_of_patient"}
    vancomycin = replace(amikacin, drug="vancomycin")
    fast = session.objections(vancomycin, Regimen(1000.0, 12.0, Route.INTRAVENOUS, 0.5))
    assert "infusion_too_fast" in {alert.id for alert in fast}
    unsaid = session.objections(vancomycin, Regimen(1000.0, 12.0, Route.INTRAVENOUS))
    assert "infusion_time_missing" in {alert.id for alert in unsaid}
