"""Training on tables of patients: made-up ones of known truth, and the consortium's where they are at hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.drugs.library import resources_folder
from core.exchange.iwpc import read_iwpc
from core.learn.model_file import load_predictor, save_predictor
from core.learn.patient_recipe import PatientRecipe, read_patient_recipe
from core.learn.patient_table import PatientTable, learn_imputation, split_in_strata
from core.learn.recipe import recipe_kind
from core.learn.train_patients import evaluate_on, site_folds, train_on_patients
from tests.conftest import SHARED

RECIPE_FILE = resources_folder() / "recipes" / "warfarin.iwpc.yaml"
DATA = SHARED / "data" / "iwpc" / "iwpc_dev.csv"


def quick(*names: str) -> PatientRecipe:
    recipe = read_patient_recipe(RECIPE_FILE)
    return replace(recipe, candidates=tuple(item for item in recipe.candidates if item.name in names), folds=5)


def made_up(count: int, seed: int, published_error: float) -> PatientTable:
    """Square root of the dose is a straight line of size and genotype; the `published` formula misses the genotype."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, count)
    size, gene = rng.normal(70, 12, count), rng.integers(0, 3, count).astype(float)
    root = 4.5 + 0.02 * size - 0.6 * gene + rng.normal(0, 0.25, count)
    features = np.stack([size, gene, group.astype(float)], axis=1)
    features[rng.random(count) < 0.1, 0] = np.nan
    return PatientTable(
        ids=tuple(f"P{number}" for number in range(count)),
        names=("weight", "gene", "other_group"),
        features=features,
        dose=root**2,
        unit="mg/week",
        published=(4.5 + 0.02 * size - 0.6 * gene + rng.normal(0, published_error, count)) ** 2,
        group=group,
        group_names=("one", "other"),
        group_by={"other_group": 1},
        themes=("feature_body_size", "feature_genes", "feature_ancestry"),
        key_columns=(2,),
        site=rng.integers(1, 9, count),
    )


def test_a_predictor_better_than_the_published_formula_is_promoted_and_survives_its_file(tmp_path: Path) -> None:
    table = made_up(1500, 1, published_error=0.6)
    trained = train_on_patients(quick("linear"), table)
    assert trained.promoted
    path = tmp_path / "made_up.dwm"
    save_predictor(path, trained.graphs, trained.card)
    fresh = made_up(4000, 2, published_error=0.6)
    found = evaluate_on(load_predictor(path), fresh, seed=1)
    assert found["gain_over_published"]["low"] > 0
    assert 0.88 <= found["interval"]["coverage"] <= 0.92
    for name in ("one", "other"):
        assert 0.87 <= found["subgroups"][name]["coverage"] <= 0.93


def test_one_no_better_than_the_published_formula_is_not_promoted() -> None:
    # the formula's own error is far smaller than what any learner can reach, 0.25 on the square-root scale
    table = made_up(800, 3, published_error=0.0)
    better = replace(table, published=table.dose * 1.001)
    assert not train_on_patients(quick("linear"), better).promoted


def test_the_same_table_gives_the_same_graph() -> None:
    table = made_up(600, 4, published_error=0.6)
    one, two = (train_on_patients(quick("linear"), table) for _ in range(2))
    assert one.graphs == two.graphs
    assert one.card.report == two.card.report


def test_no_site_is_in_two_folds() -> None:
    table = made_up(500, 5, 0.1)
    folds = site_folds(table)
    assert sorted(np.concatenate(folds)) == list(range(500))
    sites = [set(table.site[fold]) for fold in folds]
    assert sum(len(item) for item in sites) == len(set(table.site))


def test_every_stratum_is_cut_in_the_same_shares_without_random_numbers() -> None:
    table = made_up(3000, 6, 0.1)
    parts = split_in_strata(table, "salt", (0.7, 0.3))
    assert sorted(np.concatenate(parts)) == list(range(3000))
    for site in np.unique(table.site):
        members = table.site == site
        assert members[parts[0]].sum() / members.sum() == pytest.approx(0.7, abs=0.02)
    again = split_in_strata(table, "salt", (0.7, 0.3))
    assert np.array_equal(parts[1], again[1])
    assert not np.array_equal(parts[1], split_in_strata(table, "pepper", (0.7, 0.3))[1])


def test_gaps_are_filled_by_the_mean_of_like_patients_of_the_training_part_only() -> None:
    features = np.array([[60.0, 0.0], [np.nan, 0.0], [80.0, 1.0], [90.0, 1.0], [np.nan, 1.0]])
    filling = learn_imputation(features[:4], (1,))
    assert filling.fill(features)[1, 0] == 60.0
    assert filling.fill(features)[4, 0] == 85.0


def test_the_recipe_says_of_which_kind_it_is() -> None:
    assert recipe_kind(RECIPE_FILE) == "patients"
    assert recipe_kind(resources_folder() / "recipes" / "vancomycin.yaml") == ""


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the consortium's data are not at hand")
def test_the_consortiums_patients_are_predicted_better_than_by_the_published_equation() -> None:
    # at most 8.3 mg/week, within 20 % in at least 47 %, R2 at least 0.46 on patients left out; on the same patients the
    # published equation reaches 8.4, 45 % and 0.46
    trained = train_on_patients(quick("linear", "average"), read_iwpc(DATA))
    report = trained.card.report
    assert trained.promoted
    figures = report["test"][report["learner"]]["dose"]
    assert figures["mae"]["value"] <= 8.3
    assert figures["within_20_percent"]["value"] >= 0.47
    assert figures["r2"]["value"] >= 0.46
    for group in report["by_group"].values():
        assert group["mae"] <= group["published_mae"] + 0.3
    aside = report["kept_aside"]
    assert aside["dose"]["mae"]["value"] <= 8.3
    assert 0.87 <= aside["interval"]["coverage"] <= 0.93
