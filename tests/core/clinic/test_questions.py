"""What a careful colleague would ask on reading a case."""

import datetime as dt
from dataclasses import replace

from core.clinic.alert import Severity
from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.level import Level
from core.clinic.patient import Patient, Sex
from core.clinic.questions import check_case
from core.clinic.regimen import Dose, Route
from core.units import parse_quantity

NORMAL = Case(
    Patient("P-1", Sex.MALE, age=72.0),
    "vancomycin",
    dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC),
    covariates=(
        CovariateValue("weight", parse_quantity("78 kg")),
        CovariateValue("height", parse_quantity("175 cm")),
        CovariateValue("serum_creatinine", parse_quantity("88 umol/L"), 0.0),
    ),
    doses=(Dose(0.0, parse_quantity("1000 mg"), Route.INTRAVENOUS, parse_quantity("1 h"), parse_quantity("12 h"), 3),),
    levels=(Level(23.5, parse_quantity("12 mg/L")),),
)


def asked(case: Case) -> dict[str, Severity]:
    return {alert.id: alert.severity for alert in check_case(case)}


def with_covariate(name: str, text: str, time: float = 0.0) -> Case:
    kept = tuple(item for item in NORMAL.covariates if item.name != name or item.time != time)
    return replace(NORMAL, covariates=(*kept, CovariateValue(name, parse_quantity(text), time)))


def test_a_normal_case_is_asked_nothing() -> None:
    assert check_case(NORMAL) == ()


def test_pounds_typed_as_kilograms_are_asked_about() -> None:
    assert "weight_maybe_pounds" in asked(with_covariate("weight", "172 kg"))


def test_creatinine_in_the_wrong_unit_is_asked_about() -> None:
    assert "creatinine_maybe_mg_dl" in asked(with_covariate("serum_creatinine", "10 umol/L"))


def test_a_level_before_the_first_dose_blocks() -> None:
    early = replace(NORMAL, levels=(Level(0.0, parse_quantity("12 mg/L")),))
    assert asked(early)["level_before_first_dose"] is Severity.STOP


def test_a_trough_at_the_first_dose_of_a_steady_state_is_an_ordinary_level() -> None:
    settled = replace(NORMAL.doses[0], steady_state=True)
    level = Level(settled.time, parse_quantity("12 mg/L"))
    trough = replace(NORMAL, doses=(settled, *NORMAL.doses[1:]), levels=(level,))
    assert "level_before_first_dose" not in asked(trough)
    before = replace(trough, levels=(replace(level, time=settled.time - 1.0),))
    assert asked(before)["level_before_first_dose"] is Severity.STOP


def test_a_level_during_the_infusion_is_asked_about() -> None:
    assert "level_during_infusion" in asked(replace(NORMAL, levels=(Level(12.5, parse_quantity("30 mg/L")),)))


def test_a_level_put_aside_is_not_asked_about() -> None:
    aside = replace(NORMAL, levels=(Level(12.5, parse_quantity("30 mg/L"), use=False, reason="line"),))
    assert asked(aside) == {}


def test_things_entered_twice_are_asked_about() -> None:
    level = NORMAL.levels[0]
    twice = replace(NORMAL, levels=(level, replace(level, time=23.6)), doses=(*NORMAL.doses, *NORMAL.doses))
    assert {"level_entered_twice", "dose_entered_twice"} <= set(asked(twice))


def test_a_creatinine_that_rises_by_half_within_two_days_is_said() -> None:
    assert "kidney_function_changing" in asked(with_covariate("serum_creatinine", "150 umol/L", 24.0))


def test_an_old_creatinine_is_said() -> None:
    late = replace(NORMAL, doses=(replace(NORMAL.doses[0], count=9),))
    assert "creatinine_old" in asked(late)


def test_a_leap_of_weight_is_asked_about() -> None:
    assert "weight_leap" in asked(with_covariate("weight", "98 kg", 24.0))


def test_a_steady_state_that_would_make_another_row_forgotten_blocks() -> None:
    """The solver begins anew at a steady state: half of 1000 mg mornings and 500 mg evenings would be lost."""
    row = replace(NORMAL.doses[0], every=parse_quantity("24 h"), steady_state=True)
    evening = replace(row, time=12.0, amount=parse_quantity("500 mg"))
    beside = "steady_state_beside_other"
    for morning in (row, replace(row, count=1), replace(row, steady_state=False)):
        assert asked(replace(NORMAL, doses=(evening, morning)))[beside] is Severity.STOP
    assert beside not in asked(replace(NORMAL, doses=(row, replace(evening, time=0.0))))
    assert beside not in asked(replace(NORMAL, doses=(row, replace(evening, steady_state=False))))
    assert beside not in asked(replace(NORMAL, doses=(row, replace(evening, time=72.0))))
