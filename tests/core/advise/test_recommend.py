"""Regimens against brute force, limits, ties and the states in which nothing may be recommended."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.advise.candidates import WAITS, candidates, current_regimen, limits_met, planned_doses
from core.advise.evaluate import Evaluator
from core.advise.recommend import mark_surpassed
from core.advise.recommendation import Interval, Option, Outcome, Recommendation, Regimen, Risk
from core.advise.responses import draw
from core.advise.spans import spans
from core.clinic.alert import Severity
from core.clinic.case import Case, Target, TargetKind
from core.clinic.covariate import CovariateValue
from core.clinic.level import Level
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.drugs.model import Evidence
from core.units import parse_quantity

CASE = Case(
    Patient("P-1", Sex.MALE, age=72.0),
    "vancomycin",
    dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC),
    covariates=(
        CovariateValue("weight", parse_quantity("78 kg")),
        CovariateValue("serum_creatinine", parse_quantity("88 umol/L"), 0.0),
        CovariateValue("serum_creatinine", parse_quantity("150 umol/L"), 24.0),
        CovariateValue("serum_creatinine", parse_quantity("210 umol/L"), 48.0),
    ),
    models=("vancomycin.goti2018",),
    doses=(Dose(0.0, parse_quantity("1000 mg"), Route.INTRAVENOUS, parse_quantity("1 h"), parse_quantity("12 h"), 5),),
    levels=(Level(23.5, parse_quantity("14.2 mg/L")), Level(47.5, parse_quantity("24.6 mg/L"))),
)


@pytest.fixture(scope="module")
def advice() -> Recommendation:
    return session.recommend(CASE, session.individualise(CASE))


def test_at_least_three_options_are_offered_and_the_current_one_is_among_them(advice: Recommendation) -> None:
    assert advice.outcome is Outcome.OPTIONS
    assert len(advice.options) >= 3
    assert sum(option.is_current for option in advice.options) == 1


def test_a_failing_kidney_lowers_the_daily_dose(advice: Recommendation) -> None:
    best = advice.options[0].regimen
    assert best.amount * 24.0 / best.every < 2000.0


def test_no_option_breaks_a_limit_or_an_infusion_rate(advice: Recommendation) -> None:
    for option in advice.options:
        if not option.is_current:
            assert not option.limits_broken
            assert option.regimen.amount / option.regimen.duration <= 600.0 + 1e-9  # 10 mg/min


def test_the_current_regimen_shows_the_infusion_time_really_given(advice: Recommendation) -> None:
    current = next(option for option in advice.options if option.is_current)
    assert current.regimen == Regimen(1000.0, 12.0, Route.INTRAVENOUS, 1.0, CASE.now)


def test_superposed_exposure_equals_simulation_of_the_whole_course() -> None:
    posteriors = session.individualise(CASE).posteriors
    believers = draw(CASE, posteriors, 40, np.random.default_rng(3))
    evaluator = Evaluator(CASE, believers, posteriors[0].bound.model.targets[0].target, ())
    regimen = Regimen(750.0, 24.0, Route.INTRAVENOUS, 1.5, CASE.now)
    cut = spans(regimen, CASE.now, 120.0)
    whole = believers[0].bound.window(
        believers[0].eta, (*CASE.given_doses, *planned_doses(regimen, float(cut.times[-1]))), cut.times
    )
    settled = cut.judge(whole, None)
    exposure = evaluator.option(regimen).exposure
    assert exposure["auc24"].value == pytest.approx(float(np.median(settled.auc24[:, -1])), rel=1e-9)
    assert exposure["trough"].value == pytest.approx(float(np.median(settled.trough[:, -1])), rel=1e-9)


def test_spans_are_whole_intervals_of_at_least_a_day_and_a_wait_is_one_of_its_own() -> None:
    edges = [60.0, 84.0, 108.0]
    assert list(spans(Regimen(500.0, 8.0, Route.INTRAVENOUS, 1.0, 60.0), 60.0, 48.0).edges) == edges
    assert list(spans(Regimen(500.0, 24.0, Route.INTRAVENOUS, 1.0, 84.0), 60.0, 24.0).edges) == edges
    assert list(spans(Regimen(500.0, 36.0, Route.INTRAVENOUS, 1.0, 60.0), 60.0, 72.0).edges) == [60.0, 96.0, 132.0]


def test_area_is_the_integral_of_the_curve() -> None:
    bound = session.bind_models(CASE)[0]
    times = np.linspace(0.0, 60.0, 6001)
    window = bound.window(np.zeros((1, 3)), CASE.given_doses, times)
    assert window.area[0, -1] == pytest.approx(np.trapezoid(window.concentration[0], times), rel=2e-4)
    assert window.area[0, 3000] == pytest.approx(np.trapezoid(window.concentration[0, :3001], times[:3001]), rel=2e-4)


def test_the_best_option_beats_every_regimen_of_the_grid(advice: Recommendation) -> None:
    posteriors = session.individualise(CASE).posteriors
    model = posteriors[0].bound.model
    believers = draw(CASE, posteriors, advice.basis.samples, np.random.default_rng(advice.basis.seed))
    utilities = []
    for regimen in candidates(model.given_as, CASE.now, waits=WAITS):
        if not limits_met(regimen, model.limits):
            evaluator = Evaluator(CASE, believers, model.targets[0].target, model.harms)
            utilities.append(evaluator.option(regimen).utility)
    assert advice.options[0].utility >= max(utilities) - 0.021  # near-equals are one: the gentler is put first


def test_the_same_case_gives_the_same_advice(advice: Recommendation) -> None:
    again = session.recommend(CASE, session.individualise(CASE))
    assert again.options == advice.options
    assert again.basis == advice.basis


def test_a_higher_target_never_lowers_the_dose() -> None:
    daily = []
    for low, high in ((300, 400), (400, 600), (600, 800)):
        target = Target(TargetKind.AUC24, parse_quantity(f"{low} mg*h/L"), parse_quantity(f"{high} mg*h/L"))
        case = replace(CASE, target=target)
        best = session.recommend(case, session.individualise(case)).options[0].regimen
        daily.append(best.amount / best.every)
    assert daily == sorted(daily)


def test_a_level_before_the_first_dose_blocks_every_number() -> None:
    case = replace(CASE, levels=(Level(0.0, parse_quantity("14.2 mg/L")),))
    blocked = session.recommend(case, session.individualise(case))
    assert blocked.outcome is Outcome.BLOCKED
    assert blocked.options == ()
    assert blocked.alerts[0].id == "level_before_first_dose"


def test_a_fit_that_did_not_converge_blocks_every_number() -> None:
    individualisation = session.individualise(CASE)
    failed = tuple(replace(p, status=type(p.status)("failed"), weight=0.0) for p in individualisation.posteriors)
    blocked = session.recommend(CASE, session.Individualisation(failed))
    assert blocked.outcome is Outcome.BLOCKED
    assert "fit_failed" in {alert.id for alert in blocked.alerts}


def test_a_planned_row_stops_before_its_end() -> None:
    row = planned_doses(Regimen(500.0, 12.0, Route.INTRAVENOUS, 1.0, 60.0), 84.0)
    assert [(dose.time, dose.count) for dose in row] == [(60.0, 2)]


def test_the_current_regimen_goes_on_when_its_next_dose_is_due() -> None:
    assert current_regimen(CASE) == Regimen(1000.0, 12.0, Route.INTRAVENOUS, 1.0, 60.0)


def test_two_models_share_the_belief_and_their_disagreement_is_said() -> None:
    case = replace(CASE, models=())
    individualisation = session.individualise(case)
    assert {"vancomycin.goti2018", "vancomycin.thomson2009"} <= {p.model_id for p in individualisation.posteriors}
    assert sum(p.weight for p in individualisation.posteriors) == pytest.approx(1.0)


def test_where_no_regimen_can_reach_the_target_none_is_offered_not_even_the_current_one() -> None:
    slip = replace(CASE, levels=(Level(35.5, parse_quantity("100000 mg/L")),))  # ng/mL read as mg/L, and once more
    advice = session.recommend(slip, session.individualise(slip))
    assert advice.outcome is Outcome.BLOCKED
    assert advice.options == ()
    assert [alert.id for alert in advice.alerts if alert.severity is Severity.STOP] == ["target_hardly_reachable"]


def test_harm_that_counts_more_lowers_the_dose_and_counting_nothing_raises_it() -> None:
    """Utility is attainment less harm_weight times the excess harm; brute force over what was offered."""
    daily = {}
    for weight in (0.0, 1.0, 8.0):
        case = replace(CASE, harm_weight=weight)
        found = session.recommend(case, session.individualise(case))
        first = found.options[0]
        daily[weight] = first.exposure["auc24"].value
        published = found.options[0].risks[0]
        harm = session.bind_models(case)[0].model.harms[0]
        assert harm.below is not None
        excess = published.chance.value - harm.below[0] / harm.below[1]
        assert first.utility == pytest.approx(first.attainment.value - weight * excess, abs=1e-9)
    assert daily[8.0] < daily[1.0] <= daily[0.0]


def test_an_option_another_surpasses_in_benefit_and_harm_is_marked() -> None:
    def option(attained: float, *harms: float) -> Option:
        risks = tuple(Risk("toxicity_bleeding", Interval(x, x, x), Evidence.LOW, "none", "") for x in harms)
        chance = Interval(attained, attained, attained)
        return Option(Regimen(1.0, 24.0, Route.ORAL), chance, 0.0, 0.0, chance, risks, {}, 0.0)

    found = mark_surpassed(
        [option(0.8, 0.2, 0.1), option(0.7, 0.3, 0.1), option(0.9, 0.5, 0.1), option(0.8, 0.2, 0.05)]
    )
    assert [item.surpassed for item in found] == [True, True, False, False]
    assert not any(item.surpassed for item in mark_surpassed([option(0.8, 0.2), option(0.795, 0.2)]))
