"""Unequal doses over the week: generated, judged as brute force does, limited, said, and told from given doses."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.advise.candidates import current_regimen, describe, week_patterns
from core.advise.evaluate import Evaluator, Score
from core.advise.limits import broken, limits_of
from core.advise.reasons import Candidate
from core.advise.recommend import rank
from core.advise.recommendation import Regimen, doses_in_turn
from core.advise.responses import Believer, draw
from core.advise.spans import spans
from core.cli import wire
from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.patient import Ethnicity, Patient, Sex
from core.clinic.regimen import Dose, Route, expand
from core.drugs.model import GivenAs
from core.errors import InputError
from core.report.csv_files import _option
from core.report.offer import dose_and_way
from core.report.phrase import say
from core.report.week import amounts_said, schedule_said
from core.report.wording import Wording
from core.units import parse_quantity

WEDNESDAY = dt.datetime(2026, 7, 8, 18, tzinfo=dt.UTC)
THREE = Dose(0.0, parse_quantity("3 mg"), Route.ORAL, None, parse_quantity("24 h"), 7)
CLINIC = (5.0, 2.5, 5.0, 2.5, 5.0, 2.5, 2.5)  # Monday to Sunday


def warfarin(*inr: tuple[float, float], doses: tuple[Dose, ...] = ()) -> Case:
    facts = [CovariateValue("weight", parse_quantity("75 kg")), CovariateValue("vkorc1_genotype", "GG")]
    facts += [CovariateValue("inr", parse_quantity(f"{value} 1"), time) for time, value in inr]
    patient = Patient("P-1", Sex.MALE, age=71.0, ethnicity=Ethnicity.EUROPEAN)
    return Case(patient, "warfarin", WEDNESDAY, tuple(facts), models=("warfarin.hamberg2010",), doses=doses)


def digoxin() -> tuple[Case, tuple[Believer, ...]]:
    facts = {"weight": "70 kg", "serum_creatinine": "110 umol/L"}
    covariates = tuple(CovariateValue(name, parse_quantity(value)) for name, value in facts.items())
    row = Dose(0.0, parse_quantity("0.125 mg"), Route.ORAL, every=parse_quantity("24 h"), count=5)
    case = Case(Patient("P-1", Sex.FEMALE, age=70.0), "digoxin", WEDNESDAY, covariates, doses=(row,))
    return case, draw(case, session.individualise(case).posteriors, 40, np.random.default_rng(2))


def clinic_week(first_dose: float = 0.0) -> Regimen:
    """Five on Monday, Wednesday and Friday, 2.5 on the other days, from a case time on."""
    weekday = (WEDNESDAY + dt.timedelta(hours=first_dose)).weekday()
    plain = Regimen(5.0, 24.0, Route.ORAL, first_dose=first_dose)
    return doses_in_turn([*CLINIC[weekday:], *CLINIC[:weekday]], plain, weekday)


def test_patterns_are_neighbouring_half_tablets_spread_evenly_over_fixed_weekdays() -> None:
    form = GivenAs(Route.ORAL, (1.5, 2.5, 3.0, 5.0, 7.5), (24.0,), week_of=(3.0, 5.0))
    found = week_patterns([form], warfarin(), 0.0)
    weeks = [regimen.by_weekday for regimen in found]
    assert {tuple(sorted({*regimen.cycle})) for regimen in found} == {(1.5, 3.0), (2.5, 5.0), (5.0, 7.5)}
    assert len(found) == len({*weeks}) == 18
    assert CLINIC in weeks
    assert all(regimen.weekday == WEDNESDAY.weekday() for regimen in found)
    means = sorted(regimen.per_day * 7 for regimen in found if {*regimen.cycle} == {2.5, 5.0})
    assert means == pytest.approx([20.0, 22.5, 25.0, 27.5, 30.0, 32.5])


def test_only_a_drug_that_is_given_so_gets_them() -> None:
    case, _ = digoxin()
    assert week_patterns(session.bind_models(case)[0].model.given_as, case, case.now) == []


def test_every_day_gets_its_dose_from_whatever_day_the_course_begins() -> None:
    for first in (0.0, 24.0, 96.0):
        for dose in expand(clinic_week(first).doses(first + 240.0)):
            assert dose.milligrams == CLINIC[(WEDNESDAY + dt.timedelta(hours=dose.time)).weekday()]
    times = [dose.time for dose in expand(clinic_week().doses(240.0))]
    assert times == [24.0 * day for day in range(10)]
    assert clinic_week().later(3) == clinic_week(72.0)


def test_superposed_doses_in_turn_equal_a_simulation_in_full() -> None:
    case, believers = digoxin()
    model = believers[0].bound.model
    evaluator = Evaluator(case, believers, model.targets[0].target, model.harms)
    assert evaluator.superposes
    plain = Regimen(0.25, 24.0, Route.ORAL, first_dose=case.now)
    grid = [doses_in_turn(week, plain) for week in ([0.25, 0.125], [0.125, 0.0, 0.0625], [0.25] * 5 + [0.0] * 2)]
    scores = evaluator.scores([plain, *grid])
    low, high = evaluator.ends
    for regimen, score in zip(grid, scores[1:], strict=True):
        cut = spans(regimen, case.now, model.judged_after)
        inside = []
        for believer in believers:
            doses = [
                Dose(case.now + 24.0 * day, parse_quantity(f"{amount} mg"), Route.ORAL)
                for day in range(20)
                if (amount := regimen.cycle[day % len(regimen.cycle)])
            ]
            window = believer.bound.window(believer.eta, (*case.given_doses, *doses), cut.times)
            trough = cut.judge(window, None).trough
            inside.append(((trough >= low) & (trough <= high)).mean(axis=1))
        assert score.attainment == pytest.approx(np.concatenate(inside).mean(), abs=1e-9)


def test_the_screen_finds_what_judging_every_pattern_finds() -> None:
    case = warfarin((144.0, 1.6), doses=(THREE,))
    believers = draw(case, session.individualise(case).posteriors, 120, np.random.default_rng(4))
    model = believers[0].bound.model
    evaluator = Evaluator(case, believers, model.targets[0].target, model.harms)
    equal = (2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.5)
    grid = [Regimen(dose, 24.0, Route.ORAL, first_dose=case.now) for dose in equal]
    grid += week_patterns(model.given_as, case, case.now)
    whole = evaluator.scores(grid)
    found = evaluator.best(grid)
    assert len(found) < len(grid) / 4
    for cycles in (False, True):
        best, seen = (max(s.utility for s in all_of if bool(s.regimen.cycle) is cycles) for all_of in (whole, found))
        assert seen >= best - 0.02


def test_scores_are_stable_under_noise_of_a_millionth() -> None:
    case = warfarin((144.0, 1.6), doses=(THREE,))
    believers = draw(case, session.individualise(case).posteriors, 60, np.random.default_rng(4))
    model = believers[0].bound.model
    grid = week_patterns(model.given_as, case, case.now)[:12]
    rng = np.random.default_rng(6)
    noisy = tuple(replace(b, eta=b.eta * (1 + 1e-6 * rng.standard_normal(b.eta.shape))) for b in believers)
    pair = [Evaluator(case, one, model.targets[0].target, model.harms).scores(grid) for one in (believers, noisy)]
    apart = [abs(a.utility - b.utility) for a, b in zip(*pair, strict=True)]
    assert max(apart) <= 1.0 / 60 + 1e-9
    assert np.mean(np.array(apart) < 1e-3) > 0.9


def test_an_effect_by_the_week_lies_between_those_of_its_doses() -> None:
    case = warfarin()
    equal = [Regimen(dose, 24.0, Route.ORAL) for dose in (2.5, 5.0)]
    low, high, week, mean = session.judge(
        case, session.individualise(case), [*equal, clinic_week(), Regimen(25.0 / 7.0, 24.0, Route.ORAL)]
    )
    inr = [option.exposure["effect"].value for option in (low, week, high)]
    assert inr[0] < inr[1] < inr[2]
    assert inr[1] == pytest.approx(mean.exposure["effect"].value, rel=0.02)  # the INR is slow: the week's mean counts


def test_equal_doses_stand_first_unless_unequal_ones_are_clearly_better() -> None:
    equal = Regimen(4.0, 24.0, Route.ORAL)
    for gain, first in ((0.019, equal), (0.2, clinic_week())):
        judged = [
            Candidate(Score(regimen, 0.1, 0.1, (), (), utility), False, ())
            for regimen, utility in ((clinic_week(), 0.6 + gain), (equal, 0.6))
        ]
        assert rank(judged)[0].score.regimen == first


def test_limits_hold_for_each_dose_and_each_day() -> None:
    case = warfarin()
    model = session.bind_models(case)[0].model
    plain = Regimen(20.0, 24.0, Route.ORAL)
    week = doses_in_turn([20.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0], plain, 2)
    broken_by = {alert.id for alert in broken(week, limits_of(case, model, 0.0))}
    assert broken_by == {"dose_above_single", "dose_above_daily"}
    twice = doses_in_turn([10.0, 6.0, 2.0, 2.0], replace(plain, every=12.0))
    alert = broken(twice, limits_of(case, model, 0.0))[0]
    assert (alert.id, alert.values["value"]) == ("dose_above_daily", "16 mg")
    given = warfarin(doses=(Dose(0.0, parse_quantity("12 mg"), Route.ORAL),))
    alert = broken(clinic_week(5.0), limits_of(given, model, 5.0))[0]
    assert (alert.id, alert.values["value"]) == ("day_with_given_above", "17 mg")


@pytest.mark.parametrize(
    ("amounts", "reason"),
    [
        ((), "must_be_positive"),
        ((5.0, -2.5), "must_be_positive"),
        ((0.0, 0.0), "must_be_positive"),
        ((5.0, float("nan")), "must_be_positive"),
        (tuple(range(1, 40)), "out_of_domain"),
    ],
)
def test_a_round_of_doses_that_cannot_be_given_is_refused(amounts: tuple[float, ...], reason: str) -> None:
    with pytest.raises(InputError) as refusal:
        doses_in_turn(amounts, Regimen(5.0, 24.0, Route.ORAL))
    assert (refusal.value.field, refusal.value.reason) == ("regimen.cycle", reason)


def test_doses_in_turn_beside_a_loading_dose_are_refused_and_equal_ones_are_a_plain_regimen() -> None:
    with pytest.raises(InputError, match="doses_in_turn_contradict"):
        Regimen(5.0, 24.0, Route.ORAL, loading=10.0, cycle=(5.0, 2.5))
    assert doses_in_turn([5.0] * 7, Regimen(1.0, 24.0, Route.ORAL), 3) == Regimen(5.0, 24.0, Route.ORAL)


def test_an_unusual_pattern_is_judged_and_said_to_be_one() -> None:
    case, _ = digoxin()
    turns = doses_in_turn([0.25, 0.125], Regimen(0.25, 24.0, Route.ORAL, first_dose=case.now))
    option = session.judge(case, session.individualise(case), [turns])[0]
    assert [alert.id for alert in option.limits] == ["doses_in_turn_unusual"]
    warned = session.judge(warfarin(), session.individualise(warfarin()), [clinic_week()])[0]
    assert warned.limits == ()


def test_days_are_said_in_both_languages() -> None:
    english, chinese = Wording("en"), Wording("zh_CN")
    week = clinic_week(96.0)
    assert say(english, schedule_said(week)) == (
        "5 mg on Monday, Wednesday, Friday; 2.5 mg on the other days (25 mg a week)"
    )
    assert say(chinese, schedule_said(week)) == "周一、周三、周五 5 mg；其余各日 2.5 mg（每周共 25 mg）"
    assert say(english, schedule_said(week, brief=True)) == "5 mg Mon Wed Fri, else 2.5 mg"
    assert say(chinese, schedule_said(week, brief=True)) == "周一三五 5 mg，其余 2.5 mg"
    assert say(english, amounts_said(week)) == "5 mg or 2.5 mg"
    assert say(english, dose_and_way(week)).startswith("oral — 5 mg on Monday")
    turns = doses_in_turn([5.0, 2.5], Regimen(5.0, 24.0, Route.ORAL))
    assert say(english, schedule_said(turns)) == "5 mg as dose 1; 2.5 mg as the others of every 2"
    assert say(english, dose_and_way(turns)).endswith("every 24 hours")
    pause = doses_in_turn([5.0] * 6 + [0.0], Regimen(5.0, 24.0, Route.ORAL), 0)
    assert say(english, schedule_said(pause)) == "no dose on Sunday; 5 mg on the other days (30 mg a week)"


def test_json_and_csv_hold_every_dose() -> None:
    item = wire.regimen(clinic_week())
    assert item["week"]["monday"] == 5.0
    assert item["week"]["sunday"] == 2.5
    assert item["in_turn"] == [5.0, 2.5, 5.0, 2.5, 2.5, 5.0, 2.5]
    assert item["per_day"] == pytest.approx(25.0 / 7.0)
    case = warfarin()
    option = session.judge(case, session.individualise(case), [clinic_week()])[0]
    rows = [row for row in _option(option, 1) if "in turn" in str(row["name"])]
    assert [row["value"] for row in rows] == item["in_turn"]


def test_seven_given_rows_are_the_regimen_that_runs() -> None:
    rows = clinic_week().doses(21 * 24.0)
    case = warfarin(doses=tuple(replace(row, status=Dose(0, row.amount, row.route).status) for row in rows))
    assert case.now == 21 * 24.0
    assert current_regimen(case) == clinic_week(case.now)
    advice = session.recommend(case, session.individualise(case))
    assert [option.regimen for option in advice.options if option.is_current] == [clinic_week(case.now)]
    fewer = replace(case, doses=case.doses[:-1])  # one day of the week is without a dose
    running = current_regimen(fewer)
    assert running is not None
    assert running.cycle == (*clinic_week().cycle[:-1], 0.0)
    assert fewer.now == case.now


def rows_over_the_week(doses: tuple[float, ...], days: int, start: float = 0.0) -> tuple[Dose, ...]:
    """A row for each day with a dose, as the window writes a week."""
    week = parse_quantity("168 h")
    return tuple(
        Dose(start + 24.0 * day, parse_quantity(f"{dose} mg"), Route.ORAL, None, week, -(-(days - day) // 7))
        for day, dose in enumerate(doses)
        if dose
    )


@pytest.mark.parametrize("days", [7, 21])
def test_days_without_a_dose_stay_without_and_the_next_dose_is_not_put_off_a_week(days: int) -> None:
    doses = (5.0, 2.5, 5.0, 2.5, 5.0, 0.0, 0.0)
    case = warfarin(doses=rows_over_the_week(doses, days))
    running = current_regimen(case)
    assert case.now == 24.0 * days
    assert running is not None
    assert (running.cycle, running.every) == (doses, 24.0)


def test_a_new_week_replaces_the_days_the_one_before_had() -> None:
    new = (6.0, 6.0, 6.0, 6.0, 6.0, 0.0, 0.0)
    old = rows_over_the_week((5.0, 5.0, 5.0, 5.0, 5.0, 2.5, 2.5), 21)
    running = current_regimen(warfarin(doses=(*old, *rows_over_the_week(new, 7, 21 * 24.0))))
    assert running is not None
    assert running.cycle == new


@pytest.mark.parametrize("added", [1, 2, 3, 4])
def test_doses_added_one_by_one_go_on_with_the_week(added: int) -> None:
    for week in ((5.0, 2.5, 5.0, 2.5, 5.0, 2.5, 2.5), (5.0, 2.5, 5.0, 2.5, 5.0, 0.0, 0.0)):
        rows = rows_over_the_week(week, 21)
        more = tuple(replace(row, time=504.0 + 24.0 * day, count=1) for day, row in enumerate(rows[:added]))
        case = warfarin(doses=(*rows, *more))
        running = current_regimen(case)
        assert case.now == 504.0 + 24.0 * added
        assert running is not None
        assert running.cycle == (*week[added:], *week[:added])


def test_one_dose_of_two_a_day_that_changes_leaves_the_other() -> None:
    day = parse_quantity("24 h")
    rows = [Dose(time, parse_quantity("5 mg"), Route.ORAL, None, day, 5) for time in (8.0, 20.0)]
    rows.append(Dose(128.0, parse_quantity("3 mg"), Route.ORAL, None, day, 1))
    running = current_regimen(warfarin(doses=tuple(rows)))
    assert running is not None
    assert (running.cycle, running.first_dose) == ((5.0, 3.0), 140.0)


def test_a_weekly_dose_in_place_of_three_a_week_is_weekly() -> None:
    old = rows_over_the_week((5.0, 0.0, 5.0, 0.0, 5.0, 0.0, 0.0), 21)
    new = Dose(20 * 24.0, parse_quantity("7.5 mg"), Route.ORAL, None, parse_quantity("168 h"), 1)
    running = current_regimen(warfarin(doses=(*old, new)))
    assert running is not None
    assert (running.amount, running.every, running.cycle) == (7.5, 168.0, ())


@pytest.mark.parametrize(
    ("hours", "every", "cycle"),
    [((8.0, 14.0), 6.0, (5.0, 2.0, 0.0, 0.0)), ((8.0, 20.0), 12.0, (5.0, 2.0)), ((8.0, 8.0), 24.0, ())],
)
def test_rows_given_side_by_side_are_all_part_of_what_runs(
    hours: tuple[float, float], every: float, cycle: tuple[float, ...]
) -> None:
    rows = tuple(
        Dose(hour, parse_quantity(amount), Route.ORAL, None, parse_quantity("24 h"), 5)
        for hour, amount in zip(hours, ("5 mg", "2 mg"), strict=True)
    )
    case = warfarin(doses=rows)
    running = current_regimen(case)
    assert running is not None
    assert (running.per_day, running.every, running.cycle) == (pytest.approx(7.0), every, cycle)
    assert case.now == 8.0 + 120.0


def test_the_days_keep_their_doses_when_the_next_decision_falls_on_a_later_day() -> None:
    """Days have passed without a dose when the INR is measured; Saturday's dose is Saturday's still."""
    late = 21 * 24.0 + 64.0
    case = warfarin((late, 2.0), doses=rows_over_the_week(clinic_week().cycle, 21))
    running = current_regimen(case)
    assert case.now == late
    assert running is not None
    assert running.by_weekday == CLINIC


def test_a_change_of_a_dose_is_no_pattern() -> None:
    rows = tuple(
        Dose(time, parse_quantity("5 mg"), Route.ORAL, every=parse_quantity("24 h"), count=count)
        for time, count in ((0.0, 4), (84.0, 1))
    )
    running = current_regimen(warfarin(doses=rows))
    assert running is not None
    assert not running.cycle


def test_a_missed_dose_of_a_week_costs_no_more_than_its_share() -> None:
    case = warfarin()
    fitted = session.individualise(case)
    week, equal = session.forgiveness_of(case, fitted, [clinic_week(), Regimen(3.5, 24.0, Route.ORAL)])
    assert week.loss == pytest.approx(equal.loss, abs=0.1)


def test_a_round_is_judged_whole_and_its_peaks_are_seen_whatever_the_drug_is_judged_for() -> None:
    """A dose on the last day of the week lies beyond the two days a drug of short half-life is judged for."""
    last_day = doses_in_turn([0.0] * 6 + [2.0], Regimen(2.0, 24.0, Route.ORAL))
    cut = spans(last_day, 0.0, 48.0, fine=False)
    assert list(cut.edges) == [24.0 * day for day in range(8)]
    assert np.diff(cut.times).max() <= 0.5


def test_the_area_of_a_round_is_what_its_doses_and_the_clearance_make_it() -> None:
    case, believers = digoxin()
    believer = believers[0].first(5)
    model = believer.bound.model
    evaluator = Evaluator(case, [believer], model.targets[0].target, model.harms)
    plain = Regimen(0.25, 24.0, Route.ORAL, first_dose=case.now)
    areas = [
        evaluator.areas(regimen)[0][1]
        for regimen in (doses_in_turn([0.25] * 2 + [0.125] * 5, plain), replace(plain, amount=(0.5 + 0.625) / 7))
    ]
    assert areas[0] == pytest.approx(areas[1], rel=0.02)


def test_a_message_writes_a_week_as_it_is_typed_whatever_day_it_begins_on() -> None:
    assert clinic_week(48.0).cycle != CLINIC
    assert describe(clinic_week(48.0))["dose"] == "5 / 2.5 / 5 / 2.5 / 5 / 2.5 / 2.5 mg"
    assert describe(doses_in_turn([5.0, 2.0], Regimen(5.0, 12.0, Route.ORAL)))["dose"] == "5 / 2 mg"
