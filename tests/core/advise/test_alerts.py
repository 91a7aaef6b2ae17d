"""What must be said beside a recommendation, and what must not be said."""

import datetime as dt
from dataclasses import replace

import pytest

from core import session
from core.advise.recommendation import Outcome
from core.clinic.alert import Severity
from core.clinic.case import Case, Target, TargetKind
from core.clinic.covariate import CovariateValue
from core.clinic.level import Level
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, DoseStatus, Route
from core.units import Quantity, parse_quantity


def dose(time: float, count: int = 1, every: str | None = None, status: DoseStatus = DoseStatus.GIVEN) -> Dose:
    interval = None if every is None else parse_quantity(every)
    return Dose(time, parse_quantity("1000 mg"), Route.INTRAVENOUS, parse_quantity("2 h"), interval, count, status)


CASE = Case(
    Patient("P-1", Sex.MALE, age=60.0),
    "vancomycin",
    dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC),
    covariates=(
        CovariateValue("weight", parse_quantity("80 kg")),
        CovariateValue("height", parse_quantity("175 cm")),
        CovariateValue("serum_creatinine", parse_quantity("90 umol/L")),
    ),
    models=("vancomycin.goti2018",),
    doses=(dose(0.0, 4, "12 h"),),
)


def said(case: Case) -> dict[str, str]:
    """What an alert is about, by its id."""
    advice = session.recommend(case, session.individualise(case))
    return {alert.id: alert.about for alert in advice.alerts}


def test_a_level_below_its_limit_is_doubted_where_the_drug_must_be_seen() -> None:
    below = Level(47.5, Quantity(0.5, "mg/L"), below_limit=True)
    assert "level_improbable" in said(replace(CASE, levels=(below,)))


def test_a_level_below_its_limit_is_not_doubted_when_the_limit_is_high() -> None:
    below = Level(47.5, Quantity(200.0, "mg/L"), below_limit=True)
    assert "level_improbable" not in said(replace(CASE, levels=(below,)))


def test_a_single_level_contradicts_no_others() -> None:
    assert "level_contradicts_others" not in said(replace(CASE, levels=(Level(47.5, Quantity(13.0, "mg/L")),)))


def test_an_alert_about_a_level_names_the_row_it_was_entered_in() -> None:
    levels = (
        Level(47.5, Quantity(15.0, "mg/L"), use=False, reason="haemolysis"),
        Level(23.5, Quantity(300.0, "mg/L")),
    )
    assert {about for about in said(replace(CASE, levels=levels)).values() if "[" in about} == {"levels[1]"}


def test_a_level_beyond_belief_is_named_even_where_an_exchange_would_fit_better() -> None:
    """300 mg/L is no trough and no peak; to exchange it with its neighbour does not explain it."""
    levels = (Level(23.5, Quantity(300.0, "mg/L")), Level(40.0, Quantity(20.0, "mg/L")))
    found = said(replace(CASE, levels=levels))
    assert "levels[0]" in {found.get("level_improbable"), found.get("level_maybe_decimal")}


def test_renal_replacement_that_no_model_would_use_blocks_until_dialysis_is_entered() -> None:
    on_machine = replace(CASE, covariates=(*CASE.covariates, CovariateValue("renal_replacement", "haemodialysis")))
    advice = session.recommend(on_machine, session.individualise(on_machine))
    assert advice.outcome is Outcome.BLOCKED
    stops = [alert.id for alert in advice.alerts if alert.severity is Severity.STOP]
    assert stops == ["renal_replacement_without_dialysis"]
    agreed = replace(on_machine, covariates=(*on_machine.covariates, CovariateValue("dialysis", "yes")))
    assert "renal_replacement_without_dialysis" not in said(agreed)


def test_a_next_dose_sooner_than_its_interval_after_a_dose_without_one_is_pointed_out() -> None:
    singles = replace(CASE, doses=tuple(dose(12.0 * place) for place in range(4)))
    assert singles.now == 38.0
    assert "next_dose_early" in said(singles)
    assert "next_dose_early" not in said(CASE)


def test_nothing_is_recommended_for_a_time_at_which_a_dose_is_known_to_be_missed() -> None:
    missed = replace(CASE, doses=(*CASE.doses, dose(48.0, 2, "12 h", DoseStatus.MISSED)))
    assert CASE.now == 48.0
    assert missed.now == 60.0


@pytest.mark.parametrize(("low", "high", "unit"), [(0.5, 0.9, "ng/mL"), (0.640254, 1.152457, "nmol/L")])
def test_a_target_may_be_molar(low: float, high: float, unit: str) -> None:
    """Digoxin, 780.94 g/mol: 0.5-0.9 ng/mL are 0.640-1.152 nmol/L."""
    case = replace(
        CASE,
        drug="digoxin",
        models=(),
        doses=(Dose(0.0, parse_quantity("0.25 mg"), Route.ORAL, None, parse_quantity("24 h"), 20),),
        target=Target(TargetKind.TROUGH, Quantity(low, unit), Quantity(high, unit)),
    )
    best = session.recommend(case, session.individualise(case)).options[0]
    assert (best.regimen.amount, best.regimen.every) == (0.125, 24.0)
    assert best.attainment.value == pytest.approx(0.5, abs=0.005)


def test_an_area_over_the_mic_may_be_written_with_or_without_its_hour() -> None:
    mic = CovariateValue("mic", parse_quantity("1 mg/L"))
    found = []
    for unit in ("h", "1"):
        target = Target(TargetKind.AUC24_MIC, Quantity(400.0, unit), Quantity(600.0, unit))
        case = replace(CASE, covariates=(*CASE.covariates, mic), target=target)
        found.append(session.recommend(case, session.individualise(case)).options[0])
    assert found[0].regimen == found[1].regimen
    assert found[0].attainment == found[1].attainment
