from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.clinic.alert import Severity
from core.drugs.model import DrugModel, Residual
from core.learn.dataset import _judge, make_table, purposes
from core.learn.optimum import Belief, Judge
from core.learn.recipe import Recipe, Split
from core.learn.virtual_course import measured, usual_course, virtual_patient
from core.spread import Crew


@pytest.fixture(scope="module")
def patients(recipe: Recipe, models: tuple[DrugModel, ...]) -> list:  # type: ignore[type-arg]
    return [virtual_patient(recipe, models, number) for number in range(40)]


def test_the_same_number_is_the_same_patient(recipe: Recipe, models: tuple[DrugModel, ...], patients: list) -> None:  # type: ignore[type-arg]
    again = virtual_patient(recipe, models, 7)
    assert again.case == patients[7].case
    assert np.array_equal(again.truth.eta, patients[7].truth.eta)


def test_the_models_hold_each_patient_and_one_of_them_is_the_truth(patients: list) -> None:  # type: ignore[type-arg]
    for patient in patients:
        assert all(alert.severity is Severity.NOTE for bound in patient.bounds for alert in bound.findings)
        assert any(bound is patient.truth.bound for bound in patient.bounds)
    assert len({patient.truth.bound.model.id for patient in patients}) >= 3


def test_levels_come_after_the_first_dose_and_before_the_decision(patients: list) -> None:  # type: ignore[type-arg]
    counts = set()
    for patient in patients:
        counts.add(len(patient.case.levels))
        for level in patient.case.levels:
            assert 0.0 < level.time <= patient.case.now
            assert level.value.value >= 1.0
    assert counts == {0, 1, 2}


def test_doses_given_are_those_the_drug_comes_in(patients: list, models: tuple[DrugModel, ...]) -> None:  # type: ignore[type-arg]
    strengths = {dose for form in models[0].given_as for dose in form.doses}
    given = [dose for patient in patients for dose in patient.case.doses]
    assert given
    assert {dose.milligrams for dose in given} <= strengths


def test_measured_levels_scatter_as_the_model_says() -> None:
    residual = Residual(proportional=0.2, additive=1.0)
    values = measured(residual, np.full(20000, 10.0), np.random.default_rng(1))
    # sqrt((0.2 * 10)^2 + 1) = 2.236
    assert values.mean() == pytest.approx(10.0, abs=0.05)
    assert values.std() == pytest.approx(2.236, rel=0.02)


def test_a_table_does_not_depend_on_who_made_it(recipe: Recipe, models: tuple[DrugModel, ...], tmp_path: Path) -> None:
    tiny = replace(recipe, split=Split(3, 2, 2, 0))
    one, two = make_table(tiny, models), make_table(tiny, models, Crew(jobs=2, keep=tmp_path))
    assert one.hash == two.hash
    assert np.array_equal(one.utility, two.utility, equal_nan=True)
    kept = make_table(tiny, models, Crew(keep=tmp_path))
    assert kept.hash == one.hash
    assert np.array_equal(one.by_interval, kept.by_interval, equal_nan=True)
    assert np.isnan(one.utility[:3]).all()
    assert np.isfinite(one.utility[3:]).any(axis=1).all()


def test_the_need_is_the_best_dose_had_the_truth_been_known(recipe: Recipe, models: tuple[DrugModel, ...]) -> None:
    from core.learn.virtual_course import daily_limit, dose_grid

    row = _judge(recipe, models, 3, in_full=False)
    patient = virtual_patient(recipe, models, 3)
    model = models[0]
    truth = Belief(patient.truth.bound, patient.truth.eta, np.ones(1))
    judge = Judge(patient.case, [truth], model.targets[0].target, model.harms)
    grid = dose_grid(model.given_as, daily_limit(model, patient.case), recipe.floor)
    assert row[2] == pytest.approx(judge.best_daily(usual_course(model, recipe.reference_every), grid), rel=1e-9)


def test_whole_patients_are_split_in_an_order_that_is_no_order(recipe: Recipe) -> None:
    numbers = purposes(recipe)
    assert sorted(numbers) == list(range(recipe.split.total))
    first = numbers[: recipe.split.train]
    assert first.mean() == pytest.approx(recipe.split.total / 2, rel=0.1)
