"""Training on a table whose truth is a formula, so that what comes out can be known beforehand."""

from dataclasses import replace

import numpy as np
import pytest

from core.drugs.model import DrugModel
from core.errors import InputError
from core.learn.card import write_card
from core.learn.dataset import Table
from core.learn.predictor import Predictor
from core.learn.recipe import Recipe
from core.learn.train import Trained, check_promoted, train
from tests.core.learn.formula_patients import only, patients


def predictor_of(trained: Trained) -> Predictor:
    return Predictor.start(trained.card, trained.graphs, "", "model")


def test_every_candidate_is_compared_with_one_dose_for_all(trained: Trained) -> None:
    report = trained.card.report
    assert set(report["test"]) == {"linear", "random_forest", "gradient_boosting", "neural_network"}
    best = report["test"][report["learner"]]["dose"]["mae"]
    assert best["high"] < report["comparator"]["dose"]["mae"]["low"]
    assert report["gain_over_comparator"][report["learner"]]["low"] > 0
    assert trained.promoted


def test_the_card_says_that_the_patients_are_virtual(trained: Trained) -> None:
    assert "VIRTUAL" in trained.card.report["trained_on"]
    assert '"VIRTUAL' in write_card(trained.card)


def test_the_learner_with_the_least_error_on_patients_left_out_is_taken(trained: Trained) -> None:
    scores = trained.card.report["cross_validated_log_error"]
    assert trained.card.report["learner"] == min(scores, key=scores.__getitem__)


def test_the_same_recipe_and_table_give_the_same_bytes(
    recipe: Recipe, models: tuple[DrugModel, ...], table: Table
) -> None:
    small = only(recipe, "gradient_boosting", "linear")
    one, two = train(small, models, table), train(small, models, table)
    assert one.graphs == two.graphs
    assert write_card(one.card) == write_card(two.card)


def test_the_interval_covers_the_true_need_of_fresh_patients(
    trained: Trained, recipe: Recipe, models: tuple[DrugModel, ...]
) -> None:
    # nominal 0.9; the noise of 3000 patients and of 800 to calibrate on is 1.2 % (one standard error) in a group
    predictor = predictor_of(trained)
    fresh = patients(recipe, models[0], 9000, seed=77)
    ends = [predictor.interval(row, limit) for row, limit in zip(fresh.features, fresh.limit, strict=True)]
    inside = np.array([end.low <= need <= end.high for end, need in zip(ends, fresh.need, strict=True)])
    assert 0.88 <= inside.mean() <= 0.92
    for group in range(3):
        assert 0.865 <= inside[np.arange(9000) % 3 == group].mean() <= 0.935


def test_levels_make_the_interval_narrower(trained: Trained) -> None:
    widths = [trained.card.margins[group].high - trained.card.margins[group].low for group in range(3)]
    assert widths[1] < 0.7 * widths[0]


def test_the_regimen_is_as_good_as_the_best_for_most(trained: Trained) -> None:
    report = trained.card.report
    assert report["choice"]["utility_within_5_percent"] > 0.6
    assert report["comparator"]["utility_within_5_percent"] < 0.5


def test_a_predictor_no_better_than_one_dose_for_all_is_refused(
    recipe: Recipe, models: tuple[DrugModel, ...], table: Table
) -> None:
    noise = 2000 * np.exp(0.1 * np.random.default_rng(2).standard_normal(len(table.best)))
    same = replace(table, best=noise, need=noise, by_interval=np.repeat(noise[:, None], table.by_interval.shape[1], 1))
    trained = train(only(recipe, "linear"), models, same)
    with pytest.raises(InputError) as refusal:
        check_promoted(trained)
    assert refusal.value.reason == "predictor_no_better"


def test_the_equivalence_of_intervals_is_measured(recipe: Recipe, models: tuple[DrugModel, ...], table: Table) -> None:
    shifted = table.by_interval.copy()
    shifted[:, -1] *= 2.0  # every 48 h twice the daily dose would be needed
    trained = train(only(recipe, "linear"), models, replace(table, by_interval=shifted))
    assert trained.card.equivalence[48.0] == pytest.approx(0.5)
    assert trained.card.equivalence[12.0] == 1.0
