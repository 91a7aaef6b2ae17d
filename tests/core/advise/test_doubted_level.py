"""The advice with and without a doubted level, and the session's verbs around it."""

from dataclasses import replace

import pytest

from core import session
from core.advise.doubted_level import doubted_level, exchanged_levels
from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.drugs.library import resources_folder
from core.errors import FitFailed, InputError
from core.infer.posterior import FitStatus
from core.report.wording import Wording


def example() -> Case:
    case = load_case(resources_folder() / "examples" / "vancomycin_falling_renal_function.case.json")
    return replace(case, models=("vancomycin.goti2018",))


CASE = example()
FITTED = session.individualise(CASE)


def test_the_advice_is_given_with_and_without_the_level() -> None:
    stories = doubted_level(CASE, FITTED.posteriors, 1)
    names = [story.id for story in stories]
    assert names[:2] == ["scenario_as_entered", "scenario_without_level"]
    assert {"scenario_level_drawn_later", "scenario_level_drawn_earlier"} & set(names)
    best = session.recommend(CASE, FITTED).options[0]
    assert stories[0].option is not None
    assert stories[0].option.regimen == best.regimen
    assert stories[1].option is not None
    assert stories[1].option.exposure != stories[0].option.exposure


def test_without_its_only_level_the_patient_is_the_prior_again() -> None:
    alone = replace(CASE, levels=CASE.levels[:1])
    fitted = session.individualise(alone)
    without = doubted_level(alone, fitted.posteriors, 0)[1]
    none = replace(CASE, levels=())
    prior = session.recommend(none, session.individualise(none)).options
    assert without.option is not None
    assert without.option.attainment.value == pytest.approx(
        next(o.attainment.value for o in prior if o.regimen.every == without.option.regimen.every), abs=0.15
    )


def test_a_level_that_is_not_there_and_a_failed_fit_are_refused() -> None:
    with pytest.raises(InputError, match="level_not_there"):
        doubted_level(CASE, FITTED.posteriors, 7)
    failed = [replace(posterior, status=FitStatus.FAILED) for posterior in FITTED.posteriors]
    with pytest.raises(FitFailed):
        doubted_level(CASE, failed, 0)


def test_levels_in_their_right_order_are_not_called_exchanged() -> None:
    assert exchanged_levels(CASE, FITTED.posteriors) == ()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_next_sample_says_when_and_why(language: str) -> None:
    sample = session.next_sample(CASE, FITTED, session.recommend(CASE, FITTED))
    message, values = sample.said
    text = Wording(language).text(message, values)
    assert values["gain"] in text
    assert sample.best.time > CASE.now


def test_nothing_recommended_means_no_next_sample() -> None:
    advice = replace(session.recommend(CASE, FITTED), options=())
    with pytest.raises(InputError, match="next_sample_without_option"):
        session.next_sample(CASE, FITTED, advice)
