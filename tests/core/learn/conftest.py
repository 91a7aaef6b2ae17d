"""A small recipe, a table whose truth is known by formula, and a predictor trained on it."""

import pytest

from core.drugs.library import read_library, resources_folder
from core.drugs.model import DrugModel
from core.learn.dataset import Table
from core.learn.recipe import Recipe, read_recipe
from core.learn.train import Trained, train
from tests.core.learn.formula_patients import RECIPES, patients, small_recipe


@pytest.fixture(scope="session")
def models() -> tuple[DrugModel, ...]:
    root = resources_folder()
    library = read_library(root / "drugs", root / "compounds")
    return tuple(library.model(name) for name in read_recipe(RECIPES / "vancomycin.yaml").models)


@pytest.fixture(scope="session")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return small_recipe(tmp_path_factory.mktemp("recipe"))


@pytest.fixture(scope="session")
def table(recipe: Recipe, models: tuple[DrugModel, ...]) -> Table:
    return patients(recipe, models[0], recipe.split.total, seed=1)


@pytest.fixture(scope="session")
def trained(recipe: Recipe, models: tuple[DrugModel, ...], table: Table) -> Trained:
    return train(recipe, models, table)
