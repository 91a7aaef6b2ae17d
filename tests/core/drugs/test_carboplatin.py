"""Carboplatin follows the kidneys."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.formulas.carboplatin import calvert_dose
from core.clinic.patient import Patient, Sex
from core.drugs.library import load_model, resources_folder
from core.errors import InputError
from core.report.wording import Wording
from core.units import parse_quantity


def _case(creatinine: float, sex: Sex = Sex.MALE, age: float = 60.0, weight: float = 75.0) -> Case:
    facts = (("weight", f"{weight} kg"), ("height", "170 cm"), ("serum_creatinine", f"{creatinine} umol/L"))
    covariates = tuple(CovariateValue(name, parse_quantity(value)) for name, value in facts)
    return Case(
        Patient("P-1", sex, age=age), "carboplatin", dt.datetime(2026, 1, 5, tzinfo=dt.UTC), covariates=covariates
    )


def test_the_typical_patient_of_the_paper_has_its_half_life() -> None:
    """4.4 h in a man of 60 years, 75 kg and 90 umol/L: discussion of Zandvliet 2008."""
    bound = load_model(resources_folder() / "drugs" / "carboplatin.zandvliet2008.yaml").bind(_case(90.0))
    typical = {
        name: float(value[0]) for name, value in bound.parameters(np.zeros((1, len(bound.model.etas))), 0).items()
    }
    k10 = typical["clearance"] / typical["central_volume"]
    k12 = typical["intercompartmental_clearance"] / typical["central_volume"]
    k21 = typical["intercompartmental_clearance"] / typical["peripheral_volume"]
    total = k10 + k12 + k21
    slow = (total - np.sqrt(total**2 - 4 * k10 * k21)) / 2
    assert np.log(2) / slow == pytest.approx(4.4, abs=0.05)


@pytest.mark.parametrize(("creatinine", "clearance"), [(70.0, 105.45), (100.0, 73.82), (140.0, 52.73), (200.0, 36.91)])
def test_the_first_dose_follows_kidney_function_as_calvert_did(creatinine: float, clearance: float) -> None:
    """Within a third of Calvert's dose for an area of 5.5 mg/mL*min; Cockcroft-Gault by hand."""
    case = _case(creatinine)
    options = session.recommend(case, session.individualise(case)).options
    expected = calvert_dose(5.5, min(clearance, 125.0), estimated=True)
    assert options[0].regimen.amount == pytest.approx(expected, rel=0.33)


def test_a_model_of_normal_kidneys_does_not_speak_for_poor_ones() -> None:
    ids = {creatinine: {b.model.id for b in session.bind_models(_case(creatinine))} for creatinine in (70.0, 140.0)}
    assert ids[70.0] == {"carboplatin.ekhart2008", "carboplatin.zandvliet2008"}
    assert ids[140.0] == {"carboplatin.zandvliet2008"}


def test_no_peak_of_a_short_infusion_is_cut_off_between_points_of_a_long_course() -> None:
    """The end of the infusion is on the curve, where the closed form of two compartments has its highest value."""
    case = _case(100.0)
    fitted = session.individualise(case)
    regimen = session.recommend(case, fitted).options[0].regimen
    curve = session.predict_proposed(case, fitted, regimen).curve("plasma")
    assert curve is not None
    assert len(curve.times) < 700
    peak = curve.times[curve.median.argmax()]
    assert peak == pytest.approx(regimen.first_dose + 1.0)
    fine = session.predict_proposed(case, fitted, regimen, times=np.linspace(0.0, 3.0, 601)).curve("plasma")
    assert fine is not None
    assert curve.median.max() == pytest.approx(fine.median.max(), rel=0.01)


def test_kidneys_that_are_not_known_are_asked_about() -> None:
    case = replace(_case(100.0), covariates=tuple(c for c in _case(100.0).covariates if c.name != "serum_creatinine"))
    with pytest.raises(InputError) as refusal:
        session.recommend(case, session.individualise(case))
    assert (refusal.value.field, refusal.value.reason) == ("covariates.serum_creatinine", "covariate_missing")


@pytest.mark.parametrize(("count", "told"), [("99 10^9/L", True), ("100 10^9/L", False)])
def test_a_count_below_which_the_label_waits_is_told(count: str, told: bool) -> None:
    """US label: not repeated until platelets are at least 100."""
    case = _case(100.0)
    case = replace(case, covariates=(*case.covariates, CovariateValue("platelets", parse_quantity(count))))
    found = session.recommend(case, session.individualise(case)).alerts
    assert [alert.about for alert in found if alert.id == "count_too_low_to_treat"] == (["platelets"] if told else [])


def test_the_last_count_decides() -> None:
    case = _case(100.0)
    counts = tuple(CovariateValue("platelets", parse_quantity(f"{n} 10^9/L"), t) for n, t in ((240, 0.0), (60, 24.0)))
    later = replace(case, covariates=(*case.covariates, *counts))
    alerts = session.recommend(later, session.individualise(later)).alerts
    told = next(alert for alert in alerts if alert.id == "count_too_low_to_treat")
    assert Wording("en").alert(told).startswith("The last platelets (60 10^9/L) are below 100 10^9/L")
