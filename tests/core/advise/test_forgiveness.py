"""Lapses and remedies against plain simulation, and what must hold whatever the numbers."""

from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.advise.evaluate import Evaluator
from core.advise.forgiveness import after_doubled, after_missed, forgiveness
from core.advise.recommendation import Regimen
from core.advise.responses import draw
from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.clinic.regimen import Dose, Route, expand
from core.drugs.library import resources_folder
from core.units import Quantity


def example() -> Case:
    case = load_case(resources_folder() / "examples" / "vancomycin_falling_renal_function.case.json")
    return replace(case, models=("vancomycin.goti2018",))


CASE = example()
FITTED = session.individualise(CASE)
TWICE = Regimen(250.0, 12.0, Route.INTRAVENOUS, 1.0, CASE.now)
DAILY = Regimen(500.0, 24.0, Route.INTRAVENOUS, 1.0, CASE.now)


def test_a_missed_dose_lowers_and_a_doubled_one_raises_what_follows() -> None:
    for item in forgiveness(CASE, FITTED.posteriors, [TWICE, DAILY]):
        planned, late, missed, doubled = item.lapses
        assert [lapse.id for lapse in item.lapses] == ["lapse_none", "lapse_late", "lapse_missed", "lapse_doubled"]
        assert missed.course.below >= late.course.below >= planned.course.below
        assert doubled.course.above >= planned.course.above
        assert missed.course.lowest < planned.course.lowest
        assert doubled.course.highest > planned.course.highest
        assert 0.0 <= item.loss <= 1.0


def test_a_smaller_dose_given_oftener_forgives_a_missed_one_more() -> None:
    twice, daily = forgiveness(CASE, FITTED.posteriors, [TWICE, DAILY])
    assert twice.lapses[2].course.lowest > daily.lapses[2].course.lowest


def test_a_missed_dose_equals_simulating_the_row_without_it() -> None:
    model = FITTED.posteriors[0].bound.model
    believers = draw(CASE, FITTED.posteriors, 500, np.random.default_rng(1))
    found = forgiveness(CASE, FITTED.posteriors, [DAILY])[0].lapses[2].course
    settled = int(np.ceil(model.judged_after / 24.0))
    edges = DAILY.first_dose + 24.0 * (settled + np.arange(3.0))
    row = [dose for dose in expand(DAILY.doses(float(edges[-1]))) if dose.time != edges[0]]
    bound, eta = believers[0].bound, believers[0].eta
    area = bound.window(eta, (*CASE.given_doses, *row), edges).area
    daily = np.diff(area, axis=1)
    assert found.below == pytest.approx(float((daily < 400.0).mean()), abs=1e-9)
    assert found.above == pytest.approx(float((daily > 600.0).mean()), abs=1e-9)


def test_a_course_of_regular_doses_is_what_the_regimen_itself_gives() -> None:
    believers = draw(CASE, FITTED.posteriors, 60, np.random.default_rng(1))
    target = believers[0].bound.model.targets[0].target
    evaluator = Evaluator(CASE, believers, target, ())
    edges = CASE.now + 24.0 * np.arange(6.0)
    course = evaluator.course(DAILY.doses(float(edges[-1])), edges)
    assert course.attainment == pytest.approx(evaluator.option(DAILY).attainment.value, abs=1e-9)


def test_after_a_missed_dose_waiting_is_never_better_than_giving_it_where_the_level_is_low() -> None:
    low = replace(CASE, doses=(replace(CASE.doses[0], amount=Quantity(250.0, "mg")),), levels=())
    fitted = session.individualise(low)
    remedies = after_missed(low, fitted.posteriors, replace(DAILY, amount=750.0, duration=1.5), 4.0)
    by_name = {remedy.id: remedy for remedy in remedies}
    assert by_name["remedy_give_now"].course.below <= by_name["remedy_skip"].course.below
    assert remedies[0].course.attainment == max(remedy.course.attainment for remedy in remedies if remedy.allowed)


def test_a_remedy_above_the_daily_limit_stands_last() -> None:
    heavy = Regimen(2000.0, 12.0, Route.INTRAVENOUS, 3.5, CASE.now)
    remedies = after_missed(CASE, FITTED.posteriors, heavy, 6.0)
    crowded = next(remedy for remedy in remedies if remedy.id == "remedy_give_now_keep_times")
    assert not crowded.allowed
    assert remedies[-1].id == "remedy_give_now_keep_times"


def test_after_a_doubled_dose_leaving_the_next_out_gives_the_least_above_the_target() -> None:
    doubled = CASE.with_doses((*CASE.doses, Dose(48.0, Quantity(1000.0, "mg"), Route.INTRAVENOUS, Quantity(2.0, "h"))))
    remedies = after_doubled(doubled, FITTED.posteriors, replace(TWICE, amount=1000.0, duration=2.0))
    above = {remedy.id: remedy.course.above for remedy in remedies}
    assert above["remedy_skip"] <= above["remedy_put_off"] <= above["remedy_go_on"] + 1e-9
