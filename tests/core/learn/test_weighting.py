"""A classifier that weights models is judged on patients of a model it has never met."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import session
from core.cli.run import run
from core.drugs.library import resources_folder
from core.errors import DrugFileError
from core.learn.learners import classify
from core.learn.recipe import Candidate
from core.learn.weighting import PLAIN, SINGLE, WeightingTable, averaged, make_weighting_table, weigh_by
from core.learn.weighting_recipe import read_weighting_recipe

RECIPES = resources_folder() / "recipes"
RECIPE = RECIPES / "vancomycin.weighting.yaml"
LOGISTIC = (Candidate("logistic", {"inverse_penalty": 1.0}),)


@pytest.fixture(scope="module")
def recipe():
    return replace(read_weighting_recipe(RECIPE), per_model=12, candidates=LOGISTIC)


def artificial(agreeing: bool) -> WeightingTable:
    """Five models; where the feature is positive the first two are right, else the others, whichever is the truth.

    Args:
        agreeing: all models say the same, so that no weights can help.
    """
    rng = np.random.default_rng(3)
    truth = np.repeat(np.arange(5), 200)
    feature = rng.normal(size=1000)
    area = rng.lognormal(6.0, 0.2, size=1000)
    right = (np.arange(5)[None, :] < 2) == (feature[:, None] > 0.0)
    areas = area[:, None] * (1.0 if agreeing else np.where(right, 1.0, 2.0)) * rng.lognormal(0.0, 0.05, (1000, 5))
    areas[np.arange(1000), truth] = np.nan
    return WeightingTable(truth, feature[:, None], areas, area)


def test_a_classifier_that_can_tell_is_found_better(recipe):
    found = weigh_by(artificial(agreeing=False), recipe)
    assert found["better"] == ["logistic"]
    assert found["ways"]["logistic"]["gain"]["low"] > 0.1
    assert found["ways"]["logistic"]["rrmse"] < found["ways"][PLAIN]["rrmse"]


def test_models_that_say_the_same_leave_nothing_to_weight(recipe):
    found = weigh_by(artificial(agreeing=True), recipe)
    assert found["better"] == []
    assert abs(found["ways"]["logistic"]["gain"]["value"]) < 0.01


def test_the_single_model_is_chosen_on_the_patients_learned_from(recipe):
    """The last model is right everywhere but for its own patients, for whom it is no candidate."""
    table = artificial(agreeing=False)
    areas = table.areas.copy()
    own = table.truth == 4
    areas[~own, 4] = table.area[~own]
    found = weigh_by(replace(table, areas=areas), recipe)["ways"]
    assert found[SINGLE]["log_error"] < found[PLAIN]["log_error"]


def test_averages_are_geometric_and_leave_out_what_does_not_hold():
    areas = np.array([[100.0, 400.0, np.nan], [100.0, 400.0, 900.0]])
    even, last = np.ones((2, 3)), np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    assert averaged(areas, even) == pytest.approx([200.0, (100.0 * 400.0 * 900.0) ** (1 / 3)])
    assert averaged(areas, last) == pytest.approx([200.0, 900.0])  # nothing left to weight: all the same


def test_the_truth_of_a_patient_is_no_candidate_for_it(recipe):
    models = [session.library().model(name) for name in recipe.patients.models]
    table = make_weighting_table(recipe, models)
    assert table.features.shape == (7 * 12, 7)
    assert np.isnan(table.areas[np.arange(len(table.truth)), table.truth]).all()
    assert (np.isfinite(table.areas).sum(axis=1) >= 2).all()
    assert (table.area > 0.0).all()


def test_a_class_never_seen_has_no_chance():
    chances = classify(LOGISTIC[0], np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 2, 2]), 1)
    found = chances(np.array([[0.5], [2.5]]), 4)
    assert found.shape == (2, 4)
    assert (found[:, [1, 3]] == 0.0).all()
    assert found.sum(axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("features: [age,", "features: [last_log_ratio,"),
        ("  logistic:", "  linear:"),
    ],
    ids=["three models", "a feature of levels", "no classifier"],
)
def test_a_recipe_that_cannot_be_judged_is_refused(tmp_path: Path, old: str, new: str):
    text = RECIPE.read_text("utf-8")
    assert old in text
    few = [line for line in text.splitlines() if not line.startswith("  - ") or line.endswith(("2018", "2009", "2019"))]
    text = text.replace(old, new) if old else "\n".join(few)
    (tmp_path / "vancomycin.yaml").write_bytes((RECIPES / "vancomycin.yaml").read_bytes())
    (tmp_path / "w.yaml").write_text(text, "utf-8")
    with pytest.raises(DrugFileError):
        read_weighting_recipe(tmp_path / "w.yaml")


def test_each_command_says_which_recipe_it_takes(capsys):
    assert run(["learn", "weigh", str(RECIPES / "vancomycin.yaml")]) != 0
    assert "learn train" in capsys.readouterr().err
    assert run(["learn", "train", str(RECIPE), "-o", "x.dwm"]) != 0
    assert "learn weigh" in capsys.readouterr().err
