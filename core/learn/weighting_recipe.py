"""How a classifier that weights models is trained and judged: read from a recipe of the kind `weighting`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from core.clinic.strict_yaml import read_strict_yaml
from core.learn.recipe import Candidate, Recipe, read_candidates, read_recipe, whole_number

_CLASSIFIERS = ("logistic", "random_forest", "gradient_boosting")


@dataclass(frozen=True)
class WeightingRecipe:
    """Whose virtual patients, what is told of them, and which classifiers are tried."""

    id: str
    patients: Recipe  # models and features are this recipe's; one level each, which the classifier does not see
    per_model: int  # patients of each model
    candidates: tuple[Candidate, ...]
    seed: int


def read_weighting_recipe(path: Path) -> WeightingRecipe:
    """Read a recipe of the kind `weighting`.

    Raises:
        DrugFileError: with file and line; fewer than four models leave too little to learn from.
    """
    root = read_strict_yaml(path)
    root.only("schema", "kind", "id", "patients", "models", "features", "per_model", "candidates", "seed")
    base = read_recipe(path.parent / root["patients"].text)
    models = tuple(item.text for item in root["models"].items)
    if len(set(models)) < 4:
        raise root["models"].error("four models at least: one left out, one the truth, two to weight")
    features = tuple(item.text for item in root["features"].items)
    for item in root["features"].items:
        if item.text not in base.features or "level" in item.text or item.text.startswith(("last_", "earlier_")):
            raise item.error("must be one of the recipe's features that is known before a level")
    seed = whole_number(root["seed"])
    course = replace(base.course, levels={1: 1.0})
    return WeightingRecipe(
        id=root["id"].text,
        patients=replace(base, models=models, features=features, course=course, seed=seed),
        per_model=whole_number(root["per_model"]),
        candidates=read_candidates(root["candidates"], _CLASSIFIERS),
        seed=seed,
    )
